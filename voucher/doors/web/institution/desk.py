"""The desk of an institution: today's classes, who is to be scanned, what is to be recorded and signed."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import (
    INSTITUTION_COUNTER,
    INSTITUTION_DESK,
    INSTITUTION_ROOM,
    INSTITUTION_STAFF,
    PAYEE_HANDS,
)
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import list_houses, my_houses
from voucher.registry.accounts import count_suggested
from voucher.registry.filing.endings import list_endings
from voucher.registry.listing import STOPPED
from voucher.stages.settle.queries import payees
from voucher.stages.train import queries as training
from voucher.stages.train.queries import house
from voucher.stages.train.queries.exits import list_waiting
from voucher.stages.train.queries.subcontracts import count_asked
from voucher.stages.train.queries.unsigned import view_unsigned

# how far a claim may have gone, in the order of its way
CLAIM_ORDER = ("returned", "objected", "bounced", "submitted", "manual", "queued", "reviewed", "approved")


@institution.get("/institution")
def home() -> ResponseReturnValue:
    """Show what waits at this institution for whoever looks."""
    door, actor = the_door(), current_actor()
    houses = my_houses()
    at_desk, at_counter = actor.has(*INSTITUTION_DESK), actor.has(*INSTITUTION_COUNTER)
    in_room = actor.has(*INSTITUTION_ROOM)
    with door.read() as session:
        under_way = house.list_under_way(session, houses, door.today)
        lessons = training.sessions_on(session, houses, door.today)
        return render_template(
            "institution/home.html",
            houses=list_houses(session, INSTITUTION_STAFF),
            stopped=STOPPED,
            endings=list_endings(session, door.today, institution_ids=houses) if at_desk else [],
            counted=training.desk_counters(session, houses, door.at),
            lessons=lessons,
            taught_stopped=training.list_taught_stopped(session, [held.id for _, held in lessons]),
            counters={each.id: training.counters(session, each.id) for each in under_way},
            under_way=under_way if at_counter else [],
            to_record=house.list_to_record(session, houses, door.at) if in_room else [],
            to_sign_off=view_unsigned(
                session, house.list_to_sign_off(session, my_houses(INSTITUTION_DESK), door.at), door.today
            ),
            # one whose time is over is on its own page: nobody can confirm it any more
            reversals=[
                each
                for each in (house.list_reversals(session, door.keyring, houses) if at_counter else [])
                if each.first_ends_at > door.at
            ],
            returned=house.list_returned(session, houses) if at_desk else [],
            claims=_claims(payees.count_claims(session, my_houses(INSTITUTION_DESK))) if at_desk else [],
            claimable=len(payees.list_claimable(session, door.keyring, my_houses(INSTITUTION_DESK)))
            if at_desk
            else 0,
            asked_to_teach=count_asked(session, my_houses(INSTITUTION_DESK)) if at_desk else 0,
            accounts=count_suggested(session, my_houses(PAYEE_HANDS), actor.person_id) if at_desk else 0,
            leaving=list_waiting(session, my_houses(INSTITUTION_DESK)) if at_desk else [],
            person_id=actor.person_id,
        )


def _claims(standings: list[payees.Standing]) -> list[payees.Standing]:
    places = {state: place for place, state in enumerate(CLAIM_ORDER)}
    return sorted(standings, key=lambda each: places.get(each.state, len(places)))
