"""One claim: its facts, its line, and who did what to it when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.holds import select_held
from voucher.ledger.states import StateEvent
from voucher.plumbing.secrets import Keyring
from voucher.registry.consents.reading import list_helpers
from voucher.registry.users import UserAccount
from voucher.rules.lifecycle import EVENT_NAMES, STATE_NAMES, Thing
from voucher.rules.privacy import mask_name
from voucher.stages.settle.models.claims import Claim, Clearing, SettlementLine
from voucher.stages.settle.queries.batches import LineView, view_lines
from voucher.stages.settle.queries.reach import Payees, claims_within
from voucher.stages.settle.reading import CLAIM_MISSING


@dataclass(frozen=True, slots=True)
class StepView:
    """One step in the life of something: what, when, by whom, with which words."""

    event: str
    event_name: str
    state_name: str
    at: datetime
    who: str
    opinion: str | None


def get_claim(session: Session, claim_id: int, regions: Collection[str], payees: Payees = ()) -> Claim:
    """Return a claim. Raises Refused claim_missing, the same for a foreign one."""
    found = session.scalars(select(Claim).where(Claim.id == claim_id, claims_within(regions, payees))).first()
    if found is None:
        raise CLAIM_MISSING.refused()
    return found


def find_neighbours(session: Session, claim: Claim) -> tuple[int | None, int | None]:
    """Return the claims before and after one, of the same batch and in the same state."""
    beside = select(Claim.id).where(Claim.batch_id == claim.batch_id, Claim.state == claim.state).limit(1)
    before = session.scalar(beside.where(Claim.id < claim.id).order_by(Claim.id.desc()))
    after = session.scalar(beside.where(Claim.id > claim.id).order_by(Claim.id))
    return before, after


def find_next_waiting(session: Session, batch_id: int, state: str, after_id: int) -> int | None:
    """Return the claim of a batch to decide on after one: in its order, in that state, stopped by no hold."""
    return session.scalar(
        select(Claim.id)
        .where(
            Claim.batch_id == batch_id,
            Claim.state == state,
            Claim.id > after_id,
            Claim.id.not_in(select_held(Thing.CLAIM)),
        )
        .order_by(Claim.id)
        .limit(1)
    )


def list_payees(session: Session, claim_ids: Collection[int]) -> dict[int, tuple[int, int | None]]:
    """Return the institution each claim is paid to, and the voucher it stands on, if any."""
    rows = session.execute(
        select(Claim.id, Claim.institution_id, Claim.voucher_id).where(Claim.id.in_(sorted(claim_ids)))
    )
    return {claim_id: (payee, voucher_id) for claim_id, payee, voucher_id in rows}


def get_claim_line(session: Session, keyring: Keyring, claim: Claim) -> LineView:
    """Return the newest line of a claim, with the rule results it was filed on."""
    line = session.scalars(
        select(SettlementLine)
        .where(SettlementLine.claim_id == claim.id)
        .order_by(SettlementLine.id.desc())
        .limit(1)
    ).one()
    return view_lines(session, keyring, [(line, claim)])[0]


def claim_timeline(session: Session, claim_id: int) -> list[StepView]:
    """Return what happened to a claim, oldest first."""
    return object_timeline(session, Thing.CLAIM, claim_id)


def object_timeline(session: Session, thing: Thing, object_id: int) -> list[StepView]:
    """Return what happened to any object with a life, oldest first; who helped a holder is masked."""
    helpers: Collection[int] = list_helpers(session, object_id) if thing is Thing.VOUCHER else ()
    rows = session.execute(
        select(StateEvent, UserAccount.display_name)
        .outerjoin(UserAccount, UserAccount.id == StateEvent.actor_user_id)
        .where(StateEvent.thing == str(thing), StateEvent.object_id == object_id)
        .order_by(StateEvent.seq)
    )
    return [
        StepView(
            event=event.event,
            event_name=EVENT_NAMES[thing][event.event],
            state_name=STATE_NAMES[thing][event.to_state],
            at=event.at,
            who=_name_hand(name, is_helper=event.actor_person_id in helpers),
            opinion=event.reason,
        )
        for event, name in rows
    ]


def _name_hand(name: str | None, *, is_helper: bool) -> str:
    if name is None:
        return "系统"
    return f"代办人 {mask_name(name)}" if is_helper else name


def list_clearings(session: Session, claim_id: int) -> list[Clearing]:
    """Return what officers proposed and confirmed for a claim left to a person."""
    return list(session.scalars(select(Clearing).where(Clearing.claim_id == claim_id).order_by(Clearing.id)))
