"""审核: the batches that wait for one person's signature now, those this person signed, and the days left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.plumbing.clock import day_of
from voucher.registry import tables
from voucher.rules.actor import Actor, Role
from voucher.rules.approval import Step, required_steps
from voucher.rules.lifecycle import Thing
from voucher.stages.settle.models.claims import Claim, ClaimHand, SettlementBatch, Signature
from voucher.stages.settle.models.hands import BatchHand
from voucher.stages.settle.queries.claim_steps import Standing, Steps
from voucher.stages.settle.queries.desk import CLAIM_QUEUES, STEPS, takes_step

SIGNERS = frozenset({Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE, Role.FINANCE_APPROVER})
OVER = ("closed", "cancelled")
# what the lines of a batch wait for while it stands there itself
STANDS_AT = {"filed": "submitted", "released": "paying"}
WAITS_AT = {STEPS[key]: state for key, _, state, _ in CLAIM_QUEUES if key in STEPS}
AT_PROVINCE = "second_reviewed"


def signs(actor: Actor) -> bool:
    """Return whether anybody's lines ever wait for this actor's signature."""
    return actor.has(*SIGNERS)


def list_waiting(session: Session, actor: Actor) -> list[int]:
    """Return the batches of which lines wait for a signature this person may give now.

    As the page of a batch offers it: a step the roles allow there, and none of the waiting lines carries
    another step of this person.
    """
    regions = session.scalars(
        select(SettlementBatch.region_code)
        .where(SettlementBatch.state.not_in(OVER), SettlementBatch.region_code.in_(sorted(actor.regions)))
        .distinct()
    ).all()
    waits: list[ColumnElement[bool]] = []
    for step, state in WAITS_AT.items():
        reached = [each for each in regions if takes_step(session, actor, step, each)]
        if reached:
            waits.append(
                SettlementBatch.region_code.in_(reached) & _is_open_to(session, actor.person_id, step, state)
            )
    at_province = _list_at_province(session, actor, regions)
    if at_province:
        waits.append(SettlementBatch.id.in_(at_province))
    found = select(SettlementBatch.id).where(SettlementBatch.state.not_in(OVER))
    return list(session.scalars(found.where(or_(*waits)))) if waits else []


def _is_open_to(session: Session, person_id: int, step: Step, state: str) -> ColumnElement[bool]:
    """Return the condition that lines of a batch wait in a state, none with another step of a person."""
    waiting = select(Claim.id).where(Claim.batch_id == SettlementBatch.id, Claim.state == state)
    if not _has_other_hands(session, person_id, step):
        return waiting.exists()
    other = (
        select(ClaimHand.claim_id)
        .where(ClaimHand.claim_id == Claim.id, ClaimHand.person_id == person_id, ClaimHand.step != str(step))
        .exists()
    )
    return waiting.exists() & ~waiting.where(other).exists()


def _has_other_hands(session: Session, person_id: int, step: Step) -> bool:
    """Return whether a person has ever filed claims, or signed any at another step.

    Who has not, as most who review, is asked for no hand on each of the lines that wait.
    """
    signed = select(BatchHand.batch_id).where(BatchHand.person_id == person_id, BatchHand.step != str(step))
    filed = select(SettlementBatch.id).where(SettlementBatch.created_by_person_id == person_id)
    return any(session.scalar(each.limit(1)) is not None for each in (signed, filed))


def _list_at_province(session: Session, actor: Actor, regions: Sequence[str]) -> list[int]:
    """Return the batches of the province's amount band whose reviewed lines it has not signed yet."""
    reached = [each for each in regions if takes_step(session, actor, Step.PROVINCE_REVIEW, each)]
    if not reached:
        return []
    signed = select(Signature.id).where(
        Signature.claim_id == Claim.id,
        Signature.revision == Claim.revision,
        Signature.step == str(Step.PROVINCE_REVIEW),
        Signature.decision == "pass",
    )
    unsigned = select(Claim.id).where(
        Claim.batch_id == SettlementBatch.id, Claim.state == AT_PROVINCE, ~signed.exists()
    )
    found = session.scalars(
        select(SettlementBatch).where(
            SettlementBatch.state.not_in(OVER),
            SettlementBatch.region_code.in_(reached),
            unsigned.exists(),
            _is_open_to(session, actor.person_id, Step.PROVINCE_REVIEW, AT_PROVINCE),
        )
    ).all()
    if not found:
        return []
    bands = tables.read_bands(session)
    return [
        each.id
        for each in found
        if Step.PROVINCE_REVIEW in required_steps(each.declared_total_fen, day_of(each.created_at), bands)
    ]


def select_signed(person_id: int) -> Select[int]:
    """Return the query for the batches of which a person has signed lines."""
    return select(BatchHand.batch_id).where(BatchHand.person_id == person_id)


def list_ends(
    session: Session, batches: Sequence[SettlementBatch], today: date
) -> dict[int, tuple[datetime, date]]:
    """Return by batch since when it stands where it stands, and the day this step of it is to end.

    Left out are those nothing is waited for in, and those whose step has no limit.
    """
    entered = dict[tuple[int, str], datetime]()
    for batch_id, to_state, at in session.execute(
        select(StateEvent.object_id, StateEvent.to_state, func.max(StateEvent.at))
        .where(StateEvent.thing == str(Thing.BATCH), StateEvent.object_id.in_([each.id for each in batches]))
        .group_by(StateEvent.object_id, StateEvent.to_state)
    ):
        entered[batch_id, to_state] = at
    standings = {
        each.id: Standing(
            each.region_code,
            each.id,
            STANDS_AT.get(each.state, each.state),
            entered[each.id, each.state],
            entered.get((each.id, "cleared")),
        )
        for each in batches
        if each.state not in (*OVER, "open")
    }
    if not standings:
        return {}
    steps = Steps(session, today, standings.values())
    ends = {batch_id: steps.end(standing).on for batch_id, standing in standings.items()}
    return {batch_id: (standings[batch_id].entered_at, on) for batch_id, on in ends.items() if on is not None}
