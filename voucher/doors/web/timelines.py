"""Who did what to a batch and when: its steps, and the signatures on its lines with their opinions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.states import list_events
from voucher.registry.users import UserAccount
from voucher.rules.approval import STEP_NAMES, Step
from voucher.rules.lifecycle import EVENT_NAMES, Thing
from voucher.stages.settle.models.claims import Claim, Signature
from voucher.stages.settle.queries import StepView

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


def name_people(session: Session, person_ids: Iterable[int]) -> dict[int, str]:
    """Return the display names of staff by person."""
    rows = session.execute(
        select(UserAccount.person_id, UserAccount.display_name)
        .where(UserAccount.person_id.in_(sorted(set(person_ids))))
        .order_by(UserAccount.id.desc())
    )
    return dict(rows.all())


def list_batch_happenings(session: Session, batch_id: int) -> list[Happening]:
    """Return the steps of a batch and every decision on its lines, those taken together in one entry."""
    told = [
        event for event in list_events(session, Thing.BATCH, batch_id) if event.event not in SIGNED_EVENTS
    ]
    signed = session.execute(
        select(
            Signature.step,
            Signature.decision,
            Signature.opinion,
            Signature.signer_person_id,
            Signature.signed_at,
            func.count().label("lines"),
        )
        .join(Claim, Claim.id == Signature.claim_id)
        .where(Claim.batch_id == batch_id)
        .group_by(
            Signature.step,
            Signature.decision,
            Signature.opinion,
            Signature.signer_person_id,
            Signature.signed_at,
        )
    ).all()
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
