"""The partitioner is that of Kafka's Java client."""

import pytest
from aiokafka.partitioner import murmur2 as aiokafka_murmur2
from hypothesis import given
from hypothesis import strategies as st

from streams.topics.murmur2 import REMEMBERED, Partitions, murmur2

PUBLISHED = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}
"""The vectors in Kafka's own tests of its Java client."""


@pytest.mark.parametrize("data", sorted(PUBLISHED))
def test_published_vectors(data: bytes) -> None:
    assert murmur2(data) == PUBLISHED[data] & 0xFFFF_FFFF


@given(st.binary(max_size=60))
def test_same_as_aiokafka(data: bytes) -> None:
    assert murmur2(data) == aiokafka_murmur2(data) & 0xFFFF_FFFF


@given(st.binary(max_size=60), st.integers(1, 64))
def test_partition_is_the_positive_hash_modulo_count(data: bytes, count: int) -> None:
    assert Partitions(count)[data] == (murmur2(data) & 0x7FFF_FFFF) % count


def test_remembered_partitions_are_bounded() -> None:
    partitions = Partitions(8)
    for number in range(REMEMBERED + 10):
        assert partitions[b"%d" % number] in range(8)
    assert len(partitions) <= REMEMBERED
