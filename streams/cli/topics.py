"""`streams topics plan|apply|acls`: compare the cluster with the topic files, bring it there, print the rights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from streams.cli.problems import reported

if TYPE_CHECKING:
    from streams.topics.apply import Result
    from streams.topics.plan import Difference

app = typer.Typer(no_args_is_help=True, help="Topics of this installation.")

Replication = Annotated[
    int | None, typer.Option(min=1, help="Copies of new topics; left out: the broker's default.", show_default=False)
]


@app.command()
@reported
def plan(replication: Replication = None) -> None:
    """Show in what the cluster differs; changes nothing. Exit code 1: something differs."""
    from streams.app import catalog_of
    from streams.kafka_security import librdkafka_config
    from streams.settings import load_settings
    from streams.topics.apply import connect, read_topics
    from streams.topics.commands import commands
    from streams.topics.plan import differences

    settings = load_settings()
    catalog = catalog_of(settings)
    found = differences(catalog, read_topics(connect(librdkafka_config(settings)), catalog, settings.kafka_bootstrap))
    console = Console(soft_wrap=True)
    _show(console, found)
    if not found:
        console.print(f"All {len(catalog)} topics are as they should be.")
        return
    typed = list(commands(found, settings.kafka_bootstrap, replication))
    if typed:
        console.print("\n`streams topics apply` does this. By hand:")
        _print_lines(typed)
    raise typer.Exit(1)


@app.command()
@reported
def apply(replication: Replication = None) -> None:
    """Create missing topics and correct settings; doing it twice changes nothing."""
    from streams.app import catalog_of
    from streams.kafka_security import librdkafka_config
    from streams.settings import load_settings
    from streams.topics.apply import Failed, connect, read_topics
    from streams.topics.apply import apply as bring_there
    from streams.topics.commands import commands
    from streams.topics.plan import differences

    settings = load_settings()
    catalog = catalog_of(settings)
    admin = connect(librdkafka_config(settings))
    found = differences(catalog, read_topics(admin, catalog, settings.kafka_bootstrap))
    console = Console(soft_wrap=True)
    if not found:
        console.print(f"All {len(catalog)} topics are as they should be.")
        return
    failed: list[Failed] = []
    for result in bring_there(admin, found, replication):
        _tell(console, result)
        if isinstance(result, Failed):
            failed.append(result)
    if failed:
        typed = list(commands([one.difference for one in failed], settings.kafka_bootstrap, replication))
        if typed:
            console.print("\nSomebody with these rights can do the rest:")
            _print_lines(typed)
        raise typer.Exit(1)


@app.command()
@reported
def acls() -> None:
    """Print the least rights the workers need, as Kafka's commands; needs no cluster."""
    from streams.app import catalog_of
    from streams.relay.setup import adapters_of
    from streams.settings import load_settings
    from streams.topics.commands import access_list

    settings = load_settings()
    foreign = sorted({adapter.topic for adapter in adapters_of(settings)})
    rows = access_list(catalog_of(settings), settings.group_prefix, settings.transactional_prefix, foreign)
    _print_lines([row.command(settings.kafka_bootstrap) for row in rows])


def _show(console: Console, found: list[Difference]) -> None:
    if not found:
        return
    table = Table("topic", "is", "should be")
    for one in found:
        for is_now, should_be in _lines(one):
            table.add_row(escape(one.topic.full_name), escape(is_now), escape(should_be))
    console.print(table)


def _lines(one: Difference) -> list[tuple[str, str]]:
    from streams.topics.plan import Configure, Create, Grow, Refused, Unreadable

    match one:
        case Create(topic):
            settings = ", ".join(f"{key}={value}" for key, value in topic.definition.broker_config().items())
            return [("missing, or hidden from this user", f"{topic.partitions} partitions, {settings}")]
        case Configure(_, changes):
            return [(f"{key}={is_now}", f"{key}={wanted}") for key, (is_now, wanted) in changes.items()]
        case Grow(topic, found):
            return [(f"{found} partitions", f"{topic.partitions} partitions")]
        case Refused(_, found, reason, remedy):
            return [(f"{found} partitions", f"refused: {reason}. Remedy: {remedy}")]
        case Unreadable():
            return [("settings hidden from this user", "grant DescribeConfigs on the topic to compare them")]


def _tell(console: Console, result: Result) -> None:
    from streams.topics.apply import Done, told

    name = escape(result.difference.topic.full_name)
    if isinstance(result, Done):
        for is_now, should_be in _lines(result.difference):
            console.print(f"[green]done[/]   {name}: {escape(is_now)} → {escape(should_be)}")
        return
    console.print(f"[red]failed[/] {escape(told(result))}")


def _print_lines(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line)
