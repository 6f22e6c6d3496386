"""The access matrix of people's own data: what is held, who looked, and being forgotten."""

from __future__ import annotations

from voucher.doors.auth.entries import OFFICERS, OPERATORS, WORKERS, Access

_OFFICE = OPERATORS | OFFICERS

WEB_PRIVACY: dict[str, Access] = {
    "web.worker.my_data": Access(WORKERS, "关于我的信息：种类、用途、期限、谁看过"),
    "web.worker.my_data_file": Access(WORKERS, "带走本人信息，数据文件，不缓存"),
    "web.worker.my_data_paper": Access(WORKERS, "带走本人信息，PDF，不缓存"),
    "web.worker.ask_to_be_erased": Access(WORKERS, "申请注销本人"),
    "web.worker.withdraw_own_erasure": Access(WORKERS, "撤回本人的注销申请"),
    "web.office.erasures": Access(_OFFICE, "本辖区的注销申请，掩码"),
    "web.office.erasure": Access(_OFFICE, "一件注销申请，掩码"),
    "web.office.agree_erasure": Access(OFFICERS, "同意注销，两人中的第一人"),
    "web.office.carry_out_erasure": Access(OFFICERS, "办理注销，两人中的第二人"),
    "web.office.decline_erasure": Access(OFFICERS, "退回注销申请，写明理由"),
}
