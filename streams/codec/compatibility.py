"""May this schema follow those that were released?  The avro package decides; here is only what is asked of it.

Values stay on topics and their readers are deployed at other times than their writers: a topic's schema must read
everything ever released, and everything ever released must read it (full, transitive).  Rows of state are read by
ourselves alone: only the first half.
"""

import json
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

from streams.codec.schema_files import Release, parsed

Kind = Literal["topic", "state"]


class Break(NamedTuple):
    """One released version that does not go together with the schema."""

    release: int
    direction: Literal["backward", "forward"]
    """backward: it cannot be read any more. forward: its readers cannot read what would be written."""
    places: tuple[str, ...]
    """Where in the schema, and what."""

    def text(self) -> str:
        """For people, with the remedy."""
        meaning = {
            "backward": f"values written with release {self.release} could not be read any more",
            "forward": f"readers of release {self.release} could not read what is written now",
        }
        remedy = "give new fields a default, keep old fields and their types, add no enum symbols without a default"
        return f"{meaning[self.direction]}: {'; '.join(self.places)}. Remedy: {remedy}"


def breaks(text: str, released: Sequence[Release], kind: Kind) -> list[Break]:
    """Every release the schema does not go together with."""
    found: list[Break] = []
    for release in released:
        backward = _places(reader=text, writer=release.text)
        if backward:
            found.append(Break(release.number, "backward", backward))
        forward = _places(reader=release.text, writer=text) if kind == "topic" else ()
        if forward:
            found.append(Break(release.number, "forward", forward))
    return found


def _places(*, reader: str, writer: str) -> tuple[str, ...]:
    checker: Any = ReaderWriterCompatibilityChecker
    result = checker().get_compatibility(parsed(reader), parsed(writer))
    if result.compatibility is SchemaCompatibilityType.compatible:
        return ()
    return (*sorted(result.messages), f"at {', '.join(sorted(result.locations))}")


def changed(text: str, released: Sequence[Release]) -> bool:
    """Whether the schema means something else than the last release; words for people do not count."""
    return not released or _meaning(json.loads(text)) != _meaning(json.loads(released[-1].text))


def _meaning(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _meaning(value) for key, value in schema.items() if key not in ("doc", "repeats")}
    if isinstance(schema, list):
        return [_meaning(one) for one in schema]
    return schema
