"""The frozen model of one adapter file.

An adapter says of one foreign topic where the SKU, the channels and the units of a record stand.  What a
missing value means is written down, or the record is refused: nothing is guessed that could be sold.
"""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from streams.adapter.outcome import Form
from streams.adapter.paths import EVERY, MEMBERS, parse
from streams.market.model import COMMERCETOOLS


class Part(BaseModel):
    """A part of an adapter file: unchangeable, and nothing in it that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _one_value(text: str) -> str:
    if not parse(text).one:
        raise ValueError(f"{text!r} leads to many values; remedy: put the part with the star into each, the rest here")
    return text


def _many_values(text: str) -> str:
    if parse(text).one:
        raise ValueError(f"{text!r} leads to one value; remedy: end it with [*] for an array or .* for an object")
    return text


def _no_members(text: str) -> str:
    if MEMBERS in parse(text).steps and EVERY in parse(text).steps:
        raise ValueError(f"{text!r} has stars of both kinds; remedy: use [*] or .*, or each in two settings")
    return _many_values(text)


def _pattern(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        remedy = "write one with one group, such as ^0*(.+)$"
        raise ValueError(f"no regular expression ({error}); remedy: {remedy}") from None
    if groups != 1:
        raise ValueError(f"it has {groups} groups; remedy: put brackets around the part that is wanted")
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except Exception:
        raise ValueError("no such time zone here; remedy: write one such as Europe/Berlin or UTC") from None
    return name


OnePath = Annotated[str, AfterValidator(_one_value)]
ManyPath = Annotated[str, AfterValidator(_many_values)]
EachPath = Annotated[str, AfterValidator(_no_members)]
Scalar = bool | int | Decimal | str


class Place(Part):
    """Where a value stands: exactly one of these."""

    path: OnePath | None = None
    """In the value: ``article.number``, ``lines[0].qty``, ``["sku.no"]``."""
    key: Literal[True] | None = None
    """The record's key is it."""
    key_path: OnePath | None = None
    """In the record's key, which is an object (``key_format``)."""
    header: str | None = None
    """In the record's header of this name, as text."""


class MetPlace(Place):
    """A place that may be the name of what ``each`` met."""

    member: Literal[True] | None = None
    """The name of the member that ``each`` met: for objects such as {"LEJ1": 5, "FRA2": 7}."""

    @property
    def in_value(self) -> bool:
        """It cannot be found in a record without value."""
        return self.path is not None or self.member is not None


def _exactly_one(given: BaseModel, names: tuple[str, ...]) -> None:
    named = [name for name in names if getattr(given, name) is not None]
    if len(named) != 1:
        said = f"{' and '.join(named)} say" if named else "nothing says"
        raise ValueError(f"{said} where it stands; remedy: write exactly one of {', '.join(names)}")


class Text(MetPlace):
    """A text: a SKU or a channel."""

    constant: str | None = None
    """The same for every record."""
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    """Regular expression whose only group is the part wanted; a value it does not match is unlisted."""
    values: dict[str, str] | None = None
    """What it is called there, and what here."""
    unlisted: Literal["reject", "skip"] = "reject"
    """A value that ``values`` or ``pattern`` does not know: to the dead letters, or left out and counted."""
    missing: Literal["reject", "skip"] = "reject"
    """No value, or null."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        _exactly_one(self, ("path", "key", "key_path", "header", "member", "constant"))
        return self


class Quantity(MetPlace):
    """Units of a level: whole numbers, decimals or digits as text."""

    constant: int | None = None
    """The same for every record."""
    minus: tuple[OnePath, ...] = ()
    """Figures to subtract, such as what is allocated or blocked."""
    factor: Decimal = Field(default=Decimal(1), gt=0, le=1_000_000, max_digits=15)
    """Units of one of these: 12 for a carton of twelve. The product is rounded down."""
    decimal: Literal["point", "comma"] = "point"
    """What stands before the fraction in digits as text; the other mark is refused, and so are thousands marks."""
    missing: Literal["reject", "skip", "zero"] = "reject"
    """No figure, or null: to the dead letters, the level left out and counted, or zero units."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        _exactly_one(self, ("path", "key", "key_path", "header", "member", "constant"))
        return self


class Timed(Place):
    """A time, or a number that only grows."""

    timestamp: Literal[True] | None = None
    """Kafka's time of the record."""
    form: Form = "iso"
    """iso: 2026-11-27T08:00:00Z.  epoch_s, epoch_ms: since 1970.  number: whole, for versions."""
    missing: Literal["reject", "none"] = "reject"
    """No value, or null: to the dead letters, or as if the adapter did not name it."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        _exactly_one(self, ("path", "key", "key_path", "header", "timestamp"))
        return self


class Moment(Timed):
    """A time, no more than a day ahead of Kafka's time of the record."""

    zone: Annotated[str, AfterValidator(_zone)] | None = None
    """Of times without offset, such as Europe/Berlin; none: such times are refused.  The hour that comes twice in
    autumn is taken as its first, the one that spring leaves out is refused."""


class Version(Timed):
    """The order of a SKU's records: a number that only grows (``form`` is number), or a time, held to Kafka's too."""

    @model_validator(mode="before")
    @classmethod
    def _no_zone(cls, given: Any) -> Any:
        if isinstance(given, dict) and "zone" in given:
            raise ValueError(
                f"zone = {given['zone']!r}: local times do not order records, an hour of every autumn comes twice; "
                "remedy: take a sequence number, or a time with its offset, as version"
            )
        return given

    @property
    def is_time(self) -> bool:
        """Milliseconds since 1970 and not a number of the source's own."""
        return self.timestamp is True or self.form != "number"


