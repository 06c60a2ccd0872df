"""The bench's streams of changes are what the report says they are."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.job import held_back, sellable
from bench.workload import SKUS, WORKLOADS, changes_of

RECORDS = 30_000


@pytest.mark.parametrize("workload", list(WORKLOADS))
def test_a_workload_is_the_same_in_every_run(workload: str) -> None:
    assert list(changes_of(workload, 1000)) == list(changes_of(workload, 1000))


def test_every_record_of_uniform_changes_what_is_offered() -> None:
    known: dict[int, int] = {}
    for change in changes_of("uniform", SKUS + RECORDS):
        assert change.sku not in known or sellable(known[change.sku]) != sellable(change.quantity)
        known[change.sku] = change.quantity
    assert len(known) == SKUS


def test_a_third_of_campaign_repeats_what_is_known() -> None:
    known: dict[int, int] = {}
    repeated = 0
    for change in changes_of("campaign", RECORDS):
        repeated += known.get(change.sku) == change.quantity
        known[change.sku] = change.quantity
    assert repeated / RECORDS == pytest.approx(1 / 3, abs=0.01)


def test_campaign_has_few_skus_with_most_of_the_changes() -> None:
    counted = Counter(change.sku for change in changes_of("campaign", RECORDS))
    assert counted.most_common(1)[0][1] / RECORDS > 0.07
    assert sum(number for _, number in counted.most_common(100)) / RECORDS > 0.35


@pytest.mark.parametrize(
    ("quantity", "back"),
    [(-1, (2, "absolute")), (0, (2, "absolute")), (20, (2, "absolute")), (21, (3, "percentage"))],
)
def test_the_larger_term_is_held_back(quantity: int, back: tuple[int, str]) -> None:
    assert held_back(quantity) == back
    assert sellable(quantity) == max(0, quantity - back[0])
