"""Admission slips (准考证) and the list for the door: who sits where and when, by which number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.clock import day_of
from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue, people
from voucher.registry.institutions import Institution
from voucher.rules.arrivals import make_slip_number
from voucher.rules.assessment import COMPREHENSIVE, SKILL, THEORY, required_subjects
from voucher.rules.levels import Level, name_level
from voucher.rules.privacy import mask_identity_end
from voucher.rules.seats import ROOM_KIND_NAMES, RoomKind
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.models_rooms import ExamRoom, ExamRoomUse, ExamSeat, ExamSite
from voucher.stages.assess.reading import CANDIDATE_MISSING, list_batch_candidates, read_pass_marks

NO_LEVEL = "不分等级"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a candidate sits: site, room and its kind in words, seat, when it begins."""

    site_name: str
    address: str
    room_name: str
    kind_name: str
    seat: int
    begins_at: datetime


@dataclass(frozen=True, slots=True)
class Slip:
    """What an admission slip says; the end of the card is left out, since it is asked for at the door.

    `subjects` are those to be sat: what was passed before is not sat again.
    """

    candidate_id: int
    voucher_id: int | None
    number: str
    name: str
    masked_number: str
    batch_number: str
    evaluator_name: str
    trade_name: str
    level_name: str
    exam_on: date
    address: str
    place: Place | None
    admitted_at: datetime | None
    subjects: tuple[str, ...] = ()


def slip_number_of(batch: ExamBatch, candidate_id: int) -> str:
    """Return the number of a candidate's slip."""
    return make_slip_number(day_of(batch.planned_at).year, batch.id, candidate_id)


def list_slips(session: Session, keyring: Keyring, batch: ExamBatch) -> list[Slip]:
    """Return the slips of an exam in the order of rooms and seats; of whoever was erased there is none."""
    slips = _make_slips(session, keyring, batch, list_batch_candidates(session, batch.id))
    return sorted(
        slips,
        key=lambda each: (
            (0, each.place.site_name, each.place.room_name, each.place.seat)
            if each.place is not None
            else (1, "", "", each.candidate_id)
        ),
    )


def find_slip(session: Session, keyring: Keyring, batch: ExamBatch, candidate_id: int) -> Slip:
    """Return one slip of an exam. Raises Refused candidate_missing."""
    candidate = session.get(Candidate, candidate_id)
    if candidate is None or candidate.batch_id != batch.id:
        raise CANDIDATE_MISSING.refused()
    found = _make_slips(session, keyring, batch, [candidate])
    if not found:
        raise CANDIDATE_MISSING.refused()
    return found[0]


def list_own_slips(session: Session, keyring: Keyring, person_id: int) -> list[Slip]:
    """Return a person's slips for exams that are planned and not over, the next exam first."""
    rows = session.execute(
        select(Candidate, ExamBatch)
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .where(Candidate.person_id == person_id, ExamBatch.state == "planned")
        .order_by(ExamBatch.exam_on, ExamBatch.id)
    ).all()
    return [slip for candidate, batch in rows for slip in _make_slips(session, keyring, batch, [candidate])]


def find_own_slip(session: Session, keyring: Keyring, person_id: int, candidate_id: int) -> Slip:
    """Return one of a person's own slips. Raises Refused candidate_missing, also for somebody else's."""
    for each in list_own_slips(session, keyring, person_id):
        if each.candidate_id == candidate_id:
            return each
    raise CANDIDATE_MISSING.refused()


def read_places(session: Session, candidate_ids: Sequence[int]) -> dict[int, Place]:
    """Return where candidates sit; who has no seat yet is left out."""
    rows = session.execute(
        select(ExamSeat, ExamRoomUse, ExamRoom, ExamSite)
        .join(ExamRoomUse, ExamRoomUse.id == ExamSeat.use_id)
        .join(ExamRoom, ExamRoom.id == ExamRoomUse.room_id)
        .join(ExamSite, ExamSite.id == ExamRoom.site_id)
        .where(ExamSeat.candidate_id.in_(sorted(candidate_ids)), ExamSeat.ended_at.is_(None))
    ).all()
    return {
        seat.candidate_id: Place(
            site_name=site.name,
            address=site.address,
            room_name=room.name,
            kind_name=ROOM_KIND_NAMES[RoomKind(room.kind)],
            seat=seat.number,
            begins_at=use.begins_at,
        )
        for seat, use, room, site in rows
    }


def list_subjects(kind: CertificateKind, reviewed: bool, candidate: Candidate) -> tuple[str, ...]:
    """Return the subjects a candidate is to sit; `reviewed` is whether the exam asks for a review as well."""
    asked = required_subjects(kind, comprehensive=reviewed)
    carried = {
        THEORY: candidate.carried_theory_hundredths,
        SKILL: candidate.carried_skill_hundredths,
        COMPREHENSIVE: candidate.carried_comprehensive_hundredths,
    }
    return tuple(each for each, score in carried.items() if each in asked and score is None)


def _make_slips(
    session: Session, keyring: Keyring, batch: ExamBatch, candidates: Sequence[Candidate]
) -> list[Slip]:
    named = people.read_people(session, keyring, [each.person_id for each in candidates])
    places = read_places(session, [each.id for each in candidates])
    trade = catalogue.name_trades(session, [batch.trade_code]).get(batch.trade_code, batch.trade_code)
    evaluator = session.get_one(Institution, batch.institution_id).name
    level = name_level(Level(batch.level)) if batch.level else NO_LEVEL
    kind, reviewed = CertificateKind(batch.certificate_kind), COMPREHENSIVE in read_pass_marks(session, batch)
    return [
        Slip(
            candidate_id=each.id,
            voucher_id=each.voucher_id,
            number=slip_number_of(batch, each.id),
            name=named[each.person_id].name,
            masked_number=mask_identity_end(named[each.person_id].number or ""),
            batch_number=batch.number,
            evaluator_name=evaluator,
            trade_name=trade,
            level_name=level,
            exam_on=batch.exam_on,
            address=places[each.id].address if each.id in places else batch.place,
            place=places.get(each.id),
            admitted_at=each.admitted_at,
            subjects=list_subjects(kind, reviewed, each),
        )
        for each in candidates
        if each.person_id in named
    ]
