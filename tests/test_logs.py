"""One failure, one trace; what an operator can mend himself has none."""

from __future__ import annotations

import logging
import sys

import orjson
import pytest

from streams.engine import dead_letter, left_out
from streams.engine.errors import SetupError
from streams.logs import BY_THE_THOUSAND, OnceAMinute, ToldOnce, set_up_logging
from streams.settings import SettingsProblem


def record(problem: BaseException) -> logging.LogRecord:
    try:
        raise problem
    except BaseException:
        return logging.LogRecord("mode", logging.ERROR, "", 0, "Crashed reason=%r", (problem,), sys.exc_info())


def test_the_same_exception_is_traced_once() -> None:
    told, problem = ToldOnce(), RuntimeError("broken")
    first, second = record(problem), record(problem)
    assert told.filter(first) and first.exc_info
    assert told.filter(second) and not second.exc_info


def test_an_expected_end_has_no_trace() -> None:
    assert not ToldOnce().filter(record(SetupError("a right is missing")))
    assert not ToldOnce().filter(record(SettingsProblem("a schema is not registered")))


def test_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        set_up_logging("json", "INFO")
        logging.getLogger("streams.x").info("hello %s", "SKU-1")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    line = orjson.loads(capsys.readouterr().err)
    assert (line["level"], line["message"]) == ("INFO", "hello SKU-1")


def test_dead_letters_are_told_once_a_minute_with_their_number() -> None:
    told = OnceAMinute()

    def line(topic: str, at: float) -> str | None:
        made = logging.LogRecord("x", logging.WARNING, "", 0, "dead letters of %s: %s", (topic, "undecodable"), None)
        made.created = at
        return made.getMessage() if told.filter(made) else None

    assert line("changes", 0) == "dead letters of changes: undecodable"
    assert [line("changes", second) for second in (1, 2, 59)] == [None, None, None]
    assert line("links", 59) == "dead letters of links: undecodable"
    assert line("changes", 60) == "dead letters of changes: undecodable (3 more since the line before)"


def test_the_loggers_of_what_comes_by_the_thousand_are_quiet() -> None:
    assert (dead_letter.log.name, left_out.log.name) == BY_THE_THOUSAND
