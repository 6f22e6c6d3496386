"""Using a code up, once: of any number at the same moment one gets through.

lock_shown          locks the voucher of a code, and the phone that signed it, at once
use_locked          uses up a code whose voucher and phone are locked, asking nothing again
use_presented       uses up a code whose voucher alone is locked
"""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select, update

from voucher.ledger.credentials.challenges import use_challenge
from voucher.ledger.credentials.devices import Device
from voucher.ledger.credentials.genuine import Signed, check_phone, check_standing
from voucher.ledger.credentials.issuing import IssuedCredential
from voucher.ledger.credentials.offline import CREDENTIAL_SUPERSEDED
from voucher.ledger.credentials.presented import Counter, Presented, check_order
from voucher.ledger.credentials.screen import CODE_EXPIRED, CODE_USED, use_code
from voucher.ledger.credentials.seen import SeenPresentation, find_seen
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, get_voucher
from voucher.plumbing.bulk import bring_up, write_one
from voucher.plumbing.trips import send
from voucher.plumbing.unit_of_work import Work

# a phone's counter only ever rises, and only while the phone is good, and the credential, which whoever holds
# the lock has read under it; said once
_MOVE_LOCKED = (
    update(Device)
    .where(Device.id == bindparam("device"), Device.ended_at.is_(None), Device.counter < bindparam("now"))
    .values(counter=bindparam("now"), shown_at=bindparam("now_at"))
)
_MOVE_ON = _MOVE_LOCKED.where(
    exists().where(IssuedCredential.id == bindparam("credential"), IssuedCredential.ended_at.is_(None))
).returning(Device.id)
_LOCK = (
    select(Voucher, Device)
    .join(Device, Device.id == bindparam("device"))
    .where(Voucher.id == bindparam("voucher"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock_shown(work: Work, found: Presented) -> Voucher:
    """Return the voucher of a code as it stands, locked, and with it the phone that signed the code.

    Raises Refused voucher_missing.
    """
    if found.signed is None:
        return get_voucher(work, found.voucher_id)
    asked = {"voucher": found.voucher_id, "device": found.signed.device.id}
    row = work.session.execute(_LOCK, asked).first()
    if row is None:
        raise VOUCHER_MISSING.refused()
    voucher: Voucher = row[0]
    return voucher


def use_presented(work: Work, found: Presented, counter: Counter) -> SeenPresentation | None:
    """Use a code up, once, its voucher being locked; return what is kept of an S or F.

    Between finding and locking anything may have happened to it, so all of that is asked again.
    Raises Refused code_used, code_expired, code_copied, credential_superseded, device_gone, device_frozen,
    challenge_gone.
    """
    if found.screen is not None:
        use_code(work, found.screen, counter.operation)
        return None
    signed = found.signed
    if signed is None:
        raise RuntimeError("a code is shown on a screen or signed by a phone")
    shown, credential = signed.presentation, signed.credential
    moved = work.session.connection().scalar(
        _MOVE_ON,
        {
            "device": signed.device.id,
            "credential": credential.id,
            "now": shown.counter,
            "now_at": shown.shown_at,
        },
    )
    if moved is None:
        work.session.refresh(credential)
        work.session.refresh(signed.device)
        check_standing(signed, work.at)
        if find_seen(work.session, signed.device.id, shown.counter) is not None:
            raise CODE_USED.refused()
        check_order(signed)
        raise CODE_EXPIRED.refused()
    return _keep_use(work, signed, counter, None)


def use_locked(
    work: Work, found: Presented, counter: Counter, *, row_id: int, superseded: bool
) -> SeenPresentation | None:
    """Use a code up whose voucher and phone are locked; return what is kept of an S or F, under that id.

    `superseded` says whether its credential has ended by now, read under the lock; so has its use been.
    Raises Refused code_used, code_expired, code_copied, credential_superseded, device_gone, device_frozen,
    challenge_gone.
    """
    if found.screen is not None:
        use_code(work, found.screen, counter.operation)
        return None
    signed = found.signed
    if signed is None:
        raise RuntimeError("a code is shown on a screen or signed by a phone")
    check_phone(signed)
    if superseded:
        raise CREDENTIAL_SUPERSEDED.refused()
    check_order(signed)
    shown = signed.presentation
    moved = {
        "device": signed.device.id,
        "now": shown.counter,
        "now_at": shown.shown_at,
    }
    send(work.session.connection(), _MOVE_LOCKED, moved)
    return _keep_use(work, signed, counter, row_id)


def _keep_use(work: Work, signed: Signed, counter: Counter, row_id: int | None) -> SeenPresentation:
    """Keep the use of a code whose number the phone has been moved on to."""
    shown, credential = signed.presentation, signed.credential
    bring_up(signed.device, counter=shown.counter, shown_at=shown.shown_at)
    challenge = use_challenge(work, counter.institution_id, shown.challenge) if shown.challenged else None
    return write_one(
        work.session,
        SeenPresentation,
        {
            "id": row_id,
            "vid": shown.vid.hex(),
            "counter": shown.counter,
            "kind": str(shown.kind),
            "voucher_id": credential.voucher_id,
            "credential_id": credential.id,
            "device_id": signed.device.id,
            "institution_id": counter.institution_id,
            "challenge_id": challenge,
            "operation": counter.operation,
            "shown_at": shown.shown_at,
            "used_at": work.at,
        },
    )
