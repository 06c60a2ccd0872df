"""What the fake's control API understands, as values: the client sends these, the fake checks them.

Unknown names are refused, so that a misspelt setting is an error and not a silent default.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from streams.sandbox.commercetools.faults import ANY, Kind

DEFAULT_PROJECT = "sandbox"
GENERAL = ""
"""Instead of a channel's key: stock without a supply channel."""


class Wanted(BaseModel):
    """Frozen, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Project(Wanted):
    """A project; its Messages can be queried for so many days, or not at all."""

    key: str = Field(pattern=r"^[a-z0-9_-]{2,36}$")
    messages_enabled: bool = True
    message_days: int = Field(default=15, ge=1, le=90)


class Client(Wanted):
    """An API client; scopes without a project are the project's, none are `manage_project`."""

    client_id: str
    client_secret: str
    project: str = DEFAULT_PROJECT
    scopes: tuple[str, ...] = ("manage_project",)
    token_seconds: int = Field(default=172_800, ge=1, le=604_800)


class Channel(Wanted):
    """A channel by its key."""

    key: str
    name: str = ""
    roles: tuple[str, ...] = ("InventorySupply",)


class Projects(Wanted):
    projects: tuple[Project, ...]


class Clients(Wanted):
    clients: tuple[Client, ...]


class Channels(Wanted):
    project: str = DEFAULT_PROJECT
    channels: tuple[Channel, ...]


class Levels(Wanted):
    """`quantityOnStock` by channel key and SKU; the channel key "" is general stock."""

    project: str = DEFAULT_PROJECT
    levels: dict[str, dict[str, int]]


class Entry(Wanted):
    """One entry with what a plain quantity cannot say; it replaces what was there."""

    sku: str
    supply_channel: str = GENERAL
    quantity_on_stock: int
    reserved: int = Field(default=0, ge=0)
    restockable_in_days: int | None = None
    key: str | None = None


class Entries(Wanted):
    project: str = DEFAULT_PROJECT
    entries: tuple[Entry, ...]


class Place(Wanted):
    """Where an entry stands."""

    sku: str
    supply_channel: str = GENERAL


class Places(Wanted):
    project: str = DEFAULT_PROJECT
    entries: tuple[Place, ...]


class Line(Wanted):
    """Units of one SKU, from one channel or the general stock."""

    sku: str
    quantity: int = Field(default=1, ge=1)
    supply_channel: str = GENERAL


class Order(Wanted):
    """A buyer's order in the merchant's own shop."""

    lines: tuple[Line, ...] = Field(min_length=1)
    order_number: str | None = None
    inventory_mode: Literal["None", "TrackOnly", "ReserveOnOrder"] = "TrackOnly"


class Orders(Wanted):
    project: str = DEFAULT_PROJECT
    orders: tuple[Order, ...]


class Health(Wanted):
    """A health that a subscription is to be in."""

    subscription_id: str
    status: Literal[
        "Healthy", "ConfigurationError", "ConfigurationErrorDeliveryStopped", "TemporaryError", "ManuallySuspended"
    ]


class Fault(Wanted):
    """`count` ends it after so many; `seconds` is how late, or what Retry-After says."""

    kind: Kind
    operation: str = ANY
    probability: float = Field(default=1.0, ge=0, le=1)
    count: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, ge=0)


class Faults(Wanted):
    faults: tuple[Fault, ...]


class ClockChange(Wanted):
    """`step` in seconds, ahead only; `speed` in seconds of the fake per second."""

    speed: float | None = Field(default=None, ge=0)
    step: float | None = Field(default=None, ge=0)


class Switched(Wanted):
    switches: dict[str, Any]


class TokensEnd(Wanted):
    """Every token is worthless from now on."""
