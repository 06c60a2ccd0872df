"""Signatures of requests and of webhooks.

Both are HMAC-SHA256 with the app secret, in lower-case hex, over exactly the bytes on the wire.
Query values are signed decoded, as the server sees them; encoding belongs to ``request.py``.
"""

import hashlib
import hmac
from collections.abc import Iterable

UNSIGNED = frozenset({"sign", "access_token"})


def request_signature(*, app_secret: str, path: str, query: Iterable[tuple[str, str]], body: bytes) -> str:
    """Sign one request: path, decoded query pairs, raw body (empty for multipart).

    A repeated name counts with its first value; an empty value still contributes its name.
    """
    first: dict[str, str] = {}
    for name, value in query:
        if name not in UNSIGNED:
            first.setdefault(name, value)
    pairs = "".join(name + first[name] for name in sorted(first))
    return _hex(app_secret, app_secret.encode() + (path + pairs).encode() + body + app_secret.encode())


def webhook_signature(*, app_key: str, app_secret: str, body: bytes) -> str:
    """The value TikTok Shop puts, bare, into the Authorization header of a webhook."""
    return _hex(app_secret, app_key.encode() + body)


def verify_webhook(*, app_key: str, app_secret: str, body: bytes, signature: str) -> bool:
    """Whether the signature belongs to the body, in constant time; capitals are tolerated."""
    expected = webhook_signature(app_key=app_key, app_secret=app_secret, body=body)
    return hmac.compare_digest(expected.encode(), signature.strip().lower().encode())


def _hex(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
