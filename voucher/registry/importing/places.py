"""Which region a cell means: its code, or its name where the name is somebody's alone."""

from __future__ import annotations

import re
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.spreadsheets import Cell, cell_text
from voucher.registry.catalogue import REGION_UNKNOWN, Region
from voucher.rules.actor import REGION_FOREIGN, Actor, Role
from voucher.rules.errors import Refusal
from voucher.rules.levels import clean_word, mask_code

_BRACKETS = re.compile(r"[()]")


class Places:
    """Every region by code and by name, alone or behind the names of those above it."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(select(Region.code, Region.name, Region.parent_code)).all()
        self._parents = {code: parent for code, _, parent in rows}
        self._names = {code: name for code, name, _ in rows}

    @cached_property
    def _by_name(self) -> dict[str, set[str]]:
        # most files name regions by code: only the others need the spellings of thousands of streets
        found: dict[str, set[str]] = {}
        for code in self._names:
            for name in self._spellings(code):
                found.setdefault(name, set()).add(code)
        return found

    def _spellings(self, code: str) -> set[str]:
        own = [part for part in _BRACKETS.split(clean_word(self._names[code])) if part]
        found = set(own)
        above = ""
        parent = self._parents[code]
        while parent is not None:
            above = clean_word(self._names[parent]) + above
            found.update(above + name for name in own)
            parent = self._parents[parent]
        return found

    def read(self, cell: Cell) -> str:
        """Return the code of the region a cell names. Raises region_unknown."""
        word = clean_word(cell_text(cell))
        if word in self._names:
            return word
        found = self._by_name.get(word, set())
        if len(found) != 1:
            raise REGION_UNKNOWN.refused(region=mask_code(word))
        return next(iter(found))

    def read_home(self, cell: Cell) -> str:
        """Return the code of a person's home region; what lies in another province counts as that province.

        Whole tables of other provinces need not be loaded for that. Raises region_unknown.
        """
        word = clean_word(cell_text(cell))
        if re.fullmatch(r"[0-9]{6}", word) and word not in self._names:
            province = f"{word[:2]}0000"
            if province in self._names and not any(
                code[:2] == word[:2] for code in self._names if code != province
            ):
                return province
        return self.read(cell)


def find_foreign(actor: Actor, region_code: str, roles: tuple[Role, ...]) -> Refusal | None:
    """Return the refusal where none of the actor's grants of these roles reaches the region."""
    if any(region_code in actor.reach.get(role, frozenset()) for role in roles):
        return None
    return REGION_FOREIGN.refusal(region=region_code)
