"""What a confirmed step really does: the institution moves, its vouchers are held or go on.

Claims are not held one by one: no stopped institution is paid (`payees_stopped`), and a scan there is refused
(`institution_suspended`).
"""

from __future__ import annotations

from dataclasses import dataclass

from voucher.ledger.exit_holds import hold_vouchers, release_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry import sanctions
from voucher.rules.measures import STEP_NAMES, STOPPING, Step
from voucher.stages.train.queries.exits import select_in_classes_of


@dataclass(frozen=True, slots=True)
class Imposed:
    """Where an institution stands after a step, and how many vouchers that keeps stopped or let go on."""

    state: str
    vouchers_held: int = 0
    vouchers_released: int = 0


def impose(work: Work, institution_id: int, event: str, why: str) -> Imposed:
    """Take one step; what stops an institution holds the vouchers in its classes, the way back frees them.

    A referral moves nothing here. Raises Refused institution_absent, role_missing, event_not_allowed.
    """
    step = Step(event)
    if step is Step.REFER:
        return Imposed(sanctions.lock_institution(work, institution_id, event).state)
    institution = sanctions.sanction(work, institution_id, event, why)
    chosen = select_in_classes_of(institution_id)
    if step in STOPPING:
        said = f"{institution.name}：{STEP_NAMES[step]}（{why}）"
        return Imposed(institution.state, hold_vouchers(work, institution_id, chosen, said))
    if step is Step.RESTORE and institution.state == "listed":
        released = release_vouchers(work, institution_id, chosen, why)
        return Imposed(institution.state, vouchers_released=released)
    return Imposed(institution.state)
