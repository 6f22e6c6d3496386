"""A candidate appeals: against a published result, a refusal at the door, or a refused registration."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from voucher.ledger import states
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.institutions import EvaluatorFiling, EvaluatorScope
from voucher.rules.actor import Role, check_role
from voucher.rules.appeals import SOURCE, AppealKind, check_appeal_time, last_appeal_day
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.words import check_why
from voucher.stages.assess.appeals.reading import ACCEPT, due_on, seal_words
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult, SkillReading
from voucher.stages.assess.models_appeals import (
    APPEALED_ALREADY,
    OVER,
    SAID_CONTEXT,
    WHY_LATE_CONTEXT,
    Appeal,
    AppealHand,
)
from voucher.stages.assess.models_arrivals import ExamArrival
from voucher.stages.assess.models_examiners import ExamExaminer
from voucher.stages.assess.reading import find_counting_results
from voucher.stages.assess.telling import tell_appellants
from voucher.stages.train.queries.trained import classes_of

WORKDAYS = "appeal_workdays"

SUBJECT_MISSING = reason(
    "appeal_subject_missing",
    "没有找到您可以申请复核的这件事",
    "请从“成绩与复核”里选择；成绩已更正的，请对更正后的成绩申请复核",
    SOURCE,
    Family.MISSING,
)
APPEAL_OVER = reason(
    "appeal_over",
    "对此的复核申请 {number} 已有最终结果，不能再次申请",
    "请查看最终答复；对评价机构的其他意见，请拨打 12333 反映",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Against:
    """What is appealed against, where, on which day, and who had a hand in it."""

    kind: AppealKind
    institution_id: int
    region_code: str
    happened_on: date
    candidate_id: int | None = None
    result_id: int | None = None
    arrival_id: int | None = None
    voucher_id: int | None = None
    hands: frozenset[int] = frozenset()


def appeal_result(work: Work, result_id: int, said: str, why_late: str = "") -> Appeal:
    """Appeal against one's own published result, the one that counts.

    Raises Refused role_missing, appeal_subject_missing (also for somebody else's), appealed_already,
    appeal_over, appeal_late, why_missing, parameter_missing, calendar_year_missing.
    """
    check_role(work.actor, Role.WORKER)
    result = work.session.get(ExamResult, result_id)
    candidate = _own(work, result.candidate_id) if result is not None else None
    batch = work.session.get_one(ExamBatch, candidate.batch_id) if candidate is not None else None
    if result is None or candidate is None or batch is None or result.confirmed_at is None:
        raise SUBJECT_MISSING.refused()
    counting = find_counting_results(work.session, [candidate.id])[candidate.id]
    if batch.state != "published" or counting.id != result.id:
        raise SUBJECT_MISSING.refused()
    against = Against(
        AppealKind.RESULT,
        batch.institution_id,
        batch.region_code,
        day_of(result.confirmed_at),
        candidate_id=candidate.id,
        result_id=result.id,
        hands=frozenset(_hands_in_result(work.session, batch, candidate.id)),
    )
    return _file(work, against, Appeal.result_id == result.id, said, why_late)


def appeal_door(work: Work, arrival_id: int, said: str, why_late: str = "") -> Appeal:
    """Appeal against having been turned away at the door of an exam and not let in after all.

    Raises Refused what `appeal_result` refuses.
    """
    check_role(work.actor, Role.WORKER)
    arrival = work.session.get(ExamArrival, arrival_id)
    candidate = _own(work, arrival.candidate_id) if arrival is not None else None
    if arrival is None or candidate is None or arrival.code is None or candidate.admitted_at is not None:
        raise SUBJECT_MISSING.refused()
    batch = work.session.get_one(ExamBatch, arrival.batch_id)
    against = Against(
        AppealKind.DOOR,
        batch.institution_id,
        batch.region_code,
        day_of(arrival.at),
        candidate_id=candidate.id,
        arrival_id=arrival.id,
        hands=frozenset({arrival.by_person_id}),
    )
    return _file(work, against, Appeal.arrival_id == arrival.id, said, why_late)


def appeal_registration(
    work: Work, voucher_id: int, institution_id: int, refused_on: date, said: str, why_late: str = ""
) -> Appeal:
    """Appeal against an evaluator that would not list the holder of a trained voucher for an exam.

    Raises Refused what `appeal_result` refuses, appeal_day_ahead.
    """
    check_role(work.actor, Role.WORKER)
    voucher = work.session.get(Voucher, voucher_id)
    if (
        voucher is None
        or voucher.holder_person_id != work.actor.person_id
        or voucher.state != "trained"
        or institution_id not in (regions := find_evaluators(work.session, voucher.id))
    ):
        raise SUBJECT_MISSING.refused()
    against = Against(
        AppealKind.REGISTRATION, institution_id, regions[institution_id], refused_on, voucher_id=voucher.id
    )
    same = (
        (Appeal.voucher_id == voucher.id)
        & (Appeal.institution_id == institution_id)
        & ((Appeal.happened_on == refused_on) | Appeal.state.not_in(OVER))
    )
    return _file(work, against, same, said, why_late)


def find_evaluators(session: Session, voucher_id: int) -> dict[int, str]:
    """Return who may examine the holder of a trained voucher near by, each with the region it is filed in."""
    taught = classes_of(session, [voucher_id]).get(voucher_id)
    if taught is None:
        return {}
    aliases = catalogue.read_aliases(session)
    now = canonical_occupation(taught.trade_code, aliases)
    codes = {now, taught.trade_code} | {
        code for code in aliases if canonical_occupation(code, aliases) == now
    }
    region = session.scalars(select(Voucher.region_code).where(Voucher.id == voucher_id)).one()
    rows = session.execute(
        select(EvaluatorFiling.institution_id, EvaluatorFiling.region_code)
        .join(EvaluatorScope, EvaluatorScope.filing_id == EvaluatorFiling.id)
        .where(
            EvaluatorScope.trade_code.in_(sorted(codes)),
            EvaluatorScope.level == taught.level,
            EvaluatorFiling.region_code.in_(sorted(catalogue.list_ancestry(session, region))),
        )
        .order_by(EvaluatorFiling.id)
    )
    return dict(rows.all())


def _own(work: Work, candidate_id: int | None) -> Candidate | None:
    candidate = work.session.get(Candidate, candidate_id) if candidate_id is not None else None
    return candidate if candidate is not None and candidate.person_id == work.actor.person_id else None


def _hands_in_result(session: Session, batch: ExamBatch, candidate_id: int) -> Collection[int]:
    """Return who marked, entered, agreed to or published the scores of a candidate."""
    entered = session.execute(
        select(ExamResult.entered_by_person_id, ExamResult.confirmed_by_person_id).where(
            ExamResult.candidate_id == candidate_id
        )
    )
    read = session.scalars(
        select(SkillReading.entered_by_person_id).where(SkillReading.candidate_id == candidate_id)
    )
    marked = session.scalars(
        select(ExamExaminer.person_id).where(
            ExamExaminer.batch_id == batch.id, ExamExaminer.removed_at.is_(None)
        )
    )
    hands = {each for row in entered for each in row} | set(read) | set(marked)
    return {each for each in hands | {batch.entered_by_person_id, batch.published_by_person_id} if each}


def _file(work: Work, against: Against, same: ColumnElement[bool], said: str, why_late: str) -> Appeal:
    """Write an appeal down and begin its life, unless there was one; the voucher behind it is locked."""
    words = check_why(said)
    said_sealed = seal_words(work, words, SAID_CONTEXT)
    voucher_id = against.voucher_id
    if against.candidate_id is not None:
        voucher_id = work.session.get_one(Candidate, against.candidate_id).voucher_id
    if voucher_id is not None:
        lock_vouchers(work, Voucher.id == voucher_id)
    _check_first(work.session, same, against)
    regions = catalogue.list_ancestry(work.session, against.region_code)
    days = tables.require_parameter_number(work.session, WORKDAYS, work.today, regions)
    last_on = last_appeal_day(against.happened_on, days, tables.read_calendar(work.session))
    is_late = check_appeal_time(against.happened_on, last_on, work.today, why_late)
    filed = Appeal(
        kind=str(against.kind),
        person_id=work.actor.person_id,
        institution_id=against.institution_id,
        region_code=against.region_code,
        candidate_id=against.candidate_id,
        result_id=against.result_id,
        arrival_id=against.arrival_id,
        voucher_id=against.voucher_id,
        happened_on=against.happened_on,
        said_sealed=said_sealed,
        why_late_sealed=seal_words(work, why_late.strip(), WHY_LATE_CONTEXT) if is_late else None,
        filed_at=work.at,
        due_on=due_on(work, against.region_code, ACCEPT),
        **states.first_state(Thing.APPEAL, "file"),
    )
    work.session.add(filed)
    work.session.flush()
    states.begin(work, Thing.APPEAL, [filed.id], "file", content={filed.id: {"kind": filed.kind}})
    work.session.add_all(AppealHand(appeal_id=filed.id, person_id=each) for each in sorted(against.hands))
    work.session.flush()
    tell_appellants(work, [filed], "file")
    return filed


def _check_first(session: Session, same: ColumnElement[bool], against: Against) -> None:
    """Refuse a second appeal against the same. Raises appealed_already, appeal_over."""
    if against.candidate_id is not None:  # none for a registration, where no candidate is everybody's
        live = (Appeal.candidate_id == against.candidate_id) & (Appeal.kind == str(against.kind))
        same |= live & Appeal.state.not_in(OVER)
    query = select(Appeal).where(same, Appeal.state != "withdrawn")
    for each in session.scalars(query.order_by(Appeal.id)):
        if each.state in OVER:
            raise APPEAL_OVER.refused(number=each.number)
        raise APPEALED_ALREADY.refused()
