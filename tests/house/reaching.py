"""What a view comes to: the functions of the house it names, those they name, and so on; nothing is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

Place = tuple[str, str]  # a module and a name at its top
ROOT = Path(__file__).parents[2]
DOORS = {"voucher/doors/web": "web.", "voucher/doors/api": ""}
# what lies below every act, and what only reads: nothing there leads to a hand again
LEAVES = re.compile(r"voucher\.(rules|plumbing)\b|\.(queries|models)\b")
# how a door says that a view is sent something; `route` where it names the method
SENT_BY = frozenset({"post", "act", "ask", "act_on_file", "route"})


class Room:
    """One module: what its top-level names refer to, and what its imported names mean."""

    def __init__(self, module: str, source: str) -> None:
        self.module = module
        self.imported: dict[str, Place] = {}
        self.named: dict[str, ast.stmt] = {}
        for statement in ast.parse(source).body:
            self._note(statement)

    def _note(self, statement: ast.stmt) -> None:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                self.named[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                self.named[name] = statement
            case ast.ImportFrom(module=str(origin), names=names, level=0) if origin.startswith("voucher"):
                for each in names:
                    self.imported[each.asname or each.name] = (origin, each.name)

    def refer(self, name: str) -> Iterator[Place]:
        """Yield the places a top-level name of this room refers to."""
        for node in ast.walk(self.named[name]):
            if isinstance(node, ast.Name):
                if node.id in self.imported:
                    yield self.imported[node.id]
                elif node.id in self.named:
                    yield self.module, node.id
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                origin = self.imported.get(node.value.id)
                if origin is not None:
                    yield ".".join(origin), node.attr

    def views(self, sent_by: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield the noun and the name of every view that is sent something in one of these ways."""
        for name, statement in self.named.items():
            if isinstance(statement, ast.FunctionDef):
                for decorator in statement.decorator_list:
                    match decorator:
                        case ast.Call(
                            func=ast.Attribute(value=ast.Name(id=noun), attr=how), keywords=more
                        ) if how in sent_by and (how != "route" or _takes_post(more)):
                            yield noun, name


def _takes_post(keywords: list[ast.keyword]) -> bool:
    return any(each.arg == "methods" and "POST" in ast.unparse(each.value) for each in keywords)


@cache
def _read(module: str) -> Room | None:
    stem = ROOT / module.replace(".", "/")
    path = next((each for each in (stem.with_suffix(".py"), stem / "__init__.py") if each.is_file()), None)
    return None if path is None else Room(module, path.read_text())


@cache
def _refer(place: Place) -> frozenset[Place]:
    """Return what one name refers to; a name a package only passes on is what it passes on."""
    room = None if LEAVES.search(place[0]) else _read(place[0])
    if room is None:
        return frozenset()
    if place[1] in room.named:
        return frozenset(room.refer(place[1]))
    return frozenset({room.imported[place[1]]}) if place[1] in room.imported else frozenset()


def list_senders(sent_by: Collection[str] = SENT_BY) -> dict[str, Place]:
    """Return every endpoint of both doors that is sent something, and where its view stands."""
    found = {}
    for folder, front in DOORS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            room = _read(module)
            for noun, name in room.views(sent_by) if room is not None else ():
                found[f"{front}{noun}.{name}"] = (module, name)
    return found


def find_reaching(senders: Mapping[str, Place], sinks: Collection[Place]) -> set[str]:
    """Return the endpoints whose views come to one of these places."""
    named_by: dict[Place, set[Place]] = {}
    seen, waiting = set(senders.values()), list(senders.values())
    while waiting:
        place = waiting.pop()
        for other in _refer(place):
            named_by.setdefault(other, set()).add(place)
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    back, waiting = set(sinks), list(sinks)
    while waiting:
        for place in named_by.get(waiting.pop(), set()) - back:
            back.add(place)
            waiting.append(place)
    return {endpoint for endpoint, place in senders.items() if place in back}
