"""Where the schemas are: the present ones, and all that were ever released.

``schemas/<name>.avsc`` and ``schemas/state/<name>.avsc`` are what this version writes,
``schemas/released/<name>/<n>.avsc`` what earlier ones wrote and what is still on topics.  Released files never change.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import avro.schema

from streams.shipped import shipped

SCHEMAS: Final = shipped("schemas")


class Release(NamedTuple):
    """One released version of a schema."""

    number: int
    text: str


def present() -> dict[str, Path]:
    """All schemas by name, topics' and state's."""
    return {path.stem: path for path in sorted((*SCHEMAS.glob("*.avsc"), *SCHEMAS.glob("state/*.avsc")))}


def kind_of(name: str) -> Literal["topic", "state"]:
    """Who reads it: anybody on a topic, or only we from our state."""
    return "state" if present()[name].parent.name == "state" else "topic"


@cache
def text_of(name: str) -> str:
    """The schema as it is now."""
    return present()[name].read_text()


def releases(name: str) -> list[Release]:
    """All released versions, oldest first."""
    paths = sorted((SCHEMAS / "released" / name).glob("*.avsc"), key=lambda path: int(path.stem))
    return [Release(int(path.stem), path.read_text()) for path in paths]


def remember(name: str) -> Path:
    """Keep the schema as it is now as the next release."""
    number = max((one.number for one in releases(name)), default=0) + 1
    path = SCHEMAS / "released" / name / f"{number}.avsc"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(name))
    return path


@cache
def parsed(text: str) -> Any:
    """A schema, parsed by the authority."""
    return avro.schema.parse(text)


def fingerprint(text: str) -> bytes:
    """CRC-64-AVRO of the canonical form, as single-object encoding carries it."""
    return bytes(parsed(text).fingerprint("CRC-64-AVRO"))
