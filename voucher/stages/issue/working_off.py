"""Lines worked off: each judged, money reserved as far as it reaches, the rest waiting or refused.

One code for a single line and for a piece of a roster of a million.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Table, bindparam, update

from voucher.ledger import audit, queueing
from voucher.plumbing.bulk import Stored, next_ids, write_many
from voucher.plumbing.types import canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Refusal, refusal_as_json
from voucher.rules.issuing import QUANTITY_USED_UP
from voucher.stages.issue.granting import count_affordable, make_vouchers
from voucher.stages.issue.judging import Verdict, count_room, judge_people
from voucher.stages.issue.models import Issue, IssueLine, Programme
from voucher.stages.issue.subject_keys import lock_takers


@dataclass(slots=True)
class Entry:
    """One person of a roster on the way to an outcome; `line_id` is None until the line stands in the table.

    What is not pending has been decided before and stays as it is. `number` is the canonical identity
    number where the roster has just named it, `hint` what would refuse a line that is still to be decided.
    """

    position: int
    person_id: int
    number: str | None = None
    replaces_voucher_id: int | None = None
    line_id: int | None = None
    outcome: str = "pending"
    refusal: Refusal | None = None
    voucher_id: int | None = None
    hint: Refusal | None = None

    def refuse(self, refusal: Refusal) -> None:
        """Say why there is no voucher."""
        self.outcome, self.refusal = "refused", refusal


@dataclass(frozen=True, slots=True)
class Issued:
    """What came of an issue, or of a piece of it: how many vouchers, how many wait, how many were refused."""

    issue_id: int
    issued: int
    waiting: int
    refused: int


def work_off(
    work: Work,
    programme: Programme,
    issue: Issue,
    entries: Sequence[Entry],
    *,
    room: Callable[[int], int] | None = None,
) -> Issued:
    """Decide every pending line in its order, write what came of all of them and return the counts.

    The programme is locked by the caller. `room` answers how many more may be promised, given how many are
    wanted; without it they are counted. Raises Refused parameter_missing, no_standard.
    """
    pending = [each for each in entries if each.outcome == "pending"]
    lock_takers(work, programme, [each.person_id for each in pending])
    judged = judge_entries(work, programme, pending)
    good = _choose(work, programme, pending, judged, room)
    affordable = count_affordable(work, programme, len(good))
    granted, late = good[:affordable], good[affordable:]
    holders = [(each.person_id, each.replaces_voucher_id) for each in granted]
    for each, voucher_id in zip(granted, make_vouchers(work, programme, holders), strict=True):
        each.outcome, each.voucher_id = "issued", voucher_id
    for each in late:
        each.outcome = "waiting"
    _settle_lines(work, [each for each in pending if each.line_id is not None])
    write_lines(work, issue, [each for each in entries if each.line_id is None])
    places = [(each.line_id, programme.cap_fen) for each in late if each.line_id is not None]
    queueing.queue_issue_lines(work, programme.budget_id, places)
    _record(work, issue, entries, [(each.position, judged[each.person_id]) for each in good])
    return Issued(issue.id, len(granted), len(late), len(entries) - len(good))


def judge_entries(work: Work, programme: Programme, entries: Sequence[Entry]) -> dict[int, Verdict]:
    """Return the verdict on each person of these lines, money and quantity aside."""
    return judge_people(
        work.session,
        work.keyring,
        programme,
        [each.person_id for each in entries],
        work.today,
        replaced={
            each.person_id: each.replaces_voucher_id
            for each in entries
            if each.replaces_voucher_id is not None
        },
        own_lines=[each.line_id for each in entries if each.line_id is not None],
        numbers={each.person_id: each.number for each in entries if each.number is not None},
    )


def _choose(
    work: Work,
    programme: Programme,
    pending: Sequence[Entry],
    judged: dict[int, Verdict],
    room: Callable[[int], int] | None,
) -> list[Entry]:
    """Return the lines that may have a voucher; the others are refused in their own words."""
    wanted = [each for each in pending if judged[each.person_id].refusal is None]
    counted = sum(each.replaces_voucher_id is None for each in wanted)
    left = room(counted) if room is not None else count_room(work.session, programme)
    good: list[Entry] = []
    for each in pending:
        refusal = judged[each.person_id].refusal
        if refusal is None and each.replaces_voucher_id is None:
            left -= 1
            if left < 0:
                refusal = QUANTITY_USED_UP.refusal(programme=programme.name, quantity=programme.quantity)
        if refusal is None:
            good.append(each)
        else:
            each.refuse(refusal)
    return good


def write_lines(work: Work, issue: Issue, fresh: Sequence[Entry]) -> None:
    """Write lines that do not stand in the table yet, with what came of them so far."""
    for each, line_id in zip(fresh, next_ids(work.session, IssueLine, len(fresh)), strict=True):
        each.line_id = line_id
    rows: list[tuple[Stored, ...]] = [
        (
            each.line_id,
            each.position,
            each.person_id,
            each.outcome,
            _said(each),
            each.replaces_voucher_id,
            each.voucher_id,
        )
        for each in fresh
    ]
    columns = ("id", "position", "person_id", "outcome", "refusal", "replaces_voucher_id", "voucher_id")
    write_many(work.session, IssueLine, columns, rows, {"issue_id": issue.id})


def _settle_lines(work: Work, standing: Sequence[Entry]) -> None:
    """Bring lines that stood pending in the table up to what came of them."""
    if not standing:
        return
    table = cast(Table, IssueLine.__table__)
    work.session.connection().execute(
        update(table)
        .where(table.c.id == bindparam("key"))
        .values(outcome=bindparam("came"), refusal=bindparam("why"), voucher_id=bindparam("given")),
        [
            {
                "key": each.line_id,
                "came": each.outcome,
                "why": None if each.refusal is None else refusal_as_json(each.refusal),
                "given": each.voucher_id,
            }
            for each in standing
        ],
    )


def _said(entry: Entry) -> str | None:
    refusal = entry.refusal or (entry.hint if entry.outcome == "pending" else None)
    return None if refusal is None else canonical_json(refusal_as_json(refusal))


def _record(
    work: Work, issue: Issue, entries: Sequence[Entry], judged: Sequence[tuple[int, Verdict]]
) -> None:
    """Leave in the trail what came of the lines, and what was unknown of whom and decided by the officer."""
    outcomes = {
        outcome: [each.position for each in entries if each.outcome == outcome]
        for outcome in ("issued", "waiting", "refused")
    }
    decided = {str(position): verdict.doubt.code for position, verdict in judged if verdict.doubt is not None}
    audit.record_one(work, "issue", issue.id, "lines", outcomes=outcomes, decided=decided)
