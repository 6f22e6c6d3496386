"""Which steps of a batch wait for this officer now, and what exactly a decision would touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import select_held
from voucher.plumbing.clock import day_of
from voucher.registry import catalogue, tables
from voucher.rules.actor import Actor, Role
from voucher.rules.approval import STEP_NAMES, Step, required_steps, roles_for
from voucher.rules.lifecycle import Thing
from voucher.stages.settle.models.claims import (
    Claim,
    ClaimHand,
    SettlementBatch,
    Signature,
)
from voucher.stages.settle.notice import UNREADY
from voucher.stages.settle.review import AT_PROVINCE, WAITS_FOR
from voucher.stages.settle.seen import BARS, say_bar

SIGNED_STEPS = (Step.FIRST_REVIEW, Step.SECOND_REVIEW, Step.PROVINCE_REVIEW, Step.APPROVE)
POSTERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
# the states in which an operator may still choose a line, to file it again or to take it back
PICKABLE = frozenset(
    {"returned", "submitted", "manual", "first_reviewed", "second_reviewed", "noticed", "cleared", "bounced"}
)
BATCH_PATH = (
    ("filed", "申报"),
    ("first_reviewed", "初审"),
    ("second_reviewed", "复核"),
    ("noticed", "公示"),
    ("cleared", "公示期满"),
    ("approved", "审批"),
    ("released", "签发"),
    ("closed", "办结"),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A step this officer's roles allow: how many lines wait for it, what they come to.

    `left` says why and how many of them are for somebody else; `barred_by` says so where all are, which rules
    the offer out.
    """

    step: Step
    name: str
    state: str
    count: int
    amount_fen: int
    barred_by: str | None
    left: tuple[tuple[str, int], ...] = ()

    @property
    def mine(self) -> int:
        """Return how many of the lines this officer may decide on."""
        return self.count - sum(count for _, count in self.left)


@dataclass(frozen=True, slots=True)
class Touched:
    """How many claims a decision touches, and their sum in fen."""

    count: int
    amount_fen: int


def count_claims(
    session: Session, batch_id: int, state: str, claim_ids: Sequence[int] | None = None
) -> Touched:
    """Return how many claims of a batch are in a state, all of them or among those named."""
    wanted = select(func.count(Claim.id), func.coalesce(func.sum(Claim.amount_fen), 0)).where(
        Claim.batch_id == batch_id, Claim.state == state
    )
    if claim_ids is not None:
        wanted = wanted.where(Claim.id.in_(claim_ids))
    count, amount_fen = session.execute(wanted).one()
    return Touched(count, int(amount_fen))


def list_held(session: Session, batch_id: int) -> frozenset[int]:
    """Return the claims of a batch an open hold stops, their own or their voucher's."""
    stopped = select(Claim.id).where(Claim.batch_id == batch_id, Claim.id.in_(select_held(Thing.CLAIM)))
    return frozenset(session.scalars(stopped))


def waiting_state(step: Step) -> str:
    """Return the state in which a claim waits for a step."""
    return WAITS_FOR[step][0] if step in WAITS_FOR else AT_PROVINCE


def list_offers(session: Session, actor: Actor, batch: SettlementBatch, today: date) -> list[Offer]:
    """Return the steps for which lines wait and which this actor's roles allow here; the act checks again."""
    same_office = not catalogue.has_level_below(session, batch.region_code)
    required = required_steps(batch.declared_total_fen, day_of(batch.created_at), tables.read_bands(session))
    offers = []
    for step in SIGNED_STEPS:
        roles = roles_for(step, same_office=same_office)
        reaches = any(batch.region_code in actor.reach.get(role, ()) for role in roles)
        if step not in required or not reaches:
            continue
        state = waiting_state(step)
        waits = count_claims(session, batch.id, state)
        if step is Step.PROVINCE_REVIEW and _is_signed(session, batch.id, step):
            continue
        if waits.count:
            offers.append(_offer(session, actor, batch.id, step, waits, today))
    return offers


