"""追回款到账: the bank's credits are imported, matched to receivables, and booked by another person."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.finance.blueprint import finance
from voucher.doors.web.finance.months import own_regions
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import get_region
from voucher.rules.money import format_yuan
from voucher.stages.settle import deciding_credits, importing_credits
from voucher.stages.settle.queries.credits import DECIDED, OPEN, page_credits

PER_PAGE = 50
TABS = {OPEN: "待确认", DECIDED: "已办结"}


@finance.get("/bank-credits")
def bank_credits() -> ResponseReturnValue:
    """Show what has come in: what waits for a person, or what was decided."""
    return _show()


@finance.post("/bank-credits")
def import_credits() -> ResponseReturnValue:
    """Take in the credits of a bank's file; nothing is booked by it."""

    def call(work: Work) -> Done:
        given = fields.upload("credits", "银行到账流水")
        given.stream.seek(0)  # the whole act may be tried again
        region = fields.text("region", "到账地区", limit=12)
        report = importing_credits.import_credits(
            work, region, given.stream.read(), given.filename or "", the_door().table_limits
        )
        words = (
            f"已导入：对上追回单 {report.matched:,} 笔，待核对 {report.unknown:,} 笔，"
            f"重复 {report.repeated:,} 笔；由另一人确认后入账"
        )
        if report.debits:
            words += f"；付出或没有金额的 {report.debits:,} 行没有导入"
        return Done(words, url_for("web.finance.bank_credits"))

    return submit(call, _show)


@finance.post("/bank-credits/<int:credit_id>/assignments")
def assign_credit(credit_id: int) -> ResponseReturnValue:
    """Say which receivable a credit is for."""

    def call(work: Work) -> Done:
        letter = fields.text("letter", "追回单编号", limit=40)
        why = fields.text("why", "为什么是另一笔", required=False, limit=200)
        deciding_credits.assign_credit(work, credit_id, letter, why)
        return Done("已指定追回单，等待另一人确认", url_for("web.finance.bank_credits"))

    return submit(call, _show)


@finance.post("/bank-credits/<int:credit_id>/explanations")
def explain_credit(credit_id: int) -> ResponseReturnValue:
    """Say why a credit is no repayment."""

    def call(work: Work) -> Done:
        deciding_credits.explain_credit(work, credit_id, fields.text("note", "说明", limit=200))
        return Done("已写明，等待另一人确认", url_for("web.finance.bank_credits"))

    return submit(call, _show)


@finance.post("/bank-credits/bookings")
def book_credits() -> ResponseReturnValue:
    """Book credits on their receivables, as another person, all or none."""

    def call(work: Work) -> Done:
        ids = [int(each) for each in request.form.getlist("credit") if each.isdecimal() and len(each) < 18]
        booked = deciding_credits.book_credits(work, ids)
        whole = sum(each.applied_fen or 0 for each in booked)
        over = sum(each.amount_fen for each in booked) - whole
        words = f"已入账 {len(booked):,} 笔，收回 {format_yuan(whole)} 元"
        if over:
            words += f"；多缴 {format_yuan(over)} 元没有入账，请办理退还"
        return Done(words, url_for("web.finance.bank_credits"))

    return submit(call, _show)


@finance.post("/bank-credits/<int:credit_id>/settings-aside")
def set_aside_credit(credit_id: int) -> ResponseReturnValue:
    """Agree, as another person, that a credit is no repayment."""

    def call(work: Work) -> Done:
        deciding_credits.set_aside(work, credit_id)
        return Done("已由两人确认不是追回款，不入账", url_for("web.finance.bank_credits"))

    return submit(call, _show)


def _show() -> str:
    before, which = fields.cursor("before"), fields.asked("which", TABS) or OPEN
    regions = current_actor().regions
    with the_door().read() as session:
        rows = page_credits(session, regions, which, before_id=before or None, limit=PER_PAGE)
        me = current_actor().person_id
        ready = [each for each in rows if each.clawback_id and each.credit.proposed_by_person_id != me]
        return render_template(
            "finance/credits.html",
            rows=rows,
            which=which,
            tabs=TABS,
            me=me,
            ready=[each.credit for each in ready] if which == OPEN else [],
            regions=[(code, get_region(session, code).name) for code in own_regions(session)],
            names=name_people(
                session,
                [
                    person
                    for each in rows
                    for person in (each.credit.proposed_by_person_id, each.credit.decided_by_person_id)
                    if person is not None
                ],
            ),
            before=before,
            per_page=PER_PAGE,
        )
