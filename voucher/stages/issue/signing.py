"""What is signed into a phone: at acceptance, when a voucher moves, near its end; and what is swept away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from voucher.ledger.credentials import devices, issuing
from voucher.ledger.credentials.devices import DEVICE_ENDED, DEVICE_MISSING, Device
from voucher.ledger.credentials.issuing import Asked, IssuedCredential
from voucher.ledger.credentials.keys import SIGNING_KEY_MISSING, find_trusted
from voucher.ledger.credentials.reserving import read_reserved, select_reserved
from voucher.ledger.credentials.status import IS_FROZEN, Place, Status, StatusPlace, set_status
from voucher.ledger.holds import Hold, select_held
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import short_name
from voucher.plumbing.signing.signers import SIGNER_KEY_MISSING, SIGNER_UNAVAILABLE
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.phones import DeviceLimits, read_bearers, read_device_limits, read_keys
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.rules.presenting import expires_at, is_near_end

# what a phone shows: to be locked to a class, to be used, to be signed in with on the days of the class,
# and at the door of the exam
SHOWN = ("accepted", "enrolled", "training", "trained")
SWEPT = 5000
VOUCHER_CHANGED = "voucher_changed"
NO_SIGNATURE = frozenset({SIGNING_KEY_MISSING.code, SIGNER_KEY_MISSING.code, SIGNER_UNAVAILABLE.code})


@dataclass(frozen=True, slots=True)
class Held:
    """A credential as its own phone is given it."""

    credential: IssuedCredential
    voucher_number: str
    content: bytes


def get_own_device(work: Work, device_id: int) -> Device:
    """Return one's own phone, locked. Raises Refused role_missing, device_missing."""
    check_role(work.actor, Role.WORKER)
    device = devices.lock_device(work, device_id)
    if device.person_id != work.actor.person_id:
        raise DEVICE_MISSING.refused()
    return device


def ended(device: Device) -> Refused:
    """Return the refusal of a phone that is good for nothing any more."""
    return DEVICE_ENDED.refused(state=device.state_name, why=device.state)


def fetch_credentials(work: Work, device_id: int) -> list[Held]:
    """Bring what is signed into one's own phone up to date and return all of it.

    Raises Refused role_missing, device_missing, device_ended, signing_key_missing,
    signer_key_missing, signer_unavailable.
    """
    check_role(work.actor, Role.WORKER)
    person_id = work.actor.person_id
    vouchers = lock_vouchers(work, Voucher.holder_person_id == person_id, Voucher.state.in_(SHOWN))
    device = get_own_device(work, device_id)
    if device.ended_at is not None:
        raise ended(device)
    live = {each.voucher_id: each for each in issuing.list_live(work.session, device.id)}
    reserved = read_reserved(work.session, [each.id for each in vouchers])
    limits = read_device_limits(work.session, work.today)
    believed = _believed(work, {each.kid for each in live.values()})
    due = [
        each
        for each in vouchers
        if (found := live.get(each.id)) is None
        or found.kid not in believed
        or _is_due(work, each, found, reserved.get(each.id), limits)
    ]
    sign_into(work, device, due)
    return read_held(work.session, work.keyring, device)


def _believed(work: Work, kids: Iterable[str]) -> set[str]:
    """Return those of the issuer's keys that still count: what a withdrawn one signed is signed anew."""
    return {
        kid
        for kid in kids
        if any(each.kid == kid for each in find_trusted(work.session, short_name(kid), work.at))
    }


def _is_due(
    work: Work, voucher: Voucher, found: IssuedCredential, reserved: int | None, limits: DeviceLimits
) -> bool:
    """Return whether a voucher is to be signed anew: for another institution, or because it is soon over."""
    if found.institution_id != reserved:
        return True
    near = is_near_end(found.issued_at, found.expires_at, work.at)
    return near and _until(work, voucher, limits) > found.expires_at


def look_at_credentials(session: Session, keyring: Keyring, person_id: int, device_id: int) -> list[Held]:
    """Return what is signed into one's own phone now, and change nothing.

    Raises Refused device_missing (also for somebody else's), device_ended.
    """
    device = session.get(Device, device_id)
    if device is None or device.person_id != person_id:
        raise DEVICE_MISSING.refused()
    if device.ended_at is not None:
        raise ended(device)
    return read_held(session, keyring, device)


def read_held(session: Session, keyring: Keyring, device: Device) -> list[Held]:
    """Return the live credentials in a phone with their vouchers' numbers."""
    live = issuing.list_live(session, device.id)
    key = read_keys(session, keyring, [device.person_id]).get(device.person_id)
    if not live or key is None:
        return []
    numbered = {
        each.id: each.number
        for each in session.scalars(select(Voucher).where(Voucher.id.in_([each.voucher_id for each in live])))
    }
    return [Held(each, numbered[each.voucher_id], issuing.open_content(keyring, key, each)) for each in live]


