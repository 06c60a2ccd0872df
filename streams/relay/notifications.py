"""commercetools' notifications as a feed: each becomes hints of what to read again, or nothing."""

from streams.codec.poison import Poison
from streams.commercetools.hints import SETTLE_MS, Skipped, hints_of
from streams.relay.transform import APPLIED, DEAD, Feed, Headers, Output, Transformed, left_out, refused

FETCH_HINTS = "fetch-hints"


def notification_feed(topic: str, project: str | None, settle_ms: int = SETTLE_MS) -> Feed:
    """``topic``: its full name.  ``project``: notifications of other projects are left out; None: all are ours.
    ``settle_ms``: until stock that an order moved shows.
    """

    def transform(_: bytes | None, value: bytes | None, __: Headers | None, timestamp: int) -> Transformed:
        if value is None:
            return left_out("tombstone")
        told = hints_of(value, max(0, timestamp), project=project, settle_ms=settle_ms)
        if isinstance(told, Poison):
            return refused(told)
        if isinstance(told, Skipped):
            return left_out(told.why)
        outputs = [Output(FETCH_HINTS, hint.key, hint.value) for hint in told.hints]
        return Transformed(outputs, APPLIED if told.poison is None else DEAD, told.poison)

    return Feed(topic, transform, (FETCH_HINTS,))
