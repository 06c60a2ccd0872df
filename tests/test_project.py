"""The repository checks itself: lock, targets, README, containers, monitoring."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.local_kafka import release
from streams.setting_names import unknown_names
from streams.settings import Settings
from streams.shipped import shipped
from streams.supervisor import GROUPS

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_lock_has_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, wanted in zip(
        LOCKS,
        (project["dependencies"], project["dependencies"] + project["optional-dependencies"]["dev"]),
        strict=True,
    ):
        locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / name).read_text(), re.MULTILINE))
        needed = {re.split(r"[\[=<>]", line)[0].lower() for line in wanted}
        assert needed <= locked, needed - locked


def test_both_locks_agree() -> None:
    run, dev = (dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)) for name in LOCKS)
    assert {name: dev[name] for name in run} == run


def test_help_lists_every_target_with_one_line() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"^  make (\S+) +(\S.*)$", shown, re.MULTILINE)
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert declared
    assert [name for name, _ in listed] == declared.group(1).split()


def test_the_gate_runs_the_test_command_of_the_readme() -> None:
    assert re.search(r"^make test\b", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert re.search(r"\bmake test\b", (ROOT / ".ci" / "run").read_text())


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in link:
            assert (page.parent / link).exists(), link


def test_schemas_and_markets_are_found() -> None:
    assert list(shipped("schemas").glob("*.avsc"))
    assert {path.stem for path in shipped("markets").glob("*.toml")} >= {"uk", "de"}


def test_an_installed_package_finds_them_inside_itself(tmp_path: Path) -> None:
    inside = tmp_path / "streams" / "shipped" / "schemas"
    inside.mkdir(parents=True)
    assert shipped("schemas", tmp_path / "streams") == inside


def test_every_worker_group_has_a_container() -> None:
    workers = {
        service["command"][1] for service in COMPOSE["services"].values() if service.get("command", [""])[0] == "worker"
    }
    assert workers == set(GROUPS)


def test_every_worker_group_is_scraped() -> None:
    jobs = yaml.safe_load((ROOT / "docs/deploy/prometheus.yml").read_text())["scrape_configs"]
    assert {name for job in jobs for found in job["dns_sd_configs"] for name in found["names"]} == set(GROUPS)


@pytest.mark.parametrize("path", [".env", "data/sandbox/sandbox.sqlite", "var/state/decide/0", "build/demo/log"])
def test_secrets_and_what_runs_leave_behind_are_not_committed(path: str) -> None:
    lines = (ROOT / ".gitignore").read_text().split()
    assert path.split("/")[0] + ("/" if "/" in path else "") in lines


@pytest.mark.parametrize(
    "place", ["docker-compose.yml", "Makefile", "README.md", "docs", "bench", "streams/demo", "tests/chaos"]
)
def test_every_setting_that_is_named_exists(place: str) -> None:
    """A misspelled one would end whatever is started with it."""
    root = ROOT / place
    files = [root] if root.is_file() else [path for end in ("py", "md", "toml") for path in root.rglob(f"*.{end}")]
    named = {name for path in files for name in re.findall(r"\bTTS_[A-Z0-9_]*[A-Z0-9]\b", path.read_text("utf-8"))}
    examples = {"TTS_NAME", "TTS_NAME_FILE", "TTS_NAME_COMMAND", "TTS_KAFKA"}
    assert unknown_names(named - examples, {name.upper() for name in Settings.model_fields}) == {}


def test_containers_run_the_release_that_tests_run() -> None:
    assert COMPOSE["services"]["kafka"]["image"] == f"apache/kafka:{release.KAFKA}"


def test_containers_are_open_to_this_machine_only() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_containers_mount_is_here() -> None:
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_the_sandbox_in_containers_has_the_warehouses_that_example_markets_name() -> None:
    shops = tomllib.loads((ROOT / "docs/deploy/sandbox.toml").read_text())["shops"]
    markets = [tomllib.loads(path.read_text()) for path in (ROOT / "markets").glob("*.toml")]
    assert {shop["region"]: [one["id"] for one in shop["warehouses"]] for shop in shops} == {
        market["shop"]["region"]: [one["warehouse"] for one in market["warehouses"]] for market in markets
    }


def test_alerts_and_dashboards_use_metrics_that_exist() -> None:
    code = "".join(path.read_text() for path in (ROOT / "streams").rglob("*.py"))
    known = set(re.findall(r'"(tts_[a-z_]+)"', code))
    rules = yaml.safe_load((ROOT / "docs/deploy/alerts.yml").read_text())["groups"]
    panels = json.loads((ROOT / "docs/deploy/grafana/stock.json").read_text())["panels"]
    expressions = [rule["expr"] for group in rules for rule in group["rules"]]
    expressions += [target["expr"] for panel in panels for target in panel["targets"]]
    used = {name.removesuffix("_total") for text in expressions for name in re.findall(r"\btts_[a-z_]+", text)}
    assert used
    assert used <= known, used - known
