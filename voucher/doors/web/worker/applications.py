"""我的申请: applying where proof is wanted or something could not be verified; answering; taking back."""

from __future__ import annotations

from collections import Counter

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.files import send_attachment
from voucher.doors.auth.outside import ask_first
from voucher.doors.auth.visitors import perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, refuse, submit
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.doors.web.worker.uploading import Received, list_kept, receive
from voucher.plumbing.unit_of_work import Work
from voucher.rules.attachments import ATTACHMENT_MISSING
from voucher.stages.issue import queries as issuing
from voucher.stages.issue.applications import filing, keeping
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
    """File the application; before it, the files are kept and other systems are asked once more."""
    received = receive("item")

    def call(work: Work) -> Done:
        declared = request.form.get("declared") == "1"
        said = _read("item")
        made = filing.apply(work, programme_id, said, declared=declared, attached=received.ids)
        words = f"已提交申请 {made.number}，{made.due_on.isoformat()} 前办理"
        return Done(words, url_for("web.worker.application", application_id=made.id))

    def again() -> str:
        return _ask(programme_id, received)

    if received.refusal is not None:
        return refuse(received.refusal, again)
    ask_first(programme_id)
    return submit(call, again)


@worker.get("/my/applications/<int:application_id>")
def application(application_id: int) -> ResponseReturnValue:
    """Show one application: what was said, what is asked, until when."""
    return _show(application_id)


@worker.post("/my/applications/<int:application_id>/answers")
def answer_application(application_id: int) -> ResponseReturnValue:
    """Answer what the office asked."""
    received = receive("question")

    def call(work: Work) -> Done:
        filing.answer(work, application_id, _read("question"), received.ids)
        location = url_for("web.worker.application", application_id=application_id)
        return Done("已答复，等待办理", location)

    def again() -> str:
        return _show(application_id, received)

    if received.refusal is not None:
        return refuse(received.refusal, again)
    return submit(call, again)


@worker.get("/my/attachments/<int:attachment_id>")
def own_attachment(attachment_id: int) -> ResponseReturnValue:
    """Show one's own file."""
    return send_attachment(perform(lambda work: keeping.look_at(work, attachment_id)))


@worker.post("/my/attachments/<int:attachment_id>/withdrawal")
def take_back_attachment(attachment_id: int) -> ResponseReturnValue:
    """Take one's own file back."""
    with the_door().read() as session:
        application_id = issuing.find_application_of(session, attachment_id)
    if application_id is None:
        raise ATTACHMENT_MISSING.refused()

    def call(work: Work) -> Done:
        keeping.take_back(work, attachment_id)
        location = url_for("web.worker.application", application_id=application_id)
        return Done("已撤下这份附件，内容已删除", location)

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


def _ask(programme_id: int, received: Received | None = None) -> str:
    door = the_door()
    with door.read() as session:
        programme = session.get(issuing.Programme, programme_id)
        if programme is None or programme.state not in PUBLIC_STATES:
            raise PROGRAMME_MISSING.refused()
        wanted = filing.list_wanted(session, door.keyring, programme, my_person_id(), door.today)
    return render_template(
        "worker/new_application.html", programme=programme, labels=wanted.labels, kept=list_kept(received)
    )


def _show(application_id: int, received: Received | None = None) -> str:
    door = the_door()
    with door.read() as session:
        found = issuing.get_application(session, door.keyring, application_id, person_id=my_person_id())
        looks = Counter(
            each.attachment_id
            for each in issuing.list_looks(session, [each.id for each in found.list_attachments()])
        )
    return render_template("worker/application.html", found=found, kept=list_kept(received), looks=looks)
