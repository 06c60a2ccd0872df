"""Errors of set-up as one line naming setting, value and remedy; exit code 2, or 1 for an outage."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer

P = ParamSpec("P")
R = TypeVar("R")


def reported(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose expected errors are told without a trace."""

    @functools.wraps(command)
    def run(*args: P.args, **options: P.kwargs) -> R:
        from streams.adapter.errors import AdapterError
        from streams.compiled import StaleModules
        from streams.engine.errors import BrokerAway, EngineError
        from streams.market.errors import MarketError
        from streams.secrets import SecretProblem
        from streams.settings import SettingsProblem
        from streams.topics.catalog import RegistryAway

        try:
            return command(*args, **options)
        except (AdapterError, EngineError, MarketError, SecretProblem, SettingsProblem, StaleModules) as problem:
            typer.echo(f"error: {problem}", err=True)
            raise typer.Exit(1 if isinstance(problem, BrokerAway | RegistryAway) else 2) from None

    return run
