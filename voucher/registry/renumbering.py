"""A corrected identity number: proposed with evidence, decided by another person; the person stays one row.

What knows a person by number falls in two. **Identity** follows the correction: `person.blind_index` and
`number_sealed`, the key everything of the person is sealed under (that of the new number: whatever is
declared in `plumbing.sealed_columns` is sealed anew), and the one hop of `former_number`.
**History** stays as it was said: register entries and the lists of other departments under the number they
name, verifications, answers, the trail. Entitlements, vouchers, claims, hands, accounts and phones name the
person by row, and have nothing to follow.

A number that was the person's goes on reaching the person (`former_number`); one that never was is free for
whoever owns it, key and all. The decision of 2026-11-22 on corrected numbers says why.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.ledger.credentials.issuing import IssuedCredential, end_credentials
from voucher.plumbing.sealed_columns import reseal_person
from voucher.plumbing.unit_of_work import Work
from voucher.registry import correcting, people, subjects
from voucher.registry.corrections import (
    FORMER_NUMBER_CONTEXT,
    NEW_NUMBER_CONTEXT,
    SOURCE,
    FormerNumber,
    NumberCorrection,
)
from voucher.registry.outside.reading import read_deceased
from voucher.registry.people import NUMBER_CONTEXT, Person, find_ids, index_of
from voucher.rules.actor import check_role
from voucher.rules.approval import check_two_people
from voucher.rules.corrections import FormerUse, check_new_number, may_go_on_reaching
from voucher.rules.errors import Family, reason
from voucher.rules.identity import normalise_identity
from voucher.rules.privacy import mask_free_text
from voucher.rules.words import check_why

CORRECTED = "identity_corrected"

CORRECTION_MISSING = reason(
    "correction_missing",
    "没有找到这条号码更正，或已经办结",
    "请从身份更正列表重新选择",
    SOURCE,
    Family.MISSING,
)
CORRECTION_EVIDENCE_MISSING = reason(
    "correction_evidence_missing",
    "没有填写号码更正的依据",
    "请填写户口簿变更页、公安机关证明或公证书的编号",
    SOURCE,
)
NUMBER_TYPED_DIFFERS = reason(
    "number_typed_differs",
    "输入的号码与提出的新号码不一致",
    "请对照户口簿或公安机关证明逐位核对：提出有误的，请写明理由退回",
    SOURCE,
    Family.CONFLICT,
)
NUMBER_OF_ERASED = reason(
    "number_of_erased",
    "新证件号码的个人信息已依法删除，不能再登记",
    "请核对号码；确是本人号码的，请转人工，凭公安机关证明报省级经办机构处理",
    "个人信息保护法 第四十七条",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Renumbered:
    """A number just corrected, and the keys a later stage seals its own columns anew with."""

    correction: NumberCorrection
    person: Person
    old_key: bytes
    new_key: bytes


def propose_number(
    work: Work, number: str, new_number: str, former_use: FormerUse, evidence: str
) -> NumberCorrection:
    """Propose a corrected number for the person an identity number reaches; nothing changes yet.

    Raises Refused role_missing, person_missing (also for a foreign person), own_identity,
    correction_evidence_missing, number_unchanged, number_of_another, number_of_erased, subject_erased,
    person_deceased, correction_open and what reading an identity number refuses.
    """
    person = correcting.get_correctable(work, number)
    said = correcting.read_evidence(evidence, CORRECTION_EVIDENCE_MISSING)
    canonical = normalise_identity(new_number, work.today)
    key = subjects.open_keys(work, [person.blind_index])[person.blind_index]
    new_index = index_of(work.keyring, canonical)
    _check(work, person, new_index, former_use)
    present = people.read_people(work.session, work.keyring, [person.id])[person.id].number or ""
    proposed = NumberCorrection(
        person_id=person.id,
        kind=str(former_use),
        former_sealed=work.keyring.seal(key, FORMER_NUMBER_CONTEXT, present),
        former_index=person.blind_index,
        new_sealed=work.keyring.seal(key, NEW_NUMBER_CONTEXT, canonical),
        new_index=new_index,
        evidence=said,
        proposed_by_person_id=work.actor.person_id,
        proposed_at=work.at,
    )
    work.session.add(proposed)
    work.session.flush()
    audit.record_one(
        work, "person", person.id, "propose_number", correction=proposed.id, former_use=str(former_use)
    )
    return proposed


def decline_number(work: Work, correction_id: int, why: str) -> NumberCorrection:
    """Turn a proposed number down, with the reason; everything stays as it is.

    Raises Refused role_missing, correction_missing (also for a foreign person), own_identity,
    second_person_needed, why_missing.
    """
    proposed, person = _lock(work, correction_id)
    said = mask_free_text(check_why(why))
    _decide(work, proposed, approved=False, why=said)
    audit.record_one(work, "person", person.id, "decline_number", correction=proposed.id, why=said)
    return proposed


def give_number(work: Work, correction_id: int, typed: str) -> Renumbered:
    """Give a person the proposed number, the one before going on to reach the person where it was theirs.

    The second person types the number from the evidence, unseen. What is signed into phones names the last
    four digits, and ends: the phone fetches it anew. The rest of the act, what is certified, is
    `certify.renumber`'s, and nobody else calls this. Raises Refused role_missing, correction_missing (also
    for a foreign person), own_identity, second_person_needed, number_typed_differs, number_of_another,
    number_of_erased, subject_erased, person_deceased and what reading an identity number refuses.
    """
    correction, person = _lock(work, correction_id)
    canonical = normalise_identity(typed, work.today)
    if index_of(work.keyring, canonical) != correction.new_index:
        raise NUMBER_TYPED_DIFFERS.refused()
    former_use = FormerUse(correction.kind)
    _check(work, person, correction.new_index, former_use)
    old_index, new_index = correction.former_index, correction.new_index
    keys = subjects.open_keys(work, [old_index, new_index])
    done = Renumbered(correction, person, keys[old_index], keys[new_index])
    # in this order the database looks: approved first, then given, then the number before set to reach
    _decide(work, correction, approved=True, why=None)
    work.session.execute(
        update(FormerNumber)
        .where(FormerNumber.blind_index == new_index, FormerNumber.ended_at.is_(None))
        .values(ended_at=work.at)
    )
    reseal_person(work.session, work.keyring, person.id, done.old_key, done.new_key)
    person.blind_index = new_index
    person.number_sealed = work.keyring.seal(done.new_key, NUMBER_CONTEXT, canonical)
    work.session.flush()
    if may_go_on_reaching(former_use):
        work.session.add(
            FormerNumber(blind_index=old_index, present_index=new_index, correction_id=correction.id)
        )
        work.session.flush()
    end_credentials(work, IssuedCredential.person_id == person.id, CORRECTED)
    audit.record_one(
        work, "person", person.id, "approve_number", correction=correction.id, former_use=correction.kind
    )
    return done


def count_proposed(
    session: Session, regions: Collection[str], *, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many corrected numbers in these regions wait for this person, and since when."""
    count, oldest = session.execute(
        select(func.count(), func.min(NumberCorrection.proposed_at))
        .join(Person, Person.id == NumberCorrection.person_id)
        .where(
            NumberCorrection.decided_at.is_(None),
            NumberCorrection.proposed_by_person_id != person_id,
            NumberCorrection.person_id != person_id,
            correcting.within(regions),
        )
    ).one()
    return count, oldest


