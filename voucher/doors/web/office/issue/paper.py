"""A voucher on paper, printed at the counter for who has no smartphone."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.paper import answer_paper
from voucher.stages.train.sight import see_voucher


@office.get("/office/vouchers/<int:voucher_id>/paper")
def paper(voucher_id: int) -> ResponseReturnValue:
    """Print the voucher of somebody who stands at the counter."""
    with the_door().read() as session:
        found = see_voucher(session, current_actor(), voucher_id)
        return answer_paper(session, found.holder_person_id, voucher_id)
