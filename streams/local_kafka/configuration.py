"""The broker's own files: its properties, what it logs, how its Java runs.  Pure text, from values.

One node is broker and controller.  Sizes fit a small machine that runs the workers too; whatever could change what a
client sees (limits, isolation, retention) is Kafka's default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

NODE = {
    "process.roles": "broker,controller",
    "node.id": "1",
}
ONE_NODE = {
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
}
OURS = {
    "auto.create.topics.enable": "false",  # topics come from `streams topics apply`, as everywhere
    "group.initial.rebalance.delay.ms": "0",  # a group of ours is complete when it starts
    "delete.topic.enable": "true",
    "group.min.session.timeout.ms": "1000",  # tests of take-over need not wait longer
    "broker.session.timeout.ms": "3000",  # a killed broker may come back under its id after this
}
SMALL_MACHINE = {
    "num.network.threads": "2",
    "num.io.threads": "4",
    "num.recovery.threads.per.data.dir": "2",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "log.cleaner.dedupe.buffer.size": "33554432",
    "log.segment.bytes": "268435456",
    "log.index.size.max.bytes": "1048576",
}
JAVA = (
    "-Xms256m",
    "-Xmx1g",
    "-XX:+UseSerialGC",  # the machine is small, and the heap too
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
)

LOGGING = """\
<Configuration status="WARN">
  <Appenders>
    <Console name="out"><PatternLayout pattern="%d %p %m (%c)%n"/></Console>
  </Appenders>
  <Loggers>
    <Logger name="state.change.logger" level="WARN"/>
    <Logger name="org.apache.kafka.common.config" level="WARN"/>
    <Logger name="org.apache.kafka.storage.internals.log" level="WARN"/>
    <Root level="INFO"><AppenderRef ref="out"/></Root>
  </Loggers>
</Configuration>
"""


def server_properties(data: str, listening: Mapping[str, str]) -> str:
    """What the broker reads at start; ``listening`` is the part about listeners."""
    settings = NODE | {"log.dirs": data} | dict(listening) | ONE_NODE | OURS | SMALL_MACHINE
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def java_arguments(options: Sequence[str], jars: str, main: str, arguments: Sequence[str]) -> str:
    """A file for Java's ``@file``, so that neither class path nor secrets appear among the processes."""
    words = [*options, "-cp", f"{jars}/*", main, *arguments]
    return "".join(f'"{_escaped(word)}"\n' for word in words)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')
