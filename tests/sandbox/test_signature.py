"""The signature rule, by hand: nothing here is computed by the code under test."""

import hmac
from hashlib import sha256

from streams.sandbox import signature

SECRET = "s3cret"


def by_hand(text: str) -> str:
    return hmac.new(SECRET.encode(), text.encode(), sha256).hexdigest()


def test_sorted_names_path_in_front_secret_around() -> None:
    pairs = [("timestamp", "1"), ("app_key", "k"), ("B", "2")]
    assert signature.of_request(SECRET, "/p", pairs, "application/json", b"") == by_hand(
        "s3cret/pB2app_keyktimestamp1s3cret"
    )


def test_sign_and_access_token_take_no_part_and_the_first_of_a_repeated_name_counts() -> None:
    pairs = [("sign", "x"), ("access_token", "y"), ("a", "1"), ("a", "2"), ("empty", "")]
    assert signature.of_request(SECRET, "/p", pairs, "", b"{}") == by_hand("s3cret/pa1empty{}s3cret")


def test_a_multipart_body_is_not_signed() -> None:
    assert signature.of_request(SECRET, "/p", [], "multipart/form-data", b"file") == by_hand("s3cret/ps3cret")


def test_an_event_signs_app_key_and_body() -> None:
    assert signature.of_webhook("key", SECRET, b'{"a":1}\n') == by_hand('key{"a":1}\n')
