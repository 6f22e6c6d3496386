"""A change of name: proposed with evidence, decided by another person; number and entitlements stay."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import correcting, subjects
from voucher.registry.corrections import FORMER_CONTEXT, NEW_CONTEXT, SOURCE, FormerName
from voucher.registry.people import NAME_CONTEXT, Person, name_index_of
from voucher.rules.actor import check_role
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.names import normalise_name
from voucher.rules.privacy import mask_free_text
from voucher.rules.words import check_why

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


def count_proposed(
    session: Session, regions: Collection[str], *, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many changes of name in these regions wait for this person, and since when."""
    count, oldest = session.execute(
        select(func.count(), func.min(FormerName.proposed_at))
        .join(Person, Person.id == FormerName.person_id)
        .where(
            FormerName.approved_at.is_(None),
            FormerName.declined_at.is_(None),
            FormerName.proposed_by_person_id != person_id,
            FormerName.person_id != person_id,
            correcting.within(regions),
        )
    ).one()
    return count, oldest


def propose_name(work: Work, number: str, new_name: str, evidence: str) -> FormerName:
    """Propose a new name for the person with this identity number.

    Raises Refused role_missing, person_missing (also for a foreign person), own_identity, name_malformed,
    renaming_evidence_missing, name_unchanged, subject_erased.
    """
    person = correcting.get_correctable(work, number)
    said = correcting.read_evidence(evidence, EVIDENCE_MISSING)
    name = normalise_name(new_name)
    key = subjects.open_keys(work, [person.blind_index])[person.blind_index]
    present = work.keyring.unseal(key, NAME_CONTEXT, person.name_sealed)
    if name == present:
        raise NAME_UNCHANGED.refused()
    proposed = FormerName(
        person_id=person.id,
        former_sealed=work.keyring.seal(key, FORMER_CONTEXT, present),
        former_index=person.name_index,
        new_sealed=work.keyring.seal(key, NEW_CONTEXT, name),
        new_index=name_index_of(work.keyring, name),
        evidence=said,
        proposed_by_person_id=work.actor.person_id,
        proposed_at=work.at,
    )
    work.session.add(proposed)
    work.session.flush()
    audit.record_one(work, "person", person.id, "propose_name", renaming=proposed.id)
    return proposed


def approve_name(work: Work, former_name_id: int) -> FormerName:
    """Approve a proposed name: the old one stays accepted on old certificates, no key changes.

    Raises Refused renaming_missing (also for a foreign person), role_missing, own_identity,
    second_person_needed, subject_erased.
    """
    proposed, person = _lock(work, former_name_id)
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
    return proposed


def decline_name(work: Work, former_name_id: int, why: str) -> FormerName:
    """Turn a proposed name down, with the reason; everything stays as it is.

    Raises Refused renaming_missing (also for a foreign person), role_missing, own_identity,
    second_person_needed, why_missing.
    """
    proposed, person = _lock(work, former_name_id)
    proposed.declined_why = mask_free_text(check_why(why))
    proposed.declined_by_person_id, proposed.declined_at = work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(
        work, "person", person.id, "decline_name", renaming=proposed.id, why=proposed.declined_why
    )
    return proposed


def _lock(work: Work, former_name_id: int) -> tuple[FormerName, Person]:
    check_role(work.actor, *correcting.DECIDERS)
    proposed = work.session.scalars(
        select(FormerName)
        .where(
            FormerName.id == former_name_id,
            FormerName.approved_at.is_(None),
            FormerName.declined_at.is_(None),
        )
        .with_for_update()
    ).first()
    if proposed is None:
        raise RENAMING_MISSING.refused()
    person = correcting.lock_to_decide(work, proposed.person_id, RENAMING_MISSING)
    check_two_people(proposed.proposed_by_person_id, work.actor.person_id)
    return proposed, person
