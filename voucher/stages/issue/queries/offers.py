"""The 领券中心 of one person: what may be taken and what not and why, and places in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from voucher.ledger.budget import Budget, Waiting, home
from voucher.plumbing.secrets import Keyring
from voucher.registry.catalogue import Region
from voucher.rules.eligibility import FACTS_UNKNOWN
from voucher.rules.errors import Refusal, refusal_as_json
from voucher.rules.issuing import QUANTITY_USED_UP
from voucher.rules.outside import OUTSIDE_UNVERIFIED
from voucher.rules.programmes import WORTH_NAMES, Channel, Worth
from voucher.stages.issue.judging import count_room, judge_people
from voucher.stages.issue.models import Issue, IssueLine, Programme

MOST_OFFERS = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """A programme as one person sees it; with `declare` the person's own promise is all that is missing.

    With `verify` other systems are asked when it is taken, and what they do not answer is applied for.
    """

    programme_id: int
    programme_number: str
    programme_name: str
    region_code: str
    region_name: str
    worth: str
    worth_name: str
    channel: str
    trade_code: str | None
    level: int | None
    until_on: date
    remaining: int
    may_take: bool
    declare: bool
    verify: bool
    refusal: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the queue for money: how many stand before, since when."""

    issue_number: str
    programme_id: int
    programme_name: str
    position: int
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class RefusedWish:
    """A wish for a voucher that ended without one, and why."""

    issue_number: str
    programme_id: int
    programme_name: str
    asked_at: datetime
    refusal: dict[str, Any]


def offers(session: Session, keyring: Keyring, person_id: int, on: date) -> list[Offer]:
    """Return the 通用 programmes of a day, those that may be taken first."""
    rows = session.execute(
        select(Programme, Region.name)
        .join(Region, Region.code == Programme.region_code)
        .where(
            Programme.state == "published",
            Programme.channel == str(Channel.OPEN),
            Programme.from_on <= on,
            Programme.until_on >= on,
        )
        .order_by(Programme.id.desc())
        .limit(MOST_OFFERS)
    ).all()
    found = [_offer(session, keyring, programme, name, person_id, on) for programme, name in rows]
    return sorted(found, key=lambda each: not each.may_take)


def _offer(
    session: Session, keyring: Keyring, programme: Programme, region_name: str, person_id: int, on: date
) -> Offer:
    remaining = max(0, count_room(session, programme))
    verdict = judge_people(session, keyring, programme, [person_id], on)[person_id]
    # what nobody recorded the person vouches for when taking the voucher; anything else in doubt stands
    declare = verdict.doubt is not None and verdict.doubt.code == FACTS_UNKNOWN.code
    refusal: Refusal | None = verdict.refusal or (None if declare else verdict.doubt)
    verify = refusal is not None and refusal.code == OUTSIDE_UNVERIFIED.code
    if verify:
        refusal = None
    if refusal is None and not remaining:
        refusal = QUANTITY_USED_UP.refusal(programme=programme.name, quantity=programme.quantity)
    return Offer(
        programme_id=programme.id,
        programme_number=programme.number,
        programme_name=programme.name,
        region_code=programme.region_code,
        region_name=region_name,
        worth=programme.worth,
        worth_name=WORTH_NAMES[Worth(programme.worth)],
        channel=programme.channel,
        trade_code=programme.trade_code,
        level=programme.level,
        until_on=programme.until_on,
        remaining=remaining,
        may_take=refusal is None,
        declare=declare,
        verify=verify,
        refusal=None if refusal is None else refusal_as_json(refusal),
    )


def list_places(session: Session, person_id: int) -> list[Place]:
    """Return where a person stands in the queues for money; the first in a queue has position 1."""
    before, mine, theirs = aliased(Waiting), aliased(Budget), aliased(Budget)
    # one queue for all years whose money stands in the same budget by now, as it is served
    ahead = (
        select(func.count())
        .select_from(before)
        .join(theirs, theirs.id == before.budget_id)
        .where(home(theirs) == home(mine), before.ended_at.is_(None), before.id < Waiting.id)
        .correlate(Waiting, mine)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Waiting, Issue, Programme, ahead)
        .join(mine, mine.id == Waiting.budget_id)
        .join(IssueLine, IssueLine.id == Waiting.issue_line_id)
        .join(Issue, Issue.id == IssueLine.issue_id)
        .join(Programme, Programme.id == Issue.programme_id)
        .where(IssueLine.person_id == person_id, Waiting.ended_at.is_(None))
        .order_by(Waiting.id)
    )
    return [
        Place(issue.number, programme.id, programme.name, int(count) + 1, place.queued_at)
        for place, issue, programme, count in rows
    ]


def list_refused(session: Session, person_id: int, *, limit: int = 20) -> list[RefusedWish]:
    """Return the newest lines of a person that got no voucher in the end, rosters still open aside."""
    rows = session.execute(
        select(IssueLine, Issue, Programme)
        .join(Issue, Issue.id == IssueLine.issue_id)
        .join(Programme, Programme.id == Issue.programme_id)
        .where(IssueLine.person_id == person_id, IssueLine.outcome == "refused", Issue.state != "filed")
        .order_by(IssueLine.id.desc())
        .limit(limit)
    )
    return [
        RefusedWish(issue.number, programme.id, programme.name, issue.filed_at, line.refusal)
        for line, issue, programme in rows
        if line.refusal is not None
    ]
