"""One voucher's whole chain and one person's vouchers, each on one page; by number from the search."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.opened import note_opened
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.acting import refuse
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.doors.web.timelines import DECISION_NAMES, SYSTEM_NAME, Happening
from voucher.ledger.vouchers import VOUCHER_MISSING
from voucher.rules.lifecycle import EVENT_NAMES, Thing
from voucher.stages.issue import queries as issuing
from voucher.stages.oversee.chain import trace_voucher, view_person
from voucher.stages.oversee.handover.proofs import find_proved
from voucher.stages.oversee.looking import Unmasked
from voucher.stages.oversee.openings import PERSON


@supervisor.get("/supervisor/trace")
def trace() -> ResponseReturnValue:
    """Ask for the number of a voucher, or go to the voucher that has it."""
    number = request.args.get("number", "").strip()[:40]
    if number:
        with the_door().read() as session:
            found = issuing.find_voucher(session, number)
        if found is not None and found.region_code in current_actor().regions:
            return redirect(url_for("web.supervisor.voucher", voucher_id=found.id))
        return refuse(VOUCHER_MISSING.refusal(), lambda: _ask(number))
    return _ask("")


def _ask(number: str) -> str:
    return render_template("supervisor/trace.html", number=number)


@supervisor.get("/supervisor/vouchers/<int:voucher_id>")
def voucher(voucher_id: int) -> ResponseReturnValue:
    """Show the whole chain of one voucher."""
    door = the_door()
    with door.read() as session:
        chain = trace_voucher(session, door.keyring, voucher_id, current_actor().regions)
        found = chain.voucher
        note_opened(str(Thing.VOUCHER), found.id, found.holder_person_id, found.region_code)
        names = EVENT_NAMES[Thing.VOUCHER]
        return render_template(
            "supervisor/voucher.html",
            chain=chain,
            proved=find_proved(session, [sent.payment_id for each in chain.claims for sent in each.payments]),
            row=chain.row,
            decisions=DECISION_NAMES,
            system=SYSTEM_NAME,
            happenings=[
                Happening(
                    names[each.event],
                    chain.names.get(each.actor_person_id, SYSTEM_NAME),
                    each.at,
                    each.reason,
                )
                for each in chain.events
            ],
        )


@supervisor.get("/supervisor/people/<int:person_id>")
def person(person_id: int) -> ResponseReturnValue:
    """Show one person's vouchers and certificates: trainings and certificates are two numbers."""
    for region in sorted(current_actor().regions)[:1]:
        note_opened(PERSON, person_id, person_id, region)
    return show_person(person_id)


def show_person(person_id: int, shown: Unmasked | None = None) -> str:
    """Return one person's page, with the name and number where a reason was just written for them."""
    door = the_door()
    with door.read() as session:
        found = view_person(session, door.keyring, person_id, current_actor().regions)
        return render_template("supervisor/person.html", found=found, shown=shown)
