"""What the office has entered of places and honours, as an application for an award is held against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from voucher.registry.competitions import read_honours, read_placed
from voucher.registry.dictionaries import name_words
from voucher.rules.bonuses import BonusKind, BonusStandard
from voucher.rules.competitions import Placed, spell_contest
from voucher.rules.dictionaries import Dictionary


@dataclass(frozen=True, slots=True)
class Recorded:
    """Places that stand and the names of honours held, by person; empty for what is no award."""

    placed: Mapping[int, Sequence[Placed]] = field(default_factory=dict)
    honours: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def find(self, standard: BonusStandard, person_id: int, occasion: str) -> str | None:
        """Return in words what was entered that an award is given for; None where nothing was.

        A place is one of this class and number, in a contest whose name stands in what was typed.
        """
        if standard.kind is BonusKind.HONOUR_AWARD:
            return standard.name if standard.name in self.honours.get(person_id, ()) else None
        said = spell_contest(occasion)
        for each in self.placed.get(person_id, ()):
            if (
                f"{each.competition}_{each.place}" == standard.item_code
                and spell_contest(each.contest) in said
            ):
                return f"{each.contest} 第 {each.place} 名"
        return None


def read_recorded(session: Session, kind: BonusKind, person_ids: Sequence[int], on: date) -> Recorded:
    """Return what was entered of people for awards of a kind, as it stands on a day."""
    if kind is BonusKind.COMPETITION_AWARD:
        return Recorded(placed=read_placed(session, person_ids))
    if kind is BonusKind.HONOUR_AWARD:
        names = name_words(session, Dictionary.HONOUR)
        held = read_honours(session, person_ids, on)
        return Recorded(
            honours={key: frozenset(names.get(each, each) for each in codes) for key, codes in held.items()}
        )
    return Recorded()
