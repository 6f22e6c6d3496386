"""Confirmation (离线登记的确认) of what a counter scanned without a network, sent in any order, any often.

Each scan is judged by the moment its code was shown, never by when it arrives, and kept once under the name
the counter gave it. It redeems the voucher, or stands on the redemption that another scan of it made in this
class, or it is a conflict: evidence for the office, and nobody redeemed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import select, update

from voucher.ledger import audit
from voucher.ledger.credentials.devices import Device
from voucher.ledger.credentials.genuine import Signed
from voucher.ledger.credentials.presented import Presented
from voucher.ledger.credentials.seen import SeenPresentation, find_seen
from voucher.ledger.holds import look_before_step
from voucher.ledger.vouchers import Voucher, advance, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry.counter_devices import find_device
from voucher.registry.people import get_person, hold_person
from voucher.registry.phones import FieldRules, read_field_rules
from voucher.registry.subjects import find_keys
from voucher.rules.errors import Refusal, Refused
from voucher.rules.lifecycle import Thing
from voucher.rules.presenting import CODE_COPIED
from voucher.stages.train.long_way import NONCE_REUSED
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.offline import CONFIRMED, CONFLICT, REFUSED, SEALED, OfflineScan
from voucher.stages.train.models.places import Enrolment, Redemption
from voucher.stages.train.offline_judging import Noted as Noted
from voucher.stages.train.offline_judging import NotedBy, check_scan, read_signed
from voucher.stages.train.presenting import counters_of, house_of
from voucher.stages.train.reading import COUNTER, get_served_class
from voucher.stages.train.redeem import Redeeming, tell_holder, write_redemption
from voucher.stages.train.scans import Scanned, find_shown, record_scan

THING = "offline_scan"
DIGEST = "offline_scan"


def confirm_scans(
    work: Work, class_id: int, noted: Sequence[Noted], scanner: str | None = None
) -> list[OfflineScan]:
    """Judge what was scanned without a network for a class and return what each came to, in the order given.

    A scan that was sent before is not judged again. `scanner` is the secret of the device that noted them;
    None where nobody need ask. Raises Refused role_missing, class_missing,
    nonce_reused, parameter_missing.
    """
    found = get_served_class(work, class_id, *COUNTER)
    house = house_of(work, found)
    rules = read_field_rules(work.session, work.today)
    by = NotedBy(find_device(work.session, scanner), counters_of(work)) if scanner is not None else None
    kept = _find_kept(work, house, [each.client_id for each in noted])
    fresh = {each.client_id: each for each in noted if each.client_id not in kept}
    _check_named_once(work, found, noted, kept)
    vouchers = _lock(work, fresh.values())
    for each in sorted(fresh.values(), key=lambda one: (one.scanned_at, one.client_id)):
        kept[each.client_id] = _judge(work, found, house, each, vouchers, rules, by)
    return [kept[each.client_id] for each in noted]


def _find_kept(work: Work, house: int, client_ids: Sequence[str]) -> dict[str, OfflineScan]:
    rows = work.session.scalars(
        select(OfflineScan)
        .where(OfflineScan.institution_id == house, OfflineScan.client_id.in_(client_ids))
        .execution_options(populate_existing=True)
    )
    return {each.client_id: each for each in rows}


def _check_named_once(
    work: Work, found: TrainingClass, noted: Sequence[Noted], kept: dict[str, OfflineScan]
) -> None:
    """Refuse a name that stands for two different codes, or for a scan of another class."""
    digests = {client_id: each.digest for client_id, each in kept.items()}
    for each in noted:
        if digests.setdefault(each.client_id, _digest(work, each)) != _digest(work, each):
            raise NONCE_REUSED.refused()
    if any(each.class_id != found.id for each in kept.values()):
        raise NONCE_REUSED.refused()


def _digest(work: Work, noted: Noted) -> str:
    return work.keyring.blind_index(DIGEST, noted.digits)


def _lock(work: Work, noted: Iterable[Noted]) -> dict[int, Voucher]:
    """Lock every voucher these scans are of, all at once and in order."""
    shown = [find_shown(work, each.digits) for each in noted]
    ids = {each.voucher_id for each in shown if each is not None}
    return {each.id: each for each in lock_vouchers(work, Voucher.id.in_(ids))} if ids else {}


def _judge(
    work: Work,
    found: TrainingClass,
    house: int,
    noted: Noted,
    vouchers: dict[int, Voucher],
    rules: FieldRules,
    by: NotedBy | None,
) -> OfflineScan:
    """Judge one scan, do what follows, and keep it."""
    try:
        signed = read_signed(work, noted.digits)
    except Refused as refused:
        return _keep(work, found, house, noted, refusal=refused.refusal)
    voucher = vouchers[signed.credential.voucher_id]
    try:
        stood_on = check_scan(work, found, noted, signed, voucher, rules, by)
    except Refused as refused:
        if refused.refusal.code == CODE_COPIED.code:
            _take_back(work, signed, found)
        _note_seen(work, signed, house)
        return _keep(work, found, house, noted, signed=signed, voucher=voucher, refusal=refused.refusal)
    seen = _note_seen(work, signed, house)
    if isinstance(stood_on, Enrolment):
        stood_on = _redeem(work, stood_on, house, noted, signed, voucher, seen)
    return _keep(work, found, house, noted, signed=signed, voucher=voucher, redemption=stood_on)


def _redeem(
    work: Work,
    place: Enrolment,
    house: int,
    noted: Noted,
    signed: Signed,
    voucher: Voucher,
    seen: SeenPresentation,
) -> Redemption:
    asked = Redeeming(noted.digits, place.class_id, noted.last4, f"offline-{house}", noted.client_id)
    shown = Presented(voucher.id, signed=signed)
    redemption = write_redemption(work, asked, place, shown, seen, house)
    # what stopped it since it was shown has been judged: it stays open, and the voucher is redeemed under it
    before = replace(look_before_step(work, Thing.VOUCHER, voucher.id), stopped_why=None)
    advance(work, [voucher], "redeem", before=before)
    if get_person(work.session, voucher.holder_person_id).mobile_index is not None:
        tell_holder(work, voucher, redemption)
    return redemption


def _note_seen(work: Work, signed: Signed, house: int) -> SeenPresentation:
    """Remember the number of a genuine code, as of every code: what contradicts it is a copy."""
    shown, device = signed.presentation, signed.device
    seen = find_seen(work.session, device.id, shown.counter)
    if seen is None:
        seen = SeenPresentation(
            vid=shown.vid.hex(),
            counter=shown.counter,
            kind=str(shown.kind),
            voucher_id=signed.credential.voucher_id,
            credential_id=signed.credential.id,
            device_id=device.id,
            institution_id=house,
            operation="redeem",
            shown_at=shown.shown_at,
            used_at=work.at,
        )
        work.session.add(seen)
        work.session.flush()
    work.session.execute(
        update(Device)
        .where(Device.id == device.id, Device.ended_at.is_(None), Device.counter < shown.counter)
        .values(counter=shown.counter, shown_at=shown.shown_at)
        .execution_options(synchronize_session=False)
    )
    return seen


def _take_back(work: Work, signed: Signed, found: TrainingClass) -> None:
    """Make conflicts of what was confirmed from the same phone here: which of the two was real nobody knows.

    The redemption stands and its voucher is held; the office decides.
    """
    told = CODE_COPIED.refusal()
    confirmed = work.session.scalars(
        select(OfflineScan).where(
            OfflineScan.device_id == signed.device.id,
            OfflineScan.class_id == found.id,
            OfflineScan.outcome == CONFIRMED,
        )
    )
    for each in confirmed.all():
        each.outcome, each.redemption_id = CONFLICT, None
        each.code, each.title, each.next_step = told.code, told.title, told.next_step
        audit.record_one(work, THING, each.id, "take_back", code=told.code)
    work.session.flush()


def _keep(
    work: Work,
    found: TrainingClass,
    house: int,
    noted: Noted,
    *,
    signed: Signed | None = None,
    voucher: Voucher | None = None,
    refusal: Refusal | None = None,
    redemption: Redemption | None = None,
) -> OfflineScan:
    """Write down what a scan came to, among all scans and under its own name."""
    record_scan(work, Scanned("redeem", found.id, noted.digits, f"offline-{house}"), refusal)
    outcome = CONFIRMED if refusal is None else REFUSED if voucher is None else CONFLICT
    kept = OfflineScan(
        institution_id=house,
        class_id=found.id,
        client_id=noted.client_id,
        digest=_digest(work, noted),
        voucher_id=voucher.id if voucher is not None else None,
        device_id=signed.device.id if signed is not None else None,
        digits_sealed=_seal(work, voucher, noted) if voucher is not None else None,
        shown_at=signed.presentation.shown_at if signed is not None else None,
        scanned_at=noted.scanned_at,
        received_at=work.at,
        received_by_person_id=work.actor.person_id,
        outcome=outcome,
        code=refusal.code if refusal is not None else None,
        title=refusal.title if refusal is not None else None,
        next_step=refusal.next_step if refusal is not None else None,
        redemption_id=redemption.id if redemption is not None else None,
    )
    work.session.add(kept)
    work.session.flush()
    told = {"outcome": outcome, "class": found.id, "voucher": kept.voucher_id, "code": kept.code}
    audit.record_one(work, THING, kept.id, "receive", **told)
    return kept


def _seal(work: Work, voucher: Voucher, noted: Noted) -> bytes | None:
    """Return the code as evidence, under the key of whom it names; of somebody erased nothing is kept."""
    index = hold_person(work, voucher.holder_person_id).blind_index
    key = find_keys(work.session, work.keyring, [index]).get(index)
    return None if key is None else work.keyring.seal(key, SEALED, noted.digits)
