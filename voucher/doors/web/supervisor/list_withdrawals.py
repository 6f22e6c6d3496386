"""One 审计名单: what was done by it, and its withdrawal by two where it was brought along by mistake."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.rules.joins import LIST_NAMES, ListKind
from voucher.stages.oversee.joins.reaching import WHO
from voucher.stages.oversee.joins.reading import get_list
from voucher.stages.oversee.joins.undoing import find_undoings
from voucher.stages.oversee.joins.withdrawing import (
    count_rests,
    decide_withdrawal,
    find_withdrawals,
    propose_withdrawal,
)


@supervisor.get("/supervisor/lists/<int:list_id>")
def audit_list(list_id: int) -> ResponseReturnValue:
    """Show a list, what was done by it, and how its withdrawal stands."""
    return _show(list_id)


@supervisor.post("/supervisor/lists/<int:list_id>/withdrawals")
def propose_list_withdrawal(list_id: int) -> ResponseReturnValue:
    """Say why a list was brought along by mistake."""

    def call(work: Work) -> Done:
        propose_withdrawal(work, list_id, fields.text("why", "撤回理由", required=False, limit=500))
        return Done("已提出撤回，等另一人确认", url_for("web.supervisor.audit_list", list_id=list_id))

    return submit(call, lambda: _show(list_id))


@supervisor.post("/supervisor/lists/<int:list_id>/withdrawals/decisions")
def decide_list_withdrawal(list_id: int) -> ResponseReturnValue:
    """Confirm, as another person, that a list counts no more, or send it back."""

    def call(work: Work) -> Done:
        agrees = fields.text("decision", "确认还是退回", limit=10) == "confirm"
        words = fields.text("words", "退回理由", required=False, limit=500)
        flags = decide_withdrawal(work, list_id, words, agrees=agrees)
        told = "已退回，名单照旧使用"
        if agrees:
            told = (
                f"名单已撤回，不再使用；只依据它的比对结果和 {flags:,} 条风险线索在后台逐条了结，"
                "一分钟内开始，进度见本页"
            )
        return Done(told, url_for("web.supervisor.audit_list", list_id=list_id))

    return submit(call, lambda: _show(list_id))


def _show(list_id: int) -> str:
    actor = current_actor()
    with the_door().read() as session:
        found = get_list(session, list_id, actor.regions_as(*WHO))
        said = find_withdrawals(session, [list_id]).get(list_id)
        waiting = said is not None and said.agreed is None
        hands = [found.imported_by_person_id]
        if said is not None:
            hands += [said.proposed_by_person_id, said.decided_by_person_id or 0]
        return render_template(
            "supervisor/list.html",
            found=found,
            name=LIST_NAMES[ListKind(found.kind)],
            rests=count_rests(session, found),
            said=said,
            waiting=waiting,
            is_own=said is not None and said.proposed_by_person_id == actor.person_id,
            people=name_people(session, hands),
            undoing=find_undoings(session, [list_id]).get(list_id),
        )
