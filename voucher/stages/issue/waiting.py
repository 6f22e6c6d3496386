"""The queue for money, as far as vouchers stand in it: served strictly in order, judged again first."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit, queueing
from voucher.ledger.budget import Waiting
from voucher.ledger.restoring import UNRECONCILED, find_unreconciled
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import PARAMETER_MISSING
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Refusal, Refused
from voucher.stages.issue.granting import give_voucher, refuse_line
from voucher.stages.issue.judging import check_issuing, judge_people
from voucher.stages.issue.models import Issue, IssueLine, Programme
from voucher.stages.issue.reading import lock_programme
from voucher.stages.issue.subject_keys import lock_takers

# what is nobody's fault and ends by itself: everybody keeps the place
KEEPS_PLACES = frozenset({PARAMETER_MISSING.code, UNRECONCILED.code})


def serve_waiting(work: Work, budget_id: int) -> int:
    """Issue vouchers to those who wait for a budget, as far as its money goes, and return how many.

    A claim at the head of the queue is another stage's to serve: nobody overtakes it. Whoever may no
    longer have one is refused and leaves the queue; a parameter nobody has set for today, and a
    restored database that has not been reconciled, keep all places.
    """
    if find_unreconciled(work.session) is not None:
        return 0
    served = 0
    while (place := queueing.next_waiting(work, budget_id)) is not None and place.issue_line_id is not None:
        line, programme = _lock_line(work, place.issue_line_id)
        try:
            _check_again(work, programme, line)
            give_voucher(work, programme, line)
            served += 1
        except Refused as refused:
            if refused.refusal.code in KEEPS_PLACES:
                break
            refuse_line(line, refused.refusal)
        queueing.end_waiting(work, place, served=line.outcome == "issued")
        audit.record(work, [_entry(line)])
    return served


def serve_due_waiting(work: Work) -> int:
    """Serve every queue that has a line of an issue at its head; return how many vouchers were issued.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    queued = work.session.scalars(
        select(Waiting.budget_id)
        .where(Waiting.ended_at.is_(None), Waiting.issue_line_id.is_not(None))
        .distinct()
        .order_by(Waiting.budget_id)
    ).all()
    return sum(serve_waiting(work, budget_id) for budget_id in queued)


def end_waiting_lines(work: Work, programme: Programme, refusal: Refusal) -> int:
    """Take everybody who waits under a programme out of the queue, with the reason; return how many.

    Whoever is to get a voucher for one lost without fault stays.
    """
    rows = work.session.execute(
        select(IssueLine, Waiting)
        .join(Issue, Issue.id == IssueLine.issue_id)
        .join(Waiting, Waiting.issue_line_id == IssueLine.id)
        .where(
            Issue.programme_id == programme.id,
            IssueLine.replaces_voucher_id.is_(None),
            Waiting.ended_at.is_(None),
        )
        .order_by(Waiting.id)
    ).all()
    for line, place in rows:
        refuse_line(line, refusal)
        queueing.end_waiting(work, place, served=False)
    audit.record(work, [_entry(line) for line, _ in rows])
    return len(rows)


def _lock_line(work: Work, line_id: int) -> tuple[IssueLine, Programme]:
    line = work.session.get_one(IssueLine, line_id, populate_existing=True)
    issue = work.session.get_one(Issue, line.issue_id)
    return line, lock_programme(work, issue.programme_id)


def _check_again(work: Work, programme: Programme, line: IssueLine) -> None:
    """Refuse a line that may no longer have a voucher; what is lost without fault needs no open programme."""
    replaced = {}
    if line.replaces_voucher_id is None:
        check_issuing(programme, work.today)
    else:
        replaced[line.person_id] = line.replaces_voucher_id
    lock_takers(work, programme, [line.person_id])
    judged = judge_people(
        work.session,
        work.keyring,
        programme,
        [line.person_id],
        work.today,
        replaced=replaced,
        own_lines=[line.id],
    )
    refusal = judged[line.person_id].refusal
    if refusal is not None:
        raise Refused(refusal)


def _entry(line: IssueLine) -> audit.Entry:
    told: dict[str, object] = {"line": line.id, "outcome": line.outcome, "voucher": line.voucher_id}
    if line.refusal is not None:
        told["code"] = line.refusal["code"]
    return audit.Entry("issue", line.issue_id, "serve", told)
