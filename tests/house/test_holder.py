"""AC-C1: nothing changes who holds a voucher, no act and no route: it is said once, in the row inserted."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.house.source import VOUCHER, plant, rooms

HOLDER = "holder_person_id"
HOLDER_IN_SQL = re.compile(rf"\bUPDATE\b.*\bSET\b[^;]*?\b{HOLDER}\s*=", re.IGNORECASE | re.DOTALL)


def find_written_holders(root: Path) -> list[str]:
    """Return every place that sets the holder of a voucher that stands: by attribute, by name, or in SQL."""
    found = []
    for room in rooms(root):
        written: list[tuple[ast.AST, Sequence[ast.expr]]] = [
            *((node, node.targets) for node in room.each(ast.Assign)),
            *((node, [node.target]) for node in room.each(ast.AugAssign, ast.AnnAssign)),
        ]
        for node, targets in written:
            if any(isinstance(each, ast.Attribute) and each.attr == HOLDER for each in targets):
                found.append(room.sin(node, f"sets {HOLDER}"))
        for call in room.calls():
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            named = any(each.arg == HOLDER for each in call.keywords)
            if name == "setattr" and any(
                isinstance(each, ast.Constant) and each.value == HOLDER for each in call.args
            ):
                found.append(room.sin(call, f"sets {HOLDER}"))
            elif name in {"values", "update"} and (named or any(map(_names_holder, call.args))):
                found.append(room.sin(call, f"{name}({HOLDER}=…)"))
        found += [
            room.sin(each, f"SQL sets {HOLDER}")
            for each in room.each(ast.Constant)
            if isinstance(each.value, str) and HOLDER_IN_SQL.search(each.value)
        ]
    return found


def _names_holder(given: ast.expr) -> bool:
    keys = given.keys if isinstance(given, ast.Dict) else []
    return any(
        (isinstance(key, ast.Constant) and key.value == HOLDER)
        or (isinstance(key, ast.Attribute) and key.attr == HOLDER)
        for key in keys
    )


def test_nobody_writes_another_holder_into_a_voucher() -> None:
    assert find_written_holders(VOUCHER) == []


@pytest.mark.parametrize(
    "sin",
    [
        "def give(voucher, other):\n    voucher.holder_person_id = other\n",
        "def give(voucher, other):\n    setattr(voucher, 'holder_person_id', other)\n",
        "def give(other):\n    return update(Voucher).values(holder_person_id=other)\n",
        "def give(other):\n    return update(Voucher).values({Voucher.holder_person_id: other})\n",
        "GIVE = 'UPDATE voucher SET holder_person_id = :other'\n",
    ],
)
def test_a_way_to_hand_a_voucher_on_is_caught(tmp_path: Path, sin: str) -> None:
    assert len(find_written_holders(plant(tmp_path, "stages/issue/giving.py", sin))) == 1
