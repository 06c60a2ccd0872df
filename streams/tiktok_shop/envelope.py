"""Reading an answer's body and headers, before anybody judges it.

Numbers above 2**53 become strings here, so that an id is a string everywhere behind this line.
Missing, null and empty are alike.
"""

from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import orjson

EXACT = 2**53
"""Above this an integer may have lost digits in a reader that knows only doubles."""
MESSAGE_LIMIT = 300
RETRY_AFTER_LIMIT_MS = 3_600_000


class Envelope(NamedTuple):
    """The four fields around every answer."""

    code: int | None
    """None: the body is not an envelope, so nothing in it is believed."""
    message: str = ""
    request_id: str = ""
    data: Any = None


def envelope(body: bytes) -> Envelope:
    """The envelope of a body; HTML, broken JSON and JSON without a code are none."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Envelope(None)
    if not isinstance(parsed, dict):
        return Envelope(None)
    code = code_of(parsed.get("code"))
    message, request_id = message_of(parsed.get("message")), text(parsed.get("request_id"))
    return Envelope(code, message, request_id, None if code is None else normalized(parsed.get("data")))


def warnings_of(data: Any) -> tuple[str, ...]:
    """What was accepted and yet changed or dropped: a list, or one object, by operation."""
    if not isinstance(data, dict):
        return ()
    found = [data.get("warnings"), data.get("warning")]
    entries = [entry for given in found for entry in (given if isinstance(given, list) else [given])]
    return tuple(message_of(entry.get("message")) for entry in entries if isinstance(entry, dict))


def code_of(value: Any) -> int | None:
    """A code comes as an integer or, in external references, as a string of digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def message_of(value: Any) -> str:
    """A message of bounded length."""
    return value[:MESSAGE_LIMIT] if isinstance(value, str) else ""


def list_of(value: Any) -> list[Any]:
    """A list, or an empty one."""
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


def number(value: Any) -> int:
    """A whole number, also where it comes as a string; anything else is an error of the answer."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        return int(value)
    raise ValueError("a number is missing")
