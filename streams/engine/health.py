"""``/live``, ``/ready`` and ``/metrics`` of a worker, read from the engine at the moment they are asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from streams.engine.errors import SetupError

if TYPE_CHECKING:
    from streams.engine.engine import Engine

STUCK_S = 300.0
"""A worker that is fed and does not take a step, or rebalances, for this long ends itself."""


class Health:
    """Answers from the engine's present state."""

    def __init__(self, engine: Engine, rebalancing: Callable[[], bool]) -> None:
        self._engine = engine
        self._rebalancing = rebalancing
        self._busy_since: float | None = None
        self._rebalancing_since: float | None = None
        self._started = time.monotonic()
        self._steps = -1
        self.loop_lag_s = 0.0
        """How much later than asked the event loop woke its watcher last: a loop that is blocked shows here."""

    def ready(self) -> str | None:
        """None when ready, else why not."""
        restoring = dict(self._engine.restoring)
        if restoring:
            done, total = (sum(part) for part in zip(*restoring.values(), strict=True))
            return f"restoring {len(restoring)} partitions: {done} of {total} changelog records"
        if self._rebalancing():
            return "rebalancing"
        if not self._engine.assigned_at:
            return "not assigned yet"
        return None

    def stuck(self) -> str | None:
        """What has not moved for too long; None: all moves."""
        now = time.monotonic()
        steps = sum(partition.measures.steps for partition in self._engine.partitions.values())
        waiting = sum(partition.inbox.queued for partition in self._engine.partitions.values())
        waiting = max(waiting, sum(self._engine.lag().values()))
        if steps != self._steps or not waiting:
            self._steps, self._busy_since = steps, now
        if not self._rebalancing() or self._engine.restoring:
            self._rebalancing_since = None
        elif self._rebalancing_since is None:
            self._rebalancing_since = now
        if not self._engine.assigned_at and not self._engine.restoring and now - self._started > STUCK_S:
            return f"no partition was assigned within {STUCK_S:.0f} s: does the consumer group let this user in?"
        if self._busy_since is not None and now - self._busy_since > STUCK_S:
            return f"{waiting} records wait and no step was taken for {STUCK_S:.0f} s"
        if self._rebalancing_since is not None and now - self._rebalancing_since > STUCK_S:
            return f"rebalancing for {STUCK_S:.0f} s"
        return None

    def collect(self) -> Iterable[Metric]:
        """Prometheus metrics, built at scrape time only."""
        engine = self._engine
        group = engine.group.name
        labels = ["group", "partition"]
        counters = {
            "records": ("tts_records", "Records decided."),
            "outputs": ("tts_outputs", "Records published."),
            "dead": ("tts_dead_letters", "Records sent to the dead letters."),
            "steps": ("tts_steps", "Steps committed."),
            "decide_seconds": ("tts_decide_seconds", "Time spent deciding."),
            "commit_seconds": ("tts_commit_seconds", "Time from decided to committed and written."),
        }
        for attribute, (name, text) in counters.items():
            family = CounterMetricFamily(name, text, labels=labels)
            for number, partition in engine.partitions.items():
                family.add_metric([group, str(number)], getattr(partition.measures, attribute))
            yield family
        left_out = CounterMetricFamily("tts_left_out", "Records left out, by why.", labels=[*labels, "flow", "why"])
        for number, partition in engine.partitions.items():
            for flow in engine.group.flows:
                for why in flow.leaves_out:
                    known = partition.measures.left_out.get(f"{flow.name}:{why}", 0)
                    left_out.add_metric([group, str(number), flow.name, why], known)
        yield left_out
        gauges = {
            "last_decide_seconds": ("tts_step_seconds", "Time the last step took to decide."),
            "last_commit_seconds": ("tts_step_commit_seconds", "Time the last step took to commit."),
            "restored": ("tts_restored_records", "Changelog records read when the partition was opened."),
        }
        for attribute, (name, text) in gauges.items():
            gauge = GaugeMetricFamily(name, text, labels=labels)
            for number, partition in engine.partitions.items():
                gauge.add_metric([group, str(number)], getattr(partition.measures, attribute))
            yield gauge
        oldest = GaugeMetricFamily("tts_oldest_timer_seconds", "How long the oldest timer is overdue.", labels=labels)
        now = engine.clock()
        for number, partition in engine.partitions.items():
            due = partition.next_due
            oldest.add_metric([group, str(number)], max(0.0, (now - due) / 1000) if due else 0.0)
        yield oldest
        queued = GaugeMetricFamily("tts_queued_records", "Records fetched and not decided.", labels=labels)
        rows = GaugeMetricFamily("tts_state_rows", "Estimated rows of the local copy.", labels=labels)
        size = GaugeMetricFamily("tts_state_bytes", "Bytes of the local copy on disk.", labels=labels)
        for number, partition in engine.partitions.items():
            count, disk = partition.store.size()
            queued.add_metric([group, str(number)], partition.inbox.queued)
            rows.add_metric([group, str(number)], count)
            size.add_metric([group, str(number)], disk)
        yield from (queued, rows, size)
        lag = GaugeMetricFamily("tts_lag_records", "Records behind the end.", labels=[*labels, "topic"])
        for (topic, number), behind in engine.lag().items():
            lag.add_metric([group, str(number), topic], behind)
        yield lag
        restoring = GaugeMetricFamily("tts_restore_progress", "Share of the changelog applied, 0 to 1.", labels=labels)
        for number, (done, total) in engine.restoring.items():
            restoring.add_metric([group, str(number)], done / total if total else 1.0)
        yield restoring
        waiting = GaugeMetricFamily("tts_calls_waiting", "Rows waiting for a call.", labels=["group", "queue", "lane"])
        for (queue, lane), depth in engine.dispatcher.queues.depth().items():
            waiting.add_metric([group, queue, str(lane)], depth)
        yield waiting
        calls = CounterMetricFamily("tts_calls", "Calls made.", labels=["group"])
        calls.add_metric([group], engine.dispatcher.calls_made)
        yield calls
        late = GaugeMetricFamily("tts_loop_lag_seconds", "How late the event loop wakes its tasks.", labels=["group"])
        late.add_metric([group], self.loop_lag_s)
        yield late
        lost = CounterMetricFamily("tts_lost_to_retention", "Records deleted before they were read.", labels=["group"])
        lost.add_metric([group], engine.lost)
        yield lost
        ready = GaugeMetricFamily("tts_ready", "1 when assigned, restored and not rebalancing.", labels=["group"])
        ready.add_metric([group], 0 if self.ready() else 1)
        yield ready


