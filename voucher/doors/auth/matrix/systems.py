"""What institutions' systems may reach at the API: endpoint → the scope it needs; all else is for people.

Nothing here is undone, corrected, signed or agreed to: whatever asks for a second person asks for people.
"""

from __future__ import annotations

from voucher.doors.auth.entries import OFFICERS, PUBLIC, Access
from voucher.registry.systems.rows import SystemScope
from voucher.rules.actor import Role

_SCAN, _ATTENDANCE, _READ = SystemScope.SCAN, SystemScope.ATTENDANCE, SystemScope.READ

SYSTEMS: dict[str, SystemScope] = {
    "places.check_code": _SCAN,
    "places.enrol_voucher": _SCAN,
    "places.redeem_voucher": _SCAN,
    "devices.ask_challenge": _SCAN,
    "devices.list_beacon_keys": _SCAN,
    "offline.show_offline_pack": _SCAN,
    "offline.send_offline_scans": _SCAN,
    "teaching.note_attendance": _ATTENDANCE,
    "institutions.list_institutions": _READ,
    "institutions.show_institution": _READ,
    "dictionaries.show_dictionary": _READ,
    "classes.list_classes": _READ,
    "classes.show_class": _READ,
    "classes.list_class_sessions": _READ,
    "classes.list_class_roster": _READ,
    "places.list_scans": _READ,
    "offline.list_offline_scans": _READ,
    "claims.list_claims": _READ,
    "claims.show_claim": _READ,
}

# whose act asks about the token in the statement that locks what it is about, so that the door need not
PROVEN_BY_ACT = frozenset({"places.redeem_voucher"})

_ADMIN = frozenset({Role.INSTITUTION_ADMIN})

OAUTH: dict[str, Access] = {
    "systems.list_own_systems": Access(_ADMIN, "本机构的系统"),
    "systems.register": Access(_ADMIN, "登记系统，密钥只给一次"),
    "systems.rotate": Access(_ADMIN, "更换系统的密钥"),
    "systems.confirm": Access(_ADMIN, "停用系统的旧密钥"),
    "systems.revoke": Access(_ADMIN | OFFICERS | {Role.SUPERVISOR}, "停用系统"),
    "systems.register_webhook": Access(_ADMIN, "登记接收地址，签名密钥只给一次"),
    "systems.show_webhook": Access(_ADMIN, "本机构的接收地址"),
    "systems.rotate_webhook": Access(_ADMIN, "更换签名密钥"),
    "systems.try_webhook": Access(_ADMIN, "试送一条通知"),
    "systems.resume_webhook": Access(_ADMIN, "恢复暂停的通知并补发"),
    "systems.end_webhook": Access(_ADMIN, "停止事件通知"),
    "systems.list_webhook_deliveries": Access(_ADMIN, "送达情况"),
    "systems.resend": Access(_ADMIN, "再送一次"),
    "oauth.fetch_token": Access(PUBLIC, "机构系统凭密钥换取令牌，限频"),
}
