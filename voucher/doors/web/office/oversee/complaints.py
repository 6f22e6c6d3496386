"""投诉举报、申诉: the queue with what is overdue, one case with its words, and everything done with it."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import Happening, name_people
from voucher.ledger.states import list_events
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.rules.complaints import APPEAL_EVENTS, APPEAL_NAMES, TOPIC_NAMES, overdue_since
from voucher.rules.lifecycle import EVENT_NAMES, Thing
from voucher.stages.oversee.complaints import queries
from voucher.stages.oversee.complaints.handling import accept, ask, conclude, refuse

PER_PAGE = 20
STATES = {
    "open": ("没有办结的", queries.LIVE),
    "filed": ("待受理", ("filed",)),
    "upheld": ("属实、申诉成立", ("upheld",)),
    "dismissed": ("不属实、申诉不成立", ("dismissed",)),
    "all": ("全部", (*queries.LIVE, "upheld", "dismissed", "refused", "withdrawn")),
}
KINDS = {"complaint": "投诉举报", "appeal": "申诉"}
OUTCOMES = {"uphold": True, "dismiss": False}
TOPIC_WORDS = {str(each): name for each, name in TOPIC_NAMES.items()}


@office.get("/office/complaints")
def complaints() -> ResponseReturnValue:
    """Show the complaints and appeals of these regions, the newest first."""
    door, regions = the_door(), current_actor().regions_as(*queries.READERS)
    state, kind = fields.asked("state", STATES) or "open", fields.asked("kind", KINDS)
    late, before = fields.asked("late", ("1",)), fields.cursor("before")
    with door.read() as session:
        rows = queries.list_complaints(
            session,
            regions,
            states=STATES[state][1],
            kind=kind,
            overdue_on=door.today if late else None,
            before_id=before or None,
            limit=PER_PAGE,
        )
        houses = (session.get(Institution, each) for each in sorted({row.institution_id for row in rows}))
        return render_template(
            "office/complaints.html",
            rows=rows,
            houses={each.id: each.name for each in houses if each is not None},
            topics=TOPIC_WORDS,
            kinds=KINDS,
            overdue=queries.count_overdue(session, regions, door.today),
            people=name_people(session, [each.handler_person_id or 0 for each in rows]),
            states=[(word, name) for word, (name, _) in STATES.items()],
            chosen={"state": state, "kind": kind, "late": late},
            before=before,
            per_page=PER_PAGE,
        )


@office.get("/office/complaints/<int:complaint_id>")
def complaint(complaint_id: int) -> ResponseReturnValue:
    """Show one complaint with what was written; the look is kept."""
    return _show(complaint_id)


@office.post("/office/complaints/<int:complaint_id>/acceptances")
def accept_complaint(complaint_id: int) -> ResponseReturnValue:
    """Accept it: whoever does deals with it from now on."""

    def call(work: Work) -> Done:
        found = accept(work, complaint_id)
        return Done(f"已受理，由您办理，{found.close_by} 前办结", _here(complaint_id))

    return submit(call, lambda: _show(complaint_id))


@office.post("/office/complaints/<int:complaint_id>/refusals")
def refuse_complaint(complaint_id: int) -> ResponseReturnValue:
    """Refuse it, and say where to turn."""

    def call(work: Work) -> Done:
        refuse(work, complaint_id, fields.text("words", "不予受理的理由和去向"))
        return Done("已不予受理，投诉人凭受理号可以看到理由", _here(complaint_id))

    return submit(call, lambda: _show(complaint_id))


@office.post("/office/complaints/<int:complaint_id>/questions")
def ask_about_complaint(complaint_id: int) -> ResponseReturnValue:
    """Ask the institution about it."""

    def call(work: Work) -> Done:
        found = ask(work, complaint_id, fields.text("question", "要说明的问题"))
        return Done(f"已要求机构在 {found.answer_by} 前说明", _here(complaint_id))

    return submit(call, lambda: _show(complaint_id))


@office.post("/office/complaints/<int:complaint_id>/conclusions")
def conclude_complaint(complaint_id: int) -> ResponseReturnValue:
    """Say whether it is true."""

    def call(work: Work) -> Done:
        outcome = fields.text("outcome", "结论")
        words = fields.text("words", "核查经过和依据", limit=1000)
        reply = fields.text("reply", "给投诉人的答复", limit=1000)
        done = conclude(work, complaint_id, words, reply, is_upheld=OUTCOMES.get(outcome, False))
        if done.kind == "appeal":
            return Done(f"已下结论：{APPEAL_NAMES[done.state]}", _here(complaint_id))
        return Done("已认定属实" if done.state == "upheld" else "已认定不属实", _here(complaint_id))

    return submit(call, lambda: _show(complaint_id))


def _here(complaint_id: int) -> str:
    return url_for("web.office.complaint", complaint_id=complaint_id)


def _show(complaint_id: int) -> str:
    door, actor = the_door(), current_actor()
    found, said = perform(lambda work: queries.look_at_complaint(work, complaint_id))
    with door.read() as session:
        events = list_events(session, Thing.COMPLAINT, complaint_id)
        inside = [each for each in events if each.event not in ("file", "answer", "withdraw")]
        names = name_people(session, [each.actor_person_id for each in inside])
        outside = {"file": "投诉人", "withdraw": "投诉人", "answer": "机构"}
        told = {"ask": found.question, "answer": found.answer}
        called = APPEAL_EVENTS if found.kind == "appeal" else {}
        context: dict[str, Any] = {
            "found": found,
            "said": said,
            "house": session.get_one(Institution, found.institution_id),
            "kind_name": KINDS[found.kind],
            "topic": TOPIC_WORDS[found.topic],
            "late": overdue_since(found.state, found.accept_by, found.close_by, door.today),
            "people": name_people(session, [found.handler_person_id or 0]),
            "is_mine": found.handler_person_id == actor.person_id,
            "may_act": actor.has(*(OFFICERS | {Role.SUPERVISOR})),
            "happenings": [
                Happening(
                    called.get(each.event) or EVENT_NAMES[Thing.COMPLAINT][each.event],
                    outside.get(each.event) or names.get(each.actor_person_id, ""),
                    each.at,
                    found.conclusion
                    if each.event in ("uphold", "dismiss", "refuse")
                    else told.get(each.event),
                )
                for each in events
            ],
        }
        return render_template("office/complaint.html", **context)
