"""The access matrix of what is asked and proven before a voucher: standings, outside facts, applications."""

from __future__ import annotations

from voucher.doors.auth.entries import OFFICERS, OPERATORS, WATCHERS, WORKERS, Access

_OFFICE = OPERATORS | OFFICERS
_READERS = _OFFICE | WATCHERS

API_STANDING: dict[str, Access] = {
    "standings.ask_standing": Access(WORKERS | _OFFICE, "还能不能享受：本人查自己，人社部门查询留痕"),
    "applications.list_applications": Access(
        _READERS | WORKERS, "领券申请：本人见自己的，人社部门见本辖区的"
    ),
    "applications.file_application": Access(WORKERS, "申请领券"),
    "applications.show_application": Access(_READERS | WORKERS, "一份申请，逐项问答"),
    "applications.ask_clarification": Access(OFFICERS, "逐项要求补充说明"),
    "applications.answer_clarification": Access(WORKERS, "本人逐项答复"),
    "applications.decide_application": Access(OFFICERS, "同意、不予同意，写明依据"),
    "applications.withdraw_application": Access(WORKERS, "本人撤回申请"),
    "applications.state_demands": Access(OPERATORS, "写明券种要求的证明，限草稿"),
    "applications.list_outside_questions": Access(_READERS, "等待人工核实的部门数据（掩码）"),
    "applications.verify_outside": Access(OFFICERS, "凭依据核实部门数据"),
    "attachments.upload": Access(WORKERS, "上传一份附件", uploads=True),
    "attachments.show_attachment": Access(OFFICERS | WORKERS, "附件的种类、大小：本人、办理的审核人员"),
    "attachments.open_attachment": Access(OFFICERS | WORKERS, "看附件：本人、办理的审核人员，留痕"),
    "attachments.take_back": Access(WORKERS, "办结前撤下附件"),
}

WEB_STANDING: dict[str, Access] = {
    "web.worker.standing": Access(WORKERS, "我还能享受吗"),
    "web.office.standing": Access(_OFFICE, "享受资格查询页"),
    "web.office.ask_standing": Access(_OFFICE, "享受资格查询，留痕"),
    "web.worker.applications": Access(WORKERS, "我的申请"),
    "web.worker.new_application": Access(WORKERS, "申请领券页"),
    "web.worker.apply": Access(WORKERS, "申请领券", uploads=True),
    "web.worker.application": Access(WORKERS, "一份申请：办到哪一步、要补充什么"),
    "web.worker.answer_application": Access(WORKERS, "逐项答复", uploads=True),
    "web.worker.withdraw_application": Access(WORKERS, "撤回申请"),
    "web.worker.own_attachment": Access(WORKERS, "看自己的附件"),
    "web.worker.take_back_attachment": Access(WORKERS, "办结前撤下附件"),
    "web.office.attachment": Access(OFFICERS, "看附件的页面：翻转、放大、查看记录"),
    "web.office.open_attachment": Access(OFFICERS, "附件本身，每看一次都留痕"),
    "web.office.applications": Access(_READERS, "领券申请，名单脱敏"),
    "web.office.application": Access(_READERS, "一份申请：逐项问答、部门核实结果，脱敏"),
    "web.office.ask_applicant": Access(OFFICERS, "要求补充说明"),
    "web.office.decide_application": Access(OFFICERS, "同意、不予同意"),
    "web.office.demands": Access(_READERS, "券种要求的证明"),
    "web.office.state_demands": Access(OPERATORS, "写明券种要求的证明，限草稿"),
    "web.office.outside": Access(_READERS, "部门核验：待人工核实、接入情况、记录，脱敏"),
    "web.office.verify_outside": Access(OFFICERS, "凭依据核实部门数据"),
}
