"""What some vouchers and claims count for, read from the ledger as it stands.

The person group is the category in force for the person on the day of issue; somebody with several is
counted in a group of their own, so that groups add up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget
from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.bulk import among
from voucher.plumbing.clock import day_of
from voucher.registry.people import PersonTag
from voucher.rules.eligibility import TagKind
from voucher.rules.lifecycle import Thing
from voucher.rules.periods import in_force
from voucher.rules.privacy import mask_free_text
from voucher.stages.certify.queries.counted import find_proven_among
from voucher.stages.issue.queries import Programme
from voucher.stages.settle.queries.counted import CountedClaim, list_counted_claims
from voucher.stages.train.queries.counted import LastPlace, find_last_places, find_redeemed_at

NOWHERE = 0  # not enrolled in any class yet
DIRECT = -1  # paid without a voucher
NO_LEVEL = -1
SEVERAL_GROUPS = "多类人群"
WHY_CHARACTERS = 60
LOST = frozenset({"expired", "withdrawn", "revoked", "dropped", "lapsed", "recovering", "recovered"})
# what was reached stays reached, except where the money came back
REACHED = {
    "accept": "accepted", "enrol": "enrolled", "finish": "completed", "certify": "certified",
    "settle": "settled",
}  # fmt: skip


class Place(NamedTuple):
    """What a fact is told apart by; `issued_month` is YYYY-MM."""

    region_code: str
    institution_id: int
    class_id: int
    issued_month: str
    programme_id: int
    fund: str
    trade_code: str
    level: int
    person_group: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One voucher or claim with everything it counts for; `days` by step, amounts in fen."""

    thing: str
    object_id: int
    person_id: int
    place: Place
    days: Mapping[str, date]
    came_from: str = ""
    ended_as: str = ""
    why: str = ""
    reserved_fen: int = 0
    paid_fen: int = 0
    paid_on: date | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    """A voucher's row as far as it counts."""

    id: int
    person_id: int
    region_code: str
    programme_id: int
    fund: str
    trade_code: str | None
    level: int | None
    state: str
    reserved_fen: int
    issued_at: datetime


def read_facts(session: Session, voucher_ids: Collection[int], claim_ids: Collection[int] = ()) -> list[Fact]:
    """Return the facts of these vouchers with all of their claims, and of these claims."""
    claims = list_counted_claims(session, claim_ids, voucher_ids)
    ids = {*voucher_ids, *(each.voucher_id for each in claims if each.voucher_id is not None)}
    vouchers = _read_vouchers(session, ids)
    places = find_last_places(session, ids)
    groups = _read_groups(session, vouchers)
    days, endings = _read_days(session, ids)
    redeemed, proven = find_redeemed_at(session, ids), find_proven_among(session, ids)
    found = []
    told: dict[int, Place] = {}
    for each in vouchers:
        place = told[each.id] = _place_of(each, places.get(each.id), groups.get(each.id, ""))
        reached = dict(days.get(each.id, {}))
        reached.pop("redeemed", None)
        if each.id in redeemed:
            reached["redeemed"] = day_of(redeemed[each.id])
        if each.id not in proven:
            reached.pop("certified", None)
        if each.state == "recovered":
            reached.pop("settled", None)
        came_from, why = endings.get(each.id, ("", ""))
        left = each.state in LOST or (each.state == "completed" and came_from == "certified")
        found.append(
            Fact(
                str(Thing.VOUCHER), each.id, each.person_id, place, reached,
                came_from if left else "", each.state if left else "", why if left else "",
                each.reserved_fen,
            )
        )  # fmt: skip
    return found + [_claim_fact(each, told) for each in claims]


