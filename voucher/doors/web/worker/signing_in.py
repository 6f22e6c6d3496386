"""签到、签退 on the own phone: the class code is scanned or typed, and this phone signs for its holder."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import let_programs_run
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id, show
from voucher.rules.positions import NO_POSITION_NAMES
from voucher.stages.issue import queries as issuing
from voucher.stages.train import queries as training
from voucher.stages.train.class_codes import find_marked, read_mark_rules, slot_of
from voucher.stages.train.placing import find_asked_room
from voucher.stages.train.positions import read_kept_days
from voucher.stages.train.queries.marks import list_marks, sum_up
from voucher.stages.train.reading import SESSION_MISSING


@worker.get("/my/vouchers/<int:voucher_id>/sessions/<int:session_id>/sign")
def sign(voucher_id: int, session_id: int) -> ResponseReturnValue:
    """Show one session of the own class with what was signed, and the field for the class code."""
    door, person_id = the_door(), my_person_id()
    let_programs_run()
    with door.read() as session:
        card = issuing.show_card(session, person_id, voucher_id)
        held, found = find_marked(session, session_id)
        place = training.enrolment_of(session, voucher_id)
        if place is None or place.class_id != found.id:
            raise SESSION_MISSING.refused()
        rules = read_mark_rules(session, found, door.at)
        signed = sum_up(slot_of(held), held.hours, rules, list_marks(session, session_id, voucher_id))
        opens_at, closes_at = held.starts_at - rules.opens_before, held.ends_at + rules.closes_after
        return render_template(
            "worker/sign.html",
            shown=show(card),
            found=found,
            held=held,
            signed=signed,
            asks_place=find_asked_room(session, held, found) is not None,
            position_days=read_kept_days(session, found, the_door().today),
            no_positions=NO_POSITION_NAMES,
            direction="out" if signed.is_inside else "in",
            opens_at=opens_at,
            closes_at=closes_at,
            is_open=opens_at <= door.at <= (closes_at if signed.is_inside else held.ends_at),
        )
