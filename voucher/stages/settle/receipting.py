"""Writing the number of the receipt a payee gave for money that arrived; a later number takes its place."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.db import insert_rows
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import check_role
from voucher.rules.errors import Family, reason
from voucher.rules.receipts import SOURCE, read_receipt_number
from voucher.stages.settle.models.payments import BankResult, PaymentLine
from voucher.stages.settle.models.receipts import PaymentReceipt
from voucher.stages.settle.queries.receipts import find_receipts
from voucher.stages.settle.reading import STAFF_OF_BONUSES, STAFF_OF_PAYEE

STAFF = tuple(sorted({*STAFF_OF_BONUSES, *(role for roles in STAFF_OF_PAYEE.values() for role in roles)}))
LINES_MOST = 100

RECEIPT_OF_NOTHING = reason(
    "receipt_of_nothing",
    "所选的款不在本机构已到账的付款里，或一次超过 {most} 笔",
    "请刷新“到账”页面，勾选已到账的款后再登记票据号",
    SOURCE,
    Family.MISSING,
)
RECEIPT_UNCHANGED = reason(
    "receipt_unchanged",
    "所选的款登记的已经是票据号 {number}",
    "号码没有变，不必再登记；要更正的，请填写更正后的号码",
    SOURCE,
    Family.CONFLICT,
)


def write_receipt(work: Work, payment_line_ids: Sequence[int], written: str) -> str:
    """Keep one receipt's number for rows the bank has paid to one's institution, and return it as kept.

    Raises Refused role_missing, receipt_number, receipt_of_nothing, receipt_unchanged.
    """
    check_role(work.actor, *STAFF)
    number = read_receipt_number(written)
    wanted = sorted(set(payment_line_ids))
    lines = work.session.scalars(
        select(PaymentLine)
        .join(BankResult, BankResult.payment_line_id == PaymentLine.id)
        .where(PaymentLine.id.in_(wanted[: LINES_MOST + 1]), BankResult.outcome == "succeeded")
        .order_by(PaymentLine.id)
        .with_for_update(of=PaymentLine)
    ).all()
    served = all(work.actor.serves(each.institution_id, *STAFF) for each in lines)
    if not wanted or len(wanted) > LINES_MOST or len(lines) != len(wanted) or not served:
        raise RECEIPT_OF_NOTHING.refused(most=LINES_MOST)
    before = find_receipts(work.session, wanted)
    changed = [each for each in wanted if each not in before or before[each].number != number]
    if not changed:
        raise RECEIPT_UNCHANGED.refused(number=number)
    _write_down(work, changed, before, number)
    return number


def _write_down(work: Work, changed: Sequence[int], before: dict[int, PaymentReceipt], number: str) -> None:
    last = {each: before[each].revision if each in before else 0 for each in changed}
    insert_rows(
        work.session,
        PaymentReceipt,
        [
            {
                "payment_line_id": each,
                "revision": last[each] + 1,
                "number": number,
                "written_by_person_id": work.actor.person_id,
                "written_at": work.at,
            }
            for each in changed
        ],
    )
    audit.record(
        work,
        [
            audit.Entry(
                thing="payment_line",
                object_id=each,
                act="write_receipt",
                content={"number": number, "before": before[each].number if each in before else None},
            )
            for each in changed
        ],
    )
