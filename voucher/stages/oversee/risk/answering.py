"""Asking the flagged institution (要求说明), and its answer, once."""

from __future__ import annotations

from voucher.ledger.states import move
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import read_calendar, require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.calendar import add_workdays
from voucher.rules.errors import Family, reason
from voucher.rules.words import check_why
from voucher.stages.oversee.risk.models import RiskFlag
from voucher.stages.oversee.risk.reading import (
    RISK_FLAG_MISSING,
    RISK_FLAG_NOT_YOURS,
    SOURCE,
    load_flag,
    lock_flag,
)

ANSWER_DAYS = "risk_answer_workdays"
STAFF = (Role.INSTITUTION_ADMIN, Role.REGISTRAR, Role.EVALUATOR_ADMIN)

NOBODY_TO_ASK = reason(
    "risk_flag_without_institution",
    "这条线索不是某一家机构的，没有机构可以说明",
    "请核对依据的行，直接下结论",
    SOURCE,
    Family.CONFLICT,
)


def ask(work: Work, flag_id: int, question: str) -> RiskFlag:
    """Ask the institution about a flag; it answers within working days.

    Raises Refused role_missing, risk_flag_missing, risk_flag_own_institution, risk_flag_own_list,
    risk_flag_lists_withdrawn, risk_flag_not_yours, risk_flag_without_institution, why_missing,
    event_not_allowed, calendar_year_missing.
    """
    flag = load_flag(work, flag_id)
    said = check_why(question)
    if flag.institution_id is None:
        raise NOBODY_TO_ASK.refused()
    if flag.assigned_to_person_id != work.actor.person_id:
        raise RISK_FLAG_NOT_YOURS.refused()
    days = require_parameter_number(work.session, ANSWER_DAYS, work.today, ())
    due_on = add_workdays(work.today, days, read_calendar(work.session), count_first=False)
    if flag.state == "assigned":
        flag.question, flag.asked_at, flag.answer_by = said, work.at, due_on
        work.session.flush()
    move(work, RiskFlag, [flag], "ask", content={flag.id: {"until": due_on.isoformat()}})
    return flag


def answer(work: Work, flag_id: int, words: str) -> RiskFlag:
    """Say what the institution has to say to a flag, once; late is still better than never.

    Raises Refused role_missing, risk_flag_missing (also for one of another institution, and one not asked),
    why_missing, event_not_allowed.
    """
    check_role(work.actor, *STAFF)
    said = check_why(words)
    flag = lock_flag(work, flag_id)
    house = flag.institution_id
    if house is None or flag.asked_at is None or not work.actor.serves(house, *STAFF):
        raise RISK_FLAG_MISSING.refused()
    if flag.state == "asked":
        flag.answer, flag.answered_at = said, work.at
        flag.answered_by_person_id = work.actor.person_id
        work.session.flush()
    move(work, RiskFlag, [flag], "answer")
    return flag