def _offer(session: Session, actor: Actor, batch_id: int, step: Step, waits: Touched, today: date) -> Offer:
    """Return what is offered of the lines that wait for a step: what is another's is counted by its bar."""
    state, bar = waiting_state(step), say_bar(session, step, actor.person_id, today)
    counted = dict(
        session.execute(
            select(bar, func.count(Claim.id))
            .where(Claim.batch_id == batch_id, Claim.state == state)
            .group_by(bar)
        ).all()
    )
    left = tuple((words, counted[key]) for key, words in BARS.items() if key in counted)
    barred_by = None
    if sum(count for _, count in left) == waits.count:
        own = _find_own_step(session, actor, batch_id, state, step)
        barred_by = f"您已办理过{own}" if own is not None else "；".join(words for words, _ in left)
    return Offer(step, STEP_NAMES[step], state, waits.count, waits.amount_fen, barred_by, left)


def count_at_province(session: Session, actor: Actor, today: date) -> tuple[int, datetime | None]:
    """Return how many lines wait for this officer of the province, and since when the oldest batch does."""
    batches = session.scalars(
        select(SettlementBatch)
        .where(
            SettlementBatch.id.in_(select(Claim.batch_id).where(Claim.state == AT_PROVINCE)),
            SettlementBatch.region_code.in_(sorted(actor.regions)),
        )
        .order_by(SettlementBatch.id)
    ).all()
    waits = [
        (offer.mine, batch.created_at)
        for batch in batches
        for offer in list_offers(session, actor, batch, today)
        if offer.step is Step.PROVINCE_REVIEW and offer.barred_by is None
    ]
    return sum(count for count, _ in waits), min((at for _, at in waits), default=None)


def _find_own_step(session: Session, actor: Actor, batch_id: int, state: str, step: Step) -> str | None:
    """Return the other step this person has taken on any of the waiting lines."""
    taken = session.scalar(
        select(ClaimHand.step)
        .join(Claim, Claim.id == ClaimHand.claim_id)
        .where(
            Claim.batch_id == batch_id,
            Claim.state == state,
            ClaimHand.person_id == actor.person_id,
            ClaimHand.step != str(step),
        )
        .limit(1)
    )
    return STEP_NAMES[Step(taken)] if taken is not None else None


def find_bar(session: Session, claim_id: int, step: Step, person_id: int, today: date) -> str:
    """Return what bars a person from a step on one claim, by its key; empty where nothing does."""
    bar = session.scalar(select(say_bar(session, step, person_id, today)).where(Claim.id == claim_id))
    return bar or ""


def has_signed(session: Session, actor: Actor, claim_id: int) -> bool:
    """Return whether this person has taken any step on a claim."""
    return session.get(ClaimHand, (claim_id, actor.person_id)) is not None


def may_post(session: Session, actor: Actor, batch: SettlementBatch, states: Mapping[str, int]) -> bool:
    """Return whether this officer may post the batch now: something reviewed, nothing still on its way."""
    reaches = any(batch.region_code in actor.reach.get(role, ()) for role in POSTERS)
    ready = bool(states.get("second_reviewed")) and not any(states.get(state) for state in UNREADY)
    if not (reaches and ready):
        return False
    required = required_steps(batch.declared_total_fen, day_of(batch.created_at), tables.read_bands(session))
    return Step.PROVINCE_REVIEW not in required or _is_signed(session, batch.id, Step.PROVINCE_REVIEW)


def _is_signed(session: Session, batch_id: int, step: Step) -> bool:
    """Return whether every reviewed line of a batch carries the signature of a step."""
    signed = (
        select(Signature.id)
        .where(
            Signature.claim_id == Claim.id,
            Signature.revision == Claim.revision,
            Signature.step == str(step),
            Signature.decision == "pass",
        )
        .exists()
    )
    unsigned = select(Claim.id).where(Claim.batch_id == batch_id, Claim.state == AT_PROVINCE, ~signed)
    return session.scalar(unsigned.limit(1)) is None


def batch_path(state: str) -> list[tuple[str, str]]:
    """Return the stations of a batch, each as past, here (what is due next) or ahead; none once cancelled."""
    if state == "cancelled":
        return []
    states = [each for each, _ in BATCH_PATH]
    reached = states.index(state) if state in states else -1
    return [
        (name, "past" if place <= reached else "here" if place == reached + 1 else "ahead")
        for place, (_, name) in enumerate(BATCH_PATH)
    ]
