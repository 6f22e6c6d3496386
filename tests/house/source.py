"""Reading a tree of sources for the guards; every guard takes the root, so that a test can plant a sin."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar, overload

PROJECT = Path(__file__).parents[2]
VOUCHER = PROJECT / "voucher"
MIGRATIONS = PROJECT / "migrations"
Node = TypeVar("Node", bound=ast.AST)
Other = TypeVar("Other", bound=ast.AST)


@dataclass(frozen=True, slots=True)
class Room:
    """One module: its path below the root, its text, its syntax tree and every node of it by kind."""

    path: str
    text: str
    tree: ast.Module
    nodes: Mapping[type[ast.AST], Sequence[ast.AST]]

    def sin(self, node: ast.AST, what: str) -> str:
        """Return where and what, as an editor jumps to it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)} {what}"

    @overload
    def each(self, kind: type[Node], /) -> Iterator[Node]: ...

    @overload
    def each(self, kind: type[Node], other: type[Other], /) -> Iterator[Node | Other]: ...

    @overload
    def each(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]: ...

    def each(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Yield every node of these kinds in the module, one kind after the other."""
        return (node for kind in kinds for node in self.nodes.get(kind, ()))

    def calls(self) -> Iterator[ast.Call]:
        """Yield every call in the module."""
        return self.each(ast.Call)


def rooms(root: Path) -> Iterator[Room]:
    """Yield every module below the root, in order."""
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield Room(path.relative_to(root).as_posix(), text, *_parse(text))


@cache
def _parse(text: str) -> tuple[ast.Module, Mapping[type[ast.AST], Sequence[ast.AST]]]:
    """Return the syntax tree of a text, and its nodes by kind.

    Some thirty guards read the same thousand rooms, each for a kind or two, and change none.
    """
    tree, nodes = ast.parse(text), defaultdict[type[ast.AST], list[ast.AST]](list)
    for node in ast.walk(tree):
        nodes[type(node)].append(node)
    return tree, nodes


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
