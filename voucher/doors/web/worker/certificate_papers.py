"""The PDF of one's own certificate."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web.certificate_paper import answer_certificate
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.stages.certify.queries.certificate_papers import show_certificate_paper


@worker.get("/my/certificates/<int:certificate_id>/certificate")
def certificate_paper(certificate_id: int) -> ResponseReturnValue:
    """Answer one's own certificate as a PDF; none of one that is not valid."""
    door = the_door()
    with door.read() as session:
        paper = show_certificate_paper(session, door.keyring, certificate_id, person_id=my_person_id())
    return answer_certificate(paper)
