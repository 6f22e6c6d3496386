"""Issuing (发券): to a roster another person filed, at once by the office, or taken by the person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.ledger import states
from voucher.ledger.origins import SeenFrom
from voucher.ledger.vouchers import Voucher, get_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Newcomer
from voucher.rules.actor import Role
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Refused
from voucher.rules.issuing import QUANTITY_USED_UP
from voucher.stages.issue.granting import count_affordable, give_voucher, let_wait
from voucher.stages.issue.holding import NOWHERE, take_in_hand
from voucher.stages.issue.judging import check_issuing, count_room
from voucher.stages.issue.models import Issue, IssueLine
from voucher.stages.issue.open_programmes import enter_open_programme
from voucher.stages.issue.reading import (
    lock_issue_to_decide,
    lock_own_programme,
    needs_review,
)
from voucher.stages.issue.rosters import begin_issue, open_issue
from voucher.stages.issue.subject_keys import lock_takers
from voucher.stages.issue.working_off import Entry, Issued, judge_entries, work_off

__all__ = ["Issued", "issue_at_once", "issue_roster", "take_voucher"]


def issue_roster(work: Work, issue_id: int) -> Issued:
    """Issue vouchers to a filed roster: each line judged, money reserved for those it reaches to.

    What an institution filed is decided by an officer, and by another person than who filed it; so is
    a replacement. What nobody recorded of a person counts as decided by that officer.
    Raises Refused role_missing, issue_missing, second_person_needed, programme_not_published,
    programme_not_begun, programme_over, event_not_allowed.
    """
    programme, issue = lock_issue_to_decide(work, issue_id)
    if needs_review(issue):
        check_two_people(issue.filed_by_person_id, work.actor.person_id)
    if issue.way != "replacement":
        check_issuing(programme, work.today)
    states.move(work, Issue, [issue], "issue")
    issue.decided_by_person_id, issue.decided_at = work.actor.person_id, work.at
    lines = work.session.execute(
        select(
            IssueLine.position,
            IssueLine.person_id,
            IssueLine.replaces_voucher_id,
            IssueLine.id,
            IssueLine.outcome,
        )
        .where(IssueLine.issue_id == issue.id)
        .order_by(IssueLine.position)
    )
    entries = [
        Entry(position, person_id, replaces_voucher_id=replaced_id, line_id=line_id, outcome=outcome)
        for position, person_id, replaced_id, line_id, outcome in lines
    ]
    return work_off(work, programme, issue, entries)


def issue_at_once(work: Work, programme_id: int, people: Sequence[Newcomer]) -> Issued:
    """Issue vouchers to people the office names itself, in one act.

    Raises Refused role_missing, programme_missing, programme_not_published, programme_not_begun,
    programme_over, roster_empty, roster_person_twice, and what an unreadable number or name is refused for.
    """
    programme = lock_own_programme(work, programme_id, Role.OPERATOR)
    check_issuing(programme, work.today)
    issue, entries = open_issue(work, programme, people, way="roster", event="issue")
    return work_off(work, programme, issue, entries)


def take_voucher(work: Work, programme_id: int, declared: bool, seen: SeenFrom = NOWHERE) -> Voucher | None:
    """Issue a 通用 voucher to the person who asks for it, accepted in the same act, and return it.

    What nobody recorded is vouched for by the person. None means that there is no money at present: the
    person stands in the queue. Raises Refused role_missing, programme_missing, programme_not_open,
    declaration_missing, programme_not_published, programme_not_begun, programme_over,
    quantity_used_up, voucher_held_already, waiting_already and what eligibility is refused for.
    """
    programme = enter_open_programme(work, programme_id, declared=declared)
    issue = begin_issue(work, programme, way="own", event="issue")
    line = IssueLine(issue_id=issue.id, position=1, person_id=work.actor.person_id, outcome="pending")
    work.session.add(line)
    work.session.flush()
    entry = Entry(1, line.person_id, line_id=line.id)
    lock_takers(work, programme, [line.person_id])
    verdict = judge_entries(work, programme, [entry])[line.person_id]
    refusal = verdict.refusal or verdict.doubt
    if refusal is None and count_room(work.session, programme) <= 0:
        refusal = QUANTITY_USED_UP.refusal(programme=programme.name, quantity=programme.quantity)
    if refusal is not None:
        # one's own refused wish leaves nothing behind but the answer
        raise Refused(refusal)
    if count_affordable(work, programme, 1) == 0:
        let_wait(work, programme, line)
        return None
    voucher = get_voucher(work, give_voucher(work, programme, line))
    take_in_hand(work, voucher, channel="page", seen=seen)
    return voucher
