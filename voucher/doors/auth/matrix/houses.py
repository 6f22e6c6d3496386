"""The access matrix of the API for what an institution's administrator keeps: accounts and devices."""

from __future__ import annotations

from voucher.doors.auth.entries import INSTITUTION_COUNTER, Access
from voucher.rules.actor import Role

_INSTITUTION = frozenset({Role.INSTITUTION_ADMIN})
_ADMINISTRATORS = _INSTITUTION | {Role.EVALUATOR_ADMIN}

HOUSES: dict[str, Access] = {
    "colleagues.list_own_colleagues": Access(_ADMINISTRATORS, "本机构的账号"),
    "colleagues.open_colleague": Access(_ADMINISTRATORS, "开本机构的账号，首次密码只给一次"),
    "colleagues.suspend": Access(_ADMINISTRATORS, "暂停同事在本机构的岗位"),
    "colleagues.resume": Access(_ADMINISTRATORS, "恢复同事在本机构的岗位"),
    "colleagues.reset": Access(_ADMINISTRATORS, "重置同事的密码和动态口令"),
    "counter_devices.list_counter_devices": Access(_INSTITUTION, "本机构的核销设备"),
    "counter_devices.name_counter_device": Access(INSTITUTION_COUNTER, "登记核销设备，设备密钥只给一次"),
    "counter_devices.approve_counter_device": Access(_INSTITUTION, "批准核销设备"),
    "counter_devices.strike_counter_device": Access(_INSTITUTION, "停用核销设备，当即生效"),
}
