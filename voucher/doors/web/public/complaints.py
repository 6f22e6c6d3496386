"""投诉举报: anybody complains of an institution, unnamed unless signed in, and follows it by a number."""

from __future__ import annotations

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import limiter, objection_rate
from voucher.doors.auth.visitors import current_visitor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, refuse, submit
from voucher.doors.web.public.blueprint import public
from voucher.plumbing.unit_of_work import Work
from voucher.registry import directory
from voucher.rules.actor import Role
from voucher.rules.complaints import TOPIC_NAMES, TOPICS, Topic, overdue_since
from voucher.rules.errors import Refused
from voucher.stages.oversee.complaints.filing import file_complaint, withdraw
from voucher.stages.oversee.complaints.queries import LIVE, get_by_number

LONGEST_NUMBER = 40


@public.get("/institutions/<int:institution_id>/complaints/new")
def new_complaint(institution_id: int) -> ResponseReturnValue:
    """Ask what is wrong."""
    return _ask(institution_id)


@public.post("/institutions/<int:institution_id>/complaints")
@limiter.limit(objection_rate)
def lodge_complaint(institution_id: int) -> ResponseReturnValue:
    """Take a complaint and lead to its number."""

    def call(work: Work) -> Done:
        made = file_complaint(
            work,
            institution_id,
            fields.one_of("topic", "反映的是", Topic),
            fields.text("words", "事实", limit=2000),
            fields.text("contact", "联系方式", required=False, limit=60),
        )
        return Done("已登记，请记下受理号", url_for("web.public.complaint", number=made.number))

    return submit(call, lambda: _ask(institution_id))


@public.get("/complaints")
@limiter.limit(objection_rate, exempt_when=lambda: not request.args.get("number", "").strip())
def find_complaint() -> ResponseReturnValue:
    """Ask for a number, or show the complaint that has it."""
    number = request.args.get("number", "").strip()[:LONGEST_NUMBER]
    if not number:
        return render_template("public/find_complaint.html", number="")
    try:
        return _show(number)
    except Refused as refused:
        return refuse(refused.refusal, lambda: render_template("public/find_complaint.html", number=number))


@public.get("/complaints/<number>")
@limiter.limit(objection_rate)
def complaint(number: str) -> ResponseReturnValue:
    """Show how far a complaint has come, without its words or contact; no search engine keeps it."""
    answer = make_response(_show(number[:LONGEST_NUMBER]))
    answer.headers["X-Robots-Tag"] = "noindex, noarchive"
    return answer


@public.post("/complaints/<number>/withdrawals")
@limiter.limit(objection_rate)
def withdraw_complaint(number: str) -> ResponseReturnValue:
    """Withdraw it."""

    def call(work: Work) -> Done:
        withdraw(work, number[:LONGEST_NUMBER])
        return Done("已撤回", url_for("web.public.complaint", number=number))

    return submit(call, lambda: _show(number))


def _ask(institution_id: int) -> str:
    door, visitor = the_door(), current_visitor()
    with door.read() as session:
        return render_template(
            "public/new_complaint.html",
            row=directory.show_institution(session, door.today, institution_id),
            topics=TOPICS,
            is_named=visitor is not None and visitor.actor.has(Role.WORKER),
        )


def _show(number: str) -> str:
    door = the_door()
    with door.read() as session:
        found = get_by_number(session, number)
        row = directory.show_institution(session, door.today, found.institution_id)
        return render_template(
            "public/complaint.html",
            found=found,
            row=row,
            topic=TOPIC_NAMES[Topic(found.topic)],
            late=overdue_since(found.state, found.accept_by, found.close_by, door.today),
            is_live=found.state in LIVE,
        )
