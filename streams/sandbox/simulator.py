"""The simulator: a request in, an answer out, everything that happened written down in between.

It is plain and synchronous, so it runs under a test's transport as well as behind the server, and it never waits: an
answer says itself that it is late or lost.
"""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from streams.sandbox import (
    answers,
    control_api,
    faults,
    gateway,
    limits,
    order_states,
    outbox,
    product_states,
    store,
    tokens,
)
from streams.sandbox.clock import Clock
from streams.sandbox.codes import Refused
from streams.sandbox.operations import BY_NAME, Operation
from streams.sandbox.unusable import Unusable
from streams.sandbox.wire import Request, Response
from streams.sandbox.world import Call, World, load

CONTROL = "/_sandbox"
TOKENS = "/api/v2/token/"


class Simulator:
    """One sandbox on one file; not for several threads."""

    def __init__(
        self, path: Path | str = store.MEMORY, *, real: Callable[[], float] = time.time, seed: int = 0
    ) -> None:
        self.world = World(store.opened(path), Clock(real), random.Random(seed))
        self._waiting: dict[int, Call] = {}
        self._tickets = 0
        with store.transaction(self.world.db):
            load(self.world)

    def handle(self, request: Request) -> Response:
        """Answer one request; when this returns, what it did is on disk."""
        try:
            return self._answered(request)
        except Unusable as problem:
            return control_api.unusable(problem)

    def _answered(self, request: Request) -> Response:
        world = self.world
        with store.transaction(world.db):
            self._move_on()
            if request.path.startswith(CONTROL):
                return control_api.answer(world, request)
            if request.path.startswith(TOKENS):
                return tokens.answer(world, request)
            arrived = gateway.serve(world, request)
            if isinstance(arrived, Response):
                return arrived
            call, operation = arrived
            struck = gateway.struck(world, call)
            if struck is not None:
                return self._kept(call, struck) if struck.ticket is not None else struck
            return _applied(world, call, operation)

    def release(self, ticket: int) -> Response:
        """Apply a request that was held back, long after its sender may have given up."""
        call = self._waiting.pop(ticket)
        with store.transaction(self.world.db):
            self._move_on()
            return _applied(self.world, call, BY_NAME[call.operation])

    def tick(self) -> None:
        """Let happen what is due by itself."""
        with store.transaction(self.world.db):
            self._move_on()

    def due_events(self) -> list[outbox.Post]:
        """Events to post now; whoever posts them reports what came back."""
        return outbox.due(self.world)

    def event_answered(self, post: outbox.Post, status: int | None) -> None:
        with store.transaction(self.world.db):
            outbox.answered(self.world, post, status)

    def close(self) -> None:
        self.world.db.close()

    def _move_on(self) -> None:
        now = self.world.now()
        order_states.move_due(self.world, now)
        product_states.move_due(self.world, now)

    def _kept(self, call: Call, struck: Response) -> Response:
        self._tickets += 1
        self._waiting[self._tickets] = call
        return replace(struck, ticket=self._tickets)


def _applied(world: World, call: Call, operation: Operation) -> Response:
    result = operation.run(world, call)
    if isinstance(result, Refused):
        limits.count_refused(world, call.app_key, call.shop.id, call.operation)
        answer = answers.refusal(world, call.request_id, result)
    else:
        answer = answers.success(call.request_id, result)
    fault = faults.drawn(world, faults.OF_THE_ANSWER, call.operation, call.shop.id)
    if fault is None:
        return answer
    if fault.kind == "timeout_after":
        return replace(answer, lost=True, delay=gateway.hang(world, fault))
    return replace(answer, delay=fault.seconds or 0.0)
