"""The access matrix of the API for issuing: programmes, issues, vouchers."""

from __future__ import annotations

from voucher.doors.auth.entries import (
    DESK,
    INSTITUTION_COUNTER,
    INSTITUTION_DESK,
    INSTITUTION_STAFF,
    OFFICERS,
    OPERATORS,
    WORKERS,
    Access,
)

_OFFICE = OPERATORS | OFFICERS

ISSUE: dict[str, Access] = {
    "tariffs.list_tariff_changes": Access(DESK, "标准变动：何时变、变多少"),
    "tariffs.list_tariff_proposals": Access(DESK, "待登记的标准"),
    "tariffs.show_tariff_proposal": Access(DESK, "一条待登记的标准"),
    "tariffs.propose_tariff": Access(OFFICERS, "提出新标准；全省的由省级提出"),
    "tariffs.decide_tariff": Access(OFFICERS, "登记或不予登记标准，须提出人以外的人"),
    "programmes.list_programmes": Access(DESK | INSTITUTION_STAFF, "查看券种"),
    "programmes.draft_programme": Access(OPERATORS, "起草券种"),
    "programmes.show_programme": Access(DESK | INSTITUTION_STAFF, "查看券种"),
    "programmes.publish_programme": Access(OFFICERS, "发布券种，由起草人以外的人办理"),
    "programmes.stop_programme": Access(OFFICERS, "停发"),
    "programmes.resume_programme": Access(OFFICERS, "恢复发放"),
    "programmes.discard_programme": Access(_OFFICE, "作废草稿"),
    "programmes.close_programme": Access(OFFICERS, "结束发放"),
    "programmes.top_up": Access(OFFICERS, "追加数量"),
    "programmes.preview": Access(OPERATORS | INSTITUTION_DESK, "试算，什么也不发放"),
    "programmes.try_out": Access(_OFFICE, "对全部登记人员试算，什么也不发放"),
    "programmes.show_dry_run": Access(_OFFICE, "查看最近一次试算"),
    "programmes.recall": Access(OFFICERS, "收回没有报名的券"),
    "issues.list_issues": Access(DESK | INSTITUTION_STAFF, "查看发券单"),
    "issues.issue_vouchers": Access(OPERATORS | INSTITUTION_DESK, "报送名册；直接发放由经办人员办理"),
    "issues.show_issue": Access(DESK | INSTITUTION_STAFF, "查看发券单"),
    "issues.list_issue_lines": Access(DESK | INSTITUTION_STAFF, "查看发券单逐人（掩码）"),
    "issues.review_issue": Access(_OFFICE, "审核名册；机构报送的由审核人员办理"),
    "vouchers.list_vouchers": Access(DESK | INSTITUTION_STAFF | WORKERS, "查看培训券"),
    "vouchers.show_voucher": Access(DESK | INSTITUTION_STAFF | WORKERS, "查看培训券全过程"),
    "vouchers.text_voucher_code": Access(INSTITUTION_COUNTER, "短信码，发到持券人手机，机构看不到"),
    "vouchers.show_code": Access(WORKERS, "出示码，只限本人的券"),
    "vouchers.list_offers": Access(WORKERS, "领券中心"),
    "vouchers.take": Access(WORKERS, "领取通用券"),
    "vouchers.accept_voucher": Access(WORKERS | OPERATORS, "领取本人的券；经办人员凭本人同意代办"),
    "vouchers.withdraw_voucher": Access(WORKERS, "退回本人的券"),
    "devices.show_beacon": Access(WORKERS, "取时段校验数"),
    "devices.list_own_devices": Access(WORKERS, "查看本人登记的手机"),
    "devices.bind": Access(WORKERS, "登记本人的手机"),
    "devices.lose": Access(WORKERS, "挂失本人的手机"),
    "devices.renew_credentials": Access(WORKERS, "取回签发到本人手机的券凭证"),
    "devices.list_credentials": Access(WORKERS, "查看签发到本人手机的券凭证"),
    "vouchers.revoke_vouchers": Access(OFFICERS, "作废"),
    "vouchers.replace": Access(OFFICERS, "补发，由两人办理"),
}
