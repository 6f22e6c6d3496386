"""What a door does when staff open one voucher, person, claim or batch: the opening is written down."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, after_this_request

from voucher.doors.auth.door import the_door
from voucher.doors.auth.traces import leave_trace
from voucher.doors.auth.visitors import current_actor, perform
from voucher.stages.oversee.openings import note_opening, was_opened


def note_opened(thing: str, object_id: int, holder_person_id: int | None, region_code: str) -> None:
    """Write down that staff of a region open a page, the first time that day; of nobody else.

    Holders and institutions look at what is their own; what counters ask is kept as scans. Written once the
    page is made and its reading is over: nobody holds two connections at a time.
    """
    if region_code not in current_actor().regions:
        return

    def write() -> None:
        door, actor = the_door(), current_actor()
        with door.read() as session:
            known = was_opened(session, actor, thing, object_id, door.today)
        if not known:
            perform(lambda work: note_opening(work, thing, object_id, holder_person_id))

    @after_this_request
    def write_once_made(response: Response) -> Response:
        if response.status_code == HTTPStatus.OK:
            leave_trace("opening", write)
        return response
