"""Existing listings are adopted by seller SKU; what cannot be found waits, and costs no attempt."""

import pytest

from streams.listing.answers import FoundSku, ProductsFound
from streams.listing.calls import SearchProducts
from streams.listing.decide import ready
from streams.outcome import Delivered, RetryLater
from tests.listing.builders import NOW, answered, found, granted, level, shop, statuses, update, wanting


def test_at_most_ten_seller_skus_are_searched_at_once() -> None:
    state = wanting(*(update(f"sku-{number}") for number in range(12)))
    first = granted(state)
    assert isinstance(first.call, SearchProducts)
    assert len(first.call.seller_skus) == 10
    rest = granted(answered(first.state, found(*first.call.seller_skus)).state)
    assert rest.call is not None


def test_an_adopted_sku_knows_its_product() -> None:
    state = answered(granted(wanting(update())).state, found("blue", "other")).state
    assert (state.skus[0].product_id, state.skus[0].sku_id) == ("p1", "id-blue")
    assert (state.products[0].status, state.products[0].skus) == ("ACTIVATE", 2)


def test_a_sku_that_is_not_listed_waits_and_is_searched_again_ever_more_slowly() -> None:
    state, now, waits = wanting(update()), NOW, []
    for _ in range(8):
        done = answered(granted(state, now).state, found(), now)
        state = done.state
        wake = ready(state, now, shop())
        assert isinstance(wake, int)
        waits.append((wake - now) // 1000)
        now = wake
    assert waits == [60, 120, 300, 600, 1800, 3600, 3600, 3600]
    assert state.skus[0].attempts == 0


def test_waiting_is_published_once_and_mirrored_each_time() -> None:
    first = answered(granted(wanting(update())).state, found())
    assert statuses(first.results) == [("WAITING", "sku-not-listed")]
    now = NOW + 60_000
    again = answered(granted(first.state, now).state, found(), now)
    assert again.results == ()
    assert [retry.code for retry in again.retries] == ["sku-not-listed"]


def test_a_newer_update_does_not_hasten_the_search() -> None:
    state = answered(granted(wanting(update())).state, found()).state
    assert ready(wanting(update("blue", 2, level(3)), state=state), NOW, shop()) == NOW + 60_000


def test_seller_skus_are_compared_to_the_letter() -> None:
    done = answered(granted(wanting(update("blue"))).state, found("BLUE"))
    assert statuses(done.results) == [("WAITING", "sku-not-listed")]


def test_a_sku_in_several_products_is_rejected_with_a_remedy() -> None:
    rows = (FoundSku("p1", "1", "blue", "ACTIVATE"), FoundSku("p2", "2", "blue", "DRAFT"))
    done = answered(granted(wanting(update())).state, ProductsFound(Delivered(), rows))
    (result,) = done.results
    assert (result.status, result.code, result.field, result.value) == (
        "REJECTED", "sku-in-several-products", "seller_sku", "blue",
    )  # fmt: skip
    assert result.remedy
    assert ready(done.state, NOW, shop()) is None
    assert done.counts == (("rejected", 1),)


def test_a_deleted_product_does_not_count_as_a_listing() -> None:
    rows = (FoundSku("p1", "1", "blue", "ACTIVATE"), FoundSku("p2", "2", "blue", "DELETED"))
    done = answered(granted(wanting(update())).state, ProductsFound(Delivered(), rows))
    assert done.state.skus[0].product_id == "p1"


@pytest.mark.parametrize(
    ("status", "code"), [("FREEZE", "product-freeze"), ("PLATFORM_DEACTIVATED", "product-platform-deactivated")]
)
def test_a_product_that_takes_no_stock_is_waited_for(status: str, code: str) -> None:
    done = answered(granted(wanting(update())).state, found("blue", status=status))
    assert statuses(done.results) == [("WAITING", code)]
    assert ready(done.state, NOW, shop()) == NOW + 60_000


def test_a_search_that_failed_is_tried_again() -> None:
    done = answered(granted(wanting(update())).state, ProductsFound(RetryLater("503", "overload", False)))
    assert ready(done.state, NOW, shop()) == NOW + 1_000
    assert [retry.code for retry in done.retries] == ["503"]
