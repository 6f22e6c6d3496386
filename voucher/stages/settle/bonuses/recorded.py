"""What the office has entered of places and honours, as an application for an award is held against it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from voucher.registry.dictionaries import name_words
from voucher.registry.talents.awards import AwardLine, list_contested
from voucher.registry.talents.competitions import CompetitionResult, Held, list_held, list_results
from voucher.rules.bonus_judges import AwardRecord
from voucher.rules.bonus_kinds import KINDS, BonusKind, Proof
from voucher.rules.bonuses import BonusStandard
from voucher.rules.competitions import find_first_entered, spell_contest
from voucher.rules.dictionaries import Dictionary
from voucher.stages.settle.award_doubts import tell_apart


@dataclass(frozen=True, slots=True)
class Recorded:
    """Places, those taken back among them, and honours held, by person; empty for what is no award.

    `titles` are the names of the honours by code, `filer_id` the person who files the application,
    `contested` the places somebody asks to take back and nobody has decided.
    """

    filer_id: int = 0
    results: Mapping[int, Sequence[CompetitionResult]] = field(default_factory=dict)
    honours: Mapping[int, Sequence[Held]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    contested: Collection[int] = ()

    def find(
        self, standard: BonusStandard, person_id: int, occasion: str, happened_on: date
    ) -> AwardRecord | None:
        """Return what was entered that an award is given for, of the day itself first; None for nothing.

        A place is one of this class and number, in a contest whose name stands in what was typed.
        """
        if KINDS[standard.kind].proof is Proof.HONOUR:
            found = self._list_honours(standard, person_id)
        else:
            found = self._list_places(standard, person_id, spell_contest(occasion))
        return min(found, key=lambda each: each.awarded_on != happened_on, default=None)

    def _list_honours(self, standard: BonusStandard, person_id: int) -> list[AwardRecord]:
        return [
            AwardRecord(standard.name, each.awarded_on, each.recorded_by_person_id == self.filer_id)
            for each in self.honours.get(person_id, ())
            if self.titles.get(each.honour, each.honour) == standard.name
        ]

    def _list_places(self, standard: BonusStandard, person_id: int, said: str) -> list[AwardRecord]:
        rows = self.results.get(person_id, ())
        entered = tell_apart(rows)
        return [
            AwardRecord(
                f"{each.contest} 第 {each.place} 名",
                each.awarded_on,
                each.recorded_by_person_id == self.filer_id,
                find_first_entered(row, entered),
            )
            for each, row in zip(rows, entered, strict=True)
            if row.stands
            and each.id not in self.contested
            and f"{each.competition}_{each.place}" == standard.item_code
            and (spelled := spell_contest(each.contest))
            and spelled in said
        ]


def read_recorded(
    session: Session, kind: BonusKind, person_ids: Sequence[int], on: date, filer_id: int
) -> Recorded:
    """Return what was entered of people for awards of a kind, as it stands on a day."""
    proof = KINDS[kind].proof
    if proof is Proof.PLACE:
        results: dict[int, list[CompetitionResult]] = {}
        rows = list_results(session, person_ids)
        for each in rows:
            results.setdefault(each.person_id, []).append(each)
        contested = list_contested(session, AwardLine.result_id, [each.id for each in rows])
        return Recorded(filer_id, results=results, contested=contested)
    if proof is Proof.HONOUR:
        titles = name_words(session, Dictionary.HONOUR)
        return Recorded(filer_id, honours=list_held(session, person_ids, on), titles=titles)
    return Recorded(filer_id)
