"""What the house forgets by the clock: answers kept for a lost first one, looks at codes, old tries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from voucher.ledger import audit
from voucher.ledger.credentials.seen import forget_looks
from voucher.plumbing.idempotency import forget_answers
from voucher.plumbing.unit_of_work import Work
from voucher.registry.systems.webhook_reading import forget_attempts
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role

ANSWER_DAYS, LOOK_DAYS = "answer_kept_days", "look_kept_days"
ATTEMPT_DAYS = "webhook_attempt_kept_days"
MOST_AT_ONCE = 5_000


def forget_old_answers(work: Work) -> int:
    """Forget answers older than any client tries again, and return how many; the acts themselves stay.

    Raises Refused role_missing, parameter_missing.
    """
    return _forget(work, "idempotency_key", ANSWER_DAYS, forget_answers)


def forget_old_looks(work: Work) -> int:
    """Forget looks at codes that have long counted for nothing, and return how many; uses of codes stay.

    Raises Refused role_missing, parameter_missing.
    """
    return _forget(work, "presentation_look", LOOK_DAYS, forget_looks)


def forget_old_attempts(work: Work) -> int:
    """Forget how each telling to an institution's system was tried long ago; what was told stays.

    Raises Refused role_missing, parameter_missing.
    """
    return _forget(work, "webhook_attempt", ATTEMPT_DAYS, forget_attempts)


def _forget(work: Work, thing: str, parameter: str, forget: Callable[[Work, datetime, int], int]) -> int:
    check_role(work.actor, Role.CLOCK)
    days = require_parameter_number(work.session, parameter, work.today, ())
    count = forget(work, work.at - timedelta(days=days), MOST_AT_ONCE)
    if count:
        audit.record_one(work, thing, 0, "forget", count=count)
    return count
