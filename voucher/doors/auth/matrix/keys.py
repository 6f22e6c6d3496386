"""The access matrix of signing keys: anybody may fetch what verifies, their custodian alone keeps them."""

from __future__ import annotations

from voucher.doors.auth.entries import PUBLIC, Access
from voucher.rules.actor import Role

_CUSTODIANS = frozenset({Role.KEY_CUSTODIAN})

KEYS: dict[str, Access] = {
    "well_known.jwks": Access(PUBLIC, "公钥集，不含个人信息"),
    "well_known.trust_list": Access(PUBLIC, "信任根签署的可信名单"),
    "well_known.status_list": Access(PUBLIC, "凭证状态列表，只有随机位置"),
    "well_known.archive_status": Access(PUBLIC, "档案签名文件的状态列表，只有随机位置，限频"),
    "well_known.status_delta": Access(PUBLIC, "状态列表的变动，限频"),
    "web.custodian.keys": Access(_CUSTODIANS, "签名密钥：状态和期限，只有公开部分"),
    "web.custodian.make_next_key": Access(_CUSTODIANS, "生成下一把密钥"),
    "web.custodian.rotate_key": Access(_CUSTODIANS, "启用下一把密钥"),
    "web.custodian.withdraw_key": Access(_CUSTODIANS, "停用疑似泄露的密钥"),
    "web.custodian.publish_trust": Access(_CUSTODIANS, "签署、发布可信名单"),
}
