"""Giving a consent and ending it: from the own account, on paper at the counter; ended by either side."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.access.workers import WORKER_NAME_DIFFERS
from voucher.registry.consents.reading import (
    CONSENT_UNKNOWN,
    THING,
    count_helped,
    count_helpers,
    read_limits,
)
from voucher.registry.consents.rows import Consent
from voucher.registry.letters import CONSENT_ENDED, CONSENT_GIVEN, Notice, write_to_people
from voucher.registry.people import Newcomer, Person, get_person
from voucher.registry.standards import get_parameter
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.helping import (
    SCOPE_NAMES,
    SOURCE,
    WAY_NAMES,
    ConsentWay,
    Ending,
    Relationship,
    Scope,
    check_numbers,
    choose_term,
)
from voucher.rules.identity import normalise_identity, normalise_mobile
from voucher.rules.names import normalise_name

HELPER_IS_SELF = reason(
    "helper_is_self",
    "代办人不能是本人",
    "请填写另一个人；自己的券直接在“我的券”里办理",
    SOURCE,
)
CONSENT_OWN_HAND = reason(
    "consent_own_hand",
    "经办人员不能登记自己是委托人或代办人的授权",
    "请由另一位经办人员登记",
    "S2-Z1 经办与当事人分离",
    Family.FORBIDDEN,
)
MANDATE_MISSING = reason(
    "mandate_missing",
    "没有写明书面委托的编号",
    "请写明书面委托的编号，原件留存窗口",
    SOURCE,
)
CONSENT_OVER = reason(
    "consent_over",
    "这份代办授权已经停止",
    "不必再停；要重新请人代办的，请另行授权",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is consented to: for whom one is that, what may be done, until when (None: the usual time)."""

    relationship: Relationship
    scopes: Collection[Scope]
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a consent was given: the number of the paper, or the request whose code was read out."""

    way: ConsentWay
    mandate: str | None = None
    request_id: int | None = None


@dataclass(frozen=True, slots=True)
class Mandate:
    """Both people and the paper, as the counter types them from the cards; the mobile is the helper's."""

    principal_number: str
    principal_name: str
    helper_number: str
    helper_name: str
    helper_mobile: str | None
    mandate: str


def grant_at_counter(work: Work, given: Mandate, wish: Wish) -> Consent:
    """Register a consent on paper for two people who are there, and return it.

    A helper nobody knows yet is opened as a person, and signs in as anybody does. Raises Refused
    role_missing, person_missing (also for who is another region's), worker_name_differs, mandate_missing,
    helper_is_self, consent_own_hand, consent_term_unfit, helped_most_reached, parameter_missing and what
    reading names and numbers refuses.
    """
    check_role(work.actor, Role.OPERATOR)
    if not given.mandate.strip():
        raise MANDATE_MISSING.refused()
    principal = _find_principal(work, given)
    helper_id = _open_helper(work, given)
    if helper_id == principal.id:
        raise HELPER_IS_SELF.refused()
    if work.actor.person_id in (helper_id, principal.id):
        raise CONSENT_OWN_HAND.refused()
    evidence = Evidence(ConsentWay.COUNTER, mandate=given.mandate.strip())
    return write_consent(work, principal.id, helper_id, wish, evidence)


def write_consent(
    work: Work, principal_person_id: int, helper_person_id: int, wish: Wish, evidence: Evidence
) -> Consent:
    """Write a consent down in place of the one between the two, tell whoever gave it, and return it.

    Raises Refused helper_is_self, consent_term_unfit, helped_most_reached, helpers_most_reached.
    """
    if principal_person_id == helper_person_id:
        raise HELPER_IS_SELF.refused()
    people.lock_people(work, (principal_person_id, helper_person_id))
    limits = read_limits(work.session, work.today, evidence.way)
    until_on = choose_term(wish.until_on, work.today, limits)
    check_numbers(
        count_helped(work.session, helper_person_id, work.today, but=principal_person_id),
        count_helpers(work.session, principal_person_id, work.today, but=helper_person_id),
        limits,
    )
    _replace(work, principal_person_id, helper_person_id)
    consent = Consent(
        principal_person_id=principal_person_id,
        helper_person_id=helper_person_id,
        relationship=str(wish.relationship),
        may_accept=Scope.ACCEPT in wish.scopes,
        may_enrol=Scope.ENROL in wish.scopes,
        may_paper=Scope.PAPER in wish.scopes,
        way=str(evidence.way),
        mandate=evidence.mandate,
        request_id=evidence.request_id,
        until_on=until_on,
        granted_at=work.at,
        granted_by_person_id=work.actor.person_id,
    )
    work.session.add(consent)
    work.session.flush()
    told = {"principal": principal_person_id, "helper": helper_person_id, "scopes": sorted(wish.scopes)}
    audit.record_one(work, THING, consent.id, "grant", way=consent.way, until=until_on.isoformat(), **told)
    names = "、".join(["查看我的券", *(SCOPE_NAMES[each] for each in Scope if each in wish.scopes)])
    _tell(work, consent, CONSENT_GIVEN, {"way": WAY_NAMES[evidence.way], "scopes": names})
    return consent


