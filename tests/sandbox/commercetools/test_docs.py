"""What the sandbox's page says: all that can be done, seen, switched and spoilt is there, and its example runs."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest

from streams.sandbox import config
from streams.sandbox.commercetools import control_api, faults, filling
from streams.sandbox.commercetools.fake import Commercetools
from streams.sandbox.commercetools.switches import Switches
from streams.sandbox.commercetools.transport import CommercetoolsTransport

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "sandbox.md").read_text()


def test_the_page_names_everything() -> None:
    words = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))
    known = {word.removeprefix("POST ").removeprefix("GET ").removeprefix("DELETE ") for word in words}
    offered = {name for _, name in control_api.DO} | set(control_api.SEE)
    offered |= {one.name for one in fields(Switches)} | faults.AT_THE_DOOR | faults.OF_THE_ANSWER
    assert not offered - known


def test_the_example_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fake = Commercetools()
    filling.fill(fake, filling.Contents())
    plain = httpx.Client

    def client(**given: Any) -> httpx.Client:
        return plain(transport=CommercetoolsTransport(fake), **given)

    monkeypatch.setattr(httpx, "Client", client)
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(example, {})  # noqa: S102 - our own page
    promised = re.search(r"# the truth: (\{.*\})", example)
    assert promised and eval(capsys.readouterr().out) == eval(promised[1])  # noqa: S307 - as above


def test_the_compose_files_sandbox_can_be_filled() -> None:
    contents = config.read(DOCS / "deploy" / "sandbox.toml").commercetools
    fake = Commercetools()
    filling.fill(fake, contents)
    assert fake.world.db.execute("SELECT count(*) FROM entry").fetchone()[0] == 4
