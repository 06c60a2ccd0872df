"""Which promises were kept: pure, from what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Promise(NamedTuple):
    """One promise and how often it was broken."""

    text: str
    broken: int
    detail: str = ""


def jobs_off(jobs: Sequence[Any]) -> list[str]:
    """Jobs whose counts do not add up to what they received."""
    return [job.job for job in jobs if sum(job.counts.values()) != job.received]


def differing(
    shown: Mapping[tuple[str, str, str], int],
    expected: Mapping[tuple[str, str, str], int],
    dead_band: tuple[int, int],
) -> list[tuple[str, str, str]]:
    """(market, SKU, warehouse) where the simulator shows something else than the rule wants.

    Within the dead band (units, above) both are the same to the rule.
    """
    units, above = dead_band
    return [
        place
        for place, quantity in expected.items()
        if (seen := shown.get(place)) != quantity
        and not (seen is not None and min(seen, quantity) > above and abs(seen - quantity) <= units)
    ]


def misheard(
    given: Mapping[tuple[str, str, str], int], truth: Mapping[tuple[str, str, str], int]
) -> list[tuple[str, str, str]]:
    """(source, SKU, channel) whose last quantity is not the one the rule was given last."""
    return [place for place, quantity in truth.items() if given.get(place) != quantity]


def promises(
    oversold: Sequence[tuple[str, str, int]],
    misheard_places: Sequence[tuple[str, str, str]],
    differing_places: Sequence[tuple[str, str, str]],
    unproven: Sequence[tuple[str, str]],
    jobs: Sequence[str],
    dead: int,
    ended: Sequence[str],
) -> list[Promise]:
    """Everything the campaign promises, broken or not; ``oversold``: SKU, channel and units, by the simulator."""
    return [
        Promise("no unit sold twice", sum(units for _, _, units in oversold), _some(oversold)),
        Promise("the rule was given every source's last figure", len(misheard_places), _some(misheard_places)),
        Promise("every listing shows what the rule wants", len(differing_places), _some(differing_places)),
        Promise("a result for every decided update", len(unproven), _some(unproven)),
        Promise("counts of every job add up", len(jobs), _some(jobs)),
        Promise("no record was given up", dead, "dead letters"),
        Promise("no worker failed", len(ended), _some(ended)),
    ]


def exit_code(kept: Sequence[Promise]) -> int:
    """0 when every promise was kept, else 1."""
    return int(any(promise.broken for promise in kept))


def _some(found: Sequence[Any]) -> str:
    return ", ".join(str(one) for one in found[:3])
