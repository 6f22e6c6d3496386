"""The holder's own voucher on paper."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web.paper import answer_paper
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id


@worker.get("/my/vouchers/<int:voucher_id>/paper")
def paper(voucher_id: int) -> ResponseReturnValue:
    """Print one's own voucher."""
    with the_door().read() as session:
        return answer_paper(session, my_person_id(), voucher_id)
