"""The counter of a class: what may be held to its scanner, and the question it puts to a phone."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from voucher.ledger.credentials.challenges import AskedChallenge, ask_phone
from voucher.ledger.credentials.presented import Counter
from voucher.plumbing.unit_of_work import Work
from voucher.registry.counter_devices import ASKED_SOMEWHERE, CounterDevice, hash_secret, judge_device
from voucher.registry.phones import read_showing_limits, select_showing, showing_limits_of
from voucher.rules.actor import check_role
from voucher.rules.presenting import ShowingLimits
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.reading import CLASS_MISSING, COUNTER, get_served_class, serves_class


def stand_at(work: Work, found: TrainingClass, operation: str) -> Counter:
    """Return the counter the actor stands at, for one operation. Raises Refused parameter_missing."""
    return counter_of(work, found, operation, read_showing_limits(work.session, work.today))


def counter_of(work: Work, found: TrainingClass, operation: str, limits: ShowingLimits) -> Counter:
    """Return the counter of a class at which the actor stands, given the limits of the day."""
    return Counter(
        institution_id=house_of(work, found),
        houses=frozenset({found.institution_id, found.delivering_institution_id}),
        operation=operation,
        limits=limits,
    )


_AT_COUNTER = (
    select(TrainingClass, CounterDevice, ASKED_SOMEWHERE, *select_showing())
    .outerjoin(CounterDevice, CounterDevice.secret_hash == bindparam("secret_hash"))
    .where(TrainingClass.id == bindparam("class_id"))
    .execution_options(populate_existing=True)
)


def come_to_counter(
    work: Work, class_id: int, operation: str, scanner: str | None = None
) -> tuple[TrainingClass, Counter]:
    """Return a class of the actor's institution and the counter they stand at there, read at once.

    `scanner` is the secret of the device in use, empty where it has none; None where the door has asked.
    Raises Refused role_missing, class_missing (also for a foreign one), counter_device_struck,
    counter_device_unapproved, parameter_missing.
    """
    check_role(work.actor, *COUNTER)
    hashed = hash_secret(scanner) if scanner else None
    asked = {"class_id": class_id, "on": work.today, "secret_hash": hashed}
    row = work.session.execute(_AT_COUNTER, asked).first()
    if row is None or not serves_class(work.actor, row[0], *COUNTER):
        raise CLASS_MISSING.refused()
    found, device, asked_somewhere, *limits = row
    if scanner is not None:
        judge_device(work, counters_of(work), device, asked_somewhere=asked_somewhere)
    return found, counter_of(work, found, operation, showing_limits_of(limits, work.today))


def counters_of(work: Work) -> list[int]:
    """Return the institutions at whose counters the actor stands."""
    return [
        each.institution_id
        for each in work.actor.grants
        if each.institution_id is not None and each.role in COUNTER
    ]


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
