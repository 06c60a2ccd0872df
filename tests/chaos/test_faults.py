"""What is drawn: the same from the same seed, of every kind, and within its bounds."""

from __future__ import annotations

import random

import pytest

from streams.codec.poison import Poison
from streams.commercetools.hints import hints_of
from streams.records import stock_change
from streams.records.stock_change import StockChange, StockLevel
from streams.topics.catalog import load
from tests.chaos.faults import DECK, PAUSE_S, drawn
from tests.chaos.spoilt import MARK, spoilt
from tests.chaos.system import STAGE


def test_a_seed_gives_its_faults_and_another_seed_others() -> None:
    assert drawn(3, 60, STAGE) == drawn(3, 60, STAGE)
    assert drawn(3, 60, STAGE) != drawn(4, 60, STAGE)
    assert drawn(3, 60, STAGE)[:20] == drawn(3, 20, STAGE)


def test_kinds_can_be_chosen() -> None:
    assert {fault.kind for fault in drawn(1, 30, STAGE, ("kill", "poison"))} == {"kill", "poison"}


def test_a_deck_holds_every_kind() -> None:
    faults = drawn(1, sum(DECK.values()), STAGE)
    assert {kind: sum(fault.kind == kind for fault in faults) for kind in DECK} == DECK
    assert [fault.number for fault in faults] == list(range(1, len(faults) + 1))


@pytest.mark.parametrize("seed", range(20))
def test_faults_keep_their_bounds(seed: int) -> None:
    for fault in drawn(seed, 100, STAGE):
        assert PAUSE_S[0] <= fault.pause_s <= PAUSE_S[1]
        match fault.kind:
            case "kill" | "terminate" | "worker-clock":
                assert fault.on in STAGE.workers
            case "freeze":
                assert fault.lasts_s > STAGE.session_s
            case "poison":
                assert fault.on in STAGE.poisoned
            case _:
                assert str(fault)


def test_poison_can_never_be_read() -> None:
    """Whatever is drawn, the topic's codec refuses it, or its key or partition is wrong."""
    chance = random.Random(1)
    decode = load(prefix="t.")["stock-changes"].codec.decode
    good = b"\xc3\x01" + stock_change.FINGERPRINT + stock_change.encode(StockChange("wms", 1, (StockLevel("m", 3),)))
    for number in range(500):
        bad = spoilt(chance, number, b"MUG", good, tombstones=number % 2 == 0)
        assert bad.headers[0] == (MARK, str(number).encode())
        if bad.value is None:
            assert number % 2
        elif bad.key == b"MUG" and not bad.astray:
            with pytest.raises(Poison):
                decode(bad.value)


def test_poison_of_foreign_topics_can_never_be_read_either() -> None:
    """Commercetools' topic leaves records without value out, which is no dead letter."""
    chance = random.Random(2)
    good = b'{"notificationType": "Message", "projectKey": "chaos", "type": "Sample"}'
    for number in range(2_000):
        bad = spoilt(chance, number, b"chaos", good, tombstones=True, foreign=True)
        assert bad.value is not None
        assert isinstance(hints_of(bad.value, 1, project="chaos"), Poison)
