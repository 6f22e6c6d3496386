"""Vouchers as an office or a rostering institution reads them: found by number, listed, masked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry import people
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.issue.models import Issue, IssueLine, Programme

LONGEST_ID = 18


@dataclass(frozen=True, slots=True)
class VoucherSearch:
    """What is looked for; None asks for nothing."""

    programme_id: int | None = None
    state: str | None = None
    number: str | None = None
    holder_person_id: int | None = None


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """One voucher as lists show it, the holder masked; amounts in fen."""

    id: int
    number: str
    state: str
    state_name: str
    programme_id: int
    programme_name: str
    region_code: str
    masked_name: str
    masked_number: str
    worth: str
    channel: str
    face_value_fen: int | None
    reserved_fen: int
    redeem_by: date
    certify_by: date | None
    replaces_voucher_id: int | None
    issued_at: datetime


def find_voucher(session: Session, wanted: int | str) -> Voucher | None:
    """Return a voucher by its id or by the number people quote; None where there is none."""
    if isinstance(wanted, int):
        return session.get(Voucher, wanted)
    serial = wanted.strip().rpartition("-")[2]
    if not (serial.isascii() and serial.isdigit() and len(serial) <= LONGEST_ID):
        return None
    found = session.get(Voucher, int(serial))
    return found if found is not None and found.number == wanted.strip().upper() else None


def list_vouchers(
    session: Session,
    regions: Collection[str],
    wanted: VoucherSearch | None = None,
    *,
    institutions: Collection[int] = (),
    before_id: int | None = None,
    limit: int = 50,
) -> list[Voucher]:
    """Return the newest vouchers of these regions, and those issued to rosters these institutions filed."""
    rostered = (
        select(IssueLine.voucher_id)
        .join(Issue, Issue.id == IssueLine.issue_id)
        .where(Issue.institution_id.in_(sorted(institutions)), IssueLine.voucher_id.is_not(None))
    )
    query = (
        select(Voucher)
        .where(or_(Voucher.region_code.in_(sorted(regions)), Voucher.id.in_(rostered)))
        .order_by(Voucher.id.desc())
        .limit(limit)
    )
    wanted = wanted or VoucherSearch()
    if wanted.programme_id is not None:
        query = query.where(Voucher.programme_id == wanted.programme_id)
    if wanted.state is not None:
        query = query.where(Voucher.state == wanted.state)
    if wanted.holder_person_id is not None:
        query = query.where(Voucher.holder_person_id == wanted.holder_person_id)
    if wanted.number is not None:
        found = find_voucher(session, wanted.number)
        query = query.where(Voucher.id == (found.id if found is not None else -1))
    if before_id is not None:
        query = query.where(Voucher.id < before_id)
    return list(session.scalars(query))


def view_vouchers(session: Session, keyring: Keyring, vouchers: Sequence[Voucher]) -> list[VoucherRow]:
    """Return vouchers as lists show them."""
    named = people.read_people(session, keyring, [each.holder_person_id for each in vouchers])
    programme_ids = sorted({each.programme_id for each in vouchers})
    rows = session.execute(select(Programme.id, Programme.name).where(Programme.id.in_(programme_ids)))
    programmes: dict[int, str] = dict(rows.all())
    return [
        VoucherRow(
            id=each.id,
            number=each.number,
            state=each.state,
            state_name=STATE_NAMES[Thing.VOUCHER][each.state],
            programme_id=each.programme_id,
            programme_name=programmes[each.programme_id],
            region_code=each.region_code,
            masked_name=mask_name(who.name) if (who := named.get(each.holder_person_id)) else "（已注销）",
            masked_number=mask_identity(who.number) if who and who.number else "",
            worth=each.worth,
            channel=each.channel,
            face_value_fen=each.face_value_fen,
            reserved_fen=each.reserved_fen,
            redeem_by=each.redeem_by,
            certify_by=each.certify_by,
            replaces_voucher_id=each.replaces_voucher_id,
            issued_at=each.issued_at,
        )
        for each in vouchers
    ]
