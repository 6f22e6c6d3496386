"""The bank's answer, line by line: known lines once, everything else into quarantine, nothing guessed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach
from voucher.rules.errors import Family, reason
from voucher.stages.settle.bank_reading import FAILED, SUCCEEDED, Told, read_answer
from voucher.stages.settle.booking import book_lines, close_when_done, lock_behind
from voucher.stages.settle.models.payments import BankQuarantine, BankResult, PaymentFile, PaymentLine
from voucher.stages.settle.payment import get_file, region_of

SOURCE = "DOMAIN 2.4 退票; PAGES 4.6 回单; AC-H12"
FILE_NOT_SENT = reason(
    "payment_file_not_sent",
    "拨付文件 {number} 尚未签发，不能导入回盘",
    "请核对回盘文件对应的拨付文件编号",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class BankReport:
    """What came of a result file: lines matched now, known before, and set aside."""

    matched: int
    succeeded: int
    failed: int
    repeated: int
    quarantined: int


def record_results(
    work: Work, payment_file_id: int, content: bytes, filename: str, limits: Limits
) -> BankReport:
    """Book a result file against the payment file it answers; the same file twice changes nothing.

    Raises Refused payment_file_missing, role_missing, payment_file_not_sent, and as `read_answer` does.
    """
    file = get_file(work, payment_file_id)
    check_reach(work.actor, region_of(work, file), Role.FINANCE_MAKER, Role.FINANCE_CHECKER)
    if file.released_at is None:
        raise FILE_NOT_SENT.refused(number=file.number)
    told = read_answer(file.number, content, filename, limits)
    source = hashlib.sha256(content).hexdigest()
    # what came to nothing by offset was never sent, so no answer can name it
    sent = select(PaymentLine).where(PaymentLine.payment_file_id == file.id, PaymentLine.amount_fen > 0)
    lines = {row.reference: row for row in work.session.scalars(sent)}
    known = {
        row.payment_line_id: row
        for row in work.session.scalars(
            select(BankResult).where(BankResult.payment_line_id.in_([each.id for each in lines.values()]))
        )
    }
    fresh: list[tuple[PaymentLine, str]] = []
    repeated = quarantined = 0
    for each in told:
        line = lines.get(each.reference)
        why = _objection(each, line, known.get(line.id) if line is not None else None)
        if why is not None:
            quarantined += _set_aside(work, file, source, each, why)
        elif line is not None and each.outcome is not None:
            if line.id in known:
                repeated += 1
                continue
            known[line.id] = result = BankResult(
                payment_line_id=line.id,
                outcome=each.outcome,
                amount_fen=line.amount_fen,
                bank_words=each.words or None,
                source_sha256=source,
                received_at=work.at,
                received_by_person_id=work.actor.person_id,
            )
            work.session.add(result)
            fresh.append((line, each.outcome))
    work.session.flush()
    succeeded = [line for line, outcome in fresh if outcome == SUCCEEDED]
    failed = [line for line, outcome in fresh if outcome == FAILED]
    if fresh:
        lock_behind(work, [*succeeded, *failed])
        book_lines(work, file, succeeded, failed)
        close_when_done(work, file, sent=len(lines), answered=len(known))
    report = BankReport(len(fresh), len(succeeded), len(failed), repeated, quarantined)
    audit.record_one(
        work, "payment_file", file.id, "read_results", sha256=source, matched=report.matched,
        succeeded=report.succeeded, failed=report.failed, quarantined=report.quarantined,
    )  # fmt: skip
    return report


def _objection(told: Told, line: PaymentLine | None, known: BankResult | None) -> str | None:
    """Return why a line cannot be booked, None where it can (or already is, with the same answer)."""
    if told.problem is not None:
        return told.problem
    if line is None:
        return "本拨付文件中没有这个参考号"
    if told.amount_told and told.amount_fen != line.amount_fen:
        return "金额与拨付文件不一致"
    if told.outcome is None:
        return "结果不是“成功”或“失败”"
    if known is not None and known.outcome != told.outcome:
        return "与已入账的结果相矛盾"
    return None


def _set_aside(work: Work, file: PaymentFile, source: str, told: Told, why: str) -> int:
    seen = work.session.scalar(
        select(BankQuarantine.id).where(
            BankQuarantine.source_sha256 == source, BankQuarantine.line == told.line
        )
    )
    if seen is not None:
        return 0
    work.session.add(
        BankQuarantine(
            payment_file_id=file.id,
            source_sha256=source,
            line=told.line,
            reference=told.reference[:64],
            amount_fen=told.amount_fen,
            why=why,
            received_at=work.at,
        )
    )
    work.session.flush()
    return 1
