"""The shop's row: which token call is needed when, and what becomes of its answer."""

from __future__ import annotations

import pytest

from streams.engine.flow import Call, Emit, Ready
from streams.flows.shop import (
    CipherRefused,
    TokenGranted,
    TokenRefused,
    answered,
    called,
    deadline_ms,
    heard,
    inherited,
    needed,
    ready,
    sealed_access,
    shop_flow,
)
from streams.outcome import Delivered, Outcome, RetryLater, ShopStopped, Unknown
from streams.records.shop import Shop, ShopCallKind
from streams.records.shop_watermark import ShopWatermark

NOW = 1_780_000_000_000
DAY = 86_400_000
ENDED = ShopStopped("36004005", "no authorization", "authorize again")
USED_UP = ShopStopped("36004004", "the code is used", "start the consent again")


def shop(**changed: object) -> Shop:
    """A shop that works."""
    row = Shop(
        token=b"t3", shop_cipher=b"c", generation=3, refresh_at=NOW + DAY, consent="first", consent_tried="first"
    )
    return row._replace(access_expires_at=NOW + 2 * DAY, refresh_expires_at=NOW + 9 * DAY, **changed)  # type: ignore[arg-type]


def calling(row: Shop, consent: str = "") -> tuple[Shop, Call]:
    row, call = called("uk", row, NOW, consent, 8_000)
    assert call is not None
    return row, call


def after(row: Shop, granted: TokenGranted, emits: list[Emit] | None = None) -> Shop:
    return answered("uk", row, granted, NOW, [] if emits is None else emits)


def granted(generation: int, shop_cipher: bytes | None = None) -> TokenGranted:
    return TokenGranted(Delivered(), b"new", NOW + 7 * DAY, NOW + 30 * DAY, NOW + 6 * DAY, generation, shop_cipher)


def kind(row: Shop, consent: str = "") -> ShopCallKind | None:
    return needed(row, NOW, consent)


@pytest.mark.parametrize("wrong_by", [-3_600_000, 20_000])
def test_an_inherited_call_is_waited_out_by_our_own_clock(wrong_by: int) -> None:
    """A refresh that is applied after ours would leave us with a token nobody knows any more."""
    row, _ = calling(shop(refresh_at=NOW))
    mine = NOW + wrong_by
    row = inherited(row, mine, 8_000)
    assert ready("uk", row, mine) == mine + 10_000
    assert inherited(shop(), NOW, 8_000) == shop()


def test_a_shop_that_works_needs_nothing() -> None:
    assert kind(shop()) is None
    assert ready("uk", shop(), NOW) == NOW + DAY


def test_first_tokens_then_the_cipher_then_both_are_published() -> None:
    emits: list[Emit] = []
    row, call = calling(Shop(), "first")
    assert call.request.kind == "CONNECT"
    row = after(row, granted(1), emits)
    assert (row.consent, kind(row, "first"), emits) == ("first", "CIPHER", [])
    row, _ = calling(row, "first")
    row = after(row, TokenGranted(Delivered(), shop_cipher=b"c1"), emits)
    assert kind(row, "first") is None
    (told,) = emits
    assert (told.topic, told.value.generation, told.value.shop_cipher) == ("shop-tokens", 1, b"c1")


def test_another_code_connects_a_shop_whose_consent_has_ended() -> None:
    row, _ = calling(shop(refused_generation=3), "first")
    row = after(row, TokenGranted(ENDED))
    assert row.stopped == "36004005" and row.not_before > NOW
    assert isinstance(ready("uk", row, NOW, "first"), int)
    assert isinstance(ready("uk", row, NOW, "second"), Ready), "a new code is tried at once"
    row, call = calling(row, "second")
    assert (call.request.kind, call.request.generation) == ("CONNECT", 3)
    row = after(row, granted(4))
    assert (row.consent, row.stopped, row.generation, row.shop_cipher) == ("second", "", 4, None)
    assert kind(row, "second") == "CIPHER", "another consent may cover another shop"


def test_a_code_that_was_used_is_not_used_again() -> None:
    assert kind(shop(), "first") is None
    assert kind(shop(), "") is None, "nor is anything needed when it was removed"


def test_a_refused_code_leaves_the_shop_as_it_was() -> None:
    emits: list[Emit] = []
    row, _ = calling(shop(), "wrong")
    row = after(row, TokenGranted(USED_UP), emits)
    assert sealed_access(row) is not None
    assert (kind(row, "wrong"), row.stopped, row.not_before) == (None, "", 0)
    assert [(told.topic, told.value.code) for told in emits] == [("sync-results", "36004004")]


def test_a_refused_code_of_a_shop_without_tokens_is_tried_again_later() -> None:
    row, _ = calling(Shop(), "wrong")
    row = after(row, TokenGranted(USED_UP))
    assert kind(row, "wrong") == "CONNECT" and row.stopped == "36004004"
    assert ready("uk", row, NOW, "wrong") == row.not_before > NOW


def test_a_code_is_not_spent_by_faults_that_are_not_its_own() -> None:
    faults: tuple[Outcome, ...] = (
        RetryLater("not-sent", "dns"),
        Unknown("no-answer", "lost"),
        ShopStopped("36009004", "", ""),
    )
    for outcome in faults:
        row, _ = calling(shop(), "second")
        row = after(row, TokenGranted(outcome))
        assert kind(row, "second") == "CONNECT"
        assert ready("uk", row, NOW, "second") == row.not_before > NOW, "but not at once"


def test_a_refresh_seals_the_cipher_anew() -> None:
    emits: list[Emit] = []
    row, call = calling(shop(refresh_at=NOW))
    assert (call.request.kind, call.request.shop_cipher) == ("REFRESH", b"c")
    row = after(row, granted(4, b"c under the first key"), emits)
    assert row.shop_cipher == b"c under the first key"
    assert emits[0].value.shop_cipher == b"c under the first key"


def test_a_refresh_does_not_make_a_refused_cipher_good() -> None:
    row, _ = calling(shop(refresh_at=NOW, cipher_refused=True))
    emits: list[Emit] = []
    row = after(row, granted(4, b"anew"), emits)
    assert (kind(row), emits) == ("CIPHER", [])


def test_an_unreadable_cipher_is_asked_for_and_the_token_left_alone() -> None:
    row = heard(shop(), CipherRefused(3))
    assert kind(row) == "CIPHER" and sealed_access(row) is None
    row, _ = calling(row)
    row = after(row, TokenGranted(Delivered(), shop_cipher=b"c1"))
    assert kind(row) is None and sealed_access(row) is not None and row.generation == 3


def test_what_is_heard_of_an_older_generation_changes_nothing() -> None:
    assert heard(shop(), CipherRefused(2)) == shop()
    assert kind(heard(shop(), TokenRefused(2))) is None
    assert kind(heard(shop(), TokenRefused(3))) == "REFRESH"


def test_the_watermark_never_goes_back() -> None:
    row = heard(shop(orders_until=NOW), ShopWatermark(NOW - 1, NOW))
    assert row.orders_until == NOW


def test_a_token_call_ends_before_the_shop_can_have_another_owner() -> None:
    assert [deadline_ms(session) for session in (6.0, 10.0, 60.0)] == [5_000, 8_000, 8_000]


def test_a_call_under_way_is_inherited() -> None:
    """Else the rule above would never be asked."""
    flow = shop_flow(lambda _: ["uk"], {}, 8_000, lambda *_: False)
    row, _ = calling(shop(refresh_at=NOW))
    assert flow.open_call is not None and flow.open_call(row) and not flow.open_call(shop())
