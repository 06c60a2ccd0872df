"""Which topic a name stands for: one that was deleted and created anew under its name has another id.

Offsets of the former mean nothing in the latter; its first records would be passed over without a trace.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, wait
from typing import Any

from confluent_kafka import TopicCollection, Uuid
from confluent_kafka.admin import AdminClient

from streams.relay.patience import CALL_S

log = logging.getLogger(__name__)
_NONE = Uuid(0, 0)
"""What brokers without ids of topics say."""
Asked = Mapping[str, Future[Any]]


class TopicIds:
    """Asks the brokers; used by one thread.  A topic whose id cannot be told now is left out."""

    def __init__(self, kafka: Mapping[str, Any], topics: Iterable[str], every_s: float) -> None:
        self._admin = AdminClient(dict(kafka), logger=log)
        self._topics = sorted(topics)
        self._every_s = every_s
        self._asked: Asked = {}
        self._asked_at = time.monotonic()

    def ask(self, topics: Iterable[str]) -> dict[str, str]:
        """Ids as they are now, by topic; waits for the answer, but not for long."""
        asked = self._ask(sorted(topics))
        wait(asked.values(), CALL_S)
        return _answers(asked)

    def news(self) -> dict[str, str]:
        """Ids of all topics, every now and then; waits for nothing."""
        if self._asked:
            if not all(one.done() for one in self._asked.values()):
                return {}
            asked, self._asked = self._asked, {}
            return _answers(asked)
        if time.monotonic() - self._asked_at >= self._every_s:
            self._asked_at = time.monotonic()
            self._asked = self._ask(self._topics)
        return {}

    def _ask(self, topics: list[str]) -> Asked:
        return self._admin.describe_topics(TopicCollection(topics), request_timeout=CALL_S)


def _answers(asked: Asked) -> dict[str, str]:
    found = {}
    for topic, answer in asked.items():
        if not answer.done() or answer.exception() is not None:
            log.debug("the id of %s is not known now", topic)
            continue
        number = answer.result().topic_id
        if number is not None and str(number) != str(_NONE):
            found[topic] = str(number)
    return found
