"""我的手机: a phone bound by its holder, lost, replaced, and the credentials signed into it.

Paper, SMS and phones without a key never need any of this: the T code stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.credentials import devices
from voucher.ledger.credentials.beacons import beacon_of, slot_of
from voucher.ledger.credentials.devices import (
    DEVICE_KEY_TAKEN,
    LOST,
    REPLACED,
    SOURCE,
    THING,
    USABLE,
    Device,
    read_key,
)
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Person
from voucher.registry.phones import DeviceLimits, read_device_limits
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.presenting import binding_message
from voucher.stages.issue.signing import ended, get_own_device, sign_for_holder

DEVICE_KEY_MALFORMED = reason(
    "device_key_malformed",
    "手机密钥无法识别",
    "请刷新页面重试；仍不行的，请更新浏览器，或使用屏幕码、纸质券",
    SOURCE,
)
DEVICE_PROOF_WRONG = reason(
    "device_proof_wrong",
    "没有证明密钥在这部手机中",
    "请刷新页面重试；手机刚从休眠中恢复的，稍候再试",
    SOURCE,
)
DEVICES_TOO_MANY = reason(
    "devices_too_many",
    "您已登记手机“{label}”，一人最多登记 {most} 部",
    "换了手机的，请选择“换成这部手机”，原手机上的券随即失效",
    SOURCE,
    Family.CONFLICT,
)
DEVICE_CHANGES_USED_UP = reason(
    "device_changes_used_up",
    "{days} 日内更换手机已达 {most} 次",
    "券还能用纸质券或短信码出示；券已暂停使用的，请携带身份证到窗口核对身份；期满后可再登记手机",
    SOURCE,
    Family.LIMIT,
)


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A phone to be bound: its public key, compressed, and its signature over `binding_message`.

    With `replaces` the phone in use until now ends.
    """

    public_key: bytes
    proof: bytes
    label: str
    replaces: bool = False


def bind_device(work: Work, wanted: NewDevice) -> Device:
    """Bind a phone to its holder and sign what the holder can show into it; return the phone.

    What waited for a new key after a phone was found copied goes on. Raises Refused role_missing,
    device_key_malformed, device_proof_wrong, device_key_taken, devices_too_many, device_changes_used_up,
    parameter_missing.
    """
    check_role(work.actor, Role.WORKER)
    person_id = work.actor.person_id
    _check_proof(work, wanted)
    limits = read_device_limits(work.session, work.today)
    # a scan that holds a voucher names its holder: that must not wait for this, which wants the vouchers next
    work.session.scalars(
        select(Person.id).where(Person.id == person_id).with_for_update(key_share=True)
    ).one()
    vouchers = lock_vouchers(work, Voucher.holder_person_id == person_id, Voucher.state.in_(USABLE))
    known = devices.list_devices(work.session, person_id)
    same = next((each for each in known if each.public_key == wanted.public_key.hex()), None)
    if same is not None:
        if same.ended_at is not None:
            raise DEVICE_KEY_TAKEN.refused()
        return same
    _make_room(work, known, limits, replaces=wanted.replaces)
    bound = Device(
        person_id=person_id,
        public_key=wanted.public_key.hex(),
        label=wanted.label,
        bound_at=work.at,
        counter=0,
    )
    work.session.add(bound)
    work.session.flush()
    audit.record_one(work, THING, bound.id, "bind", holder=person_id)
    devices.let_go_on(work, vouchers)
    sign_for_holder(work, vouchers)
    return bound


def _check_proof(work: Work, wanted: NewDevice) -> None:
    key = read_key(wanted.public_key)
    if key is None:
        raise DEVICE_KEY_MALFORMED.refused()
    slot = slot_of(work.at)
    for fresh in (slot, slot - 1):
        beacon = beacon_of(work.keyring, fresh)
        message = binding_message(beacon, work.actor.person_id, wanted.public_key)
        if key.verifies(message, wanted.proof):
            return
    raise DEVICE_PROOF_WRONG.refused()


def _make_room(work: Work, known: Sequence[Device], limits: DeviceLimits, *, replaces: bool) -> None:
    live = [each for each in known if each.ended_at is None]
    if len(live) >= limits.most and not replaces:
        raise DEVICES_TOO_MANY.refused(label=live[0].label, most=limits.most)
    # the first phone, the last in the list, is no change
    recent = [each for each in known[:-1] if each.bound_at > work.at - limits.changes_within]
    if known and len(recent) >= limits.changes:
        raise DEVICE_CHANGES_USED_UP.refused(days=limits.changes_within.days, most=limits.changes)
    if replaces:
        for each in sorted(live, key=lambda device: device.id):
            devices.end_device(work, devices.lock_device(work, each.id), REPLACED)


def lose_device(work: Work, device_id: int, why: str | None) -> Device:
    """End one's own lost phone: everything signed into it is dead at once. Return the phone.

    Raises Refused role_missing, device_missing (also for somebody else's), device_ended.
    """
    lock_vouchers(work, Voucher.holder_person_id == work.actor.person_id, Voucher.state.in_(USABLE))
    device = get_own_device(work, device_id)
    if device.ended_at is not None:
        raise ended(device)
    devices.end_device(work, device, LOST, why)
    return device
