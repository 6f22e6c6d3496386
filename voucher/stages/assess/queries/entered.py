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
from voucher.stages.assess.reading import find_counting_results

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
    """An exam somebody was entered for; `entry` only where on a place or an honour.

    `passed` is None until the scores are out; `carried` says that a subject was brought from an earlier one.
    """

    trade_code: str
    exam_on: date
    entry: Entry | None
    passed: bool | None
    attempt: int
    carried: bool


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
    entered = {key: exams for key, each in earned.items() if (exams := _find_exams(each, sat, aliases))}
    person_ids = sorted({earned[key].person_id for key in entered})
    placed = competitions.read_placed(session, person_ids)
    honours = {
        on: competitions.read_honours(session, person_ids, on)
        for on in {exam.exam_on for exams in entered.values() for exam, _ in exams}
    }
    found: dict[Key, Refusal | None] = {}
    for key, exams in entered.items():
        person_id = earned[key].person_id
        found[key] = None
        for exam, entry in exams:
            try:
                check_still_recorded(
                    entry, exam.trade_code, exam.exam_on, placed.get(person_id, ()),
                    honours[exam.exam_on].get(person_id, ()), aliases, act,
                )  # fmt: skip
            except Refused as refused:
                found[key] = refused.refusal
                break
    return found


def _list_sat(session: Session, person_ids: Sequence[int]) -> dict[tuple[int, int, int], list[_Sat]]:
    """Return all exams of who ever entered one on a place or an honour, newest first.

    By person, house and level; whatever way each was entered by, as a certificate may come of another one.
    """
    entered = find_entered_people(session, person_ids)
    if not entered:
        return {}
    rows = session.execute(
        select(Candidate, ExamBatch, CandidateEntry)
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .outerjoin(CandidateEntry, CandidateEntry.candidate_id == Candidate.id)
        .where(among(session, Candidate.person_id, entered), ExamBatch.state != "cancelled")
        .order_by(ExamBatch.exam_on.desc(), ExamBatch.id.desc())
    ).all()
    scores = find_counting_results(session, [sat.id for sat, batch, _ in rows if batch.state == "published"])
    found: dict[tuple[int, int, int], list[_Sat]] = {}
    for sat, batch, row in rows:
        passed = sat.id in scores and bool(scores[sat.id].passed) if batch.state == "published" else None
        carried = sat.carried_theory_hundredths is not None or sat.carried_skill_hundredths is not None
        exam = _Sat(batch.trade_code, batch.exam_on, _read_entry(row), passed, sat.attempt, carried)
        found.setdefault((sat.person_id, batch.institution_id, batch.level), []).append(exam)
    return found


def _read_entry(row: CandidateEntry | None) -> Entry | None:
    if row is None or row.way not in WAYS:
        return None
    return Entry(
        EntryWay(row.way), row.evidence, award=row.award,
        competition=row.competition, team=row.team, place=row.place,
    )  # fmt: skip


def _find_exams(
    earned: Earned, sat: Mapping[tuple[int, int, int], Sequence[_Sat]], aliases: Mapping[str, str]
) -> list[tuple[_Sat, Entry]]:
    """Return what was entered on a place or an honour of the exams a certificate came of.

    That is the newest one passed before it, with those it brought a subject from; while none is out, the
    newest one at all.
    """
    trade = canonical_occupation(earned.trade_code, aliases)
    exams = [
        each
        for each in sat.get((earned.person_id, earned.institution_id, earned.level), ())
        if each.exam_on <= earned.issued_on and canonical_occupation(each.trade_code, aliases) == trade
    ]
    passed = [each for each in exams if each.passed]
    chosen = (passed or [each for each in exams if each.passed is None])[:1]
    if chosen and chosen[0].carried:
        chosen += [each for each in exams if each.attempt < chosen[0].attempt]
    return [(each, each.entry) for each in chosen if each.entry is not None]
