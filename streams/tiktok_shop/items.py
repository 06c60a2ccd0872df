"""Items that failed although their call was accepted.

Under code 0 the answer can list failed items; each gets an outcome of its own by the same table of
codes, and an item that is not listed is done.
"""

from typing import Any, NamedTuple

from streams.outcome import Outcome, Unknown
from streams.tiktok_shop.envelope import code_of, list_of, message_of, text
from streams.tiktok_shop.errors import by_code, worst
from streams.tiktok_shop.operation import Effect

ITEM_KEYS = ("sku_id", "product_id", "package_id", "order_id")
WRAPPER = 12052990
"""A code that only says: look at the nested errors."""


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
    nested = [extra for extra in list_of(detail.get("extra_errors")) if isinstance(extra, dict)]
    causes = [(code_of(extra.get("code")), message_of(extra.get("message"))) for extra in nested]
    code, message = code_of(entry.get("code")), message_of(entry.get("message"))
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
