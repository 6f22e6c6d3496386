"""What the pages of candidates, evaluators and the office all say of an appeal: facts and next step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.ledger.states import list_events
from voucher.rules.appeals import AppealKind
from voucher.rules.lifecycle import EVENT_NAMES, Thing
from voucher.stages.assess.queries import appeals as queries
from voucher.stages.assess.queries.appeals import AppealView

PER_PAGE = 20
# whoever acted is told by what they act for, on all sides: an appeal is answered by a house, not by a name
SIDES = {
    "file": "本人",
    "withdraw": "本人",
    "escalate": "本人",
    "pass_on": "系统",
    "close": "系统",
    "overrule": "人社部门",
    "affirm": "人社部门",
    "end_unmet": "人社部门",
}
NEXT: dict[str, str] = {
    "filed": "评价机构最迟 {due} 受理；逾期没有答复的，自动转人社部门复查。",
    "accepted": "评价机构最迟 {due} 作出决定；逾期没有答复的，自动转人社部门复查。",
    "refused_late": "不服的，最迟 {due} 提请人社部门复查；期满没有提请的，就此终结。",
    "rejected": "不服的，最迟 {due} 提请人社部门复查；期满没有提请的，就此终结。",
    "escalated": "人社部门最迟 {due} 作出复查决定，这是最终答复。",
    "affirmed": "这是最终答复，不能再次申请。",
    "settled": "已经落实。",
    "closed": "期满没有提请复查，已经终结。",
    "withdrawn": "已经撤回；还在期限内的，可以重新申请。",
}
UNMET = "评价机构逾期没有更正，人社部门已终结；等待的天数已补给培训券，可以换一家评价机构考试。"
RIGHTED = {
    AppealKind.RESULT: "评价机构最迟 {due} 更正成绩，由另一人确认后生效。",
    AppealKind.DOOR: "评价机构最迟 {due} 另行安排考试。",
    AppealKind.REGISTRATION: "评价机构最迟 {due} 安排考试。",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of an appeal's timeline, by the side that took it."""

    event_name: str
    who: str
    at: datetime
    opinion: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An appeal with its next step in a sentence and what happened so far."""

    view: AppealView
    next_step: str
    happenings: Sequence[Step]


def list_page(
    session: Session,
    reached: ColumnElement[bool],
    *,
    states: Collection[str] | None = None,
    overdue_on: date | None = None,
    before_id: int | None = None,
) -> tuple[list[AppealView], int | None]:
    """Return a page of appeals in words, what was said left sealed, and where the next one begins."""
    door = the_door()
    rows = queries.list_appeals(
        session, reached, states=states, overdue_on=overdue_on, before_id=before_id, limit=PER_PAGE + 1
    )
    more = rows[PER_PAGE - 1].id if len(rows) > PER_PAGE else None
    return queries.view_appeals(session, door.keyring, rows[:PER_PAGE], door.today, unseal=False), more


def show(session: Session, appeal_id: int, reached: ColumnElement[bool]) -> Shown:
    """Return one appeal within a condition. Raises Refused appeal_missing, also for a foreign one."""
    door = the_door()
    found = queries.get_appeal(session, appeal_id, reached)
    view = queries.view_appeals(session, door.keyring, [found], door.today)[0]
    steps = [
        Step(EVENT_NAMES[Thing.APPEAL][each.event], SIDES.get(each.event, "评价机构"), each.at, each.reason)
        for each in list_events(session, Thing.APPEAL, found.id)
    ]
    return Shown(view, say_next(view), steps)


def say_next(view: AppealView) -> str:
    """Return what comes next for an appeal, and by when."""
    state = view.appeal.state
    if state == "closed" and view.appeal.final_answer == "overruled":
        return UNMET
    words = NEXT.get(state) or RIGHTED[AppealKind(view.appeal.kind)]
    return words.format(due=view.appeal.due_on)
