"""Kafka's default partitioner: murmur2 of the key, as the Java client has it.

Whoever produces with a Java client, or with librdkafka's ``murmur2_random``, chooses the same partition for the same
bytes.  Hashing costs a microsecond and more, so partitions are remembered by what was hashed, in a bounded table.
"""

from collections.abc import Callable
from struct import unpack_from
from typing import Final

MULTIPLIER: Final = 0x5BD1E995
MASK: Final = 0xFFFF_FFFF
SEED: Final = 0x9747B28C
REMEMBERED: Final = 65_536
"""Keys remembered per topic, about 150 bytes each."""


def murmur2(data: bytes) -> int:
    """The hash, as 32 bits without sign."""
    size = len(data)
    words = size >> 2
    value = SEED ^ size
    for word in unpack_from(f"<{words}I", data):
        word = word * MULTIPLIER & MASK
        value = value * MULTIPLIER & MASK ^ (word ^ word >> 24) * MULTIPLIER & MASK
    rest = data[words << 2 :]
    if rest:
        value = (value ^ int.from_bytes(rest, "little")) * MULTIPLIER & MASK
    value = (value ^ value >> 13) * MULTIPLIER & MASK
    return value ^ value >> 15


class Partitions(dict[bytes, int]):
    """Partition by routing part of the key; ``partitions[part]`` hashes what it does not know yet."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def __missing__(self, part: bytes) -> int:
        if len(self) >= REMEMBERED:
            self.clear()
        partition = self[part] = (murmur2(part) & 0x7FFF_FFFF) % self._count
        return partition


def part_of(separator: bytes | None) -> Callable[[bytes], bytes]:
    """The part of a key before the separator; None: the whole key."""
    if separator is None:
        return bytes

    def part(key: bytes) -> bytes:
        return key.partition(separator)[0]

    return part


def partition_of(separator: bytes | None, partitions: Partitions) -> Callable[[bytes], int]:
    """The partition of a key, by its part before the separator; None: by the whole key."""
    if separator is None:
        return partitions.__getitem__

    def place(key: bytes) -> int:
        end = key.find(separator)
        return partitions[key if end < 0 else key[:end]]

    return place
