"""我的申请: applying where proof is wanted or something could not be verified; answering; taking back."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.outside import ask_first
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.plumbing.unit_of_work import Work
from voucher.stages.issue import queries as issuing
from voucher.stages.issue.applications import filing
from voucher.stages.issue.reading import PROGRAMME_MISSING, PUBLIC_STATES

WORDS_MOST = 500
ITEMS_MOST = 50


@worker.get("/my/applications")
def applications() -> ResponseReturnValue:
    """Show one's own applications."""
    door = the_door()
    with door.read() as session:
        rows = issuing.list_own_applications(session, door.keyring, my_person_id())
    return render_template("worker/applications.html", rows=rows)


@worker.get("/my/offers/<int:programme_id>/application")
def new_application(programme_id: int) -> ResponseReturnValue:
    """Ask what is to be said, and nothing that is known already."""
    return _ask(programme_id)


@worker.post("/my/offers/<int:programme_id>/application")
def apply(programme_id: int) -> ResponseReturnValue:
    """File the application; before it, other systems are asked once more."""

    def call(work: Work) -> Done:
        declared = request.form.get("declared") == "1"
        made = filing.apply(work, programme_id, _read("item"), declared=declared)
        words = f"已提交申请 {made.number}，{made.due_on.isoformat()} 前办理"
        return Done(words, url_for("web.worker.application", application_id=made.id))

    ask_first(programme_id)
    return submit(call, lambda: _ask(programme_id))


@worker.get("/my/applications/<int:application_id>")
def application(application_id: int) -> ResponseReturnValue:
    """Show one application: what was said, what is asked, until when."""
    return _show(application_id)


@worker.post("/my/applications/<int:application_id>/answers")
def answer_application(application_id: int) -> ResponseReturnValue:
    """Answer what the office asked."""

    def call(work: Work) -> Done:
        filing.answer(work, application_id, _read("question"))
        location = url_for("web.worker.application", application_id=application_id)
        return Done("已答复，等待办理", location)

    return submit(call, lambda: _show(application_id))


@worker.post("/my/applications/<int:application_id>/withdrawal")
def withdraw_application(application_id: int) -> ResponseReturnValue:
    """Take the application back."""

    def call(work: Work) -> Done:
        filing.withdraw_application(work, application_id)
        return Done("已撤回申请", url_for("web.worker.applications"))

    return submit(call, lambda: _show(application_id))


def _read(prefix: str) -> dict[int, str]:
    """Return what was typed, by the number behind the prefix in the field's name."""
    numbers = [name.removeprefix(f"{prefix}-") for name in request.form if name.startswith(f"{prefix}-")]
    wanted = [int(each) for each in numbers if each.isascii() and each.isdigit() and len(each) <= 18]
    return {
        number: fields.text(f"{prefix}-{number}", "说明", required=False, limit=WORDS_MOST)
        for number in wanted[:ITEMS_MOST]
    }


def _ask(programme_id: int) -> str:
    door = the_door()
    with door.read() as session:
        programme = session.get(issuing.Programme, programme_id)
        if programme is None or programme.state not in PUBLIC_STATES:
            raise PROGRAMME_MISSING.refused()
        wanted = filing.list_wanted(session, door.keyring, programme, my_person_id(), door.today)
        return render_template("worker/new_application.html", programme=programme, labels=wanted.labels)


def _show(application_id: int) -> str:
    door = the_door()
    with door.read() as session:
        found = issuing.get_application(session, door.keyring, application_id, person_id=my_person_id())
    return render_template("worker/application.html", found=found)
