"""Corrections of published scores by two people, what follows from them, and giving up for good."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.evaluator.batches import list_certificates_behind, show_batch
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluators
from voucher.doors.web.evaluator.results import COMPREHENSIVE, SKILL, THEORY, read_mark, read_score
from voucher.plumbing.unit_of_work import Work
from voucher.rules.assessment import COMPREHENSIVE as REVIEW
from voucher.stages.assess import corrections, queries
from voucher.stages.assess.lapse import fail_for_good
from voucher.stages.assess.queries import CandidateView
from voucher.stages.assess.reading import CANDIDATE_MISSING, read_pass_marks


def _candidate(batch_id: int, candidate_id: int) -> CandidateView:
    """Return a candidate of an exam. Raises Refused exam_batch_missing, candidate_missing."""
    door = the_door()
    with door.read() as session:
        queries.get_batch(session, batch_id, (), my_evaluators())
        for each in queries.list_candidates(
            session, door.keyring, batch_id, after_id=candidate_id - 1, limit=1
        ):
            if each.candidate_id == candidate_id:
                return each
    raise CANDIDATE_MISSING.refused()


@evaluator.get("/evaluator/batches/<int:batch_id>/candidates/<int:candidate_id>/corrections")
def correction(batch_id: int, candidate_id: int) -> ResponseReturnValue:
    """Ask for other scores of one candidate after publication."""
    return _show_correction(batch_id, candidate_id)


def _show_correction(batch_id: int, candidate_id: int) -> str:
    row = _candidate(batch_id, candidate_id)
    with the_door().read() as session:
        found = queries.get_batch(session, batch_id, (), my_evaluators())
        view = queries.view_batches(session, [found])[0]
        follows = list_certificates_behind(session, [row])
        reviewed = REVIEW in read_pass_marks(session, found)
    return render_template(
        "evaluator/correction.html",
        view=view,
        found=found,
        row=row,
        follows=follows.get(candidate_id),
        reviewed=reviewed,
    )


@evaluator.post("/evaluator/batches/<int:batch_id>/candidates/<int:candidate_id>/corrections")
def ask_correction(batch_id: int, candidate_id: int) -> ResponseReturnValue:
    """Ask for other scores; they count once another person confirms."""

    def call(work: Work) -> Done:
        theory, skill = read_score(THEORY, "理论"), read_score(SKILL, "技能")
        why, mark = fields.text("why", "更正原因", limit=200), read_mark("mark", "标记")
        reviewed = read_score(COMPREHENSIVE, REVIEW)
        corrections.ask_correction(work, candidate_id, theory, skill, why, mark, reviewed)
        return Done("已提出更正，另一人确认后生效", url_for("web.evaluator.batch", batch_id=batch_id))

    return submit(call, lambda: _show_correction(batch_id, candidate_id))


@evaluator.post("/evaluator/batches/<int:batch_id>/results/<int:result_id>/confirmations")
def confirm_correction(batch_id: int, result_id: int) -> ResponseReturnValue:
    """Agree to a correction another person asked for."""

    def call(work: Work) -> Done:
        done = corrections.confirm_correction(work, result_id)
        words = (
            "更正已生效：合格"
            if done.passed
            else "更正已生效：不合格；凭券的由人社部门核查后决定，不凭券已发证书的请依规撤销"
        )
        return Done(words, url_for("web.evaluator.batch", batch_id=batch_id))

    return submit(call, lambda: show_batch(batch_id))


@evaluator.post("/evaluator/batches/<int:batch_id>/candidates/<int:candidate_id>/failures")
def fail(batch_id: int, candidate_id: int) -> ResponseReturnValue:
    """End the voucher of somebody who failed and will not sit again, after a second look."""
    row = _candidate(batch_id, candidate_id)

    def ask() -> str:
        with the_door().read() as session:
            found = queries.get_batch(session, batch_id, (), my_evaluators())
            view = queries.view_batches(session, [found])[0]
        return render_template("evaluator/fail.html", view=view, found=found, row=row)

    if request.form.get("sure") != "1":
        return ask()

    def call(work: Work) -> Done:
        fail_for_good(work, row.voucher_id or 0, fields.text("why", "原因", limit=200))
        return Done(
            "已办理最终不合格，券失效，资金和名额已释放", url_for("web.evaluator.batch", batch_id=batch_id)
        )

    return submit(call, ask)
