"""What a blocking flag holds (停住): the claims and vouchers it names, until it is dismissed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger import holds
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.db import Model
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing, live_states
from voucher.stages.oversee.risk.models import RiskFlag
from voucher.stages.oversee.risk.reading import SOURCE, check_apart, is_live

HELD_BY_FLAG = reason(
    "hold_of_risk_flag",
    "这是由{why}停住的，线索{state}，不能单独结束待处置",
    "请由监管人员对线索下结论；认定不属实的，停住的事项随即恢复",
    SOURCE,
    Family.CONFLICT,
)
AT_A_TIME = 100
MARK = "风险线索 "
PAID_OR_ENDED = ("paid", "rejected", "withdrawn", "recovering", "recovered")


def stop(work: Work, flag: RiskFlag, name: str, stops: Iterable[tuple[str, str]]) -> int:
    """Hold what a flag names and does not hold yet, and return how much that is.

    Claims not yet paid and vouchers not yet at their end are held; vouchers are locked before claims, ids
    ascending.
    """
    listed = list(stops)
    why = f"{mark_of(flag.id)}（{name}）"
    count = 0
    vouchers = _vouchers_of(listed)
    if vouchers is not None:
        fresh = Voucher.id.not_in(_select_held_by(flag, Thing.VOUCHER))
        live = Voucher.state.in_(sorted(live_states(Thing.VOUCHER)))
        for each in lock_vouchers(work, vouchers, live, fresh):
            holds.open_hold(work, Thing.VOUCHER, each.id, why)
            count += 1
    claim = Model.metadata.tables["claim"]
    wanted = or_(
        claim.c.id.in_([int(key) for kind, key in listed if kind == "claim"]),
        claim.c.certificate_id.in_([int(key) for kind, key in listed if kind == "certificate"]),
    )
    query = select(claim.c.id).where(
        wanted,
        claim.c.state.not_in(PAID_OR_ENDED),
        claim.c.id.not_in(_select_held_by(flag, Thing.CLAIM)),
    )
    for claim_id in work.session.scalars(query.order_by(claim.c.id).with_for_update()).all():
        holds.open_hold(work, Thing.CLAIM, claim_id, why)
        count += 1
    return count


def _vouchers_of(stops: list[tuple[str, str]]) -> ColumnElement[bool] | None:
    """Return which vouchers are meant: those of whole classes, and those of single people in a class."""
    enrolment = Model.metadata.tables["enrolment"]
    classes = [int(key) for kind, key in stops if kind == "class"]
    places = [key.split("/") for kind, key in stops if kind == "place"]
    meant: list[ColumnElement[bool]] = [enrolment.c.class_id.in_(classes)] if classes else []
    meant += [
        and_(enrolment.c.class_id == int(class_id), enrolment.c.person_id == int(person))
        for class_id, person in places
    ]
    if not meant:
        return None
    return Voucher.id.in_(select(enrolment.c.voucher_id).where(enrolment.c.ended_at.is_(None), or_(*meant)))


def let_go(work: Work, flags: Iterable[RiskFlag], words: str) -> int:
    """Let everything flags held go on, and return how many holds that were."""
    whys = sorted(_find_marked(work.session, [each.id for each in flags]))
    count = 0
    for first in range(0, len(whys), AT_A_TIME):
        marked = (Hold.closed_at.is_(None), Hold.why.in_(whys[first : first + AT_A_TIME]))
        held = work.session.scalars(select(Hold).where(*marked).order_by(Hold.id)).all()
        holds.close_holds(work, held, words)
        count += len(held)
    return count


def count_holds(session: Session, flag_ids: Collection[int]) -> int:
    """Return how many open holds flags have opened."""
    return sum(_find_marked(session, flag_ids).values())


def _find_marked(session: Session, flag_ids: Collection[int]) -> dict[str, int]:
    """Return what the open holds of flags say, and how many say so: each flag's are of one wording.

    One look through the open holds however many flags are meant.
    """
    query = (
        select(Hold.why, func.count())
        .where(Hold.closed_at.is_(None), Hold.why.startswith(MARK, autoescape=True))
        .group_by(Hold.why)
    )
    wanted = set(flag_ids)
    said = [(why, count, _MARK.match(why)) for why, count in session.execute(query)]
    return {why: count for why, count, found in said if found is not None and int(found[1]) in wanted}


def find_flag_of(session: Session, hold: Hold) -> RiskFlag | None:
    """Return the flag that opened a hold; None where a person did."""
    found = _MARK.match(hold.why)
    return session.get(RiskFlag, int(found[1])) if found is not None else None


def is_waiting(session: Session, hold: Hold) -> bool:
    """Return whether a hold ends only with the conclusion of the flag that opened it."""
    flag = find_flag_of(session, hold)
    return flag is not None and is_live(flag)


def check_may_let_go(work: Work, hold: Hold) -> None:
    """Refuse to end by hand what a flag without a conclusion holds, and always to who is meant by the flag.

    What an upheld flag holds is ended by an officer who has nothing to do with it. Raises Refused
    hold_of_risk_flag, risk_flag_own_institution, risk_flag_own_list.
    """
    flag = find_flag_of(work.session, hold)
    if flag is None:
        return
    # read without a lock, which those who conclude take before that of the hold: a conclusion stays
    if is_live(flag):
        raise HELD_BY_FLAG.refused(why=hold.why, state=STATE_NAMES[Thing.RISK_FLAG][flag.state])
    check_apart(work, flag, work.actor.person_id)


def _is_open_of(flag: RiskFlag) -> ColumnElement[bool]:
    """Return the condition of the open holds a flag opened."""
    return and_(Hold.closed_at.is_(None), Hold.why.startswith(f"{mark_of(flag.id)}（", autoescape=True))


def _select_held_by(flag: RiskFlag, thing: Thing) -> Select[int]:
    """Return the query for the ids of what a flag holds already."""
    return select(Hold.object_id).where(Hold.thing == str(thing), _is_open_of(flag))


def mark_of(flag_id: int) -> str:
    """Return the beginning by which a hold says which flag opened it."""
    return f"{MARK}{flag_id}"


# the number in what `mark_of` writes; no flag has a number this long that the database could not hold
_MARK = re.compile(rf"{MARK}(\d{{1,18}})（")
