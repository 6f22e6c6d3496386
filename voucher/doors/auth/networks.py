"""What a door does where a counter redeems or an exam lets somebody in: its network is kept, as a digest."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, after_this_request, current_app

from voucher.doors.auth.browsers import seen_from
from voucher.doors.auth.door import the_door
from voucher.doors.auth.traces import leave_trace
from voucher.doors.auth.visitors import perform
from voucher.ledger.origins import network_of
from voucher.stages.oversee.networks import keep_network

KNOWN = "voucher_networks"


def note_network(institution_id: int, candidate_id: int | None = None) -> None:
    """Keep the network of this request once it has done what it asks: of a counter once a day.

    Who has written it today is remembered by this program, so that a busy counter costs nothing more. A
    system's server is nobody's counter.
    """

    address = seen_from().address
    if not address:
        return

    @after_this_request
    def write(response: Response) -> Response:
        network = network_of(address)
        if response.status_code < HTTPStatus.BAD_REQUEST and network is not None:
            today = the_door().today
            day, known = current_app.extensions.get(KNOWN, (None, set()))
            if day != today:
                day, known = current_app.extensions[KNOWN] = today, set()
            seen = (institution_id, candidate_id, network)
            if seen not in known and leave_trace(
                "network", lambda: perform(lambda work: keep_network(work, *seen))
            ):
                known.add(seen)
        return response
