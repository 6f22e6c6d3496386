"""Rooms stay small, say what they are for, and carry a name that says more than `util`."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.source import PROJECT, VOUCHER, plant, rooms

ROOM_LINES = 300
FUNCTION_LINES = 60
FORBIDDEN_NAMES = frozenset({"util", "helper", "common", "base", "core", "manager", "service", "misc"})
# what git leaves where two changes met and nobody chose
UNMERGED = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
WRITTEN = ("voucher", "tests", "migrations", "docs", "benchmarks", "static/src")
TEXTS = frozenset({".py", ".html", ".ts", ".css", ".md", ".toml", ".json", ".txt", ".sql"})
# what a visitor sees first; whatever else lies there was left behind by somebody's work
TOP_LEVEL = frozenset(
    {"CHANGELOG.md", "Makefile", "README.md", "README.zh-CN.md", "pyproject.toml", "requirements.lock"}
    | {"wsgi.py", "benchmarks", "docs", "migrations", "static", "tests", "voucher"}
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError")
RULES_MAY_IMPORT = frozenset({"stdnum"}) | sys.stdlib_module_names


def find_large_rooms(root: Path) -> list[str]:
    """Return the modules longer than a room may be."""
    return [
        f"{room.path} has {count} lines"
        for room in rooms(root)
        if (count := len(room.text.splitlines())) > ROOM_LINES
    ]


def find_long_functions(root: Path) -> list[str]:
    """Return the functions longer than a function may be, docstring included."""
    found = []
    for room in rooms(root):
        for node in room.each(ast.FunctionDef, ast.AsyncFunctionDef):
            count = (node.end_lineno or node.lineno) - node.lineno + 1
            if count > FUNCTION_LINES:
                found.append(room.sin(node, f"{node.name} has {count} lines"))
    return found


def find_undescribed_rooms(root: Path) -> list[str]:
    """Return the modules without a docstring."""
    return [room.path for room in rooms(root) if not ast.get_docstring(room.tree)]


def find_empty_names(root: Path) -> list[str]:
    """Return the modules and folders whose name says nothing, alone or as a part, singular or plural."""
    found = []
    for room in rooms(root):
        words = {word.removesuffix("s") for part in room.path[:-3].split("/") for word in part.split("_")}
        if words & FORBIDDEN_NAMES:
            found.append(room.path)
    return found


def find_unmerged(root: Path) -> list[str]:
    """Return the texts, templates among them, in which two versions of a passage still stand."""
    return [
        path.relative_to(root).as_posix()
        for path in sorted(root.rglob("*"))
        if path.suffix in TEXTS and UNMERGED.search(path.read_text(encoding="utf-8"))
    ]


def find_left_behind(root: Path) -> list[str]:
    """Return what lies at the top level and belongs elsewhere."""
    ignored = {line.strip("/") for line in (PROJECT / ".gitignore").read_text("utf-8").split()}
    shown = {path.name for path in root.iterdir() if path.name[0] != "." and path.suffix != ".egg-info"}
    return sorted(shown - TOP_LEVEL - ignored)


def find_prints(root: Path) -> list[str]:
    """Return the calls of print: the command line speaks through click, everything else through its log."""
    return [
        room.sin(call, "print")
        for room in rooms(root)
        for call in room.calls()
        if isinstance(call.func, ast.Name) and call.func.id == "print"
    ]


def find_unfinished(root: Path) -> list[str]:
    """Return what was left for later."""
    return [
        f"{room.path}:{number} {line.strip()}"
        for room in rooms(root)
        for number, line in enumerate(room.text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]


def find_foreign_imports_in_rules(root: Path) -> list[str]:
    """Return imports in rules/ of anything but the standard library, python-stdnum and rules."""
    found = []
    for room in rooms(root / "rules"):
        named: list[tuple[ast.AST, str]] = [
            (node, alias.name) for node in room.each(ast.Import) for alias in node.names
        ]
        named += [(node, node.module or "") for node in room.each(ast.ImportFrom)]
        found += [room.sin(node, f"imports {name}") for node, name in named if not _may_import(name)]
    return found


def _may_import(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in RULES_MAY_IMPORT or name.startswith("voucher.rules")


LONG_FUNCTION = '"""A."""\ndef grow() -> None:\n' + "    pass\n" * FUNCTION_LINES
SINS: list[tuple[Callable[[Path], list[str]], str, str]] = [
    (find_large_rooms, "rules/attic.py", '"""A."""\n' + "x = 1\n" * ROOM_LINES),
    (find_long_functions, "rules/attic.py", LONG_FUNCTION),
    (find_long_functions, "doors/attic.py", LONG_FUNCTION.replace("def", "async def")),
    (find_undescribed_rooms, "rules/attic.py", "x = 1\n"),
    (find_empty_names, "rules/money_utils.py", '"""A."""\n'),
    (find_empty_names, "services/pay.py", '"""A."""\n'),
    (find_unmerged, "doors/web/templates/page.html", f"{'<' * 7} HEAD\n券\n{'>' * 7} theirs\n"),
    (find_prints, "stages/settle/pay.py", '"""A."""\nprint("paid")\n'),
    (find_unfinished, "ledger/pay.py", '"""A."""\nx = 1  # TODO later\n'),
    (find_unfinished, "ledger/pay.py", '"""A."""\ndef f():\n    raise NotImplementedError\n'),
    (find_foreign_imports_in_rules, "rules/pay.py", '"""A."""\nimport requests\n'),
    (find_foreign_imports_in_rules, "rules/pay.py", '"""A."""\nfrom voucher.ledger import budget\n'),
]


@pytest.mark.parametrize("guard", dict.fromkeys(guard for guard, _, _ in SINS))
def test_the_house_is_clean(guard: Callable[[Path], list[str]]) -> None:
    assert guard(VOUCHER) == []


@pytest.mark.parametrize("folder", WRITTEN)
def test_nothing_is_left_unmerged(folder: str) -> None:
    assert find_unmerged(PROJECT / folder) == []


def test_nothing_is_left_behind_at_the_top(tmp_path: Path) -> None:
    assert find_left_behind(PROJECT) == []
    plant(tmp_path, "template_4f0a", "what a test made")
    plant(tmp_path, "wsgi.py", "")
    assert find_left_behind(tmp_path) == ["template_4f0a"]


@pytest.mark.parametrize(("guard", "path", "source"), SINS)
def test_a_planted_sin_is_caught(
    guard: Callable[[Path], list[str]], path: str, source: str, tmp_path: Path
) -> None:
    assert len(guard(plant(tmp_path, path, source))) == 1


def test_a_room_and_a_function_at_their_limit_are_no_sin(tmp_path: Path) -> None:
    plant(tmp_path, "rules/full.py", '"""A."""\n' + "x = 1\n" * (ROOM_LINES - 1))
    plant(tmp_path, "rules/long.py", '"""A."""\ndef grow() -> None:\n' + "    pass\n" * (FUNCTION_LINES - 1))
    assert find_large_rooms(tmp_path) == []
    assert find_long_functions(tmp_path) == []
