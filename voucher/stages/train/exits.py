"""An institution's own exit: asked by one of its administrators, confirmed by another person, or withdrawn.

What it does to the vouchers in its classes: they are held until the office decides.
Source: 豫办〔2021〕29号 第4项（退出机制）; LIFECYCLE 待处置; 【设】退出由两人办理.
"""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit, states
from voucher.ledger.exit_holds import hold_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry import sanctions
from voucher.registry.institutions import Institution
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import EVENT_NAMES, STATE_NAMES, Thing, check_event, may_move
from voucher.stages.train.models.exits import EXIT_ASKED, SOURCE, InstitutionExit
from voucher.stages.train.queries.exits import (
    find_waiting,
    read_leaving,
    select_in_classes_of,
    select_waiting,
)
from voucher.stages.train.reading import DESK, check_why

EXIT_MISSING = reason(
    "exit_missing", "没有找到这份退出申请", "请从“退出目录”页重新选择", SOURCE, Family.MISSING
)
EXIT_SETTLED = reason(
    "exit_settled",
    "这份退出申请已经确认或撤回",
    "请刷新“退出目录”页看现在的情况",
    SOURCE,
    Family.CONFLICT,
)
EXIT_CHANGED = reason(
    "exit_changed",
    "退出的后果和您看到的已经不同：现在会停住 {vouchers} 张券，涉及 {classes} 个班",
    "请重新看过现在的后果再确认",
    SOURCE,
    Family.CONFLICT,
)


ENDED_OFF_LIST = "机构已不在目录内，这份退出申请到此为止；再进目录后要退出的，重新提出"


def ask_exit(work: Work, institution_id: int, why: str) -> InstitutionExit:
    """Ask for an institution to leave the list, by one of its administrators; nothing is stopped yet.

    Raises Refused role_missing, institution_absent, training_why_missing, exit_asked_already,
    event_not_allowed.
    """
    check_role(work.actor, Role.INSTITUTION_ADMIN)
    check_why(why)
    found = _lock_own(work, institution_id, Role.INSTITUTION_ADMIN)
    check_event(Thing.INSTITUTION, found.state, "leave")
    if find_waiting(work.session, institution_id) is not None:
        raise EXIT_ASKED.refused()
    asked = InstitutionExit(
        institution_id=institution_id,
        why=why.strip(),
        asked_by_person_id=work.actor.person_id,
        asked_at=work.at,
    )
    work.session.add(asked)
    work.session.flush()
    audit.record_one(work, str(Thing.INSTITUTION), institution_id, "ask_exit", exit=asked.id, why=asked.why)
    return asked


def confirm_exit(work: Work, exit_id: int, seen: str) -> InstitutionExit:
    """Confirm an exit, by another person of the institution's desk who has `seen` what it does now.

    The vouchers in its classes are held; coming back takes a new filing. Raises Refused role_missing,
    exit_missing, exit_settled, second_person_needed, second_person_reset_lately, exit_changed,
    event_not_allowed.
    """
    asked, found = _take_up(work, exit_id)
    check_second_hand(work, asked.asked_by_person_id)
    leaving = read_leaving(work.session, found.id)
    if seen != leaving.digest:
        raise EXIT_CHANGED.refused(vouchers=leaving.vouchers, classes=len(leaving.classes))
    states.move(work, Institution, [found], "leave", reason=asked.why)
    said = f"{found.name}：{EVENT_NAMES[Thing.INSTITUTION]['leave']}（{asked.why}）"
    asked.vouchers_held = hold_vouchers(work, found.id, select_in_classes_of(found.id), said)
    asked.confirmed_by_person_id, asked.confirmed_at = work.actor.person_id, work.at
    work.session.flush()
    return asked


def withdraw_exit(work: Work, exit_id: int, why: str) -> InstitutionExit:
    """Take an exit back before it is confirmed, by whoever asked or by a colleague who does not agree.

    Raises Refused role_missing, exit_missing, exit_settled, training_why_missing.
    """
    check_why(why)
    asked, _ = _take_up(work, exit_id)
    asked.withdrawn_by_person_id, asked.withdrawn_at = work.actor.person_id, work.at
    asked.withdrawn_why = why.strip()
    work.session.flush()
    audit.record_one(
        work, str(Thing.INSTITUTION), asked.institution_id, "withdraw_exit", exit=asked.id, why=why.strip()
    )
    return asked


def end_due_exits(work: Work) -> int:
    """End the wishes of institutions that are off the list without them, and return how many.

    Back on the list years later, nobody is to find one that only waits to be confirmed. Raises Refused
    role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    gone = [each for each in STATE_NAMES[Thing.INSTITUTION] if not may_move(Thing.INSTITUTION, each, "leave")]
    asked_by = select_waiting().with_only_columns(InstitutionExit.institution_id)
    houses = work.session.scalars(
        select(Institution)
        .where(Institution.state.in_(gone), Institution.id.in_(asked_by))
        .order_by(Institution.id)
        .with_for_update()
    ).all()
    due = [found for each in houses if (found := find_waiting(work.session, each.id)) is not None]
    for each in due:
        each.withdrawn_by_person_id, each.withdrawn_at = work.actor.person_id, work.at
        each.withdrawn_why = ENDED_OFF_LIST
    work.session.flush()
    for each in due:
        audit.record_one(
            work, str(Thing.INSTITUTION), each.institution_id, "end_exit", exit=each.id, why=ENDED_OFF_LIST
        )
    return len(due)


def _lock_own(work: Work, institution_id: int, *roles: Role) -> Institution:
    """Return the actor's institution, locked; another one is as good as missing."""
    found = sanctions.find_locked(work, institution_id)
    if found is None or not work.actor.serves(institution_id, *roles):
        raise sanctions.INSTITUTION_ABSENT.refused()
    return found


def _take_up(work: Work, exit_id: int) -> tuple[InstitutionExit, Institution]:
    """Return an exit that waits, and its locked institution, for somebody of its desk."""
    check_role(work.actor, *DESK)
    asked = work.session.get(InstitutionExit, exit_id)
    if asked is None or not work.actor.serves(asked.institution_id, *DESK):
        raise EXIT_MISSING.refused()
    found = _lock_own(work, asked.institution_id, *DESK)
    work.session.refresh(asked)
    if asked.confirmed_at is not None or asked.withdrawn_at is not None:
        raise EXIT_SETTLED.refused()
    return asked, found
