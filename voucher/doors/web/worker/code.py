"""The code on a full screen: shown for a minute, renewed by itself, green as soon as it has been scanned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import jsonify, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import let_programs_run
from voucher.doors.auth.visitors import perform
from voucher.doors.web.acting import refuse
from voucher.doors.web.pictures import draw_code
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id, show
from voucher.ledger.vouchers import VOUCHER_MISSING
from voucher.registry.institutions import Institution
from voucher.registry.people import read_people
from voucher.rules.errors import Refused
from voucher.rules.privacy import mask_name
from voucher.stages.issue import holding
from voucher.stages.issue import queries as issuing
from voucher.stages.issue.attempts import record_foreign_attempt
from voucher.stages.train import queries as training

# version 1 holds 22 digits too, and reads worse on small screens
CODE_VERSION = 2


@dataclass(frozen=True, slots=True)
class Picture:
    """What the page needs of a code: its picture, its digits, until when."""

    markup: Markup
    digits: str
    until: datetime


@worker.get("/my/vouchers/<int:voucher_id>/code")
def code(voucher_id: int) -> ResponseReturnValue:
    """Show the page on which a phone with a key of its own shows its code; a T code is a button away."""
    return _before(voucher_id)


def _before(voucher_id: int) -> str:
    door, person_id = the_door(), my_person_id()
    let_programs_run()
    with door.read() as session:
        card = issuing.show_card(session, person_id, voucher_id)
        named = read_people(session, door.keyring, [person_id])[person_id]
    return render_template("worker/before_code.html", shown=show(card), holder=mask_name(named.name))


@worker.post("/my/vouchers/<int:voucher_id>/code")
def show_code(voucher_id: int) -> ResponseReturnValue:
    """Show a fresh code; the one before it is good for nothing now."""
    door, person_id = the_door(), my_person_id()
    try:
        shown = perform(lambda work: holding.show(work, voucher_id))
    except Refused as refused:
        if refused.refusal.code == VOUCHER_MISSING.code:
            perform(lambda work: record_foreign_attempt(work, voucher_id, "show"))
            raise
        return refuse(refused.refusal, lambda: _before(voucher_id))
    with door.read() as session:
        card = issuing.show_card(session, person_id, voucher_id)
        named = read_people(session, door.keyring, [person_id])[person_id]
    return render_template(
        "worker/code.html",
        card=card,
        picture=Picture(draw_code(shown.digits, CODE_VERSION), shown.digits, shown.expires_at),
        holder=mask_name(named.name),
    )


@worker.get("/my/vouchers/<int:voucher_id>/code/state")
def code_state(voucher_id: int) -> ResponseReturnValue:
    """Answer whether the code has been scanned, for the page that waits for it."""
    with the_door().read() as session:
        card = issuing.show_card(session, my_person_id(), voucher_id)
        redemption = training.redemption_of(session, voucher_id)
        institution = session.get_one(Institution, redemption.institution_id).name if redemption else None
    return jsonify(
        state=card.state,
        redeemed_at=redemption.redeemed_at.isoformat() if redemption else None,
        institution=institution,
    )
