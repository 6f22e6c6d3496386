"""Whether what let somebody into an exam still stands, asked of the certificate that came of the exam.

Only places in contests and honours are asked for again: they are entered, and taken back, by the office.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.registry import catalogue
from voucher.registry.talents import competitions
from voucher.rules.competitions import RECORDED_WAYS, check_still_recorded
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.errors import Refusal, Refused
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.models_examiners import CandidateEntry

WAYS = tuple(str(each) for each in RECORDED_WAYS)
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Earned:
    """A certificate as its exam is found: whose it is, who issued it, for what, when; level 0 is none."""

    person_id: int
    institution_id: int
    trade_code: str
    level: int
    issued_on: date


@dataclass(frozen=True, slots=True)
class _Sat:
    trade_code: str
    exam_on: date
    entry: Entry


def find_entered_people(session: Session, person_ids: Sequence[int]) -> set[int]:
    """Return who of some people ever entered an exam on a place or an honour."""
    rows = session.scalars(
        select(Candidate.person_id)
        .join(CandidateEntry, CandidateEntry.candidate_id == Candidate.id)
        .where(among(session, Candidate.person_id, person_ids), CandidateEntry.way.in_(WAYS))
    )
    return set(rows)


def find_recorded_entries(
    session: Session, earned: Mapping[Key, Earned], act: str
) -> dict[Key, Refusal | None]:
    """Return, for every certificate whose exam was entered on a place or an honour, why that bars an act.

    None where it still stands; a certificate of any other exam, or of none here, is not among them.
    """
    sat = _list_sat(session, [each.person_id for each in earned.values()])
    if not sat:
        return {}
    aliases = catalogue.read_aliases(session)
    entered = {
        key: exam for key, each in earned.items() if (exam := _find_exam(each, sat, aliases)) is not None
    }
    person_ids = sorted({earned[key].person_id for key in entered})
    placed = competitions.read_placed(session, person_ids)
    honours = {
        on: competitions.read_honours(session, person_ids, on)
        for on in {exam.exam_on for exam in entered.values()}
    }
    found: dict[Key, Refusal | None] = {}
    for key, exam in entered.items():
        person_id = earned[key].person_id
        try:
            check_still_recorded(
                exam.entry, exam.trade_code, exam.exam_on, placed.get(person_id, ()),
                honours[exam.exam_on].get(person_id, ()), aliases, act,
            )  # fmt: skip
            found[key] = None
        except Refused as refused:
            found[key] = refused.refusal
    return found


def _list_sat(session: Session, person_ids: Sequence[int]) -> dict[tuple[int, int, int], list[_Sat]]:
    """Return the exams people entered on a place or an honour, newest first, by person, house and level."""
    rows = session.execute(
        select(CandidateEntry, Candidate.person_id, ExamBatch)
        .join(Candidate, Candidate.id == CandidateEntry.candidate_id)
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .where(
            among(session, Candidate.person_id, person_ids),
            CandidateEntry.way.in_(WAYS),
            ExamBatch.state != "cancelled",
        )
        .order_by(ExamBatch.exam_on.desc(), ExamBatch.id.desc())
    )
    found: dict[tuple[int, int, int], list[_Sat]] = {}
    for row, person_id, batch in rows:
        entry = Entry(
            EntryWay(row.way), row.evidence, award=row.award,
            competition=row.competition, team=row.team, place=row.place,
        )  # fmt: skip
        key = (person_id, batch.institution_id, batch.level)
        found.setdefault(key, []).append(_Sat(batch.trade_code, batch.exam_on, entry))
    return found


def _find_exam(
    earned: Earned, sat: Mapping[tuple[int, int, int], Sequence[_Sat]], aliases: Mapping[str, str]
) -> _Sat | None:
    """Return the newest exam before a certificate that it can have come of."""
    trade = canonical_occupation(earned.trade_code, aliases)
    for exam in sat.get((earned.person_id, earned.institution_id, earned.level), ()):
        same = canonical_occupation(exam.trade_code, aliases) == trade
        if same and exam.exam_on <= earned.issued_on:
            return exam
    return None
