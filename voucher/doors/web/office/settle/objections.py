"""Objections from the public: what was said against which line, decided by somebody who never signed it."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.settle.steps import has_signed
from voucher.plumbing.unit_of_work import Work
from voucher.registry import subjects
from voucher.rules.lifecycle import Thing
from voucher.stages.settle import objection as objecting
from voucher.stages.settle import queries
from voucher.stages.settle.models.notices import Notice, Objection
from voucher.stages.settle.queries.claim_paces import list_claim_paces

HIDDEN = "（仅办理人员可见）"


@office.get("/desk/objections")
def objections() -> ResponseReturnValue:
    """Show the objections of this account's regions, undecided ones first."""
    with the_door().read() as session:
        rows = queries.list_objections(session, current_actor().regions)
        rows.sort(key=lambda row: (row[0].state != "lodged", -row[0].id))
        waiting = [claim for row, claim in rows if row.state == "lodged"]
        paces = list_claim_paces(session, waiting, the_door().today)
        return render_template("office/objections.html", rows=rows, paces=paces)


@office.get("/desk/objections/<int:objection_id>")
def objection(objection_id: int) -> ResponseReturnValue:
    """Show one objection with its words and its contact."""
    return _show(objection_id)


@office.post("/desk/objections/<int:objection_id>/decisions")
def decide_objection(objection_id: int) -> ResponseReturnValue:
    """Dismiss or uphold an objection, with the conclusion the public will read."""

    def call(work: Work) -> Done:
        decision = request.form.get("decision")
        if decision not in ("dismiss", "uphold"):
            raise FIELD_UNREADABLE.refused(field="decision", label="处理结果", problem="没有选择")
        conclusion = fields.text("conclusion", "处理结论", limit=1000)
        objecting.decide(work, objection_id, uphold=decision == "uphold", conclusion=conclusion)
        words = "异议成立，该条已不予通过" if decision == "uphold" else "异议不成立，该条继续办理"
        return Done(words, url_for("web.office.objection", objection_id=objection_id))

    return submit(call, lambda: _show(objection_id))


def _show(objection_id: int) -> str:
    door, actor = the_door(), current_actor()
    with door.read() as session:
        found = session.get(Objection, objection_id)
        if found is None:
            raise objecting.OBJECTION_MISSING.refused(number=objection_id)
        claim = queries.get_claim(session, found.claim_id, actor.regions)
        return render_template(
            "office/objection.html",
            objection=found,
            notice=session.get_one(Notice, found.notice_id),
            claim=claim,
            has_signed=has_signed(session, actor, claim.id),
            line=queries.get_claim_line(session, door.keyring, claim),
            contact=_read_contact(session, found) if actor.has(*OFFICERS) else HIDDEN,
            happenings=queries.object_timeline(session, Thing.OBJECTION, objection_id),
        )


def _read_contact(session: Session, found: Objection) -> str | None:
    keyring = the_door().keyring
    key = subjects.find_keys(session, keyring, [found.subject_index]).get(found.subject_index)
    if found.contact_sealed is None or key is None:
        return None
    return keyring.unseal(key, objecting.CONTACT_CONTEXT, found.contact_sealed)
