"""Enrolling (锁定): a voucher is locked to one class of one institution, with its keys and its money."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import budget as budgets
from voucher.ledger.credentials import CODE_USED
from voucher.ledger.credentials.issuing import end_vouchers_credentials
from voucher.ledger.credentials.presented import find_presented, look_again
from voucher.ledger.credentials.using import use_presented
from voucher.ledger.holds import check_no_hold
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, advance, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.consents.acting import check_helping, check_no_staff, note_help
from voucher.registry.people import Person
from voucher.rules.actor import Role, check_role
from voucher.rules.helping import Scope
from voucher.rules.lifecycle import Thing
from voucher.rules.windows import add_months
from voucher.stages.issue.queries import Programme, get_programme
from voucher.stages.train.fitting import check_open, check_place, check_redeem_by
from voucher.stages.train.intake_checks import check_named
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.presenting import stand_at
from voucher.stages.train.pricing import lock_in, promise
from voucher.stages.train.qualifying import check_qualifies
from voucher.stages.train.reading import (
    CLASS_MISSING,
    COUNTER,
    UNPUBLISHED,
    find_enrolment,
    get_served_class,
    load_class,
)
from voucher.stages.train.scans import Scanned, record_scan
from voucher.stages.train.standing import ENROLLED_ALREADY, check_usable


def enrol(work: Work, voucher_id: int, class_id: int) -> Enrolment:
    """Lock the actor's own voucher to a class.

    Raises Refused role_missing, voucher_missing (also for somebody else's), class_missing and what
    `check_enrolment` refuses.
    """
    check_role(work.actor, Role.WORKER)
    voucher = _lock(work, voucher_id, holder=work.actor.person_id)
    found = load_class(work.session, class_id, lock=True)
    if found.state in UNPUBLISHED:
        raise CLASS_MISSING.refused()
    return _enrol(work, voucher, found)


def enrol_as_helper(work: Work, voucher_id: int, class_id: int, consent_id: int) -> Enrolment:
    """Lock a voucher to a class for its holder, on the holder's consent.

    Staff of the institutions of a class enrol nobody else's voucher in it that way. Raises Refused
    role_missing, voucher_missing (also without a living consent), consent_scope_missing, class_missing,
    helper_is_staff and what `check_enrolment` refuses.
    """
    check_role(work.actor, Role.WORKER)
    voucher = _lock(work, voucher_id)
    consent = check_helping(work, consent_id, voucher.holder_person_id, Scope.ENROL)
    found = load_class(work.session, class_id, lock=True)
    if found.state in UNPUBLISHED:
        raise CLASS_MISSING.refused()
    check_no_staff(work, [found.institution_id, found.delivering_institution_id])
    enrolment = _enrol(work, voucher, found, consent_id=consent.id)
    note_help(work, consent, voucher, "enrol")
    return enrolment


def enrol_by_code(work: Work, digits: str, class_id: int, device: str = "") -> Enrolment:
    """Lock a voucher to a class of the actor's institution, by the code its holder shows; the code is used.

    The same code again at once, at the same institution, is the same enrolment. Raises Refused role_missing,
    class_missing and what `find_presented` and `check_enrolment` refuse.
    """
    counter = stand_at(work, get_served_class(work, class_id, *COUNTER), "enrol")
    shown = find_presented(work.session, work.keyring, digits, work.at, counter)
    voucher = _lock(work, shown.voucher_id)
    shown = look_again(work.session, shown, work.at, counter)
    if shown.again is not None:
        done = find_enrolment(work.session, voucher.id)
        if done is None or done.class_id != class_id:
            raise CODE_USED.refused()
        return done
    found = load_class(work.session, class_id, lock=True)
    use_presented(work, shown, counter)
    enrolment = _enrol(work, voucher, found)
    record_scan(work, Scanned("enrol", class_id, digits, device), None)
    return enrolment


def _lock(work: Work, voucher_id: int, holder: int | None = None) -> Voucher:
    """Return the voucher, locked after its budget and its holder; nobody else's where a holder is named.

    The person is locked so that two vouchers of one person are never enrolled past each other.
    """
    seen = work.session.execute(
        select(Voucher.budget_id, Voucher.holder_person_id).where(Voucher.id == voucher_id)
    ).first()
    if seen is None or (holder is not None and seen.holder_person_id != holder):
        raise VOUCHER_MISSING.refused()
    budgets.get_budget(work, seen.budget_id, lock=True)
    work.session.execute(
        select(Person.id).where(Person.id == seen.holder_person_id).with_for_update(key_share=True)
    ).one()
    return lock_vouchers(work, Voucher.id == voucher_id)[0]


def check_enrolment(work: Work, voucher: Voucher, programme: Programme, found: TrainingClass) -> None:
    """Refuse whatever keeps a voucher out of a class, before anything is priced.

    Raises Refused voucher_not_accepted, redeemed_already, voucher_expired, voucher_ended, enrolled_already,
    on_hold, class_not_open, class_begun, expires_before_class, not_on_class_intake, institution_not_listed,
    institution_not_in_programme, class_not_for_voucher, class_of_other_project, class_full, class_overlaps,
    and what `check_qualifies` refuses.
    """
    check_usable(work.session, work.actor, voucher, work.today)
    if voucher.state == "enrolled":
        place = find_enrolment(work.session, voucher.id)
        other = load_class(work.session, place.class_id).number if place else ""
        raise ENROLLED_ALREADY.refused(other=other)
    check_no_hold(work, Thing.VOUCHER, [voucher.id], "enrol")
    check_open(work, found)
    check_redeem_by(voucher, found)
    check_named(work, found, voucher.holder_person_id)
    check_place(work, voucher, programme, found)
    check_qualifies(work, voucher, programme, found)


def check_enrolment_priced(work: Work, voucher: Voucher, programme: Programme, found: TrainingClass) -> None:
    """Refuse whatever enrolment would refuse, its price included, and change nothing.

    Raises Refused as `check_enrolment` and `train.pricing.promise` do.
    """
    check_enrolment(work, voucher, programme, found)
    promise(work, voucher, programme, found)


def _enrol(work: Work, voucher: Voucher, found: TrainingClass, *, consent_id: int | None = None) -> Enrolment:
    programme = get_programme(work.session, voucher.programme_id)
    check_enrolment(work, voucher, programme, found)
    lock_in(work, voucher, programme, found)
    set_certify_by(work, voucher, programme, found)
    enrolment = Enrolment(
        voucher_id=voucher.id,
        person_id=voucher.holder_person_id,
        class_id=found.id,
        enrolled_at=work.at,
        enrolled_by_person_id=work.actor.person_id,
    )
    work.session.add(enrolment)
    work.session.flush()
    advance(work, [voucher], "enrol", consent_id=consent_id)
    # its phone fetches one that names the institution; what it showed until now is over
    end_vouchers_credentials(work, [voucher.id], "enrol")
    return enrolment


def set_certify_by(work: Work, voucher: Voucher, programme: Programme, found: TrainingClass) -> None:
    """Give a voucher its last day for a certificate: so many months after the class ends.

    Raises Refused parameter_missing.
    """
    months = programme.certify_months
    if months is None:
        regions = catalogue.list_ancestry(work.session, voucher.region_code)
        months = tables.require_parameter_number(work.session, "certify_months", work.today, regions)
    voucher.certify_by = add_months(found.ends_on, months)
