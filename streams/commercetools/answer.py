"""One answer, read once: status first, then JSON if it is JSON, then the code of its first error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import orjson

from streams.commercetools.errors import Reaction, no_answer, verdict
from streams.outcome import Delivered, Outcome

LONGEST_MESSAGE = 300
LONGEST_WAIT_MS = 300_000
"""A Retry-After beyond this is taken as this."""


class Answer(NamedTuple):
    """What became of one request."""

    outcome: Outcome
    status: int
    """0: none came."""
    body: Any
    """Parsed JSON; None: there was none."""
    correlation_id: str
    """``X-Correlation-ID``: commercetools' support finds the request by it."""
    sent_at: int
    """Milliseconds, our clock, before the first byte was sent."""
    took_ms: int
    """Until the last byte came, or until it was given up; rounded up, and no matter what our clock did meanwhile."""
    server_date: int | None
    """Milliseconds, commercetools' clock, whole seconds; None: the answer did not say."""
    reaction: Reaction | None = None
    retry_after_ms: int = 0
    late: bool = False
    """The time it was given ran out, and nothing else is known to be wrong."""

    @property
    def delivered(self) -> bool:
        return isinstance(self.outcome, Delivered)

    def __repr__(self) -> str:
        return f"Answer({self.outcome!r}, status={self.status}, correlation_id={self.correlation_id!r})"


def answered(
    status: int, headers: Mapping[str, str], content: bytes, sent_at: int, took_ms: int, hidden: Sequence[str] = ()
) -> Answer:
    """Read what came; ``hidden`` are secrets that a message might quote."""
    body = _json(content)
    code, message = _error(body)
    for secret in filter(None, hidden):
        message = message.replace(secret, "***")
    correlation_id = headers.get("x-correlation-id", "")[:100]
    wait_ms = retry_after_ms(headers)
    shown = message[:LONGEST_MESSAGE]
    if status >= 400 and correlation_id:
        shown = f"{shown} (correlation {correlation_id})" if shown else f"correlation {correlation_id}"
    outcome, reaction = verdict(status, code, shown, wait_ms)
    if reaction is None and body is None:
        outcome, reaction = no_answer(f"status {status} without JSON")
    return Answer(
        outcome, status, body, correlation_id, sent_at, took_ms, date_ms(headers.get("date")), reaction, wait_ms
    )


def lost(reason: str, sent_at: int, took_ms: int, *, late: bool = False) -> Answer:
    """No answer came."""
    outcome, reaction = no_answer(reason)
    return Answer(outcome, 0, None, "", sent_at, took_ms, None, reaction, late=late)


def retry_after_ms(headers: Mapping[str, str]) -> int:
    """How long the other side asks us to wait: seconds, or a time compared with the answer's own; 0: it does not."""
    text = headers.get("retry-after", "").strip()
    if text.isdigit():
        return min(int(text) * 1000, LONGEST_WAIT_MS) if len(text) < 10 else LONGEST_WAIT_MS
    until, now = date_ms(text), date_ms(headers.get("date"))
    return 0 if until is None or now is None else max(0, min(until - now, LONGEST_WAIT_MS))


def date_ms(text: str | None) -> int | None:
    """A time of HTTP, milliseconds."""
    if not text:
        return None
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return None


def _json(content: bytes) -> Any:
    if not content:
        return None
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def _error(body: Any) -> tuple[str | None, str]:
    """Code and message of an error envelope; of an answer of OAuth its ``error``."""
    if not isinstance(body, dict):
        return None, ""
    message = next((text for name in ("message", "error_description") if isinstance(text := body.get(name), str)), "")
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    code = first.get("code") if isinstance(first, dict) else body.get("error")
    return (code if isinstance(code, str) else None), message
