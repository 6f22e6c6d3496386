"""Standings (享受资格): may this still be had? Asked by the worker for oneself, by the office for anybody."""

from __future__ import annotations

from typing import Any

from voucher.doors.api.room import Room
from voucher.doors.schemas.issue.standings import NewStanding, StandingAnswer
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.stages.issue.asking import ask_for
from voucher.stages.issue.queries import Answer, get_about, may_still_claim

standings = Room("standings", __name__, url_prefix="/api/v1", description="享受资格")


@standings.ask(
    "/standings",
    body=NewStanding,
    answer=StandingAnswer,
    example={"number": None, "trade_code": "4-10-01-05", "level": 2, "region_code": "419001"},
)
def ask_standing(work: Work, given: dict[str, Any]) -> Answer:
    """培训之前查清还能不能享受：本人条件、首次申领、年度次数、等级先后，全省各项资金一并核对。"""
    about = get_about(work.session, given["trade_code"], given["level"], given["region_code"])
    if given["number"] is None and work.actor.has(Role.WORKER):
        return may_still_claim(work.session, work.keyring, work.actor.person_id, about, work.today)
    return ask_for(work, given["number"] or "", about)[1]
