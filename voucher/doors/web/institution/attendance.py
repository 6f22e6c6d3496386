"""到课登记: one sheet per session, full hours until said otherwise; corrections with a reason."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.files import send_proof
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import my_houses
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.errors import reason
from voucher.stages.train import attend as attending
from voucher.stages.train import queries as training
from voucher.stages.train.class_codes import read_mark_rules
from voucher.stages.train.cosigning import co_sign as confirm_list
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.proofs import CoSignature
from voucher.stages.train.proving import look_at_proof
from voucher.stages.train.queries import house
from voucher.stages.train.queries.hours import asks_cosign
from voucher.stages.train.queries.lessons import hours_studied
from voucher.stages.train.queries.marks import read_signed
from voucher.stages.train.reading import SESSION_MISSING, serves_class
from voucher.stages.train.standing import find_stopped

PREFIX = "hours-"

NOBODY_TO_RECORD = reason(
    "attendance_empty",
    "没有要登记的学员",
    "只登记已核销的学员；请先扫码核销，再回到这一页",
    "【设】只登记已核销的学员",
)


@institution.get("/institution/sessions/<int:session_id>")
def sheet(session_id: int) -> ResponseReturnValue:
    """Show the sheet of one session."""
    return _sheet(session_id)


@institution.post("/institution/sessions/<int:session_id>/attendances")
def attend(session_id: int) -> ResponseReturnValue:
    """Record the hours of everybody on the sheet who has none yet."""

    def call(work: Work) -> Done:
        typed = [
            name
            for name in request.form
            if name.startswith(PREFIX)
            and name.removeprefix(PREFIX).isascii()
            and name.removeprefix(PREFIX).isdigit()
        ]
        hours = {
            int(name.removeprefix(PREFIX)): fields.whole(name, f"第 {place} 位学员的学时")
            for place, name in enumerate(typed, start=1)
        }
        if not hours:
            raise NOBODY_TO_RECORD.refused()
        count = attending.attend(work, session_id, hours)
        return Done(f"已登记 {count} 人到课", url_for("web.institution.sheet", session_id=session_id))

    return submit(call, lambda: _sheet(session_id))


@institution.post("/institution/sessions/<int:session_id>/corrections")
def correct_hours(session_id: int) -> ResponseReturnValue:
    """Write other hours for one person, with the reason; what stood before is kept."""

    def call(work: Work) -> Done:
        attending.correct_attendance(
            work,
            session_id,
            fields.whole("voucher_id", "学员"),
            fields.whole("hours", "更正为"),
            fields.text("why", "更正理由", limit=200),
            _proof(),
        )
        return Done("已更正，原记录保留", url_for("web.institution.sheet", session_id=session_id))

    return submit(call, lambda: _sheet(session_id))


@institution.post("/institution/sessions/<int:session_id>/make-ups")
def make_up(session_id: int) -> ResponseReturnValue:
    """Write hours of somebody nobody recorded, with reason and evidence."""

    def call(work: Work) -> Done:
        attending.make_up(
            work,
            session_id,
            fields.whole("voucher_id", "学员"),
            fields.whole("hours", "实到学时"),
            fields.text("why", "补登理由", limit=200),
            _proof(),
        )
        return Done("已补登", url_for("web.institution.sheet", session_id=session_id))

    return submit(call, lambda: _sheet(session_id))


@institution.post("/institution/sessions/<int:session_id>/co-signatures")
def co_sign(session_id: int) -> ResponseReturnValue:
    """Sign the list of a session as its teacher."""

    def call(work: Work) -> Done:
        signed = confirm_list(work, session_id)
        return Done(
            f"已会签 {signed.people} 人、共 {signed.hours} 学时",
            url_for("web.institution.sheet", session_id=session_id),
        )

    return submit(call, lambda: _sheet(session_id))


@institution.get("/institution/attendances/<int:attendance_id>/proof")
def proof(attendance_id: int) -> ResponseReturnValue:
    """Hand over the evidence behind hours; this is the look that is kept."""
    kind, content = perform(lambda work: look_at_proof(work, attendance_id))
    return send_proof(attendance_id, kind, content)


def _proof() -> bytes | None:
    """Return the evidence handed in, or None where there is none."""
    file = request.files.get("proof")
    if file is None or not file.filename:
        return None
    file.stream.seek(0)
    return file.stream.read()


def _sheet(session_id: int) -> str:
    door = the_door()
    with door.read() as session:
        held, found = _get(session, session_id)
        roster = [
            each
            for each in training.roster(session, door.keyring, found.id)
            if each.redemption_id is not None or each.state == "training"
        ]
        recorded = house.attended_in(session, session_id, [each.voucher_id for each in roster])
        rules = read_mark_rules(session, found, held.starts_at)
        signed = read_signed(session, held, rules)
        studied = hours_studied(session, held, rules.lesson_minutes)
        closes_at = held.ends_at + rules.closes_after
        cosigned = session.get(CoSignature, held.id)
        unscanned = training.counters(session, found.id)["enrolled"]
        return render_template(
            "institution/sheet.html",
            found=found,
            held=held,
            begun=held.starts_at <= door.at,
            open_now=found.state in ("approved", "running"),
            stopped=find_stopped(session, found, held.starts_at),
            rows=[(each, recorded.get(each.voucher_id)) for each in roster],
            unscanned=unscanned,
            signed=signed | studied,
            cosigned=cosigned,
            cosigned_by=name_people(session, [cosigned.signed_by_person_id]).get(
                cosigned.signed_by_person_id, ""
            )
            if cosigned
            else "",
            may_cosign=serves_class(current_actor(), found, Role.TEACHER) and door.at > closes_at,
            asks_cosign=asks_cosign(session, found),
            untallied=[
                signed.get(voucher_id) for voucher_id in signed | studied if voucher_id not in recorded
            ],
            closes_at=closes_at,
            may_tally=door.at > closes_at,
            prefix=PREFIX,
        )


def _get(session: Session, session_id: int) -> tuple[ClassSession, TrainingClass]:
    held = session.get(ClassSession, session_id)
    if held is None:
        raise SESSION_MISSING.refused()
    found = training.get_class(session, held.class_id)
    if not {found.institution_id, found.delivering_institution_id} & set(my_houses()):
        raise SESSION_MISSING.refused()
    return held, found
