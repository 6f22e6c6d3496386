"""The schema: one head that conflicts loudly, STRICT tables, and no column that rounds."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.source import MIGRATIONS, dotted, plant, rooms

ROUNDING_TYPES = frozenset({"FLOAT", "REAL", "DOUBLE", "DOUBLE_PRECISION", "NUMERIC", "DECIMAL", "MONEY"})


def find_rounding_columns(root: Path) -> list[str]:
    """Return the columns whose type rounds."""
    return [
        room.sin(node, dotted(node))
        for room in rooms(root)
        for node in room.each(ast.Attribute, ast.Name)
        if dotted(node).split(".")[-1].upper() in ROUNDING_TYPES
    ]


def find_loose_tables(root: Path) -> list[str]:
    """Return the tables that SQLite would let hold anything in any column."""
    return [
        room.sin(call, "create_table without sqlite_strict=True")
        for room in rooms(root)
        for call in room.calls()
        if dotted(call.func).endswith("create_table")
        and not any(
            keyword.arg == "sqlite_strict"
            and isinstance(keyword.value, ast.Constant)
            and keyword.value.value is True
            for keyword in call.keywords
        )
    ]


def find_head_conflicts(root: Path) -> list[str]:
    """Return what is wrong with the line of migrations: forks, gaps, or a HEAD file that says otherwise."""
    revisions: dict[str, str | None] = {}
    for room in rooms(root / "versions"):
        facts = {
            target.id: node.value.value
            for node in room.tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        revision = str(facts["revision"])
        if revision in revisions:
            return [f"{revision} exists twice"]
        down = facts.get("down_revision")
        revisions[revision] = None if down is None else str(down)
    downs = [down for down in revisions.values() if down is not None]
    heads = sorted(set(revisions) - set(downs))
    written = (root / "HEAD").read_text(encoding="utf-8").strip() if (root / "HEAD").is_file() else ""
    wrong = [f"{down} is built upon twice" for down in sorted(set(downs)) if downs.count(down) > 1]
    wrong += [f"{down} does not exist" for down in sorted(set(downs) - set(revisions))]
    if heads != [written]:
        wrong.append(f"HEAD says {written or 'nothing'}, the files say {', '.join(heads)}")
    return wrong


TABLE = "op.create_table('claim', sa.Column('amount_fen', sa.{type}()), sqlite_strict={strict})\n"


@pytest.mark.parametrize("guard", [find_rounding_columns, find_loose_tables, find_head_conflicts])
def test_the_migrations_are_clean(guard: Callable[[Path], list[str]]) -> None:
    assert guard(MIGRATIONS) == []


@pytest.mark.parametrize("kind", ["Float", "Numeric", "Double", *sorted(ROUNDING_TYPES)])
def test_a_rounding_column_is_caught(kind: str, tmp_path: Path) -> None:
    plant(tmp_path, "versions/0001_claims.py", TABLE.format(type=kind, strict=True))
    assert len(find_rounding_columns(tmp_path)) == 1


@pytest.mark.parametrize("source", [TABLE.format(type="Text", strict=False), "op.create_table('claim')\n"])
def test_a_loose_table_is_caught(source: str, tmp_path: Path) -> None:
    assert len(find_loose_tables(plant(tmp_path, "versions/0001_claims.py", source))) == 1


def _line(root: Path, *steps: tuple[str, str | None], head: str) -> Path:
    for revision, down in steps:
        name = f"versions/{revision}_{down or 'first'}.py"
        plant(root, name, f"revision = {revision!r}\ndown_revision = {down!r}\n")
    (root / "HEAD").write_text(head + "\n", encoding="utf-8")
    return root


def test_one_line_of_migrations_is_clean(tmp_path: Path) -> None:
    assert find_head_conflicts(_line(tmp_path, ("0001", None), ("0002", "0001"), head="0002")) == []


@pytest.mark.parametrize(
    ("steps", "head"),
    [
        ([("0001", None), ("0002", "0001")], "0001"),
        ([("0001", None), ("0002", "0001"), ("0003", "0001")], "0003"),
        ([("0001", None), ("0003", "0002")], "0003"),
        ([("0001", None), ("0002", "0001"), ("0002", "0000")], "0002"),
        ([("0001", None)], ""),
    ],
)
def test_two_branches_conflict_loudly(steps: list[tuple[str, str | None]], head: str, tmp_path: Path) -> None:
    assert find_head_conflicts(_line(tmp_path, *steps, head=head)) != []
