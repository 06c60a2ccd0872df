"""The hot path may be compiled; old compiled modules must never hide new sources."""

from pathlib import Path

import pytest

from streams import compiled


def package(folder: Path) -> Path:
    for name in compiled.MODULES:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}\n")
    return folder


def test_every_module_named_exists() -> None:
    assert [name for name in compiled.MODULES if not (compiled.PACKAGE / name).is_file()] == []


def test_nothing_compiled_is_interpreted(tmp_path: Path) -> None:
    assert compiled.state(package(tmp_path)) == "interpreted"


def test_compiled_from_these_sources_is_compiled(tmp_path: Path) -> None:
    folder = package(tmp_path)
    (folder / "stock" / f"quick{compiled.SUFFIX}").touch()
    (folder / compiled.STAMP.name).write_text(f'{{"digest": "{compiled.digest(folder)}"}}')
    assert compiled.state(folder) == "compiled"


@pytest.mark.parametrize("name", [compiled.MODULES[0], compiled.MODULES[-1]])
def test_a_source_changed_since_is_stale(tmp_path: Path, name: str) -> None:
    folder = package(tmp_path)
    (folder / "stock" / f"quick{compiled.SUFFIX}").touch()
    (folder / compiled.STAMP.name).write_text(f'{{"digest": "{compiled.digest(folder)}"}}')
    (folder / name).write_text("# changed\n")
    assert compiled.state(folder) == "stale"


def test_modules_without_a_stamp_are_stale(tmp_path: Path) -> None:
    folder = package(tmp_path)
    (folder / "engine" / f"step{compiled.SUFFIX}").touch()
    assert compiled.state(folder) == "stale"


def test_cleaning_runs_interpreted_again(tmp_path: Path) -> None:
    folder = package(tmp_path)
    (folder / "engine" / f"step{compiled.SUFFIX}").touch()
    compiled.clean(folder)
    assert compiled.state(folder) == "interpreted"
