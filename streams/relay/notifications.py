"""commercetools' notifications as a feed: each becomes hints of what to read again, or nothing."""

from streams.codec.poison import Poison
from streams.commercetools.hints import Skipped, hints_of
from streams.relay.transform import APPLIED, Feed, Headers, Output, Transformed, left_out, refused

FETCH_HINTS = "fetch-hints"


def notification_feed(topic: str, project: str | None) -> Feed:
    """``topic``: its full name.  ``project``: notifications of other projects are left out; None: all are ours."""

    def transform(_: bytes | None, value: bytes | None, __: Headers | None, timestamp: int) -> Transformed:
        if value is None:
            return left_out("tombstone")
        told = hints_of(value, max(0, timestamp), project=project)
        if isinstance(told, Poison):
            return refused(told)
        if isinstance(told, Skipped):
            return left_out(told.why)
        return Transformed([Output(FETCH_HINTS, hint.key, hint.value) for hint in told.hints], APPLIED)

    return Feed(topic, transform, (FETCH_HINTS,))
