"""`streams setup subscription`: what commercetools is to tell us, printed or created, and whether it does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.problems import reported

if TYPE_CHECKING:
    from streams.commercetools.subscription import ConfluentCloud, Format
    from streams.settings import Settings

API_KEY, API_SECRET = "CONFLUENT_API_KEY", "CONFLUENT_API_SECRET"


@reported
def subscription(
    create: Annotated[
        bool, typer.Option("--create", help="Create it in commercetools, unless its key exists.")
    ] = False,
    key: Annotated[str, typer.Option(help="Key of the Subscription.")] = "tiktok-shop-streams",
    server: Annotated[
        str | None, typer.Option(help="host:port of the Confluent Cloud cluster; else TTS_KAFKA_BOOTSTRAP.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Topic; else ct-notifications under its name here.")] = None,
    record_key: Annotated[
        str | None, typer.Option(help="Key of every record, always the same; none: records use all partitions.")
    ] = None,
    platform: Annotated[bool, typer.Option("--platform", help="Platform format; else CloudEvents.")] = False,
) -> None:
    """Print the draft of a Subscription that writes to Confluent Cloud, or create it, and look at its health.

    commercetools has no other Kafka destination; behind a bridge from SQS, SNS, Pub/Sub, EventBridge or Service Bus
    notifications are understood as well.  Secrets: CONFLUENT_API_KEY and CONFLUENT_API_SECRET, of a key that may write
    to the topic.  --create needs a client with the scope manage_subscriptions: TTS_COMMERCETOOLS_SETUP_CLIENT_ID and
    the secret COMMERCETOOLS_SETUP_CLIENT_SECRET, else the workers' own.
    """
    from streams.app import catalog_of
    from streams.commercetools.subscription import draft
    from streams.settings import load_settings

    settings = load_settings()
    form: Format = "Platform" if platform else "CloudEvents"
    host = server or settings.bootstrap[0]
    _check_words(key, host, "--server" if server else "TTS_KAFKA_BOOTSTRAP")
    where = _destination(
        settings,
        host,
        topic or catalog_of(settings)["ct-notifications"].full_name,
        record_key,
        create,
    )
    wanted = draft(key, where, form)
    if create:
        raise typer.Exit(asyncio.run(_create(settings, wanted)))
    _show(wanted)
    if settings.commercetools_subscription_id is not None:
        raise typer.Exit(asyncio.run(_check(settings, settings.commercetools_subscription_id)))


def _check_words(key: str, host: str, named: str) -> None:
    """What commercetools would refuse is told before it is asked."""
    from streams.commercetools.subscription import KEY, REACHED, is_server

    problem = None
    if not KEY.fullmatch(key):
        problem = f"--key = {key!r}: no key. Remedy: write 2 to 256 of the characters A-Z, a-z, 0-9, _ and -."
    elif not is_server(host):
        problem = (
            f"{named} = {host!r}: not host:port. Remedy: name the bootstrap server of the Confluent Cloud cluster."
        )
    if problem is not None:
        typer.echo(f"error: {problem}", err=True)
        raise typer.Exit(2)
    if not REACHED.fullmatch(host):
        typer.echo(
            f"warning: {named} = {host!r} is no host of Confluent Cloud, and commercetools reaches no other Kafka (the "
            "sandbox does). Remedy: give the cluster's bootstrap server with --server, or use a bridge.",
            err=True,
        )


def _destination(settings: Settings, server: str, topic: str, key: str | None, needed: bool) -> ConfluentCloud:
    from streams.commercetools.subscription import HIDDEN, ConfluentCloud
    from streams.secrets import required

    given = []
    for name in (API_KEY, API_SECRET):
        secret = settings.secret(name)
        if needed:
            secret = required(name, secret, "creating a Subscription")
        given.append(HIDDEN if secret is None else secret.get_secret_value())
    return ConfluentCloud(server, given[0], given[1], topic, key)


async def _create(settings: Settings, wanted: dict[str, Any]) -> int:
    from streams.app import commercetools_setup_client
    from streams.commercetools.provision import made
    from streams.commercetools.setup_remedy import Tried, remedy
    from streams.commercetools.subscription import differences

    async with commercetools_setup_client(settings) as client:
        found = await made(client, wanted)
    if found.subscription is None:
        outcome = found.answer.outcome
        text = str(getattr(outcome, "reason", outcome))
        for secret in (wanted["destination"]["apiKey"], wanted["destination"]["apiSecret"]):
            text = text.replace(secret, "***")
        tried = Tried(client.access, settings.commercetools_setup_client_id is not None)
        what = remedy(found.answer, tried)
        typer.echo(f"error: the Subscription was not created: {text}. Remedy: {what}.", err=True)
        return 1
    _show(dict(found.subscription))
    number = str(found.subscription.get("id"))
    others = [] if found.new else differences(wanted, found.subscription)
    if others:
        typer.echo(
            f"error: key {wanted['key']!r} exists already and does something else; nothing was changed:", err=True
        )
        for one in others:
            typer.echo(f"  {one}", err=True)
        typer.echo("Remedy: change it in commercetools, or make another one with --key.", err=True)
        await _check(settings, number)
        return 1
    typer.echo("created" if found.new else f"key {wanted['key']!r} exists already; nothing was changed", err=True)
    typer.echo(f"let its health be watched: TTS_COMMERCETOOLS_SUBSCRIPTION_ID={number}", err=True)
    return await _check(settings, number)


async def _check(settings: Settings, number: str) -> int:
    from streams.app import commercetools_setup_client
    from streams.commercetools.provision import health

    async with commercetools_setup_client(settings) as client:
        found = await health(client, number)
    typer.echo(f"health: {found.status}" + (f": {found.reason}" if found.reason else ""), err=True)
    return 0 if found.status == "healthy" else 1


def _show(body: dict[str, Any]) -> None:
    import orjson

    from streams.commercetools.subscription import shown

    typer.echo(orjson.dumps(shown(body), option=orjson.OPT_INDENT_2).decode())
