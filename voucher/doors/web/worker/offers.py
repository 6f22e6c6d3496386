"""领券中心: what may be taken and why not, and taking it."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.browsers import seen_from
from voucher.doors.auth.door import the_door
from voucher.doors.auth.outside import ask_first
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.plumbing.unit_of_work import Work
from voucher.stages.issue import queries as issuing
from voucher.stages.issue.issuing import take_voucher


@worker.get("/my/offers")
def offers() -> ResponseReturnValue:
    """Show the programmes that are open."""
    return _page()


def _page() -> str:
    door, person_id = the_door(), my_person_id()
    with door.read() as session:
        return render_template(
            "worker/offers.html",
            offers=issuing.offers(session, door.keyring, person_id, door.today),
            places=issuing.list_places(session, person_id),
        )


@worker.post("/my/offers/<int:programme_id>")
def take(programme_id: int) -> ResponseReturnValue:
    """Take one voucher; tapped twice it is one voucher."""

    def call(work: Work) -> Done:
        declared = request.form.get("declared") == "1"
        voucher = take_voucher(work, programme_id, declared=declared, seen=seen_from())
        if voucher is None:
            return Done("资金暂时用完，已为您排队；有资金时自动发放", url_for("web.worker.offers"))
        return Done("领取成功，下一步请选择班级", url_for("web.worker.voucher", voucher_id=voucher.id))

    # other systems are asked before the act, which opens its transaction only afterwards
    ask_first(programme_id)
    return submit(call, _page)
