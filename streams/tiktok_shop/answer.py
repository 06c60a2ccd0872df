"""One answer of TikTok Shop, read once: envelope, items that failed, outcome.

Under code 0 single items can still have failed; they are in ``errors`` with an outcome each, and an
item that is not listed is done.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from streams.outcome import Delivered, Outcome, Unknown
from streams.tiktok_shop.envelope import date_ms, envelope, retry_after_ms, warnings_of
from streams.tiktok_shop.errors import Cure, Loss, Pressure, by_answer, by_loss, worst
from streams.tiktok_shop.items import ItemError, item_errors
from streams.tiktok_shop.operation import Operation


class Answer(NamedTuple):
    """What became of one call."""

    outcome: Outcome
    """Of the call; when items failed, the worst of theirs, never ``Delivered``."""
    code: int | None
    """None: there was no usable answer."""
    message: str
    data: Any
    errors: tuple[ItemError, ...]
    warnings: tuple[str, ...]
    request_id: str
    http_status: int
    """0: no answer."""
    sent_at: int
    """Milliseconds, our clock, before the first byte was sent."""
    answered_at: int
    """Milliseconds, our clock, after the last byte came, or when we gave up."""
    server_date: int | None
    """Milliseconds, TikTok Shop's clock (Date header), to the second."""
    sent: bool
    """False: provably nothing reached TikTok Shop."""
    cure: Cure | None = None
    pressure: Pressure | None = None
    retry_after_ms: int = 0

    def __repr__(self) -> str:
        return f"Answer({self.outcome!r}, code={self.code}, request_id={self.request_id!r}, status={self.http_status})"


def answered(
    operation: Operation,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    sent_at: int,
    answered_at: int,
    hidden: Sequence[str] = (),
) -> Answer:
    """Read what came back; ``hidden`` are secrets an error's message might quote."""
    read = envelope(body)
    for secret in filter(None, hidden):
        read = read._replace(message=read.message.replace(secret, "***"))
    wait_ms = retry_after_ms(headers.get("retry-after"))
    verdict = by_answer(status, read.code, read.message, operation.effect, wait_ms)
    errors = item_errors(read.data, operation.effect) if isinstance(verdict.outcome, Delivered) else ()
    return Answer(
        outcome=worst([error.outcome for error in errors]) if errors else verdict.outcome,
        code=read.code,
        message=read.message,
        data=read.data,
        errors=errors,
        warnings=warnings_of(read.data),
        request_id=read.request_id,
        http_status=status,
        sent_at=sent_at,
        answered_at=answered_at,
        server_date=date_ms(headers.get("date")),
        sent=True,
        cure=verdict.cure,
        pressure=verdict.pressure,
        retry_after_ms=wait_ms,
    )


def lost(operation: Operation, loss: Loss, reason: str, sent_at: int, answered_at: int) -> Answer:
    """No answer came, or none may be waited for any longer."""
    outcome = by_loss(loss, reason, operation.effect).outcome
    return Answer(outcome, None, reason, None, (), (), "", 0, sent_at, answered_at, None, loss == "no-answer")


def too_late(answer: Answer) -> bool:
    """We were too late to send it: that says nothing of TikTok Shop."""
    return not answer.sent and getattr(answer.outcome, "code", "") == "too-late"


def outcome_for(answer: Answer, kind: str, item: str) -> Outcome:
    """What became of one item of a call: an accepted call did all that it does not list as failed.

    A failed item without a name could be any of them, so then nothing unnamed is proven.
    """
    if not answer.errors:
        return answer.outcome
    named = [error.outcome for error in answer.errors if error.kind == kind and error.id == item]
    if named:
        return worst(named)
    if all(error.kind == kind for error in answer.errors):
        return Delivered()
    return Unknown("unnamed-item", "an item failed, and the answer does not say which")


def shop_times(answer: Answer) -> tuple[int, int]:
    """When the call was sent at the earliest and answered at the latest, by TikTok Shop's clock.

    Its clock is known to the second, from the Date header; without one it is taken to be ours.
    """
    if answer.server_date is None:
        return answer.sent_at, answer.answered_at
    return answer.server_date - max(0, answer.answered_at - answer.sent_at), answer.server_date + 999
