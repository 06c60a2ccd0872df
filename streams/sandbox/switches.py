"""Behaviour that can be changed while the sandbox runs, above all where the real platform's behaviour is not known.

Every switch has the safest or best documented reading as its default. Unknown names are refused by name.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Switches:
    """One value per open question; seconds are seconds of the sandbox's clock unless said otherwise."""

    zero_quantity: Literal["accepted", "refused"] = "accepted"
    """Whether a SKU may be set to 0 units; refused answers 12052055."""
    maximum_quantity: int = 99_999
    """Highest quantity of a SKU in a warehouse."""
    inventory_errors: Literal["per_sku", "whole_call"] = "per_sku"
    """Whether one wrong SKU fails alone, under code 0, or takes the whole call with it."""
    inventory_states: Literal["wide", "live_only"] = "wide"
    """Which product states accept stock: the newer reference's list, or ACTIVATE alone."""
    empty_object_body: Literal["signed", "refused"] = "signed"
    """Whether the body `{}` is accepted when signed as its two bytes."""
    foreign_order_in_detail: Literal["refused", "skipped"] = "refused"
    """Whether one unknown id fails a whole order detail call."""
    over_limit: Literal["envelope", "unavailable", "html"] = "envelope"
    """What a call above its limit gets: 429 with an envelope, 503 with an envelope, or 503 with a gateway's page."""
    retry_after_seconds: int = 0
    """Header Retry-After on an answer above the limit; 0 leaves it out, as the platform does."""
    hold_seconds: int = 3_600
    """How long a paid order stays ON_HOLD."""
    payment_seconds: int = 3_600
    """How long an unpaid order waits before it is cancelled."""
    completion_seconds: int = 14 * DAY
    """From DELIVERED to COMPLETED."""
    audit_seconds: int = 60
    """How long a product stays in review."""
    audit_result: Literal["APPROVED", "FAILED"] = "APPROVED"
    """How a review ends."""
    order_search_lag_seconds: int = 0
    """How late an order's last change shows up in the order search."""
    packages_before_shipping: Literal["absent", "present"] = "absent"
    """Whether orders carry a package id before they are shipped; never in the US."""
    access_token_seconds: int = 7 * DAY
    refresh_token_seconds: int = 365 * DAY
    auth_code_seconds: int = 1_800
    low_stock_threshold: int = 5
    """At or below, INVENTORY_STATUS_CHANGE says LOW_STOCK."""
    webhook_delay_seconds: float = 0.0
    webhook_jitter_seconds: float = 0.0
    """Random extra delay, which also puts events out of order."""
    webhook_duplicates: float = 0.0
    """Share of events that are sent twice."""
    webhook_loss: float = 0.0
    """Share of events that never leave."""
    lost_answer_seconds: float = 30.0
    """How long (real seconds) the connection of a lost answer hangs when the fault does not say."""
    statuses: dict[str, int] = field(default_factory=dict)
    """HTTP status per code (as text), where it should differ from the default."""
    retired_versions: dict[str, list[str]] = field(default_factory=dict)
    """Versions per operation that answer 36009014."""

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
