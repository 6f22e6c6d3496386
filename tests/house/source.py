"""Reading a tree of sources for the guards; every guard takes the root, so that a test can plant a sin."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2]
VOUCHER = PROJECT / "voucher"
MIGRATIONS = PROJECT / "migrations"


@dataclass(frozen=True, slots=True)
class Room:
    """One module: its path below the root, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    def sin(self, node: ast.AST, what: str) -> str:
        """Return where and what, as an editor jumps to it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)} {what}"

    def calls(self) -> Iterator[ast.Call]:
        """Yield every call in the module."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))


def rooms(root: Path) -> Iterator[Room]:
    """Yield every module below the root, in order."""
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield Room(path.relative_to(root).as_posix(), text, _parse(text))


@cache
def _parse(text: str) -> ast.Module:
    """Return the syntax tree of a text: some thirty guards read the same thousand rooms, and change none."""
    return ast.parse(text)


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for a name or an attribute of one, else what can be said of it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def plant(root: Path, path: str, source: str) -> Path:
    """Write one sinful module below an otherwise empty root and return the root."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(source, encoding="utf-8")
    return root
