"""Word to a candidate at every step of an appeal: what came of it, and until when the next step is whose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time

from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work
from voucher.registry.letters import APPEAL_MOVED, Notice, write_to_people
from voucher.rules.appeals import AppealKind
from voucher.stages.assess.models_appeals import Appeal

TAKE_ON = "不服的，最迟 {due} 登录提请人社部门复查"
SAYS: dict[str, str] = {
    "file": "已提交，评价机构最迟 {due} 受理",
    "accept": "评价机构已受理，最迟 {due} 作出决定",
    "refuse_late": f"评价机构以逾期为由不予受理。{TAKE_ON}",
    "uphold": "评价机构认定成立，最迟 {due} {righted}",
    "reject": f"评价机构认定不成立。{TAKE_ON}",
    "escalate": "已提请人社部门复查，最迟 {due} 答复",
    "pass_on": "评价机构逾期没有办结，已转人社部门，最迟 {due} 答复",
    "overrule": "人社部门认定成立，评价机构最迟 {due} {righted}",
    "affirm": "人社部门复查后维持，这是最终答复",
    "settle": "已{righted}，复核办结",
    "close": "期限内没有提请复查，已经终结",
    "end_unmet": "评价机构逾期没有更正，人社部门已终结；等待的天数已补给培训券，可以换一家评价机构考试",
    "withdraw": "已撤回；还在期限内的，可以重新申请",
}
RIGHTED = {
    AppealKind.RESULT: "更正成绩",
    AppealKind.DOOR: "另行安排考试",
    AppealKind.REGISTRATION: "安排考试",
}


def tell_appellants(work: Work, appeals: Sequence[Appeal], event: str) -> None:
    """Send whoever appealed word of a step just taken, where a telephone is on record.

    It names no score, no opinion and nobody: those stand on the page. Word of a day that has passed is not
    sent any more.
    """
    write_to_people(
        work,
        [
            Notice(
                f"appeal:{each.id}:{each.seq}",
                each.person_id,
                APPEAL_MOVED,
                {
                    "number": each.number,
                    "told": SAYS[event].format(due=each.due_on, righted=RIGHTED[AppealKind(each.kind)]),
                },
                _end_of(each),
            )
            for each in appeals
        ],
    )


def _end_of(appeal: Appeal) -> datetime | None:
    """Return the last moment of the day the next step is due; an end is worth telling on any day."""
    if appeal.due_on is None:
        return None
    return datetime.combine(appeal.due_on, time.max, SHANGHAI).astimezone(UTC)
