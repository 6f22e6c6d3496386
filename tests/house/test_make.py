"""The commands a newcomer meets: `make` lists them all, in both languages, and does nothing else."""

from __future__ import annotations

import re
import subprocess
from functools import cache

import pytest

from tests.house.source import PROJECT

COMMANDS = [
    "setup",
    "frontend",
    "demo",
    "test",
    "storm",
    "long",
    "fuzz",
    "tour",
    "sure",
    "rules",
    "story",
    "bench",
    "migration",
    "docs",
]


@cache
def _make(*words: str) -> str:
    done = subprocess.run(
        ["make", "--no-print-directory", *words], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_make_alone_lists_every_command_in_chinese_and_english(command: str) -> None:
    line = re.search(rf"^  make {command} +(.*)$", _make(), re.MULTILINE)
    assert line is not None
    chinese, english = line.group(1).split(" · ")
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert english.isascii()


def test_every_target_that_is_listed_is_phony_and_the_other_way_round() -> None:
    text = (PROJECT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    assert sorted(phony.group(1).split()) == sorted(re.findall(r"^  make (\w+)", _make(), re.MULTILINE))
