"""The door of an exam by code or slip: who comes is on the list, and types the end of their own card blind.

The code is the one the wallet shows at every counter, judged by the same ledger; whoever has no phone or no
voucher shows the slip. An arrival is kept with its batch; a refused one too, by the door, in a transaction
of its own. A wrong card end is kept by the act itself, under the batch's lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.ledger.credentials.presented import (
    Counter,
    Presented,
    find_behind,
    find_presented,
    look_again,
    note_look,
)
from voucher.ledger.credentials.using import lock_shown, use_presented
from voucher.plumbing.bulk import among
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people, tables
from voucher.registry.copied_phones import freeze_copied
from voucher.registry.phones import read_showing_limits
from voucher.rules.actor import check_role
from voucher.rules.arrivals import (
    ARRIVED_ALREADY,
    CARD_END_DIFFERS,
    NOT_ON_LIST,
    ArrivalWay,
    check_card_end,
    looks_like_slip,
    parse_slip_number,
)
from voucher.rules.errors import KeptRefused, Refusal, Refused
from voucher.rules.presenting import CODE_COPIED
from voucher.stages.assess.entries import check_entry_stands
from voucher.stages.assess.examiners import check_may_begin
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.models_arrivals import ExamArrival
from voucher.stages.assess.reading import BATCH_MISSING, DOOR, check_exam_is_on, lock_own_batch, serves_batch
from voucher.stages.assess.staff import check_staff
from voucher.stages.train.queries.trained import classes_of

OPERATION = "admit"
TRIES_MOST = "card_tries_most"


@dataclass(frozen=True, slots=True)
class Came:
    """Whom something held to the door names: a candidate of the batch or nobody, and the voucher behind."""

    way: ArrivalWay
    candidate_id: int | None
    voucher_id: int | None
    device_id: int | None = None


def look_at_door(work: Work, batch_id: int, shown: str) -> Candidate:
    """Return whom a code or a slip brings to the door; nothing is used up, and a code may be used here soon.

    Raises Refused what `arrive` refuses but for the card.
    """
    came, presented, counter = _come(work, batch_id, shown)
    batch = lock_own_batch(work, batch_id, *DOOR)
    check_exam_is_on(batch, work.today)
    check_may_begin(work.session, batch)
    candidate = _get_listed(work, came)
    if presented is not None and counter is not None:
        note_look(work, presented, counter.institution_id)
    return candidate


def arrive(work: Work, batch_id: int, shown: str, last4: str) -> ExamArrival:
    """Let in who shows a code or a slip of this exam and whose card ends as typed; a code is used up by it.

    A wrong end is counted and written down under the batch's lock before anybody is told, so that guesses
    sent all at once are no more than those sent one by one.

    Raises KeptRefused candidate_card_tries_used_up, candidate_card_differs; Refused role_missing,
    exam_batch_missing, exam_batch_closed, not_exam_day, examiners_too_few, candidate_not_listed,
    candidate_arrived_already, slip_number_malformed, parameter_missing and what `find_presented` and
    `check_staff` and `check_entry_stands` refuse.
    """
    came, presented, counter = _come(work, batch_id, shown)
    if presented is not None:
        lock_shown(work, presented)
    batch = lock_own_batch(work, batch_id, *DOOR)
    check_exam_is_on(batch, work.today)
    check_may_begin(work.session, batch)
    candidate = _get_listed(work, came)
    _hold_card(work, batch, candidate, came, last4)
    check_staff(work, batch, [candidate.person_id])
    check_entry_stands(work, batch, candidate)
    if presented is not None and counter is not None:
        _use(work, presented, counter)
    return let_in(work, candidate, came.way)


def _come(work: Work, batch_id: int, shown: str) -> tuple[Came, Presented | None, Counter | None]:
    """Return who comes to the door of one of the actor's exams; a code has been found genuine and of now."""
    check_role(work.actor, *DOOR)
    if not serves_batch(work.session, work.actor, batch_id, *DOOR):
        raise BATCH_MISSING.refused()
    came = recognise(work, batch_id, shown)
    if came.way is not ArrivalWay.CODE:
        return came, None, None
    counter = _stand_at_door(work, batch_id, came.voucher_id)
    presented = find_presented(work.session, work.keyring, shown, work.at, counter)
    # whatever the digits claimed, this is what they proved
    return _find_listed(work.session, batch_id, presented.voucher_id), presented, counter


def _get_listed(work: Work, came: Came) -> Candidate:
    """Return the candidate who came, not in yet. Raises candidate_not_listed, candidate_arrived_already."""
    if came.candidate_id is None:
        raise NOT_ON_LIST.refused()
    candidate = work.session.get_one(Candidate, came.candidate_id, populate_existing=True)
    check_not_arrived(candidate)
    return candidate


def _use(work: Work, presented: Presented, counter: Counter) -> None:
    presented = look_again(work.session, presented, work.at, counter)
    if presented.again is None:
        use_presented(work, presented, counter)


def recognise(work: Work, batch_id: int, shown: str) -> Came:
    """Return whom a slip or a code names, also a used or a forged one. Raises slip_number_malformed."""
    if looks_like_slip(shown):
        named_batch, candidate_id = parse_slip_number(shown)
        found = work.session.get(Candidate, candidate_id)
        if found is None or named_batch != batch_id or found.batch_id != batch_id:
            return Came(ArrivalWay.SLIP, None, None)
        return Came(ArrivalWay.SLIP, found.id, found.voucher_id)
    behind = find_behind(work.session, work.keyring, shown, work.at)
    if behind is None:
        return Came(ArrivalWay.CODE, None, None)
    listed = _find_listed(work.session, batch_id, behind.voucher_id)
    return Came(ArrivalWay.CODE, listed.candidate_id, behind.voucher_id, behind.device_id)


