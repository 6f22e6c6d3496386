"""The whole ledger as one workbook: asked for here, written in the background, taken when it is there."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from flask import render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.finance.blueprint import finance
from voucher.doors.web.finance.ledger import read_asked
from voucher.plumbing.files import FileStore
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import require_parameter_number
from voucher.stages.oversee.handover.keeping import KEPT_DAYS
from voucher.stages.oversee.handover.ledger_asking import ask_ledger, list_ledger_exports, take_ledger
from voucher.stages.settle.queries.ledger_search import say_wish, search_ledger

PAGE = 20


@finance.get("/ledger/exports")
def ledger_exports() -> ResponseReturnValue:
    """Show the workbooks this account has asked for, the newest first, and how far each is."""
    return _show()


@finance.post("/ledger/exports")
def ask_for_ledger() -> ResponseReturnValue:
    """Ask for every line the filters of the address find."""

    def call(work: Work) -> Done:
        wish = read_asked()
        told = say_wish(work.session, work.actor.regions, wish)
        ask_ledger(work, search_ledger(work.session, wish), told)
        return Done("已提交，在后台生成；生成后在这里下载", url_for("web.finance.ledger_exports"))

    return submit(call, _show)


@finance.get("/ledger/exports/<int:job_id>.xlsx")
def ledger_export(job_id: int) -> ResponseReturnValue:
    """Hand out a workbook of this account's own asking and write the taking down."""
    door = the_door()
    store = FileStore(door.config.exports_folder)
    taken = door.perform_as(current_actor(), partial(take_ledger, store=store, job_id=job_id))
    return send_file(taken, as_attachment=True, download_name=f"ledger-all-{job_id}.xlsx")


def _show() -> str:
    before, door = fields.cursor("before"), the_door()
    with door.read() as session:
        rows = list_ledger_exports(session, current_actor().user_id, before_id=before or None, limit=PAGE + 1)
        kept_days = require_parameter_number(session, KEPT_DAYS, door.today, ())
    shown = rows[:PAGE]
    return render_template(
        "finance/ledger_exports.html",
        rows=shown,
        kept=timedelta(days=kept_days),
        kept_days=kept_days,
        open=any(each.state in ("queued", "running") for each in shown),
        next_url=url_for("web.finance.ledger_exports", before=shown[-1].id) if len(rows) > PAGE else None,
        first_url=url_for("web.finance.ledger_exports") if before else None,
    )
