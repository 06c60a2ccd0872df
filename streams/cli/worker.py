"""`streams worker NAME`: one worker group in this process, or all of them as child processes."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.problems import reported
from streams.settings import load_settings


@reported
def worker(
    name: Annotated[str, typer.Argument(help="relay, intake, decide, deliver, orders, webhooks, or all.")],
    tied: Annotated[
        bool, typer.Option("--tied", hidden=True, help="End when standard input ends: with the supervisor.")
    ] = False,
) -> None:
    """Run a worker until SIGTERM; it drains, commits and leaves its consumer group."""
    from streams.compiled import refuse_stale
    from streams.logs import set_up_logging

    if tied:
        from streams.tied import end_when_input_ends

        end_when_input_ends()
    refuse_stale()
    settings = load_settings()
    set_up_logging(settings.log_format, settings.log_level)
    if name == "all":
        from streams.supervisor import supervise

        raise typer.Exit(supervise(settings))
    if name == "webhooks":
        from streams.webhooks.server import run

        raise typer.Exit(run(settings))
    if name == "relay":
        from streams.relay.setup import relay_of
        from streams.relay.worker import run_relay

        raise typer.Exit(run_relay(relay_of(settings)))
    from streams.app import build_worker
    from streams.engine.worker import run_worker

    raise typer.Exit(run_worker(lambda: build_worker(settings, name)))
