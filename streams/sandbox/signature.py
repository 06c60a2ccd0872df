"""Signatures, written from the platform's description alone and shared with nobody.

Requests sign the path, the decoded query in byte order and the raw body, wrapped in the app secret. Webhooks sign the
app key and the raw body.
"""

import hmac
from collections.abc import Iterable
from hashlib import sha256

UNSIGNED = frozenset({"sign", "access_token"})


def of_request(secret: str, path: str, query: Iterable[tuple[str, str]], media_type: str, body: bytes) -> str:
    """What the `sign` parameter of this request has to be."""
    first: dict[str, str] = {}
    for name, value in query:
        if name not in UNSIGNED:
            first.setdefault(name, value)
    key = secret.encode()
    text = path + "".join(name + first[name] for name in sorted(first, key=str.encode))
    signed = b"" if media_type == "multipart/form-data" else body
    return hmac.new(key, key + text.encode() + signed + key, sha256).hexdigest()


def of_webhook(app_key: str, secret: str, body: bytes) -> str:
    """What the `Authorization` header of this event has to be."""
    return hmac.new(secret.encode(), app_key.encode() + body, sha256).hexdigest()


def matches(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())
