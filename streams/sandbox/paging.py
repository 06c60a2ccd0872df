"""Opaque page tokens: they contain `+`, `/` and `=`, and only fit the search they came from."""

import base64
import binascii
from hashlib import blake2b

import orjson

from streams.sandbox import codes
from streams.sandbox.codes import Refused
from streams.sandbox.wire import Json

PLUS_AND_SLASH = b"\xfb\xef\xff"
BAD_TOKEN = Refused(codes.INVALID, "Invalid page_token")


def token(offset: int, search: Json) -> str:
    """The token that continues `search` at `offset`."""
    content = PLUS_AND_SLASH + _fingerprint(search) + str(offset).encode()
    content += b" " * ((1 - len(content)) % 3)
    return base64.b64encode(content).decode()


def offset_of(given: str, search: Json) -> int | Refused:
    """Where to go on; a token of another search, or one that was changed on the way, is refused."""
    if not given:
        return 0
    try:
        content = base64.b64decode(given, validate=True)
        mark, fingerprint, offset = content[:3], content[3:11], int(content[11:])
    except (binascii.Error, ValueError):
        return BAD_TOKEN
    if mark != PLUS_AND_SLASH or fingerprint != _fingerprint(search) or offset < 0:
        return BAD_TOKEN
    return offset


def size_of(given: str, *, default: int | None, most: int) -> int | None:
    """The page size asked for, None when it is missing without a default or out of range."""
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= most:
        return None
    return int(given)


def _fingerprint(search: Json) -> bytes:
    return blake2b(orjson.dumps(search, option=orjson.OPT_SORT_KEYS), digest_size=8).digest()
