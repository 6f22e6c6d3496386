"""What is known of consents: who may act for whom today, for how many, and everything that has been."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditRow
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry.consents.rows import Consent
from voucher.registry.people import read_people
from voucher.registry.standards import get_parameter
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.errors import Family, reason
from voucher.rules.helping import (
    ENDING_NAMES,
    RELATIONSHIP_NAMES,
    SCOPE_NAMES,
    SOURCE,
    WAY_NAMES,
    ConsentLimits,
    ConsentWay,
    Ending,
    Relationship,
    Scope,
)
from voucher.rules.privacy import mask_name

THING, HELPED = "consent", "help"
EXPIRED = "期限已到"
DEED_NAMES = {"accept": "领取", "enrol": "选班报名", "paper": "打印纸质凭条", "text": "请系统发短信码给本人"}

CONSENT_UNKNOWN = reason(
    "consent_unknown",
    "没有找到这份代办授权",
    "可能已停止或到期；请从“我的—亲情代办”重新进入",
    SOURCE,
    Family.MISSING,
)
HELPER_IS_STAFF = reason(
    "helper_is_staff",
    "代办人是{institution}的工作人员，不能替别人办理与本机构有关的事",
    "请本人办理，或换一位与这家机构无关的代办人",
    "S2-16d 不得转让; RISK R17; 【设】机构工作人员不得代学员办理",
    Family.FORBIDDEN,
)


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing a helper did: what, with which voucher, when."""

    at: datetime
    name: str
    voucher_id: int


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A consent as either side and the office read it; both people are masked, the last day is included."""

    id: int
    number: str
    principal_name: str
    helper_name: str
    relationship_name: str
    scopes: tuple[str, ...]
    scope_names: tuple[str, ...]
    way: str
    way_name: str
    mandate: str | None
    since: datetime
    until_on: date
    lives: bool
    ended_at: datetime | None
    ended_words: str | None
    deeds: tuple[Deed, ...]


def read_limits(session: Session, on: date, way: ConsentWay) -> ConsentLimits:
    """Return the parameters a consent of a way is held to. Raises Refused parameter_missing."""

    def number(name: str) -> int:
        return int(get_parameter(session, name, on, []).value)

    at_counter = way is ConsentWay.COUNTER
    return ConsentLimits(
        days=number("consent_days"),
        days_most=number("consent_days_most"),
        helped_most=number("consent_helped_most_counter" if at_counter else "consent_helped_most"),
        helpers_most=None if at_counter else number("consent_helpers_most"),
    )


def living_on(on: date) -> ColumnElement[bool]:
    """Return what makes a consent hold on a day."""
    return and_(Consent.ended_at.is_(None), Consent.until_on >= on)


def find_living(
    session: Session, helper_person_id: int, principal_person_id: int, on: date
) -> Consent | None:
    """Return the consent one person has from another on a day."""
    return session.scalars(
        select(Consent).where(
            Consent.helper_person_id == helper_person_id,
            Consent.principal_person_id == principal_person_id,
            living_on(on),
        )
    ).first()


def get_living(session: Session, helper_person_id: int, consent_id: int, on: date) -> Consent:
    """Return a consent its helper may use on a day. Raises Refused consent_unknown, also for any other."""
    found = session.scalars(
        select(Consent).where(
            Consent.id == consent_id, Consent.helper_person_id == helper_person_id, living_on(on)
        )
    ).first()
    if found is None:
        raise CONSENT_UNKNOWN.refused()
    return found


def count_helped(session: Session, helper_person_id: int, on: date, *, but: int = 0) -> int:
    """Return how many people somebody helps on a day, where one is named that one left out."""
    return _count(
        session, on, Consent.helper_person_id == helper_person_id, Consent.principal_person_id != but
    )


def count_helpers(session: Session, principal_person_id: int, on: date, *, but: int) -> int:
    """Return how many helpers somebody has on a day, one of them left out."""
    return _count(
        session, on, Consent.principal_person_id == principal_person_id, Consent.helper_person_id != but
    )


def _count(session: Session, on: date, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Consent).where(*conditions, living_on(on))) or 0


def find_houses(session: Session, person_id: int, on: date) -> frozenset[int]:
    """Return the institutions a person works for on a day, by any account."""
    return frozenset(
        house
        for house in session.scalars(
            select(RoleGrant.institution_id)
            .join(UserAccount, UserAccount.id == RoleGrant.user_id)
            .where(
                UserAccount.person_id == person_id,
                UserAccount.disabled_at.is_(None),
                RoleGrant.institution_id.is_not(None),
                RoleGrant.since <= on,
                or_(RoleGrant.until.is_(None), RoleGrant.until >= on),
            )
        )
        if house is not None
    )


def list_helpers(session: Session, voucher_id: int) -> frozenset[int]:
    """Return the people who ever were let help the holder of a voucher."""
    return frozenset(
        session.scalars(
            select(Consent.helper_person_id)
            .join(Voucher, Voucher.holder_person_id == Consent.principal_person_id)
            .where(Voucher.id == voucher_id)
        )
    )


def list_consents(
    session: Session,
    keyring: Keyring,
    on: date,
    *,
    principal_person_id: int | None = None,
    helper_person_id: int | None = None,
    limit: int = 100,
) -> list[ConsentView]:
    """Return the consents a person gave, or was given, those that live first, then the newest first."""
    query = select(Consent).order_by(Consent.id.desc()).limit(limit)
    if principal_person_id is not None:
        query = query.where(Consent.principal_person_id == principal_person_id)
    if helper_person_id is not None:
        query = query.where(Consent.helper_person_id == helper_person_id)
    views = view_consents(session, keyring, session.scalars(query).all(), on)
    return sorted(views, key=lambda each: not each.lives)


def view_consents(session: Session, keyring: Keyring, rows: Sequence[Consent], on: date) -> list[ConsentView]:
    """Return consents as people read them."""
    ids = {person for each in rows for person in (each.principal_person_id, each.helper_person_id)}
    named = read_people(session, keyring, sorted(ids))
    names = {person_id: mask_name(each.name) for person_id, each in named.items()}
    deeds = _list_deeds(session, [each.id for each in rows])
    return [
        ConsentView(
            id=each.id,
            number=each.number,
            principal_name=names.get(each.principal_person_id, "（已注销）"),
            helper_name=names.get(each.helper_person_id, "（已注销）"),
            relationship_name=RELATIONSHIP_NAMES[Relationship(each.relationship)],
            scopes=tuple(str(scope) for scope in Scope if scope in each.scopes),
            scope_names=tuple(SCOPE_NAMES[scope] for scope in Scope if scope in each.scopes),
            way=each.way,
            way_name=WAY_NAMES[ConsentWay(each.way)],
            mandate=each.mandate,
            since=each.granted_at,
            until_on=each.until_on,
            lives=each.ended_at is None and each.until_on >= on,
            ended_at=each.ended_at,
            ended_words=_why_over(each, on),
            deeds=tuple(deeds.get(each.id, ())),
        )
        for each in rows
    ]


def _why_over(found: Consent, on: date) -> str | None:
    if found.ended_by is not None:
        return ENDING_NAMES[Ending(found.ended_by)]
    return EXPIRED if found.until_on < on else None


def _list_deeds(session: Session, consent_ids: Iterable[int]) -> dict[int, list[Deed]]:
    rows = session.execute(
        select(AuditRow.object_id, AuditRow.at, AuditRow.content)
        .where(AuditRow.thing == THING, AuditRow.object_id.in_(list(consent_ids)), AuditRow.act == HELPED)
        .order_by(AuditRow.id.desc())
    )
    found: dict[int, list[Deed]] = {}
    for consent_id, at, content in rows:
        deed = Deed(at, DEED_NAMES[content["deed"]], content["voucher"])
        found.setdefault(consent_id, []).append(deed)
    return found
