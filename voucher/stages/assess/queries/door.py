"""The door of an exam as its evaluator reads it: who came last, who is still expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import people
from voucher.rules.arrivals import ARRIVAL_WAY_NAMES, ArrivalWay
from voucher.rules.privacy import mask_name
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.models_arrivals import ExamArrival


@dataclass(frozen=True, slots=True)
class ArrivalView:
    """Somebody at the door: let in or refused with what was said, by what; the name only of candidates.

    `seen_at` is when a card reader saw them.
    """

    id: int
    candidate_id: int | None
    masked_name: str
    way_name: str
    code: str | None
    title: str | None
    at: datetime
    by_person_id: int
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DoorCount:
    """How many are listed, in, and how often somebody was refused."""

    listed: int
    arrived: int
    refused: int


def list_arrivals(
    session: Session, keyring: Keyring, batch_id: int, *, before_id: int | None = None, limit: int = 20
) -> list[ArrivalView]:
    """Return who came to the door of an exam, the newest first."""
    query = select(ExamArrival).where(ExamArrival.batch_id == batch_id)
    if before_id is not None:
        query = query.where(ExamArrival.id < before_id)
    found = session.scalars(query.order_by(ExamArrival.id.desc()).limit(limit)).all()
    names = mask_candidates(session, keyring, [each.candidate_id for each in found if each.candidate_id])
    return [
        ArrivalView(
            id=each.id,
            candidate_id=each.candidate_id,
            masked_name=names.get(each.candidate_id or 0, ""),
            way_name=ARRIVAL_WAY_NAMES[ArrivalWay(each.way)],
            code=each.code,
            title=each.title,
            at=each.at,
            by_person_id=each.by_person_id,
            seen_at=each.seen_at,
        )
        for each in found
    ]


def mask_candidates(session: Session, keyring: Keyring, candidate_ids: Sequence[int]) -> dict[int, str]:
    """Return the masked names of candidates."""
    rows = session.execute(
        select(Candidate.id, Candidate.person_id).where(Candidate.id.in_(sorted(set(candidate_ids))))
    ).all()
    named = people.read_people(session, keyring, [person_id for _, person_id in rows])
    return {
        candidate_id: mask_name(named[person_id].name) if person_id in named else "（已注销）"
        for candidate_id, person_id in rows
    }


def count_door(session: Session, batch_id: int) -> DoorCount:
    """Return how far the door of an exam has come."""
    listed, arrived = session.execute(
        select(func.count(), func.count(Candidate.admitted_at)).where(Candidate.batch_id == batch_id)
    ).one()
    refused = session.scalar(
        select(func.count()).where(ExamArrival.batch_id == batch_id, ExamArrival.code.is_not(None))
    )
    return DoorCount(int(listed), int(arrived), int(refused or 0))
