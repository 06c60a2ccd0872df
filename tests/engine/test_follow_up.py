"""An answer brings the next turn with it, where nobody waits for the room, and a turn not used is given back."""

from __future__ import annotations

import asyncio

from streams.engine.flow import Completion, Turn
from tests.engine.dispatching import OPERATIONS, Trial, call, settle


async def answered(trial: Trial, *waiting: bytes) -> None:
    """A call of ``uk:1`` comes back while the rows ``waiting`` want a turn."""
    trial.caller.answer = asyncio.get_running_loop().create_future()
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    trial.partition.rows[b"uk:1"] |= {"token": "token", "until": 9_999}
    trial.commit(b"uk:1", turn=True, calls=(call(),))
    trial.want(*waiting)
    trial.caller.answer.set_result("done")
    await settle()


async def test_an_answer_brings_the_next_turn_with_it() -> None:
    trial = Trial(follow_up=OPERATIONS)
    await answered(trial)
    assert trial.partition.posted[1:] == [(b"uk:1", Completion("token", "done")), (b"uk:1", Turn(OPERATIONS))]
    assert trial.caller.taken == 2
    trial.commit(b"uk:1", turn=True, completion=True, calls=(call(),))
    assert trial.caller.taken == 2 and trial.dispatcher.calls_made == 2
    await settle()
    trial.dispatcher._grant()
    assert trial.partition.turns() == [b"uk:1"] * 3, "and the answer of that call another one"


async def test_a_turn_that_brought_no_call_is_given_back() -> None:
    trial = Trial(follow_up=OPERATIONS)
    await answered(trial)
    trial.partition.rows.clear()
    trial.commit(b"uk:1", turn=True, completion=True)
    assert trial.caller.taken == 1 and not trial.dispatcher._granted and not trial.dispatcher._turn_of


async def test_an_answer_brings_no_turn_while_another_row_waits_for_one() -> None:
    trial = Trial(follow_up=OPERATIONS)
    await answered(trial, b"uk:2")
    assert trial.partition.turns() == [b"uk:1"]


async def test_an_answer_brings_no_turn_without_room() -> None:
    trial = Trial(follow_up=OPERATIONS)
    trial.caller.answer = asyncio.get_running_loop().create_future()
    trial.want(b"uk:1")
    trial.dispatcher._grant()
    trial.partition.rows[b"uk:1"] |= {"token": "token", "until": 9_999}
    trial.commit(b"uk:1", turn=True, calls=(call(),))
    trial.caller.wait_ms = 10
    trial.caller.answer.set_result("done")
    await settle()
    assert trial.partition.turns() == [b"uk:1"]


async def test_answers_of_other_flows_bring_no_turn() -> None:
    trial = Trial()
    await answered(trial)
    assert trial.partition.turns() == [b"uk:1"]


async def test_the_answer_of_a_turn_for_other_operations_brings_none() -> None:
    """A look leads to a write by itself."""
    trial = Trial(follow_up=("deliver", "more"))
    await answered(trial)
    assert trial.partition.turns() == [b"uk:1"]
