"""The ledger: every line with filters in the address, page by page, and as a file of any length."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from flask import Response, render_template, stream_with_context
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.finance.blueprint import finance
from voucher.doors.web.showing import moment
from voucher.ledger.entries import bound, page_entries
from voucher.plumbing.spreadsheets import harmless
from voucher.registry.tables import require_parameter_number
from voucher.rules.money import format_yuan
from voucher.stages.settle import queries
from voucher.stages.settle.queries.ledger_lines import MOVEMENT_NAMES, LedgerLine, name_budget, tell_entries
from voucher.stages.settle.queries.ledger_search import LedgerWish, search_ledger

PER_PAGE, PER_CHUNK = 50, 500
BOOK_MOST, PAPER_MOST = "ledger_workbook_lines_most", "ledger_paper_lines_most"
HEADINGS = (
    "序号", "时间", "事项", "从", "到", "金额（元）", "预算", "申领", "券", "机构", "办理人",
)  # fmt: skip


@finance.get("/ledger")
def ledger() -> ResponseReturnValue:
    """Show the lines of the ledger, the newest first."""
    jumped = fields.jumped_to()
    before = jumped + 1 if jumped else fields.cursor("before")
    regions = current_actor().regions
    with the_door().read() as session:
        budgets = queries.list_budgets(session, regions)
        wish = read_asked()
        wanted = search_ledger(session, wish)
        found = page_entries(session, regions, wanted, before_id=before or None, limit=PER_PAGE)
        names = {each.id: name_budget(session, each) for each in budgets}
        return render_template(
            "finance/ledger.html",
            rows=tell_entries(session, found, names),
            budgets=names.items(),
            acts=MOVEMENT_NAMES.items(),
            chosen={
                "voucher": wish.voucher,
                "act": wish.act,
                "budget": wish.budget_id,
                "month": wish.month and "{:04}-{:02}".format(*wish.month),
            },
            before=before,
            per_page=PER_PAGE,
            book_most=require_parameter_number(session, BOOK_MOST, the_door().today, []),
            paper_most=require_parameter_number(session, PAPER_MOST, the_door().today, []),
        )


@finance.get("/ledger.csv")
def ledger_csv() -> ResponseReturnValue:
    """Hand out every line the page would show, all of its pages, however many."""
    regions, door = current_actor().regions, the_door()

    def lines() -> Iterator[str]:
        out = io.StringIO()
        writer = csv.writer(out)
        out.write("\ufeff")
        writer.writerow(HEADINGS)
        before_id: int | None = None
        while True:
            # no transaction is open while the client takes its time
            with door.read() as session:
                found = page_entries(session, regions, wanted, before_id=before_id, limit=PER_CHUNK)
                rows = tell_entries(session, found, names)
            writer.writerows(_cells(row) for row in rows)
            yield out.getvalue()
            out.seek(0)
            out.truncate()
            if len(found) < PER_CHUNK:
                return
            before_id = found[-1].id

    with door.read() as session:
        wanted = bound(session, search_ledger(session, read_asked()))
        names = {each.id: name_budget(session, each) for each in queries.list_budgets(session, regions)}
    answer = Response(stream_with_context(lines()), mimetype="text/csv")
    name = f"ledger-{door.today:%Y%m%d}.csv"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def read_asked() -> LedgerWish:
    """Return what the address asks for; a month nobody could mean asks for all of them."""
    month = _MONTH.fullmatch(fields.asked("month") or "")
    return LedgerWish(
        voucher=fields.asked("voucher"),
        act=fields.asked("act", MOVEMENT_NAMES),
        budget_id=fields.cursor("budget") or None,
        month=None if month is None else (int(month["year"]), int(month["month"])),
    )


# the years the months page knows as well
_MONTH = re.compile(r"(?P<year>20[0-9]{2}|2100)-(?P<month>0[1-9]|1[0-2])")


def _cells(row: LedgerLine) -> list[object]:
    cells = [
        str(row.entry.id), moment(row.entry.at), row.act, *row.path, format_yuan(row.entry.amount_fen),
        row.budget, row.claim, row.voucher, row.institution, row.who,
    ]  # fmt: skip
    return [harmless(each) for each in cells]
