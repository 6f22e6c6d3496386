"""Scores: practical ones entered twice, published by a third person, corrected afterwards by two."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, act, refuse, submit
from voucher.doors.web.evaluator.batches import show_batch
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluators
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import ImportRefused, import_file
from voucher.rules.assessment import COMPREHENSIVE as REVIEW
from voucher.rules.assessment import parse_score
from voucher.rules.errors import Refused
from voucher.rules.scores import ScoreMark
from voucher.stages.assess import queries, readings, score_files
from voucher.stages.assess import results as scoring
from voucher.stages.assess.models import ExamBatch, ExamResult
from voucher.stages.assess.reading import find_newest_results, list_batch_candidates, read_pass_marks
from voucher.stages.assess.readings import read_entries_needed
from voucher.stages.assess.scoring import Scores, count_lacking

THEORY, SKILL, COMPREHENSIVE = "theory", "skill", "comprehensive"
MARK, AGAIN, AGAIN_COMPREHENSIVE = "mark", "again", "again-comprehensive"


def read_score(name: str, label: str) -> int | None:
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


def _read_rows(work: Work, batch_id: int) -> list[Scores]:
    """Return what was typed of those the form shows; rows left empty as before are left out."""
    queries.get_batch(work.session, batch_id, (), my_evaluators())
    rows = []
    parts = (THEORY, SKILL, COMPREHENSIVE, MARK)
    for place, each in enumerate(queries.list_candidates(work.session, work.keyring, batch_id), 1):
        if not any(f"{part}-{each.candidate_id}" in request.form for part in parts):
            continue  # shown to whoever enters the second time, who changes nothing of the first
        label = f"第 {place} 行 {each.masked_name}"
        theory = read_score(f"{THEORY}-{each.candidate_id}", f"{label} 理论")
        skill = read_score(f"{SKILL}-{each.candidate_id}", f"{label} 技能")
        reviewed = read_score(f"{COMPREHENSIVE}-{each.candidate_id}", f"{label} 综合评审")
        mark = read_mark(f"{MARK}-{each.candidate_id}", f"{label} 标记")
        told = (theory, skill, reviewed, mark)
        if any(one is not None for one in told) or each.revision is not None:
            rows.append(Scores(each.candidate_id, theory, skill, mark, reviewed))
    return rows


def read_mark(name: str, label: str) -> ScoreMark | None:
    """Return why there is no score, None where there is one. Raises form_field_unreadable."""
    return fields.one_of(name, label, ScoreMark) if request.form.get(name, "") else None


@evaluator.post("/evaluator/batches/<int:batch_id>/results")
def enter(batch_id: int) -> ResponseReturnValue:
    """Write down the scores of everybody who came in."""

    def call(work: Work) -> Done:
        written = scoring.enter_results(work, batch_id, _read_rows(work, batch_id))
        found = queries.get_batch(work.session, batch_id, (), my_evaluators())
        twice = read_entries_needed(work.session, found) > 1
        reviewed = REVIEW in read_pass_marks(work.session, found)
        onward = (
            f"请另一人录{'技能、综合评审' if reviewed else '技能'}成绩第二遍"
            if twice
            else "请另一人核对后公布"
        )
        words = f"已保存 {written} 名考生的成绩，{onward}" if written else "成绩没有变化"
        return Done(words, url_for("web.evaluator.batch", batch_id=batch_id, _anchor="candidates"))

    return submit(call, lambda: show_batch(batch_id))


@evaluator.post("/evaluator/batches/<int:batch_id>/second-entries")
def enter_second(batch_id: int) -> ResponseReturnValue:
    """Write down practical scores a second time, by another person."""

    def call(work: Work) -> Done:
        queries.get_batch(work.session, batch_id, (), my_evaluators())
        rows = []
        for place, each in enumerate(queries.list_candidates(work.session, work.keyring, batch_id), 1):
            label = f"第 {place} 行 {each.masked_name} 技能第二遍"
            skill = read_score(f"{AGAIN}-{each.candidate_id}", label)
            reviewed = read_score(
                f"{AGAIN_COMPREHENSIVE}-{each.candidate_id}",
                f"第 {place} 行 {each.masked_name} 综合评审第二遍",
            )
            if skill is not None or reviewed is not None:
                rows.append(readings.SecondScore(each.candidate_id, skill, reviewed))
        done = readings.enter_again(work, batch_id, rows)
        words = f"第二遍已保存 {done.count} 名"
        if done.differing:
            words += f"；有 {len(done.differing)} 名两遍不一致，请对照原始评分表改正录错的一遍"
        return Done(words, url_for("web.evaluator.batch", batch_id=batch_id, _anchor="candidates"))

    return submit(call, lambda: show_batch(batch_id))


@evaluator.get("/evaluator/batches/<int:batch_id>/score-sheet")
def score_sheet(batch_id: int) -> ResponseReturnValue:
    """Hand out the sheet scores are filled into: a row per candidate, names masked."""
    door = the_door()
    with door.read() as session:
        found = queries.get_batch(session, batch_id, (), my_evaluators())
        rows = queries.list_candidates(session, door.keyring, batch_id)
        reviewed = REVIEW in read_pass_marks(session, found)
    out = io.StringIO()
    sheet = csv.writer(out)
    subjects = [score_files.THEORY, score_files.SKILL, *([score_files.COMPREHENSIVE] if reviewed else [])]
    sheet.writerow((score_files.CANDIDATE, score_files.SHOWN, *subjects, score_files.MARK))
    empty = [""] * (len(subjects) + 1)
    sheet.writerows((each.candidate_id, each.masked_name, *empty) for each in rows)
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={found.number}.csv"
    return answer


@evaluator.post("/evaluator/batches/<int:batch_id>/score-files")
def upload_scores(batch_id: int) -> ResponseReturnValue:
    """Take a whole file of scores, as the first or the second entry, or none of it and every wrong row."""

    def call(work: Work) -> Done:
        queries.get_batch(work.session, batch_id, (), my_evaluators())
        given = fields.upload("file", "成绩文件")
        given.stream.seek(0)  # the whole act may be tried again
        second = request.form.get("second") == "1"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ("upload" + Path(given.filename or "").suffix.lower()[:8])
            path.write_bytes(given.stream.read())
            chosen = score_files.importer_for(batch_id, second=second)
            report = import_file(work, chosen, path, limits=the_door().table_limits)
        words = f"读取 {report.rows_read} 行：第{'二' if second else '一'}遍新录 {report.rows_added}，"
        return Done(
            f"{words}没有变化 {report.rows_unchanged}",
            url_for("web.evaluator.batch", batch_id=batch_id, _anchor="candidates"),
        )

    try:
        return act(call)
    except ImportRefused as refused:
        report = refused.report
        return refuse(refused.refusal, lambda: show_batch(batch_id, report))
    except Refused as refused:
        return refuse(refused.refusal, lambda: show_batch(batch_id))


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
            "evaluator/publish.html",
            view=queries.view_batches(session, [found])[0],
            found=found,
            lacking=count_lacking(found, _read_newest(session, found), read_pass_marks(session, found)),
        )


def _read_newest(session: Session, found: ExamBatch) -> Iterable[ExamResult]:
    listed = list_batch_candidates(session, found.id)
    return find_newest_results(session, [each.id for each in listed]).values()
