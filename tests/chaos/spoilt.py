"""Records that nobody can read, of every sort: pure."""

from __future__ import annotations

import random
from typing import Final, NamedTuple

MARK: Final = "chaos-poison"
"""A header of every such record, by which the judge knows them."""


class Spoilt(NamedTuple):
    """One record as its source sends it."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    astray: bool = False
    """It is sent to a partition its key does not belong to."""


def spoilt(
    chance: random.Random,
    number: int,
    key: bytes,
    good: bytes,
    *,
    tombstones: bool,
    compacted: bool = False,
    foreign: bool = False,
) -> Spoilt:
    """One record that must become a dead letter; ``good`` is a value of the topic that can be read.

    ``tombstones``: a record without value is no poison there; ``compacted``: the broker takes none without a key;
    ``foreign``: its keys and partitions mean nothing to us.
    """
    headers = ((MARK, str(number).encode()), ("origin", b"\xff\x00not text"))
    sorts = ["noise", "cut", "empty"]
    if not foreign:
        sorts += ["other-schema", "unreadable-key", "astray"]
    if not compacted and not foreign:
        sorts.append("keyless")
    if not tombstones:
        sorts.append("nothing")
    match chance.choice(sorts):
        case "noise":
            return Spoilt(key, chance.randbytes(chance.randint(1, 60)), headers)
        case "cut":
            return Spoilt(key, good[: chance.randint(1, len(good) - 1)], headers)
        case "empty":
            return Spoilt(key, b"", headers)
        case "keyless":
            return Spoilt(None, good, headers)
        case "unreadable-key":
            return Spoilt(b"\xff\xfe" + key, good, headers)
        case "astray":
            return Spoilt(key, good, headers, astray=True)
        case "other-schema":
            return Spoilt(key, good[:2] + chance.randbytes(8) + good[10:], headers)
        case _:
            return Spoilt(key, None, headers)
