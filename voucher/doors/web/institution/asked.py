"""What offices and supervisors ask institutions to explain: listed a page at a time, answered once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import PAYEE_STAFF
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.own import my_houses
from voucher.plumbing.unit_of_work import Work

PAGE = 20


def show_asked(template: str, find: Callable[..., Any], **more: Any) -> str:
    """Return the page of what this institution was asked, the newest first; `find` is the query."""
    before = fields.cursor("before")
    with the_door().read() as session:
        rows = find(session, my_houses(PAYEE_STAFF), before_id=before or None, limit=PAGE)
        return render_template(template, rows=rows, before=before, page=PAGE, today=the_door().today, **more)


def take_answer(
    answer: Callable[[Work, int, str], object], asked_id: int, whose: str, to: str, again: Callable[[], str]
) -> ResponseReturnValue:
    """Take an answer down, once; `whose` conclusion follows it is said back."""

    def call(work: Work) -> Done:
        answer(work, asked_id, fields.text("words", "说明", limit=1000))
        return Done(f"已提交说明，等{whose}下结论", url_for(to))

    return submit(call, again)
