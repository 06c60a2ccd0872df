"""When tokens are refreshed, and how they are kept."""

import pytest

from streams.tiktok_shop.token import (
    EARLY_MS,
    Token,
    granted_scopes,
    refresh_at,
    token_of,
)
from streams.tiktok_shop.token_box import TokenBox, new_key

DAY = 24 * 3_600_000
NOW = 1_767_225_600_000
DATA = {
    "access_token": "ROW_a",
    "access_token_expire_in": NOW // 1000 + 7 * 86_400,
    "refresh_token": "ROW_r",
    "refresh_token_expire_in": NOW // 1000 + 365 * 86_400,
    "granted_scopes": ["seller.order.info", "seller.logistics"],
}


def token(generation: int = 1, life_ms: int = 7 * DAY) -> Token:
    return Token("ROW_a", "ROW_r", NOW + life_ms, NOW + 365 * DAY, generation, NOW)


def test_reads_expiry_as_a_point_in_time_despite_its_name() -> None:
    assert token_of(DATA, 1, NOW) == token()


def test_a_small_expiry_can_only_be_a_length_of_time() -> None:
    got = token_of({**DATA, "access_token_expire_in": 3600}, 1, NOW)
    assert got is not None and got.access_expires_at == NOW + 3_600_000


@pytest.mark.parametrize("data", [None, [], {}, {**DATA, "refresh_token": ""}, {**DATA, "access_token": None}])
def test_without_both_tokens_there_is_none(data: object) -> None:
    assert token_of(data, 1, NOW) is None


def test_refreshes_a_day_before_the_end() -> None:
    assert refresh_at(token()) == NOW + 6 * DAY
    assert refresh_at(token(), 2 * EARLY_MS) == NOW + 5 * DAY


def test_a_short_life_is_refreshed_in_its_second_half() -> None:
    assert refresh_at(token(life_ms=60_000)) == NOW + 30_000


def test_reads_what_the_seller_agreed_to() -> None:
    assert granted_scopes(DATA) == {"seller.order.info", "seller.logistics"}
    assert granted_scopes(None) == granted_scopes({}) == frozenset()


def test_a_sealed_token_comes_back_and_shows_nothing() -> None:
    box = TokenBox([new_key()])
    sealed = box.sealed(token(5))
    assert b"ROW_" not in sealed
    kept = {"access_expires_at": NOW + 7 * DAY, "refresh_expires_at": NOW + 365 * DAY, "generation": 5}
    assert box.opened(sealed, **kept) == token(5)
    assert box.opened_text(box.sealed_text("cip-1")) == "cip-1"


def test_keys_change_while_running() -> None:
    old, new = new_key(), new_key()
    sealed = TokenBox([old]).sealed_text("cip-1")
    both = TokenBox([new, old])
    assert both.opened_text(sealed) == "cip-1"
    sealed_anew = both.rotated(sealed)
    assert sealed_anew is not None and TokenBox([new]).opened_text(sealed_anew) == "cip-1"
    assert TokenBox([new]).rotated(sealed) is None
    assert TokenBox([new]).opened_text(sealed) is None
    assert (
        TokenBox([new]).opened(TokenBox([old]).sealed(token()), access_expires_at=0, refresh_expires_at=0, generation=0)
        is None
    )


@pytest.mark.parametrize("keys", [[], ["short"], ["ü" * 44]])
def test_a_wrong_key_says_so_without_showing_it(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="token keys") as failure:
        TokenBox(keys)
    assert not keys or keys[0] not in str(failure.value)


def test_tokens_do_not_print() -> None:
    assert "ROW_" not in repr(token()) and "ROW_" not in f"{token()}"
