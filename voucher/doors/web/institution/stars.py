"""本机构星级: the institution's stars with every point they came of, and one objection."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import PAYEE_STAFF
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import list_houses, my_houses
from voucher.plumbing.unit_of_work import Work
from voucher.registry.credit import LEAST, CreditScore, read_points
from voucher.registry.tables import require_parameter_number
from voucher.rules.credit import MINUS
from voucher.rules.stars import LINE_NAMES
from voucher.stages.oversee.quality.giving import object_to_stars as object_to
from voucher.stages.oversee.quality.giving import objection_until
from voucher.stages.oversee.quality.queries import list_ratings
from voucher.stages.oversee.quality.replying import find_reply_due

PAGE = 20


@institution.get("/institution/stars")
def stars() -> ResponseReturnValue:
    """Show how the stars of this institution came."""
    return _page()


@institution.post("/institution/stars/<int:rating_id>/objections")
def object_to_stars(rating_id: int) -> ResponseReturnValue:
    """Object, once."""

    def call(work: Work) -> Done:
        object_to(work, rating_id, fields.text("words", "异议", limit=1000))
        return Done("已提出异议，等人社部门核对", url_for("web.institution.stars"))

    return submit(call, _page)


def _page() -> str:
    door = the_door()
    with door.read() as session:
        rows = list_ratings(session, my_houses(PAYEE_STAFF), limit=PAGE)
        return render_template(
            "institution/stars.html",
            rows=[
                (each, objection_until(session, each.rating), find_reply_due(session, each.rating))
                for each in rows
            ],
            names=LINE_NAMES,
            credits=[
                (house.name, read_points(session, house.id), session.get(CreditScore, house.id))
                for house in list_houses(session, PAYEE_STAFF)
            ],
            credit_names={kind: name for kind, (name, _) in MINUS.items()},
            credit_least=require_parameter_number(session, LEAST, door.today, ()),
        )
