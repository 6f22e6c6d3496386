"""The access matrix of the office's pages for issuing, classes, certificates and institutions."""

from __future__ import annotations

from voucher.doors.auth.entries import FINANCE, OFFICERS, OPERATORS, WATCHERS, Access
from voucher.rules.actor import Role

_OFFICE = OPERATORS | OFFICERS
_READERS = _OFFICE | WATCHERS

WEB_ISSUE: dict[str, Access] = {
    "web.office.programmes": Access(_READERS, "券种"),
    "web.office.programmes_xlsx": Access(_READERS, "券种列表，导出为表格"),
    "web.office.programme": Access(_READERS, "一个券种：条件、各步数目、去向"),
    "web.office.new_programme": Access(OPERATORS, "起草券种页"),
    "web.office.draft_programme": Access(OPERATORS, "起草券种"),
    "web.office.programme_deed": Access(_OFFICE, "券种办理前的确认页"),
    "web.office.do_programme_deed": Access(_OFFICE, "发布、停发、恢复、追加、结束、收回；作废草稿"),
    "web.office.ask_dry_run": Access(_OFFICE, "试算一个券种，只记结果"),
    "web.office.funnel": Access(_READERS, "各券种的去向"),
    "web.office.pace": Access(_READERS | FINANCE, "办理时限：每一步停了多久"),
    "web.office.tariffs": Access(_READERS, "标准变动：何时变、变多少、影响谁"),
    "web.office.new_tariff": Access(OFFICERS, "登记新标准页"),
    "web.office.new_ending": Access(OFFICERS, "提前停止标准页"),
    "web.office.propose_ending": Access(OFFICERS, "提出提前停止；全省的由省级提出"),
    "web.office.propose_tariff": Access(OFFICERS, "提出新标准；全省的由省级提出"),
    "web.office.tariff": Access(_READERS, "一条待登记的标准和它的影响"),
    "web.office.agree_tariff": Access(OFFICERS, "确认登记标准，须提出人以外的人"),
    "web.office.decline_tariff": Access(OFFICERS, "不予登记标准，写明理由"),
    "web.office.issues": Access(_READERS, "发券单"),
    "web.office.issue": Access(_READERS, "一张发券单逐人，名单脱敏"),
    "web.office.issue_deed": Access(_OFFICE, "审核名册前的确认页"),
    "web.office.do_issue_deed": Access(_OFFICE, "审核名册；机构报送的和补发由审核人员办理"),
    "web.office.new_issue": Access(OPERATORS, "试算、发券页"),
    "web.office.try_issue": Access(OPERATORS, "试算，什么也不发放", uploads=True),
    "web.office.issue_now": Access(OPERATORS, "直接发券", uploads=True),
    "web.office.rosters": Access(OPERATORS, "大名册发券页和最近的进度"),
    "web.office.hand_over_roster": Access(OPERATORS, "交大名册，后台分批发放", uploads=True),
    "web.office.resume_roster": Access(OPERATORS, "从断点继续一次批量发放"),
    "web.office.ask_termination": Access(OPERATORS, "终止批量发放前的确认页"),
    "web.office.terminate_roster": Access(OPERATORS, "终止批量发放，没有办到的不再发放"),
    "web.office.refusals_csv": Access(_READERS, "一张发券单不发的每一行，脱敏"),
    "web.office.refusals_xlsx": Access(_READERS, "一张发券单不发的每一行，脱敏"),
    "web.office.vouchers": Access(_READERS, "培训券，名单脱敏"),
    "web.office.voucher": Access(_READERS, "一张券的全过程，脱敏"),
    "web.office.paper": Access(_OFFICE, "打印纸质凭条，脱敏"),
    "web.office.voucher_deed": Access(_OFFICE | {Role.SUPERVISOR}, "培训券办理前的确认页"),
    "web.office.do_voucher_deed": Access(
        _OFFICE | {Role.SUPERVISOR},
        "作废、待处置、补发、转班、查实造假、恢复；经办只代为领取，监管只办查实造假",
    ),
    "web.office.claim_deed": Access(OFFICERS, "申领待处置前的确认页"),
    "web.office.do_claim_deed": Access(OFFICERS, "申领待处置、结束待处置"),
    "web.office.holds": Access(_READERS, "待处置"),
    "web.office.offline_scans": Access(_READERS, "离线登记待核查，脱敏"),
    "web.office.close_offline_scan": Access(OFFICERS, "写明离线登记的核查结论"),
    "web.office.waiting": Access(_READERS, "候补次序，名单脱敏"),
    "web.office.reinstatements": Access(_READERS, "等待另一人确认的恢复"),
    "web.office.classes": Access(_READERS, "开班审核"),
    "web.office.class_page": Access(_READERS, "一个班级：申请、课次、学员（脱敏）、规则检查"),
    "web.office.class_deed": Access(OFFICERS, "班级办理前的确认页"),
    "web.office.do_class_deed": Access(OFFICERS, "准予开班、退回补正、取消班级、整班转班"),
    "web.office.certificates": Access(_READERS, "证书，脱敏"),
    "web.office.certificate": Access(_READERS, "一本证书：核验记录和经过，脱敏"),
    "web.office.certificate_deed": Access(_OFFICE, "证书办理前的确认页"),
    "web.office.do_certificate_deed": Access(_OFFICE, "再次核验；撤销、恢复由审核人员办理"),
    "web.office.institutions": Access(_READERS, "机构"),
    "web.office.institution": Access(_READERS, "一家机构：状态、目录年度、班级、处置经过"),
    "web.office.stop_system": Access(OFFICERS | {Role.SUPERVISOR}, "停用机构的系统"),
    "web.office.institution_deed": Access(OFFICERS | {Role.SUPERVISOR}, "处置机构前的确认页"),
    "web.office.do_institution_deed": Access(
        OFFICERS | {Role.SUPERVISOR}, "约谈至黑名单，恢复由两人办理；监管只到停业整顿"
    ),
    "web.office.new_mandate": Access(OPERATORS, "登记书面委托页"),
    "web.office.register_mandate": Access(OPERATORS, "登记书面委托（亲情代办）"),
    "web.office.end_consent": Access(OPERATORS, "按本人要求停止代办"),
    "web.office.new_worker": Access(OPERATORS, "劳动者开户页"),
    "web.office.open_worker": Access(OPERATORS, "劳动者开户，首次密码只显示一次"),
}
