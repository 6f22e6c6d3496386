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
from voucher.stages.settle.queries import StepView

__all__ = [
    "DECISION",
    "DECISION_NAMES",
    "HOLDER_NAME",
    "SYSTEM_NAME",
    "Happening",
    "hide_holder",
    "list_batch_happenings",
    "name_people",
]
SYSTEM_NAME, HOLDER_NAME = "系统", "本人"
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
