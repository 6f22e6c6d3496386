"""评价班级: how the class was, once it is signed off."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done
from voucher.doors.web.completion_paper import answer_completion
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import act_on_own, my_person_id
from voucher.doors.web.worker.vouchers import show_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.stages.certify.queries.papers import show_completion_paper
from voucher.stages.train import rating


@worker.post("/my/vouchers/<int:voucher_id>/ratings")
def rate_class(voucher_id: int) -> ResponseReturnValue:
    """Say how the class was."""

    def call(work: Work) -> Done:
        rating.rate(
            work,
            voucher_id,
            fields.whole("stars", "评分"),
            fields.text("said", "想说的话", required=False),
        )
        return Done("谢谢您的评价", url_for("web.worker.voucher", voucher_id=voucher_id))

    return act_on_own(voucher_id, "rate", call, lambda: show_voucher(voucher_id))


@worker.get("/my/certificates/<int:certificate_id>/paper")
def completion_paper(certificate_id: int) -> ResponseReturnValue:
    """Print one's own 培训合格证书."""
    door = the_door()
    with door.read() as session:
        paper = show_completion_paper(session, door.keyring, certificate_id, person_id=my_person_id())
    return answer_completion(paper)
