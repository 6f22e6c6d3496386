"""What waits: the queue for money (候补) per budget, and what has been asked to be put back."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher
from voucher.registry.card_numbers import open_numbers
from voucher.rules.card_numbers import mask_number
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.higher import list_open_higher
from voucher.stages.issue import queries
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries.reinstatements import list_asked_reinstatements

PER_PAGE = 50
PUT_BACK = (Thing.VOUCHER, Thing.CERTIFICATE, Thing.CLAIM, Thing.HOLD)


@office.get("/office/waiting")
def waiting() -> ResponseReturnValue:
    """Show the queue of one budget, and which budgets have one."""
    door, asked, after = the_door(), fields.cursor("budget"), fields.cursor()
    with door.read() as session:
        queues = queries.list_queues(session, current_actor().regions)
        chosen = next((each for each in queues if each[0].id == asked), queues[0] if queues else None)
        rows = (
            queries.list_waiting(session, door.keyring, chosen[0].id, after_id=after, limit=PER_PAGE)
            if chosen is not None
            else []
        )
        return render_template(
            "office/waiting.html",
            queues=queues,
            chosen=chosen,
            rows=rows,
            region_names=reach.name_regions(session, {each[0].region_code for each in queues}),
            after=after,
            per_page=PER_PAGE,
        )


@office.get("/office/reinstatements")
def reinstatements() -> ResponseReturnValue:
    """Show what one officer has asked to put back, or proposed of a certificate, and another decides."""
    door = the_door()
    with door.read() as session:
        rows = list_asked_reinstatements(session, current_actor().regions)
        higher = list_open_higher(session, current_actor().regions)
        ids = {thing: [each.object_id for each in rows if each.thing == thing] for thing in PUT_BACK}
        named = [*ids[Thing.VOUCHER], *(each.voucher_id for each in higher)]
        vouchers = session.scalars(select(Voucher).where(Voucher.id.in_(named)))
        stops = dict(
            session.execute(select(Hold.id, Hold.object_id).where(Hold.id.in_(ids[Thing.HOLD]))).all()
        )
        released = session.scalars(select(Claim).where(Claim.id.in_([*ids[Thing.CLAIM], *stops.values()])))
        proofs = session.scalars(select(Certificate).where(Certificate.id.in_(ids[Thing.CERTIFICATE]))).all()
        whole = open_numbers(session, door.keyring, [(each.person_id, each.number) for each in proofs])
        return render_template(
            "office/reinstatements.html",
            rows=rows,
            higher=higher,
            numbers={each.id: each.number for each in vouchers},
            certificates={each.id: mask_number(whole[each.person_id, each.number]) for each in proofs},
            stops=stops,
            claims={each.id: each.number for each in released},
            people=name_people(
                session,
                [
                    *(each.asked_by_person_id for each in rows),
                    *(each.proposed_by_person_id for each in higher),
                ],
            ),
        )
