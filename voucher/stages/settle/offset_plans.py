"""What files under way are to meet of a receivable: that much is neither paid by bank nor waived."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.clock import day_of
from voucher.rules.errors import Family, reason
from voucher.rules.money import format_yuan
from voucher.stages.settle.models.offsets import PaymentOffset
from voucher.stages.settle.models.payments import Clawback, Payment, PaymentFile

SOURCE = "【设】未追回前新申领可抵扣 (AC-I1); 豫办〔2021〕29号 16(i) 不混资金"
UNDER_WAY = ("pending", "released")

OFFSET_UNDER_WAY = reason(
    "offset_under_way",
    "该追回单有 {planned} 元已列入拨付文件 {files} 抵扣",
    "请先作废尚未签发的文件，或等银行回盘后再办理",
    SOURCE,
    Family.CONFLICT,
)


def letter_number(clawback: Clawback, region_code: str) -> str:
    """Return the number on the letter of a receivable, which a payee writes on its transfer."""
    return f"TH-{region_code}-{day_of(clawback.opened_at).year}-{clawback.id:06d}"


def check_not_planned(session: Session, clawbacks: Collection[Clawback], needed_fen: int = 0) -> None:
    """Refuse what a file under way already meets; with `needed_fen` only where that much is not left.

    Raises Refused offset_under_way.
    """
    for each in clawbacks:
        left_fen = each.amount_fen - each.recovered_fen - each.planned_fen
        if each.planned_fen and not 0 < needed_fen <= left_fen:
            files = "、".join(list_planned_files(session, each.id))
            raise OFFSET_UNDER_WAY.refused(planned=format_yuan(each.planned_fen), files=files)


def list_planned_files(session: Session, clawback_id: int) -> Sequence[str]:
    """Return the numbers of the files under way that meet some of a receivable."""
    return session.scalars(
        select(PaymentFile.number)
        .join(Payment, Payment.payment_file_id == PaymentFile.id)
        .join(PaymentOffset, PaymentOffset.payment_id == Payment.id)
        .where(PaymentOffset.clawback_id == clawback_id, Payment.state.in_(UNDER_WAY))
        .distinct()
        .order_by(PaymentFile.number)
    ).all()
