"""What the workers' metrics endpoints say, as numbers."""

from __future__ import annotations

from collections.abc import Iterable

import httpx
from prometheus_client.parser import text_string_to_metric_families


def scrape(urls: Iterable[str]) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample of every endpoint that answers, by name and labels."""
    found = {}
    for url in urls:
        try:
            text = httpx.get(f"{url}/metrics", timeout=2.0).text
        except httpx.HTTPError:
            continue
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


def total(samples: dict[tuple[str, tuple[tuple[str, str], ...]], float], name: str) -> float:
    """The sum over all labels."""
    return sum(value for (found, _), value in samples.items() if found == name)
