"""Scores: entered by one person, published by another, corrected afterwards by two."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.evaluator.batches import show_batch
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluators
from voucher.plumbing.unit_of_work import Work
from voucher.rules.assessment import parse_score
from voucher.rules.errors import Refused
from voucher.stages.assess import queries
from voucher.stages.assess import results as scoring
from voucher.stages.assess.lapse import fail_for_good
from voucher.stages.assess.queries import CandidateView
from voucher.stages.assess.reading import CANDIDATE_MISSING

THEORY, SKILL = "theory", "skill"


def _score(name: str, label: str) -> int | None:
    """Return a score in hundredths, None where nothing was typed. Raises form_field_unreadable."""
    given = request.form.get(name, "").strip()
    if not given:
        return None
    try:
        return parse_score(given[:20])
    except Refused:
        raise fields.FIELD_UNREADABLE.refused(
            field=name, label=label, problem="应为 0 至 100 的数字，最多两位小数"
        ) from None


def _read_rows(work: Work, batch_id: int) -> list[scoring.Scores]:
    """Return the scores typed for those who came in; rows left empty as before are left out."""
    queries.get_batch(work.session, batch_id, (), my_evaluators())
    rows = []
    for place, each in enumerate(queries.list_candidates(work.session, work.keyring, batch_id), 1):
        if each.admitted_at is None:
            continue
        label = f"第 {place} 行 {each.masked_name}"
        theory = _score(f"{THEORY}-{each.candidate_id}", f"{label} 理论")
        skill = _score(f"{SKILL}-{each.candidate_id}", f"{label} 技能")
        if theory is not None or skill is not None or each.revision is not None:
            rows.append(scoring.Scores(each.candidate_id, theory, skill))
    return rows


@evaluator.post("/evaluator/batches/<int:batch_id>/results")
def enter(batch_id: int) -> ResponseReturnValue:
    """Write down the scores of everybody who came in."""

    def call(work: Work) -> Done:
        written = scoring.enter_results(work, batch_id, _read_rows(work, batch_id))
        words = f"已保存 {written} 名考生的成绩，请另一人核对后公布" if written else "成绩没有变化"
        return Done(words, url_for("web.evaluator.batch", batch_id=batch_id, _anchor="candidates"))

    return submit(call, lambda: show_batch(batch_id))


@evaluator.post("/evaluator/batches/<int:batch_id>/publications")
def publish(batch_id: int) -> ResponseReturnValue:
    """Publish the scores another person entered, after a second look at what they come to."""
    if request.form.get("sure") != "1":
        return _confirm(batch_id)

    def call(work: Work) -> Done:
        done = scoring.publish(work, batch_id)
        words = f"已公布：合格 {done.passed} 人，不合格 {done.failed} 人，缺考 {done.absent} 人"
        if done.held:
            words += f"；其中 {len(done.held)} 张券正在核查，解除后自动转为评价合格"
        return Done(words, url_for("web.evaluator.batch", batch_id=batch_id))

    return submit(call, lambda: show_batch(batch_id))


def _confirm(batch_id: int) -> str:
    with the_door().read() as session:
        found = queries.get_batch(session, batch_id, (), my_evaluators())
        return render_template(
            "evaluator/publish.html", view=queries.view_batches(session, [found])[0], found=found
        )


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
    with the_door().read() as session:
        found = queries.get_batch(session, batch_id, (), my_evaluators())
        view = queries.view_batches(session, [found])[0]
    return render_template(
        "evaluator/correction.html", view=view, found=found, row=_candidate(batch_id, candidate_id)
    )


@evaluator.post("/evaluator/batches/<int:batch_id>/candidates/<int:candidate_id>/corrections")
def ask_correction(batch_id: int, candidate_id: int) -> ResponseReturnValue:
    """Ask for other scores; they count once another person confirms."""

    def call(work: Work) -> Done:
        theory, skill = _score(THEORY, "理论"), _score(SKILL, "技能")
        scoring.ask_correction(work, candidate_id, theory, skill, fields.text("why", "更正原因", limit=200))
        return Done("已提出更正，另一人确认后生效", url_for("web.evaluator.batch", batch_id=batch_id))

    return submit(call, lambda: _show_correction(batch_id, candidate_id))


@evaluator.post("/evaluator/batches/<int:batch_id>/results/<int:result_id>/confirmations")
def confirm_correction(batch_id: int, result_id: int) -> ResponseReturnValue:
    """Agree to a correction another person asked for."""

    def call(work: Work) -> Done:
        done = scoring.confirm_correction(work, result_id)
        words = (
            "更正已生效：合格" if done.passed else "更正已生效：不合格；已取证的券转入核查，由人社部门决定"
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
