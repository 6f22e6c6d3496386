"""Scanning without a network (离线登记): the pack of a class, what was noted sent later, cases concluded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.orm import Session

from voucher.doors.api.reach import told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.counters import find_scanner
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.train.offline import (
    NewCaseClosing,
    NewOfflineScans,
    OfflineCaseFilter,
    OfflinePack,
    OfflineScanFilter,
    OfflineScans,
    OfflineScanState,
    OfflineScansTold,
)
from voucher.plumbing.unit_of_work import Work
from voucher.registry.phones import read_showing_limits
from voucher.stages.train import queries
from voucher.stages.train.confirm import Noted, confirm_scans
from voucher.stages.train.models.offline import OfflineScan
from voucher.stages.train.offline_cases import close_case
from voucher.stages.train.queries import offline as reading

offline = Room("offline", __name__, url_prefix="/api/v1", description="离线登记")
HOUR_SECONDS = 3600
EXAMPLE = {
    "class_id": 3,
    "scans": [
        {
            "client_id": "0b1c8f54-6a53-4a6e-8f0e-3f4f1d2c9a10",
            "digits": "7100000000000000000",
            "last4": "991X",
            "scanned_at": "2024-04-08T08:20:00+08:00",
        }
    ],
}


@offline.look("/classes/<int:class_id>/offline-pack", answer=OfflinePack)
def show_offline_pack(session: Session, _asked: dict[str, Any], class_id: int) -> dict[str, Any]:
    """离线名单：一个班级断网时核对离线码所需的全部，限时有效，须加密保存。"""
    found = reading.get_packed_class(session, current_actor(), class_id)
    pack = reading.pack_class(session, the_door().keyring, found, the_door().at)
    rules = pack.rules
    far = read_showing_limits(session, the_door().today).window.far
    return {
        "class_id": found.id,
        "class_number": found.number,
        "class_name": found.name,
        "starts_on": found.starts_on,
        "ends_on": found.ends_on,
        "institution": found.institution_id,
        "institution_name": pack.institution_name,
        "made_at": pack.made_at,
        "expires_at": pack.expires_at,
        "issuers": [
            {
                "kid": each.key.kid4.hex(),
                "public_key": each.key.public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint).hex(),
                "not_before": int(each.signing_since.timestamp()),
                "not_after": None,
            }
            for each in pack.issuers
        ],
        "beacon_keys": {day.isoformat(): key.hex() for day, key in pack.beacon_keys.items()},
        "roster": pack.rows,
        "limits": {
            "before_seconds": int(rules.window.total_seconds()),
            "after_seconds": int(rules.window.total_seconds()),
            "far_seconds": int(far.total_seconds()),
            "fresh_list_hours": int(rules.fresh_list.total_seconds()) // HOUR_SECONDS,
            "usable_list_hours": int(rules.usable_list.total_seconds()) // HOUR_SECONDS,
            "fresh_beacon_quarters": rules.fresh_beacon_age,
        },
    }


@offline.act("/offline-scans", body=NewOfflineScans, answer=OfflineScansTold, status=200, example=EXAMPLE)
def send_offline_scans(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """上传离线登记：逐条确认，先后、次数不论，结果相同；不能确认的转人社部门核查，不强行核销。"""
    noted = [Noted(**each) for each in given["scans"]]
    kept = confirm_scans(work, given["class_id"], noted, find_scanner())
    return {"items": _told(work.session, kept)}


@offline.look("/offline-scans", query=OfflineScanFilter, answer=OfflineScans)
def list_offline_scans(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """一个班级的离线登记和各条的结果，新的在前。"""
    found = queries.get_own_class_for(session, current_actor(), asked["class_id"])
    page = paged(
        asked,
        lambda before, limit: reading.list_offline_scans(session, found.id, before_id=before, limit=limit),
        lambda row: row.id,
    )
    return page | {"items": _told(session, page["items"])}


@offline.look("/offline-cases", query=OfflineCaseFilter, answer=OfflineScans)
def list_offline_cases(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区不能确认、尚未核查的离线登记，新的在前。"""
    regions = within(session, asked["region"])
    page = paged(
        asked,
        lambda before, limit: reading.list_offline_cases(session, regions, before_id=before, limit=limit),
        lambda row: row.id,
    )
    return page | {"items": _told(session, page["items"])}


@offline.act(
    "/offline-scans/<int:scan_id>/closings",
    body=NewCaseClosing,
    answer=OfflineScanState,
    example={"conclusion": "机构说明：前台输错证件号，学员当日到课"},
)
def close_offline_case(work: Work, given: dict[str, Any], scan_id: int) -> dict[str, Any]:
    """写明一条离线登记的核查结论；结论本身不核销。"""
    return _told(work.session, [close_case(work, scan_id, given["conclusion"])])[0]


def _told(session: Session, scans: Sequence[OfflineScan]) -> list[dict[str, Any]]:
    named = reading.name_scanned(session, the_door().keyring, scans)
    return [
        told(each, OfflineScanState)
        | dict(zip(("voucher_number", "masked_name"), named.get(each.id, (None, None)), strict=True))
        for each in scans
    ]
