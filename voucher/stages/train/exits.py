"""What an institution's own exit does to the vouchers in its classes: they are held until the office decides.

Source: 豫办〔2021〕29号 第4项（退出机制）; LIFECYCLE 待处置.
"""

from __future__ import annotations

from dataclasses import dataclass

from voucher.ledger import states
from voucher.ledger.exit_holds import hold_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry import sanctions
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role, check_role
from voucher.rules.lifecycle import EVENT_NAMES, Thing
from voucher.stages.train.queries.exits import select_in_classes_of
from voucher.stages.train.reading import check_why


@dataclass(frozen=True, slots=True)
class Left:
    """Where an institution stands after it left, and how many vouchers that stopped."""

    state: str
    vouchers_held: int


def leave_list(work: Work, institution_id: int, why: str) -> Left:
    """Have an institution give up its place on the list by itself; the vouchers in its classes are held.

    By one of its administrators; coming back takes a new filing. Raises Refused institution_absent,
    role_missing, training_why_missing, event_not_allowed.
    """
    check_role(work.actor, Role.INSTITUTION_ADMIN)
    check_why(why)
    found = sanctions.find_locked(work, institution_id)
    if found is None or not work.actor.serves(institution_id, Role.INSTITUTION_ADMIN):
        raise sanctions.INSTITUTION_ABSENT.refused()
    states.move(work, Institution, [found], "leave", reason=why)
    named = EVENT_NAMES[Thing.INSTITUTION]["leave"]
    held = hold_vouchers(
        work, institution_id, select_in_classes_of(institution_id), f"{found.name} {named}（{why}）"
    )
    return Left(found.state, held)
