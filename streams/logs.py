"""Logs as JSON lines or text on stderr.  Entity keys may appear; personal data, secrets and payloads never do.

A failure is told once: Faust reports one exception from every service it passes, each time with the whole trace.
"""

from __future__ import annotations

import logging
import sys
from typing import Literal

import orjson

from streams.engine.errors import BrokenRule, EngineError
from streams.settings import SettingsProblem

_MINUTE_S = 60.0
QUIET = ("aiokafka", "faust", "mode", "httpx", "httpcore", "streams.engine.transport")

BY_THE_THOUSAND = ("streams.engine.dead_letter", "streams.engine.left_out")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": int(record.created * 1000),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()


class ToldOnce(logging.Filter):
    """An expected end of the worker has no trace, it is told by its last line; any other exception has one trace."""

    def __init__(self) -> None:
        super().__init__()
        self._told: BaseException | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        problem = record.exc_info[1] if record.exc_info else None
        if problem is None:
            return True
        if isinstance(problem, EngineError | SettingsProblem) and not isinstance(problem, BrokenRule):
            return False
        if problem is self._told:
            record.exc_info = record.exc_text = None
        self._told = problem
        return True


class OnceAMinute(logging.Filter):
    """Dead letters come by the thousand: one line a minute per topic and code (of records left out: per flow and
    reason), with how many there were since."""

    def __init__(self) -> None:
        super().__init__()
        self._since: dict[object, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.args[:2] if isinstance(record.args, tuple) else record.msg
        told_at, more = self._since.get(kind, (float("-inf"), 0))
        if record.created - told_at < _MINUTE_S:
            self._since[kind] = (told_at, more + 1)
            return False
        self._since[kind] = (record.created, 0)
        if more:
            record.msg = f"{record.msg} ({more} more since the line before)"
        return True


def set_up_logging(style: Literal["json", "text"], level: str) -> None:
    """Call once per process.  Libraries are heard from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    handler.setFormatter(_Json() if style == "json" else plain)
    handler.addFilter(ToldOnce())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in BY_THE_THOUSAND:
        logging.getLogger(name).filters[:] = [OnceAMinute()]
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
