"""No float near money: fen are whole numbers, and one room knows how to round."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.source import VOUCHER, Room, plant, rooms

ROUNDING = "rules/money.py"
MONEY_FLOORS = ("rules/", "ledger/", "registry/", "stages/")


def find_decimals(root: Path) -> list[str]:
    """Return every import of decimal or fractions outside the room that rounds."""
    return [
        room.sin(node, "imports decimal or fractions")
        for room in rooms(root)
        if room.path != ROUNDING
        for node in room.each(ast.Import, ast.ImportFrom)
        if _imported(node) & {"decimal", "fractions", "_decimal"}
    ]


def find_floats(root: Path) -> list[str]:
    """Return every float on the floors that hold money: literals, annotations, conversions, true division."""
    found = []
    for room in rooms(root):
        if not room.path.startswith(MONEY_FLOORS):
            continue
        found += [
            room.sin(node, f"float literal {node.value}")
            for node in room.each(ast.Constant)
            if isinstance(node.value, float)
        ]
        found += [
            room.sin(node, "float")
            for node in room.each(ast.Name)
            if node.id == "float" and not _refuses_floats(room, node)
        ]
        found += [
            room.sin(node, "true division")
            for node in room.each(ast.BinOp, ast.AugAssign)
            if isinstance(node.op, ast.Div)
        ]
    return found


def find_broken_fen(root: Path) -> list[str]:
    """Return every fen, on any floor, that is divided truly, scaled by a float, rounded or made a float."""
    found = []
    for room in rooms(root):
        if room.path == ROUNDING:
            continue
        for node in room.each(*MADE_OF_FEN):
            sin = _sin_against_fen(node)
            if sin:
                found.append(room.sin(node, sin))
    return found


MADE_OF_FEN: tuple[type[ast.AST], ...] = (ast.BinOp, ast.AugAssign, ast.Call, ast.AnnAssign, ast.arg)


def _sin_against_fen(node: ast.AST) -> str:
    if isinstance(node, ast.BinOp | ast.AugAssign):
        sides = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.target, node.value]
        if any(_is_fen(side) for side in sides):
            if isinstance(node.op, ast.Div):
                return "fen in a true division"
            if any(isinstance(side, ast.Constant) and isinstance(side.value, float) for side in sides):
                return "fen with a float"
    if isinstance(node, ast.Call) and any(map(_is_fen, node.args)) and _called(node) in {"float", "round"}:
        return f"{_called(node)}() of fen"
    if isinstance(node, ast.AnnAssign) and _is_fen(node.target) and _names_float(node.annotation):
        return "fen declared as float"
    if isinstance(node, ast.arg) and node.arg.endswith("_fen") and _names_float(node.annotation):
        return "fen declared as float"
    return ""


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _is_fen(node: ast.AST) -> bool:
    # of a sum, a difference or a product of fen each part counts: (amount_fen + 1) / 2 is a sin too
    if isinstance(node, ast.BinOp):
        return _is_fen(node.left) or _is_fen(node.right)
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.endswith("_fen")


def _names_float(annotation: ast.expr | None) -> bool:
    return annotation is not None and any(
        isinstance(node, ast.Name) and node.id == "float" for node in ast.walk(annotation)
    )


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]}
    return {alias.name.split(".")[0] for alias in node.names}


def _refuses_floats(room: Room, name: ast.Name) -> bool:
    # isinstance(value, float) is how a room keeps them out
    return any(
        isinstance(call.func, ast.Name)
        and call.func.id == "isinstance"
        and any(name is each for arg in call.args[1:] for each in ast.walk(arg))
        for call in room.calls()
    )


PAY = "stages/settle/pay.py"
SINS: list[tuple[Callable[[Path], list[str]], str, str]] = [
    (find_decimals, PAY, "from decimal import Decimal\n"),
    (find_decimals, "doors/web/desk.py", "import decimal\n"),
    (find_decimals, "plumbing/money.py", "import fractions\n"),
    (find_floats, PAY, "total = float(text)\n"),
    (find_floats, PAY, "def half(rate: float) -> int: ...\n"),
    (find_floats, "rules/subsidy.py", "share = 0.5\n"),
    (find_floats, "ledger/budget.py", "half = amount / 2\n"),
    (find_floats, "registry/standards.py", "half /= 2\n"),
    (find_broken_fen, "doors/web/desk.py", "yuan = amount_fen / 100\n"),
    (find_broken_fen, "doors/web/desk.py", "half = claim.amount_fen * 0.5\n"),
    (find_broken_fen, "cli/settle.py", "half = (line.amount_fen + fee_fen) / 2\n"),
    (find_broken_fen, "plumbing/files.py", "yuan = round(total_fen)\n"),
    (find_broken_fen, "plumbing/files.py", "yuan = float(total_fen)\n"),
    (find_broken_fen, "plumbing/files.py", "class Line:\n    amount_fen: float | None = None\n"),
    (find_broken_fen, "doors/schemas/claims.py", "def pay(amount_fen: float) -> None: ...\n"),
]


@pytest.mark.parametrize("guard", [find_decimals, find_floats, find_broken_fen])
def test_the_house_is_clean(guard: Callable[[Path], list[str]]) -> None:
    assert guard(VOUCHER) == []


@pytest.mark.parametrize(("guard", "path", "source"), SINS)
def test_a_planted_sin_is_caught(
    guard: Callable[[Path], list[str]], path: str, source: str, tmp_path: Path
) -> None:
    assert len(guard(plant(tmp_path, path, source))) == 1


def test_whole_fen_and_keeping_floats_out_are_no_sins(tmp_path: Path) -> None:
    plant(
        tmp_path,
        PAY,
        "half_fen = amount_fen // 2\ntotal_fen = sum(parts)\nif isinstance(value, float):\n    pass\n"
        "if isinstance(value, (str, float)):\n    pass\n",
    )
    plant(tmp_path, "plumbing/retry.py", "pause = 0.01 * 2\n")
    for guard in (find_decimals, find_floats, find_broken_fen):
        assert guard(tmp_path) == []
