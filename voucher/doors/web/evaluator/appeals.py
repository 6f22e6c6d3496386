"""复核申请 at an evaluator: what waits, taken up, answered by somebody without a hand in it, put right."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.appealing import list_page, show
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluators
from voucher.doors.web.evaluator.results import COMPREHENSIVE, SKILL, THEORY, read_score
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.plumbing.unit_of_work import Work
from voucher.rules.assessment import COMPREHENSIVE as REVIEW
from voucher.stages.assess.appeals import answering, settling
from voucher.stages.assess.appeals.reading import ANSWERERS, read_hands
from voucher.stages.assess.models_appeals import OVER
from voucher.stages.assess.queries import appeals as queries
from voucher.stages.assess.reading import read_pass_marks

CHOICES = (("waiting", "等本机构办理"), ("others", "等申请人或人社部门"), ("over", "已办结"))
STATES = {
    "waiting": queries.AT_EVALUATOR,
    "others": ("refused_late", "rejected", "escalated"),
    "over": OVER,
}


@evaluator.get("/evaluator/appeals")
def appeals() -> ResponseReturnValue:
    """Show the appeals against this evaluator, those that wait for it first."""
    state = fields.asked("state", STATES) or "waiting"
    before = fields.cursor("before")
    with the_door().read() as session:
        mine = queries.of_evaluators(my_evaluators(*ANSWERERS))
        rows, more = list_page(session, mine, states=STATES[state], before_id=before or None)
    return render_template(
        "evaluator/appeals.html", rows=rows, more=more, before=before, state=state, choices=CHOICES
    )


@evaluator.get("/evaluator/appeals/<int:appeal_id>")
def appeal(appeal_id: int) -> ResponseReturnValue:
    """Show one appeal and what may be done about it."""
    return _show(appeal_id)


@evaluator.post("/evaluator/appeals/<int:appeal_id>/acceptances")
def accept_appeal(appeal_id: int) -> ResponseReturnValue:
    """Take an appeal up."""

    def call(work: Work) -> Done:
        found = answering.accept(work, appeal_id)
        words = f"已受理，最迟 {found.due_on} 作出决定"
        return Done(words, url_for("web.evaluator.appeal", appeal_id=appeal_id))

    return submit(call, lambda: _show(appeal_id))


@evaluator.post("/evaluator/appeals/<int:appeal_id>/answers")
def answer_appeal(appeal_id: int) -> ResponseReturnValue:
    """Uphold an appeal, reject it, or refuse it as late."""

    def call(work: Work) -> Done:
        decision, opinion = request.form.get("decision"), fields.text("opinion", "理由", limit=1000)
        if decision == "uphold":
            subjects = ((THEORY, "理论"), (SKILL, "技能"), (COMPREHENSIVE, "综合评审"))
            scores = [read_score(name, label) for name, label in subjects]
            answering.uphold(work, appeal_id, opinion, *scores)
            words = "已认定成立，申请人可以看到"
        elif decision == "reject":
            answering.reject(work, appeal_id, opinion)
            words = "已认定不成立，申请人可以提请人社部门复查"
        elif decision == "late":
            answering.refuse_late(work, appeal_id, opinion)
            words = "已不予受理，申请人可以提请人社部门复查"
        else:
            raise FIELD_UNREADABLE.refused(field="decision", label="决定", problem="没有选择")
        return Done(words, url_for("web.evaluator.appeal", appeal_id=appeal_id))

    return submit(call, lambda: _show(appeal_id))


@evaluator.post("/evaluator/appeals/<int:appeal_id>/settlements")
def settle_appeal(appeal_id: int) -> ResponseReturnValue:
    """Say that another exam lists who was turned away or not listed."""

    def call(work: Work) -> Done:
        settling.settle_by_exam(work, appeal_id)
        return Done("已落实，复核申请办结", url_for("web.evaluator.appeal", appeal_id=appeal_id))

    return submit(call, lambda: _show(appeal_id))


def _show(appeal_id: int) -> str:
    with the_door().read() as session:
        shown = show(session, appeal_id, queries.of_evaluators(my_evaluators(*ANSWERERS)))
        involved = current_actor().person_id in read_hands(session, shown.view.appeal)
        batch = shown.view.batch
        reviewed = batch is not None and REVIEW in read_pass_marks(session, batch)
    return render_template(
        "evaluator/appeal.html",
        shown=shown,
        view=shown.view,
        appeal=shown.view.appeal,
        involved=involved,
        reviewed=reviewed,
    )
