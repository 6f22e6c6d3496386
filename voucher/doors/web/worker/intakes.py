"""名册上有我: the classes whose intake names this person, and one tap to say "not me"."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.plumbing.unit_of_work import Work
from voucher.stages.train import disowning
from voucher.stages.train.queries.intake_denials import list_own_entries

PER_PAGE = 10


@worker.get("/my/intakes")
def intakes() -> ResponseReturnValue:
    """Show every class that names this person, and what was said of it."""
    return _show()


@worker.post("/my/intakes/<int:entry_id>/denials")
def disown_entry(entry_id: int) -> ResponseReturnValue:
    """Say that one never asked for this class."""

    def call(work: Work) -> Done:
        opened = disowning.disown(work, entry_id)
        words = f"已登记 {opened.number}：名册上的您先停住，谁也不能用它报名，{disowning.tell_day(opened)}"
        return Done(words, url_for("web.worker.intakes"))

    return submit(call, _show)


@worker.post("/my/intake-denials/<int:denial_id>/withdrawals")
def take_back_intake_denial(denial_id: int) -> ResponseReturnValue:
    """Say that it was a mistake."""

    def call(work: Work) -> Done:
        disowning.take_back(work, denial_id)
        return Done("已恢复：您还在这个班的名册上，可以用券报名", url_for("web.worker.intakes"))

    return submit(call, _show)


def _show() -> str:
    door, before = the_door(), fields.cursor("before")
    with door.read() as session:
        rows = list_own_entries(
            session, door.keyring, my_person_id(), before_id=before or None, limit=PER_PAGE + 1
        )
    return render_template(
        "worker/intakes.html",
        rows=rows[:PER_PAGE],
        more=len(rows) > PER_PAGE,
        before=before,
        tell_day=disowning.tell_day,
    )