class Ids(Part):
    """Texts from an array."""

    each: ManyPath
    """Where they stand: ``orders[*].id``."""
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    """Regular expression whose only group is the id; what it does not match is left out."""


class Condition(Place):
    """Looks at a value."""

    values: tuple[Scalar, ...]
    """What it is compared with; text and numbers differ."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        _exactly_one(self, ("path", "key", "key_path", "header"))
        return self


class Filter(Place):
    """Leaves records out, and counts them."""

    only: tuple[Scalar, ...] | None = None
    """Records with one of these values stay."""
    but: tuple[Scalar, ...] | None = None
    """Records with one of these values are left out."""
    missing: Literal["keep", "skip", "reject"] | None = None
    """No value, or null; left out: skip with ``only``, keep with ``but``."""

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        _exactly_one(self, ("path", "key", "key_path", "header"))
        if (self.only is None) == (self.but is None):
            raise ValueError("it needs only or but; remedy: name the values that stay, or those that are left out")
        return self


class Level(Part):
    """Levels of one record: one, or one for each part that ``each`` finds."""

    each: EachPath | None = None
    """Array or object with one level in each place: ``stocks[*]``, ``stock.*``; paths below begin there."""
    missing: Literal["reject", "skip", "empty"] = "reject"
    """No such array: to the dead letters, the record left out and counted, or as if it were empty."""
    channel: Text
    """Supply channel key."""
    quantity: Quantity
    """Its units."""


class Deletion(Part):
    """What says that a SKU is gone, and what that means."""

    tombstone: Literal["reject", "skip", "zero", "empty"] = "reject"
    """A record without value.  zero: its levels have no units.  empty: no channel of this source has units."""
    marker: Condition | None = None
    """A value that says so: { path = "op", values = ["D"] }."""
    means: Literal["skip", "zero", "empty"] = "zero"
    """What the marker means, in the words of ``tombstone``."""


Format = Literal["json", "avro", "json-schema"]


class Adapter(Part):
    """One adapter file: one foreign topic, one shape of records."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    """The file's name without ending; part of counts and metrics."""
    topic: str = Field(min_length=1, max_length=249, pattern=r"^[A-Za-z0-9._-]+$")
    """Full name of the foreign topic."""
    format: Format
    """json; avro: with a schema registry; json-schema: JSON behind a registry's schema id."""
    key_format: Literal["text", "json", "avro", "json-schema"] = "text"
    """What the record's key is."""
    source: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]+$")
    """Who says it: the channels' authority in the market files; none: the adapter's name."""
    each: EachPath | None = None
    """One SKU in each place of this array or object: ``items[*]``; all paths begin there, ``$.`` at the record."""
    filters: tuple[Filter, ...] = ()
    """Which records count; all must agree."""
    sku: Text
    """commercetools' SKU; one that contains ``|`` is refused, because its orders could not be held."""
    levels: tuple[Level, ...] = Field(min_length=1)
    """Where channels and units stand."""
    complete: bool = Field(strict=True)
    """True: a record has all channels of the SKU at this source, and one that is absent has no units.  False: it says
    nothing about other channels."""
    same_channel: Literal["reject", "sum"] = "reject"
    """Several levels of a record in one channel: to the dead letters, or added up."""
    read_at: Moment = Moment(timestamp=True)
    """When the source looked; orders it had counted by then are ``orders_until``."""
    version: Version | None = None
    """The source's own version or time of change: strictly older records of a SKU are dropped, and counted."""
    orders_until: Moment | None = None
    """Orders placed until then are counted in the units (TikTok Shop's clock): their holds end."""
    acknowledged_orders: Ids | None = None
    """TikTok Shop order ids newly counted in the units: their holds end."""
    deletion: Deletion = Deletion()
    """What says that a SKU is gone."""

    @property
    def authority(self) -> str:
        """Name of the source."""
        return self.source or self.name

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.authority == COMMERCETOOLS:
            remedy = "give the source a name of its own, and the channels it as authority"
            raise ValueError(f"{COMMERCETOOLS} is no foreign source; remedy: {remedy}")
        if self.deletion.tombstone in ("zero", "empty"):
            self._tombstones_can_be_mapped()
        for level in self.levels:
            if self.complete and level.quantity.missing == "skip":
                raise ValueError(
                    "a complete set says that an absent channel has no units, so a missing quantity cannot be skipped; "
                    "remedy: let levels.quantity.missing be zero or reject, or complete be false"
                )
            if level.channel.member and not (level.each or "").endswith("*"):
                raise ValueError('channel.member needs levels.each to end with a star; remedy: write each = "….*"')
        if self.sku.member and not (self.each or "").endswith("*"):
            raise ValueError('sku.member needs each to end with a star; remedy: write each = "….*"')
        return self

    def _tombstones_can_be_mapped(self) -> None:
        if self.sku.in_value or self.each is not None:
            raise ValueError(
                "a tombstone has no value to find the SKU in; remedy: take sku from the key or a header, or let "
                "deletion.tombstone be skip or reject"
            )
        known = all(level.each is None and not level.channel.in_value for level in self.levels)
        if self.deletion.tombstone == "zero" and not self.complete and not known:
            raise ValueError(
                "a tombstone has no value to find the channel in; remedy: let deletion.tombstone be empty (no channel "
                "of this source has units), skip or reject, or take channel from the key, a header or a constant"
            )


def settings_of(values: dict[str, Any], name: str) -> dict[str, Any]:
    """The settings of a file under its name."""
    return {"name": name, **values}
