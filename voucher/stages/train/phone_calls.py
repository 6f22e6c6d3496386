"""Calling who was drawn (电话抽查): the number is shown for one call, and what was said is written once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit, holds
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.letters import read_mobile
from voucher.registry.phones import read_keys
from voucher.registry.users import list_served_since
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
from voucher.stages.train.models.phone_checks import CALL_SAID, PhoneCall, PhoneDraw, PhoneDrawEntry
from voucher.stages.train.reading import OFFICERS, load_class, reaches_class

ATTEMPTS, MINUTES = "phone_check_attempts", "phone_check_minutes"

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
    "请由拨打的人先登记结果；号码显示时间已过、拨打人没有登记的，其他人可登记为“未接通”，再拨打下一次",
    CALL_SOURCE,
    Family.CONFLICT,
)
CALL_NOT_YOURS = reason(
    "phone_call_not_yours",
    "这次拨打不是您办理的，或结果已经登记",
    "请由拨打的人登记结果，结果登记后不再更改；号码显示时间过后，其他人只能登记为“未接通”",
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

    What somebody said is asked for where it is unfavourable, and stays out of the trail. Once the minutes
    of a call are over any other officer may write down that nobody was reached. Raises Refused role_missing,
    phone_check_missing, caller_of_institution, phone_call_not_yours, phone_number_on_record,
    why_missing, parameter_missing.
    """
    check_role(work.actor, *OFFICERS)
    call = work.session.get(PhoneCall, call_id)
    if call is None:
        raise PHONE_CHECK_MISSING.refused()
    entry, found = _take_up(work, call.entry_id)
    work.session.refresh(call)
    if call.result is not None or not _may_tell(work, call, found, result):
        raise CALL_NOT_YOURS.refused()
    if (
        result is CallResult.NO_NUMBER
        and read_mobile(work.session, work.keyring, entry.person_id) is not None
    ):
        raise NUMBER_ON_RECORD.refused()
    words = check_why(said) if result in UNFAVOURABLE else said.strip()
    call.result, call.told_at = str(result), work.at
    call.said_sealed = _seal(work, entry.person_id, words)
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
        # the words stay with the call, under the learner's key: a hold keeps them in the clear and for good
        holds.open_hold(work, Thing.VOUCHER, entry.voucher_id, why)
    return call


def _seal(work: Work, person_id: int, words: str) -> bytes | None:
    """Return what somebody said, sealed under the own key; None where nothing was said."""
    key = read_keys(work.session, work.keyring, [person_id]).get(person_id)
    return work.keyring.seal(key, CALL_SAID, words) if words and key is not None else None


def _may_tell(work: Work, call: PhoneCall, found: TrainingClass, result: CallResult) -> bool:
    """Return whether the actor may say what came of a call: who made it; of one left behind, anybody."""
    if call.shown_to_person_id == work.actor.person_id:
        return True
    return result is CallResult.UNREACHED and work.at >= shown_until(work.session, call, found)


def shown_until(session: Session, call: PhoneCall, found: TrainingClass) -> datetime:
    """Return until when a call shows its number. Raises Refused parameter_missing."""
    regions = catalogue.list_ancestry(session, found.region_code)
    minutes = tables.require_parameter_number(session, MINUTES, day_of(call.shown_at), regions)
    return call.shown_at + timedelta(minutes=minutes)


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
    # a role ended for the hour of the call, or by moving to the office, bars as well
    since = day_of(found.drafted_at)
    own = list_served_since(work.session, work.actor.person_id, since, work.today)
    check_caller(own, {found.institution_id, found.delivering_institution_id})
    return entry, found
