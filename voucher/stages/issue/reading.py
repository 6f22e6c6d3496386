"""What the acts of issuing read and lock before they write: budget, programme, issue, in that order."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger.budget import get_home
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach, check_role
from voucher.rules.errors import Family, reason
from voucher.stages.issue.models import Issue, Programme

SOURCE = "豫办〔2021〕29号 第16项; S2-16a,b"
OFFICERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
# what anybody may know of; a draft or a discarded one is its office's own
PUBLIC_STATES = ("published", "stopped", "closed")

PROGRAMME_MISSING = reason(
    "programme_missing",
    "没有找到这个券种",
    "请核对券种编号，或从券种列表重新进入",
    SOURCE,
    Family.MISSING,
)
ISSUE_MISSING = reason(
    "issue_missing",
    "没有找到这张发券单",
    "请核对发券单编号，或从发券单列表重新进入",
    SOURCE,
    Family.MISSING,
)


def lock_programme(work: Work, programme_id: int) -> Programme:
    """Return a programme as it stands, locked after the budget its money stands in by now.

    What its budget was carried from stays free: nothing is issued from there, and whoever serves the queue
    locks in the same order.

    Raises Refused programme_missing.
    """
    budget_id = work.session.scalar(select(Programme.budget_id).where(Programme.id == programme_id))
    if budget_id is None:
        raise PROGRAMME_MISSING.refused()
    get_home(work, budget_id, lock=True)
    return work.session.scalars(
        select(Programme)
        .where(Programme.id == programme_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def lock_own_programme(work: Work, programme_id: int, *roles: Role) -> Programme:
    """Return a programme of the actor's own regions, locked.

    Raises Refused role_missing, programme_missing, also for a foreign one.
    """
    check_role(work.actor, *roles)
    found = lock_programme(work, programme_id)
    if not reaches(work, found.region_code, *roles):
        raise PROGRAMME_MISSING.refused()
    return found


def reaches(work: Work, region_code: str, *roles: Role) -> bool:
    """Return whether one of the actor's grants of these roles covers a region."""
    return any(region_code in work.actor.reach.get(role, frozenset()) for role in roles)


def lock_issue_to_decide(work: Work, issue_id: int) -> tuple[Programme, Issue]:
    """Return an issue of the actor's own regions and its programme, locked.

    What an institution filed, and a replacement, is an officer's to decide; the rest the office's.
    Raises Refused role_missing, issue_missing, also for a foreign one.
    """
    check_role(work.actor, Role.OPERATOR, *OFFICERS)
    programme, issue = lock_issue(work, issue_id)
    if not reaches(work, programme.region_code, Role.OPERATOR, *OFFICERS):
        raise ISSUE_MISSING.refused()
    if needs_review(issue):
        check_reach(work.actor, programme.region_code, *OFFICERS)
    return programme, issue


def needs_review(issue: Issue) -> bool:
    """Return whether an issue is decided by another person than who filed it."""
    return issue.institution_id is not None or issue.way == "replacement"


def lock_issue(work: Work, issue_id: int) -> tuple[Programme, Issue]:
    """Return an issue and its programme, locked. Raises Refused issue_missing."""
    programme_id = work.session.scalar(select(Issue.programme_id).where(Issue.id == issue_id))
    if programme_id is None:
        raise ISSUE_MISSING.refused()
    programme = lock_programme(work, programme_id)
    found = work.session.scalars(
        select(Issue).where(Issue.id == issue_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    return programme, found
