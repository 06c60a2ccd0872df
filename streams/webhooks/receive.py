"""One delivery of a webhook: is it genuine, whose is it, what becomes of it.

Nothing of an event but ids, times and states goes on; personal data that an event may carry ends here. Whoever
repeats an old genuine delivery can only make us read an order again, so the window of time is wide: TikTok Shop
itself repeats for about fifteen hours.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

from streams.records.order_event import OrderEvent
from streams.records.sync_result import SyncResult
from streams.tiktok_shop.event import Event, event
from streams.tiktok_shop.sign import verify_webhook
from streams.webhooks.treatment import SHOP_NOTICES, TREATMENT

Verdict = Literal[
    "published",  # records go to Kafka
    "counted",  # a kind nobody follows yet
    "unlisted",  # a kind without a row
    "unsigned",  # no signature, or not one of ours
    "unreadable",  # genuine, but no event
    "outdated",  # genuine, but of another time
    "foreign",  # genuine, of a shop without a market file
    "empty",  # an order event that names no order
]

STATUS: Final[dict[Verdict, int]] = {
    "published": 200,  # once Kafka has the records, else 503
    "counted": 200,
    "unlisted": 200,
    "unsigned": 401,
    "unreadable": 200,  # it would come again as it is
    "outdated": 200,
    "foreign": 200,
    "empty": 200,
}


class App(NamedTuple):
    """A registered app whose events we take."""

    app_key: str
    app_secret: str

    def __repr__(self) -> str:
        return f"App(app_key={self.app_key!r})"


class Shops(NamedTuple):
    """Which market a shop is."""

    by_id: Mapping[str, str]
    """shop_id to market."""
    other: str | None = None
    """The one market whose file names no shop."""

    def market_of(self, shop_id: str) -> str | None:
        """None: not a shop of ours."""
        return self.by_id.get(shop_id, self.other if shop_id else None)


class TimeWindow(NamedTuple):
    """How far the signed time may be from ours, in milliseconds."""

    before: int = 24 * 3_600_000
    after: int = 10 * 60_000


class Outgoing(NamedTuple):
    """One record to publish."""

    topic: str
    """Short name."""
    key: str
    value: OrderEvent | SyncResult


class Received(NamedTuple):
    """What becomes of a delivery."""

    verdict: Verdict
    kind: str = ""
    """Name of the event; empty when it is not known to be genuine. Unlisted kinds have a number in theirs."""
    records: tuple[Outgoing, ...] = ()
    shop_id: str = ""

    @property
    def status(self) -> int:
        """HTTP status, if all records are acknowledged."""
        return STATUS[self.verdict]


class Receiver(NamedTuple):
    """Who we are to TikTok Shop."""

    apps: tuple[App, ...]
    shops: Shops
    window: TimeWindow = TimeWindow()


def received(receiver: Receiver, signature: str, body: bytes, now: int) -> Received:
    """Judge one delivery; ``now`` in milliseconds."""
    if not is_genuine(receiver.apps, signature, body):
        return Received("unsigned")
    told = event(body)
    if told is None:
        return Received("unreadable")
    treatment = TREATMENT.get(told.kind)
    if treatment is None or treatment == "counted":
        return Received("counted" if treatment else "unlisted", told.kind, (), told.shop_id)
    if told.sent_at and not now - receiver.window.before <= told.sent_at <= now + receiver.window.after:
        return Received("outdated", told.kind, (), told.shop_id)
    market = receiver.shops.market_of(told.shop_id)
    if market is None:
        return Received("foreign", told.kind, (), told.shop_id)
    records = _order_events(told, market, now) if treatment == "order" else (_shop_result(told, market, now),)
    return Received("published" if records else "empty", told.kind, records, told.shop_id)


def is_genuine(apps: Iterable[App], signature: str, body: bytes) -> bool:
    """Whether one of the apps signed the body. Every app is tried, and each comparison takes the same time."""
    keys = [(app.app_key, app.app_secret) for app in apps]
    return any([verify_webhook(app_key=key, app_secret=secret, body=body, signature=signature) for key, secret in keys])


def _order_events(told: Event, market: str, now: int) -> tuple[Outgoing, ...]:
    return tuple(
        Outgoing(
            "order-events",
            f"{market}:{order_id}",
            OrderEvent(
                order_id=order_id,
                kind=told.kind,
                updated_at=told.updated_at or now,
                received_at=now,
                origin="WEBHOOK",
                status=told.order_status or None,
                notification_id=told.notification_id or None,
            ),
        )
        for order_id in told.order_ids
    )


def _shop_result(told: Event, market: str, now: int) -> Outgoing:
    notice = SHOP_NOTICES[told.kind]
    result = SyncResult(
        entity=market,
        kind="shop",
        status=notice.status,
        finished_at=now,
        market=market,
        code=notice.code,
        remedy=notice.remedy,
        changed_at=told.updated_at,
        explanation=f"{told.kind} of shop {told.shop_id}",
    )
    return Outgoing("sync-results", market, result)
