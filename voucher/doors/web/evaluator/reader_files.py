"""Arrivals out of a card reader's file: looked at first, then taken as a whole; wrong rows named."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import timedelta
from pathlib import Path

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, act, refuse
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluators
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import ImportRefused, Report
from voucher.registry.tables import read_number_at
from voucher.rules.errors import Refused
from voucher.stages.assess import queries, reader_files
from voucher.stages.assess.queries.door import count_door, mask_candidates
from voucher.stages.assess.queries.slips import list_slips
from voucher.stages.assess.reader_files import FILE_DAYS, ReaderFileRefused, Taken, take_reader_file
from voucher.stages.assess.reading import DOOR

MISSING_SHOWN = 100


@evaluator.get("/evaluator/batches/<int:batch_id>/reader-file")
def reader_file(batch_id: int) -> ResponseReturnValue:
    """Show where a card reader's file is handed in."""
    return _page(batch_id)


@evaluator.get("/evaluator/batches/<int:batch_id>/reader-sheet")
def reader_sheet(batch_id: int) -> ResponseReturnValue:
    """Hand out the sheet of an exam: a row per candidate, names masked, nothing of any card."""
    door = the_door()
    with door.read() as session:
        found = queries.get_batch(session, batch_id, (), my_evaluators(*DOOR))
        slips = list_slips(session, door.keyring, found)
        names = mask_candidates(session, door.keyring, [each.candidate_id for each in slips])
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(each.name for each in reader_files.ArrivalsImporter.columns)
    sheet.writerows(
        # a tab keeps a spreadsheet from reading the number as a number
        (f"{each.number}\t", names[each.candidate_id], "", "", "", each.place.seat if each.place else "")
        for each in slips
    )
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={found.number}-arrivals.csv"
    return answer


@evaluator.post("/evaluator/batches/<int:batch_id>/reader-file")
def hand_in_reader_file(batch_id: int) -> ResponseReturnValue:
    """Look at a file and say what it would come to, or let in everybody it names."""

    def take(work: Work, *, trial: bool) -> Taken:
        queries.get_batch(work.session, batch_id, (), my_evaluators(*DOOR))
        given = fields.upload("file", "读卡记录")
        given.stream.seek(0)  # the whole act may be tried again
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ("upload" + Path(given.filename or "").suffix.lower()[:8])
            path.write_bytes(given.stream.read())
            return take_reader_file(work, batch_id, path, limits=the_door().table_limits, trial=trial)

    def call(work: Work) -> Done:
        taken = take(work, trial=False)
        words = f"读取 {taken.report.rows_read} 行：核对入场 {taken.report.rows_added} 人"
        words += (
            f"，此前已入场 {taken.report.rows_unchanged} 人；名单上还有 {len(taken.missing_ids)} 人没有入场"
        )
        return Done(words, url_for("web.evaluator.reader_file", batch_id=batch_id))

    try:
        if request.form.get("trial") == "1":
            return _page(batch_id, taken=perform(lambda work: take(work, trial=True)))
        return act(call)
    except ImportRefused as refused:
        report = refused.report
        kept = isinstance(refused, ReaderFileRefused)
        return refuse(refused.refusal, lambda: _page(batch_id, report=report, kept=kept))
    except Refused as refused:
        return refuse(refused.refusal, lambda: _page(batch_id))


def _page(
    batch_id: int, *, taken: Taken | None = None, report: Report | None = None, kept: bool = False
) -> str:
    door = the_door()
    with door.read() as session:
        found = queries.get_batch(session, batch_id, (), my_evaluators(*DOOR))
        shown = taken.missing_ids[:MISSING_SHOWN] if taken is not None else ()
        days = read_number_at(session, FILE_DAYS, found.exam_on, found.region_code) or 0
        return render_template(
            "evaluator/reader_file.html",
            found=found,
            view=queries.view_batches(session, [found])[0],
            counted=count_door(session, batch_id),
            until=found.exam_on + timedelta(days=days),
            taken=taken,
            missing=list(mask_candidates(session, door.keyring, shown).values()),
            report=report,
            kept=kept,
        )
