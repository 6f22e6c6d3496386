"""What institutions' systems may reach at the API: endpoint → the scope it needs; all else is for people.

Nothing here is undone, corrected, signed or agreed to: whatever asks for a second person asks for people.
"""

from __future__ import annotations

from voucher.doors.auth.entries import PUBLIC, Access
from voucher.registry.system_rows import SystemScope

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

OAUTH: dict[str, Access] = {
    "oauth.fetch_token": Access(PUBLIC, "机构系统凭密钥换取令牌，限频"),
}
