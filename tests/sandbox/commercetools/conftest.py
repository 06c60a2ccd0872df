"""One fake per test, in memory."""

import pytest

from .caller import Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()
