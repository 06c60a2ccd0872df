"""One answer of TikTok Shop, read once: envelope, items that failed, outcome.

Under code 0 single items can still have failed; they are in ``errors`` with an outcome each, and an
item that is not listed is done.  Numbers above 2**53 become strings here, so that an id is a string
everywhere behind this line.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import orjson

from streams.outcome import Delivered, Outcome, RetryLater, Unknown
from streams.tiktok_shop.errors import Cure, Loss, Pressure, by_answer, by_code, by_loss, worst
from streams.tiktok_shop.operation import Effect, Operation

EXACT = 2**53
"""Above this an integer may have lost digits in a reader that knows only doubles."""
MESSAGE_LIMIT = 300
RETRY_AFTER_LIMIT_MS = 3_600_000
ITEM_KEYS = ("sku_id", "product_id", "package_id", "order_id")

WRAPPER = 12052990


class ItemError(NamedTuple):
    """One item that failed although the call as a whole was accepted."""

    kind: str
    """sku_id, product_id, package_id or order_id; empty when the item is not named."""
    id: str
    code: int | None
    """The most telling code: the nested one when the outer is only a wrapper."""
    message: str
    warehouses: tuple[str, ...]
    """Warehouses the nested errors name."""
    outcome: Outcome


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
    operation: Operation, status: int, headers: Mapping[str, str], body: bytes, sent_at: int, answered_at: int
) -> Answer:
    """Read what came back."""
    envelope = _envelope(body)
    code = None if envelope is None else _code(envelope.get("code"))
    message = "" if envelope is None else _message(envelope.get("message"))
    data = None if envelope is None or code is None else normalized(envelope.get("data"))
    wait_ms = retry_after_ms(headers.get("retry-after"))
    verdict = by_answer(status, code, message, operation.effect, wait_ms)
    errors = item_errors(data, operation.effect) if isinstance(verdict.outcome, Delivered) else ()
    outcome = worst([error.outcome for error in errors]) if errors else verdict.outcome
    return Answer(
        outcome=outcome,
        code=code,
        message=message,
        data=data,
        errors=errors,
        warnings=_warnings(data),
        request_id="" if envelope is None else text(envelope.get("request_id")),
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
    return Answer(outcome, None, reason, None, (), (), "", 0, sent_at, answered_at, None, loss != "not-sent")


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


def item_errors(data: Any, effect: Effect) -> tuple[ItemError, ...]:
    """The failed items of ``data.errors``, each with its own outcome."""
    listed = data.get("errors") if isinstance(data, dict) else None
    if not listed:
        return ()
    if not isinstance(listed, list):
        return (_unreadable(),)
    return tuple(_item(entry, effect) if isinstance(entry, dict) else _unreadable() for entry in listed)


def _item(entry: dict[str, Any], effect: Effect) -> ItemError:
    detail = entry.get("detail")
    detail = detail if isinstance(detail, dict) else {}
    nested = [extra for extra in _list(detail.get("extra_errors")) if isinstance(extra, dict)]
    causes = [(_code(extra.get("code")), _message(extra.get("message"))) for extra in nested]
    code, message = _code(entry.get("code")), _message(entry.get("message"))
    if causes and (code is None or code in (0, WRAPPER)):
        code, message = causes[0]
    else:
        causes = [(code, message)]
    kind = next((key for key in ITEM_KEYS if text(detail.get(key))), "")
    return ItemError(
        kind=kind,
        id=text(detail.get(kind)) if kind else "",
        code=code,
        message=message,
        warehouses=tuple(text(extra["warehouse_id"]) for extra in nested if text(extra.get("warehouse_id"))),
        outcome=worst([_item_outcome(cause, words, effect) for cause, words in causes]),
    )


def _item_outcome(code: int | None, message: str, effect: Effect) -> Outcome:
    if code is None or code == 0:
        return Unknown("unreadable-item", "an item failed without a usable code")
    return by_code(code, message, effect).outcome


def _unreadable() -> ItemError:
    reason = "the list of failed items cannot be read"
    return ItemError("", "", None, reason, (), Unknown("unreadable-item", reason))


def _warnings(data: Any) -> tuple[str, ...]:
    if not isinstance(data, dict):
        return ()
    found = [data.get("warnings"), data.get("warning")]
    entries = [entry for given in found for entry in (given if isinstance(given, list) else [given])]
    return tuple(_message(entry.get("message")) for entry in entries if isinstance(entry, dict))


def _envelope(body: bytes) -> dict[str, Any] | None:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _code(value: Any) -> int | None:
    """A code comes as an integer or, in external references, as a string of digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _message(value: Any) -> str:
    return value[:MESSAGE_LIMIT] if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """An id or name as text; missing, null and empty are alike."""
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def normalized(value: Any) -> Any:
    """The same value with integers above 2**53 as strings: they are ids."""
    if isinstance(value, dict):
        return {name: normalized(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [normalized(inner) for inner in value]
    if isinstance(value, int) and not -EXACT <= value <= EXACT:
        return str(value)
    return value


def date_ms(header: str | None) -> int | None:
    """TikTok Shop's clock from a Date header."""
    try:
        return int(parsedate_to_datetime(header).timestamp() * 1000) if header else None
    except ValueError:
        return None


def retry_after_ms(header: str | None) -> int:
    """Milliseconds asked for by Retry-After in seconds; undocumented there, honoured when present."""
    seconds = header.strip() if header else ""
    if not (seconds.isascii() and seconds.isdigit()):
        return 0
    return min(int(seconds) * 1000, RETRY_AFTER_LIMIT_MS)
