"""One thing wrong in a function: never refuses, is off by one, counts the boundary with the other side.

A mutant is the code of a standing function exchanged, so whoever imported the function by name meets it too.
"""

from __future__ import annotations
import __future__

import ast
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType

BOUNDARIES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
TURNED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
EXTREMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A function of a room, which line of it is wrong in which way, and its code."""

    function: FunctionType
    wrong: str
    code: CodeType

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the function be wrong for a while."""
        right = self.function.__code__
        self.function.__code__ = self.code
        try:
            yield
        finally:
            self.function.__code__ = right


def make_mutants(room: ModuleType, names: frozenset[str]) -> list[Mutant]:
    """Return the functions of a room that have these names, each time with one thing wrong."""
    return [
        mutant
        for name in sorted(names)
        if (function := _function(room, name)) is not None
        for mutant in _spoil_each(function)
    ]


def find_called(room: ModuleType, name: str) -> frozenset[str]:
    """Return a function of a room with every function of the same room it asks, however deep."""
    found: set[str] = set()
    asked = [name]
    while asked:
        each = asked.pop()
        function = _function(room, each)
        if function is not None and each not in found:
            found.add(each)
            asked += _names_in(function.__code__)
    return frozenset(found)


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names_in(each)


def _function(room: ModuleType, name: str) -> FunctionType | None:
    found = getattr(room, name, None)
    found = inspect.unwrap(found) if callable(found) else None
    return found if isinstance(found, FunctionType) and found.__module__ == room.__name__ else None


Site = tuple[int, str, Callable[[], None]]


def _spoil_each(function: FunctionType) -> Iterator[Mutant]:
    lines = inspect.getsource(function)
    for place in range(len(_find_sites(_parse(lines)))):
        tree = _parse(lines)
        line, wrong, spoil = _find_sites(tree)[place]
        spoil()
        whole = ast.Module([tree], [])
        flags = __future__.annotations.compiler_flag
        made = compile(ast.fix_missing_locations(whole), inspect.getfile(function), "exec", flags, True)
        code = next(each for each in made.co_consts if isinstance(each, CodeType))
        text = lines.splitlines()[line - 1].strip()
        yield Mutant(function, f"{function.__name__}: {text}: {wrong}", code)


def _parse(lines: str) -> ast.FunctionDef:
    tree = ast.parse(lines).body[0]
    assert isinstance(tree, ast.FunctionDef)
    tree.decorator_list = []
    return tree


def _find_sites(function: ast.FunctionDef) -> list[Site]:
    """Return what may be spoilt, in the order it is written; calling the last of each spoils the tree."""
    nodes = [each for statement in function.body for each in ast.walk(statement)]
    sites: list[Site] = [(function.lineno, "never asked", _empty(function))]
    for node in nodes:
        line = getattr(node, "lineno", function.lineno)
        sites += [(line, wrong, spoil) for wrong, spoil in _spoil(node)]
        if isinstance(node, ast.If) and _refuses(node.body):
            sites.append((line, "never refused", _allow(node)))
    return sites


def _refuses(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Raise)


def _allow(guard: ast.If) -> Callable[[], None]:
    def spoil() -> None:
        guard.test = ast.Constant(value=False)

    return spoil


def _empty(function: ast.FunctionDef) -> Callable[[], None]:
    def spoil() -> None:
        function.body = [ast.Return(value=ast.Constant(value=None))]

    return spoil


def _spoil(node: ast.AST) -> Iterator[tuple[str, Callable[[], None]]]:
    match node:
        case ast.Compare():
            for place, each in enumerate(node.ops):
                other = BOUNDARIES[type(each)]
                yield f"{other.__name__} instead", _exchange(node.ops, place, other())
        case ast.BinOp() if type(node.op) in TURNED and not _is_words(node):
            yield f"{TURNED[type(node.op)].__name__} instead", _replace(node, "op", TURNED[type(node.op)]())
        case ast.BoolOp():
            turned = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield f"{type(turned).__name__} instead", _replace(node, "op", turned)
        case ast.UnaryOp(op=ast.Not()):
            yield "not left out", _replace(node, "op", ast.UAdd())
        case ast.UnaryOp(op=ast.USub()):
            yield "sign left out", _replace(node, "op", ast.UAdd())
        case ast.Constant(value=bool(said)):
            yield f"{not said} instead", _replace(node, "value", not said)
        case ast.Constant(value=int(number)):
            yield "one more", _replace(node, "value", number + 1)
        case ast.Name(id=name) if name in EXTREMES:
            yield f"{EXTREMES[name]} instead", _replace(node, "id", EXTREMES[name])
        case ast.IfExp():
            yield "the other branch", _turn(node)


def _is_words(node: ast.BinOp) -> bool:
    """Return whether text is put together here: taking it apart is a mistake of types, no wrong rule."""
    return any(
        isinstance(each, ast.JoinedStr) or (isinstance(each, ast.Constant) and isinstance(each.value, str))
        for each in (node.left, node.right)
    )


def _exchange(row: list[ast.cmpop], place: int, new: ast.cmpop) -> Callable[[], None]:
    def spoil() -> None:
        row[place] = new

    return spoil


def _replace(node: ast.AST, field: str, new: object) -> Callable[[], None]:
    return lambda: setattr(node, field, new)


def _turn(node: ast.IfExp) -> Callable[[], None]:
    def spoil() -> None:
        node.body, node.orelse = node.orelse, node.body

    return spoil
