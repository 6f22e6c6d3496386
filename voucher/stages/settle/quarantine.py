"""A line of a bank's answer that was set aside: one person says what came of it, another agrees.

Nothing is booked by it; what the bank corrects comes in another result file.
"""

from __future__ import annotations

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.words import check_why
from voucher.stages.settle.models.banking import QuarantineSettlement
from voucher.stages.settle.models.payments import BankQuarantine
from voucher.stages.settle.payment import get_file, region_of

SOURCE = "PAGES 4.6 未匹配清单; AC-H12; 【设】隔离行须两人核销"

LINE_MISSING = reason(
    "quarantine_line_missing",
    "没有找到这一隔离行",
    "请从拨付文件或对账页面重新进入",
    SOURCE,
    Family.MISSING,
)
SETTLED_ALREADY = reason(
    "quarantine_line_settled",
    "这一隔离行已由两人核实",
    "不必再办；银行又有新的答复的，请导入新的回盘文件",
    SOURCE,
    Family.CONFLICT,
)
NOT_EXPLAINED = reason(
    "quarantine_line_not_explained",
    "这一隔离行还没有核实说明",
    "请先由一人写明与银行核实的情况",
    SOURCE,
    Family.CONFLICT,
)


def explain(work: Work, quarantine_id: int, explanation: str) -> QuarantineSettlement:
    """Say what the bank answered about a line that was set aside; said again, it replaces what was said.

    Raises Refused quarantine_line_missing, role_missing, why_missing, quarantine_line_settled.
    """
    line, found = _take_up(work, quarantine_id)
    words = check_why(explanation)
    if found is None:
        found = QuarantineSettlement(bank_quarantine_id=line.id)
    found.explanation = words
    found.explained_by_person_id = work.actor.person_id
    found.explained_at = work.at
    work.session.add(found)
    work.session.flush()
    audit.record_one(work, "bank_quarantine", line.id, "explain", why=words)
    return found


def settle_line(work: Work, quarantine_id: int) -> QuarantineSettlement:
    """Agree, as another person, to what was said: the line is no difference any more.

    Raises Refused quarantine_line_missing, role_missing, quarantine_line_settled,
    quarantine_line_not_explained, second_person_needed.
    """
    line, found = _take_up(work, quarantine_id)
    if found is None:
        raise NOT_EXPLAINED.refused()
    check_two_people(found.explained_by_person_id, work.actor.person_id)
    found.settled_by_person_id = work.actor.person_id
    found.settled_at = work.at
    work.session.flush()
    audit.record_one(work, "bank_quarantine", line.id, "settle", why=found.explanation)
    return found


def _take_up(work: Work, quarantine_id: int) -> tuple[BankQuarantine, QuarantineSettlement | None]:
    line = work.session.get(BankQuarantine, quarantine_id)
    if line is None:
        raise LINE_MISSING.refused()
    # the file is locked before its lines
    file = get_file(work, line.payment_file_id)
    check_reach(work.actor, region_of(work, file), Role.FINANCE_MAKER, Role.FINANCE_CHECKER)
    found = work.session.get(QuarantineSettlement, quarantine_id, populate_existing=True)
    if found is not None and found.settled_at is not None:
        raise SETTLED_ALREADY.refused()
    return line, found
