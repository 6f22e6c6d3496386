"""Examiners: the list an evaluator filed, one more, one less, and who examines at an exam."""

from __future__ import annotations

from datetime import date

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.evaluator.batches import show_batch
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluator
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Newcomer
from voucher.rules.actor import Role
from voucher.rules.identity import normalise_identity
from voucher.rules.names import normalise_name
from voucher.stages.assess import examiners as filing
from voucher.stages.assess.queries.examiners import list_views

PAGE = 50


@evaluator.get("/evaluator/examiners")
def examiners() -> ResponseReturnValue:
    """Show the examiners this evaluator filed, and file one more."""
    return _show()


def _show() -> str:
    door, me, before = the_door(), my_evaluator(Role.EVALUATOR_ADMIN), fields.cursor("before")
    with door.read() as session:
        rows = list_views(session, door.keyring, [me], before_id=before or None, limit=PAGE + 1)
        return render_template(
            "evaluator/examiners.html", rows=rows[:PAGE], more=len(rows) > PAGE, before=before
        )


@evaluator.post("/evaluator/examiners")
def file_examiner() -> ResponseReturnValue:
    """File an examiner."""

    def call(work: Work) -> Done:
        name = normalise_name(fields.text("name", "姓名", limit=60))
        number = normalise_identity(fields.text("number", "证件号码", limit=30), work.today)
        until: date | None = fields.day("until", "有效期止") if request.form.get("until") else None
        filing.file_examiner(
            work,
            filing.NewExaminer(
                institution_id=my_evaluator(Role.EVALUATOR_ADMIN),
                person=Newcomer(number, name),
                card_number=fields.text("card_number", "考评员证书编号", limit=60),
                since=fields.day("since", "有效期起"),
                until=until,
            ),
        )
        return Done("考评员已登记，可以指派到考试", url_for("web.evaluator.examiners"))

    return submit(call, _show)


@evaluator.post("/evaluator/examiners/<int:examiner_id>/endings")
def end_examiner(examiner_id: int) -> ResponseReturnValue:
    """End an examiner's filing."""

    def call(work: Work) -> Done:
        filing.end_examiner(work, examiner_id, fields.text("why", "停用原因", limit=200))
        return Done("考评员已停用，已指派的今后考试同时撤下", url_for("web.evaluator.examiners"))

    return submit(call, _show)


@evaluator.post("/evaluator/batches/<int:batch_id>/examiners")
def assign_examiners(batch_id: int) -> ResponseReturnValue:
    """Have exactly the chosen examine at an exam."""

    def call(work: Work) -> Done:
        chosen = fields.wholes("examiner", "考评员")
        assigned = filing.assign_examiners(work, batch_id, chosen)
        return Done(
            f"已指派 {len(assigned)} 名考评员",
            url_for("web.evaluator.batch", batch_id=batch_id, _anchor="examiners"),
        )

    return submit(call, lambda: show_batch(batch_id))
