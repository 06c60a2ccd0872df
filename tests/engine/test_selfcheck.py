"""The engine overrides internals of Faust and aiokafka: it starts only on the versions it was proved with."""

from __future__ import annotations

from typing import Any

import pytest

from streams.engine import selfcheck
from streams.engine.errors import Incompatible


def overridden(self: Any, timeout: float) -> None:
    """Stands for a method of theirs."""


def test_these_are_the_proved_versions() -> None:
    selfcheck.check()


def test_another_version() -> None:
    with pytest.raises(Incompatible, match=r"faust-streaming is 0\.15\.3, proved with 9\.9"):
        selfcheck.check({"faust-streaming": "9.9"}, ())


def test_another_signature_names_both() -> None:
    with pytest.raises(Incompatible, match=r"overridden\(self, timeout\) should be \(self, other\)"):
        selfcheck.check({}, ((overridden, "(self, other)"),))


def test_annotations_do_not_matter() -> None:
    selfcheck.check({}, ((overridden, "(self, timeout)"),))