def _claim_fact(claim: CountedClaim, told: Mapping[int, Place]) -> Fact:
    place = told.get(claim.voucher_id) if claim.voucher_id is not None else None
    return Fact(
        str(Thing.CLAIM),
        claim.id,
        claim.person_id,
        place
        or Place(
            claim.region_code, claim.institution_id, DIRECT, f"{claim.filed_on:%Y-%m}", NOWHERE, claim.fund,
            claim.trade_code, claim.level, "",
        ),
        {},
        reserved_fen=claim.reserved_fen,
        paid_fen=claim.paid_fen,
        paid_on=day_of(claim.paid_at) if claim.paid_at is not None else None,
    )  # fmt: skip


def _place_of(each: _Standing, place: LastPlace | None, group: str) -> Place:
    return Place(
        each.region_code,
        place.institution_id if place else NOWHERE,
        place.class_id if place else NOWHERE,
        f"{day_of(each.issued_at):%Y-%m}",
        each.programme_id,
        each.fund,
        (place.trade_code if place else each.trade_code) or "",
        place.level if place else NO_LEVEL if each.level is None else each.level,
        group,
    )


def _read_vouchers(session: Session, ids: Collection[int]) -> list[_Standing]:
    rows: Any = session.execute(
        select(
            Voucher.id,
            Voucher.holder_person_id,
            Voucher.region_code,
            Voucher.programme_id,
            Budget.source,
            Programme.trade_code,
            Programme.level,
            Voucher.state,
            Voucher.reserved_fen,
            Voucher.issued_at,
        )
        .join(Budget, Budget.id == Voucher.budget_id)
        .join(Programme, Programme.id == Voucher.programme_id)
        .where(among(session, Voucher.id, ids))
        .order_by(Voucher.id)
    )
    return [_Standing(*row) for row in rows]


def _read_groups(session: Session, vouchers: Collection[_Standing]) -> dict[int, str]:
    """Return the person group of each voucher, as it was on the day of issue."""
    people = {each.person_id for each in vouchers}
    tags: dict[int, list[PersonTag]] = {}
    for tag in session.scalars(
        select(PersonTag).where(
            among(session, PersonTag.person_id, people), PersonTag.kind == str(TagKind.CATEGORY)
        )
    ):
        tags.setdefault(tag.person_id, []).append(tag)
    found: dict[int, str] = {}
    for each in vouchers:
        on = day_of(each.issued_at)
        words = {tag.value for tag in tags.get(each.person_id, ()) if in_force(on, tag.since, tag.until)}
        if words:
            found[each.id] = words.pop() if len(words) == 1 else SEVERAL_GROUPS
    return found


def _read_days(
    session: Session, ids: Collection[int]
) -> tuple[dict[int, dict[str, date]], dict[int, tuple[str, str]]]:
    """Return the first day of each step, and the state a voucher came from last with the reason written."""
    mine = and_(StateEvent.thing == str(Thing.VOUCHER), among(session, StateEvent.object_id, ids))
    rows = session.execute(
        select(StateEvent.object_id, StateEvent.event, StateEvent.from_state, func.min(StateEvent.at))
        .where(
            mine,
            or_(
                StateEvent.event.in_(("issue", *REACHED)),
                and_(StateEvent.event == "complete", StateEvent.from_state == "training"),
            ),
        )
        .group_by(StateEvent.object_id, StateEvent.event, StateEvent.from_state)
    )
    days: dict[int, dict[str, date]] = {}
    for object_id, event, _, at in rows:
        step = {"issue": "issued", "complete": "completed"}.get(event) or REACHED[event]
        known, day = days.setdefault(object_id, {}), day_of(at)
        known[step] = min(known.get(step, day), day)
    last = session.execute(
        select(StateEvent.object_id, StateEvent.from_state, StateEvent.reason)
        .join(Voucher, (Voucher.id == StateEvent.object_id) & (Voucher.seq == StateEvent.seq))
        .where(mine)
    )
    endings = {
        object_id: (before, mask_free_text(why or "")[:WHY_CHARACTERS]) for object_id, before, why in last
    }
    return days, endings
