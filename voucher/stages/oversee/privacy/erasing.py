"""注销: a person asks to be forgotten; two officers decide; the key goes, everything else stays whole."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import correcting, people
from voucher.registry.people import Person
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.privacy import mask_free_text, mask_identity, mask_name
from voucher.rules.retention import SOURCE, check_may_erase
from voucher.rules.words import check_why
from voucher.stages.oversee.privacy.destroying import ERASED, destroy_person
from voucher.stages.oversee.privacy.holding import read_holding
from voucher.stages.oversee.privacy.models import ErasureRequest

THING = "erasure_request"

ERASURE_MISSING = reason(
    "erasure_missing",
    "没有找到这件注销申请，或已经办结",
    "请从注销申请列表重新选择",
    SOURCE,
    Family.MISSING,
)
ERASURE_AGREED = reason(
    "erasure_agreed",
    "已有一人同意，须由另一人办理注销",
    "请另一名审核人员打开这件申请办理",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Erasure:
    """One request as the office reads it, the person masked; erased where nothing is left to mask."""

    request: ErasureRequest
    masked_name: str
    masked_number: str


def ask_erasure(work: Work) -> ErasureRequest:
    """Ask to be erased oneself.

    Raises Refused role_missing, erasure_open, erasure_business_open, erasure_still_kept.
    """
    check_role(work.actor, Role.WORKER)
    own = work.actor.person_id
    people.hold_person(work, own)
    _check(work, own)
    asked = ErasureRequest(person_id=own, asked_at=work.at)
    work.session.add(asked)
    work.session.flush()
    audit.record_one(work, THING, asked.id, "ask", person=own)
    return asked


def withdraw_erasure(work: Work) -> ErasureRequest:
    """Take one's own open request back. Raises Refused role_missing, erasure_missing."""
    check_role(work.actor, Role.WORKER)
    query = select(ErasureRequest).where(
        ErasureRequest.person_id == work.actor.person_id, ErasureRequest.ended_at.is_(None)
    )
    found = work.session.scalars(query.with_for_update()).first()
    if found is None:
        raise ERASURE_MISSING.refused()
    return _end(work, found, "withdrawn", None)


def agree_erasure(work: Work, request_id: int) -> ErasureRequest:
    """Agree, as the first of two, that a person is erased; nothing is lost yet.

    Raises Refused role_missing, erasure_missing (also for a foreign person), own_identity, erasure_agreed,
    erasure_business_open, erasure_still_kept.
    """
    found = _lock(work, request_id)
    if found.agreed_at is not None:
        raise ERASURE_AGREED.refused()
    _check(work, found.person_id)
    found.agreed_by_person_id, found.agreed_at = work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(work, THING, found.id, "agree")
    return found


def decline_erasure(work: Work, request_id: int, why: str) -> ErasureRequest:
    """Turn a request down, with the reason.

    Raises Refused role_missing, erasure_missing (also for a foreign person), own_identity, why_missing.
    """
    found = _lock(work, request_id)
    return _end(work, found, "declined", mask_free_text(check_why(why)))


def erase_person(work: Work, request_id: int) -> ErasureRequest:
    """Erase a person as the second of two: the keys are destroyed, the account closed, help ended.

    What stays says nothing of who it was: sums, trail, and the digests that keep a subsidy from being had
    twice. Raises Refused role_missing, erasure_missing (also for a foreign person and one nobody agreed to
    yet), own_identity, second_person_needed, second_person_reset_lately, erasure_business_open,
    erasure_still_kept.
    """
    found = _lock(work, request_id)
    if found.agreed_by_person_id is None:
        raise ERASURE_MISSING.refused()
    check_second_hand(work, found.agreed_by_person_id)
    _check(work, found.person_id)
    destroy_person(work, found.person_id, THING, request=found.id)
    return _end(work, found, "erased", None)


def _check(work: Work, person_id: int) -> None:
    holding = read_holding(work.session, work.keyring, person_id, work.today)
    check_may_erase(holding.business, holding.kept, work.today)


def _lock(work: Work, request_id: int) -> ErasureRequest:
    check_role(work.actor, *correcting.DECIDERS)
    found = work.session.scalars(
        select(ErasureRequest)
        .where(ErasureRequest.id == request_id, ErasureRequest.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise ERASURE_MISSING.refused()
    correcting.lock_to_decide(work, found.person_id, ERASURE_MISSING)
    return found


def _end(work: Work, found: ErasureRequest, ending: str, why: str | None) -> ErasureRequest:
    found.ending, found.why = ending, why
    found.ended_by_person_id, found.ended_at = work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(work, THING, found.id, ending)
    return found


def find_own(session: Session, person_id: int) -> ErasureRequest | None:
    """Return the newest request of a person, open or not."""
    return session.scalars(
        select(ErasureRequest)
        .where(ErasureRequest.person_id == person_id)
        .order_by(ErasureRequest.id.desc())
        .limit(1)
    ).first()


def count_erasures(
    session: Session, regions: Collection[str], *, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many requests wait for this officer, and since when."""
    count, oldest = session.execute(
        select(func.count(), func.min(ErasureRequest.asked_at))
        .join(Person, Person.id == ErasureRequest.person_id)
        .where(
            ErasureRequest.ended_at.is_(None),
            ErasureRequest.person_id != person_id,
            func.coalesce(ErasureRequest.agreed_by_person_id, 0) != person_id,
            correcting.within(regions),
        )
    ).one()
    return count, oldest


def list_erasures(
    session: Session, keyring: Keyring, regions: Collection[str], *, waiting: bool, limit: int
) -> list[Erasure]:
    """Return the requests of these regions, the oldest waiting first, of those ended the newest."""
    open_ones = ErasureRequest.ended_at.is_(None)
    rows = session.scalars(
        select(ErasureRequest)
        .join(Person, Person.id == ErasureRequest.person_id)
        .where(correcting.within(regions), open_ones if waiting else ~open_ones)
        .order_by(ErasureRequest.id if waiting else ErasureRequest.id.desc())
        .limit(limit)
    ).all()
    named = people.read_people(session, keyring, [each.person_id for each in rows])
    return [
        Erasure(
            each,
            mask_name(who.name) if (who := named.get(each.person_id)) else ERASED,
            mask_identity(who.number) if who and who.number else "",
        )
        for each in rows
    ]


def get_erasure(session: Session, keyring: Keyring, regions: Collection[str], request_id: int) -> Erasure:
    """Return one request of these regions. Raises Refused erasure_missing."""
    found = session.scalars(
        select(ErasureRequest)
        .join(Person, Person.id == ErasureRequest.person_id)
        .where(ErasureRequest.id == request_id, correcting.within(regions))
    ).first()
    if found is None:
        raise ERASURE_MISSING.refused()
    who = people.read_people(session, keyring, [found.person_id]).get(found.person_id)
    name = mask_name(who.name) if who else ERASED
    return Erasure(found, name, mask_identity(who.number) if who and who.number else "")
