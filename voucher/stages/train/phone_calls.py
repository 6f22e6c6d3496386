"""Calling who was drawn (电话抽查): the number is shown for one call, and what was said is written once."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit, holds
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.letters import read_mobile
from voucher.registry.users import RoleGrant, UserAccount, in_force
from voucher.rules.actor import check_role
from voucher.rules.draws import (
    CALL_RESULT_NAMES,
    CALL_SOURCE,
    UNFAVOURABLE,
    CallResult,
    CheckOutcome,
    check_caller,
    judge_calls,
)
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.words import check_why
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.phone_checks import PhoneCall, PhoneDraw, PhoneDrawEntry
from voucher.stages.train.reading import OFFICERS, load_class, reaches_class

ATTEMPTS = "phone_check_attempts"

PHONE_CHECK_MISSING = reason(
    "phone_check_missing",
    "没有找到这条电话抽查",
    "请从“电话抽查”列表重新选择",
    CALL_SOURCE,
    Family.MISSING,
)
CHECK_CONCLUDED = reason(
    "phone_check_concluded",
    "对这名学员的电话抽查已有结论",
    "结论不再更改；有新的情况，请在“待处置”中写明",
    CALL_SOURCE,
    Family.CONFLICT,
)
CALL_OPEN = reason(
    "phone_call_open",
    "上一次拨打还没有登记结果",
    "请由拨打的人先登记上一次的结果，再拨打下一次",
    CALL_SOURCE,
    Family.CONFLICT,
)
CALL_NOT_YOURS = reason(
    "phone_call_not_yours",
    "这次拨打不是您办理的，或结果已经登记",
    "请由拨打的人登记结果；结果登记后不再更改",
    CALL_SOURCE,
    Family.FORBIDDEN,
)
NUMBER_ON_RECORD = reason(
    "phone_number_on_record",
    "这名学员登记了手机号",
    "请拨打后按实际情况登记结果",
    CALL_SOURCE,
)


def begin_call(work: Work, entry_id: int) -> PhoneCall:
    """Open a call to somebody drawn: from now on, for some minutes, this officer sees the number.

    The look is in the trail. Raises Refused role_missing, phone_check_missing (also for a foreign one),
    caller_of_institution, phone_check_concluded, phone_call_open.
    """
    entry, _ = _take_up(work, entry_id)
    calls = list_calls(work.session, entry.id)
    if any(each.result is None for each in calls):
        raise CALL_OPEN.refused()
    if entry.outcome is not None:
        raise CHECK_CONCLUDED.refused()
    opened = PhoneCall(
        entry_id=entry.id,
        attempt=len(calls) + 1,
        shown_at=work.at,
        shown_to_person_id=work.actor.person_id,
    )
    work.session.add(opened)
    work.session.flush()
    audit.record_one(work, str(Thing.VOUCHER), entry.voucher_id, "look_at_phone", call=opened.id)
    return opened


def tell_result(work: Work, call_id: int, result: CallResult, said: str) -> PhoneCall:
    """Write down what came of a call; an unfavourable answer stops the voucher and the claims on it.

    What somebody said is asked for where it is unfavourable, and stays out of the trail. Raises Refused
    role_missing, phone_check_missing, caller_of_institution, phone_call_not_yours, phone_number_on_record,
    why_missing, parameter_missing.
    """
    check_role(work.actor, *OFFICERS)
    call = work.session.get(PhoneCall, call_id)
    if call is None:
        raise PHONE_CHECK_MISSING.refused()
    entry, found = _take_up(work, call.entry_id)
    work.session.refresh(call)
    if call.result is not None or call.shown_to_person_id != work.actor.person_id:
        raise CALL_NOT_YOURS.refused()
    if (
        result is CallResult.NO_NUMBER
        and read_mobile(work.session, work.keyring, entry.person_id) is not None
    ):
        raise NUMBER_ON_RECORD.refused()
    words = check_why(said) if result in UNFAVOURABLE else said.strip()
    call.result, call.said, call.told_at = str(result), words or None, work.at
    work.session.flush()
    audit.record_one(
        work, str(Thing.VOUCHER), entry.voucher_id, "phone_check", call=call.id, result=str(result)
    )
    outcome = _judge(work, entry, found)
    if outcome is not CheckOutcome.WAITING:
        entry.outcome, entry.concluded_at = str(outcome), work.at
        work.session.flush()
    if result in UNFAVOURABLE:
        why = f"电话抽查：{CALL_RESULT_NAMES[result]}（班级 {found.number}）"
        holds.open_hold(work, Thing.VOUCHER, entry.voucher_id, why, said=words)
    return call


def list_calls(session: Session, entry_id: int) -> list[PhoneCall]:
    """Return the calls to somebody drawn, in their order."""
    return list(
        session.scalars(select(PhoneCall).where(PhoneCall.entry_id == entry_id).order_by(PhoneCall.attempt))
    )


def _judge(work: Work, entry: PhoneDrawEntry, found: TrainingClass) -> CheckOutcome:
    regions = catalogue.list_ancestry(work.session, found.region_code)
    most = tables.require_parameter_number(work.session, ATTEMPTS, work.today, regions)
    calls = list_calls(work.session, entry.id)
    return judge_calls([CallResult(each.result) for each in calls if each.result is not None], most)


def _take_up(work: Work, entry_id: int) -> tuple[PhoneDrawEntry, TrainingClass]:
    """Return somebody drawn, with the voucher locked, for an officer of the region who may call."""
    check_role(work.actor, *OFFICERS)
    entry = work.session.get(PhoneDrawEntry, entry_id)
    if entry is None or not entry.is_drawn:
        raise PHONE_CHECK_MISSING.refused()
    lock_vouchers(work, Voucher.id == entry.voucher_id)
    work.session.refresh(entry)
    found = load_class(work.session, work.session.get_one(PhoneDraw, entry.draw_id).class_id)
    if not reaches_class(work.actor, found):
        raise PHONE_CHECK_MISSING.refused()
    check_caller(
        _own_institutions(work), {found.institution_id, found.delivering_institution_id}
    )  # fmt: skip
    return entry, found


def _own_institutions(work: Work) -> set[int]:
    """Return the institutions whoever acts works for, with whatever account."""
    return set(
        work.session.scalars(
            select(RoleGrant.institution_id)
            .join(UserAccount, UserAccount.id == RoleGrant.user_id)
            .where(
                UserAccount.person_id == work.actor.person_id,
                RoleGrant.institution_id.is_not(None),
                in_force(work.today),
            )
        )
    )
