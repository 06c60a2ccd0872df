"""The frozen model of one market file.

Every setting says its unit and its reason.  What several files must agree on (shares of a channel,
its authority) is checked in ``markets.py``, where all of them are known.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from streams.market.buffer import Buffer, Percent, Units, Values

COMMERCETOOLS = "commercetools"
"""Name of the authority that is commercetools itself; any other name is a foreign source."""

Authority = Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9._-]+$")]
Logic = Literal["available", "on_stock", "salable"]
Mode = Literal["live", "shadow", "off"]


class Shop(Values):
    """The seller account behind the market."""

    region: str = Field(pattern=r"^[A-Z]{2}$")
    """Country of the shop, such as GB."""
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    """Currency of its prices, such as GBP."""
    shop_id: str | None = Field(default=None, pattern=r"^[0-9]+$")
    """TikTok Shop's id of the shop; None: the only shop that the authorisation names."""

    @field_validator("region")
    @classmethod
    def _as_tiktok_shop_writes_it(cls, value: str) -> str:
        if value == "UK":
            raise ValueError("TikTok Shop knows no such region; remedy: write GB")
        return value


class Modes(Values):
    """How far each flow goes in this market."""

    stock: Mode = "live"
    """live: sends.  shadow: computes and publishes what it would send.  off: decides nothing."""


class Channel(Values):
    """A supply channel that feeds a warehouse of the market."""

    channel: str
    """Supply channel key in commercetools; empty for the general stock."""
    authority: Authority = COMMERCETOOLS
    """Whose readings count for the channel: commercetools, or the name of a foreign source."""
    logic: Logic = "available"
    """What its figure means.  available: its reservations are already subtracted.  on_stock: physical units that
    fall when goods leave, so that orders are ours to subtract until they are shipped.  salable: the source says
    what to sell; no buffer is applied."""
    share: Percent = Field(default=Decimal(100), gt=0)
    """Percent of the channel this warehouse of this market sells from."""


class Warehouse(Values):
    """A TikTok Shop warehouse and the supply channels its units come from."""

    warehouse: str = Field(min_length=1)
    """TikTok Shop's warehouse_id."""
    channels: tuple[Channel, ...] = Field(min_length=1)
    """What it is fed from."""

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        names = [channel.channel for channel in self.channels]
        if len(set(names)) < len(names):
            raise ValueError(
                "a channel feeds the warehouse twice; remedy: name each channel once, with its whole share"
            )
        if len({channel.logic == "salable" for channel in self.channels}) > 1:
            raise ValueError(
                "salable and other channels feed the same warehouse, so that a buffer cannot be applied to it; "
                "remedy: give them the same logic, or feed two warehouses"
            )
        return self


class DeadBand(Values):
    """Small changes of large quantities are not worth a call."""

    units: Units = 0
    """Changes of at most so many units are not sent..."""
    above: Units = 0
    """...as long as old and new quantity are above this level."""

    @model_validator(mode="after")
    def _level_covers_band(self) -> Self:
        if self.units > self.above:
            raise ValueError("the dead band reaches below zero; remedy: let above be at least units")
        return self


class Stock(Values):
    """How quantities are offered."""

    cap: int = Field(default=99_999, ge=1, le=99_999, strict=True)
    """Never offer more per warehouse; TikTok Shop takes at most 99 999."""
    low_water: Units = 0
    """Quantities at or below this take the first lane and are looked up before they are written."""
    dead_band: DeadBand = DeadBand()
    """Changes that are not worth a call."""
    look_again_seconds: int = Field(default=60, ge=1, le=3600, strict=True)
    """What only people or TikTok Shop can change (a missing listing, a frozen product, a promotion) is looked at again
    after so long at first, and ever more rarely."""


class Listing(Values):
    """How quantities are delivered to TikTok Shop."""

    skus_per_call: int = Field(default=300, ge=1, le=300, strict=True)
    """Most SKUs of a product in one inventory write."""
    max_attempts: int = Field(default=6, ge=1, le=100, strict=True)
    """Failures of its own, before a SKU is given up until its next update or pass."""
    zero_fallback: Literal["deactivate", "alarm"] = "deactivate"
    """deactivate: a product that is out in all its SKUs and refuses quantity 0 is taken off sale, and put back later.
    alarm: it is only told as EXPOSED."""


class Holds(Values):
    """How units of orders are held until the source shows them."""

    unpaid: bool = Field(default=True, strict=True)
    """True: an order holds from its placing.  False: from its payment; its units are offered again until then."""
    settle_seconds: int = Field(default=30, ge=0, le=3600, strict=True)
    """A reading covers an import only when it began so long after it: commercetools shows orders with delay."""


class Orders(Values):
    """How the shop's orders are watched."""

    cut_over: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    """Orders placed before it belong to whoever sold before us: they hold nothing.  With its time zone."""
    poll_seconds: int = Field(default=15, ge=1, le=3600, strict=True)
    """Between two readings of the changed orders; webhooks make it quicker, polling makes it certain."""
    margin_seconds: int = Field(default=5, ge=0, le=300, strict=True)
    """A reading ends so long before TikTok Shop's present: changes show up in a search a little late."""
    overlap_seconds: int = Field(default=60, ge=0, le=3600, strict=True)
    """Read again before the last reading's end: some changes show up very late."""
    watermark_max_age_seconds: int = Field(default=60, ge=5, le=3600, strict=True)
    """Increases of stock wait while the orders are not known until so lately."""

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.cut_over.tzinfo is None:
            raise ValueError("cut_over has no time zone; remedy: write it like 2026-01-31T09:00:00Z")
        if self.watermark_max_age_seconds <= self.poll_seconds + self.margin_seconds:
            raise ValueError(
                "orders are never known as lately as watermark_max_age_seconds asks, so that no increase is ever sent; "
                "remedy: let it be more than poll_seconds and margin_seconds together"
            )
        return self


class Market(Values):
    """One market file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    """The file's name without ending; part of keys and metrics."""
    shop: Shop
    modes: Modes = Modes()
    stock: Stock = Stock()
    listing: Listing = Listing()
    holds: Holds = Holds()
    orders: Orders = Orders()
    buffer: Buffer = Buffer()
    warehouses: tuple[Warehouse, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_warehouse_once(self) -> Self:
        names = [warehouse.warehouse for warehouse in self.warehouses]
        if len(set(names)) < len(names):
            raise ValueError("a warehouse is listed twice; remedy: list each warehouse once, with all its channels")
        return self
