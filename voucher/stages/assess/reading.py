"""What the acts of assessment read and lock first: batches of one's own evaluator, candidates, results.

Locks are taken in the order person, voucher, batch, ids ascending.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.rules.actor import Actor, Role, check_role
from voucher.rules.assessment import COMPREHENSIVE, SUBJECT_MARKS, asks_comprehensive
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult

SOURCE = "豫办〔2021〕29号 第4项 评价目录清单; S2-04f; LIFECYCLE 评价批次"
STAFF = (Role.EVALUATOR_ADMIN, Role.EXAMINER, Role.SCORE_CLERK)
DOOR = (Role.EVALUATOR_ADMIN, Role.EXAMINER)

BATCH_MISSING = reason(
    "exam_batch_missing",
    "没有找到这个评价批次",
    "请从评价批次列表重新进入",
    SOURCE,
    Family.MISSING,
)
CANDIDATE_MISSING = reason(
    "candidate_missing",
    "没有找到这名考生",
    "请从评价批次的考生名单重新选择",
    SOURCE,
    Family.MISSING,
)
BATCH_CLOSED = reason(
    "exam_batch_closed",
    "评价批次当前为“{state}”，不能再{what}",
    "已公布的成绩请办理更正；需要再考的，请安排新的评价批次",
    SOURCE,
    Family.CONFLICT,
)
NOT_EXAM_DAY = reason(
    "not_exam_day",
    "考试日期是 {exam_on}，今天不能入场",
    "请在考试当天核对证件入场",
    SOURCE,
    Family.CONFLICT,
)
WHY_MISSING = reason(
    "assessment_why_missing",
    "没有写明理由",
    "请写明办理此事的理由，他人据此复核",
    SOURCE,
)


def check_why(why: str) -> str:
    """Return the reason somebody gave, without the blanks around it. Raises assessment_why_missing."""
    if not why.strip():
        raise WHY_MISSING.refused()
    return why.strip()


def check_planned(batch: ExamBatch, what: str) -> None:
    """Refuse what can only be done before the results are out. Raises exam_batch_closed."""
    if batch.state != "planned":
        raise BATCH_CLOSED.refused(state=STATE_NAMES[Thing.EXAM_BATCH][batch.state], what=what)


def check_exam_is_on(batch: ExamBatch, today: date) -> None:
    """Refuse to let anybody in at another time. Raises exam_batch_closed, not_exam_day."""
    check_planned(batch, "入场")
    if today != batch.exam_on:
        raise NOT_EXAM_DAY.refused(exam_on=batch.exam_on.isoformat())


def may_bring_scores(today: date) -> ColumnElement[bool]:
    """Return the condition under which a candidate's batch can still have scores for this candidate.

    Whoever was not let in on the day of the exam can have none there, however long nobody closes it.
    """
    return and_(
        ExamBatch.state == "planned", or_(ExamBatch.exam_on >= today, Candidate.admitted_at.is_not(None))
    )


def lock_own_batch(work: Work, batch_id: int, *roles: Role) -> ExamBatch:
    """Return a batch of the actor's own evaluator as it stands, locked; a foreign one is missing.

    Raises Refused role_missing, exam_batch_missing.
    """
    check_role(work.actor, *roles)
    found = work.session.scalars(
        select(ExamBatch)
        .where(ExamBatch.id == batch_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None or not work.actor.serves(found.institution_id, *roles):
        raise BATCH_MISSING.refused()
    return found


def get_own_candidate(work: Work, candidate_id: int, *roles: Role) -> tuple[Candidate, ExamBatch]:
    """Return a candidate of the actor's own evaluator with the batch, locked; a foreign one is missing.

    Raises Refused role_missing, candidate_missing.
    """
    check_role(work.actor, *roles)
    candidate = work.session.get(Candidate, candidate_id)
    if candidate is None or not serves_batch(work.session, work.actor, candidate.batch_id, *roles):
        raise CANDIDATE_MISSING.refused()
    batch = lock_own_batch(work, candidate.batch_id, *roles)
    work.session.refresh(candidate)
    return candidate, batch


def serves_batch(session: Session, actor: Actor, batch_id: int, *roles: Role) -> bool:
    """Return whether the actor serves the evaluator of a batch in one of the roles."""
    institution_id = session.scalar(select(ExamBatch.institution_id).where(ExamBatch.id == batch_id))
    return institution_id is not None and actor.serves(institution_id, *roles)


def list_batch_candidates(
    session: Session, batch_id: int, *, after_id: int = 0, limit: int | None = None
) -> list[Candidate]:
    """Return the candidates of a batch after an id in the order they were listed."""
    return list(
        session.scalars(
            select(Candidate)
            .where(Candidate.batch_id == batch_id, Candidate.id > after_id)
            .order_by(Candidate.id)
            .limit(limit)
        )
    )


def find_newest_results(session: Session, candidate_ids: Iterable[int]) -> dict[int, ExamResult]:
    """Return the newest revision of each candidate's scores, confirmed or not."""
    return _find_results(session, sorted(set(candidate_ids)), confirmed=False)


def find_counting_results(session: Session, candidate_ids: Iterable[int]) -> dict[int, ExamResult]:
    """Return the scores that count: the newest revision a second person has confirmed."""
    return _find_results(session, sorted(set(candidate_ids)), confirmed=True)


def _find_results(session: Session, ordered: Sequence[int], *, confirmed: bool) -> dict[int, ExamResult]:
    found: dict[int, ExamResult] = {}
    for start in range(0, len(ordered), 500):
        last = select(ExamResult.candidate_id, func.max(ExamResult.revision).label("revision")).where(
            ExamResult.candidate_id.in_(ordered[start : start + 500])
        )
        if confirmed:
            last = last.where(ExamResult.confirmed_at.is_not(None))
        newest = last.group_by(ExamResult.candidate_id).subquery()
        rows = session.scalars(
            select(ExamResult).join(
                newest,
                and_(
                    newest.c.candidate_id == ExamResult.candidate_id,
                    newest.c.revision == ExamResult.revision,
                ),
            )
        )
        found.update({each.candidate_id: each for each in rows})
    return found


def read_pass_marks(session: Session, batch: ExamBatch) -> dict[str, int]:
    """Return the mark of each subject on the day of the exam, in hundredths of a point.

    A subject without a mark of its own has the one of all subjects; the comprehensive review is among them
    where the level asks for it. Raises parameter_missing.
    """
    regions = catalogue.list_ancestry(session, batch.region_code)

    def read(name: str) -> int | None:
        return tables.read_parameter_number(session, name, batch.exam_on, regions)

    common = read("pass_mark") or 0
    kind, least = CertificateKind(batch.certificate_kind), read("comprehensive_level_least")
    reviewed = asks_comprehensive(kind, batch.level, least)
    return {
        subject: (read(name) or common) * 100
        for subject, name in SUBJECT_MARKS.items()
        if subject != COMPREHENSIVE or reviewed
    }


def read_arrival_needed(session: Session, batch: ExamBatch) -> bool:
    """Return whether scores need an arrival on the day of the exam. Raises parameter_missing."""
    regions = catalogue.list_ancestry(session, batch.region_code)
    return tables.read_flag(session, "exam_arrival_needed", batch.exam_on, regions)
