"""Every scenario of acceptance has its line in the document, and the line says the truth about the tests.

`python -m tests.house.test_scenarios` writes the tests named by docstrings into their lines.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.house.source import PROJECT, plant

DOCUMENT = PROJECT / "docs" / "scenarios.md"
GROUPS = {
    "A": (1, 2, 4, 5, 6, 8),
    "B": (1, 2, 3, 5, 7, 8, 11),
    "C": (1, 3, 4),
    "D": (1, 2, 3, 5, 7, 8, 9, 10),
    "E": (1, 2, 4, 6, 7, 9),
    "F": (1, 3, 4, 7, 8, 10),
    "G": (1, 3, 7, 8),
    "H": (1, 2, 3, 7, 9, 11, 12),
    "I": (1, 3, 5),
    "J": (2, 3, 4, 7),
    "K": (1, 2, 3, 5),
}
SCENARIOS = frozenset(f"AC-{group}{number}" for group, numbers in GROUPS.items() for number in numbers)
NUMBER = re.compile(r"AC-[A-K]\d+")
LINE = re.compile(r"^\| (AC-[A-K]\d+) \| ([^|]+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
LATER = re.compile(r"第 [4-8] 项")


def read_lines(text: str) -> dict[str, tuple[set[str], str]]:
    """Return, per scenario, the tests its line names and what the line says is still to come."""
    return {
        number: (set(re.findall(r"`([^`]+)`", tests)), later.strip())
        for number, _, tests, later in LINE.findall(text)
    }


def read_told(tests: Path) -> dict[str, set[str]]:
    """Return, per scenario, the tests whose docstring names it, as `folder/file.py::name`."""
    told: dict[str, set[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if NUMBER.search(text) is None:
            continue
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in NUMBER.findall(ast.get_docstring(node) or ""):
                    name = f"{path.relative_to(tests).as_posix()}::{node.name}"
                    told.setdefault(number, set()).add(name)
    return told


def rewrite(text: str, told: dict[str, set[str]]) -> str:
    """Return the document with the tests of each line as the docstrings have them; the rest is kept."""

    def line(found: re.Match[str]) -> str:
        number, title, _, later = found.groups()
        tests = "<br>".join(f"`{each}`" for each in sorted(told.get(number, ())))
        return f"| {number} | {title} | {tests or '—'} | {later} |"

    return LINE.sub(line, text)


def find_untrue(text: str, told: dict[str, set[str]]) -> list[str]:
    """Return what the document leaves out, makes up, or leaves without anybody who will bring it."""
    lines = read_lines(text)
    untrue = [f"{number} has no line" for number in sorted((SCENARIOS | set(told)) - set(lines))]
    for number, (named, later) in lines.items():
        shown = told.get(number, set())
        untrue += [
            f"{number} is shown by {each}, which its line leaves out" for each in sorted(shown - named)
        ]
        untrue += [f"{number} names {each}, which does not name it" for each in sorted(named - shown)]
        if not named and LATER.search(later) is None:
            untrue.append(f"{number} has no test, and nothing later is named for it")
    return untrue


def test_every_scenario_has_a_line_and_every_line_its_tests() -> None:
    untrue = find_untrue(DOCUMENT.read_text(encoding="utf-8"), read_told(PROJECT / "tests"))
    assert untrue == [], "run: python -m tests.house.test_scenarios"


def test_a_line_that_is_not_true_is_found(tmp_path: Path) -> None:
    planted = 'def test_it() -> None:\n    """AC-A1、AC-J4."""\n'
    told = read_told(plant(tmp_path, "loop/test_planted.py", planted))
    assert told == {number: {"loop/test_planted.py::test_it"} for number in ("AC-A1", "AC-J4")}
    good = "".join(f"| {each} | 标题 |  | 第 7 项 |\n" for each in sorted(SCENARIOS - set(told)))
    good += "".join(f"| {each} | 标题 | `loop/test_planted.py::test_it` |  |\n" for each in told)
    assert find_untrue(good, told) == []
    assert find_untrue(good.replace("| AC-B1 |", "| AC-B9 |"), told) == ["AC-B1 has no line"]
    gone = good.replace("`loop/test_planted.py::test_it`", "`loop/test_planted.py::test_gone`", 1)
    assert [each.partition(" ")[0] for each in find_untrue(gone, told)] == ["AC-A1", "AC-A1"]
    assert find_untrue(rewrite(gone, told), told) == []
    assert find_untrue(good.replace("| 第 7 项 |", "|  |", 1), told) == [
        f"{min(SCENARIOS - set(told))} has no test, and nothing later is named for it"
    ]


ASKS, OPENS = "find_violations", "fresh_database"
# nothing is written there that is not rolled back again, and what is wrong there was planted
READ_ONLY = frozenset({"stages/oversee/conftest.py"})
STORIES = ("loop/", "doors/")


def _asks(tests: Path, path: Path, seen: set[Path]) -> bool:
    """Return whether a room, or one of ours that it imports, asks what is violated.

    The conftest does not count: it asks for its own fixtures, not for who opens a database besides.
    """
    if path in seen or not path.exists() or path == tests / "conftest.py":
        return False
    seen.add(path)
    text = path.read_text(encoding="utf-8")
    if re.search(rf"\b{ASKS}\(", text):
        return True
    imported = re.findall(r"^from tests\.([\w.]+) import", text, re.MULTILINE)
    return any(_asks(tests, tests / f"{each.replace('.', '/')}.py", seen) for each in imported)


def find_unwatched(tests: Path) -> list[str]:
    """Return the rooms that open a database without asking the invariants, and stories excused from them."""
    sins = []
    for path in sorted(tests.rglob("*.py")):
        name, text = path.relative_to(tests).as_posix(), path.read_text(encoding="utf-8")
        if name in READ_ONLY or name == "conftest.py" or name.startswith("house/"):
            continue
        if re.search(rf"\b{OPENS}\(", text) and not _asks(tests, path, set()):
            sins.append(f"{name} opens a database and never asks what is violated")
        if name.startswith(STORIES) and "plants_violation" in text:
            sins.append(f"{name} is a story and may not plant a violation")
    return sins


def test_after_every_story_the_invariants_are_asked() -> None:
    """`voucher check` is empty after each: the fixtures `database` and `loop` ask it when a test is over."""
    assert find_unwatched(PROJECT / "tests") == []


def test_a_story_nobody_checks_is_found(tmp_path: Path) -> None:
    plant(tmp_path, "loop/test_a.py", "with fresh_database('sqlite', templates, folder) as made: ...\n")
    plant(tmp_path, "doors/test_b.py", "@pytest.mark.plants_violation\ndef test_b(): ...\n")
    plant(tmp_path, "storms/watch.py", "find_violations(session)\n")
    asking = "from tests.storms.watch import it\nwith fresh_database('sqlite', templates, folder): ...\n"
    plant(tmp_path, "storms/test_c.py", asking)
    assert [each.partition(" ")[0] for each in find_unwatched(tmp_path)] == [
        "doors/test_b.py",
        "loop/test_a.py",
    ]


if __name__ == "__main__":
    DOCUMENT.write_text(
        rewrite(DOCUMENT.read_text(encoding="utf-8"), read_told(PROJECT / "tests")), encoding="utf-8"
    )
