"""恢复备份以后的付款核对: two finance people of a region say that what was paid since is entered."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.schemas.settle.restored import NewPaidWord, RestoredFilter, RestoredPayments
from voucher.ledger.restoring import find_unpaid
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_ancestry
from voucher.stages.settle.confirming_paid import confirm_paid, list_paid_words

restored_payments = Room(
    "restored_payments", __name__, url_prefix="/api/v1", description="恢复备份以后的付款核对"
)


@restored_payments.look("/restored-payments", query=RestoredFilter, answer=RestoredPayments)
def show_restored_payments(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """一个地区在恢复备份以后能不能付款，谁已经核对。"""
    within(session, asked["region"])
    return _tell(session, asked["region"])


@restored_payments.act(
    "/restored-payments",
    body=NewPaidWord,
    answer=RestoredPayments,
    example={"region_code": "419001", "words": "银行明细已逐笔核对，回盘已导入"},
)
def confirm_restored_payments(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """写明备份以后付的款已向银行核对、登记；两名财务人员各办一次，之后才能制单、签发、下载。"""
    confirm_paid(work, given["region_code"], given["words"])
    return _tell(work.session, given["region_code"])


def _tell(session: Session, region_code: str) -> dict[str, Any]:
    regions = list_ancestry(session, region_code)
    standing = find_unpaid(session, regions)
    return {
        "region_code": region_code,
        "confirmed": standing is None,
        "held_seq": None if standing is None else standing.held_seq,
        "anchored_seq": None if standing is None else standing.anchored_seq,
        "words": list_paid_words(session, regions),
    }
