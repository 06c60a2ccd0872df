"""One topic as its YAML file says it: names, key, routing, owner, retention, schema, formats.

The file is the only place where these are written down.  Unknown keys are refused: a misspelt retention must not
become the broker's default.
"""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Part = Literal["whole", "before-first-pipe", "before-first-colon"]
Group = Literal["relay", "intake", "decide", "deliver", "orders", "webhooks", "console", "foreign"]
"""Worker groups; ``foreign``: systems of the merchant."""

UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


def _milliseconds(value: object) -> object:
    if value == "unlimited":
        return -1
    found = re.fullmatch(r"(\d+)([mhd])", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            f"{value!r} is no span of time: write minutes, hours or days such as 30m, 12h, 7d, or unlimited"
        )
    return int(found[1]) * UNITS[found[2]]


Span = Annotated[int, BeforeValidator(_milliseconds)]
"""Milliseconds; written as 30m, 12h, 7d; -1: unlimited."""


class Definition(BaseModel):
    """What ``schemas/topics/<name>.yaml`` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")
    """Short name; the prefix comes before it."""
    doc: str
    """What a record on it says, in one or two sentences."""
    key: str
    """What the key is, for people."""
    entity: Part
    """Which part of the key names what a step is about."""
    routing: Part
    """Which part of the key decides the partition."""
    owner: Group
    """Who answers for the contract."""
    writers: tuple[Group, ...]
    readers: tuple[Group, ...]
    partitions: Literal["sku", "market"] | Annotated[int, Field(ge=1, le=1024)]
    """A class whose size is a setting (all topics of a class are co-partitioned), or a number."""
    cleanup: Literal["delete", "compact"]
    retention: Span | None = None
    """How long records stay; only with cleanup delete."""
    tombstones: bool = False
    """A record without value is legal: it takes the key back."""
    schema_name: str | None = Field(alias="schema", default=None)
    """Name of the .avsc; none: the values are not ours to read."""
    formats: tuple[Literal["avro", "json"], ...] = ()
    """What is accepted. What we write is Avro, or the configured result format."""
    result: bool = False
    """For plain consumers: written as JSON when the result format says so."""
    max_message_bytes: int | None = Field(default=None, ge=1024)
    config: dict[str, str] = Field(default_factory=dict)
    """Further settings of the topic at the broker."""

    @model_validator(mode="after")
    def _agrees(self) -> "Definition":
        if (self.cleanup == "delete") != (self.retention is not None):
            raise ValueError("retention goes with cleanup delete, and only with it")
        if (self.schema_name is None) != (not self.formats):
            raise ValueError("formats go with a schema, and a schema with formats")
        if self.schema_name and "avro" not in self.formats:
            raise ValueError("a topic with a schema accepts avro")
        if self.tombstones and self.cleanup != "compact":
            raise ValueError("tombstones mean something on compacted topics only")
        return self

    @property
    def stateful(self) -> bool:
        """Its partition count decides where state lies: it can never be changed in place."""
        return isinstance(self.partitions, str)

    @property
    def changelog(self) -> bool:
        """Holds the state of a group."""
        return self.schema_name is None and self.cleanup == "compact"

    def broker_config(self) -> dict[str, str]:
        """The topic's settings as the broker knows them."""
        wanted: dict[str, str] = {"cleanup.policy": self.cleanup}
        if self.retention is not None:
            wanted["retention.ms"] = str(self.retention)
        if self.max_message_bytes is not None:
            wanted["max.message.bytes"] = str(self.max_message_bytes)
        return wanted | self.config
