"""Simulator and commercetools fake behind one socket: every request in the one thread that owns their files, every
wait outside of it.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable

import aiohttp
from aiohttp import web

from streams.sandbox.commercetools.fake import Commercetools
from streams.sandbox.outbox import Post
from streams.sandbox.simulator import Simulator
from streams.sandbox.wire import Request, Response, http_date

TICK_SECONDS = 0.05
TICK_COMMERCETOOLS_SECONDS = 0.02
"""Most a notification waits before it leaves."""
EVENT_PATIENCE = aiohttp.ClientTimeout(total=3)
"""An address that has not answered by then has not accepted the event."""
LARGEST_BODY = 256 * 1024 * 1024
LONGEST_LINE = 256 * 1024
"""Of a request's first line: whether a query is too long is for the one it is meant for to say."""
HELD: web.AppKey[set[asyncio.Task[Response]]] = web.AppKey("held", set)
TICKING: web.AppKey[list[asyncio.Task[None]]] = web.AppKey("ticking", list)


def application(simulator: Simulator, commercetools: Commercetools | None = None) -> web.Application:
    """The whole sandbox as an aiohttp application; what is served ends with it."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app[HELD] = set()
    app[TICKING] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        return await _carried(app, simulator, commercetools, request)

    async def background(_: web.Application) -> AsyncIterator[None]:
        app[TICKING].append(asyncio.create_task(_tick(simulator)))
        if commercetools is not None:
            app[TICKING].append(asyncio.create_task(_tick_commercetools(commercetools)))
        yield
        for task in app[TICKING]:
            task.cancel()
        await asyncio.gather(*app[TICKING], *app[HELD], return_exceptions=True)
        simulator.close()
        if commercetools is not None:
            commercetools.close()

    app.router.add_route("*", "/{tail:.*}", answer)
    app.cleanup_ctx.append(background)
    return app


async def _carried(
    app: web.Application, simulator: Simulator, commercetools: Commercetools | None, request: web.Request
) -> web.StreamResponse:
    path, _, query = request.raw_path.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    received = Request(request.method, path, query, headers, await request.read())
    if commercetools is not None and commercetools.serves(path):
        answer = commercetools.handle(received)
        held = _probed(commercetools, answer.ticket) if answer.ticket is not None else None
    else:
        answer = simulator.handle(received)
        held = _released(simulator, answer) if answer.ticket is not None else None
    if held is not None:
        task = asyncio.create_task(held)
        app[HELD].add(task)
        task.add_done_callback(app[HELD].discard)
        answer = await asyncio.shield(task)
    if answer.delay:
        await asyncio.sleep(answer.delay)
    if answer.lost:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    date = http_date(simulator.world.clock.seconds())  # one clock for orders and answers
    return web.Response(status=answer.status, body=answer.body, headers={"date": date} | answer.headers)


async def _released(simulator: Simulator, answer: Response) -> Response:
    await asyncio.sleep(answer.delay)
    return simulator.release(answer.ticket or 0)


async def _probed(commercetools: Commercetools, ticket: int) -> Response:
    return commercetools.release(ticket, await asyncio.to_thread(commercetools.probe, ticket))


async def _tick_commercetools(commercetools: Commercetools) -> None:
    while True:
        commercetools.tick()
        await asyncio.sleep(TICK_COMMERCETOOLS_SECONDS)


async def _tick(simulator: Simulator) -> None:
    under_way: set[int] = set()
    async with aiohttp.ClientSession(timeout=EVENT_PATIENCE) as session, asyncio.TaskGroup() as posts:
        while True:
            simulator.tick()
            for post in simulator.due_events():
                if post.id not in under_way:
                    under_way.add(post.id)
                    posts.create_task(_posted(simulator, session, post, under_way))
            await asyncio.sleep(TICK_SECONDS)


async def _posted(simulator: Simulator, session: aiohttp.ClientSession, post: Post, under_way: set[int]) -> None:
    status: int | None = None
    try:
        async with session.post(post.address, data=post.body, headers=post.headers, allow_redirects=False) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, ValueError):
        status = None
    simulator.event_answered(post, status)
    under_way.discard(post.id)


async def serve(
    simulator: Simulator,
    host: str,
    port: int,
    listening: Callable[[str], None],
    commercetools: Commercetools | None = None,
) -> None:
    """Until SIGTERM or SIGINT; `listening` learns the address once it is open."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    app = application(simulator, commercetools)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, max_line_size=LONGEST_LINE)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        listening(f"http://{host}:{runner.addresses[0][1]}")
        stopping = asyncio.create_task(stopped.wait())
        ended, _ = await asyncio.wait((stopping, *app[TICKING]), return_when=asyncio.FIRST_COMPLETED)
        for one in ended:
            await one  # a clock that stopped ticking ends the sandbox with its error
    finally:
        await runner.cleanup()
