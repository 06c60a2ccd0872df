"""Reading answers: envelope, failed items, ids, times."""

from typing import Any

import orjson
import pytest

from streams.outcome import Delivered, Rejected, RetryLater, ShopStopped, Unknown
from streams.tiktok_shop.answer import Answer, answered, lost, outcome_for
from streams.tiktok_shop.operations import OPERATIONS

WRITE, READ = OPERATIONS["update_inventory"], OPERATIONS["search_inventory"]


def answer(body: object, status: int = 200, headers: dict[str, str] | None = None, operation: Any = WRITE) -> Answer:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return answered(operation, status, headers or {}, raw, 1_000, 1_250)


def failed(*errors: object) -> Answer:
    return answer({"code": 0, "message": "Success", "request_id": "r-1", "data": {"errors": list(errors)}})


def test_an_accepted_call_without_failed_items_is_delivered() -> None:
    cases: tuple[Any, ...] = ({"errors": []}, {"errors": None}, {}, None)
    for data in cases:
        got = answer({"code": 0, "message": "Success", "request_id": "r-1", "data": data})
        assert (got.outcome, got.code, got.request_id) == (Delivered(), 0, "r-1")


def test_a_failed_item_keeps_the_call_from_being_delivered_and_confirms_the_others() -> None:
    got = failed({"code": 12052556, "message": "no such SKU", "detail": {"sku_id": "71"}})
    assert isinstance(got.outcome, Rejected)
    assert isinstance(outcome_for(got, "sku_id", "71"), Rejected)
    assert outcome_for(got, "sku_id", "72") == Delivered()


def test_a_wrapper_is_told_by_its_nested_errors() -> None:
    extra = {"warehouse_id": "w-2", "code": 12052530, "message": "not yours"}
    got = failed({"code": 12052990, "message": "Check failed", "detail": {"sku_id": "71", "extra_errors": [extra]}})
    (error,) = got.errors
    assert (error.code, error.message, error.warehouses) == (12052530, "not yours", ("w-2",))
    assert isinstance(error.outcome, Rejected) and error.outcome.field == "warehouse_id"


def test_the_worst_of_nested_errors_speaks_for_the_item() -> None:
    extras = [{"code": 12052530}, {"code": "36009003"}]
    got = failed({"code": 12052990, "detail": {"sku_id": "71", "extra_errors": extras}})
    assert isinstance(outcome_for(got, "sku_id", "71"), Unknown)


def test_codes_of_items_may_be_strings() -> None:
    got = failed({"code": "36020001", "message": "bad id", "detail": {"order_id": "5"}})
    assert isinstance(outcome_for(got, "order_id", "5"), Rejected) and got.errors[0].code == 36020001


@pytest.mark.parametrize(
    "error", [{"code": 12052556, "message": "which?"}, {"code": 12052556, "detail": None}, "text", 7, {}]
)
def test_a_failed_item_without_a_name_leaves_nothing_proven(error: object) -> None:
    got = failed(error)
    assert not isinstance(got.outcome, Delivered)
    assert isinstance(outcome_for(got, "sku_id", "71"), Unknown)


def test_a_list_of_failures_that_is_no_list_leaves_nothing_proven() -> None:
    got = answer({"code": 0, "data": {"errors": {"code": 1}}})
    assert isinstance(got.outcome, Unknown) and isinstance(outcome_for(got, "sku_id", "71"), Unknown)


def test_an_item_with_two_failures_has_the_worse() -> None:
    got = failed({"code": 36009002, "detail": {"sku_id": "71"}}, {"code": 12052556, "detail": {"sku_id": "71"}})
    assert isinstance(outcome_for(got, "sku_id", "71"), Rejected)


@pytest.mark.parametrize("body", [b"", b"<html>bad gateway</html>", b"[]", b"{}", b"null", b'{"code": null}', b"\xff"])
def test_what_is_no_envelope_is_not_believed(body: bytes) -> None:
    assert isinstance(answer(body, 502).outcome, Unknown)
    assert isinstance(answer(body, 502, operation=READ).outcome, RetryLater)
    assert answer(body, 502).code is None


def test_ids_are_strings_and_counts_are_numbers() -> None:
    got = answer(
        b'{"code":0,"data":{"product_id":1731402200110100232,"list":[9007199254740993,12],"x":-9007199254740993}}'
    )
    assert got.data == {"product_id": "1731402200110100232", "list": ["9007199254740993", 12], "x": "-9007199254740993"}


def test_times_of_the_answer_are_kept() -> None:
    got = answer({"code": 0}, headers={"date": "Thu, 01 Jan 2026 00:00:07 GMT"})
    assert (got.sent_at, got.answered_at, got.server_date) == (1_000, 1_250, 1_767_225_607_000)
    assert answer({"code": 0}, headers={"date": "yesterday"}).server_date is None


def test_retry_after_is_honoured_when_it_can_be_read() -> None:
    body = {"code": 36009002, "message": "Too many requests"}
    for header, wait in (("7", 7_000), ("999999", 3_600_000), ("soon", 0), ("-1", 0)):
        outcome = answer(body, 429, {"retry-after": header}).outcome
        assert isinstance(outcome, RetryLater) and outcome.not_before_ms == wait


def test_warnings_are_shown_whatever_their_shape() -> None:
    many = answer({"code": 0, "data": {"warnings": [{"message": "brand dropped"}, {"message": "code dropped"}]}})
    one = answer({"code": 0, "data": {"warning": {"message": "two carriers match"}}})
    assert many.warnings == ("brand dropped", "code dropped") and one.warnings == ("two carriers match",)


def test_no_secret_comes_back_in_a_message() -> None:
    body = orjson.dumps({"code": 101000, "message": "token tok-9 does not fit cipher cip-9"})
    got = answered(WRITE, 401, {}, body, 0, 0, ("tok-9", "cip-9", ""))
    assert "tok-9" not in str(got.outcome) + got.message and "cip-9" not in str(got.outcome) + got.message


def test_an_answer_does_not_print_its_data() -> None:
    got = answer({"code": 0, "data": {"orders": [{"recipient_address": {"name": "Ada Example"}}]}})
    assert "Ada" not in repr(got) and "Ada" not in f"{got}"


def test_a_stopped_shop_speaks_first() -> None:
    assert isinstance(answer({"code": 105001, "message": "revoked"}, 401).outcome, ShopStopped)


def test_a_lost_answer_says_whether_it_was_sent() -> None:
    assert lost(WRITE, "no-answer", "late", 1, 9).sent and not lost(WRITE, "not-sent", "refused", 1, 9).sent
