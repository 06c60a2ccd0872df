"""When nothing is under way any more: waited for by what can be seen from outside, never by time alone.

Quiet is: every worker ready, no record unread, no row waiting for a call, every update ended, the merchant's orders
counted, and none of this moving for a while.  A listing that still differs then may be waiting for its own timer (units
seen by a search are given time to become orders), so the system gets that time before it is judged.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from streams.demo.metrics import scrape, total
from streams.demo.verdict import differing
from tests.chaos.evidence import expected, shown
from tests.chaos.judge import TERMINAL, Place
from tests.chaos.strikes import Strikes
from tests.chaos.system import System
from tests.integration.end_to_end.running import now_ms

CALM_S: Final = 3.0
PATIENCE_S: Final = 75.0
"""What timers of the listing rules may take: 30 s settling, two looks, and their waits."""
LIMIT_S: Final = 180.0
LOOK_S: Final = 0.3
GROUPS: Final = ("relay", "intake", "decide", "deliver", "orders")


class NeverQuiet(Exception):
    """The system did not come to rest; says why."""


def until_open(system: System, strikes: Strikes, limit_s: float = 90.0) -> None:
    """Wait until the first load shows in the shops: faults strike a system that runs."""
    until = time.monotonic() + limit_s
    while differing(shown(system), expected(system), (0, 0)):
        strikes.look()
        if time.monotonic() > until:
            raise NeverQuiet(f"the first load was not shown within {limit_s:.0f} s: {restless(system)}")
        time.sleep(LOOK_S)


def until_quiet(system: System, strikes: Strikes, limit_s: float = LIMIT_S) -> float:
    """Wait; the seconds it took.  Raises ``NeverQuiet``."""
    began, healed_at = time.monotonic(), now_ms()
    calm_since: float | None = None
    last = -1
    why = ""
    while time.monotonic() < began + limit_s:
        strikes.look()
        records = system.running.heard.records
        heard = len(records["stock-updates"]) + len(records["order-holds"])
        heard += sum(result.kind == "stock" for _, result in list(records["sync-results"]))
        why = restless(system) or unswept(system, healed_at) or ("records flow" if heard != last else "")
        last = heard
        now = time.monotonic()
        if why:
            calm_since = None
        elif calm_since is None:
            calm_since = now
        elif now > calm_since + CALM_S and (
            now > calm_since + PATIENCE_S or not differing(shown(system), expected(system), (0, 0))
        ):
            return now - began
        time.sleep(LOOK_S)
    for post in system.crew.every:
        if post.runs and not post.is_ready():
            post.tell_where()
    ends = "; ".join(f"{post.name} ended with {post.ends}" for post in system.crew.every if post.ends)
    raise NeverQuiet(f"not quiet after {limit_s:.0f} s: {why or 'something still moves'}; {ends}")


def until_read(system: System, limit_s: float = 20.0) -> None:
    """Wait until no record is unread, seen several times in a row; what is unread after all shows in the counts."""
    until, calm = time.monotonic() + limit_s, 0
    while calm < 5 and time.monotonic() < until:
        time.sleep(LOOK_S)
        samples = scrape(f"http://127.0.0.1:{system.crew.posts[name].port}" for name in GROUPS)
        calm = 0 if total(samples, "tts_lag_records") else calm + 1


def restless(system: System) -> str:
    """What is still under way; empty: nothing."""
    if system.hands.busy:
        return "the broker is away"
    staying = [post.name for post in system.crew.seconds.values() if post.runs]
    if staying:
        return f"{staying} have not left"
    if system.merchant.hear(now_ms(), 0):
        return "orders are on their way to the warehouse system"
    if system.running.producer.flush(0.2):
        return "records are on their way to Kafka"
    absent = [post.name for post in system.crew.posts.values() if not post.is_ready()]
    if absent:
        return f"{absent} are not ready"
    samples = scrape(f"http://127.0.0.1:{system.crew.posts[name].port}" for name in GROUPS)
    if sum(name == "tts_ready" for name, _ in samples) < len(GROUPS):
        return "a worker shows no metrics"
    for metric in ("tts_lag_records", "tts_calls_waiting"):
        if total(samples, metric):
            return f"{metric} is {total(samples, metric):.0f}"
    open_updates = unended(system)
    if open_updates:
        return f"{len(open_updates)} updates have no end, such as {next(iter(open_updates))}"
    return ""


def unswept(system: System, since: int) -> str:
    """Whether a pass over commercetools has begun since and ended: notifications may have been lost for ever."""
    for _, result in reversed(list(system.running.heard.records["sync-results"])):
        if result.kind == "sweep" and result.code == "sweep-finished" and result.sequence >= since:
            return ""
    return "no pass over commercetools has ended"


def unended(system: System) -> Mapping[Place, int]:
    """(key, SKU, "") of listings whose newest update has no result yet."""
    records = system.running.heard.records
    newest: dict[Place, int] = {}
    for key, update in list(records["stock-updates"]):
        place = (key, update.sku, "")
        newest[place] = max(update.sequence, newest.get(place, 0))
    for _, result in list(records["sync-results"]):
        place = (result.entity, result.sku or "", "")
        if result.status in TERMINAL and result.sequence >= newest.get(place, 0):
            newest.pop(place, None)
    return newest
