"""退回资金通知书 to one's own institution, as the office prints it."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import PAYEE_STAFF
from voucher.doors.web.clawback_letter import answer_case_letter, answer_letter
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import my_houses
from voucher.stages.settle.queries.cases import read_case_letter
from voucher.stages.settle.queries.letters import read_letter


@institution.get("/institution/clawbacks/<int:clawback_id>/letter")
def clawback_letter(clawback_id: int) -> ResponseReturnValue:
    """Print the letter of a clawback against this institution."""
    houses = tuple(my_houses(PAYEE_STAFF))
    with the_door().read() as session:
        letter = read_letter(session, clawback_id, (), houses)
    return answer_letter(letter)


@institution.get("/institution/clawback-cases/<int:case_id>/letter")
def clawback_case_letter(case_id: int) -> ResponseReturnValue:
    """Print the one letter of a class against this institution."""
    houses = tuple(my_houses(PAYEE_STAFF))
    with the_door().read() as session:
        letter = read_case_letter(session, case_id, (), houses)
    return answer_case_letter(letter)
