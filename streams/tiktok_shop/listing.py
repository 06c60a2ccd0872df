"""The calls a listing wants, in TikTok Shop's words, and its answers in the listing's words."""

from collections.abc import Sequence
from typing import assert_never

from streams.listing import answers, calls
from streams.tiktok_shop import inventory, product
from streams.tiktok_shop.answer import Answer
from streams.tiktok_shop.call import Call


def call_for(wanted: calls.Call) -> Call:
    """What to send."""
    match wanted:
        case calls.SearchProducts():
            return product.search(wanted)
        case calls.SearchInventory():
            return inventory.search(wanted)
        case calls.UpdateInventory():
            return inventory.update(wanted)
        case calls.DeactivateProduct():
            return product.deactivate(wanted)
        case calls.ActivateProduct():
            return product.activate(wanted)
        case _:
            assert_never(wanted)


def answer_to(wanted: calls.Call, pages: Sequence[Answer]) -> answers.Answer:
    """What came back: one answer, or all pages of a search for products."""
    match wanted:
        case calls.SearchProducts():
            return product.found(pages)
        case calls.SearchInventory():
            return inventory.shown(pages[-1])
        case calls.UpdateInventory():
            return inventory.updated(pages[-1])
        case calls.DeactivateProduct(product_id) | calls.ActivateProduct(product_id):
            return product.changed(pages[-1], product_id)
        case _:
            assert_never(wanted)
