"""Examiners: filed by their evaluator, assigned to exams, enough of them before anybody is let in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.importing.reading import PERIOD_REVERSED
from voucher.registry.people import Newcomer
from voucher.registry.teaching import list_teaching_persons
from voucher.rules.actor import ROLE_MISSING, Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.examiners import (
    EXAMINER_BUSY,
    EXAMINERS_SOURCE,
    check_examiner_filed,
    check_examiners_apart,
    check_examiners_enough,
)
from voucher.stages.assess.models import ExamBatch
from voucher.stages.assess.models_examiners import ExamExaminer, Examiner
from voucher.stages.assess.newcomers import open_strangers
from voucher.stages.assess.reading import check_planned, check_why, list_batch_candidates, lock_own_batch
from voucher.stages.train.queries.trained import classes_of

EXAMINER_MISSING = reason(
    "examiner_missing",
    "没有找到这名考评员",
    "请从本机构的考评员名单重新选择",
    EXAMINERS_SOURCE,
    Family.MISSING,
)
EXAMINER_INCOMPLETE = reason(
    "examiner_incomplete", "没有填写考评员证书编号", "请对照考评员证书填写编号", EXAMINERS_SOURCE
)
EXAMINER_FILED_ALREADY = reason(
    "examiner_filed_already",
    "此人在这段时间已登记为本机构考评员",
    "续期请在原登记到期之后起算；登记有误的，请先停用原登记",
    EXAMINERS_SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class NewExaminer:
    """An examiner as the card says: person in canonical form, number of the card, days in force."""

    institution_id: int
    person: Newcomer
    card_number: str
    since: date
    until: date | None


def file_examiner(work: Work, new: NewExaminer) -> Examiner:
    """File somebody as an examiner of the actor's own evaluator.

    Raises Refused role_missing, examiner_incomplete, period_reversed, candidate_name_differs,
    examiner_filed_already.
    """
    check_role(work.actor, Role.EVALUATOR_ADMIN)
    if not work.actor.serves(new.institution_id, Role.EVALUATOR_ADMIN):
        raise ROLE_MISSING.refused(needed="该评价机构管理员")
    if not new.card_number.strip():
        raise EXAMINER_INCOMPLETE.refused()
    if new.until is not None and new.until < new.since:
        raise PERIOD_REVERSED.refused()
    (person_id,) = open_strangers(work, [new.person])
    for before in work.session.scalars(
        select(Examiner).where(Examiner.institution_id == new.institution_id, Examiner.person_id == person_id)
    ):
        ends_before = before.until is not None and before.until < new.since
        begins_after = new.until is not None and new.until < before.since
        if not (ends_before or begins_after):
            raise EXAMINER_FILED_ALREADY.refused()
    made = Examiner(
        institution_id=new.institution_id,
        person_id=person_id,
        card_number=new.card_number.strip(),
        since=new.since,
        until=new.until,
        filed_at=work.at,
        filed_by_person_id=work.actor.person_id,
    )
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, "examiner", made.id, "file", institution=new.institution_id)
    return made


def end_examiner(work: Work, examiner_id: int, why: str) -> Examiner:
    """End an examiner's filing yesterday: from today on there is no exam for whoever it was.

    Raises Refused role_missing, examiner_missing, assessment_why_missing.
    """
    check_role(work.actor, Role.EVALUATOR_ADMIN)
    found = work.session.get(Examiner, examiner_id, with_for_update=True)
    if found is None or not work.actor.serves(found.institution_id, Role.EVALUATOR_ADMIN):
        raise EXAMINER_MISSING.refused()
    told = check_why(why)
    found.until = max(found.since, work.today - timedelta(days=1))
    for each in work.session.scalars(
        select(ExamExaminer).where(
            ExamExaminer.examiner_id == found.id,
            ExamExaminer.exam_on >= work.today,
            ExamExaminer.removed_at.is_(None),
        )
    ):
        each.removed_at = work.at
    work.session.flush()
    audit.record_one(work, "examiner", found.id, "end", why=told)
    return found


def assign_examiners(work: Work, batch_id: int, examiner_ids: Collection[int]) -> list[ExamExaminer]:
    """Have exactly these examine at a planned exam; whoever was assigned before and is not named is free.

    Raises Refused role_missing, exam_batch_missing, exam_batch_closed, examiner_missing, examiner_not_filed,
    examiner_taught, examiner_is_candidate, examiner_busy.
    """
    batch = lock_own_batch(work, batch_id, Role.EVALUATOR_ADMIN)
    check_planned(batch, "指派考评员")
    wanted = sorted(set(examiner_ids))
    chosen = {
        each.id: each
        for each in work.session.scalars(
            select(Examiner).where(Examiner.id.in_(wanted), Examiner.institution_id == batch.institution_id)
        )
    }
    if len(chosen) < len(wanted):
        raise EXAMINER_MISSING.refused()
    for each in chosen.values():
        check_examiner_filed(batch.exam_on, each.since, each.until)
    before = list_assigned(work.session, batch.id)
    for old in before:
        if old.examiner_id not in chosen:
            old.removed_at = work.at
    work.session.flush()
    kept = {each.examiner_id for each in before if each.removed_at is None}
    fresh = [each for key, each in chosen.items() if key not in kept]
    _check_free(work.session, batch, [each.person_id for each in fresh])
    work.session.add_all(
        ExamExaminer(
            batch_id=batch.id,
            examiner_id=each.id,
            person_id=each.person_id,
            exam_on=batch.exam_on,
            assigned_at=work.at,
            assigned_by_person_id=work.actor.person_id,
        )
        for each in fresh
    )
    work.session.flush()
    check_apart_from_examiners(work, batch)
    audit.record_one(work, "exam_batch", batch.id, "assign_examiners", examiners=wanted)
    return list_assigned(work.session, batch.id)


def _check_free(session: Session, batch: ExamBatch, person_ids: Sequence[int]) -> None:
    busy = select(ExamExaminer.id).where(
        ExamExaminer.person_id.in_(person_ids),
        ExamExaminer.exam_on == batch.exam_on,
        ExamExaminer.removed_at.is_(None),
    )
    if session.scalars(busy.limit(1)).first() is not None:
        raise EXAMINER_BUSY.refused()


def release_examiners(work: Work, batch: ExamBatch) -> None:
    """Free everybody who was to examine at an exam that does not take place."""
    for each in list_assigned(work.session, batch.id):
        each.removed_at = work.at
    work.session.flush()


def list_assigned(session: Session, batch_id: int) -> list[ExamExaminer]:
    """Return who examines at an exam."""
    return list(
        session.scalars(
            select(ExamExaminer)
            .where(ExamExaminer.batch_id == batch_id, ExamExaminer.removed_at.is_(None))
            .order_by(ExamExaminer.id)
        )
    )


def check_apart_from_examiners(work: Work, batch: ExamBatch) -> None:
    """Refuse examiners who teach where a candidate was trained, or who are on the list themselves.

    Raises Refused examiner_taught, examiner_is_candidate, parameter_missing.
    """
    session = work.session
    assigned = [each.person_id for each in list_assigned(session, batch.id)]
    if not assigned:
        return
    candidates = list_batch_candidates(session, batch.id)
    regions = catalogue.list_ancestry(session, batch.region_code)
    apart = tables.read_flag(session, "exam_apart_from_training", batch.exam_on, regions)
    taught = classes_of(session, [each.voucher_id for each in candidates if each.voucher_id is not None])
    houses = {
        house for each in taught.values() for house in (each.institution_id, each.delivering_institution_id)
    }
    teachers = list_teaching_persons(session, houses, batch.exam_on)
    check_examiners_apart(apart, assigned, teachers, [each.person_id for each in candidates])


def check_may_begin(session: Session, batch: ExamBatch) -> None:
    """Refuse to let anybody in before enough examiners are assigned.

    Raises Refused examiners_too_few, parameter_missing.
    """
    regions = catalogue.list_ancestry(session, batch.region_code)
    needed = tables.read_parameter_number(session, "examiners_per_exam", batch.exam_on, regions)
    check_examiners_enough(len(list_assigned(session, batch.id)), needed)


def list_examiners(
    session: Session,
    institution_ids: Collection[int],
    *,
    before_id: int | None = None,
    limit: int | None = None,
) -> list[Examiner]:
    """Return the examiners these evaluators filed, the newest first."""
    wanted = select(Examiner).where(Examiner.institution_id.in_(sorted(institution_ids)))
    if before_id is not None:
        wanted = wanted.where(Examiner.id < before_id)
    return list(session.scalars(wanted.order_by(Examiner.id.desc()).limit(limit)))
