"""Who did what to a batch and when: its steps, and the signatures on its lines with their opinions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, aliased

from voucher.ledger.states import list_events
from voucher.registry.users import name_people
from voucher.rules.approval import STEP_NAMES, Step
from voucher.rules.lifecycle import EVENT_NAMES, Thing
from voucher.stages.settle.models.claims import Claim, SettlementLine, Signature
from voucher.stages.settle.models.sums import BatchSum
from voucher.stages.settle.queries import StepView, object_timeline
from voucher.stages.train.models.changes import MERGER, SPLIT
from voucher.stages.train.queries.changes import list_moves_of

__all__ = [
    "DECISION",
    "DECISION_NAMES",
    "HOLDER_NAME",
    "SYSTEM_NAME",
    "Happening",
    "hide_holder",
    "list_batch_happenings",
    "list_class_steps",
    "name_people",
]
SYSTEM_NAME, HOLDER_NAME = "系统", "本人"
MOVE_NAMES = {SPLIT: "拆班", MERGER: "并班"}
DECISION_NAMES = {"pass": "通过", "return": "退回补正", "reject": "不予通过", "clear": "人工核定"}
# told by the signatures, with their opinions
SIGNED_EVENTS = frozenset({"review_first", "review_second", "approve"})


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of a timeline."""

    event_name: str
    who: str
    at: datetime
    opinion: str | None


def hide_holder(steps: Sequence[StepView], holder_name: str | None) -> list[StepView]:
    """Return steps with the holder's own name left out: staff read it masked, never in a timeline."""
    return [replace(each, who=HOLDER_NAME) if each.who == holder_name else each for each in steps]


DECISION = (
    *(Signature.step, Signature.decision, Signature.opinion),
    *(Signature.signer_person_id, Signature.signed_at),
)


def list_class_steps(session: Session, class_id: int) -> list[StepView]:
    """Return what happened to a class, oldest first: its own steps, and who was split off or merged in."""
    moves = list_moves_of(session, class_id)
    hands = {each.asked_by_person_id for each, *_ in moves}
    names = name_people(session, hands | {each.decided_by_person_id or 0 for each, *_ in moves})
    steps = [*object_timeline(session, Thing.CLASS, class_id)]
    for move, other, count in moves:
        out, kind = move.from_class_id == class_id, MOVE_NAMES[move.kind]
        to_or_from = f"{'转到' if out else '从'}“{other.name}”（{other.number}）{'' if out else '转来'}"
        if out:
            asker = names.get(move.asked_by_person_id, SYSTEM_NAME)
            words = f"{to_or_from}。{move.why}"
            steps.append(StepView("ask_move", f"提出{kind}", "", move.asked_at, asker, words))
        if move.decided_at is not None:
            name = f"{'同意' if move.agreed else '不同意'}{kind}" if out else f"{kind}转入"
            moved = f"{count} 人{to_or_from}。" if move.agreed else ""
            decider = names.get(move.decided_by_person_id or 0, SYSTEM_NAME)
            told = f"{moved}{move.opinion or ''}"
            steps.append(StepView("decide_move", name, "", move.decided_at, decider, told))
    return sorted(steps, key=lambda each: each.at)


def list_batch_happenings(session: Session, batch_id: int) -> list[Happening]:
    """Return the steps of a batch and every decision on its lines, those taken together in one entry.

    What was sent back from here stays told here, when it has been filed again in a batch of its own.
    """
    told = [
        event for event in list_events(session, Thing.BATCH, batch_id) if event.event not in SIGNED_EVENTS
    ]
    signed = _list_signed(session, batch_id)
    names = name_people(
        session, [event.actor_person_id for event in told] + [row.signer_person_id for row in signed]
    )
    found = [
        Happening(
            EVENT_NAMES[Thing.BATCH][event.event],
            names.get(event.actor_person_id, SYSTEM_NAME),
            event.at,
            event.reason,
        )
        for event in told
    ]
    found += [
        Happening(
            f"{STEP_NAMES[Step(row.step)]}{DECISION_NAMES[row.decision]} {row.lines:,} 条",
            names.get(row.signer_person_id, SYSTEM_NAME),
            row.signed_at,
            row.opinion,
        )
        for row in signed
    ]
    return sorted(found, key=lambda each: each.at)


def _list_signed(session: Session, batch_id: int) -> Sequence[Row[str, str, str, int, datetime, int]]:
    """Return the decisions on the lines of a batch, each on the revision that stood in it."""
    told = select(*DECISION, func.count().label("lines")).group_by(*DECISION)
    stay = Signature.revision == Claim.revision
    here = session.execute(
        told.join(Claim, (Claim.id == Signature.claim_id) & stay).where(Claim.batch_id == batch_id)
    ).all()
    claimed = select(func.sum(BatchSum.claims)).where(BatchSum.batch_id == batch_id).scalar_subquery()
    standing = select(func.count()).where(Claim.batch_id == batch_id).scalar_subquery()
    if session.scalar(select(func.coalesce(claimed, 0) <= standing)):
        return here
    # a claim has a line in each batch it stood in, and came into each later one with its next revision
    later = aliased(SettlementLine)
    revisions = (
        select(func.count())
        .where(later.claim_id == SettlementLine.claim_id, later.id > SettlementLine.id)
        .scalar_subquery()
    )
    gone = session.execute(
        told.join(SettlementLine, SettlementLine.claim_id == Signature.claim_id)
        .join(Claim, Claim.id == Signature.claim_id)
        .where(
            SettlementLine.batch_id == batch_id,
            Claim.batch_id != batch_id,
            Signature.revision == Claim.revision - revisions,
        )
    ).all()
    return [*here, *gone]
