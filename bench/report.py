"""The table on the terminal and the file for machines."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.restore import Restored
from bench.run import Result
from streams import compiled

PACKAGES = ("faust-streaming", "aiokafka", "confluent-kafka", "rocksdict", "fastavro", "uvloop")


def machine() -> dict[str, Any]:
    """What this was measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1e6
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory, 1),
        "system": platform.platform(),
    }


def versions(peers: dict[str, str]) -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "hot path": compiled.state(),
        **{name: version(name) for name in PACKAGES},
        **peers,
    }


def row(results: Sequence[Result]) -> dict[str, Any]:
    """One system on one workload: the median of its rounds, and the best."""

    def median(field: str) -> float:
        return round(float(statistics.median(getattr(result, field) for result in results)), 2)

    first = results[0]
    return {
        "system": first.system,
        "workload": first.workload,
        "records_per_second": round(median("records_per_second")),
        "cpu_seconds_per_million": median("cpu_seconds_per_million"),
        "peak_memory_mb": round(median("peak_memory_mb")),
        "best_records_per_second": round(max(result.records_per_second for result in results)),
        "warm_records_per_second": round(median("warm_records_per_second")),
        "broker_cpu_seconds_per_million": median("broker_cpu_seconds_per_million"),
        "start_seconds": median("start_seconds"),
        "records": first.records,
        "outputs": round(median("outputs")),
        "rounds": len(results),
        "rounds_records_per_second": [round(result.records_per_second) for result in results],
    }


def rows(results: Iterable[Result]) -> list[dict[str, Any]]:
    grouped: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        grouped.setdefault((result.workload, result.system), []).append(result)
    return [row(found) for found in grouped.values()]


def of_rounds(rounds: int) -> str:
    return "one round" if rounds == 1 else f"median and best of {rounds} rounds"


def show(console: Console, found: Sequence[dict[str, Any]], restored: Restored | None) -> None:
    """What a person wants to see."""
    for workload in dict.fromkeys(row["workload"] for row in found):
        table = Table(title=f"{workload}: {found[0]['records']:,} records, {of_rounds(found[0]['rounds'])}")
        table.add_column("system", no_wrap=True)
        columns = ("records/s", "best", "2nd half", "engine is", "CPU s/M", "peak MB", "outputs")
        for name in columns:
            table.add_column(name, justify="right", no_wrap=True)
        some = [row for row in found if row["workload"] == workload]
        engine = next((row for row in some if row["system"] == "engine"), None)
        for row in some:
            ratio = engine["records_per_second"] / row["records_per_second"] if engine else None
            table.add_row(
                row["system"],
                f"{row['records_per_second']:,}",
                f"{row['best_records_per_second']:,}",
                f"{row['warm_records_per_second']:,}",
                "" if ratio is None or row is engine else f"{ratio:.2f} ×",
                f"{row['cpu_seconds_per_million']:.1f}",
                f"{row['peak_memory_mb']:,}",
                f"{row['outputs']:,}",
            )
        console.print(table)
    if restored is not None:
        console.print(
            f"{restored.skus:,} SKUs: cold restore {restored.cold_seconds:.1f} s, warm restart "
            f"{restored.warm_seconds:.1f} s (both from process start to ready), memory {restored.memory_mb:.0f} MB"
        )


def write(path: Path, found: Sequence[dict[str, Any]], peers: dict[str, str], restored: Restored | None) -> None:
    """``build/bench.json``."""
    content: dict[str, Any] = {"machine": machine(), "versions": versions(peers), "rows": found}
    if restored is not None:
        content["restore"] = restored._asdict()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")
    path.with_suffix(".md").write_text(markdown(content))


COLUMNS = {
    "workload": "workload",
    "system": "system",
    "records_per_second": "records/s",
    "best_records_per_second": "best round",
    "warm_records_per_second": "second half",
    "cpu_seconds_per_million": "CPU s per million",
    "peak_memory_mb": "peak MB",
    "outputs": "outputs",
}


def markdown(content: dict[str, Any]) -> str:
    """The same as a page: for ``docs/bench.md``."""
    lines = [f"| {' | '.join(COLUMNS.values())} |", f"| --- | --- |{' ---: |' * (len(COLUMNS) - 2)}"]
    for one in content["rows"]:
        cells = (f"{one[name]:,}" if isinstance(one[name], int) else str(one[name]) for name in COLUMNS)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
