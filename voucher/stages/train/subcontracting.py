"""Handing a class to another institution to teach (分包): asked with the plan, agreed to, held to limits."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Actor, check_role
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.subcontracting import (
    SOURCE,
    SUBCONTRACT_UNAGREED,
    check_explained,
    check_no_chain,
    check_not_teaching,
    check_share,
)
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.subcontracts import Subcontract
from voucher.stages.train.reading import DESK, check_why, load_class

ALLOWED, SHARE_MOST, FREE = (
    "subcontract_allowed", "subcontract_share_bp_most", "subcontract_classes_free",
)  # fmt: skip
THING = "subcontract"
REPLACED = "计划改由别的机构或本机构上课"
REVISED = "开班计划已修改，须由承训机构重新同意"
# a plan nobody has allowed yet may still change hands
PLANNED = ("draft", "filed", "returned")
COUNTED = ("filed", "approved", "running", "signed_off", "closed")

SUBCONTRACT_MISSING = reason(
    "subcontract_missing", "没有找到这项分包", "请从“分包”页重新选择", SOURCE, Family.MISSING
)
SUBCONTRACT_SETTLED = reason(
    "subcontract_settled",
    "这项分包已经同意、已经终止，或班级已经审核",
    "请刷新“分包”页看现在的情况；已批准的班级不上课了，由主办机构取消或人社部门转班",
    SOURCE,
    Family.CONFLICT,
)


def check_allowed(session: Session, why: str, on: date, *, is_own: bool) -> None:
    """Check that a plan may be handed on and says why.

    Raises Refused subcontract_not_allowed, subcontract_unexplained, parameter_missing.
    """
    allowed = is_own or bool(require_parameter_number(session, ALLOWED, on, ()))
    check_explained(why, is_own=is_own, is_allowed=allowed)


def ask_to_teach(work: Work, found: TrainingClass, why: str, *, is_revised: bool = False) -> None:
    """Keep with a plan who is asked to teach it; what stood with another institution ends.

    The same institution is not asked twice while its answer stands to the plan it was given to: what was
    agreed to a plan that has been revised since is no consent to the new one.
    """
    standing = find_standing(work.session, found.id)
    is_same_house = standing is not None and standing.to_institution_id == found.delivering_institution_id
    if standing is not None and is_same_house and not is_revised and standing.why == why.strip():
        return
    if standing is not None:
        _end(work, standing, REVISED if is_same_house else REPLACED)
    if found.delivering_institution_id == found.institution_id:
        return
    made = Subcontract(
        class_id=found.id,
        from_institution_id=found.institution_id,
        to_institution_id=found.delivering_institution_id,
        why=why.strip(),
        asked_at=work.at,
        asked_by_person_id=work.actor.person_id,
    )
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, THING, made.id, "ask", class_id=found.id, to=made.to_institution_id)


def agree_to_teach(work: Work, subcontract_id: int) -> Subcontract:
    """Agree, for the institution that is to teach, by another person than who drafted or revised the plan.

    Raises Refused role_missing, subcontract_missing (also for another institution's), subcontract_settled,
    second_person_needed, subcontract_in_turn, subcontract_while_teaching, subcontract_share_exceeded.
    """
    standing, found = _load_asked(work, subcontract_id)
    for hand in _list_hands(work.session, found):
        check_two_people(hand, work.actor.person_id)
    check_limits(work.session, found, found.starts_on, found.hours_planned)
    standing.agreed_at, standing.agreed_by_person_id = work.at, work.actor.person_id
    work.session.flush()
    audit.record_one(work, THING, standing.id, "agree", class_id=found.id)
    return standing


def refuse_to_teach(work: Work, subcontract_id: int, why: str) -> Subcontract:
    """Refuse, with why; the class cannot be filed until its plan says otherwise.

    Raises Refused role_missing, subcontract_missing, subcontract_settled, training_why_missing.
    """
    check_why(why)
    standing, _ = _load_asked(work, subcontract_id)
    _end(work, standing, why.strip())
    return standing


def check_subcontracted(session: Session, found: TrainingClass) -> None:
    """Check a class another institution teaches: agreed to, and within the limits of the year.

    Raises Refused subcontract_not_allowed, subcontract_not_agreed, subcontract_in_turn,
    subcontract_while_teaching, subcontract_share_exceeded.
    """
    if found.delivering_institution_id == found.institution_id:
        return
    standing = find_standing(session, found.id)
    why = standing.why if standing is not None else ""
    if standing is None or standing.agreed_at is None:
        raise SUBCONTRACT_UNAGREED.refused()
    check_allowed(session, why, found.starts_on, is_own=False)
    check_limits(session, found, found.starts_on, found.hours_planned)


def check_still_subcontracted(session: Session, found: TrainingClass, starts_on: date, hours: int) -> None:
    """Check the limits anew for a class another one teaches, where a change adds hours or moves its year.

    A change that leaves both is not refused for what was decided of other classes since. Raises Refused
    subcontract_not_allowed, subcontract_in_turn, subcontract_while_teaching, subcontract_share_exceeded.
    """
    if found.delivering_institution_id == found.institution_id:
        return
    standing = find_standing(session, found.id)
    if standing is not None and starts_on != found.starts_on:
        check_allowed(session, standing.why, starts_on, is_own=False)
    if hours > found.hours_planned or starts_on.year != found.starts_on.year:
        check_limits(session, found, starts_on, hours)


def check_limits(session: Session, found: TrainingClass, starts_on: date, planned: int) -> None:
    """Check what a class of so many hours would make of its year: how much is given away, and no chain.

    Raises Refused subcontract_in_turn, subcontract_while_teaching, subcontract_share_exceeded,
    parameter_missing.
    """
    most = require_parameter_number(session, SHARE_MOST, starts_on, ())
    free = require_parameter_number(session, FREE, starts_on, ())
    giver = session.get_one(Institution, found.institution_id)
    taker = session.get_one(Institution, found.delivering_institution_id)
    year = starts_on.year
    check_no_chain(year, taker.name, count_given(session, taker.id, year)[0])
    check_not_teaching(year, giver.name, count_taken(session, giver.id, year))
    given, hours, whole = count_given(session, giver.id, year, besides=found.id)
    check_share(year, given + 1, hours + planned, whole + planned, most_bp=most, free=free)


def count_given(
    session: Session, institution_id: int, year: int, *, besides: int = 0
) -> tuple[int, int, int]:
    """Return how many classes of a year others teach for an institution, their hours, and all its hours."""
    hours = TrainingClass.hours_offline + TrainingClass.hours_online
    rows = session.execute(
        select(TrainingClass.delivering_institution_id, func.count(), func.sum(hours))
        .where(
            TrainingClass.institution_id == institution_id,
            TrainingClass.starts_on >= date(year, 1, 1),
            TrainingClass.starts_on <= date(year, 12, 31),
            TrainingClass.state.in_(COUNTED),
            TrainingClass.id != besides,
        )
        .group_by(TrainingClass.delivering_institution_id)
    ).all()
    given = [(int(count), int(taught)) for taker, count, taught in rows if taker != institution_id]
    whole = sum(int(taught) for _, _, taught in rows)
    return sum(count for count, _ in given), sum(taught for _, taught in given), whole


def count_taken(session: Session, institution_id: int, year: int) -> int:
    """Return how many classes of a year an institution teaches for others."""
    taken = select(func.count()).where(
        TrainingClass.delivering_institution_id == institution_id,
        TrainingClass.institution_id != institution_id,
        TrainingClass.starts_on.between(date(year, 1, 1), date(year, 12, 31)),
        TrainingClass.state.in_(COUNTED),
    )
    return session.scalar(taken) or 0


def find_standing(session: Session, class_id: int) -> Subcontract | None:
    """Return what stands of a class's being handed to another institution."""
    return session.scalars(
        select(Subcontract).where(Subcontract.class_id == class_id, Subcontract.ended_at.is_(None))
    ).first()


def may_answer(actor: Actor, standing: Subcontract) -> bool:
    """Return whether an actor may agree or refuse for the institution that is to teach."""
    return actor.serves(standing.to_institution_id, *DESK)


def _list_hands(session: Session, found: TrainingClass) -> list[int]:
    """Return who drafted a class and whoever has asked for it to be taught, with the plan or a revision."""
    asked = session.scalars(
        select(Subcontract.asked_by_person_id).where(Subcontract.class_id == found.id).distinct()
    )
    return sorted({found.drafted_by_person_id, *asked})


def _load_asked(work: Work, subcontract_id: int) -> tuple[Subcontract, TrainingClass]:
    check_role(work.actor, *DESK)
    known = work.session.get(Subcontract, subcontract_id)
    if known is None or not may_answer(work.actor, known):
        raise SUBCONTRACT_MISSING.refused()
    # houses before the class: what they give away in a year is counted by one at a time
    houses = sorted({known.from_institution_id, known.to_institution_id})
    work.session.execute(
        select(Institution.id)
        .where(Institution.id.in_(houses))
        .order_by(Institution.id)
        .with_for_update(key_share=True)
    ).all()
    found = load_class(work.session, known.class_id, lock=True)
    work.session.refresh(known)
    if known.ended_at is not None or known.agreed_at is not None or found.state not in PLANNED:
        raise SUBCONTRACT_SETTLED.refused()
    return known, found


def _end(work: Work, standing: Subcontract, why: str) -> None:
    standing.ended_at, standing.ended_why = work.at, why
    work.session.flush()
    audit.record_one(work, THING, standing.id, "end", class_id=standing.class_id)
