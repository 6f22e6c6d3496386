"""Which administrators make two hands necessary for a reset, and which of them may be one of the two.

To be reset or disabled takes nobody out of the first number for some days, so that one act of one hand does
not bring a house back to one hand. Whoever was let in within those days may be whoever let in: no hand yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditRow
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tables
from voucher.registry.second_hands import APART, RESET
from voucher.registry.users import COMMON_LOGINS, RoleGrant, UserAccount, in_force
from voucher.rules.actor import Role

TWO = 2
BOUND = "confirm_totp"


@dataclass(frozen=True, slots=True)
class ResetHands:
    """How many persons stand as administrators, and the accounts that may do it now, with their persons."""

    standing: int
    able: Mapping[int, int]
    days: int


def list_reset_hands(work: Work, holder_person_id: int) -> ResetHands:
    """Return the hands for the reset of an account of this person.

    An administrator stands who has, or once had, a code bound, and is not disabled or only some days ago; the
    holder too. Able are accounts with a code, never the holder's, neither reset nor made an administrator's
    within those days, unless no two stood before them: then the house is being founded. By account, because
    another one opened under an able person's number may be anybody's. Raises Refused parameter_missing.
    """
    days = tables.require_parameter_number(work.session, APART, work.today, ())
    since_at, since_on = work.at - timedelta(days=days), work.today - timedelta(days=days)
    found = work.session.execute(
        select(
            UserAccount.id,
            UserAccount.person_id,
            UserAccount.totp_confirmed_at,
            UserAccount.disabled_at,
            func.min(RoleGrant.since).label("since"),
        )
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(
            RoleGrant.role == Role.ADMINISTRATOR,
            in_force(work.today),
            or_(UserAccount.disabled_at.is_(None), UserAccount.disabled_at > since_at),
            UserAccount.login.not_in(COMMON_LOGINS),
        )
        .group_by(UserAccount.id)
    ).all()
    ids = [each.id for each in found]
    once = _find_told(work.session, ids, BOUND)
    lately = _find_told(work.session, ids, RESET, since_at)
    standing = [each for each in found if each.totp_confirmed_at is not None or each.id in once]
    elders = {each.person_id for each in standing if each.since <= since_on}
    able = {
        each.id: each.person_id
        for each in standing
        if each.totp_confirmed_at is not None
        and each.disabled_at is None
        and each.id not in lately
        and each.person_id != holder_person_id
        and (each.since <= since_on or len(elders) < TWO)
    }
    return ResetHands(len({each.person_id for each in standing}), able, days)


def _find_told(session: Session, ids: Iterable[int], act: str, after: datetime | None = None) -> set[int]:
    """Return the accounts of which the trail tells such an act."""
    told = select(AuditRow.object_id).where(
        AuditRow.thing == "user_account", AuditRow.object_id.in_(sorted(ids)), AuditRow.act == act
    )
    return set(session.scalars(told if after is None else told.where(AuditRow.at > after)))
