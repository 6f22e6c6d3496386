"""签到: the class code for the screen of a room, marks of people without a phone, the hours of marks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import let_programs_run
from voucher.doors.auth.visitors import current_actor, current_visitor, perform
from voucher.doors.errors import status_of
from voucher.doors.web.acting import KEY_FIELD, Done, act, content_print
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.scan import LONGEST_CODE
from voucher.doors.web.pictures import draw_code
from voucher.plumbing.idempotency import Answer, once
from voucher.plumbing.unit_of_work import Work
from voucher.rules.attendance import IN, OUT
from voucher.rules.errors import KeptRefused, Refused
from voucher.rules.positions import NO_POSITION_NAMES
from voucher.stages.train import queries as training
from voucher.stages.train.class_codes import get_room, read_mark_rules, show_class_code
from voucher.stages.train.marking import StaffMark, mark_by_staff
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.placing import Where, find_asked_room
from voucher.stages.train.positions import read_kept_days
from voucher.stages.train.queries import house
from voucher.stages.train.queries.lessons import is_played
from voucher.stages.train.queries.marks import PENDING, read_signed, standing_of
from voucher.stages.train.scans import Scanned, record_scan
from voucher.stages.train.tallying import tally

WHERE = re.compile(r"(-?[0-9]{1,9}),(-?[0-9]{1,9}),([0-9]{1,9})", re.ASCII)
WORDS = {IN: "签到", OUT: "签退"}
WAYS = {"class_code": "本人手机", "scanned": "扫码", "typed": "凭证件"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a mark came to: the look, the word, and what to do next."""

    tone: str
    word: str
    next_step: str


@institution.get("/institution/sessions/<int:session_id>/code")
def class_code(session_id: int) -> ResponseReturnValue:
    """Show the class code for the screen of the room; it is renewed by itself."""
    door = the_door()
    with door.read() as session:
        held, found = get_room(session, current_actor(), session_id)
        try:
            shown = show_class_code(session, door.keyring, held, found, door.at)
        except Refused as refused:
            return render_template(
                "institution/class_code.html", found=found, held=held, shown=None, refusal=refused.refusal
            )
        return render_template(
            "institution/class_code.html",
            found=found,
            held=held,
            shown=shown,
            picture=draw_code(shown.digits),
        )


@institution.get("/institution/sessions/<int:session_id>/marks")
def marks(session_id: int) -> ResponseReturnValue:
    """Show who has signed in and out, and the field for the codes of the others."""
    return _page(session_id, None)


@institution.post("/institution/sessions/<int:session_id>/marks")
def mark(session_id: int) -> ResponseReturnValue:
    """Sign somebody in or out by the code shown, or by the card."""
    code = (request.form.get("digits", "") or request.form.get("code", ""))[:LONGEST_CODE]
    last4 = request.form.get("last4", "").strip()[:4]
    asked = StaffMark(session_id, _direction(), code, last4, _device(), _where())

    def write(work: Work) -> Answer:
        made = mark_by_staff(work, asked)
        row = training.roster(
            work.session, work.keyring, _class_of(work, session_id), after_id=made.voucher_id - 1, limit=1
        )[0]
        return Answer(200, {"name": row.masked_name, "standing": standing_of(work.session, made)})

    key, print_ = request.form.get(KEY_FIELD, ""), content_print()
    try:
        done = perform(lambda work: once(work, key, print_, write))
    except Refused as refused:
        refusal = refused.refusal
        if not isinstance(refused, KeptRefused):
            perform(lambda work: record_scan(work, Scanned("check", None, code, _device()), refusal))
        tone = "warn" if refusal.code in ("signed_in_already", "not_signed_in") else "bad"
        said = Said(tone, refusal.title, refusal.next_step or "")
        return make_response(_page(session_id, said), status_of(refusal))
    word, name = f"已{WORDS[asked.direction]}", done.body["name"]
    if done.body.get("standing") == PENDING:
        # it counts only when the office says so: not the green of what is done
        return _page(session_id, Said("warn", f"{word}，待核", f"{name}。人社部门核实后计学时。请扫下一位。"))
    return _page(session_id, Said("good", word, f"{name}。请扫下一位。"))


@institution.post("/institution/sessions/<int:session_id>/tallies")
def tally_marks(session_id: int) -> ResponseReturnValue:
    """Write the hours down that the marks of a session come to."""

    def call(work: Work) -> Done:
        count = tally(work, session_id)
        return Done(f"已按签到登记 {count} 人的学时", url_for("web.institution.sheet", session_id=session_id))

    return act(call)


def _class_of(work: Work, session_id: int) -> int:
    return work.session.get_one(ClassSession, session_id).class_id


def _direction() -> str:
    asked = request.values.get("direction", IN)
    return asked if asked in WORDS else IN


def _where() -> Where:
    """Return where the browser says it is, as `latitude,longitude,metres`, or why it says nothing."""
    told = WHERE.fullmatch(request.form.get("where", ""))
    if told is not None:
        latitude_e6, longitude_e6, accuracy_m = map(int, told.groups())
        return Where(latitude_e6, longitude_e6, accuracy_m)
    return Where(why_not=request.form.get("where", "")[:20])


def _page(session_id: int, said: Said | None) -> str:
    door = the_door()
    let_programs_run()
    with door.read() as session:
        held, found = get_room(session, current_actor(), session_id)
        rules = read_mark_rules(session, found, door.at)
        signed = read_signed(session, held, rules)
        direction = _direction()
        if "direction" not in request.values and door.at >= held.ends_at:
            direction = OUT
        rows = _list_rows(session, found)
        recorded = house.attended_in(session, session_id, [each.voucher_id for each in rows])
        return render_template(
            "institution/marks.html",
            found=found,
            held=held,
            said=said,
            direction=direction,
            words=WORDS,
            ways=WAYS,
            rows=[(each, signed.get(each.voucher_id), recorded.get(each.voucher_id)) for each in rows],
            # who came without signing in and was written down; left out, nobody would seem to have come
            written=sum(each.hours > 0 for at, each in recorded.items() if at not in signed),
            inside=sum(each.is_inside for each in signed.values()),
            came=len(signed),
            asks_place=find_asked_room(session, held, found) is not None,
            position_days=read_kept_days(session, found, the_door().today),
            no_positions=NO_POSITION_NAMES,
            is_played=is_played(session, held.id),
            pending=sum(each.is_pending for each in signed.values()),
            opens_at=held.starts_at - rules.opens_before,
            closes_at=held.ends_at + rules.closes_after,
        )


def _list_rows(session: Session, found: TrainingClass) -> list[training.RosterRow]:
    rows = training.roster(session, the_door().keyring, found.id)
    return [each for each in rows if each.redemption_id is not None or each.state == "training"]


def _device() -> str:
    visitor = current_visitor()
    return f"web-{visitor.token_hash[:12]}" if visitor is not None else "web"
