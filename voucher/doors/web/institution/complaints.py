"""投诉说明: what the office asks this institution about a complaint, never who complained; answered once."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from voucher.doors.web.institution.asked import show_asked, take_answer
from voucher.doors.web.institution.blueprint import institution
from voucher.rules.complaints import TOPIC_NAMES
from voucher.stages.oversee.complaints.handling import answer
from voucher.stages.oversee.complaints.queries import list_asked


@institution.get("/institution/complaints")
def complaints() -> ResponseReturnValue:
    """Show what this institution was asked about."""
    return _page()


@institution.post("/institution/complaints/<int:complaint_id>/answers")
def answer_complaint(complaint_id: int) -> ResponseReturnValue:
    """Answer, once."""
    return take_answer(answer, complaint_id, "人社部门", "web.institution.complaints", _page)


def _page() -> str:
    return show_asked(
        "institution/complaints.html",
        list_asked,
        topics={str(each): name for each, name in TOPIC_NAMES.items()},
    )
