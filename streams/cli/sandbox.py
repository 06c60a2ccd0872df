"""`streams sandbox`: a TikTok Shop and a commercetools project to try against, on this machine."""

import asyncio
import errno
import re
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from confluent_kafka import KafkaException

from streams.sandbox import config
from streams.sandbox.commercetools import filling
from streams.sandbox.commercetools.confluent import ConfluentCloud
from streams.sandbox.commercetools.fake import Commercetools
from streams.sandbox.server import serve
from streams.sandbox.simulator import Simulator
from streams.sandbox.store import StoreInUse

FILE = "sandbox.sqlite"
ADDRESSES = re.compile(r"[^\s:,]+:\d+(,[^\s:,]+:\d+)*")
COMMERCETOOLS_FILE = "commercetools.sqlite"


def sandbox(
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 takes a free one and prints it.", min=0, max=65535)
    ] = 8700,
    host: Annotated[
        str, typer.Option(help="Address to listen on. The control API asks nobody who they are.")
    ] = "127.0.0.1",
    data: Annotated[Path, typer.Option(help="Folder that keeps the sandbox's state.")] = Path("data/sandbox"),
    config_file: Annotated[
        Path | None, typer.Option("--config", help="TOML or JSON file that fills a new sandbox.")
    ] = None,
    kafka: Annotated[
        str | None,
        typer.Option(
            help="host:port of the Kafka that commercetools notifications go to, whatever a "
            "subscription names; security as in TTS_KAFKA_*. Else they stay here."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of chance: faults, duplicates and delays.")] = 0,
) -> None:
    """Serve the TikTok Shop simulator and the commercetools fake until stopped; their state survives a kill."""
    try:
        contents = config.read(config_file) if config_file else config.Contents()
        destination = _destination(kafka) if kafka is not None else None
        data.mkdir(parents=True, exist_ok=True)
        simulator = Simulator(data / FILE, seed=seed)
        config.fill(simulator, contents)
        commercetools = Commercetools(data / COMMERCETOOLS_FILE, seed=seed, destination=destination)
        filling.fill(commercetools, contents.commercetools)
    except config.UnreadableConfig as problem:
        typer.echo(f"error: {problem}", err=True)
        raise typer.Exit(2) from None
    except (StoreInUse, OSError, ValueError) as problem:
        typer.echo(f"error: {problem}. Remedy: see `streams sandbox --help`", err=True)
        raise typer.Exit(2) from None
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(simulator, host, port, _listening, commercetools))
    except OSError as problem:
        reason = f"cannot listen on {host}:{port}: {problem.strerror}"
        wrong, remedy = f"--port = {port}", "choose another --port"
        if problem.errno not in (errno.EADDRINUSE, errno.EACCES):
            wrong, remedy = f"--host = {host!r}", "name an address of this machine, such as 127.0.0.1"
        typer.echo(f"error: {wrong}: {reason}. Remedy: {remedy}", err=True)
        raise typer.Exit(2) from None


def _destination(bootstrap: str) -> ConfluentCloud:
    from streams.kafka_security import librdkafka_config
    from streams.settings import load_settings

    if not ADDRESSES.fullmatch(bootstrap):
        raise ValueError(f"--kafka = {bootstrap!r} is not host:port")
    cluster = librdkafka_config(load_settings()) | {"bootstrap.servers": bootstrap, "client.id": "streams-sandbox"}
    try:
        return ConfluentCloud(cluster)
    except KafkaException as problem:
        raise ValueError(f"--kafka = {bootstrap!r}: {problem.args[0].str()}; look at TTS_KAFKA_*") from None


def _listening(address: str) -> None:
    typer.echo(f"TikTok Shop sandbox at {address}, its state at {address}/_sandbox/")
    typer.echo(
        f"commercetools at {address}/commercetools/api (tokens: {address}/commercetools/auth), "
        f"its state at {address}/control/commercetools/"
    )
    sys.stdout.flush()
