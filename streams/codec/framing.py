"""The straight path of a topic's codec: one comparison of the prefix, then the generated reader or writer.

Apart from ``wire.py`` because it runs for every record and is compiled (``streams.compiled``).
"""

from collections.abc import Callable
from typing import Any

from streams.codec.poison import Poison
from streams.records.careful import DecodeError


def reader(prefix: bytes, read: Callable[[bytes, int], Any], other: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Reads values that begin with the prefix; ``other`` is asked about all else."""
    size = len(prefix)

    def decode(value: Any) -> Any:
        if not isinstance(value, bytes) or not value.startswith(prefix):
            return other(value)
        try:
            return read(value, size)
        except DecodeError as error:
            raise undecodable(error) from None

    return decode


def writer(prefix: bytes, write: Callable[[Any, bytes], bytes]) -> Callable[[Any], bytes]:
    """Writes values that begin with the prefix."""

    def encode(record: Any) -> bytes:
        return write(record, prefix)

    return encode


def undecodable(error: DecodeError) -> Poison:
    """What the generated reader found wrong, as poison."""
    return Poison("undecodable", error.field or None, None, f"{error.fault}: correct the producer")
