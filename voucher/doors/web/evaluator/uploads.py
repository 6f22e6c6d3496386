"""联网上传: files for the national register, made once, opened again, followed by corrections."""

from __future__ import annotations

import io

from flask import Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, refuse, submit
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluator
from voucher.doors.web.timelines import name_people
from voucher.plumbing.spreadsheets import Sheet, SheetColumn, write_workbook
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.register_files import COLUMNS
from voucher.stages.certify.queries import archive
from voucher.stages.certify.queries.register_uploads import count_unsent, list_closed, list_uploads
from voucher.stages.certify.uploads import UploadFile, make_batch_upload, make_upload, open_upload

PAGE = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@evaluator.get("/evaluator/uploads")
def uploads() -> ResponseReturnValue:
    """Show what was written for the national register, and write one more file."""
    return _show()


def _show() -> str:
    door, me, before = the_door(), my_evaluator(Role.EVALUATOR_ADMIN), fields.cursor("before")
    first = door.today.replace(month=1, day=1)
    with door.read() as session:
        found = list_uploads(session, [me], before_id=before or None, limit=PAGE + 1)
        return render_template(
            "evaluator/uploads.html",
            rows=found[:PAGE],
            more=len(found) > PAGE,
            before=before,
            unsent=count_unsent(session, me),
            closed=archive.view_certificates(session, door.keyring, list_closed(session, door.keyring, me)),
            since=first,
            until=door.today,
            columns=COLUMNS,
            hands=name_people(session, [each.upload.made_by_person_id for each in found]),
        )


@evaluator.post("/evaluator/uploads")
def make_register_upload() -> ResponseReturnValue:
    """Write a file of what is due of the certificates of a period."""

    def call(work: Work) -> Done:
        made = make_upload(
            work,
            my_evaluator(Role.EVALUATOR_ADMIN),
            fields.day("since", "发证日期起"),
            fields.day("until", "发证日期止"),
        )
        return Done(
            f"已生成 {made.number}，{made.rows} 本；请下载后到全国联网查询系统上传",
            url_for("web.evaluator.uploads"),
        )

    return submit(call, _show)


@evaluator.post("/evaluator/uploads/batches")
def make_batch_register_upload() -> ResponseReturnValue:
    """Write a file of what is due of the certificates of one exam."""

    def call(work: Work) -> Done:
        batch = fields.text("batch", "评价批次", limit=100)
        made = make_batch_upload(work, my_evaluator(Role.EVALUATOR_ADMIN), batch)
        return Done(
            f"已生成 {made.number}，{made.rows} 本；请下载后到全国联网查询系统上传",
            url_for("web.evaluator.uploads"),
        )

    return submit(call, _show)


@evaluator.post("/evaluator/uploads/<int:upload_id>/files")
def open_register_upload(upload_id: int) -> ResponseReturnValue:
    """Hand out a file, as csv or for a spreadsheet; it holds whole numbers, so it is kept who opened it."""
    try:
        return _answer(perform(lambda work: _open(work, upload_id)))
    except Refused as refused:
        return refuse(refused.refusal, _show)


def _open(work: Work, upload_id: int) -> tuple[str, UploadFile]:
    file = open_upload(work, upload_id)
    return file.upload.number, file


def _answer(opened: tuple[str, UploadFile]) -> Response:
    number, file = opened
    if request.form.get("form") == "csv":
        answer = make_response(file.content)
        answer.headers["Content-Type"] = "text/csv; charset=utf-8"
        answer.headers["Content-Disposition"] = f"attachment; filename={number}.csv"
        return answer
    out = io.BytesIO()
    columns = [SheetColumn(each, width=max(10, 2 * len(each) + 2)) for each in file.columns]
    write_workbook(out, [Sheet("证书数据", columns, file.rows)], created_at=the_door().at, title=number)
    answer = make_response(out.getvalue())
    answer.headers["Content-Type"] = XLSX
    answer.headers["Content-Disposition"] = f"attachment; filename={number}.xlsx"
    return answer
