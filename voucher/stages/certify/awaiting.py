"""Vouchers whose certificate was issued in time, and of which only the register has not spoken yet."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import read_parameter_number
from voucher.rules.certificates import CERTIFICATE_NOT_IN_REGISTER
from voucher.stages.certify.attach import find_fitting
from voucher.stages.certify.models import Verification
from voucher.stages.certify.queries.proofs import find_newest_verifications, read_refusal

WAITED_DAYS = "certify_register_days"


def list_awaiting_register(work: Work) -> list[int]:
    """Return the vouchers that passed their day lately with a fitting certificate dated no later than it.

    A register that is down or has not been told yet is no fault of the holder's; one that has said
    anything else of the certificate has answered. Raises Refused parameter_missing.
    """
    days = read_parameter_number(work.session, WAITED_DAYS, work.today, ()) or 0
    vouchers = work.session.scalars(
        select(Voucher)
        .where(
            Voucher.state == "assessed",
            Voucher.certify_by < work.today,
            Voucher.certify_by >= work.today - timedelta(days=days),
        )
        .order_by(Voucher.id)
    ).all()
    fitting = find_fitting(work, vouchers) if vouchers else {}
    newest = find_newest_verifications(work.session, [each.id for held in fitting.values() for each in held])
    return [
        voucher.id
        for voucher in vouchers
        if voucher.certify_by is not None
        and any(
            each.issued_on <= voucher.certify_by and _is_unanswered(newest.get(each.id))
            for each in fitting[voucher.id]
        )
    ]


def _is_unanswered(told: Verification | None) -> bool:
    if told is None:
        return True
    return all(read_refusal(each).code == CERTIFICATE_NOT_IN_REGISTER.code for each in told.codes)
