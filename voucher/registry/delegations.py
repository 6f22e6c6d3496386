"""Delegations of duty: a dated role of a colleague, given by who holds it, ended by either of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_subtree
from voucher.registry.tables import require_parameter_number
from voucher.registry.users import RoleGrant, UserAccount, actor_of, in_force
from voucher.rules.actor import Role
from voucher.rules.delegating import DELEGATED, DEPUTY_UNFIT, SOURCE, check_delegation, check_deputy
from voucher.rules.errors import Family, reason

DAYS_MOST = "delegation_days_most"
LONGEST_WHY = 200

DELEGATION_MISSING = reason(
    "delegation_missing",
    "没有找到这项职责或委托",
    "请从“职责委托”页面重新选择；只能委托本人现有的职责，只能结束与本人有关的委托",
    SOURCE,
    Family.MISSING,
)
DELEGATION_WHY = reason("delegation_why", "没有写明委托原因", "请写明原因，例如“外出培训”", SOURCE)


class Delegation(Model):
    """One role of one person taken on by another for some days; the role itself is a dated grant."""

    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint("deputy_person_id <> principal_person_id", name="two_people"),
        CheckConstraint("until >= since", name="period"),
        CheckConstraint("length(why) > 0", name="why"),
        Index("ix_delegation_principal", "principal_person_id"),
        Index("ix_delegation_deputy", "deputy_person_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    of_grant_id: Mapped[int] = mapped_column(Int64, ForeignKey("role_grant.id"), nullable=False)
    grant_id: Mapped[int] = mapped_column(Int64, ForeignKey("role_grant.id"), nullable=False, unique=True)
    principal_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    deputy_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date] = mapped_column(Day, nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    made_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_delegation_grant_id", "delegation.grant_id", CHANGED_MEANWHILE)


def delegate(work: Work, grant_id: int, deputy_login: str, since: date, until: date, why: str) -> Delegation:
    """Give a role of the actor's to a colleague for some days and return the delegation.

    The colleague acts in the own name: what either has done in a claim bars it as ever.
    Raises Refused delegation_missing, delegation_why, delegation_role, delegation_period, delegation_self,
    deputy_unfit, parameter_missing.
    """
    if not why.strip() or len(why) > LONGEST_WHY:
        raise DELEGATION_WHY.refused()
    own = next(
        (
            each
            for each in list_own_roles(work.session, work.actor.user_id, work.today)
            if each.id == grant_id
        ),
        None,
    )
    if own is None or own.region_code is None:
        raise DELEGATION_MISSING.refused()
    most = require_parameter_number(work.session, DAYS_MOST, work.today, [])
    check_delegation(Role(own.role), since, until, work.today, most, own.until)
    deputy = _find_deputy(work, deputy_login, own.region_code)
    granted = RoleGrant(
        user_id=deputy.id, role=own.role, region_code=own.region_code, since=since, until=until
    )
    work.session.add(granted)
    work.session.flush()
    made = Delegation(
        of_grant_id=own.id,
        grant_id=granted.id,
        principal_person_id=work.actor.person_id,
        deputy_person_id=deputy.person_id,
        since=since,
        until=until,
        why=why.strip(),
        made_at=work.at,
    )
    work.session.add(made)
    work.session.flush()
    audit.record_one(
        work,
        "user_account",
        deputy.id,
        "take_on",
        delegation=made.id,
        role=own.role,
        region=own.region_code,
        since=since.isoformat(),
        until=until.isoformat(),
    )
    return made


def list_own_roles(session: Session, user_id: int, on: date) -> Sequence[RoleGrant]:
    """Return the roles of an account that may be handed on: none of them taken on from somebody else."""
    return session.scalars(
        select(RoleGrant)
        .where(
            RoleGrant.user_id == user_id,
            RoleGrant.role.in_([str(each) for each in sorted(DELEGATED)]),
            RoleGrant.region_code.is_not(None),
            RoleGrant.institution_id.is_(None),
            RoleGrant.id.not_in(select(Delegation.grant_id)),
            in_force(on),
        )
        .order_by(RoleGrant.id)
    ).all()


def _find_deputy(work: Work, login: str, region_code: str) -> UserAccount:
    account = work.session.scalars(
        select(UserAccount).where(UserAccount.login == login.strip(), UserAccount.disabled_at.is_(None))
    ).first()
    if account is None:
        raise DEPUTY_UNFIT.refused(login=login.strip()[:40])
    grants = work.session.scalars(
        select(RoleGrant).where(RoleGrant.user_id == account.id, in_force(work.today))
    ).all()
    within = set(list_subtree(work.session, region_code))
    reach = actor_of(work.session, account, grants).reach
    here = {role for role, regions in reach.items() if within & regions}
    # by person: an account at a payee's bars every account of the same person
    serves = work.session.scalar(
        select(RoleGrant.id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(
            UserAccount.person_id == account.person_id,
            RoleGrant.institution_id.is_not(None),
            in_force(work.today),
        )
        .limit(1)
    )
    check_deputy(
        account.login,
        work.actor.person_id,
        account.person_id,
        here,
        serves_institution=serves is not None,
    )
    return account


def end_delegation(work: Work, delegation_id: int) -> None:
    """End a delegation at once, by who gave it or who took it on. Raises Refused delegation_missing."""
    found = work.session.scalars(
        select(Delegation).where(Delegation.id == delegation_id).with_for_update()
    ).first()
    if (
        found is None
        or found.ended_at is not None
        or work.actor.person_id not in (found.principal_person_id, found.deputy_person_id)
    ):
        raise DELEGATION_MISSING.refused()
    _end(work, found)


def end_with_grants(work: Work, grant_ids: Collection[int]) -> None:
    """End what was handed on of roles that are taken away, and what was taken on as one of them."""
    found = work.session.scalars(
        select(Delegation)
        .where(
            or_(Delegation.of_grant_id.in_(grant_ids), Delegation.grant_id.in_(grant_ids)),
            Delegation.ended_at.is_(None),
        )
        .order_by(Delegation.id)
        .with_for_update()
    )
    for each in found.all():
        _end(work, each)


def end_given(work: Work, user_id: int) -> None:
    """End what an account that is disabled gave to others: nobody acts in place of somebody who left."""
    given = work.session.scalars(
        select(Delegation)
        .join(RoleGrant, RoleGrant.id == Delegation.of_grant_id)
        .where(RoleGrant.user_id == user_id, Delegation.ended_at.is_(None))
        .order_by(Delegation.id)
        .with_for_update(of=Delegation)
    )
    for each in given.all():
        _end(work, each)


def _end(work: Work, found: Delegation) -> None:
    found.ended_at = work.at
    granted = work.session.get_one(RoleGrant, found.grant_id)
    granted.until = min(granted.until or work.today, work.today - timedelta(days=1))
    work.session.flush()
    audit.record_one(work, "user_account", granted.user_id, "give_back", delegation=found.id)


def list_delegations(
    session: Session, person_id: int, *, before_id: int | None = None, limit: int = 50
) -> list[Delegation]:
    """Return what a person gave to others and took on from them, the newest first."""
    mine = or_(Delegation.principal_person_id == person_id, Delegation.deputy_person_id == person_id)
    query = select(Delegation).where(mine)
    if before_id is not None:
        query = query.where(Delegation.id < before_id)
    return list(session.scalars(query.order_by(Delegation.id.desc()).limit(limit)))
