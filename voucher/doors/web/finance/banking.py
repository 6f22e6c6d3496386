"""Around a payment file: the pre-check, the printed sheet, handing it out again, lines set aside."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, act, submit
from voucher.doors.web.finance.blueprint import finance
from voucher.doors.web.finance.files import name_hands, show_file
from voucher.doors.web.finance.sheets import MONEY, TEXT, WIDE, Part, answer_sheet
from voucher.doors.web.notice_paper import LINES_PER_PART, count_parts
from voucher.doors.web.showing import moment
from voucher.ledger.budget import Budget
from voucher.plumbing.unit_of_work import Work
from voucher.registry.bank_templates import list_templates
from voucher.registry.catalogue import get_region
from voucher.rules.bank_files import PayeeFault
from voucher.rules.money import chinese_capitals, format_yuan
from voucher.rules.vocabulary import FUND_SOURCE_NAMES, FundSource
from voucher.stages.oversee.anchoring import tell_anchor
from voucher.stages.settle import payment_download, quarantine, queries
from voucher.stages.settle.models.payments import PaymentFile
from voucher.stages.settle.paying_years import find_year_refusal
from voucher.stages.settle.payment import FILE_MISSING
from voucher.stages.settle.payment_precheck import REASONS
from voucher.stages.settle.queries import banking
from voucher.stages.settle.queries.payments import LineOfFile
from voucher.stages.settle.searching import ClaimSearch, find_claims

FAULT_NAMES = {
    PayeeFault.STOPPED: "已停止",
    PayeeFault.NO_ACCOUNT: "没有账户",
    PayeeFault.SHARED: "账号共用",
    PayeeFault.NOT_ENCODABLE: "无法书写",
    PayeeFault.NOT_PRINTABLE: "名称异常",
    PayeeFault.TOO_LONG: "名称过长",
    PayeeFault.TOO_MUCH: "超单笔上限",
}
LINES_SHOWN = 50
OUTCOMES = {"succeeded": "成功", "failed": "退票"}


@finance.get("/budgets/<int:budget_id>/pre-check")
def precheck(budget_id: int) -> ResponseReturnValue:
    """Show what a payment file of this budget would hold, payee by payee, and what stops it."""
    door = the_door()
    with door.read() as session:
        templates = {each.code: each.name for each in list_templates(session, door.today)}
        found = banking.precheck(
            session, budget_id, current_actor().regions, door.today, fields.asked("template", templates)
        )
        return render_template(
            "finance/precheck.html",
            found=found,
            passed=find_year_refusal(session, found.budget, door.today),
            region=get_region(session, found.budget.region_code),
            templates=templates.items(),
            fault_names=FAULT_NAMES,
            next_steps={fault: reason.next_step for fault, reason in REASONS.items()},
        )


@finance.get("/payment-files/<int:file_id>/lines/<int:position>")
def line_claims(file_id: int, position: int) -> ResponseReturnValue:
    """Show the claims one row of a file pays, so that who checks or releases it sees what it is made of."""
    door, before = the_door(), fields.cursor("before")
    with door.read() as session:
        found = queries.get_payment_file(session, file_id, current_actor().regions)
        line = next(iter(queries.list_payment_lines(session, file_id, after=position - 1, limit=1)), None)
        if line is None or line.position != position:
            raise FILE_MISSING.refused()
        wanted = ClaimSearch(payment_line_id=line.line_id)
        # a budget of one region may pay claims filed in another; whoever sees the file sees what it pays
        rows = find_claims(
            session, door.keyring, (), wanted,
            payees=(line.institution_id,), before_id=before or None, limit=LINES_SHOWN + 1,
        )  # fmt: skip
        return render_template(
            "finance/line_claims.html",
            file=found,
            line=line,
            rows=rows[:LINES_SHOWN],
            more=len(rows) > LINES_SHOWN,
            before=before,
        )


@finance.get("/payment-files/<int:file_id>/sheet")
def sheet(file_id: int) -> ResponseReturnValue:
    """Print a part of the payment sheet: hash, count, amount in words, three hands, a line per payee.

    Only the lines of the part are read; what stands above them is of the whole file.
    """
    with the_door().read() as session:
        found = queries.get_payment_file(session, file_id, current_actor().regions)
        budget = session.get_one(Budget, found.budget_id)
        region = get_region(session, budget.region_code).name
        names = name_hands(session, [found])
        template = banking.find_template_of(session, file_id)
        parts = count_parts(found.line_count)
        part = min(max(fields.cursor("part"), 1), parts)
        after = (part - 1) * LINES_PER_PART
        lines = queries.list_payment_lines(session, file_id, after=after, limit=LINES_PER_PART)
        share = f"第 {part} 份，共 {parts} 份；本份第 {after + 1:,} 至 {after + len(lines):,} 笔"
        facts = [
            ("预算", f"{region} {budget.year} 年 {FUND_SOURCE_NAMES[FundSource(budget.source)]}"),
            ("笔数", f"{found.line_count:,} 笔"),
            *_offset_facts(found),
            ("实付" if found.offset_fen else "金额", f"{format_yuan(found.total_fen)} 元"),
            ("大写金额", f"人民币{chinese_capitals(found.total_fen)}"),
            ("银行模板", template.name if template else "通用工作簿（xlsx）"),
            ("文件摘要 SHA-256", found.sha256),
            *([("本份", share)] if parts > 1 else []),
        ]
        hands = [
            (word, f"{names.get(person or 0, '')} {moment(at) if at else ''}".strip() or "待办")
            for word, person, at in (
                ("制单", found.maker_person_id, found.made_at),
                ("复核", found.checker_person_id, found.checked_at),
                ("签发", found.releaser_person_id, found.released_at),
            )
        ]
        number = f"{found.number}-{part}" if parts > 1 else found.number
        return answer_sheet(
            "拨付单", number, region, facts, [_tell_lines(found, lines, parts)], hands,
            wide=True, anchor=tell_anchor(session),
        )  # fmt: skip


def _tell_lines(found: PaymentFile, lines: Sequence[LineOfFile], parts: int) -> Part:
    """Return the lines of one part with what they come to."""
    rows = [
        (
            line.reference, line.holder_name, line.bank_name, line.purpose, line.account_masked,
            *(format_yuan(fen) for fen in _sums(found, line.computed_fen, line.offset_fen)),
            _tell_outcome(line.outcome, is_sent=line.is_sent, is_released=found.released_at is not None),
        )
        for line in lines
    ]  # fmt: skip
    computed_fen, offset_fen = sum(e.computed_fen for e in lines), sum(e.offset_fen for e in lines)
    sums = [format_yuan(fen) for fen in _sums(found, computed_fen, offset_fen)]
    counted = f"{'本份' if parts > 1 else ''}合计 {len(lines):,} 笔"
    amounts = ("应付（元）", "抵扣（元）", "实付（元）") if found.offset_fen else ("金额（元）",)
    columns = [
        ("参考号", TEXT), ("收款户名", WIDE), ("开户行", WIDE), ("用途", TEXT), ("账号", TEXT),
        *((each, MONEY) for each in amounts), ("银行结果", TEXT),
    ]  # fmt: skip
    return Part("", columns, rows, ("", counted, "", "", "", *sums, ""))


def _tell_outcome(outcome: str | None, *, is_sent: bool, is_released: bool) -> str:
    if outcome is not None:
        return OUTCOMES[outcome]
    if not is_released:
        return "未签发"
    return "未回盘" if is_sent else "抵扣结清，不交银行"


def _offset_facts(found: PaymentFile) -> list[tuple[str, str]]:
    """Return what a file with offsets says before what the bank pays."""
    if not found.offset_fen:
        return []
    return [
        ("应付", f"{format_yuan(found.total_fen + found.offset_fen)} 元"),
        ("抵扣应退款", f"{format_yuan(found.offset_fen)} 元"),
    ]


def _sums(found: PaymentFile, computed_fen: int, offset_fen: int) -> tuple[int, ...]:
    """Return due, offset and paid where a file has offsets, else what is paid alone."""
    paid_fen = computed_fen - offset_fen
    return (computed_fen, offset_fen, paid_fen) if found.offset_fen else (paid_fen,)


@finance.post("/payment-files/<int:file_id>/downloads")
def open_again(file_id: int) -> ResponseReturnValue:
    """Allow a file that has been handed out to be handed out once more, with why."""

    def call(work: Work) -> Done:
        payment_download.open_again(work, file_id, fields.text("why", "重导原因", limit=200))
        words = "已准予重导一次，请由另一人下载；文件内容和编号不变"
        return Done(words, url_for("web.finance.file", file_id=file_id))

    return submit(call, lambda: show_file(file_id))


@finance.post("/quarantine/<int:line_id>/explanations")
def explain_line(line_id: int) -> ResponseReturnValue:
    """Say what the bank answered about a line that was set aside."""

    def call(work: Work) -> Done:
        quarantine.explain(work, line_id, fields.text("explanation", "核实情况", limit=200))
        return Done("已写明，等待另一人核实", _back())

    return act(call)


@finance.post("/quarantine/<int:line_id>/settlements")
def settle_line(line_id: int) -> ResponseReturnValue:
    """Agree, as another person, to what was said about it."""

    def call(work: Work) -> Done:
        quarantine.settle_line(work, line_id)
        return Done("已由两人核实，不再列为差异", _back())

    return act(call)


def _back() -> str:
    return url_for("web.finance.reconciliation")
