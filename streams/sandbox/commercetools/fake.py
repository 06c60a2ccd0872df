"""The fake: a request in, an answer out, everything that happened written down in between.

It is plain and synchronous, so it runs under a test's transport as well as behind the server, and it never waits: an
answer says itself that it is late or lost. Only a subscription's test notification has to wait for the destination;
such an answer has a ticket, and whoever carries it calls `probe`, which blocks, and then `release`.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from streams.sandbox import store
from streams.sandbox.clock import Clock
from streams.sandbox.commercetools import control_api, door, outbox, subscriptions
from streams.sandbox.commercetools.confluent import ConfluentCloud
from streams.sandbox.commercetools.door import Admitted
from streams.sandbox.commercetools.errors import Refused, invalid_input
from streams.sandbox.commercetools.tables import TABLES
from streams.sandbox.commercetools.world import World, load
from streams.sandbox.unusable import Unusable
from streams.sandbox.wire import Json, Request, Response

AUTH, API, CONTROL = "/commercetools/auth", "/commercetools/api", "/control/commercetools"


@dataclass(frozen=True, slots=True)
class _Held:
    """A request whose test notification is on its way."""

    request: Request
    admitted: Admitted
    wanted: subscriptions.Wanted


class Commercetools:
    """One fake on one file; not for several threads. Without a destination, notifications stay with the control API."""

    def __init__(
        self,
        path: Path | str = store.MEMORY,
        *,
        real: Callable[[], float] = time.time,
        seed: int = 0,
        destination: ConfluentCloud | None = None,
    ) -> None:
        self.world = World(store.opened(path, TABLES), Clock(real), random.Random())
        self._destination = destination
        self._held: dict[int, _Held] = {}
        self._tickets = 0
        with store.transaction(self.world.db):
            load(self.world, seed)

    @staticmethod
    def serves(path: str) -> bool:
        return path.startswith(("/commercetools/", CONTROL))

    def handle(self, request: Request) -> Response:
        """Answer one request; when this returns, what it did is on disk."""
        try:
            with store.transaction(self.world.db):
                door.move_on(self.world)
                if request.path.startswith(CONTROL):
                    return control_api.answer(self.world, request, request.path.removeprefix(CONTROL).strip("/"))
                if request.path.startswith(AUTH):
                    return door.token(self.world, request, request.path.removeprefix(AUTH))
                if request.path.startswith(API):
                    return self._called(request)
        except Unusable as problem:
            return control_api.unusable(problem)
        return Response(404)

    def probe(self, ticket: int) -> str | None:
        """Send the test notification of a held request: why it did not arrive, or None. Blocks; for any thread."""
        wanted = self._held[ticket].wanted
        if self._destination is None or wanted.test is None or not outbox.is_confluent(wanted.body["destination"]):
            return None
        return self._destination.probe(wanted.body["destination"], wanted.test)

    def release(self, ticket: int, problem: str | None) -> Response:
        """The answer to a held request, now that its test notification has arrived or not."""
        held = self._held.pop(ticket)
        with store.transaction(self.world.db):
            result: Json | Refused = invalid_input(f"The test notification could not be delivered: {problem}")
            if problem is None:
                result = subscriptions.carry_out(self.world, held.admitted.call, held.wanted)
            return door.answered(self.world, held.request, held.admitted, result)

    def tick(self) -> None:
        """Let happen what is due by itself, and send what is due."""
        with store.transaction(self.world.db):
            door.move_on(self.world)
            outbox.move_on(self.world)
            if self._destination is not None:
                outbox.taken(self.world, self._destination.outcomes())
            posts = outbox.due(self.world, self._destination.room() if self._destination else outbox.MOST_AT_ONCE)
            outbox.forget_old(self.world)
            elsewhere = [post for post in posts if self._destination and outbox.is_confluent(post.destination)]
            here = {post.number for post in posts} - {post.number for post in elsewhere}
            outbox.taken(self.world, [outbox.Outcome(number) for number in sorted(here)])
        if self._destination is not None and elsewhere:
            self._destination.send(elsewhere)

    def close(self) -> None:
        if self._destination is not None:
            self._destination.close()
            with store.transaction(self.world.db):
                outbox.taken(self.world, self._destination.outcomes())
        self.world.db.close()

    def _called(self, request: Request) -> Response:
        admitted = door.admitted(self.world, request, request.path.removeprefix(API))
        if isinstance(admitted, Response):
            return admitted
        if admitted.operation.run is not None:
            return door.answered(self.world, request, admitted, admitted.operation.run(self.world, admitted.call))
        wanted = subscriptions.prepare(self.world, admitted.call)
        if isinstance(wanted, Refused):
            return door.answered(self.world, request, admitted, wanted)
        if wanted.test is None:
            result = subscriptions.carry_out(self.world, admitted.call, wanted)
            return door.answered(self.world, request, admitted, result)
        self._tickets += 1
        self._held[self._tickets] = _Held(request, admitted, wanted)
        return Response(0, ticket=self._tickets)
