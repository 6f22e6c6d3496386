"""Vouchers that end before they were worth anything: revoked by the office, expired by the clock."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, or_, select

from voucher.ledger.commitments import end_vouchers
from voucher.ledger.holds import select_held
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry.phones import read_field_rules
from voucher.rules.actor import Role, check_role
from voucher.rules.calendar import shanghai_date
from voucher.rules.lifecycle import Thing
from voucher.rules.words import check_why
from voucher.stages.issue.reading import OFFICERS, reaches
from voucher.stages.issue.waiting import serve_waiting

UNENROLLED, ENROLLED = ("issued", "accepted"), "enrolled"
UNUSED = (*UNENROLLED, ENROLLED)
EXPIRED = "超过核销截止日"
AT_ONCE = 2000


def revoke(work: Work, voucher_ids: Sequence[int], why: str) -> int:
    """Declare vouchers void, all or none, and return how many; their money goes to whoever waits.

    Raises Refused role_missing, why_missing, voucher_missing (also for a foreign one), event_not_allowed.
    """
    check_role(work.actor, *OFFICERS)
    said = check_why(why)
    wanted = set(voucher_ids)
    found = lock_vouchers(work, Voucher.id.in_(sorted(wanted)), money=True)
    if not wanted or len(found) != len(wanted):
        raise VOUCHER_MISSING.refused()
    if any(not reaches(work, each.region_code, *OFFICERS) for each in found):
        raise VOUCHER_MISSING.refused()
    _end(work, found, "revoke", said)
    return len(found)


def expire_due(work: Work) -> int:
    """Let vouchers expire whose last day is over, held ones excepted, and return how many.

    One that sits in a class may have been scanned there without a network on that day: it waits until
    nothing scanned then can arrive any more. At most so many at once, because a year's vouchers may end on
    one night: called again until none is left. Raises Refused role_missing, parameter_missing.
    """
    check_role(work.actor, Role.CLOCK)
    over = (_is_over(work), Voucher.id.not_in(select_held(Thing.VOUCHER)))
    ids = work.session.scalars(select(Voucher.id).where(*over).order_by(Voucher.id).limit(AT_ONCE)).all()
    due = lock_vouchers(work, Voucher.id.in_(ids), *over, money=True) if ids else []
    _end(work, due, "expire", EXPIRED)
    return len(due)


def _is_over(work: Work) -> ColumnElement[bool]:
    """Return what is true of vouchers nobody can have used any more."""
    heard_until = shanghai_date(work.at - read_field_rules(work.session, work.today).upload_within)
    return or_(
        and_(Voucher.state.in_(UNENROLLED), Voucher.redeem_by < work.today),
        and_(Voucher.state == ENROLLED, Voucher.redeem_by < heard_until),
    )


def _end(work: Work, vouchers: Sequence[Voucher], event: str, why: str) -> None:
    end_vouchers(work, vouchers, event, why)
    for budget_id in sorted({each.budget_id for each in vouchers}):
        serve_waiting(work, budget_id)
