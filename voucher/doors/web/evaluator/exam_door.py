"""The door of an exam: a code or a slip is scanned, the card's end typed, and it is said who sits where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.networks import note_network
from voucher.doors.auth.shield import let_programs_run
from voucher.doors.auth.visitors import perform
from voucher.doors.errors import status_of
from voucher.doors.web.acting import KEY_FIELD, content_print
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluators
from voucher.doors.web.timelines import name_people
from voucher.plumbing.idempotency import KEY_IN_FLIGHT, KEY_MISSING, KEY_REUSED, Answer, once
from voucher.plumbing.unit_of_work import Work
from voucher.rules.arrivals import ARRIVED_ALREADY, CARD_END_DIFFERS, SLIP_DIGITS, SLIP_MALFORMED
from voucher.rules.code_format import CODE_EXPIRED
from voucher.rules.errors import KeptRefused, Refusal, Refused
from voucher.stages.assess import queries
from voucher.stages.assess.arrive import arrive as come_in
from voucher.stages.assess.arrive import look_at_door as look
from voucher.stages.assess.arrive import record_refused
from voucher.stages.assess.models import ExamBatch
from voucher.stages.assess.queries.door import count_door, list_arrivals, mask_candidates
from voucher.stages.assess.queries.slips import Place, read_places
from voucher.stages.assess.reading import BATCH_MISSING, DOOR

Result = TypeVar("Result")
LAST_ARRIVALS = 20
LONGEST_CODE = 700
# the form is at fault, or the exam is somebody else's
NOBODY_CAME = frozenset({BATCH_MISSING.code, KEY_MISSING.code, KEY_REUSED.code, KEY_IN_FLIGHT.code})
# nothing is wrong with the person: in already, or another look helps
MINDED = frozenset({ARRIVED_ALREADY.code, CODE_EXPIRED.code, CARD_END_DIFFERS.code, SLIP_MALFORMED.code})


@dataclass(frozen=True, slots=True)
class Said:
    """What a scan at the door came to: the look, the word, whom it names, and what to do next."""

    tone: str
    word: str
    next_step: str
    name: str = ""
    place: Place | None = None
    shown: str = ""


@evaluator.get("/evaluator/batches/<int:batch_id>/door")
def door(batch_id: int) -> ResponseReturnValue:
    """Show the field for codes and slips, and who came."""
    return _page(batch_id, None)


@evaluator.post("/evaluator/batches/<int:batch_id>/door/looks")
def look_at_door(batch_id: int) -> ResponseReturnValue:
    """Say whom a code or a slip brings; nothing is used up."""
    return _look(batch_id, request.form.get("shown", "")[:LONGEST_CODE])


@evaluator.post("/evaluator/batches/<int:batch_id>/door/arrivals")
def arrive(batch_id: int) -> ResponseReturnValue:
    """Let somebody in whose card ends as typed; the same form again is the same arrival."""
    shown, last4 = request.form.get("shown", "")[:LONGEST_CODE], request.form.get("last4", "").strip()
    if sum(each.isdigit() for each in last4) >= SLIP_DIGITS:
        # a gun does not look where it writes: this is the next one
        return _look(batch_id, last4[:LONGEST_CODE])

    def act(work: Work) -> Answer:
        arrived = come_in(work, batch_id, shown, last4[:20])
        note_network(work.session.get_one(ExamBatch, arrived.batch_id).institution_id, arrived.candidate_id)
        return Answer(201, {"candidate_id": arrived.candidate_id})

    key, asked = request.form.get(KEY_FIELD, ""), content_print()
    done = _try(batch_id, shown, lambda work: once(work, key, asked, act))
    if isinstance(done, Refusal):
        return _answer(batch_id, done, shown)
    name, place = _read_candidate(done.body["candidate_id"])
    return _page(batch_id, Said("good", "可以入场", "请对号入座。接着扫下一位。", name, place))


def _look(batch_id: int, shown: str) -> ResponseReturnValue:
    found = _try(batch_id, shown, lambda work: look(work, batch_id, shown).id)
    if isinstance(found, Refusal):
        return _answer(batch_id, found, "")
    name, place = _read_candidate(found)
    return _page(
        batch_id, Said("warn", "请核对证件", "看着来人的身份证原件，输入后四位。", name, place, shown)
    )


def _try(batch_id: int, shown: str, call: Callable[[Work], Result]) -> Result | Refusal:
    """Act; who is refused is kept, in a transaction of its own."""
    try:
        return perform(call)
    except KeptRefused as kept:
        return kept.refusal
    except Refused as refused:
        told = refused.refusal
        if told.code in NOBODY_CAME:
            raise
        perform(lambda work: record_refused(work, batch_id, shown, told))
        return told


def _answer(batch_id: int, refusal: Refusal, shown: str) -> ResponseReturnValue:
    """Show a refusal: amber where another look helps, red where this person does not come in."""
    again = refusal.code == CARD_END_DIFFERS.code
    said = Said(
        "warn" if refusal.code in MINDED else "bad",
        refusal.title,
        refusal.next_step or "",
        shown=shown if again else "",
    )
    return make_response(_page(batch_id, said), status_of(refusal))


def _read_candidate(candidate_id: int) -> tuple[str, Place | None]:
    door = the_door()
    with door.read() as session:
        return _name(session, candidate_id), read_places(session, [candidate_id]).get(candidate_id)


def _name(session: Session, candidate_id: int) -> str:
    return mask_candidates(session, the_door().keyring, [candidate_id])[candidate_id]


def _page(batch_id: int, said: Said | None) -> str:
    door = the_door()
    let_programs_run()
    with door.read() as session:
        found = queries.get_batch(session, batch_id, (), my_evaluators(*DOOR))
        arrivals = list_arrivals(session, door.keyring, batch_id, limit=LAST_ARRIVALS)
        return render_template(
            "evaluator/door.html",
            found=found,
            view=queries.view_batches(session, [found])[0],
            said=said,
            counted=count_door(session, batch_id),
            arrivals=arrivals,
            hands=name_people(session, [each.by_person_id for each in arrivals]),
        )
