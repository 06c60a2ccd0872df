"""Turns are granted when there is room, in order; calls are made after the commit; answers find only their owner."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from streams.deadline import since_boot
from streams.engine.flow import Completion
from tests.engine.dispatching import Partition, Trial, call, settle


async def test_a_turn_for_a_row_that_wants_one() -> None:
    trial = Trial()
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    assert trial.partition.turns() == [b"uk:1"] and trial.caller.taken == 1


async def test_no_second_turn_before_the_first_is_committed() -> None:
    """Also when the row is touched by another record in between."""
    trial = Trial()
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    trial.commit(b"uk:1")
    trial.dispatcher._grant()
    assert trial.partition.turns() == [b"uk:1"]
    trial.commit(b"uk:1", turn=True)
    trial.dispatcher._grant()
    assert trial.partition.turns() == [b"uk:1", b"uk:1"]


async def test_without_room_nothing_is_granted_and_the_wait_is_told() -> None:
    trial = Trial()
    trial.caller.wait_ms = 37
    trial.want(b"uk:1")
    assert trial.dispatcher._grant() == 37
    assert trial.partition.turns() == [] and trial.caller.taken == 0


async def test_no_more_calls_per_shop_than_allowed() -> None:
    trial = Trial(calls_per_queue=2)
    trial.caller.answer = asyncio.get_running_loop().create_future()
    trial.want(b"uk:1", b"uk:2", b"uk:3", b"de:1")
    trial.dispatcher._grant()
    assert sorted(trial.partition.turns()) == [b"de:1", b"uk:1", b"uk:2"]
    trial.partition.rows[b"uk:1"]["token"] = "token"
    trial.partition.rows[b"uk:1"]["until"] = 9_999
    trial.commit(b"uk:1", turn=True, calls=(call(),))
    trial.dispatcher._grant()
    assert b"uk:3" not in trial.partition.turns()
    trial.caller.answer.set_result(1)
    await settle()
    trial.dispatcher._grant()
    assert b"uk:3" in trial.partition.turns()


async def test_the_answer_comes_back_under_its_token() -> None:
    trial = Trial()
    trial.caller.answer = asyncio.get_running_loop().create_future()
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    trial.commit(b"uk:1", turn=True, calls=(call(),))
    trial.caller.answer.set_result("done")
    await settle()
    assert trial.partition.posted[-1] == (b"uk:1", Completion("token", "done"))


async def test_the_deadline_counts_from_the_deciding_and_not_from_the_commit() -> None:
    """A commit may take long, and whoever takes the row over counts from what is written in it."""
    trial = Trial()
    trial.caller.answer = asyncio.get_running_loop().create_future()
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    trial.commit(b"uk:1", turn=True, calls=(call(),), began=since_boot() - 7.0)
    await settle()
    (deadline,) = trial.caller.deadlines
    assert deadline.passed and -7_000 < deadline.left_ms <= -6_900 + 10


async def test_no_turn_while_the_call_of_the_row_is_under_way() -> None:
    """Not even when our clock jumps ahead, beyond what the row says: the answer comes, or the deadline passes."""
    trial = Trial()
    trial.caller.answer = asyncio.get_running_loop().create_future()
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    trial.partition.rows[b"uk:1"] |= {"token": "token", "until": 1_100}
    trial.commit(b"uk:1", turn=True, calls=(call(),))
    trial.now += 3_600_000
    trial.dispatcher._grant()
    assert trial.partition.turns() == [b"uk:1"]
    trial.caller.answer.set_result("done")
    await settle()
    trial.partition.rows[b"uk:1"] |= {"token": None}
    trial.commit(b"uk:1", completion=True)
    trial.dispatcher._grant()
    assert trial.partition.turns() == [b"uk:1", b"uk:1"]


async def test_a_call_that_follows_from_an_answer_belongs_to_the_same_queue() -> None:
    trial = Trial()
    trial.caller.answer = asyncio.get_running_loop().create_future()
    trial.caller.answer.set_result("done")
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    trial.commit(b"uk:1", turn=True, calls=(call(),))
    await settle()
    trial.commit(b"uk:1", completion=True, calls=(call(),))
    await settle()
    assert trial.dispatcher.calls_made == 2 and not trial.failures


async def test_what_is_known_of_a_row_is_forgotten_when_nothing_is_open() -> None:
    trial = Trial()
    trial.caller.answer = asyncio.get_running_loop().create_future()
    trial.caller.answer.set_result("done")
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    trial.commit(b"uk:1", turn=True, calls=(call(),))
    await settle()
    trial.partition.rows.clear()
    trial.commit(b"uk:1", completion=True)
    assert not trial.dispatcher._turn_of and not trial.dispatcher._open and not trial.dispatcher._granted


async def test_the_answer_of_a_partition_given_up_finds_nobody() -> None:
    """Not even when the same partition came back meanwhile: its rows were told that they inherited a call."""
    trial = Trial()
    trial.caller.answer = asyncio.get_running_loop().create_future()
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    trial.commit(b"uk:1", turn=True, calls=(call(),))
    trial.dispatcher.forget(0)
    again = Partition()
    trial.partitions[0] = again
    trial.caller.answer.set_result("done")
    await settle()
    assert again.posted == [] and not trial.failures


async def test_a_turn_of_a_partition_given_up_does_not_block_the_next_one() -> None:
    trial = Trial()
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    trial.dispatcher.forget(0)
    trial.partition = Partition()
    trial.partitions[0] = trial.partition
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    assert trial.partition.turns() == [b"uk:1"]


async def test_a_row_that_waits_for_a_time_is_looked_at_then() -> None:
    trial = Trial()
    trial.partition.rows[b"uk:1"] = {"wanted": 1, "done": 0, "token": "old", "until": 1_200}
    trial.dispatcher.look(cast(Any, trial.partition), "errands", b"uk:1")
    assert trial.dispatcher._grant() == 200
    trial.partition.rows[b"uk:1"]["token"] = None
    trial.now = 1_200
    trial.dispatcher._grant()
    assert trial.partition.turns() == [b"uk:1"]


async def test_a_caller_that_raises_stops_the_worker() -> None:
    trial = Trial()
    trial.caller.answer = asyncio.get_running_loop().create_future()
    trial.caller.answer.set_exception(ValueError("a bug of ours"))
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    trial.commit(b"uk:1", turn=True, calls=(call(),))
    await settle()
    assert [str(problem) for problem in trial.failures] == ["a bug of ours"]


async def test_a_row_with_two_kinds_of_calls_may_have_both_under_way() -> None:
    """Else the one that is always wanted would starve the other: order details and the poller."""
    trial = Trial(calls_per_queue=9, calls_at_once=2)
    trial.caller.answer = asyncio.get_running_loop().create_future()
    for turns in (1, 2):
        trial.want(b"uk:1")
        trial.dispatcher._grant()
        trial.commit(b"uk:1", turn=True, calls=(call(),))
        assert trial.partition.turns() == [b"uk:1"] * turns
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    assert trial.partition.turns() == [b"uk:1"] * 2, "and no third one"
    trial.caller.answer.set_result("done")
    await settle()
    trial.commit(b"uk:1", completion=True)
    trial.dispatcher._grant()
    assert trial.partition.turns() == [b"uk:1"] * 3
