"""What becomes of one delivery."""

import pytest

from streams.records.order_event import OrderEvent
from streams.records.sync_result import SyncResult
from streams.tiktok_shop.event import NAMES
from streams.webhooks.receive import STATUS, App, Outgoing, Received, Shops, Verdict, is_genuine, received
from streams.webhooks.treatment import SHOP_NOTICES, TREATMENT
from tests.webhooks.builders import APP, NOW, OTHER_APP, RECEIVER, SHOP, body, signature


def judged(raw: bytes, now: int = NOW) -> Received:
    return received(RECEIVER, signature(raw), raw, now)


def values(raw: bytes) -> list[OrderEvent | SyncResult]:
    return [record.value for record in judged(raw).records]


def test_an_order_event_goes_to_the_market_of_its_shop() -> None:
    done = judged(body())
    event = OrderEvent(
        "579000000000000001", "ORDER_STATUS_CHANGE", NOW - 2000, NOW, "WEBHOOK", "AWAITING_SHIPMENT", "759"
    )
    assert done == Received(
        "published", "ORDER_STATUS_CHANGE", (Outgoing("order-events", "uk:579000000000000001", event),), SHOP
    )
    assert done.status == 200


@pytest.mark.parametrize("given", ["", "0" * 64, "not hex", signature(body(2)), "Bearer " + signature(body())])
def test_a_wrong_signature_is_refused_before_anything_is_read(given: str) -> None:
    assert received(RECEIVER, given, body(), NOW) == Received("unsigned")
    assert STATUS["unsigned"] == 401


def test_the_signature_covers_every_byte() -> None:
    raw = body()
    assert received(RECEIVER, signature(raw), raw + b" ", NOW).verdict == "unsigned"


def test_every_app_of_ours_is_tried() -> None:
    raw = body()
    assert received(RECEIVER, signature(raw, OTHER_APP), raw, NOW).verdict == "published"
    assert not is_genuine((), signature(raw), raw)
    assert received(RECEIVER, signature(raw, App("6fictional", "wrong")), raw, NOW).verdict == "unsigned"


def test_capitals_in_the_signature_are_tolerated() -> None:
    raw = body()
    assert received(RECEIVER, signature(raw).upper(), raw, NOW).verdict == "published"


def test_a_package_event_tells_every_order_in_it() -> None:
    data = {
        "sc_type": "COMBINE",
        "package_list": [{"package_id": "1", "order_id_list": ["11", "12"]}, {"order_id_list": [12, 13]}],
        "update_time": NOW // 1000,
    }
    told = values(body(4, data=data))
    assert [event.order_id for event in told if isinstance(event, OrderEvent)] == ["11", "12", "13"]


def test_the_orders_words_replace_the_events() -> None:
    (event,) = values(body(data={"order_id": "1", "order_status": "CANCEL", "update_time": NOW // 1000}))
    assert isinstance(event, OrderEvent) and event.status == "CANCELLED"


def test_an_event_without_id_and_without_its_own_time_is_told_by_the_envelopes() -> None:
    (event,) = values(body(3, tts_notification_id=None, data={"order_id": "1"}))
    assert isinstance(event, OrderEvent) and event.notification_id is None and event.updated_at == NOW


def test_large_integers_keep_every_digit() -> None:
    (event,) = values(body(shop_id=int(SHOP), data={"order_id": 579000000000000003}))
    assert isinstance(event, OrderEvent) and event.order_id == "579000000000000003"


def test_no_personal_data_goes_on() -> None:
    data = {"order_id": "1", "recipient": {"name": "Robin Example"}, "phone": "07700 900000"}
    assert "Robin" not in repr(judged(body(3, data=data))) and "07700" not in repr(judged(body(3, data=data)))


def test_a_withdrawn_authorization_is_a_result_of_the_market() -> None:
    (result,) = values(body(6, data={"message": "text"}))
    assert isinstance(result, SyncResult)
    assert (result.entity, result.status, result.code) == ("uk", "REJECTED", "shop-deauthorized")
    assert "text" not in repr(result)


@pytest.mark.parametrize(
    ("raw", "verdict"),
    [
        (b"{", "unreadable"),
        (b"[]", "unreadable"),
        (b'{"type": "1"}', "unreadable"),
        (body(5), "counted"),
        (body(9999), "unlisted"),
        (body(shop_id="7490000000000000009"), "foreign"),
        (body(shop_id=None), "foreign"),
        (body(data={}), "empty"),
        (body(data=None), "empty"),
    ],
)
def test_what_leads_to_nothing_is_answered_with_200(raw: bytes, verdict: Verdict) -> None:
    done = judged(raw)
    assert (done.verdict, done.records, done.status) == (verdict, (), 200)


def test_repetitions_of_fifteen_hours_are_taken_and_those_of_days_are_not() -> None:
    hour = 3_600_000
    verdicts = [judged(body(), NOW + delay).verdict for delay in (15 * hour, 25 * hour, -hour)]
    assert verdicts == ["published", "outdated", "outdated"]
    assert judged(body(timestamp=None)).verdict == "published"


def test_one_market_may_leave_its_shop_to_be_guessed() -> None:
    shops = Shops({SHOP: "uk"}, "de")
    assert [shops.market_of(shop) for shop in (SHOP, "7490000000000000009", "")] == ["uk", "de", None]


def test_every_named_kind_has_a_row() -> None:
    assert set(TREATMENT) == set(NAMES.values())
    assert set(SHOP_NOTICES) == {kind for kind, treatment in TREATMENT.items() if treatment == "shop"}


def test_an_app_never_shows_its_secret() -> None:
    assert "secret" not in repr(APP)
