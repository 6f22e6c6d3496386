"""The access matrix of corrections: names and identity numbers, proposed and decided by two people."""

from __future__ import annotations

from voucher.doors.auth.entries import OFFICERS, OPERATORS, Access
from voucher.rules.actor import Role

_OFFICE = OPERATORS | OFFICERS
_PROPOSERS = OPERATORS | {Role.OFFICER_COUNTY, Role.OFFICER_CITY}

API_CORRECTIONS: dict[str, Access] = {
    "corrections.list_names": Access(_OFFICE, "查看姓名更正（掩码）"),
    "corrections.propose_name": Access(_PROPOSERS, "提出姓名更正"),
    "corrections.decide_name": Access(OFFICERS, "确认或退回姓名更正"),
    "corrections.list_numbers": Access(_OFFICE, "查看证件号码更正（掩码）"),
    "corrections.propose_number": Access(_PROPOSERS, "提出证件号码更正"),
    "corrections.decide_number": Access(OFFICERS, "确认或退回证件号码更正"),
}

WEB_CORRECTIONS: dict[str, Access] = {
    "web.office.corrections": Access(_OFFICE, "身份更正，姓名和号码均掩码"),
    "web.office.name_correction": Access(_OFFICE, "一件姓名更正；待审核的姓名仅审核人员可见全名"),
    "web.office.propose_name": Access(_PROPOSERS, "提出姓名更正"),
    "web.office.approve_name": Access(OFFICERS, "审核姓名更正"),
    "web.office.decline_name": Access(OFFICERS, "退回姓名更正"),
    "web.office.number_correction": Access(_OFFICE, "一件证件号码更正，号码掩码"),
    "web.office.propose_number": Access(_PROPOSERS, "提出证件号码更正"),
    "web.office.approve_number": Access(OFFICERS, "审核证件号码更正，按依据输入新号码"),
    "web.office.decline_number": Access(OFFICERS, "退回证件号码更正"),
}
