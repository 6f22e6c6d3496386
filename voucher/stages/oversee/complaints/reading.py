"""One complaint for whoever may deal with it: locked, in reach, and not about the own house."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from voucher.plumbing.unit_of_work import Work
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.actor import Role, check_role
from voucher.rules.complaints import SOURCE
from voucher.rules.errors import Family, reason
from voucher.stages.oversee.complaints.models import Complaint

HANDLERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE, Role.SUPERVISOR)
WORDS, CONTACT = "complaint.words", "complaint.contact"

COMPLAINT_MISSING = reason(
    "complaint_missing",
    "没有找到这件投诉或申诉",
    "请核对受理号；受理号在提交后的页面上",
    SOURCE,
    Family.MISSING,
)
COMPLAINT_OWN = reason(
    "complaint_own_institution",
    "这件投诉或申诉与您任职的机构、您办理的处置或您本人有关，不能由您办理",
    "请由与此无关的人办理",
    SOURCE,
    Family.FORBIDDEN,
)
COMPLAINT_NOT_YOURS = reason(
    "complaint_not_yours",
    "这件投诉或申诉由别人办理",
    "请由受理时确定的办理人办理",
    SOURCE,
    Family.CONFLICT,
)


def load_complaint(work: Work, complaint_id: int) -> Complaint:
    """Return a complaint, locked, for an officer or supervisor of its region who has nothing to do with it.

    Raises Refused role_missing, complaint_missing (also for a foreign one), complaint_own_institution.
    """
    check_role(work.actor, *HANDLERS)
    found = lock_complaint(work, Complaint.id == complaint_id)
    if found.region_code not in work.actor.regions_as(*HANDLERS):
        raise COMPLAINT_MISSING.refused()
    check_apart(work, found)
    return found


def load_handled(work: Work, complaint_id: int) -> Complaint:
    """Return a complaint this actor accepted. Raises Refused as above, and complaint_not_yours."""
    found = load_complaint(work, complaint_id)
    if found.handler_person_id not in (None, work.actor.person_id):
        raise COMPLAINT_NOT_YOURS.refused()
    return found


def lock_complaint(work: Work, where: ColumnElement[bool]) -> Complaint:
    """Return a complaint, locked. Raises Refused complaint_missing."""
    found = work.session.scalars(
        select(Complaint).where(where).with_for_update().execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise COMPLAINT_MISSING.refused()
    return found


def check_apart(work: Work, complaint: Complaint) -> None:
    """Refuse who has or had a role in the institution, decided the measure, or is the complainant.

    Raises Refused complaint_own_institution.
    """
    person_id = work.actor.person_id
    own = (
        select(RoleGrant.id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(UserAccount.person_id == person_id, RoleGrant.institution_id == complaint.institution_id)
        .limit(1)
    )
    barred = (
        complaint.complainant_person_id,
        complaint.barred_one_person_id,
        complaint.barred_two_person_id,
    )
    if person_id in barred or work.session.scalar(own) is not None:
        raise COMPLAINT_OWN.refused()
