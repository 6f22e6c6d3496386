"""我的手机: phones and what is signed into them; what a counter keeps to read codes without a network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.issue.devices import (
    BeaconKeys,
    ChallengeState,
    CredentialFilter,
    Devices,
    DeviceState,
    HolderBeacon,
    NewChallenge,
    NewCredentials,
    NewDeviceBody,
    NewLoss,
    SignedCredentials,
)
from voucher.ledger.credentials.beacons import beacon_of, day_key, slot_of
from voucher.ledger.credentials.challenges import AskedChallenge
from voucher.ledger.credentials.devices import Device, list_devices
from voucher.plumbing.unit_of_work import Work
from voucher.rules.code_format import BEACON_SECONDS
from voucher.stages.issue.devices import NewDevice, bind_device, lose_device
from voucher.stages.issue.signing import fetch_credentials, look_at_credentials
from voucher.stages.train.presenting import ask_holder

devices = Room("devices", __name__, url_prefix="/api/v1", description="手机和券凭证")


@devices.look("/beacons", answer=HolderBeacon)
def show_beacon(_session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """本时段的时段校验数和系统时间：手机出示的码要对它签名，谁也不能提前签好。"""
    return _beacon() | {"holder_id": current_actor().person_id}


@devices.look("/devices", answer=Devices)
def list_own_devices(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """我的手机：登记过的都在内，新的在前。"""
    return {"items": list_devices(session, current_actor().person_id)}


@devices.act(
    "/devices",
    body=NewDeviceBody,
    answer=DeviceState,
    example={
        "public_key": "A" * 44,
        "proof": "A" * 86,
        "label": "我的手机",
        "replaces": False,
    },
)
def bind(work: Work, given: dict[str, Any]) -> Device:
    """登记手机：密钥由手机生成、不能导出；已领取的券随即签发到手机。"""
    return bind_device(work, NewDevice(**given))


@devices.act("/devices/<int:device_id>/losses", body=NewLoss, answer=DeviceState, example={"why": "手机丢失"})
def lose(work: Work, given: dict[str, Any], device_id: int) -> Device:
    """挂失手机：签发到它的券凭证当即失效，换一部手机登记后照常使用。"""
    return lose_device(work, device_id, given["why"])


@devices.ask("/credentials", body=NewCredentials, answer=SignedCredentials, example={"device_id": 1})
def renew_credentials(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """取回本手机的券凭证；新领取、新锁定、快到期的随即签发。"""
    return _beacon() | {"items": fetch_credentials(work, given["device_id"])}


@devices.look("/credentials", query=CredentialFilter, answer=SignedCredentials)
def list_credentials(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本手机现有的券凭证，只看不签。"""
    person_id = current_actor().person_id
    held = look_at_credentials(session, the_door().keyring, person_id, asked["device_id"])
    return _beacon() | {"items": held}


@devices.ask("/challenges", body=NewChallenge, answer=ChallengeState, status=201, example={"class_id": 3})
def ask_challenge(work: Work, given: dict[str, Any]) -> AskedChallenge:
    """验证码：手机时间不准时，由持券人的手机扫它再出示，片刻有效、只用一次。"""
    return ask_holder(work, given["class_id"])


@devices.look("/beacon-keys", answer=BeaconKeys)
def list_beacon_keys(_session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """前后三日的时段密钥，供扫码设备离线核对。"""
    today = the_door().at.astimezone(UTC).date()
    days = [today + timedelta(days=each) for each in (-1, 0, 1)]
    keys = [{"day": day, "key": day_key(the_door().keyring, day)} for day in days]
    return {"now": the_door().at, "keys": keys}


def _beacon() -> dict[str, Any]:
    slot = slot_of(the_door().at)
    return {
        "now": the_door().at,
        "slot": slot,
        "beacon": beacon_of(the_door().keyring, slot),
        "until": datetime.fromtimestamp((slot + 1) * BEACON_SECONDS, UTC),
    }
