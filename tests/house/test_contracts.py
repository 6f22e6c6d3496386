"""The walls of the house: import-linter keeps them on the tree, and every planted trespass breaks its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.source import PROJECT, VOUCHER

LINTER = Path(sys.executable).with_name("lint-imports")
CONTRACTS: list[dict[str, str]] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))[
    "tool"
]["importlinter"]["contracts"]
NAMES = {contract["id"]: contract["name"] for contract in CONTRACTS}

TRESPASSES = [
    ("floors", "ledger/trespass.py", "import voucher.stages.settle"),
    ("floors", "rules/trespass.py", "def ask() -> None:\n    import voucher.plumbing.clock"),
    ("floors", "attic.py", "import voucher.rules"),
    ("staircase", "stages/certify/trespass.py", "import voucher.stages.settle"),
    ("queries", "stages/settle/trespass.py", "import voucher.stages.certify.models"),
    ("doors", "doors/web/trespass.py", "import voucher.doors.api"),
    ("pure", "rules/trespass.py", "import os"),
    ("pure", "rules/trespass.py", "from sqlalchemy import select"),
    ("no_http", "ledger/trespass.py", "import flask"),
    ("no_http", "stages/settle/trespass.py", "from werkzeug.exceptions import NotFound"),
    ("circles", "ledger/trespass.py", "import voucher.ledger.trespass_back"),
]


def broken_contracts(root: Path) -> set[str]:
    """Return the ids of the contracts that the tree below the root breaks."""
    config = root / "contracts.toml"
    shutil.copy(PROJECT / "pyproject.toml", config)
    done = subprocess.run(
        [LINTER, "--no-logo", "--no-cache", "--config", config],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONSAFEPATH": "", "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    verdicts = set(re.findall(r"^(.*) BROKEN(?: \(\d+ ignored imports?\))?$", told, re.MULTILINE))
    broken = {key for key, name in NAMES.items() if name in verdicts}
    assert done.returncode == 0 or broken, told + done.stderr
    return broken


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(VOUCHER, tmp_path / "voucher", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_house_keeps_every_wall(copy: Path) -> None:
    assert broken_contracts(copy) == set()


def test_every_wall_has_a_trespasser() -> None:
    assert {contract for contract, _, _ in TRESPASSES} == set(NAMES)


@pytest.mark.long
@pytest.mark.parametrize(("contract", "path", "source"), TRESPASSES)
def test_a_planted_trespass_breaks_its_wall(contract: str, path: str, source: str, copy: Path) -> None:
    (copy / "voucher" / path).write_text(f'"""A trespass."""\n\n{source}\n', encoding="utf-8")
    if contract == "circles":
        back = copy / "voucher" / path.replace("trespass", "trespass_back")
        back.write_text('"""And back."""\n\nimport voucher.ledger.trespass\n', encoding="utf-8")
    assert contract in broken_contracts(copy)
