"""A change of name: proposed with evidence, approved by another person; number and entitlements stay."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import subjects
from voucher.registry.people import (
    NAME_CONTEXT,
    PERSON_MISSING,
    FormerName,
    Person,
    find_by_indexes,
    index_of,
    name_index_of,
)
from voucher.rules.actor import Role, check_role
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.identity import normalise_identity
from voucher.rules.names import normalise_name

SOURCE = "S2-16c 身份更正须审核留痕; AC-I3"
FORMER_CONTEXT, NEW_CONTEXT = "former_name.former", "former_name.new"

RENAMING_MISSING = reason(
    "renaming_missing",
    "没有找到这条更名登记，或已经办结",
    "请从更名登记列表重新选择",
    SOURCE,
    Family.MISSING,
)
EVIDENCE_MISSING = reason(
    "renaming_evidence_missing",
    "没有填写更名依据",
    "请填写户口簿变更页或公安机关证明的编号",
    SOURCE,
)
NAME_UNCHANGED = reason("name_unchanged", "新姓名与现用姓名相同", "请核对新姓名后重新提交", SOURCE)


def count_proposed(session: Session, *, person_id: int) -> tuple[int, datetime | None]:
    """Return how many proposals wait for this person, who made none of them, and since when."""
    count, oldest = session.execute(
        select(func.count(), func.min(FormerName.proposed_at)).where(
            FormerName.approved_at.is_(None), FormerName.proposed_by_person_id != person_id
        )
    ).one()
    return count, oldest


def propose_name(work: Work, number: str, new_name: str, evidence: str) -> FormerName:
    """Propose a new name for the person with this identity number.

    Raises Refused person_missing, role_missing, name_malformed, renaming_evidence_missing, name_unchanged.
    """
    check_role(work.actor, Role.OPERATOR, Role.OFFICER_COUNTY, Role.OFFICER_CITY)
    if not evidence.strip():
        raise EVIDENCE_MISSING.refused()
    name = normalise_name(new_name)
    index = index_of(work.keyring, normalise_identity(number))
    person = find_by_indexes(work.session, [index]).get(index)
    if person is None:
        raise PERSON_MISSING.refused()
    key = subjects.open_keys(work, [index])[index]
    present = work.keyring.unseal(key, NAME_CONTEXT, person.name_sealed)
    if name == present:
        raise NAME_UNCHANGED.refused()
    proposed = FormerName(
        person_id=person.id,
        former_sealed=work.keyring.seal(key, FORMER_CONTEXT, present),
        former_index=person.name_index,
        new_sealed=work.keyring.seal(key, NEW_CONTEXT, name),
        new_index=name_index_of(work.keyring, name),
        evidence=evidence.strip(),
        proposed_by_person_id=work.actor.person_id,
        proposed_at=work.at,
    )
    work.session.add(proposed)
    work.session.flush()
    audit.record_one(work, "person", person.id, "propose_name", renaming=proposed.id)
    return proposed


def approve_name(work: Work, former_name_id: int) -> None:
    """Approve a proposed name: the old one stays accepted on old certificates, no key changes.

    Raises Refused renaming_missing, role_missing, second_person_needed.
    """
    check_role(work.actor, Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
    proposed = work.session.scalars(
        select(FormerName)
        .where(FormerName.id == former_name_id, FormerName.approved_at.is_(None))
        .with_for_update()
    ).first()
    if proposed is None:
        raise RENAMING_MISSING.refused()
    check_two_people(proposed.proposed_by_person_id, work.actor.person_id)
    person = work.session.scalars(
        select(Person).where(Person.id == proposed.person_id).with_for_update()
    ).one()
    key = subjects.open_keys(work, [person.blind_index])[person.blind_index]
    name = work.keyring.unseal(key, NEW_CONTEXT, proposed.new_sealed)
    # another change may have been approved since this one was proposed: the name given up is today's
    present = work.keyring.unseal(key, NAME_CONTEXT, person.name_sealed)
    proposed.former_sealed = work.keyring.seal(key, FORMER_CONTEXT, present)
    proposed.former_index = person.name_index
    person.name_sealed = work.keyring.seal(key, NAME_CONTEXT, name)
    person.name_index = proposed.new_index
    proposed.approved_by_person_id = work.actor.person_id
    proposed.approved_at = work.at
    work.session.flush()
    audit.record_one(work, "person", person.id, "approve_name", renaming=proposed.id)
