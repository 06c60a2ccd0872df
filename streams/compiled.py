"""The hot path as machine code: the same Python files, compiled by mypyc where a C compiler is at hand.

``python -m streams.compiled build`` puts an extension module beside each source file; Python then prefers it.  Without
a compiler everything runs interpreted, with the same results, at a third to half the speed.  A compiled module that is
older than its source would hide the source, so every worker and every test run asks ``state`` first.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Literal

PACKAGE = Path(__file__).parent
STAMP = PACKAGE / "compiled.json"
"""What was compiled from what; beside the modules, so that it travels with them."""
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX") or ".so"
GROUP = "streams.hot"
"""mypyc keeps code shared by the modules in one more extension module of this name."""
MODULES = (
    "codec/framing.py",
    "records/binary.py",
    "records/order_fact.py",
    "records/listing.py",
    "records/order_hold.py",
    "records/sku_link.py",
    "records/sku_stock.py",
    "records/stock_change.py",
    "records/stock_update.py",
    "records/sync_job.py",
    "records/sync_result.py",
    "listing/adopt.py",
    "listing/answered.py",
    "listing/answers.py",
    "listing/backoff.py",
    "listing/calls.py",
    "listing/confirmed.py",
    "listing/decide.py",
    "listing/failed.py",
    "listing/isolate.py",
    "listing/lanes.py",
    "listing/off_sale.py",
    "listing/overwritten.py",
    "listing/refusal.py",
    "listing/report.py",
    "listing/row.py",
    "listing/sending.py",
    "listing/shop.py",
    "listing/value.py",
    "listing/wanted.py",
    "stock/buffer.py",
    "stock/claim.py",
    "stock/decide.py",
    "stock/decision.py",
    "stock/draft.py",
    "stock/explain.py",
    "stock/fact.py",
    "stock/gross.py",
    "stock/holds.py",
    "stock/inputs.py",
    "stock/plan.py",
    "stock/quick.py",
    "stock/sellable.py",
    "stock/settle.py",
    "stock/source.py",
    "stock/terms.py",
    "topics/murmur2.py",
    "flows/listing.py",
    "flows/stock.py",
    "engine/attempt.py",
    "engine/decided.py",
    "engine/outputs.py",
    "engine/quick_way.py",
    "engine/row_codec.py",
    "engine/routing.py",
    "engine/rows.py",
    "engine/step.py",
    "engine/store.py",
)
State = Literal["compiled", "interpreted", "stale"]


class BuildFailed(RuntimeError):
    """The modules could not be compiled; nothing is left behind."""


def digest(package: Path = PACKAGE) -> str:
    """Stands for all sources and the Python they are compiled for."""
    found = sha256(SUFFIX.encode())
    for name in MODULES:
        found.update(name.encode() + b"\0" + (package / name).read_bytes() + b"\0")
    return found.hexdigest()


def built(package: Path = PACKAGE) -> list[Path]:
    """Extension modules beside the sources."""
    return sorted(package.rglob(f"*{SUFFIX}"))


def state(package: Path = PACKAGE) -> State:
    """``stale``: compiled modules exist that were not made from these sources."""
    found = built(package)
    if not found:
        return "interpreted"
    try:
        stamp = json.loads((package / STAMP.name).read_text("utf-8"))
    except (OSError, ValueError):
        return "stale"
    return "compiled" if stamp.get("digest") == digest(package) else "stale"


class StaleModules(RuntimeError):
    """Compiled modules would hide newer sources."""


def refuse_stale() -> State:
    """Which code runs; StaleModules with the remedy instead of running yesterday's."""
    found = state()
    if found == "stale":
        raise StaleModules(
            "compiled modules are older than their sources: run `python -m streams.compiled build` "
            "(or `clean` to run interpreted)"
        )
    return found


def clean(package: Path = PACKAGE) -> None:
    """Run interpreted again."""
    for path in (*built(package), package / STAMP.name):
        path.unlink(missing_ok=True)


def build(package: Path = PACKAGE) -> None:
    """Compile all modules in a folder of their own and put the results beside the sources."""
    clean(package)
    with tempfile.TemporaryDirectory(prefix="streams-compile-") as name:
        folder = Path(name)
        shutil.copytree(package, folder / "streams", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "setup.py").write_text(_SETUP.format(files=[f"streams/{one}" for one in MODULES], group=GROUP))
        done = subprocess.run(
            [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"],
            cwd=folder,
            env={**os.environ, "CFLAGS": f"{os.environ.get('CFLAGS', '')} {_CFLAGS}"},
            capture_output=True,
            text=True,
            check=False,
        )
        made = sorted((folder / "streams").rglob(f"*{SUFFIX}"))
        if done.returncode or len(made) < len(MODULES):
            raise BuildFailed((done.stdout + done.stderr)[-4000:])
        for path in made:
            shutil.copy2(path, package / path.relative_to(folder / "streams"))
    (package / STAMP.name).write_text(json.dumps({"digest": digest(package)}) + "\n", "utf-8")


_CFLAGS = "-fno-semantic-interposition"
"""Functions of one module may be inlined into each other."""

_SETUP = """\
from mypyc.build import mypycify
from setuptools import setup

flags = ["--follow-imports=silent", "--ignore-missing-imports", "--no-warn-no-return"]
setup(
    name="streams-hot",
    packages=[],
    ext_modules=mypycify([*{files!r}, *flags], opt_level="3", debug_level="0", group_name={group!r}),
)
"""


def main(arguments: list[str]) -> int:
    word = arguments[0] if arguments else "state"
    if word == "build":
        if shutil.which("cc") is None and shutil.which("gcc") is None:
            print("no C compiler: running interpreted, with the same results and a third to half the speed")
            clean()
            return 0
        try:
            build()
        except BuildFailed as problem:
            print(f"compiling failed, running interpreted:\n{problem}", file=sys.stderr)
            return 1
    elif word == "clean":
        clean()
    elif word != "state":
        print(f"unknown word {word!r}: build, clean or state", file=sys.stderr)
        return 2
    print(state())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
