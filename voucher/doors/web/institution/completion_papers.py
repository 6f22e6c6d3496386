"""培训合格证书 of one's own classes, as a PDF to be handed over."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.web.completion_paper import answer_completion
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import my_houses
from voucher.stages.certify.queries.papers import show_completion_paper


@institution.get("/institution/certificates/<int:certificate_id>/paper")
def completion_paper(certificate_id: int) -> ResponseReturnValue:
    """Print a certificate this institution issued."""
    door, houses = the_door(), tuple(my_houses(INSTITUTION_DESK))
    with door.read() as session:
        paper = show_completion_paper(session, door.keyring, certificate_id, institution_ids=houses)
    return answer_completion(paper)
