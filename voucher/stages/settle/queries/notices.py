"""Public notices as anybody may read them: masked by type, never a full number, never an account."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue, people
from voucher.registry.institutions import Institution
from voucher.rules.levels import Level, name_level
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.settle.lines import NO_LEVEL
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Notice, Objection
from voucher.stages.settle.objection import NOTICE_NOT_OPEN, OBJECTION_MISSING

# what stays on a notice: everything that was published and has not been taken out since
PUBLISHED = (
    "noticed",
    "objected",
    "cleared",
    "approved",
    "paying",
    "paid",
    "bounced",
    "recovering",
    "recovered",
)


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One published line."""

    claim_id: int
    claim_number: str
    masked_name: str
    masked_number: str
    trade_name: str
    level: str
    payee_name: str
    amount_fen: int
    objected: bool


def list_notices(session: Session, *, before_id: int | None = None, limit: int = 20) -> list[Notice]:
    """Return the newest notices that have not been withdrawn."""
    query = select(Notice).where(Notice.state != "withdrawn")
    if before_id is not None:
        query = query.where(Notice.id < before_id)
    return list(session.scalars(query.order_by(Notice.id.desc()).limit(limit)))


def get_notice(session: Session, notice_id: int) -> Notice:
    """Return a notice. Raises Refused notice_not_open where there is none to see."""
    found = session.get(Notice, notice_id)
    if found is None or found.state == "withdrawn":
        raise NOTICE_NOT_OPEN.refused()
    return found


def sum_notice(session: Session, notice: Notice) -> tuple[int, int]:
    """Return how many lines a notice shows and their sum in fen."""
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(Claim.amount_fen), 0)).where(
            Claim.batch_id == notice.batch_id, Claim.state.in_(PUBLISHED)
        )
    ).one()
    return count, int(total)


def list_notice_lines(
    session: Session,
    keyring: Keyring,
    notice: Notice,
    *,
    after: int = 0,
    limit: int = 50,
    claim_number: str | None = None,
    institution: str | None = None,
) -> list[NoticeLine]:
    """Return the published lines after a claim id; search by claim number or payee, never by person."""
    query = (
        select(Claim, Institution.name)
        .join(Institution, Institution.id == Claim.institution_id)
        .where(Claim.batch_id == notice.batch_id, Claim.state.in_(PUBLISHED), Claim.id > after)
        .order_by(Claim.id)
        .limit(limit)
    )
    if claim_number is not None:
        tail = claim_number.rsplit("-", 1)[-1]
        # as long as an id can be; a longer one names nothing, and no database takes it
        query = query.where(Claim.id == (int(tail) if tail.isdecimal() and len(tail) <= 18 else -1))
    if institution is not None:
        query = query.where(Institution.name.contains(institution, autoescape=True))
    rows = session.execute(query).all()
    named = people.read_people(session, keyring, [claim.person_id for claim, _ in rows])
    trades = catalogue.name_trades(session, [claim.trade_code for claim, _ in rows])
    lines = []
    for claim, payee in rows:
        who = named.get(claim.person_id)
        lines.append(
            NoticeLine(
                claim_id=claim.id,
                claim_number=claim.number,
                masked_name=mask_name(who.name) if who else "（已删除）",
                masked_number=mask_identity(who.number) if who and who.number else "",
                trade_name=trades.get(claim.trade_code, claim.trade_code),
                level=name_level(Level(claim.level)) if claim.level else NO_LEVEL,
                payee_name=payee,
                amount_fen=claim.amount_fen,
                objected=claim.state == "objected",
            )
        )
    return lines


def list_objections(
    session: Session,
    regions: Collection[str],
    *,
    state: str | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[tuple[Objection, Claim]]:
    """Return the newest objections of these regions with the claims they are against."""
    query = (
        select(Objection, Claim)
        .join(Claim, Claim.id == Objection.claim_id)
        .where(Claim.region_code.in_(sorted(regions)))
        .order_by(Objection.id.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(Objection.state == state)
    if before_id is not None:
        query = query.where(Objection.id < before_id)
    return [(objection, claim) for objection, claim in session.execute(query)]


def get_objection_by_number(session: Session, number: str) -> Objection:
    """Return an objection by the number its author was given. Raises Refused objection_missing."""
    found = session.scalars(select(Objection).where(Objection.number == number.strip())).first()
    if found is None:
        raise OBJECTION_MISSING.refused(number=number.strip()[:40])
    return found
