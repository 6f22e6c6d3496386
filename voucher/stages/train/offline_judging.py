"""What a scan made without a network comes to: the same answer whatever arrived before it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from voucher.ledger.credentials import CODE_USED
from voucher.ledger.credentials.devices import DEVICE_GONE, FROZEN, Device
from voucher.ledger.credentials.genuine import Signed, find_signed
from voucher.ledger.credentials.keys import find_trusted
from voucher.ledger.credentials.offline import CODE_KIND_WRONG, CREDENTIAL_ELSEWHERE, CREDENTIAL_SUPERSEDED
from voucher.ledger.credentials.seen import SeenPresentation, find_seen
from voucher.ledger.credentials.verifying import (
    CREDENTIAL_EXPIRED,
    CREDENTIAL_KEY_WITHDRAWN,
    CREDENTIAL_NOT_YET,
)
from voucher.ledger.exit_holds import check_not_held_then
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.signing import short_name
from voucher.plumbing.unit_of_work import Work
from voucher.registry.counter_devices import CounterDevice, judge_device
from voucher.registry.people import read_people
from voucher.registry.phones import FieldRules
from voucher.rules.code_format import Kind, parse_code, parse_presentation
from voucher.rules.offline import REVERSED_SINCE, Numbered, check_offline_moment, is_copied
from voucher.rules.presenting import CODE_COPIED
from voucher.stages.train.cards import check_card
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment, Redemption
from voucher.stages.train.reading import find_redemption
from voucher.stages.train.standing import get_redeemable_place, redeemed_already


@dataclass(frozen=True, slots=True)
class Noted:
    """One scan as the counter noted it; `client_id` names it for ever, `scanned_at` is by its own clock."""

    client_id: str
    digits: str
    last4: str
    scanned_at: datetime


@dataclass(frozen=True, slots=True)
class NotedBy:
    """The device scans were noted with, None where it is unknown, and whose counters it may stand at."""

    device: CounterDevice | None
    institution_ids: Collection[int]


def read_signed(work: Work, digits: str) -> Signed:
    """Return the phone and the credential behind a code that a phone signed for who has no network.

    Raises Refused code_kind_wrong and what `parse_presentation` and `find_signed` refuse.
    """
    kind = parse_code(digits)
    if kind is not Kind.F:
        raise CODE_KIND_WRONG.refused(kind=str(kind))
    return find_signed(work.session, work.keyring, parse_presentation(digits), work.at)


def check_scan(
    work: Work,
    found: TrainingClass,
    noted: Noted,
    signed: Signed,
    voucher: Voucher,
    rules: FieldRules,
    by: NotedBy | None = None,
) -> Redemption | Enrolment:
    """Return the redemption a scan stands on, or the place in which it is to redeem; the voucher is locked.

    The device is judged, like everything, by the moment the code was shown: struck off or approved since
    makes no difference, nor does an institution stopped or restored since.

    Raises Refused code_copied, what `check_offline_moment` and `get_redeemable_place` refuse,
    counter_device_struck, counter_device_unapproved, device_gone, credential_superseded,
    credential_key_withdrawn, credential_not_yet, credential_expired, credential_elsewhere, code_used,
    redemption_reversed_since, on_hold, card_tries_used_up, identity_differs, parameter_missing.
    """
    _check_one_phone(work, signed, rules)
    check_offline_moment(signed.presentation.shown_at, noted.scanned_at, work.at, rules.limits)
    shown_at = datetime.fromtimestamp(signed.presentation.shown_at, UTC)
    if by is not None:
        judge_device(work, by.institution_ids, by.device, at=shown_at)
    _check_standing_then(work, signed, found, shown_at)
    stood_on: Redemption | Enrolment | None = find_redemption(work.session, voucher.id)
    if stood_on is None:
        _check_unused(work, signed, shown_at)
        stood_on = get_redeemable_place(work, voucher, found, shown_at=shown_at)
        houses = {found.institution_id, found.delivering_institution_id}
        check_not_held_then(work.session, voucher.id, houses, shown_at)
    elif stood_on.class_id != found.id:
        raise redeemed_already(work.session, work.actor, voucher)
    holder = read_people(work.session, work.keyring, [voucher.holder_person_id])
    check_card(work, voucher, holder.get(voucher.holder_person_id), noted.last4)
    return stood_on


def _check_one_phone(work: Work, signed: Signed, rules: FieldRules) -> None:
    """Refuse a code that contradicts another one of the same key, whichever of them arrived first."""
    device, shown = signed.device, signed.presentation
    if device.ended_why == FROZEN:
        raise CODE_COPIED.refused()
    this = Numbered(shown.counter, shown.shown_at)
    others = work.session.execute(
        select(SeenPresentation.counter, SeenPresentation.shown_at).where(
            SeenPresentation.device_id == device.id
        )
    )
    if any(is_copied(this, Numbered(*each), rules.window) for each in others):
        raise CODE_COPIED.refused()


def _check_standing_then(work: Work, signed: Signed, found: TrainingClass, shown_at: datetime) -> None:
    """Refuse a phone or a credential that was good for nothing when the code was shown."""
    device: Device = signed.device
    credential = signed.credential
    if device.ended_at is not None and device.ended_at <= shown_at:
        raise DEVICE_GONE.refused()
    if credential.ended_at is not None and credential.ended_at <= shown_at:
        raise CREDENTIAL_SUPERSEDED.refused()
    if all(
        each.kid != credential.kid for each in find_trusted(work.session, short_name(credential.kid), work.at)
    ):
        raise CREDENTIAL_KEY_WITHDRAWN.refused()
    if shown_at < credential.not_before:
        raise CREDENTIAL_NOT_YET.refused()
    if shown_at >= credential.expires_at:
        raise CREDENTIAL_EXPIRED.refused()
    if credential.institution_id != found.institution_id:
        raise CREDENTIAL_ELSEWHERE.refused()


def _check_unused(work: Work, signed: Signed, shown_at: datetime) -> None:
    """Refuse a code that did something else, and one older than the reversal of its voucher's redemption."""
    reversed_since = work.session.scalar(
        select(Redemption.id)
        .where(Redemption.voucher_id == signed.credential.voucher_id, Redemption.reversed_at > shown_at)
        .limit(1)
    )
    if reversed_since is not None:
        raise REVERSED_SINCE.refused()
    seen = find_seen(work.session, signed.device.id, signed.presentation.counter)
    if seen is not None and seen.operation != "redeem":
        raise CODE_USED.refused()
