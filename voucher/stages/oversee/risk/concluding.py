"""Concluding a flag (下结论): upheld or dismissed, with reasons; it counts for the precision of its rule."""

from __future__ import annotations

from voucher.ledger.states import move
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.words import check_why
from voucher.stages.oversee.risk.models import RiskFlag
from voucher.stages.oversee.risk.reading import RISK_FLAG_NOT_YOURS, SOURCE, load_flag
from voucher.stages.oversee.risk.stopping import let_go

STILL_TO_ANSWER = reason(
    "risk_flag_answer_awaited",
    "机构可以在 {until} 前说明，现在还不能下结论",
    "请等机构说明，或等期限过去",
    SOURCE,
    Family.CONFLICT,
)


def conclude(work: Work, flag_id: int, words: str, *, is_upheld: bool) -> RiskFlag:
    """Say whether a flag is true; a dismissed one lets go what it held, an upheld one keeps it held.

    Raises Refused role_missing, risk_flag_missing, risk_flag_own_institution, risk_flag_own_list,
    risk_flag_lists_withdrawn, risk_flag_not_yours, risk_flag_answer_awaited, why_missing, event_not_allowed.
    """
    flag = load_flag(work, flag_id)
    said = check_why(words)
    event = "uphold" if is_upheld else "dismiss"
    check_event(Thing.RISK_FLAG, flag.state, event)
    if flag.assigned_to_person_id != work.actor.person_id:
        raise RISK_FLAG_NOT_YOURS.refused()
    until = flag.answer_by
    if until is not None and flag.answered_at is None and work.today <= until:
        raise STILL_TO_ANSWER.refused(until=until.isoformat())
    flag.conclusion, flag.concluded_at = said, work.at
    flag.concluded_by_person_id = work.actor.person_id
    work.session.flush()
    move(work, RiskFlag, [flag], event, content={flag.id: {"rule": flag.rule}})
    if not is_upheld:
        let_go(work, [flag], said)
    return flag
