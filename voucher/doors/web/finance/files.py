"""Payment files: made, checked and released by three people, downloaded once, answered by the bank."""

from __future__ import annotations

import io
from dataclasses import dataclass

from flask import render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.register import ask_before_file, ask_before_release
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.acting import KEY_FIELD, Done, content_print, refuse, submit
from voucher.doors.web.finance.blueprint import finance
from voucher.doors.web.finance.restored import tell_restored
from voucher.doors.web.notice_paper import count_parts
from voucher.doors.web.regions import list_regions
from voucher.doors.web.timelines import name_people
from voucher.ledger.budget import Budget
from voucher.plumbing.idempotency import Answer, once
from voucher.plumbing.unit_of_work import Work
from voucher.registry.bank_templates import list_templates
from voucher.registry.catalogue import get_region
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.money import format_yuan
from voucher.stages.oversee.soundness import check_sound
from voucher.stages.settle import bank, confirming_paid, payment, payment_download, queries
from voucher.stages.settle.models.banking import PaymentDownload
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import LIVE_PAYMENT, Payment, PaymentFile
from voucher.stages.settle.queries.banking import (
    count_set_aside,
    find_template_of,
    list_downloads,
    list_set_aside,
)

FILES_PER_PAGE = LINES_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Due:
    """What one budget has approved and not yet put into a file."""

    budget: Budget
    region_name: str
    claims: int
    payees: int
    amount_fen: int


@finance.get("/payment-files")
def files() -> ResponseReturnValue:
    """Show what waits to be made into a file, and the files."""
    return _show_all()


@finance.post("/payment-files")
def prepare() -> ResponseReturnValue:
    """Make a file of everything approved under a budget."""

    budget = request.form.get("budget", "")
    if budget.isascii() and budget.isdecimal() and len(budget) < 18:
        ask_before_file(int(budget))

    def call(work: Work) -> Done:
        template = fields.text("template", "银行模板", required=False, limit=60) or None
        made = payment.prepare(work, fields.whole("budget", "预算"), template)
        less = f"（另抵扣应退款 {format_yuan(made.offset_fen)} 元）" if made.offset_fen else ""
        words = f"已制单：{made.line_count:,} 笔，{format_yuan(made.total_fen)} 元{less}，等待复核"
        return Done(words, url_for("web.finance.file", file_id=made.id))

    return submit(call, _show_all)


@finance.post("/payment-files/restored")
def confirm_paid() -> ResponseReturnValue:
    """Say, one of two, that what a region paid after a backup that was restored has been entered."""

    def call(work: Work) -> Done:
        region = fields.text("paid_region", "地区", limit=12)
        both = confirming_paid.confirm_paid(work, region, fields.text("paid_words", "核对情况", limit=200))
        words = "已由两人核对，可以制单、签发、下载" if both else "已记下您的核对，等待另一名财务人员"
        return Done(words, url_for("web.finance.files"))

    return submit(call, _show_all)


@finance.get("/payment-files/<int:file_id>")
def file(file_id: int) -> ResponseReturnValue:
    """Show one file: hash, count, sum in words, three hands, its lines and the bank's answers."""
    return show_file(file_id)


@finance.post("/payment-files/<int:file_id>/checks")
def check(file_id: int) -> ResponseReturnValue:
    """Check a prepared file (复核)."""

    def call(work: Work) -> Done:
        payment.check(work, file_id)
        return Done("已复核，等待签发", url_for("web.finance.file", file_id=file_id))

    return submit(call, lambda: show_file(file_id))


@finance.post("/payment-files/<int:file_id>/releases")
def release(file_id: int) -> ResponseReturnValue:
    """Release a checked file (签发)."""
    ask_before_release(file_id)

    def call(work: Work) -> Done:
        released = payment.release(work, file_id)
        check_sound(work.session)
        words = (
            "已签发，可下载一次交银行" if released.total_fen else "已签发，全部由抵扣结清，没有要交银行的付款"
        )
        return Done(words, url_for("web.finance.file", file_id=file_id))

    return submit(call, lambda: show_file(file_id))


@finance.post("/payment-files/<int:file_id>/voidings")
def void(file_id: int) -> ResponseReturnValue:
    """Void a file that has not been released."""

    def call(work: Work) -> Done:
        payment.void(work, file_id, fields.text("why", "作废原因", limit=200))
        return Done("已作废，所含申领仍为已审批", url_for("web.finance.file", file_id=file_id))

    return submit(call, lambda: show_file(file_id))


@finance.post("/payment-files/<int:file_id>/content")
def download(file_id: int) -> ResponseReturnValue:
    """Hand the file out once; the same form again, after a broken connection, gets the same bytes."""
    held: list[bytes] = []

    def first(work: Work) -> Answer:
        held.clear()  # the whole act may be tried again
        name, content = payment_download.download(work, file_id)
        held.append(content)
        return Answer(200, {"name": name})

    def call(work: Work) -> Answer:
        given = once(work, request.form.get(KEY_FIELD, ""), content_print(), first)
        if not held:
            held.append(payment.make_again(work, payment.get_file(work, file_id)))
        return given

    try:
        given = perform(call)
    except Refused as refused:
        return refuse(refused.refusal, lambda: show_file(file_id))
    return send_file(io.BytesIO(held[0]), as_attachment=True, download_name=given.body["name"])


