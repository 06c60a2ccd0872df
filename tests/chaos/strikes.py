"""Does to the running system what was drawn.  Nothing here waits for the system to be well.

What lasts is scheduled: a frozen worker thaws, a clock goes back, webhooks come again when their time is over, while
other faults strike.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, NamedTuple, assert_never

from streams.records.fetch_hint import FetchHint
from streams.records.order_event import OrderEvent
from streams.records.order_hold import OrderHold
from streams.records.sku_link import SkuLink
from streams.records.stock_change import StockLevel
from streams.records.stock_update import StockUpdate
from streams.sandbox.commercetools.control import CommercetoolsControl
from streams.sandbox.commercetools.control import Fault as SourceFault
from streams.sandbox.control import Fault as ShopFault
from streams.sandbox.control import SandboxControl
from tests.chaos.crew import Post
from tests.chaos.faults import Fault
from tests.chaos.judge import OLD
from tests.chaos.merchant import AUTHORITY, Said, erp_record
from tests.chaos.spoilt import spoilt
from tests.chaos.system import FOREIGN, NOTIFICATIONS, PROJECT, System
from tests.integration.end_to_end.places import WMS
from tests.integration.end_to_end.running import now_ms

LOOK_S = 0.05
UNRELIABLE = {"notification_loss": 0.4, "notification_duplicates": 0.3, "notification_jitter_seconds": 2.0}
RELIABLE = {"notification_loss": 0.0, "notification_duplicates": 0.0, "notification_jitter_seconds": 0.0}
Clocked = SandboxControl | CommercetoolsControl


class Struck(NamedTuple):
    """A fault and when it was applied."""

    seconds: float
    """Since the first moment."""
    fault: Fault
    on: str
    """Whom it really struck: a victim that lay down already is spared for the next one."""


class Strikes:
    """Applies faults one after the other, and what follows from them when it is time."""

    def __init__(self, system: System, told: Callable[[Struck], None]) -> None:
        self.struck: list[Struck] = []
        self._system = system
        self._told = told
        self._began = time.monotonic()
        self._later: list[tuple[float, int, Callable[[], object]]] = []
        self._order = count()

    def run(self, faults: Sequence[Fault]) -> None:
        """All faults, with their pauses."""
        self._began = time.monotonic()
        for fault in faults:
            self._pass(fault.pause_s)
            on = self._apply(fault)
            self.struck.append(Struck(round(time.monotonic() - self._began, 2), fault, on))
            self._told(self.struck[-1])

    def _pass(self, seconds: float) -> None:
        """Let time go by."""
        until = time.monotonic() + seconds
        while True:
            self.look()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(LOOK_S, left))

    def look(self) -> None:
        """Do what is due, revive who has ended."""
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            heapq.heappop(self._later)[2]()
        self._system.crew.tend()
        problems = self._system.problems()
        if problems:
            raise RuntimeError("; ".join(problems))

    def heal(self) -> None:
        """Everything is well from now on: what was to follow follows at once, and second workers leave."""
        later, self._later = self._later, []
        for _, _, step in sorted(later):
            step()
        self._system.control.clear_faults()
        self._system.control.switch(webhook_loss=0.0, webhook_duplicates=0.0)
        self._system.source.clear_faults()
        self._system.source.switch(**RELIABLE)
        for post in self._system.crew.every:
            post.thaw()
            post.set_clock(0)
            post.revive_at = 0.0
        for post in self._system.crew.seconds.values():
            post.terminate(None)

    def _after(self, seconds: float, step: Callable[[], object]) -> None:
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._order), step))

    def _apply(self, fault: Fault) -> str:
        """Do it; whom it struck."""
        system = self._system
        match fault.kind:
            case "kill":
                post = self._victim(fault.on)
                post.kill(time.monotonic() + fault.lasts_s)
                return post.name
            case "terminate":
                post = self._victim(fault.on)
                post.terminate(time.monotonic() + fault.lasts_s)
                return post.name
            case "freeze":
                post = self._victim(fault.on)
                post.freeze()
                self._after(fault.lasts_s, post.thaw)
                if fault.hard and post.group in system.crew.seconds:
                    self._join(post.group, fault.lasts_s + 4.0, hard=False)
                return post.name
            case "broker-killed" | "broker-restarted":
                system.hands.strike(kill=fault.kind == "broker-killed", away_s=fault.lasts_s)
            case "second-worker":
                self._join(fault.on, fault.lasts_s, fault.hard)
            case "answer-lost" | "request-late" | "refusals" | "storm":
                system.control.add_faults(_of_the_shop(fault))
            case "webhooks-lost":
                system.control.switch(webhook_loss=0.7, webhook_duplicates=0.3)
                self._after(fault.lasts_s, lambda: system.control.switch(webhook_loss=0.0, webhook_duplicates=0.0))
            case "shop-clock":
                self._step_clock(system.control, fault.lasts_s)
            case "source-clock":
                self._step_clock(system.source, fault.lasts_s)
            case "source-refuses":
                told = {"kind": fault.on, "count": fault.times, "seconds": fault.lasts_s}
                system.source.add_faults(SourceFault.model_validate(told))
            case "notifications-lost":
                system.source.switch(**UNRELIABLE)
                self._after(fault.lasts_s, lambda: system.source.switch(**RELIABLE))
            case "worker-clock":
                post = system.crew.posts[fault.on]
                post.set_clock(fault.times)
                self._after(fault.lasts_s, lambda: post.set_clock(0))
            case "duplicates":
                for said in list(system.merchant.history)[-fault.times :]:
                    system.say(said)
            case "old-readings":
                self._old_readings(fault.times)
            case "poison":
                self._poison(fault)
            case _:
                assert_never(fault.kind)
        return fault.on

    def _victim(self, name: str) -> Post:
        """The worker named, or the next one that runs."""
        posts = self._system.crew.posts
        names = list(posts)
        first = names.index(name)
        for other in (*names[first:], *names[:first]):
            if posts[other].runs and not posts[other].frozen:
                return posts[other]
        return posts[name]

    def _join(self, group: str, lasts_s: float, hard: bool) -> None:
        second = self._system.crew.seconds[group]
        if not second.runs:
            second.start()
        self._after(lasts_s, lambda: second.kill(None) if hard else second.terminate(None))

    def _step_clock(self, control: Clocked, seconds: float) -> None:
        """A platform's clock jumps ahead, and stands still until the true time has come up to it."""
        control.set_clock(step=seconds, speed=0.0)
        self._after(seconds, lambda: self._let_clock_run(control))

    def _let_clock_run(self, control: Clocked) -> None:
        clock = control.see("clock")
        ahead = clock["now"] - clock["real"]
        if ahead > LOOK_S:
            self._after(ahead, lambda: self._let_clock_run(control))
        else:
            control.set_clock(speed=1.0)

    def _old_readings(self, times: int) -> None:
        """Readings said long ago come again, and others that are older than anything."""
        system = self._system
        history = list(system.merchant.history)
        for _ in range(times):
            said = system.chance.choice(history)
            if system.chance.random() < 0.5:
                said = _ancient(said, OLD + system.chance.randint(0, 999), system.chance.randint(1, 900))
            system.say(said)

    def _poison(self, fault: Fault) -> None:
        system = self._system
        foreign = fault.on in (FOREIGN, NOTIFICATIONS)
        for number in range(fault.times):
            key, good = self._good(fault.on)
            bad = spoilt(
                system.chance,
                fault.number * 100 + number,
                key,
                good,
                tombstones=fault.on in ("order-holds", NOTIFICATIONS),
                compacted=not foreign and system.catalog[fault.on].definition.cleanup == "compact",
                foreign=foreign,
            )
            if foreign:
                system.send_foreign(fault.on, bad.key, bad.value, bad.headers)
            else:
                system.send(fault.on, bad.key, bad.value, bad.headers, bad.astray)

    def _good(self, topic: str) -> tuple[bytes, bytes]:
        """Key and value of a record that could be read."""
        system = self._system
        sku = system.chance.choice(system.merchant.skus)
        now = now_ms()
        value: Any
        match topic:
            case _ if topic == FOREIGN:
                return sku.encode(), erp_record(sku, 1, OLD, now)
            case _ if topic == NOTIFICATIONS:
                return PROJECT.encode(), b'{"notificationType": "Message", "projectKey": "chaos", "type": "Sample"}'
            case "fetch-hints":
                key, value = f"sku:{sku}", FetchHint("REQUEST", now)
            case "stock-changes":
                key, value = sku, system.merchant.truth(sku, WMS, now)
            case "sku-links":
                key, value = sku, SkuLink("nobody", now, ())
            case "order-holds":
                key, value = f"{sku}|uk|1", OrderHold(now, now, "1", "leeds", ("1",), "OPEN")
            case "stock-updates":
                key, value = "uk:nobody", StockUpdate(sku, now, now, "STOCK", ())
            case _:
                key, value = "uk:1", OrderEvent("1", "ORDER_STATUS_CHANGE", now, now, "WEBHOOK")
        return key.encode(), system.catalog[topic].encode(value)


def _ancient(said: Said, units: int, version: int) -> Said:
    """A reading of the same SKU by the same system, older than anything it has said, with units nobody has."""
    if isinstance(said.told, bytes):
        return said._replace(told=erp_record(said.sku, version, units, 1))
    levels = tuple(StockLevel(channel, units) for channel, source in AUTHORITY.items() if source == WMS)
    told = said.told._replace(version=version, levels=levels, complete=True, acknowledged_orders=())
    return said._replace(told=told)


def _of_the_shop(fault: Fault) -> ShopFault:
    match fault.kind:
        case "answer-lost":
            return ShopFault(kind="timeout_after", operation=fault.on, count=fault.times, seconds=fault.lasts_s)
        case "request-late":
            return ShopFault(kind="late", operation=fault.on, count=fault.times, seconds=fault.lasts_s)
        case "refusals":
            return ShopFault.model_validate({"kind": fault.on, "count": fault.times, "seconds": fault.lasts_s})
        case _:
            return ShopFault(kind="rate_limited", count=fault.times)
