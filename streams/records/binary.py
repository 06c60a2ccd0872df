"""Avro's binary numbers and lengths, in tables, for the generated codecs.

The generated modules read and write one- and two-byte numbers in line, through the tables here.
Everything longer comes to the functions here, and everything unusual raises ``Unusual``, upon which the
generated ``decode`` hands the bytes to ``careful.py``, which either reads them or names the fault.

The tables are bounded: they forget everything when full, so hostile data costs time and never memory.
"""

import struct
from typing import Final

KNOWN: Final = 4096
"""Entries a growing table may have before it is emptied."""

DOUBLE: Final = struct.Struct("<d")
FLOAT: Final = struct.Struct("<f")
END: Final = b"\x00"
"""End of an array or map; also null, false and an empty string."""


class Unusual(ValueError):
    """Not for the straight path: rare or faulty, ``careful.py`` decides which."""


def _varint(bits: int) -> bytes:
    out = bytearray()
    while bits > 127:
        out.append(bits & 127 | 128)
        bits >>= 7
    out.append(bits)
    return bytes(out)


def _zigzag(bits: int) -> int:
    return (bits >> 1) ^ -(bits & 1)


ONE: Final = [_zigzag(bits) for bits in range(128)]
"""One-byte number, by its byte."""

TWO: Final = [_zigzag((at - (at >> 7 << 7)) | (at - 128 >> 7 & 127) << 7) if at >= 128 else 0 for at in range(32_896)]
"""Two-byte number, by ``(second << 7) + first``; also of the first two bytes of a longer one."""

HIGH: Final[dict[bytes, int]] = {}
"""What bytes three to six of a six-byte number are worth. Milliseconds have six bytes; these four change every 8 s."""

LONGS: Final = {number: _varint(number << 1 if number >= 0 else ~number << 1 | 1) for number in range(-8192, 8192)}
"""Numbers of one and two bytes, encoded."""

LOW: Final = [bytes((bits << 1 & 127 | 128, bits >> 6 | 128)) for bits in range(8192)]
"""The first two bytes of a longer number that is not negative, by its lower 13 bits."""

TOPS: Final[dict[int, bytes]] = {}
"""The bytes after those, by the number without its lower 13 bits."""

TEXTS: Final[dict[str, bytes]] = {}
"""Encoded strings of fields that repeat (``"repeats": true`` in the schema)."""


def long_at(data: bytes, at: int) -> tuple[int, int]:
    """A number of three bytes and more, and where it ends; remembers the upper half of six-byte ones."""
    third = data[at + 2]
    bits = data[at] & 127 | (data[at + 1] & 127) << 7 | (third & 127) << 14
    if third < 128:
        return (bits >> 1) ^ -(bits & 1), at + 3
    start = at
    at += 2
    shift = 21
    byte = third
    while byte > 127:
        at += 1
        byte = data[at]
        bits |= (byte & 127) << shift
        shift += 7
        if shift > 70:
            raise Unusual
    if bits > 0xFFFF_FFFF_FFFF_FFFF:
        raise Unusual
    if at - start == 5:
        if len(HIGH) >= KNOWN:
            HIGH.clear()
        HIGH[data[start + 2 : at + 1]] = bits >> 14 << 13
    return (bits >> 1) ^ -(bits & 1), at + 1


def int_at(data: bytes, at: int) -> tuple[int, int]:
    """An Avro ``int`` of two bytes and more; it has 32 bits."""
    second = data[at + 1]
    if second < 128:
        return TWO[(second << 7) + data[at]], at + 2
    number, at = long_at(data, at)
    if not -0x8000_0000 <= number <= 0x7FFF_FFFF:
        raise Unusual
    return number, at


def size_at(data: bytes, at: int) -> tuple[int, int]:
    """A length of two bytes and more; a negative one, of any length, is unusual."""
    byte = data[at]
    second = data[at + 1]
    if byte & 1:
        raise Unusual
    if second < 128:
        return TWO[(second << 7) + byte], at + 2
    size, at = long_at(data, at)
    if size < 0:
        raise Unusual
    return size, at


def count_at(data: bytes, at: int) -> tuple[int, int]:
    """A count of two bytes and more; tuples that grow by one entry are too slow for more than a thousand."""
    count, at = size_at(data, at)
    if count > 1000:
        raise Unusual
    return count, at


def long_bytes(number: int) -> bytes:
    """A number of any length, encoded; remembers the upper part of those that are not negative."""
    if number < -0x8000_0000_0000_0000 or number > 0x7FFF_FFFF_FFFF_FFFF:
        raise OverflowError(f"{number} does not fit into 64 bits")
    if number < 8192:
        return LONGS.get(number) or _varint(~number << 1 | 1)
    top = _varint(number >> 13)
    if len(TOPS) >= KNOWN:
        TOPS.clear()
    TOPS[number >> 13] = top
    return LOW[number & 8191] + top


def int_bytes(number: int) -> bytes:
    """As ``long_bytes``, for Avro's 32-bit ``int``."""
    if not -0x8000_0000 <= number <= 0x7FFF_FFFF:
        raise OverflowError(f"{number} does not fit into 32 bits")
    return long_bytes(number)


def text_bytes(text: str) -> bytes:
    """A string with its length, remembered: for fields that repeat."""
    raw = text.encode()
    encoded = (LONGS.get(len(raw)) or long_bytes(len(raw))) + raw
    if len(raw) <= 64:
        if len(TEXTS) >= KNOWN:
            TEXTS.clear()
        TEXTS[text] = encoded
    return encoded