def end_consent(work: Work, consent_id: int) -> Consent:
    """End a consent at once: by whoever gave it, by the helper, or by the counter as its giver asks there.

    Raises Refused role_missing, consent_unknown (also for other people's), consent_over.
    """
    check_role(work.actor, Role.WORKER, Role.OPERATOR)
    found = work.session.scalars(
        select(Consent)
        .where(Consent.id == consent_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise CONSENT_UNKNOWN.refused()
    ending = _find_hand(work, found)
    if ending is None:
        raise CONSENT_UNKNOWN.refused()
    if found.ended_at is not None or found.until_on < work.today:
        raise CONSENT_OVER.refused()
    _end(work, found, ending)
    _tell(work, found, CONSENT_ENDED, {"at": work.today.isoformat()})
    return found


def reaches_person(work: Work, person: Person) -> bool:
    """Return whether an operator's region covers a person: where the person is from, or holds a voucher.

    Whom no region is recorded of and who holds none may go to any counter.
    """
    reach = work.actor.reach.get(Role.OPERATOR, frozenset())
    held = _voucher_regions(work.session, person.id)
    regions = held | ({person.region_code} if person.region_code else set())
    return bool(regions & reach) or (not regions and bool(reach))


def _voucher_regions(session: Session, person_id: int) -> set[str]:
    return set(
        session.scalars(select(Voucher.region_code).where(Voucher.holder_person_id == person_id).distinct())
    )


def _find_hand(work: Work, found: Consent) -> Ending | None:
    if work.actor.has(Role.WORKER):
        if found.principal_person_id == work.actor.person_id:
            return Ending.PRINCIPAL
        if found.helper_person_id == work.actor.person_id:
            return Ending.HELPER
    if work.actor.has(Role.OPERATOR) and reaches_person(
        work, get_person(work.session, found.principal_person_id)
    ):
        return Ending.OFFICE
    return None


def _replace(work: Work, principal_person_id: int, helper_person_id: int) -> None:
    for each in work.session.scalars(
        select(Consent).where(
            Consent.principal_person_id == principal_person_id,
            Consent.helper_person_id == helper_person_id,
            Consent.ended_at.is_(None),
        )
    ):
        _end(work, each, Ending.RENEWED)


def _end(work: Work, found: Consent, ending: Ending) -> None:
    found.ended_at, found.ended_by = work.at, str(ending)
    found.ended_by_person_id = work.actor.person_id
    work.session.flush()
    audit.record_one(work, THING, found.id, "end", by=str(ending))


def _find_principal(work: Work, given: Mandate) -> Person:
    number = normalise_identity(given.principal_number, work.today)
    index = people.index_of(work.keyring, number)
    found = people.find_by_indexes(work.session, [index]).get(index)
    if found is None or not reaches_person(work, found):
        raise people.PERSON_MISSING.refused()
    _check_name(work, found.id, given.principal_name)
    return found


def _open_helper(work: Work, given: Mandate) -> int:
    number, spelt = normalise_identity(given.helper_number, work.today), normalise_name(given.helper_name)
    mobile = normalise_mobile(given.helper_mobile) if given.helper_mobile else None
    opened = people.open_people(work, [Newcomer(number, spelt, mobile)])
    person_id = next(iter(opened.values()))
    _check_name(work, person_id, spelt)
    return person_id


def _check_name(work: Work, person_id: int, name: str) -> None:
    accepted = people.accepted_name_indexes(work.session, [person_id])[person_id]
    if people.name_index_of(work.keyring, normalise_name(name)) not in accepted:
        raise WORKER_NAME_DIFFERS.refused()


def _tell(work: Work, consent: Consent, template: str, told: dict[str, object]) -> None:
    """Write to whoever gave a consent, where there is a number to write to."""
    if get_person(work.session, consent.principal_person_id).mobile_index is None:
        return
    hours = int(get_parameter(work.session, "helper_notice_hours", work.today, []).value)
    facts = {"number": consent.number, "until": consent.until_on.isoformat()} | told
    until = work.at + timedelta(hours=hours)
    key = f"{template}:{consent.id}"
    write_to_people(work, [Notice(key, consent.principal_person_id, template, facts, until)])
