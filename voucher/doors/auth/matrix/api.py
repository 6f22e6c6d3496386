"""The access matrix of the API: endpoint → who may reach it; the acts check role and region once more."""

from __future__ import annotations

from voucher.doors.auth.entries import (
    DESK,
    HALF_WAY,
    OFFICERS,
    OPERATORS,
    PAYEE_STAFF,
    PUBLIC,
    SIGNED_IN,
    Access,
)
from voucher.doors.auth.matrix.archives import API_ARCHIVES
from voucher.doors.auth.matrix.checks import API_CHECKS
from voucher.doors.auth.matrix.corrections import API_CORRECTIONS
from voucher.doors.auth.matrix.issue import ISSUE
from voucher.doors.auth.matrix.later import LATER
from voucher.doors.auth.matrix.money import API_MONEY
from voucher.doors.auth.matrix.privacy import API_PRIVACY
from voucher.doors.auth.matrix.standing import API_STANDING
from voucher.doors.auth.matrix.talents import API_TALENTS
from voucher.doors.auth.matrix.train import TRAIN
from voucher.rules.actor import Role

_SUBMITTERS = OPERATORS | PAYEE_STAFF
_SEERS = DESK | PAYEE_STAFF  # the office by region, a payee's staff its own
_ADMINS = frozenset({Role.EVALUATOR_ADMIN, Role.INSTITUTION_ADMIN})
_SIGNERS = OFFICERS | {Role.FINANCE_APPROVER}
_MAKER, _CHECKER, _RELEASER = Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.FINANCE_RELEASER
_COUNTY_CITY = frozenset({Role.OFFICER_COUNTY, Role.OFFICER_CITY})

API: dict[str, Access] = {
    **ISSUE,
    **TRAIN,
    **LATER,
    **API_STANDING,
    **API_CORRECTIONS,
    **API_CHECKS,
    **API_ARCHIVES,
    **API_TALENTS,
    **API_MONEY,
    **API_PRIVACY,
    "pulse.healthz": Access(PUBLIC, "存活检查，只答有无"),
    "pulse.metrics": Access(PUBLIC, "运行指标，不含个人信息；由前置代理限内网访问"),
    "api-docs.openapi_json": Access(PUBLIC, "接口说明"),
    "sessions.open_session": Access(PUBLIC, "登录"),
    "sessions.ask_code": Access(PUBLIC, "获取短信验证码，限频"),
    "sessions.open_phone_session": Access(PUBLIC, "劳动者凭短信验证码登录，限频"),
    "sessions.show_session": Access(SIGNED_IN, "当前会话"),
    "sessions.close_session": Access(HALF_WAY, "退出登录"),
    "budgets.list_budgets": Access(DESK, "查看预算"),
    "budgets.open_budget": Access(OPERATORS, "建立预算"),
    "budgets.list_budget_movements": Access(DESK, "查看预算变动"),
    "budgets.grant_budget": Access(OPERATORS, "追加下达"),
    "batches.list_batches": Access(_SEERS, "查看批次"),
    "batches.settle_batch": Access(OPERATORS, "结算申报"),
    "batches.show_batch": Access(_SEERS, "查看批次"),
    "batches.list_batch_lines": Access(_SEERS, "查看批次逐条"),
    "batches.sign_batch": Access(_SIGNERS, "审核签署；每个环节的角色由规则核对"),
    "claims.list_claims": Access(_SEERS, "查看申领"),
    "claims.show_claim": Access(_SEERS, "查看申领全过程"),
    "claims.clear_claim": Access(OFFICERS, "转人工核定"),
    "claims.turn_down_claim": Access(OFFICERS | {Role.FINANCE_APPROVER}, "单条不予通过"),
    "claims.resubmit_claims": Access(_SUBMITTERS, "补正后再次申报"),
    "claims.withdraw_claims": Access(_SUBMITTERS, "撤回申领"),
    "notices.list_notices": Access(PUBLIC, "公示列表"),
    "notices.post_batch": Access(OFFICERS, "张贴公示"),
    "notices.show_notice": Access(PUBLIC, "公示"),
    "notices.list_notice_lines": Access(PUBLIC, "公示名单（掩码）"),
    "notices.list_objections": Access(DESK, "查看异议"),
    "notices.lodge_objection": Access(PUBLIC, "提出异议"),
    "notices.show_objection": Access(PUBLIC, "凭编号查询异议"),
    "notices.decide_objection": Access(OFFICERS, "处理异议"),
    "payments.list_payment_files": Access(_SEERS, "查看拨付文件"),
    "payments.prepare_file": Access(frozenset({_MAKER}), "制单"),
    "payments.show_payment_file": Access(_SEERS, "查看拨付文件"),
    "payments.list_payment_lines": Access(_SEERS, "查看拨付文件逐户"),
    "payments.sign_file": Access(frozenset({_CHECKER, _RELEASER}), "复核、签发"),
    "payments.void_file": Access(frozenset({_MAKER, _CHECKER, _RELEASER}), "签发前作废"),
    "payments.download_file": Access(frozenset({_MAKER, _RELEASER}), "下载交银行的文件，一次"),
    "payments.book_results": Access(frozenset({_MAKER, _CHECKER}), "登记银行结果", uploads=True),
    "payments.list_clawbacks": Access(_SEERS, "查看追回"),
    "payments.claw_back": Access(OFFICERS, "追回"),
    "payments.book_repayment": Access(frozenset({_MAKER, _CHECKER}), "登记退回款项"),
    "payees.list_accounts": Access(_SEERS, "查看收款账户（掩码）"),
    "payees.show_account": Access(_SEERS, "查看收款账户（掩码）"),
    "payees.correct_account": Access(OPERATORS | {_MAKER, *_ADMINS}, "提出收款账户"),
    "payees.confirm_correction": Access(_COUNTY_CITY | {_CHECKER}, "确认收款账户"),
    "payees.reinstate_bounced": Access(OPERATORS | {_MAKER}, "退票重付"),
}
