"""Avro's binary numbers, lengths and strings, for the generated codecs.

Plain loops over native integers: compiled by mypyc (``streams.compiled``) they are machine instructions.  A reader
is given the place where a value begins and returns the value and the place behind it.  Everything unusual raises
``Unusual``, upon which the generated ``decode`` hands the bytes to ``careful.py``, which either reads them or names
the fault.
"""

import struct
from typing import Final

from librt.strings import BytesWriter, write_i64_le
from mypy_extensions import i64

DOUBLE: Final = struct.Struct("<d")
FLOAT: Final = struct.Struct("<f")
MOST_ENTRIES: Final = 1000
"""Of an array or map on the straight path: tuples that grow by one entry are too slow for more."""


class Unusual(ValueError):
    """Not for the straight path: rare or faulty, ``careful.py`` decides which."""


def read_long(data: bytes, at: i64) -> tuple[i64, i64]:
    """A number of up to nine bytes."""
    byte: i64 = data[at]
    at += 1
    if byte < 128:
        return (byte >> 1) ^ -(byte & 1), at
    bits = byte & 127
    shift: i64 = 7
    while shift < 63:
        byte = data[at]
        at += 1
        bits |= (byte & 127) << shift
        if byte < 128:
            return (bits >> 1) ^ -(bits & 1), at
        shift += 7
    raise Unusual


def read_int(data: bytes, at: i64) -> tuple[i64, i64]:
    """An Avro ``int``; it has 32 bits."""
    number, at = read_long(data, at)
    if number < -0x8000_0000 or number > 0x7FFF_FFFF:
        raise Unusual
    return number, at


def read_size(data: bytes, at: i64) -> tuple[i64, i64]:
    """A length; a negative one is unusual."""
    size, at = read_long(data, at)
    if size < 0:
        raise Unusual
    return size, at


def read_count(data: bytes, at: i64) -> tuple[i64, i64]:
    """The number of entries of an array's or map's only block; 0: it is empty, and that was its end."""
    count, at = read_long(data, at)
    if count < 0 or count > MOST_ENTRIES:
        raise Unusual
    return count, at


def read_end(data: bytes, at: i64) -> i64:
    """The end of an array or map behind its block; a further block is unusual."""
    if data[at] != 0:
        raise Unusual
    return at + 1


def read_some(data: bytes, at: i64) -> bool:
    """Whether an optional value, or a boolean in one byte, is there; 0: no, 2: yes."""
    byte: i64 = data[at]
    if byte != 0 and byte != 2:
        raise Unusual
    return byte == 2


def read_flag(data: bytes, at: i64) -> bool:
    """A boolean."""
    byte: i64 = data[at]
    if byte > 1:
        raise Unusual
    return byte == 1


def read_text(data: bytes, at: i64) -> tuple[str, i64]:
    """A string; UnicodeDecodeError when it is none."""
    size, at = read_long(data, at)
    end = at + size
    if size < 0 or end > len(data):
        raise Unusual
    return data[at:end].decode(), end


def read_bytes(data: bytes, at: i64) -> tuple[bytes, i64]:
    """Bytes with their length before them."""
    size, at = read_long(data, at)
    end = at + size
    if size < 0 or end > len(data):
        raise Unusual
    return data[at:end], end


def write_long(out: BytesWriter, number: i64) -> None:
    """A number of 64 bits; up to seven bytes are put together in a machine word."""
    bits = (number << 1) ^ (number >> 63)
    if bits < 0 or bits >= 0x2_0000_0000_0000:
        _write_longest(out, number)
        return
    word = bits & 127
    bits >>= 7
    shift: i64 = 8
    more: i64 = 128
    while bits != 0:
        word |= more | (bits & 127) << shift
        more <<= 8
        shift += 8
        bits >>= 7
    write_i64_le(out, word)
    out.truncate(len(out) - 8 + (shift >> 3))


def _write_longest(out: BytesWriter, number: int) -> None:
    """One of more bytes."""
    if number < -0x8000_0000_0000_0000 or number > 0x7FFF_FFFF_FFFF_FFFF:
        raise OverflowError(f"{number} does not fit into 64 bits")
    bits = number << 1 if number >= 0 else ~number << 1 | 1
    while bits > 127:
        out.append(bits & 127 | 128)
        bits >>= 7
    out.append(bits)


def write_int(out: BytesWriter, number: i64) -> None:
    """As ``write_long``, for Avro's 32-bit ``int``."""
    if number < -0x8000_0000 or number > 0x7FFF_FFFF:
        raise OverflowError(f"{number} does not fit into 32 bits")
    write_long(out, number)


def write_text(out: BytesWriter, text: str) -> None:
    """A string, its length before it."""
    write_bytes(out, text.encode())


def write_bytes(out: BytesWriter, value: bytes) -> None:
    """Bytes, their length before them."""
    write_long(out, len(value))
    out.write(value)
