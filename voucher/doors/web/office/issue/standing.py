"""享受资格查询: the office asks before any training whether a person may still have a subsidy."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import perform
from voucher.doors.web import fields
from voucher.doors.web.acting import refuse
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import read_people
from voucher.registry.trades import find_trade, list_trades
from voucher.rules.errors import Refused
from voucher.rules.levels import Level, name_level
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.issue.asking import ask_for
from voucher.stages.issue.queries import Answer, get_about

LEVELS = [(int(each), name_level(each)) for each in Level]
Asked = tuple[str, str, Answer]


@office.get("/office/standing")
def standing() -> ResponseReturnValue:
    """Ask whom and what it is about."""
    return _page()


@office.post("/office/standing")
def ask_standing() -> ResponseReturnValue:
    """Answer; the number travels in the body and stands in no address."""

    def call(work: Work) -> Asked:
        code = find_trade(work.session, fields.text("trade", "职业（项目）", limit=80), work.today)
        typed = fields.text("level", "等级", required=False, limit=2)
        level = fields.whole("level", "等级") if typed else None
        about = get_about(work.session, code, level, fields.text("region", "地区", limit=12))
        person_id, answer = ask_for(work, fields.text("number", "证件号码", limit=30), about)
        named = read_people(work.session, work.keyring, [person_id])[person_id]
        return mask_name(named.name), mask_identity(named.number) if named.number else "", answer

    try:
        return _page(perform(call))
    except Refused as refused:
        return refuse(refused.refusal, _page)


def _page(asked: Asked | None = None) -> str:
    with the_door().read() as session:
        return render_template(
            "office/standing.html",
            asked=asked,
            levels=LEVELS,
            regions=reach.list_region_choices(session),
            trades=list_trades(session, the_door().today),
        )
