"""The co-signature (会签): the teacher says a session's list is right; then only corrections change it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.train.attend import SESSION_COSIGNED, SOURCE, take_up
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.proofs import CoSignature
from voucher.stages.train.queries.facts import attended_by_session, is_cosigned
from voucher.stages.train.reading import SESSION_MISSING, serves_class
from voucher.stages.train.tallying import tally_taken_up

ASKED = "cosign_needed"

NOBODY_ATTENDED = reason(
    "attendance_list_empty",
    "这次课还没有登记到课，不能会签",
    "请先按签到登记学时，或登记到课",
    SOURCE,
    Family.CONFLICT,
)


def co_sign(work: Work, session_id: int) -> CoSignature:
    """Confirm the list of a session that is over, its marks written down as hours first.

    Raises Refused role_missing, class_session_missing, class_session_not_begun, class_not_in_session,
    signing_not_over, session_cosigned, attendance_list_empty, parameter_missing.
    """
    check_role(work.actor, Role.TEACHER)
    held, found = take_up(work, session_id)
    if not serves_class(work.actor, found, Role.TEACHER):
        raise SESSION_MISSING.refused()
    if is_cosigned(work.session, held.id):
        raise SESSION_COSIGNED.refused()
    tally_taken_up(work, held, found)
    hours = attended_by_session(work.session, held.id)
    if not hours:
        raise NOBODY_ATTENDED.refused()
    signed = CoSignature(
        session_id=held.id,
        people=len(hours),
        hours=sum(hours.values()),
        signed_at=work.at,
        signed_by_person_id=work.actor.person_id,
    )
    work.session.add(signed)
    work.session.flush()
    told: dict[str, object] = {"session": held.id, "people": signed.people, "hours": signed.hours}
    audit.record_one(work, str(Thing.CLASS), found.id, "co_sign", **told)
    return signed


def asks_cosign(session: Session, found: TrainingClass) -> bool:
    """Return whether only co-signed sessions count towards the end of a class. Raises parameter_missing."""
    regions = catalogue.list_ancestry(session, found.region_code)
    return tables.read_flag(session, ASKED, found.ends_on, regions)
