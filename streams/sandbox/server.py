"""The simulator behind a socket: every request in the one thread that owns the file, every wait outside of it."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable

import aiohttp
from aiohttp import web

from streams.sandbox.outbox import Post
from streams.sandbox.simulator import Simulator
from streams.sandbox.wire import Request, Response

TICK_SECONDS = 0.05
EVENT_PATIENCE = aiohttp.ClientTimeout(total=3)
"""An address that has not answered by then has not accepted the event."""
LARGEST_BODY = 256 * 1024 * 1024
HELD: web.AppKey[set[asyncio.Task[Response]]] = web.AppKey("held", set)
TICKING: web.AppKey[list[asyncio.Task[None]]] = web.AppKey("ticking", list)


def application(simulator: Simulator) -> web.Application:
    """The whole sandbox as an aiohttp application."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app[HELD] = set()
    app[TICKING] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        return await _carried(app, simulator, request)

    async def background(_: web.Application) -> AsyncIterator[None]:
        app[TICKING].append(asyncio.create_task(_tick(simulator)))
        yield
        app[TICKING][0].cancel()
        await asyncio.gather(*app[TICKING], *app[HELD], return_exceptions=True)
        simulator.close()

    app.router.add_route("*", "/{tail:.*}", answer)
    app.cleanup_ctx.append(background)
    return app


async def _carried(app: web.Application, simulator: Simulator, request: web.Request) -> web.StreamResponse:
    path, _, query = request.raw_path.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    answer = simulator.handle(Request(request.method, path, query, headers, await request.read()))
    if answer.ticket is not None:
        held = asyncio.create_task(_released(simulator, answer))
        app[HELD].add(held)
        held.add_done_callback(app[HELD].discard)
        answer = await asyncio.shield(held)
    if answer.delay:
        await asyncio.sleep(answer.delay)
    if answer.lost:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


async def _released(simulator: Simulator, answer: Response) -> Response:
    await asyncio.sleep(answer.delay)
    return simulator.release(answer.ticket or 0)


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


async def serve(simulator: Simulator, host: str, port: int, listening: Callable[[str], None]) -> None:
    """Until SIGTERM or SIGINT; `listening` learns the address once it is open."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    app = application(simulator)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
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