def _lock(work: Work, correction_id: int) -> tuple[NumberCorrection, Person]:
    check_role(work.actor, *correcting.DECIDERS)
    proposed = work.session.scalars(
        select(NumberCorrection)
        .where(NumberCorrection.id == correction_id, NumberCorrection.decided_at.is_(None))
        .with_for_update()
    ).first()
    if proposed is None:
        raise CORRECTION_MISSING.refused()
    person = correcting.lock_to_decide(work, proposed.person_id, CORRECTION_MISSING)
    check_two_people(proposed.proposed_by_person_id, work.actor.person_id)
    return proposed, person


def _check(work: Work, person: Person, new_index: str, former_use: FormerUse) -> None:
    """Refuse what cannot be corrected to this number; asked when proposed, and again when approved."""
    holder_id = find_ids(work.session, [new_index]).get(new_index)
    check_new_number(person.blind_index, new_index, person.id, holder_id)
    erased = subjects.find_keys(work.session, work.keyring, [new_index])
    if erased.get(new_index, b"") is None:
        raise NUMBER_OF_ERASED.refused()
    # of a number that never was the person's, other departments spoke of somebody else
    dead = read_deceased(work.session, person.id, by_hand_only=former_use is FormerUse.WRONG)
    if dead is not None:
        raise dead


def _decide(work: Work, correction: NumberCorrection, *, approved: bool, why: str | None) -> None:
    correction.decided_by_person_id, correction.decided_at = work.actor.person_id, work.at
    correction.approved, correction.why = approved, why
    work.session.flush()
