"""The PDF of a certificate this evaluator issued."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web.certificate_paper import answer_certificate
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluators
from voucher.rules.actor import Role
from voucher.stages.certify.queries.certificate_papers import show_certificate_paper


@evaluator.get("/evaluator/certificates/<int:certificate_id>/paper")
def certificate_paper(certificate_id: int) -> ResponseReturnValue:
    """Answer a certificate this evaluator issued as a PDF; none of one that is not valid."""
    door, mine = the_door(), my_evaluators(Role.EVALUATOR_ADMIN)
    with door.read() as session:
        paper = show_certificate_paper(session, door.keyring, certificate_id, institution_ids=mine)
    return answer_certificate(paper)
