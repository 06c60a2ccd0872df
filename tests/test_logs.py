"""One failure, one trace; what an operator can mend himself has none."""

from __future__ import annotations

import logging
import sys

import orjson
import pytest

from streams.engine.errors import SetupError
from streams.logs import ToldOnce, set_up_logging


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
