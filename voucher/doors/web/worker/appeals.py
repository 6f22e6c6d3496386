"""成绩与复核: one's own results, what may be appealed against and until when, and what came of it."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.appealing import list_page, show
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.plumbing.unit_of_work import Work
from voucher.rules.appeals import AppealKind
from voucher.stages.assess.appeals import filing, going_on
from voucher.stages.assess.appeals.filing import SUBJECT_MISSING
from voucher.stages.assess.queries import appeals as queries
from voucher.stages.assess.queries.appealable import list_appealable, name_evaluators


@worker.get("/my/results")
def results() -> ResponseReturnValue:
    """Show one's results, refusals at doors and vouchers without an exam, and one's appeals."""
    door, person_id, before = the_door(), my_person_id(), fields.cursor("before")
    with door.read() as session:
        rows, more = list_page(session, queries.of_person(person_id), before_id=before or None)
        found = list_appealable(session, person_id)
        return render_template(
            "worker/results.html",
            sat=[each for each in found if each.kind is AppealKind.RESULT],
            others=[each for each in found if each.kind is not AppealKind.RESULT],
            rows=rows,
            more=more,
            before=before,
        )


@worker.get("/my/appeals/new")
def new_appeal() -> ResponseReturnValue:
    """Ask what is wrong, about the one thing the address names."""
    return _ask()


@worker.post("/my/appeals")
def file_appeal() -> ResponseReturnValue:
    """File an appeal."""

    def call(work: Work) -> Done:
        kind = fields.one_of("kind", "申请复核的事项", AppealKind)
        key = fields.whole("key", "申请复核的事项")
        said = fields.text("said", "哪里不对", limit=1000)
        why_late = fields.text("why_late", "逾期理由", required=False, limit=500)
        if kind is AppealKind.RESULT:
            filed = filing.appeal_result(work, key, said, why_late)
        elif kind is AppealKind.DOOR:
            filed = filing.appeal_door(work, key, said, why_late)
        else:
            evaluator_id = fields.whole("evaluator", "评价机构")
            refused_on = fields.day("refused_on", "哪一天不让报名")
            filed = filing.appeal_registration(work, key, evaluator_id, refused_on, said, why_late)
        words = f"已提交，编号 {filed.number}，评价机构最迟 {filed.due_on} 受理"
        return Done(words, url_for("web.worker.appeal", appeal_id=filed.id))

    return submit(call, _ask)


@worker.get("/my/appeals/<int:appeal_id>")
def appeal(appeal_id: int) -> ResponseReturnValue:
    """Show one's own appeal: where it stands, what was answered, what comes next."""
    return _show(appeal_id)


@worker.post("/my/appeals/<int:appeal_id>/withdrawals")
def withdraw_appeal(appeal_id: int) -> ResponseReturnValue:
    """Take one's own appeal back."""

    def call(work: Work) -> Done:
        going_on.withdraw(work, appeal_id)
        return Done("已撤回；还在期限内的，可以重新申请", url_for("web.worker.results"))

    return submit(call, lambda: _show(appeal_id))


@worker.post("/my/appeals/<int:appeal_id>/escalations")
def escalate_appeal(appeal_id: int) -> ResponseReturnValue:
    """Take one's own appeal to the office."""

    def call(work: Work) -> Done:
        found = going_on.escalate(work, appeal_id, fields.text("insisted", "为什么不服", limit=1000))
        words = f"已提请人社部门复查，最迟 {found.due_on} 答复"
        return Done(words, url_for("web.worker.appeal", appeal_id=appeal_id))

    return submit(call, lambda: _show(appeal_id))


def _show(appeal_id: int) -> str:
    with the_door().read() as session:
        shown = show(session, appeal_id, queries.of_person(my_person_id()))
        return render_template("worker/appeal.html", shown=shown, view=shown.view, appeal=shown.view.appeal)


def _ask() -> str:
    kind, key = request.values.get("kind", ""), request.values.get("key", "")
    with the_door().read() as session:
        found = list_appealable(session, my_person_id())
        chosen = next((each for each in found if (each.kind, str(each.key)) == (kind, key)), None)
        if chosen is None:
            raise SUBJECT_MISSING.refused()
        houses = name_evaluators(session, chosen.key) if kind == AppealKind.REGISTRATION else []
        return render_template("worker/new_appeal.html", each=chosen, houses=houses)
