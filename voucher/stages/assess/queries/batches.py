"""Exam batches and their candidates as an evaluator or an officer reads them: counted, names masked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue, people
from voucher.registry.institutions import Institution
from voucher.rules.entries import Entry
from voucher.rules.levels import Level, name_level
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.privacy import mask_identity, mask_identity_end, mask_name
from voucher.rules.scores import ScoreMark, TwiceRead
from voucher.rules.shares import shown_share
from voucher.stages.assess.entries import read_entries, tell_entries
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.reading import (
    BATCH_MISSING,
    find_counting_results,
    find_newest_results,
    list_batch_candidates,
)
from voucher.stages.assess.readings import read_twice

NO_LEVEL = "不分等级"


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch with the names behind its codes and how far it has come; `passed` counts after publication."""

    batch: ExamBatch
    evaluator_name: str
    trade_name: str
    level_name: str
    state_name: str
    candidates: int
    admitted: int
    entered: int
    passed: int


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A candidate, masked, with the scores that count in hundredths, or before publication the newest.

    What is judged by hand, practical and comprehensive, is empty (`skill_hidden`) for everybody but its
    reader until the second entry is in; `second_…` are that entry. `passed` is what counts, None before
    publication and for the absent; `pending_result_id` is a correction that waits for a second person.
    `held` are person, level and number of a certificate the entry names.
    """

    candidate_id: int
    masked_name: str
    masked_number: str
    voucher_id: int | None
    voucher_number: str | None
    voucher_state: str | None
    admitted_at: datetime | None
    theory_hundredths: int | None
    skill_hundredths: int | None
    revision: int | None
    passed: bool | None
    pending_result_id: int | None
    mark: str | None = None
    attempt: int = 1
    carried_theory_hundredths: int | None = None
    carried_skill_hundredths: int | None = None
    twice_read: str = TwiceRead.UNNEEDED
    skill_hidden: bool = False
    second_skill_hundredths: int | None = None
    entered_by_person_id: int | None = None
    entry_way: str | None = None
    entry_evidence: str | None = None
    entry_facts: tuple[str, ...] = ()
    held: tuple[int, int, str] | None = None
    comprehensive_hundredths: int | None = None
    carried_comprehensive_hundredths: int | None = None
    second_comprehensive_hundredths: int | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """An evaluator's own published exams: how many sat and passed, the share in basis points."""

    batches: int
    listed: int
    sat: int
    passed: int
    pass_rate_bp: int | None


def get_batch(
    session: Session, batch_id: int, regions: Collection[str], evaluator_ids: Collection[int] = ()
) -> ExamBatch:
    """Return a batch of these regions or evaluators. Raises Refused exam_batch_missing, also for others'."""
    found = session.scalars(
        select(ExamBatch).where(ExamBatch.id == batch_id, _within(regions, evaluator_ids))
    ).first()
    if found is None:
        raise BATCH_MISSING.refused()
    return found


def list_batches(
    session: Session,
    regions: Collection[str],
    evaluator_ids: Collection[int] = (),
    *,
    institution_id: int | None = None,
    state: str | None = None,
    before_id: int | None = None,
    limit: int = 20,
) -> list[ExamBatch]:
    """Return the newest batches of these regions and evaluators; nothing else."""
    query = select(ExamBatch).where(_within(regions, evaluator_ids))
    if institution_id is not None:
        query = query.where(ExamBatch.institution_id == institution_id)
    if state is not None:
        query = query.where(ExamBatch.state == state)
    if before_id is not None:
        query = query.where(ExamBatch.id < before_id)
    return list(session.scalars(query.order_by(ExamBatch.id.desc()).limit(limit)))


def _within(regions: Collection[str], evaluator_ids: Collection[int]) -> ColumnElement[bool]:
    here = ExamBatch.region_code.in_(sorted(regions))
    return here | ExamBatch.institution_id.in_(sorted(evaluator_ids))


def view_batches(session: Session, batches: Sequence[ExamBatch]) -> list[BatchView]:
    """Return batches with names and counters, in the order given."""
    ids = [each.id for each in batches]
    rows = session.execute(
        select(Institution.id, Institution.name).where(
            Institution.id.in_({each.institution_id for each in batches})
        )
    )
    names = dict(rows.all())
    trades = catalogue.name_trades(session, [each.trade_code for each in batches])
    counted = {
        batch_id: (candidates, admitted)
        for batch_id, candidates, admitted in session.execute(
            select(Candidate.batch_id, func.count(), func.count(Candidate.admitted_at))
            .where(Candidate.batch_id.in_(ids))
            .group_by(Candidate.batch_id)
        )
    }
    owners = dict(
        session.execute(select(Candidate.id, Candidate.batch_id).where(Candidate.batch_id.in_(ids))).all()
    )
    entered = [owners[each] for each in find_newest_results(session, owners)]
    passed = [owners[key] for key, each in find_counting_results(session, owners).items() if each.passed]
    return [
        BatchView(
            batch=each,
            evaluator_name=names[each.institution_id],
            trade_name=trades.get(each.trade_code, each.trade_code),
            level_name=name_level(Level(each.level)) if each.level else NO_LEVEL,
            state_name=STATE_NAMES[Thing.EXAM_BATCH][each.state],
            candidates=counted.get(each.id, (0, 0))[0],
            admitted=counted.get(each.id, (0, 0))[1],
            entered=entered.count(each.id),
            passed=passed.count(each.id),
        )
        for each in batches
    ]


