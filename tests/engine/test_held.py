"""Rows held in a queue cost nothing while they wait, and are looked at when a row of another flow frees the queue."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from rocksdict import WriteBatch

from streams.engine.decided import Decided
from streams.engine.dispatcher import Dispatcher
from streams.engine.flow import Context, Flow, Held, Input, Ready, Step, Table
from streams.engine.queues import ReadyQueues
from tests.engine.topics import json_record

FAR = 1_000_000
GOODS, GATE = Table("goods", json_record), Table("gate", json_record)


class Stage:
    """Goods of a queue go only while its gate is open."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, bytes], Any] = {}
        self.looks = 0
        looking = SimpleNamespace(now=0)
        self.partition: Any = SimpleNamespace(number=0, stepper=SimpleNamespace(row=self.row, looking=looking))
        flows = {
            "gate": Flow("gate", (Input("gates", tuple),), GATE, self.step, ready=lambda *_: None, frees=self.opened),
            "goods": Flow("goods", (Input("goods", tuple),), GOODS, self.step, ready=self.ready),
        }
        self.dispatcher = Dispatcher(
            flows, {"goods": cast(Any, None)}, {0: self.partition}, 1, lambda: 1_000, lambda _: None
        )

    def row(self, flow: Flow, entity: bytes) -> Any:
        found = self.rows.get((flow.name, entity))
        return None if found is None else (found, None)

    def step(self, *_: Any) -> Step:
        raise AssertionError("no step is taken here")

    def ready(self, entity: str, row: Any, context: Context) -> Ready | Held:
        self.looks += 1
        gate = self.rows.get(("gate", b"uk"), {"open": False})
        return Ready("uk", 0, 1, ("go",)) if gate["open"] else Held("uk", FAR)

    @staticmethod
    def opened(_: str, before: Any, after: Any, now: int) -> bool:
        return bool(after["open"]) and not (before is not None and before["open"])

    def commit(self, flow: str, entity: bytes, row: Any) -> None:
        self.rows[flow, entity] = row
        batch = WriteBatch(raw_mode=True)
        self.dispatcher.committed(
            self.partition, Decided(batch, {}, [], {flow: {entity: row}}, [], [], {}, 0, 0, 0, None), 0.0
        )

    def look_again(self) -> int:
        """Looks that are due now, all portions of them; how many."""
        before = self.looks
        while found := self.dispatcher.queues.overdue(1_000):
            for _, name, entity in found:
                self.dispatcher.look(self.partition, name, entity)
        return self.looks - before


def test_rows_held_are_not_looked_at_until_the_queue_is_freed() -> None:
    stage = Stage()
    for number in range(700):
        stage.commit("goods", str(number).encode(), {})
    assert stage.look_again() == 0
    stage.commit("gate", b"uk", {"open": False})
    assert stage.look_again() == 0
    stage.commit("gate", b"uk", {"open": True})
    assert stage.look_again() == 700
    assert stage.dispatcher.queues.depth() == {("uk", 0): 700}


def test_a_row_of_the_gate_that_says_nothing_new_frees_nothing() -> None:
    stage = Stage()
    stage.commit("gate", b"uk", {"open": True})
    stage.commit("goods", b"1", {})
    for _ in range(3):
        stage.commit("gate", b"uk", {"open": True})
    assert stage.look_again() == 0


def test_many_at_once_are_looked_at_in_portions() -> None:
    queues = ReadyQueues()
    for number in range(1_200):
        queues.put((0, "goods", str(number).encode()), Held("uk", FAR))
    queues.free(0, "uk", 1_000)
    portions = [len(queues.overdue(1_000)) for _ in range(4)]
    assert portions == [500, 500, 200, 0] and queues.next_look() is not None


def test_a_row_held_is_looked_at_by_itself_in_the_end() -> None:
    queues = ReadyQueues()
    queues.put((0, "goods", b"1"), Held("uk", FAR))
    assert queues.next_look() == FAR and queues.overdue(FAR) == [(0, "goods", b"1")]


def test_what_became_ready_or_went_is_left_alone() -> None:
    queues = ReadyQueues()
    for number in range(3):
        queues.put((0, "goods", str(number).encode()), Held("uk", FAR))
    queues.put((0, "goods", b"1"), Ready("uk", 0, 1, ("go",)))
    queues.put((0, "goods", b"2"), None)
    queues.free(0, "uk", 1_000)
    assert queues.overdue(1_000) == [(0, "goods", b"0")]


def test_rows_of_another_queue_or_a_partition_given_up_stay() -> None:
    queues = ReadyQueues()
    queues.put((0, "goods", b"1"), Held("de", FAR))
    queues.put((1, "goods", b"2"), Held("uk", FAR))
    queues.free(0, "uk", 1_000)
    queues.drop_partition(1)
    queues.free(1, "uk", 1_000)
    assert queues.overdue(1_000) == []
