"""部门核验: which systems answer, what nobody answered yet and is verified by hand, and every call."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.registry.outside.systems import list_systems
from voucher.registry.outside.verifying import list_calls, list_open_questions, verify_by_hand
from voucher.rules.outside import FACT_NAMES

PER_PAGE = 50
CALLS_SHOWN = 30


@office.get("/office/outside")
def outside() -> ResponseReturnValue:
    """Show what waits to be verified by hand, the systems, and the newest calls."""
    return _page()


@office.post("/office/outside/<int:question_id>/verification")
def verify_outside(question_id: int) -> ResponseReturnValue:
    """Record what an officer has verified."""

    def call(work: Work) -> Done:
        held = request.form.get("held")
        if held not in ("yes", "no"):
            raise FIELD_UNREADABLE.refused(field="held", label="核实结果", problem="没有选择")
        typed = fields.text("amount", "累计月数", required=False, limit=4)
        amount = fields.whole("amount", "累计月数") if typed else None
        evidence = fields.text("evidence", "依据")
        verify_by_hand(work, question_id, held=held == "yes", amount=amount, evidence=evidence)
        return Done("已记录核实结果", url_for("web.office.outside"))

    return submit(call, _page)


def _page() -> str:
    door, after = the_door(), fields.cursor()
    with door.read() as session:
        systems = list_systems(session, door.today)
        rows = list_open_questions(
            session, door.keyring, current_actor().regions, after_id=after, limit=PER_PAGE
        )
        calls = list_calls(session, door.keyring, current_actor().regions, limit=CALLS_SHOWN)
        return render_template(
            "office/outside.html",
            rows=rows,
            calls=calls,
            systems=[(name, systems.get(kind)) for kind, name in FACT_NAMES.items()],
            after=after,
            per_page=PER_PAGE,
        )