def list_candidates(
    session: Session,
    keyring: Keyring,
    batch_id: int,
    *,
    after_id: int = 0,
    limit: int | None = None,
    reader_id: int | None = None,
) -> list[CandidateView]:
    """Return the candidates of a batch after an id in the order they were listed, masked for a reader."""
    batch = session.get_one(ExamBatch, batch_id)
    listed = list_batch_candidates(session, batch_id, after_id=after_id, limit=limit)
    named = people.read_people(session, keyring, [each.person_id for each in listed])
    paid = {each.voucher_id for each in listed if each.voucher_id}
    vouchers = {each.id: each for each in session.scalars(select(Voucher).where(Voucher.id.in_(paid)))}
    ids = [each.id for each in listed]
    facts = tell_entries(session, ways := read_entries(session, ids))
    newest, counting = find_newest_results(session, ids), find_counting_results(session, ids)
    twice = read_twice(session, batch, listed) if batch.state == "planned" else {}
    made = []
    for each in listed:
        standing, second = twice.get(each.id, (TwiceRead.UNNEEDED, None))
        person, last, counts = named.get(each.person_id), newest.get(each.id), counting.get(each.id)
        voucher = vouchers[each.voucher_id] if each.voucher_id is not None else None
        scores = counts or last  # no score beside a verdict it did not come to
        pending = last.id if last is not None and counts is not None and last.id != counts.id else None
        reader = scores.entered_by_person_id if scores is not None else None
        hidden = scores is not None and standing is TwiceRead.WAITING and reader != reader_id
        made.append(
            CandidateView(
                candidate_id=each.id,
                masked_name=mask_name(person.name) if person is not None else "（已注销）",
                masked_number=_mask_number(batch, each, person.number if person is not None else None),
                voucher_id=each.voucher_id,
                voucher_number=voucher.number if voucher is not None else None,
                voucher_state=STATE_NAMES[Thing.VOUCHER][voucher.state] if voucher is not None else None,
                admitted_at=each.admitted_at,
                theory_hundredths=scores.theory_hundredths if scores is not None else None,
                skill_hundredths=scores.skill_hundredths if scores is not None and not hidden else None,
                revision=scores.revision if scores is not None else None,
                passed=bool(counts.passed) if counts is not None else None,
                pending_result_id=pending,
                mark=scores.mark if scores is not None else None,
                attempt=each.attempt,
                carried_theory_hundredths=each.carried_theory_hundredths,
                carried_skill_hundredths=each.carried_skill_hundredths,
                twice_read=standing,
                skill_hidden=hidden,
                second_skill_hundredths=second.skill_hundredths if second is not None else None,
                entered_by_person_id=reader,
                entry_way=ways[each.id].way if each.id in ways else None,
                entry_evidence=ways[each.id].evidence if each.id in ways else None,
                entry_facts=facts.get(each.id, ()),
                held=_name_held(each, ways.get(each.id)),
                comprehensive_hundredths=scores.comprehensive_hundredths if scores and not hidden else None,
                carried_comprehensive_hundredths=each.carried_comprehensive_hundredths,
                second_comprehensive_hundredths=second.comprehensive_hundredths if second else None,
            )
        )
    return made


def _name_held(candidate: Candidate, entry: Entry | None) -> tuple[int, int, str] | None:
    if entry is None or entry.held_level is None or entry.held_number is None:
        return None
    return candidate.person_id, entry.held_level, entry.held_number


def _mask_number(batch: ExamBatch, candidate: Candidate, number: str | None) -> str:
    """Return a number masked; whoever is still to come types its end at the door and must not read it."""
    if number is None:
        return ""
    expected = batch.state == "planned" and candidate.admitted_at is None
    return mask_identity_end(number) if expected else mask_identity(number)


def read_statistics(session: Session, evaluator_id: int) -> Statistics:
    """Return an evaluator's own numbers over all its published exams (pass rate of those who sat)."""
    rows = session.execute(
        select(Candidate.id, Candidate.batch_id)
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .where(ExamBatch.institution_id == evaluator_id, ExamBatch.state == "published")
    ).all()
    counting = find_counting_results(session, [candidate_id for candidate_id, _ in rows])
    passed = sum(1 for each in counting.values() if each.passed)
    sat = sum(1 for each in counting.values() if each.mark != ScoreMark.ABSENT)
    return Statistics(
        batches=len({batch_id for _, batch_id in rows}),
        listed=len(rows),
        sat=sat,
        passed=passed,
        pass_rate_bp=shown_share(passed, sat) if sat else None,
    )
