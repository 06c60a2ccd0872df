"""What the receiver counts. Labels are words of our tables, never ids and never what a caller may invent."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.webhooks.treatment import TREATMENT


class Metrics:
    """Counts of one receiver."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._deliveries = Counter(
            "tts_webhooks", "Deliveries answered.", ("kind", "verdict", "status"), registry=self.registry
        )
        self._records = Counter("tts_webhook_records", "Records acknowledged by Kafka.", registry=self.registry)
        self._seconds = Histogram(
            "tts_webhook_seconds",
            "From delivery to answer; TikTok Shop waits three seconds.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0),
            registry=self.registry,
        )
        self.ready = Gauge("tts_webhook_ready", "1 while Kafka takes records.", registry=self.registry)

    def answered(self, kind: str, verdict: str, status: int, records: int, seconds: float) -> None:
        """One delivery was answered."""
        known = kind if kind in TREATMENT else "other"
        self._deliveries.labels(known, verdict, str(status)).inc()
        self._seconds.observe(seconds)
        if status == 200:
            self._records.inc(records)
