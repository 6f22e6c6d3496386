"""复核申请 at the office: the second and last instance, and what evaluators or the office are late with."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.appealing import list_page, show
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.stages.assess.appeals import deciding
from voucher.stages.assess.appeals.reading import read_hands
from voucher.stages.assess.queries import appeals as queries

CHOICES = (("escalated", "待复查"), ("overdue", "已超期"), ("all", "全部"))


@office.get("/desk/appeals")
def appeals() -> ResponseReturnValue:
    """Show the appeals of this account's regions: those for the office, those late anywhere, or all."""
    state = fields.asked("state", dict(CHOICES)) or "escalated"
    door, before = the_door(), fields.cursor("before")
    with door.read() as session:
        rows, more = list_page(
            session,
            queries.of_regions(current_actor().regions),
            states=("escalated",) if state == "escalated" else None,
            overdue_on=door.today if state == "overdue" else None,
            before_id=before or None,
        )
    return render_template(
        "office/appeals.html", rows=rows, more=more, before=before, state=state, choices=CHOICES
    )


@office.get("/desk/appeals/<int:appeal_id>")
def appeal(appeal_id: int) -> ResponseReturnValue:
    """Show one appeal with what both sides said."""
    return _show(appeal_id)


@office.post("/desk/appeals/<int:appeal_id>/decisions")
def decide_appeal(appeal_id: int) -> ResponseReturnValue:
    """Overrule the evaluator or affirm its answer, for good."""

    def call(work: Work) -> Done:
        if (decision := request.form.get("decision")) not in ("overrule", "affirm"):
            raise FIELD_UNREADABLE.refused(field="decision", label="复查决定", problem="没有选择")
        opinion = fields.text("opinion", "理由", limit=1000)
        found = deciding.decide(work, appeal_id, overrule=decision == "overrule", opinion=opinion)
        if found.state == "settled":
            words = "已认定成立；评价机构的更正已经生效，复核申请办结"
        else:
            words = f"已责令评价机构最迟 {found.due_on} 更正" if found.due_on else "已维持，这是最终答复"
        return Done(words, url_for("web.office.appeal", appeal_id=appeal_id))

    return submit(call, lambda: _show(appeal_id))


@office.post("/desk/appeals/<int:appeal_id>/endings")
def end_appeal(appeal_id: int) -> ResponseReturnValue:
    """End an appeal the evaluator has not put right in time, with the days given back."""

    def call(work: Work) -> Done:
        deciding.end_unmet(work, appeal_id, fields.text("opinion", "理由", limit=1000))
        return Done("已终结，等待的天数已补给培训券", url_for("web.office.appeal", appeal_id=appeal_id))

    return submit(call, lambda: _show(appeal_id))


def _show(appeal_id: int) -> str:
    actor = current_actor()
    with the_door().read() as session:
        shown = show(session, appeal_id, queries.of_regions(actor.regions))
        found = shown.view.appeal
        involved = actor.person_id in read_hands(session, found) | {found.decided_by_person_id}
    return render_template(
        "office/appeal.html", shown=shown, view=shown.view, appeal=found, involved=involved
    )
