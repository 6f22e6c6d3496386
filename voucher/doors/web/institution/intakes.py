"""开班名册: whom a class is opened for, pasted or as a file, each mistake with its place."""

from __future__ import annotations

import io
from collections.abc import Sequence

from flask import render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import answers_for, get_my_class
from voucher.doors.web.office.issue.typed_people import Readable, read_readable, read_whole
from voucher.plumbing.spreadsheets.writing import Sheet, SheetColumn, write_workbook
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.rules.errors import Refusal
from voucher.stages.train.intake import NAMED_TWICE, OPEN, add_to_intake, remove_from_intake
from voucher.stages.train.intake_checks import NEEDED, TOLD
from voucher.stages.train.queries.intakes import count_named, list_intake, list_struck_off
from voucher.stages.train.reading import begins_at

PAGE, STRUCK_SHOWN = 60, 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADINGS = (SheetColumn("姓名"), SheetColumn("证件号码", width=26), SheetColumn("手机号"))
HOW = (
    ("一行一个人", "在“开班名册”表里填写，第一行表头不要改"),
    ("姓名、证件号码", "必填，与身份证一致；证件号码的格子已设为文本，18 位不会变成科学计数"),
    ("手机号", "可不填"),
    ("填好以后", "在“开班名册”页上传；有错的逐行写明，改好再传，已列入的不会重复"),
)


@institution.get("/institution/classes/<int:class_id>/intake")
def intake(class_id: int) -> ResponseReturnValue:
    """Show the intake of a class, and the form while it may still change."""
    return _page(class_id)


@institution.post("/institution/classes/<int:class_id>/intake")
def add_to_class(class_id: int) -> ResponseReturnValue:
    """Put people on the intake; nobody is while one of them cannot be, unless the others are asked for."""

    def call(work: Work) -> Done:
        partial = request.form.get("partial") == "1"
        given = read_readable(work) if partial else read_whole(work)
        added, refused = add_to_intake(work, class_id, given.people, partial=partial)
        return Done(_tell(given, added, refused), url_for("web.institution.intake", class_id=class_id))

    return submit(call, lambda: _page(class_id))


@institution.post("/institution/classes/<int:class_id>/intake-removals")
def remove_from_class(class_id: int) -> ResponseReturnValue:
    """Strike somebody off the intake."""

    def call(work: Work) -> Done:
        remove_from_intake(work, class_id, fields.whole("entry_id", "名册上的人"))
        return Done("已从开班名册去掉", url_for("web.institution.intake", class_id=class_id))

    return submit(call, lambda: _page(class_id))


@institution.get("/institution/intake-template.xlsx")
def intake_template() -> ResponseReturnValue:
    """Hand out an empty intake to be filled in and uploaded: numbers of 18 digits stay text in it."""
    out = io.BytesIO()
    how = Sheet("填写说明", (SheetColumn("项目", width=18), SheetColumn("说明", width=70)), HOW)
    write_workbook(out, [Sheet("开班名册", HEADINGS, ()), how], created_at=the_door().at, title="开班名册")
    out.seek(0)
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name="开班名册.xlsx")


def _tell(given: Readable, added: int, refused: Sequence[tuple[int, Refusal]]) -> str:
    """Return how many were put on, and every line that was not, with why."""
    words = f"已列入 {added} 人"
    if refused:
        told = "；".join(f"{given.tell_place(place)}：{_why(given, each)}" for place, each in refused[:TOLD])
        words += f"，{len(refused)} 人没有列入：{told}" + ("……" if len(refused) > TOLD else "")
    if given.wrong:
        count = len({line for line, _ in given.wrong})
        told = "；".join(f"第 {line} 行：{why}" for line, why in given.wrong[:TOLD])
        words += f"；{count} 行读不出、没有列入：{told}" + ("……" if len(given.wrong) > TOLD else "")
    return words + ("。请改好这些行，只导入这几行" if given.wrong or refused else "")


def _why(given: Readable, refusal: Refusal) -> str:
    # somebody named twice is pointed at by place: in lines that were pasted, that is a line as well
    first = refusal.facts.get("first") if refusal.code == NAMED_TWICE.code else None
    return f"与{given.tell_place(first)}是同一人" if isinstance(first, int) else refusal.title


def _page(class_id: int) -> str:
    door, after = the_door(), fields.cursor()
    with door.read() as session:
        found = get_my_class(session, class_id, INSTITUTION_DESK)
        people = list_intake(session, door.keyring, class_id, after_id=after, limit=PAGE + 1)
        regions = catalogue.list_ancestry(session, found.region_code)
        begun = found.state == "approved" and begins_at(session, class_id) <= door.at
        return render_template(
            "institution/intake.html",
            found=found,
            people=people[:PAGE],
            total=count_named(session, class_id),
            next_after=people[PAGE - 1].id if len(people) > PAGE else None,
            after=after,
            struck=list_struck_off(session, door.keyring, class_id, limit=STRUCK_SHOWN),
            needed=tables.read_flag(session, NEEDED, found.starts_on, regions),
            may_change=found.state in OPEN and not begun and answers_for(found),
            is_filed=found.state not in ("draft", "returned"),
        )
