"""What an institution's exit does to the vouchers in its classes: they are held until the office decides.

Source: 豫办〔2021〕29号 第4项（退出机制）; LIFECYCLE 待处置.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger import holds, states
from voucher.ledger.holds import Hold, is_held
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry import sanctions
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role, check_role
from voucher.rules.lifecycle import EVENT_NAMES, Thing
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.reading import check_why

# from here on the institution may neither teach nor be paid before somebody has looked
STOPPING = frozenset({"suspend", "delist", "blacklist"})
IN_A_CLASS = ("enrolled", "training")


@dataclass(frozen=True, slots=True)
class Imposed:
    """Where an institution stands after an act, and how many vouchers that stopped or let go on.

    `done` is false where a restoration has been asked for and waits for a second person.
    """

    state: str
    done: bool
    vouchers_held: int = 0
    vouchers_released: int = 0


def impose(work: Work, institution_id: int, event: str, why: str) -> Imposed:
    """Take one step on the ladder; what stops an institution holds the vouchers in its classes.

    A restoration is asked for by the first person and done by the second; the vouchers then go on.
    Raises Refused institution_absent, role_missing, event_not_allowed, second_person_needed.
    """
    if event == sanctions.RESTORE:
        return _restore(work, institution_id, why)
    institution = sanctions.sanction(work, institution_id, event, why)
    held = 0
    if event in STOPPING:
        named = EVENT_NAMES[Thing.INSTITUTION][event]
        held = hold_vouchers_of(work, institution_id, f"{exit_mark(institution_id)}{named}（{why}）")
    return Imposed(institution.state, done=True, vouchers_held=held)


def leave_list(work: Work, institution_id: int, why: str) -> Imposed:
    """Have an institution give up its place on the list by itself; the vouchers in its classes are held.

    By one of its administrators; coming back takes a new filing. Raises Refused institution_absent,
    role_missing, training_why_missing, event_not_allowed.
    """
    check_role(work.actor, Role.INSTITUTION_ADMIN)
    check_why(why)
    found = work.session.scalars(
        select(Institution)
        .where(Institution.id == institution_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None or not work.actor.serves(institution_id, Role.INSTITUTION_ADMIN):
        raise sanctions.INSTITUTION_ABSENT.refused()
    states.move(work, Institution, [found], "leave", reason=why)
    named = EVENT_NAMES[Thing.INSTITUTION]["leave"]
    held = hold_vouchers_of(work, institution_id, f"{exit_mark(institution_id)}{named}（{why}）")
    return Imposed(found.state, done=True, vouchers_held=held)


def count_in_classes(session: Session, institution_id: int) -> int:
    """Return how many vouchers are in classes of an institution: those its exit would stop."""
    inside = _in_classes_of(institution_id).subquery()
    return session.scalar(select(func.count()).select_from(inside)) or 0


def hold_vouchers_of(work: Work, institution_id: int, why: str) -> int:
    """Hold every voucher enrolled or in training at an institution and return how many are newly held."""
    vouchers = lock_vouchers(work, Voucher.id.in_(_in_classes_of(institution_id)))
    fresh = [each for each in vouchers if not is_held(work, Thing.VOUCHER, each.id)]
    for each in fresh:
        holds.open_hold(work, Thing.VOUCHER, each.id, why)
    return len(fresh)


def release_vouchers_of(work: Work, institution_id: int, conclusion: str) -> int:
    """Let vouchers go on that an exit of this institution holds and return how many; other holds stay."""
    vouchers = lock_vouchers(work, Voucher.id.in_(_in_classes_of(institution_id)))
    found = work.session.scalars(
        select(Hold)
        .where(
            Hold.thing == str(Thing.VOUCHER),
            Hold.object_id.in_([each.id for each in vouchers]),
            Hold.closed_at.is_(None),
            Hold.why.startswith(exit_mark(institution_id), autoescape=True),
        )
        .order_by(Hold.id)
    ).all()
    for each in found:
        holds.close_hold(work, each, conclusion)
    return len(found)


def _restore(work: Work, institution_id: int, why: str) -> Imposed:
    if not sanctions.is_restoration_asked(work.session, institution_id):
        asked = sanctions.ask_restore(work, institution_id, why)
        return Imposed(asked.state, done=False)
    institution = sanctions.restore(work, institution_id, why)
    released = 0
    if institution.state == "listed":
        released = release_vouchers_of(work, institution_id, why)
    return Imposed(institution.state, done=True, vouchers_released=released)


def _in_classes_of(institution_id: int) -> Select[int]:
    return (
        select(Enrolment.voucher_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .where(
            or_(
                TrainingClass.institution_id == institution_id,
                TrainingClass.delivering_institution_id == institution_id,
            ),
            Enrolment.ended_at.is_(None),
            Voucher.state.in_(IN_A_CLASS),
        )
    )


def exit_mark(institution_id: int) -> str:
    """Return the beginning by which a hold says whose exit opened it."""
    return f"机构 {institution_id} "
