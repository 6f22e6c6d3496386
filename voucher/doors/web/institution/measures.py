"""处置与整改: what is proposed and decided against this institution; it may state, prove and appeal."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import PAYEE_STAFF
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import my_houses
from voucher.doors.web.measure_paper import answer_decision
from voucher.plumbing.unit_of_work import Work
from voucher.stages.oversee.complaints.queries import list_appeals
from voucher.stages.oversee.measures import queries
from voucher.stages.oversee.measures.appealing import appeal
from voucher.stages.oversee.measures.models import Measure
from voucher.stages.oversee.measures.reading import MEASURE_MISSING
from voucher.stages.oversee.measures.stating import prove, state

PAGE = 20


@institution.get("/institution/measures")
def measures() -> ResponseReturnValue:
    """Show the measures against this institution, the newest first."""
    return _page()


@institution.get("/institution/measures/<int:measure_id>/decision.pdf")
def measure_paper(measure_id: int) -> Response:
    """Hand out the notice or the decision."""
    with the_door().read() as session:
        found = session.get(Measure, measure_id)
        if found is None or found.institution_id not in my_houses(PAYEE_STAFF):
            raise MEASURE_MISSING.refused()
        return answer_decision(session, found)


@institution.post("/institution/measures/<int:measure_id>/statements")
def state_measure(measure_id: int) -> ResponseReturnValue:
    """Say what there is to say before it is confirmed."""
    return _say("陈述申辩", "已提交陈述", lambda work, words: state(work, measure_id, words))


@institution.post("/institution/measures/<int:measure_id>/proofs")
def prove_measure(measure_id: int) -> ResponseReturnValue:
    """Say how it was put right."""
    return _say(
        "整改证明", "已提交整改证明，等人社部门验收", lambda work, words: prove(work, measure_id, words)
    )


@institution.post("/institution/measures/<int:measure_id>/appeals")
def appeal_measure(measure_id: int) -> ResponseReturnValue:
    """Appeal against it."""
    done = "已提出申诉，由没有办理这项处置的人处理"
    return _say("申诉的理由", done, lambda work, words: appeal(work, measure_id, words, ""), limit=2000)


def _say(
    label: str, done: str, act: Callable[[Work, str], object], *, limit: int = 1000
) -> ResponseReturnValue:
    def call(work: Work) -> Done:
        act(work, fields.text("words", label, limit=limit))
        return Done(done, url_for("web.institution.measures"))

    return submit(call, _page)


def _page() -> str:
    door, before = the_door(), fields.cursor("before")
    with door.read() as session:
        rows = queries.list_measures(
            session, houses=my_houses(PAYEE_STAFF), before_id=before or None, limit=PAGE
        )
        appeals = list_appeals(session, [each.id for each in rows])
        open_to = {
            each.id
            for each in rows
            if each.appeal_until is not None
            and door.today <= each.appeal_until
            and all(one.state in ("dismissed", "refused", "withdrawn") for one in appeals[each.id])
        }
        return render_template(
            "institution/measures.html",
            rows=rows,
            appeals=appeals,
            appealable=open_to,
            before=before,
            page=PAGE,
        )
