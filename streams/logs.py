"""Logs as JSON lines or text on stderr.  Entity keys may appear; personal data, secrets and payloads never do.

A failure is told once: Faust reports one exception from every service it passes, each time with the whole trace.
"""

from __future__ import annotations

import logging
import sys
from typing import Literal

import orjson

from streams.engine.errors import BrokenRule, EngineError

QUIET = ("aiokafka", "faust", "mode", "httpx", "httpcore", "streams.engine.transport")


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
        if isinstance(problem, EngineError) and not isinstance(problem, BrokenRule):
            return False
        if problem is self._told:
            record.exc_info = record.exc_text = None
        self._told = problem
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
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
