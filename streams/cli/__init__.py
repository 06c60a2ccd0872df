"""The `streams` command: one file per word, read only when the word is used.

A row in ``WORDS`` makes a function, or a Typer app with words of its own, a command.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import typer

WORDS: dict[str, tuple[str, str]] = {  # word → module, name in it
    "worker": ("streams.cli.worker", "worker"),
    "sandbox": ("streams.cli.sandbox", "sandbox"),
    "demo": ("streams.cli.demo", "demo"),
    "topics": ("streams.cli.topics", "app"),
    "schemas": ("streams.cli.schemas", "app"),
    "inspect": ("streams.cli.inspect_", "app"),
    "try": ("streams.cli.try_", "app"),
    "markets": ("streams.cli.markets", "app"),
    "sync": ("streams.cli.sync", "app"),
    "setup": ("streams.cli.setup", "app"),
    "kafka": ("streams.cli.kafka", "app"),
}


def command(words: Sequence[str]) -> typer.Typer:
    """The command with these words; only their files are imported."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(streams)
    for word in words:
        module, name = WORDS[word]
        found = getattr(importlib.import_module(module), name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=word)
        else:
            app.command(name=word)(found)
    return app


def streams() -> None:
    """Keeps stock between your Kafka and TikTok Shop."""


def main(arguments: Sequence[str] = ()) -> None:
    """Entry point of the console script."""
    given = list(arguments or sys.argv[1:])
    words = given[:1] if given[:1] and given[0] in WORDS else list(WORDS)
    command(words)(given)