def _find_listed(session: Session, batch_id: int, voucher_id: int) -> Came:
    query = select(Candidate.id).where(Candidate.batch_id == batch_id, Candidate.voucher_id == voucher_id)
    return Came(ArrivalWay.CODE, session.scalars(query).first(), voucher_id)


def _stand_at_door(work: Work, batch_id: int, voucher_id: int | None) -> Counter:
    """Return the counter at the door of an exam: a code is bound to where its holder was trained."""
    evaluator_id = work.session.get_one(ExamBatch, batch_id).institution_id
    houses = {evaluator_id}
    if voucher_id is not None:
        for taught in classes_of(work.session, [voucher_id]).values():
            houses |= {taught.institution_id, taught.delivering_institution_id}
    limits = read_showing_limits(work.session, work.today)
    return Counter(evaluator_id, frozenset(houses), OPERATION, limits)


def check_not_arrived(candidate: Candidate) -> None:
    """Refuse whoever is in already. Raises candidate_arrived_already."""
    if candidate.admitted_at is not None:
        raise ARRIVED_ALREADY.refused(
            at=candidate.admitted_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        )


def _hold_card(work: Work, batch: ExamBatch, candidate: Candidate, came: Came, last4: str) -> None:
    """Hold the characters typed against the card. Raises KeptRefused what `check_card_end` refuses."""
    named = people.read_people(work.session, work.keyring, [candidate.person_id]).get(candidate.person_id)
    most = read_card_tries(work, batch)
    wrong = count_wrong_cards(work, [candidate.id]).get(candidate.id, 0)
    try:
        check_card_end(named.number if named else None, last4, wrong, most)
    except Refused as refused:
        keep_refused(work, batch.id, came, refused.refusal)
        raise KeptRefused(refused.refusal) from None


def read_card_tries(work: Work, batch: ExamBatch) -> int | None:
    """Return how many wrong ends of a card a candidate may show on a day; None where there is no limit."""
    return tables.read_number_at(work.session, TRIES_MOST, work.today, batch.region_code)


def count_wrong_cards(work: Work, candidate_ids: Sequence[int]) -> dict[int, int]:
    """Return by candidate how often a wrong end of the card was shown today, at the door or in a file."""
    rows = work.session.execute(
        select(ExamArrival.candidate_id, func.count())
        .where(
            among(work.session, ExamArrival.candidate_id, candidate_ids),
            ExamArrival.code == CARD_END_DIFFERS.code,
            ExamArrival.at >= datetime.combine(work.today, time(), SHANGHAI),
        )
        .group_by(ExamArrival.candidate_id)
    )
    return {candidate_id: count for candidate_id, count in rows if candidate_id is not None}


def let_in(work: Work, candidate: Candidate, way: ArrivalWay) -> ExamArrival:
    """Keep that a candidate of a locked batch is in, by what they showed."""
    return let_all_in(work, [(candidate, None)], way)[0]


def let_all_in(
    work: Work, came: Sequence[tuple[Candidate, datetime | None]], way: ArrivalWay
) -> list[ExamArrival]:
    """Keep that candidates of a locked batch are in; beside each when a card reader saw them."""
    made = []
    for candidate, seen_at in came:
        candidate.admitted_at = seen_at or work.at
        candidate.admitted_by_person_id = work.actor.person_id
        made.append(
            ExamArrival(
                batch_id=candidate.batch_id,
                candidate_id=candidate.id,
                voucher_id=candidate.voucher_id,
                way=way,
                at=work.at,
                by_person_id=work.actor.person_id,
                seen_at=seen_at,
            )
        )
    work.session.add_all(made)
    work.session.flush()
    told = {"way": str(way)}
    audit.record(work, [audit.Entry("candidate", each.id, "admit", told) for each, _ in came])
    return made


def record_refused(work: Work, batch_id: int, shown: str, refusal: Refusal) -> None:
    """Keep that somebody was refused at the door, after nothing of the act is left.

    A code that shows its phone's data to be copied freezes the phone. Raises Refused role_missing,
    exam_batch_missing.
    """
    check_role(work.actor, *DOOR)
    if not serves_batch(work.session, work.actor, batch_id, *DOOR):
        raise BATCH_MISSING.refused()
    try:
        came = recognise(work, batch_id, shown)
    except Refused:
        came = Came(ArrivalWay.SLIP, None, None)
    if refusal.code == CODE_COPIED.code and came.device_id is not None:
        freeze_copied(work, came.device_id)
    keep_refused(work, batch_id, came, refusal)


def keep_refused(work: Work, batch_id: int, came: Came, refusal: Refusal) -> None:
    """Write down who was refused at the door of an exam, and why."""
    work.session.add(
        ExamArrival(
            batch_id=batch_id,
            candidate_id=came.candidate_id,
            voucher_id=came.voucher_id,
            way=came.way,
            code=refusal.code,
            title=refusal.title,
            at=work.at,
            by_person_id=work.actor.person_id,
        )
    )
    work.session.flush()
    if came.candidate_id is not None:
        audit.record_one(work, "candidate", came.candidate_id, "turn_away", why=refusal.code)
    else:
        audit.record_one(work, "exam_batch", batch_id, "turn_away", why=refusal.code)
