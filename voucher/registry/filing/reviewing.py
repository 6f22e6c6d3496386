"""The office's word on a filing: accepted, returned with every defect at once, or refused with the reason."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit, states
from voucher.ledger.audit import AuditRow
from voucher.plumbing.unit_of_work import Work
from voucher.registry.filing.models import Filing
from voucher.registry.filing.reading import (
    OFFICERS,
    find_in_force,
    get_reached_filing,
    has_administrator,
    read_parts,
)
from voucher.registry.institutions import Institution
from voucher.registry.users import RoleGrant
from voucher.rules.actor import Role, check_role
from voucher.rules.approval import check_two_people
from voucher.rules.filing import check_licence_dates, licensed_until
from voucher.rules.lifecycle import Thing, check_event, may_move
from voucher.rules.words import check_why


def accept_filing(work: Work, filing_id: int, opinion: str) -> Filing:
    """Accept a filing: it is in force from now, its applicant administers the institution.

    Never by the applicant himself, or anybody else who wrote on it. Raises Refused role_missing,
    institution_filing_missing, why_missing, event_not_allowed, second_person_needed,
    licence_dates_wrong.
    """
    found = _take_up(work, filing_id, opinion, "accept")
    parts = read_parts(work.session, found.id)
    for each in parts.licences:
        check_licence_dates(each.since, each.until, work.today)
    institution = _lock_institution(work, found)
    before = find_in_force(work.session, institution.id)
    if before is not None:
        states.move(work, Filing, [before], "replace", reason=f"由备案 {found.number} 替代")
        work.session.flush()
    states.move(work, Filing, [found], "accept", reason=opinion)
    institution.name, institution.kind = found.name, found.kind
    institution.region_code, institution.filing_number = found.region_code, found.number
    institution.licensed_until = licensed_until([each.until for each in parts.licences])
    work.session.flush()
    audit.record_one(work, str(Thing.INSTITUTION), institution.id, "file", filing=found.id)
    if institution.state == "applied":
        states.move(work, Institution, [institution], "list", reason=opinion)
    _make_administrator(work, found, institution.id)
    return found


def return_filing(work: Work, filing_id: int, defects: str) -> Filing:
    """Send a filing back with everything that is missing.

    Raises Refused role_missing, institution_filing_missing, why_missing, event_not_allowed,
    second_person_needed.
    """
    found = _take_up(work, filing_id, defects, "return")
    states.move(work, Filing, [found], "return", reason=defects)
    return found


def refuse_filing(work: Work, filing_id: int, why: str) -> Filing:
    """Refuse a filing; an institution that applied for the first time is refused with it.

    Raises Refused role_missing, institution_filing_missing, why_missing, event_not_allowed,
    second_person_needed.
    """
    found = _take_up(work, filing_id, why, "refuse")
    institution = _lock_institution(work, found)
    states.move(work, Filing, [found], "refuse", reason=why)
    if may_move(Thing.INSTITUTION, institution.state, "refuse"):
        states.move(work, Institution, [institution], "refuse", reason=why)
    return found


def _take_up(work: Work, filing_id: int, why: str, event: str) -> Filing:
    check_role(work.actor, *OFFICERS)
    found = get_reached_filing(work, filing_id)
    check_why(why)
    check_event(Thing.FILING, found.state, event)
    for person_id in _hands_of(work, found):
        check_two_people(person_id, work.actor.person_id)
    found.decided_by_person_id = work.actor.person_id
    return found


def _hands_of(work: Work, found: Filing) -> list[int]:
    """Return who opened, wrote or handed in a filing, also in an earlier round."""
    written = select(AuditRow.actor_person_id).where(
        AuditRow.thing == str(Thing.FILING),
        AuditRow.object_id == found.id,
        AuditRow.act.in_(("open", "fill", "add", "strike", "file")),
    )
    return sorted({found.applicant_person_id, *work.session.scalars(written)})


def _lock_institution(work: Work, filing: Filing) -> Institution:
    wanted = select(Institution).where(Institution.id == filing.institution_id)
    return work.session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()


def _make_administrator(work: Work, filing: Filing, institution_id: int) -> None:
    """Let the applicant's account administer the institution, unless the institution has somebody already."""
    if has_administrator(work.session, institution_id, work.today):
        return
    work.session.add(
        RoleGrant(
            user_id=filing.applicant_user_id,
            role=Role.INSTITUTION_ADMIN,
            institution_id=institution_id,
            since=work.today,
        )
    )
    work.session.flush()
    told = {"role": str(Role.INSTITUTION_ADMIN), "institution": institution_id}
    audit.record_one(work, "user_account", filing.applicant_user_id, "grant", **told)
