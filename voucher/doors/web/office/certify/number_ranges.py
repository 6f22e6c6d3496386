"""编号号段: the certificate numbers evaluators were given, how many are used, and the next ones."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.rules.levels import LEVEL_NAMES, Level, certificate_digit
from voucher.stages.certify import numbering
from voucher.stages.certify.revoke import OFFICERS

PER_PAGE = 20


@office.get("/office/number-ranges")
def number_ranges() -> ResponseReturnValue:
    """Show the ranges of these regions."""
    return _show()


@office.post("/office/number-ranges")
def give_numbers() -> ResponseReturnValue:
    """Give an evaluator the next numbers."""

    def call(work: Work) -> Done:
        level = fields.whole("level", "等级")
        if level not in set(Level):
            raise fields.FIELD_UNREADABLE.refused(field="level", label="等级", problem="不在可选范围内")
        made = numbering.give_numbers(
            work,
            fields.text("filing_number", "备案号", limit=20),
            fields.whole("year", "年份"),
            Level(level),
            fields.whole("count", "个数"),
        )
        given = numbering.get_range(work.session, made.id)
        words = f"已分配 {given.count:,} 个编号：{given.first_number} 至 {given.last_number}"
        return Done(words, url_for("web.office.number_ranges"))

    return submit(call, _show)


def _show() -> str:
    before = fields.cursor("before")
    with the_door().read() as session:
        return render_template(
            "office/number_ranges.html",
            rows=numbering.list_ranges(
                session, current_actor().regions, (), before_id=before or None, limit=PER_PAGE
            ),
            filings=numbering.list_numbered_filings(session, current_actor().regions),
            levels=[
                (str(int(each)), name)
                for each, name in LEVEL_NAMES.items()
                if certificate_digit(each) is not None
            ],
            year=the_door().today.year,
            before=before,
            per_page=PER_PAGE,
            may_give=current_actor().has(*OFFICERS),
        )
