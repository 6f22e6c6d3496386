"""Dry runs (试算): a programme tried out on everybody registered, before anything is issued."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.issue.programmes import show_programme
from voucher.plumbing.unit_of_work import Work
from voucher.stages.issue import dry_run as acts


@office.post("/office/programmes/<int:programme_id>/dry-runs")
def ask_dry_run(programme_id: int) -> ResponseReturnValue:
    """Try a programme out: who may have a voucher, who not and why, and what it would reserve."""

    def call(work: Work) -> Done:
        asked = acts.ask_dry_run(work, programme_id)
        words = (
            "已试算，结果如下；没有发放任何券" if asked.result else "人数较多，正在后台试算，稍后刷新本页查看"
        )
        return Done(words, url_for("web.office.programme", programme_id=programme_id, _anchor="dry-run"))

    return submit(call, lambda: show_programme(programme_id))
