"""Pages say what is there: what they name exists, and no metric, alert or code is left out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from streams.cli import WORDS
from streams.codec.poison import MEANINGS
from streams.commercetools import errors as commercetools
from streams.listing.refusal import REFUSED_DECREASE
from streams.records.sync_result import SYNC_STATUS_SYMBOLS
from streams.webhooks.treatment import SHOP_NOTICES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
CODE = {path: path.read_text(encoding="utf-8") for path in (ROOT / "streams").rglob("*.py")}
ALL_CODE = "\n".join(CODE.values())
RUNBOOK = (DOCS / "runbook.md").read_text(encoding="utf-8")

NOT_OF_READINGS = {
    *("invalid_token", "ResourceNotFound", "InvalidJsonInput", "InvalidField", "InvalidOperation", "RequiredField"),
    *("DuplicateField", "DuplicateFieldWithConflictingResource", "ReferencedResourceNotFound"),
    "MaxResourceLimitExceeded",
}
"""Codes of commercetools that `streams setup subscription` alone can meet, at a terminal; and one that cures itself."""


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_anchors_exist(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            where = page.parent / target if target else page
            assert anchor in anchors(where), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_named_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:streams|schemas|docs|tests|bench|markets)/[\w./-]*)`", text):
        if "sold_out" not in name:  # of the example in flows.md
            assert (ROOT / name).exists(), name


def test_functions_named_in_the_story_exist() -> None:
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_.]+\.)?([A-Za-z_]+)`", text))
    words = {"decide", "deliver", "orders", "webhooks", "market", "gross", "net", "uk", "ready", "wanted", "unknown"}
    words |= {"intake", "view_products", "view_orders", "manage_subscriptions"}
    words |= {"ADOPT", "SEARCH", "orders_until", "acknowledged_orders", "on_stock"}
    for module, name in named:
        if name in words and not module:
            continue
        if module.endswith("py.") or name in ("py", "md"):
            continue
        assert re.search(rf"^ *(?:async )?(?:def|class) {name}\b", ALL_CODE, re.MULTILINE), f"{module}{name}"


def test_generated_pages_are_current() -> None:
    run = subprocess.run(
        [sys.executable, DOCS / "generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_runbook_names_every_metric() -> None:
    files = ("engine/health.py", "flows/pressure.py", "flows/alarms.py", "webhooks/metrics.py")
    files += ("relay/health.py", "flows/source_alarms.py")
    known = {name for file in files for name in re.findall(r'"(tts_[a-z_]+)"', CODE[ROOT / "streams" / file])}
    named = {name.removesuffix("_total") for name in re.findall(r"`(tts_[a-z_]+)`", RUNBOOK)}
    assert named == known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_named_exist(page: Path) -> None:
    for word in re.findall(r"`streams ([a-z]+)", page.read_text(encoding="utf-8")):
        assert word in WORDS, word


def test_make_targets_named_exist() -> None:
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert declared
    for page in PAGES:
        for target in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")):
            assert target in declared.group(1).split(), f"{page.name}: make {target}"


def test_the_runbook_names_every_alert() -> None:
    rules = yaml.safe_load((DOCS / "deploy" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in (rule for group in rules for rule in group["rules"]):
        assert f"| {rule['alert']} |" in RUNBOOK, rule["alert"]


def test_the_runbook_names_every_status_and_code_of_ours() -> None:
    made = r"(?:Rejected|RetryLater|Unknown|ShopStopped|Finding|Breaker)\(\s*(?:[^()\"]*,\s*)?\"([a-z]+(?:-[a-z]+)*)\""
    places = ("stock", "listing", "order", "flows", "tiktok_shop", "source", "commercetools")
    ours = [text for path, text in CODE.items() if path.relative_to(ROOT / "streams").parts[0] in places]
    codes = {code for text in ours for code in re.findall(made, text)}
    codes |= set(re.findall(r'^(?:NOT_SHOWN|NOT_LISTED|IN_SEVERAL) = "([a-z-]+)"', "\n".join(ours), re.MULTILINE))
    codes |= set(re.findall(r'refusal\(sku, now, "([a-z-]+)"', "\n".join(ours)))
    codes |= set(re.findall(r'": \("([a-z-]+)", ', CODE[ROOT / "streams/order/findings.py"]))
    codes |= {notice.code for notice in SHOP_NOTICES.values()} | set(MEANINGS) | set(REFUSED_DECREASE)
    codes |= set(SYNC_STATUS_SYMBOLS) | set(commercetools.CODES) - NOT_OF_READINGS
    codes |= {code for text in ours for code in re.findall(r'"(inventory-entry-[a-z]+|sweep-[a-z-]+)"', text)}
    assert {"sku-not-listed", "stock-channel-twice", "warehouse-unmapped", "no-such-shop", "outage"} <= codes
    for code in sorted(codes):
        assert re.search(rf"\b{code}\b", RUNBOOK), code


def test_every_decision_is_listed_and_has_its_three_parts() -> None:
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    listed = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    numbers = [page.name[:4] for page in pages]
    assert numbers == sorted(set(numbers)) and all(re.fullmatch(r"\d{3}-", number) for number in numbers)
    for page in pages:
        assert f"({page.name})" in listed
        assert re.findall(r"^## (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE) == [
            "Situation",
            "Choice",
            "Price",
        ]
