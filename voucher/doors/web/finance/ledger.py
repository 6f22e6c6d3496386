"""The ledger: every line with filters in the address, page by page, and as a file of any length."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response, render_template, stream_with_context
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.finance.blueprint import finance
from voucher.doors.web.finance.budgets import MOVEMENT_NAMES
from voucher.doors.web.showing import moment
from voucher.doors.web.timelines import name_people
from voucher.ledger.budget import Budget
from voucher.ledger.entries import Entry, EntrySearch, bound, page_entries
from voucher.ledger.month_closes import span_of
from voucher.ledger.postings import ACCOUNT_NAMES
from voucher.ledger.vouchers import Voucher
from voucher.registry.catalogue import get_region
from voucher.registry.institutions import Institution
from voucher.registry.tables import require_parameter_number
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import FUND_SOURCE_NAMES, FundSource
from voucher.stages.issue.queries.vouchers import find_voucher
from voucher.stages.settle import queries
from voucher.stages.settle.models.claims import Claim

PER_PAGE, PER_CHUNK = 50, 500
BOOK_MOST, PAPER_MOST = "ledger_workbook_lines_most", "ledger_paper_lines_most"
HEADINGS = (
    "序号", "时间", "事项", "从", "到", "金额（元）", "预算", "申领", "券", "机构", "办理人",
)  # fmt: skip


Chosen = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line with the words for what it names."""

    entry: Entry
    act: str
    path: tuple[str, str]
    budget: str
    claim: str
    voucher: str
    institution: str
    who: str


@finance.get("/ledger")
def ledger() -> ResponseReturnValue:
    """Show the lines of the ledger, the newest first."""
    before = fields.cursor("before")
    regions = current_actor().regions
    with the_door().read() as session:
        budgets = queries.list_budgets(session, regions)
        wanted, chosen = read_asked(session)
        found = page_entries(session, regions, wanted, before_id=before or None, limit=PER_PAGE)
        names = {each.id: name_budget(session, each) for each in budgets}
        return render_template(
            "finance/ledger.html",
            rows=tell_entries(session, found, names),
            budgets=names.items(),
            acts=MOVEMENT_NAMES.items(),
            chosen=chosen,
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
        wanted = bound(session, read_asked(session)[0])
        names = {each.id: name_budget(session, each) for each in queries.list_budgets(session, regions)}
    answer = Response(stream_with_context(lines()), mimetype="text/csv")
    name = f"ledger-{door.today:%Y%m%d}.csv"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def read_asked(session: Session) -> tuple[EntrySearch, Chosen]:
    """Return what the address asks for, and the same for the form; a number nobody has finds nothing."""
    number, month = fields.asked("voucher"), fields.asked("month")
    act, budget = fields.asked("act", MOVEMENT_NAMES), fields.cursor("budget") or None
    voucher_id = None
    claim_ids: tuple[int, ...] = ()
    if number is not None:
        voucher = find_voucher(session, number)
        voucher_id = voucher.id if voucher is not None else 0
        claim_ids = tuple(session.scalars(select(Claim.id).where(Claim.voucher_id == voucher_id)))
    since = until = None
    if month is not None and (found := _MONTH.fullmatch(month)) is not None:
        since, until = span_of(int(found["year"]), int(found["month"]))
    else:
        month = None
    chosen = {"voucher": number, "act": act, "budget": budget, "month": month}
    return EntrySearch(budget, voucher_id, claim_ids, act, since, until), chosen


# the years the months page knows as well
_MONTH = re.compile(r"(?P<year>20[0-9]{2}|2100)-(?P<month>0[1-9]|1[0-2])")


def name_budget(session: Session, budget: Budget) -> str:
    """Return what a budget is called in a line: its region, year and fund source."""
    source = FUND_SOURCE_NAMES[FundSource(budget.source)]
    return f"{get_region(session, budget.region_code).name} {budget.year} {source}"


def tell_entries(session: Session, found: list[Entry], budgets: dict[int, str]) -> list[LedgerLine]:
    """Return lines with the words for what they name."""
    claims = {
        each.id: each.number
        for each in session.scalars(
            select(Claim).where(Claim.id.in_([row.claim_id for row in found if row.claim_id is not None]))
        )
    }
    behind = select(Voucher).where(Voucher.id.in_({each.voucher_id for each in found}))
    vouchers = {each.id: each.number for each in session.scalars(behind)}
    payees = dict(
        session.execute(
            select(Institution.id, Institution.name).where(
                Institution.id.in_({each.institution_id for each in found})
            )
        ).all()
    )
    people = name_people(session, [each.actor_person_id for each in found])
    return [
        LedgerLine(
            each,
            MOVEMENT_NAMES.get(each.act, each.act),
            (ACCOUNT_NAMES[each.from_role], ACCOUNT_NAMES[each.to_role]),
            budgets.get(each.budget_id, ""),
            claims.get(each.claim_id or 0, ""),
            vouchers.get(each.voucher_id or 0, ""),
            payees.get(each.institution_id or 0, ""),
            people.get(each.actor_person_id, "系统"),
        )
        for each in found
    ]


def _cells(row: LedgerLine) -> list[str]:
    cells = [
        str(row.entry.id), moment(row.entry.at), row.act, *row.path, format_yuan(row.entry.amount_fen),
        row.budget, row.claim, row.voucher, row.institution, row.who,
    ]  # fmt: skip
    return [f"'{each}" if each[:1] in ("=", "+", "-", "@") else each for each in cells]