class _Both:
    """The engine's metrics and those of the flows' callers."""

    def __init__(self, health: Health, more: Callable[[], Iterable[Metric]] | None) -> None:
        self._health = health
        self._more = more

    def collect(self) -> Iterable[Metric]:
        yield from self._health.collect()
        if self._more is not None:
            yield from self._more()


async def serve(
    health: Health, address: tuple[str, int], more: Callable[[], Iterable[Metric]] | None = None
) -> web.AppRunner:
    """Start the endpoints; returns the runner to clean up."""
    registry = CollectorRegistry()
    registry.register(_Both(health, more))

    async def live(_: web.Request) -> web.Response:
        problem = health.stuck()
        return web.json_response({"live": problem is None, "reason": problem}, status=503 if problem else 200)

    async def ready(_: web.Request) -> web.Response:
        problem = health.ready()
        return web.json_response({"ready": problem is None, "reason": problem}, status=503 if problem else 200)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), content_type="text/plain")

    app = web.Application()
    app.add_routes([web.get("/live", live), web.get("/ready", ready), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, *address).start()
    except OSError as problem:
        await runner.cleanup()
        raise SetupError(
            f"TTS_HEALTH_HOST={address[0]} TTS_HEALTH_PORT={address[1]}: {problem.strerror}. Remedy: choose an address "
            "of this machine and a port that is free"
        ) from None
    return runner
