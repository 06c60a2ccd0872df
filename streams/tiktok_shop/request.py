"""One signed request: body serialised once, query sorted and encoded once.

What is signed is what is sent, byte for byte.  An empty object is never sent, because nobody knows
whether TikTok Shop signs it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlencode

import orjson

from streams.tiktok_shop.access import AppAccess, ShopAccess
from streams.tiktok_shop.operation import Operation
from streams.tiktok_shop.sign import request_signature

JSON = "application/json"
TOKEN_HEADER = "x-tts-access-token"  # noqa: S105 (a name)
OURS = frozenset({"app_key", "timestamp", "sign", "access_token", "shop_cipher"})


class Upload(NamedTuple):
    """A file, sent as multipart; its bytes are not signed."""

    content: bytes
    file_name: str
    fields: tuple[tuple[str, str], ...] = ()
    """Form fields beside the file, such as use_case."""


class SignedRequest(NamedTuple):
    """Ready to be sent as it is."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __repr__(self) -> str:
        return f"SignedRequest({self.method} {self.url.split('?')[0]}, {len(self.body)} bytes)"


def signed_request(
    operation: Operation,
    *,
    app: AppAccess,
    shop: ShopAccess,
    path: Mapping[str, str],
    query: Sequence[tuple[str, str]],
    body: object | None,
    now_ms: int,
) -> SignedRequest:
    """Build and sign; ``now_ms`` must be our clock now, since TikTok Shop looks at the time."""
    for name, _ in query:
        if name in OURS:
            raise ValueError(f"{operation.name}: query parameter {name} is not the caller's to set")
    pairs = [*query, ("app_key", app.app_key), ("timestamp", str(now_ms // 1000))]
    if operation.cipher == "required":
        pairs.append(("shop_cipher", shop.shop_cipher))
    sent, content_type = content(body)
    where = operation.path_of(path)
    signed = b"" if isinstance(body, Upload) else sent
    sign = request_signature(app_secret=app.app_secret, path=where, query=pairs, body=signed)
    return SignedRequest(
        method=operation.method,
        url=f"{app.api_url.rstrip('/')}{where}?{encoded([*sorted(pairs), ('sign', sign)])}",
        headers=((TOKEN_HEADER, shop.access_token), ("content-type", content_type)),
        body=sent,
    )


def encoded(query: Sequence[tuple[str, str]]) -> str:
    """The query as it travels; a page token may hold + / and =."""
    return urlencode(query, quote_via=quote, safe="")


def content(body: object | None) -> tuple[bytes, str]:
    """The bytes to send and their media type; bytes are sent as they are, None and {} as nothing."""
    if isinstance(body, Upload):
        return _multipart(body)
    if isinstance(body, bytes):
        return body, JSON
    if body is None or body == {}:
        return b"", JSON
    return orjson.dumps(body), JSON


def _multipart(upload: Upload) -> tuple[bytes, str]:
    boundary = hashlib.sha256(upload.content).hexdigest()[:40]
    lines: list[bytes] = []
    for name, value in upload.fields:
        lines += [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()]
    disposition = f'form-data; name="data"; filename="{quote(upload.file_name)}"'
    lines += [f"--{boundary}\r\nContent-Disposition: {disposition}\r\n".encode()]
    lines += [b"Content-Type: application/octet-stream\r\n\r\n", upload.content, f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(lines), f"multipart/form-data; boundary={boundary}"
