"""核销设备: named by whoever scans with them, approved and struck off by the administrator."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room
from voucher.doors.schemas.registry.counter_devices import (
    CounterDevices,
    CounterDeviceState,
    CounterDeviceWithSecret,
    NewCounterDevice,
)
from voucher.doors.schemas.registry.systems import Nothing
from voucher.plumbing.unit_of_work import Work
from voucher.registry import counter_devices as registry
from voucher.registry.counter_devices import CounterDevice
from voucher.rules.actor import Role

counter_devices = Room("counter_devices", __name__, url_prefix="/api/v1", description="核销设备")


@counter_devices.look("/counter-devices", answer=CounterDevices)
def list_counter_devices(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """本机构的核销设备：在用的在前，停用的也在内。"""
    houses = institutions_served(frozenset({Role.INSTITUTION_ADMIN}))
    return {"items": registry.list_devices(session, houses)}


@counter_devices.act(
    "/counter-devices",
    body=NewCounterDevice,
    answer=CounterDeviceWithSecret,
    said_once="secret",
    example={"institution_id": 1, "name": "前台一号机"},
)
def name_counter_device(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """登记设备：得到设备密钥，只给这一次；管理员自己登记的即已批准。"""
    made, secret = registry.name_device(work, given["institution_id"], given["name"])
    return told(made, CounterDeviceState) | {"secret": secret}


@counter_devices.act(
    "/counter-devices/<int:device_id>/approvals", body=Nothing, answer=CounterDeviceState, example={}
)
def approve_counter_device(work: Work, _given: dict[str, Any], device_id: int) -> CounterDevice:
    """批准设备。"""
    return registry.approve_device(work, device_id)


@counter_devices.act(
    "/counter-devices/<int:device_id>/strikings", body=Nothing, answer=CounterDeviceState, example={}
)
def strike_counter_device(work: Work, _given: dict[str, Any], device_id: int) -> CounterDevice:
    """停用设备：当即生效，不能恢复。"""
    return registry.strike_device(work, device_id)
