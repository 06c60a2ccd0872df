"""Logs as JSON lines or text on stderr.  Entity keys may appear; personal data, secrets and payloads never do."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import orjson

_QUIET = ("aiokafka", "faust", "mode", "httpx", "httpcore", "streams.engine.transport")


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


def set_up_logging(style: Literal["json", "text"], level: str) -> None:
    """Call once per process.  Libraries are heard from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    handler.setFormatter(_Json() if style == "json" else plain)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
