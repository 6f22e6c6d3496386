"""我还能享受吗: before choosing a class, whether a trade and level may still be had, and why."""

from __future__ import annotations

from flask import g, render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.errors import status_of
from voucher.doors.web import fields
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.registry.people import get_person
from voucher.registry.trades import find_trade, list_trades
from voucher.registry.users import PROVINCE
from voucher.rules.errors import Refused
from voucher.rules.levels import Level, name_level
from voucher.stages.issue import queries as issuing

LEVELS = [(int(each), name_level(each)) for each in Level]


@worker.get("/my/standing")
def standing() -> ResponseReturnValue:
    """Answer for the person behind the session; asked about nothing, show the question alone."""
    door, person_id = the_door(), my_person_id()
    trade, level = fields.asked("trade"), fields.asked("level", {str(each) for each, _ in LEVELS})
    answer, status = None, 200
    with door.read() as session:
        if trade is not None:
            region = get_person(session, person_id).region_code or PROVINCE
            try:
                code = find_trade(session, trade, door.today)
                about = issuing.get_about(session, code, int(level) if level else None, region)
                answer = issuing.may_still_claim(session, door.keyring, person_id, about, door.today)
            except Refused as refused:
                g.refusal, status = refused.refusal, status_of(refused.refusal)
        page = render_template(
            "worker/standing.html",
            answer=answer,
            trade=trade or "",
            level=level or "",
            levels=LEVELS,
            trades=list_trades(session, door.today),
        )
    return page, status
