"""Every code has a row, every row has a remedy, and nothing unlisted is success."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.outcome import Delivered, Rejected, RetryLater, ShopStopped, Unknown
from streams.tiktok_shop.codes import BY_MESSAGE, CODES, OTHER_MESSAGE, TABLES
from streams.tiktok_shop.errors import Verdict, by_answer, by_code, by_loss, row_of, worst

AGAIN = "12001000 12056001 36009003 36009007 21001003 21001008 21001011 10002014 10002015 10037002 10037003 10037004"
LISTED = """
36009002 36009003 36009004 36009007 36009009 36009010 36009014 36009021 36009022 36009023 36009033 36009037
36009043 36009044 101000 105001 105002 105005 106001 106013 36004001 36004004 36004005
12001000 12056001 21001003 21001008 21001011 10002014 10002015 10037002 10037003 10037004 25001028 11034037 33001002
12019150 12052032 12052260 12052048 12052034
12052901 12019113 12052308 12052371 12052332
12052051 12052261 12052262 12052263 12052931
12052013 12052015 12052056 12052340 12052341 12052342 12052343 12052344 12052345 12052346 12052348 12052349
12052350 12052351 12052352 12052932
12052023 12052024 12052025 12052217 12052220 12052221 12052223 12052225 12052226 12052227 12052230 12052446
12052104 12052182 12052183 12052240 12052241 12052242 12052243 12052244 12052245 12052246 12052247 12052248
12052249 12052250 12052251 12052253 12052254 12052256 12052529
12052026 12052200 12052201 12052208 12019013
12052028 12052300 12052301 12052302 12052303 12052304 12052305 12052306 12052520 12052521 12052522 12052523
12052524 12052528 12052722 12038002 12038004 12038005 12038014 12038015 12019116
12052050 12052525 12052526 12052550 12052553 12052556 12052557 12052558 12052559 12052560 12052902 12019056 12019057
12052054 12019059 12052591 12052592 12052593 12052594 12052598 12052600 12052369 12052996
12052016 12052181 12052003 12052004 12052005 12052006 12052915 12052916
12052105 12052650 12052657 12052670 12052673 12052282 12052283 12052284 12052285 12052287 12052288 12052289
12052290 12052291 12052292 12052293 12052294 12052295 12052296 12052365 12052366
12052012 12052073 12052084 12052570 12052571 12052572 12052574 12052038 12019045 12052096 12052375 12052383
12019022 12019024 12019028 12052037 12052055 12052094 12052097 12052115 12052141 12052142 12052143 12052144
12052145 12052146 12052393 12052403 12052516 12052530 12052531 12052532 12052533 12052534 12052921 12052850
12052093 12052109 12052202 12052203
12052419 12052535 12052700 12052703 12052923
12052990
21001001 21008111 10006402
21008044 21011007 21008099 11006021 21011006 21011020 21011040 21011027 21011030 21011041 21011042 21011043
21042056 21042057 10007002 10007014
21011022 21011025 21011026 21004012 21004015 21004016 11028006 21034012 21011029 21011048
21008025 21008106 21011004 21011028 21011003
21011049 21011050 21011051 21011052
25001003 25001010 25001011 25001045 25001051 25011011 25011012 25011013 25020003 25020004 25020009 25020010
25020011 25020012
25001014 25001015 25001016 25001020 25001021 25001057
25005005 25005010 25005011
25001001 25001044 25001046 25007006 25020005 25011025
"""


def test_every_listed_code_has_a_row() -> None:
    assert [code for code in LISTED.split() if int(code) not in CODES] == []


def test_no_code_has_two_rows() -> None:
    assert len(CODES) == sum(len(table) for table in TABLES)


def test_every_row_says_what_it_means_and_what_helps() -> None:
    rows = [*CODES.values(), *(row for _, row in BY_MESSAGE), OTHER_MESSAGE]
    assert all(row.meaning and row.remedy for row in rows)


@pytest.mark.parametrize("code", AGAIN.split())
def test_an_internal_failure_is_repeated_for_reads_and_read_back_for_writes(code: str) -> None:
    assert isinstance(by_code(int(code), "", "read").outcome, RetryLater)
    assert isinstance(by_code(int(code), "", "write").outcome, Unknown)


@pytest.mark.parametrize("code", [105001, 105005, 106001, 36009033, 36009043, 36009044, 36009009, 36009014, 12052700])
def test_what_concerns_the_whole_shop_stops_it(code: int) -> None:
    stopped = by_code(code, "words of theirs", "write").outcome
    assert isinstance(stopped, ShopStopped) and stopped.remedy and "words of theirs" in stopped.reason


@pytest.mark.parametrize("code", [12052055, 12052393, 12052146, 12019024])
def test_a_refused_quantity_is_refused_by_name(code: int) -> None:
    refused = by_code(code, "", "write").outcome
    assert isinstance(refused, Rejected) and (refused.code, refused.field) == (str(code), "quantity")


@pytest.mark.parametrize("code", [12052038, 12019045, 12052371, 12052308, 12052093, 36009002, 36009037])
def test_waiting_that_is_nobodys_failure_costs_no_attempt(code: int) -> None:
    outcome = by_code(code, "", "write").outcome
    assert isinstance(outcome, RetryLater) and not outcome.costs_attempt


@pytest.mark.parametrize("code", [21011006, 21011020, 25001010])
def test_what_seems_done_before_is_looked_at(code: int) -> None:
    assert isinstance(by_code(code, "", "write").outcome, Unknown)


def test_an_expired_token_asks_for_a_refresh_and_a_foreign_cipher_for_the_shops() -> None:
    assert by_code(105002, "", "write").cure == "refresh-token"
    assert by_code(101000, "", "read").cure == "refetch-shops"


@pytest.mark.parametrize(
    ("message", "reaction"),
    [
        ("Invalid app_key", "stop"),
        ("Invalid timestamp", "stop"),
        ("sign is required", "stop"),
        ("unexpected identifier: shop_cipher", "stop"),
        ("Invalid version", "stop"),
        ("The access token is invalid", "refresh-token"),
        ("invalid x-tts-access-token", "refresh-token"),
        ("Invalid shop_cipher", "refetch-shops"),
        ("Invalid shop_id", "refetch-shops"),
        ("Invalid page_token", "refuse"),
        ("Invalid page_size", "refuse"),
        ("Invalid category_version", "refuse"),
        ("design is wrong", "refuse"),
        ("", "refuse"),
    ],
)
def test_the_code_with_many_causes_is_told_apart_by_its_message(message: str, reaction: str) -> None:
    row = row_of(36009004, message)
    assert row is not None and row.reaction == reaction


@given(st.integers(), st.sampled_from(["read", "write"]), st.text(max_size=20))
def test_no_code_but_zero_is_success(code: int, effect: str, message: str) -> None:
    assert not isinstance(by_code(code, message, effect).outcome, Delivered)  # type: ignore[arg-type]


def test_an_unlisted_code_is_refused_by_name() -> None:
    outcome = by_answer(200, 99999999, "something new", "read").outcome
    assert isinstance(outcome, Rejected) and outcome.code == "99999999"
    assert "99999999" in outcome.reason and "something new" in outcome.reason


@given(st.integers(100, 599), st.one_of(st.none(), st.sampled_from([0, 36009002, 36009003, 12052032, 105002, 7])))
def test_only_code_zero_with_a_good_status_is_success(status: int, code: int | None) -> None:
    for effect in ("read", "write"):
        verdict = by_answer(status, code, "", effect)
        assert isinstance(verdict.outcome, Delivered) == (code == 0 and status < 400)


@pytest.mark.parametrize("status", [200, 302, 403, 404, 500, 502, 503, 504])
def test_without_an_envelope_a_read_is_repeated_and_a_write_is_unknown(status: int) -> None:
    assert isinstance(by_answer(status, None, "", "read").outcome, RetryLater)
    assert isinstance(by_answer(status, None, "", "write").outcome, Unknown)


def test_a_business_refusal_is_a_refusal_under_any_status() -> None:
    for status in (200, 400, 404, 500, 503):
        assert isinstance(by_answer(status, 12052032, "", "write").outcome, Rejected)


def test_too_many_requests_changes_nothing_and_costs_nothing() -> None:
    for code in (None, 36009002, 99999999):
        verdict = by_answer(429, code, "", "write", retry_after_ms=3000)
        expected = RetryLater(verdict.outcome.code, verdict.outcome.reason, False, 3000)  # type: ignore[union-attr]
        assert verdict == Verdict(expected, None, "throttled")


def test_overload_is_told_to_the_limiter_apart_from_a_limit() -> None:
    assert by_answer(503, 36009003, "", "write").pressure == "overloaded"
    assert by_answer(503, None, "", "read").pressure == "overloaded"
    assert by_answer(503, 36009002, "", "read").pressure == "throttled"


def test_what_was_never_sent_is_repeated_and_costs_nothing() -> None:
    for effect in ("read", "write"):
        outcome = by_loss("not-sent", "refused", effect).outcome
        assert isinstance(outcome, RetryLater) and not outcome.costs_attempt


def test_a_lost_answer_is_repeated_for_reads_and_read_back_for_writes() -> None:
    assert isinstance(by_loss("no-answer", "late", "read").outcome, RetryLater)
    assert isinstance(by_loss("no-answer", "late", "write").outcome, Unknown)


def test_the_outcome_to_act_on_first_speaks_for_all() -> None:
    refused, unknown = Rejected("1", "r"), Unknown("2", "u")
    assert worst([Delivered(), refused, unknown]) == unknown
    assert worst([]) == Delivered()
