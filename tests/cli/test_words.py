"""The command finds every word, and imports no more than it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from streams.cli import WORDS, command


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_word_explains_itself(word: str) -> None:
    shown = CliRunner().invoke(command([word]), [word, "--help"])
    assert shown.exit_code == 0, shown.output
    assert "Usage" in shown.output


def test_a_word_does_not_import_what_the_others_need() -> None:
    program = (
        "import sys; sys.argv = ['streams', 'kafka', 'status', '--help']\n"
        "from streams.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "assert 'faust' not in sys.modules and 'streams.sandbox' not in sys.modules\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
