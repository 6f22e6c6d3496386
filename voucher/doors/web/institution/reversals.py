"""撤销核销: asked by one person, confirmed by another, until the first lesson is over."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_COUNTER
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import my_houses
from voucher.plumbing.unit_of_work import Work
from voucher.stages.train import reverse as reversing
from voucher.stages.train.queries import house
from voucher.stages.train.reading import format_moment


@institution.get("/institution/reversals")
def reversals() -> ResponseReturnValue:
    """Show what waits for a second person, and what may still be asked for."""
    return _page()


@institution.post("/institution/redemptions/<int:redemption_id>/reversal-requests")
def ask_reversal(redemption_id: int) -> ResponseReturnValue:
    """Ask for a redemption to be taken back, with the reason."""

    def call(work: Work) -> Done:
        reversing.ask_reversal(work, redemption_id, fields.text("why", "撤销理由", limit=200))
        return Done("已提出，请本机构另一个人确认", url_for("web.institution.reversals"))

    return submit(call, _page)


@institution.post("/institution/redemptions/<int:redemption_id>/reversals")
def reverse(redemption_id: int) -> ResponseReturnValue:
    """Take back a redemption another person asked to take back."""

    def call(work: Work) -> Done:
        reversing.reverse(work, redemption_id)
        return Done("已撤销核销，这张券回到“已锁定”，可以重新扫码", url_for("web.institution.reversals"))

    return submit(call, _page)


def _page() -> str:
    door, houses = the_door(), my_houses(INSTITUTION_COUNTER)
    with door.read() as session:
        asked = house.list_reversals(session, door.keyring, houses)
        return render_template(
            "institution/reversals.html",
            asked=asked,
            # what pressing the button would answer from now on stands in its place
            late={
                each.redemption_id: reversing.REVERSAL_TOO_LATE.refusal(
                    ended=format_moment(each.first_ends_at)
                )
                for each in asked
                if each.first_ends_at <= door.at
            },
            fresh=house.list_reversible(session, door.keyring, houses, door.at),
            person_id=current_actor().person_id,
        )
