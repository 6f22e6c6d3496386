"""本人反映: what people say of subsidies claimed in their names, answered by one, confirmed by another."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.ledger.holds import is_held
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import PROBLEM_NAMES, Problem
from voucher.stages.settle import answering_denials, queries
from voucher.stages.settle.denying import DENIAL_MISSING
from voucher.stages.settle.queries.denials import find_denial, page_denials, read_words

PER_PAGE = 20
STATES = {"open": True, "closed": False}
PROBLEMS = {str(problem): name for problem, name in PROBLEM_NAMES.items()}


@office.get("/office/denials")
def denials() -> ResponseReturnValue:
    """Show the cases of this account's regions, those not answered first by default."""
    door, actor, before = the_door(), current_actor(), fields.cursor("before")
    state = fields.asked("state", STATES)
    with door.read() as session:
        rows = page_denials(
            session,
            actor.regions,
            standing=STATES[state] if state else None,
            before_id=before or None,
            limit=PER_PAGE,
        )
    return render_template(
        "office/denials.html",
        rows=rows,
        state=state,
        before=before,
        per_page=PER_PAGE,
        problems=PROBLEMS,
        today=door.today,
    )


@office.get("/office/denials/<int:denial_id>")
def denial(denial_id: int) -> ResponseReturnValue:
    """Show one case with its claim, and what may be done with it now."""
    return _show(denial_id)


@office.post("/office/denials/<int:denial_id>/answers")
def answer_denial(denial_id: int) -> ResponseReturnValue:
    """Propose an answer."""

    def call(work: Work) -> Done:
        upheld = fields.text("upheld", "结论", limit=1) == "1"
        words = fields.text("answer", "核查情况和结论", limit=1000)
        answering_denials.answer(work, denial_id, upheld=upheld, words=words)
        return Done("已提出答复，等待另一人确认", _address(denial_id))

    return submit(call, lambda: _show(denial_id))


@office.post("/office/denials/<int:denial_id>/signatures")
def confirm_denial(denial_id: int) -> ResponseReturnValue:
    """Confirm an answer as another person; a line that is in order goes on."""

    def call(work: Work) -> Done:
        done = answering_denials.confirm(work, denial_id)
        outcome = "属实" if done.upheld else "不属实"
        if done.upheld and done.hold_id is not None and is_held(work, Thing.CLAIM, done.claim_id):
            return Done(
                f"已确认：{outcome}，已短信告知本人；这条申领仍停住：请不予通过，或更正后由两人解除",
                _address(denial_id),
            )
        if done.upheld and done.problem != Problem.NOT_RECEIVED:
            return Done(f"已确认：{outcome}，已短信告知本人；已付的请立追回单", _address(denial_id))
        return Done(f"已确认：{outcome}，已短信告知本人；这条申领继续办理", _address(denial_id))

    return submit(call, lambda: _show(denial_id))


@office.post("/office/denials/<int:denial_id>/returns")
def return_denial(denial_id: int) -> ResponseReturnValue:
    """Send an answer back, as another person, to be answered anew."""

    def call(work: Work) -> Done:
        answering_denials.send_back(work, denial_id)
        return Done("已退回，请重新核查答复", _address(denial_id))

    return submit(call, lambda: _show(denial_id))


def _address(denial_id: int) -> str:
    return url_for("web.office.denial", denial_id=denial_id)


def _show(denial_id: int) -> str:
    door, actor = the_door(), current_actor()
    with door.read() as session:
        view = find_denial(session, denial_id, actor.regions)
        if view is None:
            raise DENIAL_MISSING.refused()
        found = view.denial
        people = [each for each in (found.answered_by_person_id, found.confirmed_by_person_id) if each]
        return render_template(
            "office/denial.html",
            view=view,
            words=read_words(session, door.keyring, found),
            line=queries.get_claim_line(session, door.keyring, view.claim),
            names=name_people(session, people),
            problems=PROBLEMS,
            today=door.today,
            me=actor.person_id,
        )
