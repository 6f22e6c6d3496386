"""What a guard of a table alone stands against: statements it refuses, written over the rows of the town."""

from __future__ import annotations

from dataclasses import dataclass

from voucher.plumbing.db import Model

GOES_IN = "goes in"
NOBODY = 987654321


@dataclass(frozen=True, slots=True)
class Sin:
    """Statements that one guard of a table refuses."""

    guard: str
    table: str
    statements: tuple[str, ...]


def change(table: str, assignment: str, guard: str, where: str = "") -> Sin:
    """Return a sin that changes one standing row, the oldest that is meant."""
    meant = f"WHERE {where}" if where else ""
    one = f"(SELECT MIN(id) FROM {table} {meant})"
    return Sin(guard, table, (f"UPDATE {table} SET {assignment} WHERE id = {one}",))


def copy(table: str, guard: str, where: str = "", /, **changed: object) -> Sin:
    """Return a sin that writes a standing row once more, with some columns changed."""
    columns = [each.name for each in Model.metadata.tables[table].columns]
    taken = {"id": "900000 + id", **{name: str(each) for name, each in changed.items()}}
    values = ", ".join(taken.get(each, each) for each in columns)
    meant = f"WHERE {where}" if where else ""
    rows = f"SELECT {values} FROM {table} {meant} ORDER BY 1 LIMIT 1"
    return Sin(guard, table, (f"INSERT INTO {table} ({', '.join(columns)}) {rows}",))
