"""A phone answers the number on a classroom's screen: its own key signs, its own counter goes up.

Such an answer is no voucher shown at a counter: it uses no voucher up, and is good for nothing else.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from voucher.ledger.credentials.devices import Device
from voucher.ledger.credentials.genuine import Signed, check_phone, check_standing, find_signed
from voucher.ledger.credentials.presented import check_order
from voucher.ledger.credentials.screen import CODE_USED
from voucher.plumbing.bulk import bring_up
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.rules.attendance import CLASS_CODE_OVER
from voucher.rules.code_format import parse_presentation


def read_answer(session: Session, keyring: Keyring, digits: str, at: datetime) -> Signed:
    """Return what a phone signed, whatever it answers. Raises Refused what `find_signed` refuses."""
    return find_signed(session, keyring, parse_presentation(digits), at)


def check_answer(signed: Signed, numbers: Collection[int], at: datetime) -> None:
    """Check that a phone in good standing answered one of these numbers, and not before.

    Raises Refused class_code_over, code_used, code_expired, code_copied and what `check_standing` refuses.
    """
    check_standing(signed, at)
    if signed.presentation.challenge not in numbers:
        raise CLASS_CODE_OVER.refused()
    if signed.seen is not None:
        raise CODE_USED.refused()
    check_order(signed)


def count_up(work: Work, signed: Signed) -> None:
    """Take a code's number as the last of its phone: of two at the same moment one gets through.

    Raises Refused code_used, code_expired, code_copied, device_gone, device_frozen.
    """
    shown = signed.presentation
    moved = work.session.scalars(
        update(Device)
        .where(Device.id == signed.device.id, Device.ended_at.is_(None), Device.counter < shown.counter)
        .values(counter=shown.counter, shown_at=shown.shown_at)
        .returning(Device.id)
        .execution_options(synchronize_session=False)
    ).first()
    if moved is None:
        work.session.refresh(signed.device)
        check_phone(signed)
        check_order(signed)
        raise CODE_USED.refused()
    bring_up(signed.device, counter=shown.counter, shown_at=shown.shown_at)