@finance.post("/payment-files/<int:file_id>/bank-results")
def book_results(file_id: int) -> ResponseReturnValue:
    """Book the bank's result file; what matches nothing goes into quarantine."""

    def call(work: Work) -> Done:
        given = fields.upload("results", "银行回盘文件")
        given.stream.seek(0)  # the whole act may be tried again
        report = bank.record_results(
            work, file_id, given.stream.read(), given.filename or "", the_door().table_limits
        )
        words = (
            f"已入账 {report.matched:,} 笔：成功 {report.succeeded:,}，退票 {report.failed:,}；"
            f"重复 {report.repeated:,}，隔离 {report.quarantined:,}"
        )
        return Done(words, url_for("web.finance.file", file_id=file_id))

    return submit(call, lambda: show_file(file_id))


def _show_all() -> str:
    regions = current_actor().regions
    state = fields.asked("state", STATE_NAMES[Thing.PAYMENT_FILE])
    region, before = fields.asked("region", regions), fields.cursor("before")
    with the_door().read() as session:
        rows = queries.list_payment_files(
            session,
            regions if region is None else [region],
            state=state,
            before_id=before or None,
            limit=FILES_PER_PAGE,
        )
        return render_template(
            "finance/files.html",
            rows=rows,
            states=list(STATE_NAMES[Thing.PAYMENT_FILE].items()),
            regions=list_regions(session, regions),
            chosen={"state": state, "region": region},
            before=before,
            per_page=FILES_PER_PAGE,
            due=_list_due(session, regions),
            restored=tell_restored(
                session,
                {each.region_code for each in queries.list_budgets(session, regions)},
                regions,
                current_actor().person_id,
            ),
            names=name_hands(session, rows),
            templates=[(each.code, each.name) for each in list_templates(session, the_door().today)],
        )


def show_file(file_id: int) -> str:
    """Return the page of one file, its rows and those set aside page by page."""
    regions, after, aside = current_actor().regions, fields.numbered(), fields.cursor("aside")
    with the_door().read() as session:
        found = queries.get_payment_file(session, file_id, regions)
        sent, answered = queries.count_answers(session, file_id)
        downloads = list_downloads(session, file_id)
        return render_template(
            "finance/file.html",
            file=found,
            budget=session.get_one(Budget, found.budget_id),
            lines=queries.list_payment_lines(session, file_id, after=after, limit=LINES_PER_PAGE),
            after=after,
            per_page=LINES_PER_PAGE,
            quarantine=list_set_aside(
                session, regions, payment_file_id=file_id, after_id=aside, limit=LINES_PER_PAGE
            ),
            set_aside=count_set_aside(session, regions, payment_file_id=file_id),
            aside=aside,
            downloads=downloads,
            me=current_actor().person_id,
            template=find_template_of(session, file_id),
            happenings=queries.object_timeline(session, Thing.PAYMENT_FILE, file_id),
            names=name_hands(session, [found])
            | name_people(session, [each for row in downloads for each in _of_download(row)]),
            answered=answered,
            owed=queries.find_owed_of_file(session, file_id),
            sent=sent,
            parts=range(1, count_parts(found.line_count) + 1),
        )


def _of_download(row: PaymentDownload) -> list[int]:
    return [each for each in (row.opened_by_person_id, row.downloaded_by_person_id) if each is not None]


def name_hands(session: Session, rows: list[PaymentFile]) -> dict[int, str]:
    """Return the names of everybody who handled these files."""
    hands = [(each.maker_person_id, each.checker_person_id, each.releaser_person_id) for each in rows]
    people = [person for three in hands for person in three if person is not None]
    people += [each.downloaded_by_person_id for each in rows if each.downloaded_by_person_id is not None]
    return name_people(session, people)


def _list_due(session: Session, regions: frozenset[str]) -> list[Due]:
    live = select(Payment.claim_id).where(LIVE_PAYMENT)
    home = func.coalesce(Budget.carried_into_id, Budget.id)
    rows = session.execute(
        select(
            home,
            func.count(),
            func.count(func.distinct(Claim.institution_id)),
            func.sum(Claim.amount_fen),
        )
        .join(Budget, Budget.id == Claim.budget_id)
        .where(Claim.state == "approved", Claim.id.not_in(live))
        .group_by(home)
    ).all()
    funds = {each.id: each for each in queries.list_budgets(session, regions)}
    return [
        Due(funds[fund], get_region(session, funds[fund].region_code).name, claims, payees, int(amount_fen))
        for fund, claims, payees, amount_fen in rows
        if fund in funds
    ]
