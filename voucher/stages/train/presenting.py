"""The counter of a class: what may be held to its scanner, and the question it puts to a phone."""

from __future__ import annotations

from voucher.ledger.credentials.challenges import AskedChallenge, ask_phone
from voucher.ledger.credentials.presented import Counter
from voucher.plumbing.unit_of_work import Work
from voucher.registry.phones import read_showing_limits
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.reading import COUNTER, get_served_class


def stand_at(work: Work, found: TrainingClass, operation: str) -> Counter:
    """Return the counter the actor stands at, for one operation. Raises Refused parameter_missing."""
    return Counter(
        institution_id=house_of(work, found),
        houses=frozenset({found.institution_id, found.delivering_institution_id}),
        operation=operation,
        limits=read_showing_limits(work.session, work.today),
    )


def house_of(work: Work, found: TrainingClass) -> int:
    """Return which institution of a class the actor works for: the one that answers for it, or teaches it."""
    own = work.actor.serves(found.institution_id, *COUNTER)
    return found.institution_id if own else found.delivering_institution_id


def ask_holder(work: Work, class_id: int) -> AskedChallenge:
    """Return a fresh question of the actor's institution, for a phone whose clock is wrong.

    Raises Refused role_missing, class_missing (also for a foreign one), parameter_missing.
    """
    found = get_served_class(work, class_id, *COUNTER)
    limits = read_showing_limits(work.session, work.today)
    return ask_phone(work, house_of(work, found), limits.asked)
