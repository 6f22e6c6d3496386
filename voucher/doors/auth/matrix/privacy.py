"""The access matrix of people's own data: what is held, who looked, and being forgotten."""

from __future__ import annotations

from voucher.doors.auth.entries import OFFICERS, OPERATORS, WATCHERS, WORKERS, Access

_OFFICE = OPERATORS | OFFICERS
_READERS = OFFICERS | WATCHERS

WEB_PRIVACY: dict[str, Access] = {
    "web.worker.my_data": Access(WORKERS, "关于我的信息：种类、用途、期限、谁看过"),
    "web.worker.ask_for_correction": Access(WORKERS, "申请更正保存的本人信息"),
    "web.worker.my_data_file": Access(WORKERS, "带走本人信息，数据文件，不缓存"),
    "web.worker.my_data_paper": Access(WORKERS, "带走本人信息，PDF，不缓存"),
    "web.worker.ask_to_be_erased": Access(WORKERS, "申请注销本人"),
    "web.worker.withdraw_own_erasure": Access(WORKERS, "撤回本人的注销申请"),
    "web.office.erasures": Access(_OFFICE, "本辖区的注销申请，掩码"),
    "web.office.erasure": Access(_OFFICE, "一件注销申请，掩码"),
    "web.office.agree_erasure": Access(OFFICERS, "同意注销，两人中的第一人"),
    "web.office.carry_out_erasure": Access(OFFICERS, "办理注销，两人中的第二人"),
    "web.office.decline_erasure": Access(OFFICERS, "退回注销申请，写明理由"),
    "web.office.retention_runs": Access(_READERS, "本辖区的到期清除"),
    "web.office.retention_run": Access(_READERS, "一次到期清除：名单、理由、结果，掩码"),
    "web.office.ask_retention_run": Access(OFFICERS, "列出到期清除的名单，不清除任何信息"),
    "web.office.confirm_retention_run": Access(OFFICERS, "由另一人确认名单，后台办理清除"),
    "web.office.drop_retention_run": Access(OFFICERS, "作废没有确认的名单，写明理由"),
    "web.office.tell_of_retention": Access(OFFICERS, "登记怎样书面告知了短信送不到的人"),
    "web.office.hand_out_addressees": Access(OFFICERS, "书面告知名单：有姓名，只显示一次，逐人留痕"),
    "web.office.preservations": Access(_READERS, "依法保全的人，掩码"),
    "web.office.preserve_by_number": Access(OFFICERS, "依法保全本辖区任何一人的信息，凭文书"),
    "web.office.preserve_person": Access(OFFICERS, "依法保全一个人的信息，凭文书"),
    "web.office.lift_preservation": Access(OFFICERS, "由另一人凭文书解除保全"),
}

API_PRIVACY: dict[str, Access] = {
    "retention.list_runs": Access(_READERS, "本辖区的到期清除"),
    "retention.show_run": Access(_READERS, "一次到期清除：按种类和地区的数、不能清除的理由"),
    "retention.list_lines": Access(_READERS, "一次到期清除的逐条，只有编号"),
    "retention.ask_run": Access(OFFICERS, "列出到期清除的名单，不清除任何信息"),
    "retention.confirm_run": Access(OFFICERS, "由另一人确认名单，后台办理清除"),
    "retention.drop_run": Access(OFFICERS, "作废没有确认的名单，写明理由"),
    "retention.record_told": Access(OFFICERS, "登记怎样书面告知了短信送不到的人"),
    "retention.list_preservations": Access(_READERS, "依法保全的人，只有编号"),
    "retention.preserve": Access(OFFICERS, "依法保全本辖区任何一人的信息，凭文书"),
    "retention.lift_preservation": Access(OFFICERS, "由另一人凭文书解除保全"),
}
