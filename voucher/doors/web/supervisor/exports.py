"""审计导出 and 统计导出: ask, see what one asked for, take one's own; every download is written down."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from flask import render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import WATCHERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, act, submit
from voucher.doors.web.office.issue.bulk import XLSX
from voucher.doors.web.supervisor.asking import read_wish, tell_wish
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.plumbing.files import FileStore
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import get_institution
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import check_reach
from voucher.rules.vocabulary import FUND_SOURCE_NAMES, FundSource
from voucher.rules.words import check_why
from voucher.stages.certify.queries.archive import name_institutions
from voucher.stages.oversee.handover.asking import (
    DAYS_MOST,
    STATISTICS_KIND,
    ask_export,
    list_exports,
    take_export,
)
from voucher.stages.oversee.handover.drill_asking import Form, ask_statistics, take_statistics
from voucher.stages.oversee.handover.drill_tables import DEPTH_NAMES, Depth
from voucher.stages.oversee.handover.keeping import KEPT_DAYS

PAGE = 20
MASKED, UNMASKED = "masked", "unmasked"


@supervisor.get("/supervisor/exports")
def exports() -> ResponseReturnValue:
    """Show the packages this account has asked for, the newest first, and where to ask for another."""
    return _show()


def _show() -> str:
    before = fields.cursor("before")
    with the_door().read() as session:
        rows = list_exports(session, current_actor().user_id, before_id=before or None, limit=PAGE + 1)
        kept_days = require_parameter_number(session, KEPT_DAYS, the_door().today, ())
        return render_template(
            "supervisor/exports.html",
            rows=rows[:PAGE],
            statistics_kind=STATISTICS_KIND,
            depths={str(each): name for each, name in DEPTH_NAMES.items()},
            kept=timedelta(days=kept_days),
            days_most=require_parameter_number(session, DAYS_MOST, the_door().today, ()),
            kept_days=kept_days,
            funds=[(str(each), name) for each, name in FUND_SOURCE_NAMES.items()],
            fund_names={str(each): name for each, name in FUND_SOURCE_NAMES.items()},
            houses=name_institutions(session, {each.payload.get("institution_id") or 0 for each in rows}),
            masks=[(MASKED, "脱敏"), (UNMASKED, "不脱敏（须写明理由）")],
            next_url=url_for("web.supervisor.exports", before=rows[PAGE - 1].id)
            if len(rows) > PAGE
            else None,
            first_url=url_for("web.supervisor.exports") if before else None,
        )


@supervisor.post("/supervisor/exports")
def ask_for_export() -> ResponseReturnValue:
    """Ask for a package; it is packed in the background."""

    def call(work: Work) -> Done:
        named = fields.text("fund", "资金来源", required=False, limit=40)
        house = fields.text("institution", "机构", required=False, limit=18)
        why = None
        if fields.text("mask", "个人信息", limit=10) == UNMASKED:
            why = check_why(fields.text("why", "不脱敏的理由", required=False, limit=200) or "")
        ask_export(
            work,
            fields.day("since", "开始日期"),
            fields.day("until", "结束日期"),
            fund=FundSource(named) if named in list(FundSource) else None,
            # what names no institution must not come to mean all of them
            institution_id=get_institution(work.session, house.upper()).id if house else None,
            unmask_why=why,
        )
        return Done("已提交，生成后可在下面下载", url_for("web.supervisor.exports"))

    return submit(call, _show)


@supervisor.post("/supervisor/statistics/<code>/exports")
def ask_for_statistics(code: str) -> ResponseReturnValue:
    """Ask for the statistics of a region under the filters of the address, written in the background."""
    check_reach(current_actor(), code, *sorted(WATCHERS))
    wished = read_wish()
    with the_door().read() as session:
        told = tell_wish(session, wished)

    def call(work: Work) -> Done:
        named = fields.text("depth", "导出到", limit=10)
        depth = Depth(named) if named in list(Depth) else Depth.REGIONS
        ask_statistics(work, code, wished.wish, depth, told)
        return Done("已提交，生成后可在下面下载", url_for("web.supervisor.exports"))

    return act(call)


@supervisor.get("/supervisor/exports/<int:job_id>.xlsx")
def statistics_workbook(job_id: int) -> ResponseReturnValue:
    """Hand out statistics of this account's own asking as a workbook and write the taking down."""
    return _hand_out(job_id, Form.XLSX, XLSX)


@supervisor.get("/supervisor/exports/<int:job_id>.csv")
def statistics_lines(job_id: int) -> ResponseReturnValue:
    """Hand out statistics of this account's own asking as csv and write the taking down."""
    return _hand_out(job_id, Form.CSV, "text/csv")


def _hand_out(job_id: int, form: Form, mimetype: str) -> ResponseReturnValue:
    door = the_door()
    store = FileStore(door.config.exports_folder)
    take = partial(take_statistics, store=store, job_id=job_id, form=form)
    taken = door.perform_as(current_actor(), take)
    return send_file(
        taken, mimetype=mimetype, as_attachment=True, download_name=f"statistics-{job_id}.{form}"
    )


@supervisor.get("/supervisor/exports/<int:job_id>.zip")
def export_file(job_id: int) -> ResponseReturnValue:
    """Hand out a package of this account's own and write the look down."""
    door = the_door()
    store = FileStore(door.config.exports_folder)
    taken = door.perform_as(current_actor(), partial(take_export, store=store, job_id=job_id))
    return send_file(
        taken, mimetype="application/zip", as_attachment=True, download_name=f"audit-export-{job_id}.zip"
    )
