"""退回资金通知书, printed by whoever sees the clawback."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.clawback_letter import answer_case_letter, answer_letter
from voucher.doors.web.finance.blueprint import finance
from voucher.stages.settle.queries.cases import read_case_letter
from voucher.stages.settle.queries.letters import read_letter


@finance.get("/clawbacks/<int:clawback_id>/letter")
def clawback_letter(clawback_id: int) -> ResponseReturnValue:
    """Print the letter of a clawback of this account's regions."""
    with the_door().read() as session:
        letter = read_letter(session, clawback_id, current_actor().regions)
    return answer_letter(letter)


@finance.get("/clawback-cases/<int:case_id>/letter")
def clawback_case_letter(case_id: int) -> ResponseReturnValue:
    """Print the one letter of a class of this account's regions."""
    with the_door().read() as session:
        letter = read_case_letter(session, case_id, current_actor().regions)
    return answer_case_letter(letter)
