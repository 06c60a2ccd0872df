"""What waits for a step: no hole, nothing twice, bounded."""

from __future__ import annotations

import pytest

from streams.engine.decided import Loss
from streams.engine.fetch import Batch
from streams.engine.inbox import Inbox


def batch(start: int, following: int, topic: str = "items", epoch: int = 1, size: int = 1) -> Batch:
    records = [(offset, 0, b"k", b"x" * size, []) for offset in range(start, following)]
    return Batch(topic, 0, start, following, epoch, records)


class Seeker:
    """Remembers where it was asked to fetch again."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def __call__(self, topic: str, offset: int) -> None:
        self.asked.append((topic, offset))


@pytest.fixture
def inbox() -> Inbox:
    found = Inbox(100, 1_000)
    found.sought("items", 0)
    return found


def offsets(batches: list[Batch]) -> list[int]:
    return [record[0] for found in batches for record in found.records]


def take(inbox: Inbox, seeker: Seeker | None = None, epoch: int = 1, most: int = 1_000) -> list[int]:
    return offsets(inbox.take(epoch, most, 1_000_000, seeker or Seeker()))


def test_batches_in_order(inbox: Inbox) -> None:
    inbox.offer(batch(0, 3))
    inbox.offer(batch(3, 5))
    assert take(inbox) == [0, 1, 2, 3, 4]
    assert inbox.queued == inbox.queued_bytes == 0


def test_records_read_twice_are_cut_off(inbox: Inbox) -> None:
    inbox.offer(batch(0, 4))
    inbox.offer(batch(2, 6))
    inbox.offer(batch(1, 5))
    assert take(inbox) == [0, 1, 2, 3, 4, 5]


def test_a_hole_drops_what_is_behind_and_asks_again(inbox: Inbox) -> None:
    seeker = Seeker()
    inbox.offer(batch(0, 2))
    inbox.offer(batch(5, 7))
    inbox.offer(batch(7, 9))
    inbox.offer(batch(0, 1, "links"))
    assert take(inbox, seeker) == [0, 1, 0]
    assert seeker.asked == [("items", 2)]
    inbox.offer(batch(2, 8))
    assert take(inbox) == [2, 3, 4, 5, 6, 7]


def test_batches_of_an_earlier_assignment_are_dropped(inbox: Inbox) -> None:
    inbox.offer(batch(0, 2, epoch=0))
    inbox.offer(batch(0, 2, epoch=1))
    assert take(inbox) == [0, 1]


def test_offsets_without_a_record_move_the_position(inbox: Inbox) -> None:
    inbox.offer(batch(0, 2))
    inbox.offer(Batch("items", 0, 2, 5, 1, []))
    assert take(inbox) == [0, 1]
    assert inbox.ahead == {"items": 5}
    inbox.offer(batch(5, 6))
    assert take(inbox) == [5]
    assert inbox.ahead == {}


def test_a_step_has_a_most(inbox: Inbox) -> None:
    for start in range(0, 30, 10):
        inbox.offer(batch(start, start + 10))
    assert len(take(inbox, most=15)) == 20
    assert inbox.queued == 10


def test_room_ends_by_records_and_by_bytes() -> None:
    by_records, by_bytes = Inbox(10, 1_000), Inbox(10, 1_000)
    by_records.offer(batch(0, 10))
    by_bytes.offer(batch(0, 2, size=600))
    assert not by_records.has_room() and not by_bytes.has_room()
    by_records.forget()
    assert by_records.has_room()


def test_a_revocation_forgets_records_and_keeps_events(inbox: Inbox) -> None:
    """A turn granted before must not be lost, or its row never gets another one."""
    inbox.offer(batch(0, 3))
    inbox.events.append(("listing", b"a", "turn"))
    inbox.lost(Loss("items", 0, 3))
    inbox.forget()
    assert take(inbox) == [] and not inbox.losses and list(inbox.events) == [("listing", b"a", "turn")]


def test_behind_a_loss_it_goes_on(inbox: Inbox) -> None:
    inbox.offer(batch(0, 2))
    inbox.lost(Loss("items", 0, 10))
    inbox.offer(batch(10, 12))
    assert take(inbox) == [10, 11]
    assert inbox.losses == [Loss("items", 0, 10)]
