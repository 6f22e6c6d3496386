"""What the house forgets by the clock: answers kept for a lost first one, looks at codes and pages, tries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from voucher.ledger import audit
from voucher.ledger.credentials.seen import forget_looks
from voucher.ledger.origins import forget_origins
from voucher.plumbing.idempotency import forget_answers
from voucher.plumbing.unit_of_work import Work
from voucher.registry.systems.webhook_reading import forget_attempts
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.stages.oversee.networks import forget_networks
from voucher.stages.oversee.openings import forget_openings

ANSWER_DAYS, LOOK_DAYS = "answer_kept_days", "look_kept_days"
ATTEMPT_DAYS, ORIGIN_DAYS = "webhook_attempt_kept_days", "voucher_origin_kept_days"
OPENING_DAYS, NETWORK_DAYS = "opening_kept_days", "network_kept_days"
# what the database refuses to delete, and a day more: its clock is another
LEAST_DAYS = {OPENING_DAYS: 181, NETWORK_DAYS: 91}
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


def forget_old_traces(work: Work) -> int:
    """Forget who opened which page, from where counters were reached, on what vouchers were used.

    Raises Refused role_missing, parameter_missing.
    """
    origins = _forget(work, "voucher_origin", ORIGIN_DAYS, forget_origins)
    return origins + forget_old_openings(work) + forget_old_networks(work)


def forget_old_openings(work: Work) -> int:
    """Forget who opened which page long ago; looks at what is not masked stay in the trail.

    Raises Refused role_missing, parameter_missing.
    """
    return _forget(work, "page_opening", OPENING_DAYS, forget_openings)


def forget_old_networks(work: Work) -> int:
    """Forget from which networks counters and exam doors were reached long ago.

    Raises Refused role_missing, parameter_missing.
    """
    return _forget(work, "network_seen", NETWORK_DAYS, forget_networks)


def _forget(work: Work, thing: str, parameter: str, forget: Callable[[Work, datetime, int], int]) -> int:
    check_role(work.actor, Role.CLOCK)
    asked = require_parameter_number(work.session, parameter, work.today, ())
    # fewer would be refused, and with it what else is forgotten in the same act
    days = max(asked, LEAST_DAYS.get(parameter, 0))
    count = forget(work, work.at - timedelta(days=days), MOST_AT_ONCE)
    if count:
        audit.record_one(work, thing, 0, "forget", count=count)
    return count
