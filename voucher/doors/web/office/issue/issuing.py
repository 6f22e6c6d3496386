"""Issuing at once: a roster pasted or uploaded, tried out without a trace, then issued."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.errors import status_of
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.issue.typed_people import read_people
from voucher.doors.web.office.settle.steps import Touched
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, Refused, reason
from voucher.stages.issue import queries
from voucher.stages.issue.issuing import issue_at_once
from voucher.stages.issue.models import Programme

PROGRAMMES_SHOWN = 200

TRIED_CHANGED = reason(
    "tried_changed",
    "试算之后情况有变，没有发放：试算可发 {tried} 人，现在可发 {present} 人",
    "请重新试算，核对人数和金额后再发券",
    "【设】试算的人数与金额即发放的人数与金额",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Trial:
    """What would come of a roster today: how many get a voucher, wait, or get none and why, and the money."""

    programme_name: str
    issued: int
    waiting: int
    refused: list[queries.LineView]
    reserves_fen: int


@office.get("/office/issues/new")
def new_issue() -> ResponseReturnValue:
    """Ask for whom vouchers are to be issued."""
    return _ask()


@office.post("/office/issues/trials")
def try_issue() -> ResponseReturnValue:
    """Show what would come of a roster; nothing of it stays."""

    def call(work: Work) -> Trial:
        programme_id = fields.whole("programme", "券种")
        done = issue_at_once(work, programme_id, read_people(work))
        return Trial(
            programme_name=work.session.get_one(Programme, programme_id).name,
            issued=done.issued,
            waiting=done.waiting,
            refused=queries.list_issue_lines(work.session, work.keyring, done.issue_id, outcome="refused"),
            reserves_fen=queries.sum_reserved(work.session, done.issue_id),
        )

    try:
        return _ask(perform(call, keep=False))
    except Refused as refused:
        g.refusal = refused.refusal
        return make_response(_ask(), status_of(refused.refusal))


@office.post("/office/issues")
def issue_now() -> ResponseReturnValue:
    """Issue vouchers to a roster."""

    def call(work: Work) -> Done:
        programme_id = fields.whole("programme", "券种")
        if request.form.get("checked") != "1":
            raise FIELD_UNREADABLE.refused(
                field="checked", label="名册已经核对", problem="没有勾选，请先试算、核对名册"
            )
        tried = Touched(fields.whole("count", "试算的张数"), fields.whole("amount_fen", "试算的金额"))
        done = issue_at_once(work, programme_id, read_people(work))
        present = Touched(done.issued, queries.sum_reserved(work.session, done.issue_id))
        if present != tried:
            raise TRIED_CHANGED.refused(tried=tried.count, present=present.count)
        words = f"已发放 {done.issued:,} 张，候补 {done.waiting:,} 人，不予发放 {done.refused:,} 人"
        return Done(words, url_for("web.office.issue", issue_id=done.issue_id))

    return submit(call, _ask)


def _ask(trial: Trial | None = None) -> str:
    with the_door().read() as session:
        found = queries.list_programmes(
            session, current_actor().regions, state="published", limit=PROGRAMMES_SHOWN
        )
        chosen = request.form.get("programme") or fields.cursor("programme")
        return render_template(
            "office/new_issue.html",
            programmes=[(each.id, f"{each.name}（{each.number}）") for each in found],
            chosen=chosen,
            trial=trial,
        )
