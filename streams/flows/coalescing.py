"""Many questions in one request: whoever asks waits a moment for others, then all of them share an answer.

While all requests allowed at once are under way, questions gather; urgent ones go first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
CALM_TIMES = 8
"""How many times longer questions that are not urgent wait for others, unless a request is full."""


class Coalescer(Generic[A]):
    """Questions of one kind, named by text."""

    def __init__(
        self,
        send: Callable[[Sequence[str]], Awaitable[Mapping[str, A]]],
        fitting: Callable[[Sequence[str]], int],
        at_once: int,
        linger_ms: int,
    ) -> None:
        self._send = send
        self._fitting = fitting
        self._linger_s = linger_ms / 1000
        self._at_once = at_once
        self._waiting: dict[str, list[asyncio.Future[A]]] = {}
        self._lane: dict[str, int] = {}
        self._asking = 0
        self._gathering: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._free = asyncio.Event()

    async def ask(self, name: str, lane: int) -> A:
        """The answer of the request that carries the question; it begins after this call."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[A] = loop.create_future()
        self._waiting.setdefault(name, []).append(future)
        self._lane[name] = min(lane, self._lane.get(name, lane))
        self._asking += 1
        if self._gathering is None:
            self._gathering = loop.create_task(self._gather())
        try:
            return await future
        finally:
            self._asking -= 1
            if not self._asking:
                self._end()

    def _end(self) -> None:
        """Nobody asks any more: a worker that stops leaves nothing running."""
        self._waiting.clear()
        self._lane.clear()
        for task in (self._gathering, *self._sending):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        self._gathering = None

    async def _gather(self) -> None:
        loop = asyncio.get_running_loop()
        lingered = 0
        while self._waiting:
            if len(self._sending) >= self._at_once:
                self._free.clear()
                await self._free.wait()
                continue
            names = sorted(self._waiting, key=self._lane.__getitem__)
            fitting = self._fitting(names)
            patience = CALM_TIMES if self._lane[names[0]] else 1
            if fitting == len(names) and lingered < patience:
                lingered += 1
                await asyncio.sleep(self._linger_s)
                continue
            lingered = 0
            asked = {name: self._waiting.pop(name) for name in names[:fitting]}
            for name in asked:
                del self._lane[name]
            task = loop.create_task(self._request(names[:fitting], asked))
            self._sending.add(task)
            task.add_done_callback(self._sent)
        self._gathering = None

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._free.set()

    async def _request(self, names: Sequence[str], asked: Mapping[str, list[asyncio.Future[A]]]) -> None:
        try:
            answers = await self._send(names)
        except Exception as problem:
            for future in (one for waiting in asked.values() for one in waiting):
                if not future.done():
                    future.set_exception(problem)
            return
        for name, waiting in asked.items():
            for future in waiting:
                if not future.done():
                    future.set_result(answers[name])
