"""Out of a class: leaving before it begins, and dropping out of the training for good (退训)."""

from __future__ import annotations

from collections.abc import Sequence

from voucher.ledger import commitments
from voucher.ledger.credentials.issuing import end_vouchers_credentials
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, advance, get_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.reading import (
    DESK,
    SOURCE,
    begins_at,
    check_why,
    end_enrolments,
    find_enrolment,
    format_moment,
    load_class,
    serves_class,
)

LEAVE_TOO_LATE = reason(
    "leave_too_late",
    "班级已于 {began} 开课，不能再退出",
    "已核销的请办理退训；未核销的不必办理，券到核销截止日自动失效",
    SOURCE,
    Family.CONFLICT,
)


def leave(work: Work, voucher_id: int, why: str) -> Voucher:
    """Take a voucher out of its class before the first session begins; it can be enrolled again.

    By its holder or by staff of the class, who give a reason. Raises Refused role_missing, voucher_missing,
    training_why_missing, event_not_allowed, leave_too_late.
    """
    voucher, enrolment = _take_up(work, voucher_id, why, "leave")
    began = begins_at(work.session, enrolment.class_id)
    if began <= work.at:
        raise LEAVE_TOO_LATE.refused(began=format_moment(began))
    send_back(work, [voucher], why.strip() or None)
    return voucher


def drop(work: Work, voucher_id: int, why: str) -> Voucher:
    """End the training of a voucher for good: its keys are freed and its money released.

    By its holder or by staff of the class, always with a reason. Raises Refused role_missing,
    voucher_missing, training_why_missing, event_not_allowed.
    """
    check_why(why)
    voucher, _ = _take_up(work, voucher_id, why, "drop")
    commitments.end_vouchers(work, [voucher], "drop", why)
    end_enrolments(work, [voucher.id], "drop")
    return voucher


def send_back(work: Work, vouchers: Sequence[Voucher], why: str | None) -> None:
    """Take locked enrolled vouchers out of their class: keys freed, the money stays kept for them.

    A 通用 voucher has no value again until it is enrolled anew.
    """
    ids = [each.id for each in vouchers]
    commitments.free(work, ids)
    for each in vouchers:
        each.certify_by = None
        if each.channel == "open":
            each.face_value_fen = None
            each.priced_on = None
    end_enrolments(work, ids, "leave")
    advance(work, vouchers, "leave", reason=why)
    end_vouchers_credentials(work, ids, "leave")


def _take_up(work: Work, voucher_id: int, why: str, event: str) -> tuple[Voucher, Enrolment]:
    """Return the locked voucher and its place, for its holder or staff of the class, and nobody else."""
    check_role(work.actor, Role.WORKER, *DESK)
    voucher = get_voucher(work, voucher_id, money=event == "drop")
    enrolment = find_enrolment(work.session, voucher_id)
    if not (work.actor.has(Role.WORKER) and voucher.holder_person_id == work.actor.person_id):
        if enrolment is None:
            raise VOUCHER_MISSING.refused()
        if not serves_class(work.actor, load_class(work.session, enrolment.class_id), *DESK):
            raise VOUCHER_MISSING.refused()
        check_why(why)
    check_event(Thing.VOUCHER, voucher.state, event)
    if enrolment is None:
        raise VOUCHER_MISSING.refused()
    return voucher, enrolment
