"""反映问题: not me, not received; the voucher stops until the office has looked into it."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import act_on_own, my_person_id, show
from voucher.plumbing.unit_of_work import Work
from voucher.rules.vocabulary import PROBLEM_NAMES, Problem
from voucher.stages.issue import disputing
from voucher.stages.issue import queries as issuing


@worker.get("/my/vouchers/<int:voucher_id>/dispute")
def dispute(voucher_id: int) -> ResponseReturnValue:
    """Ask what is wrong, say what comes of saying it, and show what was said before."""
    return _ask(voucher_id)


@worker.post("/my/vouchers/<int:voucher_id>/disputes")
def file_dispute(voucher_id: int) -> ResponseReturnValue:
    """Stop the voucher for what its holder says."""

    def call(work: Work) -> Done:
        problem = fields.one_of("problem", "什么问题", Problem)
        disputing.dispute(work, voucher_id, problem, fields.text("said", "经过", limit=500))
        return Done(
            "已反映，这张券先停下来，等人社部门核查", url_for("web.worker.dispute", voucher_id=voucher_id)
        )

    return act_on_own(voucher_id, "dispute", call, lambda: _ask(voucher_id))


@worker.post("/my/vouchers/<int:voucher_id>/disputes/withdrawals")
def take_back_dispute(voucher_id: int) -> ResponseReturnValue:
    """Let the voucher go on: its holder was mistaken."""

    def call(work: Work) -> Done:
        disputing.take_back(work, voucher_id)
        return Done("已撤回，这张券继续办理", url_for("web.worker.voucher", voucher_id=voucher_id))

    return act_on_own(voucher_id, "dispute", call, lambda: _ask(voucher_id))


def _ask(voucher_id: int) -> str:
    person_id = my_person_id()
    with the_door().read() as session:
        card = issuing.show_card(session, person_id, voucher_id)
        said = disputing.list_disputes(session, person_id, voucher_id)
        return render_template(
            "worker/dispute.html",
            shown=show(card),
            said=said,
            stands=any(each.closed_at is None for each in said),
            may=card.state in disputing.DISPUTED_STATES,
            problems=[(str(problem), name) for problem, name in PROBLEM_NAMES.items()],
        )