def sign_for_holder(work: Work, vouchers: Sequence[Voucher]) -> int:
    """Sign locked vouchers of one person into the phone bound, where there is one, and return how many.

    Without a phone, or while nothing can be signed with, nothing is signed and nothing of it stays: a T code
    needs neither, and the phone fetches what is missing later.
    """
    device = devices.find_live(work.session, vouchers[0].holder_person_id) if vouchers else None
    if device is None:
        return 0
    try:
        with work.session.begin_nested():
            return sign_into(work, device, vouchers)
    except Refused as refused:
        if refused.refusal.code not in NO_SIGNATURE:
            raise
        return 0


def sign_into(work: Work, device: Device, vouchers: Sequence[Voucher]) -> int:
    """Sign locked vouchers of a phone's holder into it and return how many.

    Raises Refused signing_key_missing, signer_key_missing, signer_unavailable, parameter_missing.
    """
    limits = read_device_limits(work.session, work.today)
    held = _held(work, [each.id for each in vouchers])
    usable = [
        each
        for each in vouchers
        if each.state in SHOWN and each.id not in held and _until(work, each, limits) > work.at
    ]
    if not usable:
        return 0
    people.hold_person(work, device.person_id)
    bearers = read_bearers(work.session, work.keyring, [device.person_id])
    if device.person_id not in bearers:
        return 0
    key = bytes.fromhex(device.public_key)
    asked = [Asked(each, device.id, key, _until(work, each, limits)) for each in usable]
    return issuing.issue_credentials(work, asked, bearers)


def mark_held_credentials(work: Work) -> int:
    """Bring the status lists up to the holds on vouchers, and return how many places changed.

    A scanner without a network has only the list to go by. So many at once: the rest is due at the next call.
    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    issued, held = IssuedCredential, select_held(Thing.VOUCHER)
    live = (
        select(issued.status_list, issued.status_place)
        .join(
            StatusPlace,
            and_(StatusPlace.sl == issued.status_list, StatusPlace.si == issued.status_place),
        )
        .where(issued.ended_at.is_(None))
        .limit(SWEPT)
    )
    changed = 0
    for condition, before, after in (
        (issued.voucher_id.in_(held), StatusPlace.value == int(Status.VALID), Status.FROZEN),
        (issued.voucher_id.not_in(held), IS_FROZEN, Status.VALID),
    ):
        rows = work.session.execute(live.where(condition, before)).all()
        changed += set_status(work, [Place(sl, si) for sl, si in rows], after)
    return changed


def _held(work: Work, voucher_ids: Sequence[int]) -> set[int]:
    found = select_held(Thing.VOUCHER).where(Hold.object_id.in_(voucher_ids))
    return set(work.session.scalars(found))


def _until(work: Work, voucher: Voucher, limits: DeviceLimits) -> datetime:
    return expires_at(work.at, limits.credential_days, _last(voucher))


def _last(voucher: Voucher) -> datetime | None:
    """Return the moment from which a voucher not used yet is nobody's to use any more."""
    if voucher.state in ("training", "trained"):
        return None
    return datetime.combine(voucher.redeem_by + timedelta(days=1), time(), SHANGHAI)


def end_due_credentials(work: Work) -> int:
    """End what is signed for vouchers that ended, moved or ran out of time, and return how many.

    Acts that move a voucher end its credential themselves where they know; this finds all the others, so many
    at once: the rest is due at the next call. Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    issued, reserved = IssuedCredential, select_reserved().subquery()
    live = select(issued.id).where(issued.ended_at.is_(None)).limit(SWEPT)
    shown = live.join(Voucher, Voucher.id == issued.voucher_id)
    locked = shown.outerjoin(reserved, reserved.c.voucher_id == issued.voucher_id)
    elsewhere = func.coalesce(issued.institution_id, 0) != func.coalesce(reserved.c.institution_id, 0)
    ended = 0
    # asked one by one, each is answered from an index or from what is live, and from nothing else
    for due in (
        live.where(issued.expires_at <= work.at),
        shown.where(Voucher.state.not_in(SHOWN)),
        shown.where(Voucher.state == "accepted", issued.institution_id.is_not(None)),
        locked.where(Voucher.state.in_(("enrolled", "training", "trained")), elsewhere),
    ):
        found = work.session.scalars(due).all()
        if found:
            ended += issuing.end_credentials(work, issued.id.in_(found), VOUCHER_CHANGED)
    return ended
