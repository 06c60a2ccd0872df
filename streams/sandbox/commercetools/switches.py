"""Behaviour of the fake that can be changed while it runs, above all where commercetools' own is not known.

Unknown names are refused by name.
"""

from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class Switches:
    """Seconds are seconds of the fake's clock unless said otherwise; a share is 0 to 1."""

    order_stock_delay_seconds: Annotated[float, Field(ge=0, le=10)] = 2.0
    """How long after an order its units leave the entry; commercetools says up to 10."""
    order_stock_jitter_seconds: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Random extra delay; both together never pass 10."""
    order_stock_notices: Literal["none", "resource_updated"] = "none"
    """Whether units taken by an order raise the Change ResourceUpdated; a Message is never sent for them."""
    query_lag_seconds: Seconds = 0.0
    """How long a query of the inventory shows an entry as it was before a write; reading by id or key never does."""
    version_jumps: Share = 0.2
    """Share of writes that raise `version` by two to four instead of one."""
    notification_delay_seconds: Seconds = 0.0
    notification_jitter_seconds: Seconds = 0.0
    """Random extra delay, which also puts notifications out of order."""
    notification_duplicates: Share = 0.0
    """Share of notifications that are sent twice."""
    notification_loss: Share = 0.0
    """Share of notifications that are never sent."""
    notification_identifiers: Literal["sent", "left_out"] = "sent"
    """Whether `resourceUserProvidedIdentifiers` is sent; which resources have it is not documented for all."""
    largest_notification_bytes: Annotated[int, Field(ge=200)] = 1_000_000
    """A Message above it goes out with `payloadNotIncluded` instead of its fields."""
    notifications_kept: Annotated[int, Field(ge=0)] = 100_000
    """How many notifications that are done with the control API can still show."""
    subscription_effect_seconds: Seconds = 0.0
    """How long a new or changed subscription waits before it notices anything; commercetools says up to 60."""
    configuration_error_seconds: Seconds = 86_400.0
    """How long a ConfigurationError lasts before delivery stops and notifications are lost."""
    longest_target_bytes: Annotated[int, Field(ge=100)] = 8_192
    """A longer path with query is answered with 414, as gateways do; commercetools' own limit is not documented."""
    lost_answer_seconds: Seconds = 0.0
    """How long (real seconds) the connection of a lost answer hangs when the fault does not say."""

    def changed(self, values: dict[str, Any]) -> "Switches":
        unknown = set(values) - {one.name for one in fields(self)}
        if unknown:
            raise ValueError(f"unknown switch {', '.join(sorted(unknown))}; known: {', '.join(asdict(self))}")
        try:
            return _CHECKED.validate_python(asdict(self) | values)
        except ValidationError as problem:
            first = problem.errors(include_url=False)[0]
            name = ".".join(map(str, first["loc"]))
            raise ValueError(f"switch {name} = {first['input']!r}: {first['msg']}") from None


_CHECKED = TypeAdapter(Switches)
