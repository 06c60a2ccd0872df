"""A schema as a registry has it; what readers of foreign bytes need of one."""

from typing import NamedTuple


class Registered(NamedTuple):
    """One schema of a registry."""

    kind: str
    """AVRO, JSON or PROTOBUF."""
    text: str
    needs: tuple[str, ...] = ()
    """Texts of the schemas it refers to, each behind those it needs itself."""
