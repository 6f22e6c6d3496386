"""What a blocking flag holds (停住): the claims and vouchers it names, until it is dismissed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, or_, select

from voucher.ledger import holds
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.db import Model
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing, live_states
from voucher.stages.oversee.risk.models import RiskFlag

PAID_OR_ENDED = ("paid", "rejected", "withdrawn", "recovering", "recovered")


def stop(work: Work, flag: RiskFlag, name: str, stops: Iterable[tuple[str, str]]) -> None:
    """Hold what a flag names: claims not yet paid, and vouchers not yet at their end.

    Vouchers are locked before claims, ids ascending.
    """
    listed = list(stops)
    why = f"{mark_of(flag.id)}（{name}）"
    vouchers = _vouchers_of(listed)
    if vouchers is not None:
        for each in lock_vouchers(work, vouchers, Voucher.state.in_(sorted(live_states(Thing.VOUCHER)))):
            holds.open_hold(work, Thing.VOUCHER, each.id, why)
    claim = Model.metadata.tables["claim"]
    wanted = or_(
        claim.c.id.in_([int(key) for kind, key in listed if kind == "claim"]),
        claim.c.certificate_id.in_([int(key) for kind, key in listed if kind == "certificate"]),
    )
    query = select(claim.c.id).where(wanted, claim.c.state.not_in(PAID_OR_ENDED)).order_by(claim.c.id)
    for claim_id in work.session.scalars(query.with_for_update()).all():
        holds.open_hold(work, Thing.CLAIM, claim_id, why)


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


def let_go(work: Work, flag: RiskFlag, words: str) -> int:
    """Let everything a flag held go on, and return how many holds that were."""
    held = work.session.scalars(
        select(Hold)
        .where(Hold.closed_at.is_(None), Hold.why.startswith(f"{mark_of(flag.id)}（", autoescape=True))
        .order_by(Hold.id)
    ).all()
    for each in held:
        holds.close_hold(work, each, words)
    return len(held)


def mark_of(flag_id: int) -> str:
    """Return the beginning by which a hold says which flag opened it."""
    return f"风险线索 {flag_id}"
