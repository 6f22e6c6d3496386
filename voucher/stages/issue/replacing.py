"""A new voucher for one lost without fault: proposed by one officer, issued by another, naming the old."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger.states import list_events
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, get_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.issuing import EXIT_NOT_THERE, LEFT_BY_INSTITUTION, REPLACED_ALREADY, check_replaceable
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.words import check_why
from voucher.stages.issue.models import Issue, IssueLine, Programme
from voucher.stages.issue.reading import OFFICERS, reaches
from voucher.stages.issue.rosters import begin_issue


def ask_replacement(work: Work, voucher_id: int, why: str) -> Issue:
    """File the wish for a new voucher in the place of an ended one and return the issue.

    Another officer issues it with `issue_roster`: same programme, whatever has become of it, once per
    voucher. Raises Refused role_missing, voucher_missing (also for a foreign one), why_missing,
    voucher_not_replaceable, voucher_replaced_already.
    """
    check_role(work.actor, *OFFICERS)
    voucher = get_voucher(work, voucher_id)
    if not reaches(work, voucher.region_code, *OFFICERS):
        raise VOUCHER_MISSING.refused()
    said = check_why(why)
    check_replaceable(voucher.number, voucher.state, STATE_NAMES[Thing.VOUCHER][voucher.state])
    return _file(work, voucher, said)


def ask_own_replacement(work: Work, voucher_id: int) -> Issue:
    """File the wish of a holder whose institution left in the middle of the class; an officer issues.

    Raises Refused role_missing, voucher_missing (also for a foreign one), exit_not_there,
    voucher_replaced_already.
    """
    check_role(work.actor, Role.WORKER)
    voucher = get_voucher(work, voucher_id)
    if voucher.holder_person_id != work.actor.person_id:
        raise VOUCHER_MISSING.refused()
    last = list_events(work, Thing.VOUCHER, voucher.id)[-1]
    if (last.event, last.reason) != ("drop", LEFT_BY_INSTITUTION):
        raise EXIT_NOT_THERE.refused()
    return _file(work, voucher, LEFT_BY_INSTITUTION)


def _file(work: Work, voucher: Voucher, said: str) -> Issue:
    earlier = work.session.scalars(
        select(Issue)
        .join(IssueLine, IssueLine.issue_id == Issue.id)
        .where(IssueLine.replaces_voucher_id == voucher.id, IssueLine.outcome != "refused")
        .order_by(Issue.id)
    ).first()
    if earlier is not None:
        raise REPLACED_ALREADY.refused(voucher=voucher.number, issue=earlier.number)
    programme = work.session.get_one(Programme, voucher.programme_id)
    issue = begin_issue(work, programme, way="replacement", event="file", why=said)
    work.session.add(
        IssueLine(
            issue_id=issue.id,
            position=1,
            person_id=voucher.holder_person_id,
            outcome="pending",
            replaces_voucher_id=voucher.id,
        )
    )
    work.session.flush()
    return issue
