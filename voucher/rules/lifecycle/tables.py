"""Every line of every life together, and the Chinese word for each thing, state, event and hand."""

from __future__ import annotations

from voucher.rules.lifecycle import appeals, claim, organisations, programmes, settlement, voucher, watching
from voucher.rules.lifecycle.rows import Row, Thing

ROWS: tuple[Row, ...] = (
    *programmes.ROWS,
    *voucher.ROWS,
    *claim.ROWS,
    *settlement.ROWS,
    *organisations.ROWS,
    *watching.ROWS,
    *appeals.ROWS,
)

THING_NAMES: dict[Thing, str] = {
    Thing.PROGRAMME: "券种",
    Thing.ISSUE: "发券单",
    Thing.APPLICATION: "领券申请",
    Thing.VOUCHER: "培训券",
    Thing.CLAIM: "申领",
    Thing.BATCH: "结算批次",
    Thing.NOTICE: "公示",
    Thing.OBJECTION: "异议",
    Thing.PAYMENT_FILE: "拨付文件",
    Thing.PAYMENT: "拨付",
    Thing.ACCOUNT_CORRECTION: "账户更正",
    Thing.ENTITLEMENT: "享受资格",
    Thing.CLAWBACK: "追回单",
    Thing.CLASS: "班级",
    Thing.EXAM_BATCH: "评价批次",
    Thing.INSTITUTION: "机构",
    Thing.FILING: "机构备案",
    Thing.CERTIFICATE: "证书",
    Thing.HOLD: "挂起",
    Thing.RISK_FLAG: "风险线索",
    Thing.APPEAL: "复核申请",
    Thing.MEASURE: "处置措施",
    Thing.COMPLAINT: "投诉申诉",
}

STATE_NAMES: dict[Thing, dict[str, str]] = {
    **programmes.STATE_NAMES,
    Thing.VOUCHER: voucher.STATE_NAMES,
    Thing.CLAIM: claim.STATE_NAMES,
    **settlement.STATE_NAMES,
    **organisations.STATE_NAMES,
    **watching.STATE_NAMES,
    **appeals.STATE_NAMES,
}

EVENT_NAMES: dict[Thing, dict[str, str]] = {
    **programmes.EVENT_NAMES,
    Thing.VOUCHER: voucher.EVENT_NAMES,
    Thing.CLAIM: claim.EVENT_NAMES,
    **settlement.EVENT_NAMES,
    **organisations.EVENT_NAMES,
    **watching.EVENT_NAMES,
    **appeals.EVENT_NAMES,
}

WHO_NAMES: dict[str, str] = {
    "anyone": "任何人",
    "complainant": "投诉人、申诉人",
    "applicant": "备案申请人",
    "bank": "银行回盘",
    "clock": "定时任务",
    "evaluator": "评价机构",
    "finance_approver": "财务审批人员",
    "finance_checker": "财务复核人员",
    "finance_maker": "财务制单人员",
    "finance_releaser": "财务签发人员",
    "helper": "代办人（经本人同意）",
    "holder": "持有人",
    "institution": "培训机构",
    "office": "人社部门",
    "officer_city": "市级审核人员",
    "officer_county": "县级审核人员",
    "officer_province": "省级审核人员",
    "register": "全国联网登记核验",
    "submitter": "申报人",
    "supervisor": "监管人员",
    "unsigned_officer": "未签过本申领的工作人员",
}

BLOCKED_BY_HOLD: dict[Thing, frozenset[str]] = {
    Thing.VOUCHER: voucher.BLOCKED_BY_HOLD,
    Thing.CLAIM: claim.BLOCKED_BY_HOLD,
}
