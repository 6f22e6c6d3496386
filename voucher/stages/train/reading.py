"""What the acts of training read and lock before they write: classes, their sessions, who may act on them.

Locks are taken in the order budget, institution, person, voucher, class, ids ascending.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Actor, Role, check_role
from voucher.rules.classes import Slot
from voucher.rules.errors import Family, reason
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.places import Enrolment, Redemption

SOURCE = "豫办〔2021〕29号 第3项; S2-03c; LIFECYCLE 班级"
DESK = (Role.INSTITUTION_ADMIN, Role.REGISTRAR)
COUNTER = (*DESK, Role.SCANNER)
ROOM = (*DESK, Role.TEACHER)
STAFF = (*DESK, Role.SCANNER, Role.TEACHER)
OFFICERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
# a class nobody outside its institution and the office knows of yet
UNPUBLISHED = frozenset({"draft", "filed", "returned"})
# vouchers that still sit in their class; those in any other state have left it, whatever their row says
SEATED = ("enrolled", "training")

CLASS_MISSING = reason(
    "class_missing",
    "没有找到这个班级",
    "请核对班级编号，或从班级列表重新选择",
    SOURCE,
    Family.MISSING,
)
SESSION_MISSING = reason(
    "class_session_missing",
    "没有找到这次课",
    "请从班级的课次表重新选择",
    SOURCE,
    Family.MISSING,
)
WHY_MISSING = reason(
    "training_why_missing",
    "没有写明理由",
    "请写明办理此事的理由；退回的，请一次性列明全部问题",
    SOURCE,
)
ROSTER_CHANGED = reason(
    "class_roster_changed",
    "班级的花名册刚刚变了：有人报名、退出或转走，这次没有办理",
    "请刷新页面，看过最新的花名册再决定；拆班申请里的人已经不在班的，请不同意这份申请，由机构重新提出",
    "【设】并发办理以先完成者为准; LIFECYCLE 班级",
    Family.CONFLICT,
)


def check_why(why: str) -> None:
    """Refuse an act that needs a reason and has none. Raises Refused training_why_missing."""
    if not why.strip():
        raise WHY_MISSING.refused()


def serves_class(actor: Actor, found: TrainingClass, *roles: Role) -> bool:
    """Return whether the actor works for the institution that answers for a class, or the one teaching it."""
    return actor.serves(found.institution_id, *roles) or actor.serves(found.delivering_institution_id, *roles)


def reaches_class(actor: Actor, found: TrainingClass) -> bool:
    """Return whether the actor is an officer whose region a class lies in."""
    return any(found.region_code in actor.reach.get(role, frozenset()) for role in OFFICERS)


def load_class(session: Session, class_id: int, *, lock: bool = False) -> TrainingClass:
    """Return a class as it stands, locked where asked. Raises Refused class_missing."""
    wanted = (
        select(TrainingClass)
        .where(TrainingClass.id == class_id)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    found = session.scalars(wanted.with_for_update() if lock else wanted).first()
    if found is None:
        raise CLASS_MISSING.refused()
    return found


def get_served_class(work: Work, class_id: int, *roles: Role, lock: bool = False) -> TrainingClass:
    """Return a class the actor's institution answers for or teaches.

    Raises Refused role_missing, class_missing (also for a foreign one).
    """
    check_role(work.actor, *roles)
    found = load_class(work.session, class_id, lock=lock)
    if not serves_class(work.actor, found, *roles):
        raise CLASS_MISSING.refused()
    return found


def get_own_class(work: Work, class_id: int, *, lock: bool = False) -> TrainingClass:
    """Return a class the actor's institution answers for (主办), asked by its administrator or registrar.

    Raises Refused role_missing, class_missing (also for a foreign one).
    """
    check_role(work.actor, *DESK)
    found = load_class(work.session, class_id, lock=lock)
    if not work.actor.serves(found.institution_id, *DESK):
        raise CLASS_MISSING.refused()
    return found


def get_reached_class(work: Work, class_id: int, *, lock: bool = False) -> TrainingClass:
    """Return a class of an officer's regions. Raises Refused role_missing, class_missing."""
    check_role(work.actor, *OFFICERS)
    found = load_class(work.session, class_id, lock=lock)
    if not reaches_class(work.actor, found):
        raise CLASS_MISSING.refused()
    return found


def list_sessions(session: Session, class_id: int) -> list[ClassSession]:
    """Return the sessions of a class in their order."""
    return list(
        session.scalars(
            select(ClassSession).where(ClassSession.class_id == class_id).order_by(ClassSession.starts_at)
        )
    )


def slots_of(sessions: Iterable[ClassSession]) -> list[Slot]:
    """Return when sessions are taught."""
    return [Slot(each.starts_at, each.ends_at) for each in sessions]


def teacher_of(found: TrainingClass, held: ClassSession) -> str:
    """Return who teaches a session: whom a change named for it, or the teacher of its class."""
    return held.teacher or found.teacher


def place_of(found: TrainingClass, held: ClassSession) -> str:
    """Return where a session takes place: where a change put it, or the place of its class."""
    return held.place or found.place


def begins_at(session: Session, class_id: int) -> datetime:
    """Return when the first session of a class begins."""
    return list_sessions(session, class_id)[0].starts_at


def find_enrolment(session: Session, voucher_id: int) -> Enrolment | None:
    """Return a voucher's open enrolment, which stays open when the training has run its course."""
    return session.scalars(
        select(Enrolment).where(Enrolment.voucher_id == voucher_id, Enrolment.ended_at.is_(None))
    ).first()


def find_redemption(session: Session, voucher_id: int) -> Redemption | None:
    """Return the standing redemption of a voucher."""
    return session.scalars(
        select(Redemption).where(Redemption.voucher_id == voucher_id, Redemption.reversed_at.is_(None))
    ).first()


def end_enrolments(work: Work, voucher_ids: Sequence[int], ended_by: str) -> None:
    """End the open enrolments of vouchers."""
    for each in work.session.scalars(
        select(Enrolment).where(Enrolment.voucher_id.in_(list(voucher_ids)), Enrolment.ended_at.is_(None))
    ):
        each.ended_at = work.at
        each.ended_by = ended_by
    work.session.flush()


def format_moment(at: datetime) -> str:
    """Return a moment as people at a counter in Shanghai read it, e.g. 2024-05-06 10:02."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
