"""线索说明: what a supervisor asks this institution about a risk flag, and its answer, once."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from voucher.doors.web.institution.asked import show_asked, take_answer
from voucher.doors.web.institution.blueprint import institution
from voucher.rules.risk.catalogue import BY_CODE
from voucher.stages.oversee.risk.answering import answer
from voucher.stages.oversee.risk.queries import list_asked


@institution.get("/institution/risks")
def risks() -> ResponseReturnValue:
    """Show what this institution was asked about."""
    return _page()


@institution.post("/institution/risks/<int:flag_id>/answers")
def answer_risk(flag_id: int) -> ResponseReturnValue:
    """Answer, once."""
    return take_answer(answer, flag_id, "监管人员", "web.institution.risks", _page)


def _page() -> str:
    return show_asked("institution/risks.html", list_asked, rules=BY_CODE)
