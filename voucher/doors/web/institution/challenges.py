"""机构验证码: what a phone with a wrong clock answers instead of telling the time."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_COUNTER
from voucher.doors.auth.visitors import perform
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import get_my_class
from voucher.doors.web.pictures import draw_code
from voucher.stages.train.presenting import ask_holder


@institution.post("/institution/classes/<int:class_id>/challenges")
def challenge(class_id: int) -> ResponseReturnValue:
    """Show a fresh question of this institution, as digits and as a picture."""
    asked = perform(lambda work: ask_holder(work, class_id))
    with the_door().read() as session:
        found = get_my_class(session, class_id, INSTITUTION_COUNTER)
    return render_template(
        "institution/challenge.html", found=found, asked=asked, picture=draw_code(asked.digits)
    )
