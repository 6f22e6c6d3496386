"""Acting on a consent: whether it holds, on which institution's business never, and what is told of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from voucher.ledger import audit
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.consents.reading import DEED_NAMES, HELPED, HELPER_IS_STAFF, THING, find_houses
from voucher.registry.consents.rows import Consent
from voucher.registry.institutions import Institution
from voucher.registry.letters import HELPER_ACTED, Notice, write_to_people
from voucher.registry.people import get_person
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.helping import RELATIONSHIP_NAMES, Relationship, Scope, check_scope


def check_helping(work: Work, consent_id: int, holder_person_id: int, scope: Scope) -> Consent:
    """Return the actor's living consent from a voucher's holder, locked, if it covers what is wanted.

    Without one the voucher is as good as missing. Raises Refused role_missing, voucher_missing,
    consent_scope_missing.
    """
    check_role(work.actor, Role.WORKER)
    found = work.session.get(Consent, consent_id, with_for_update={"read": True}, populate_existing=True)
    if (
        found is None
        or found.helper_person_id != work.actor.person_id
        or found.principal_person_id != holder_person_id
        or found.ended_at is not None
        or found.until_on < work.today
    ):
        raise VOUCHER_MISSING.refused()
    check_scope(found.scopes, scope)
    return found


def check_no_staff(work: Work, institution_ids: Collection[int]) -> None:
    """Refuse a helper who works for one of the institutions concerned. Raises Refused helper_is_staff."""
    own = find_houses(work.session, work.actor.person_id, work.today) & set(institution_ids)
    if own:
        name = work.session.get_one(Institution, min(own)).name
        raise HELPER_IS_STAFF.refused(institution=name)


def note_help(work: Work, consent: Consent, voucher: Voucher, deed: str) -> None:
    """Keep under a consent what its helper has done with a voucher, and tell the holder."""
    audit.record_one(work, THING, consent.id, HELPED, deed=deed, voucher=voucher.id)
    if get_person(work.session, consent.principal_person_id).mobile_index is None:
        return
    regions = catalogue.list_ancestry(work.session, voucher.region_code)
    hours = require_parameter_number(work.session, "helper_notice_hours", work.today, regions)
    told = {
        "relationship": RELATIONSHIP_NAMES[Relationship(consent.relationship)],
        "deed": DEED_NAMES[deed],
        "number": voucher.number,
    }
    key = f"helped:{consent.id}:{voucher.id}:{deed}:{int(work.at.timestamp())}"
    until = work.at + timedelta(hours=hours)
    write_to_people(work, [Notice(key, consent.principal_person_id, HELPER_ACTED, told, until)])
