"""The access matrix of what the money's own desks added later: years, months, set-aside lines, cases."""

from __future__ import annotations

from voucher.doors.auth.entries import (
    DESK,
    FINANCE,
    INSTITUTION_DESK,
    MAKERS,
    OFFICERS,
    OPERATORS,
    WATCHERS,
    WORKERS,
    Access,
)
from voucher.rules.actor import Role

_CHECKERS, _RELEASERS = frozenset({Role.FINANCE_CHECKER}), frozenset({Role.FINANCE_RELEASER})
_SEERS = FINANCE | WATCHERS
_SAVERS = DESK | INSTITUTION_DESK | {Role.EVALUATOR_ADMIN}

WEB_MONEY: dict[str, Access] = {
    "web.entrance.saved_filters": Access(_SAVERS, "本账号的常用筛选"),
    "web.entrance.keep_filter": Access(_SAVERS, "保存常用筛选"),
    "web.entrance.lose_filter": Access(_SAVERS, "删除本账号的常用筛选"),
    "web.finance.ledger_exports": Access(DESK, "本账号申请的账本工作簿"),
    "web.finance.ask_for_ledger": Access(DESK, "申请全部账本的工作簿，后台生成"),
    "web.finance.ledger_export": Access(DESK, "下载本账号申请的账本工作簿"),
    "web.finance.year_end": Access(DESK, "年末结转的预览和经过"),
    "web.finance.ask_year_end": Access(MAKERS, "提出年末结转"),
    "web.finance.carry_year_end": Access(_CHECKERS, "由另一人办理年末结转"),
    "web.finance.drop_year_end": Access(MAKERS | _CHECKERS, "撤销年末结转的提出"),
}
WEB_DENIALS: dict[str, Access] = {
    "web.worker.subsidies": Access(WORKERS, "我的补贴：本人名下每一笔的去向、期限、收款方"),
    "web.worker.deny_claim": Access(WORKERS, "不是我、没收到：停住本人名下的一笔并立案"),
    "web.worker.take_back_denial": Access(WORKERS, "说明是本人弄错"),
    "web.office.batch_summary": Access(DESK, "补贴资金汇总表 PDF，不含个人"),
    "web.office.batch_summary_xlsx": Access(DESK, "补贴资金汇总表 xlsx，不含个人"),
    "web.office.denials": Access(OFFICERS | WATCHERS, "本人反映，名单脱敏"),
    "web.office.denial": Access(OFFICERS | WATCHERS, "一件本人反映"),
    "web.office.answer_denial": Access(OFFICERS, "答复本人反映"),
    "web.office.confirm_denial": Access(OFFICERS, "由另一人确认答复，不成立的放行"),
    "web.office.return_denial": Access(OFFICERS, "退回答复，重新核查"),
}
WEB_MONEY |= WEB_DENIALS
API_MONEY: dict[str, Access] = {
    "denials.list_own_subsidies": Access(WORKERS, "本人名下的补贴"),
    "denials.list_denials": Access(OFFICERS | WATCHERS, "查看本人反映"),
    "denials.deny_claim": Access(WORKERS, "不是我、没收到"),
    "denials.take_back_denial": Access(WORKERS, "说明是本人弄错"),
    "denials.answer_denial": Access(OFFICERS, "答复本人反映"),
    "denials.sign_denial": Access(OFFICERS, "由另一人确认或退回答复"),
    "denials.lift_denial": Access(OFFICERS, "属实而停住的申领更正后解除，两人办理"),
    "closings.show_year_end": Access(DESK, "年末结转的预览和经过"),
    "closings.ask_year_end": Access(MAKERS, "提出年末结转"),
    "closings.carry_year_end": Access(_CHECKERS, "由另一人办理年末结转"),
    "closings.drop_year_end": Access(MAKERS | _CHECKERS, "撤销年末结转的提出"),
    "closings.list_month_closes": Access(_SEERS, "查看月结"),
    "closings.ask_month_close": Access(MAKERS, "提出月结"),
    "closings.close_month": Access(_CHECKERS, "由另一人月结，不能重开"),
    "restored_payments.show_restored_payments": Access(_SEERS, "恢复备份以后的付款核对到哪一步"),
    "restored_payments.confirm_restored_payments": Access(
        MAKERS | _CHECKERS | _RELEASERS, "恢复备份以后，写明此后的付款已核对登记，须两人"
    ),
    "bank_quarantine.list_quarantine": Access(_SEERS, "查看银行回盘的隔离行"),
    "bank_quarantine.explain_line": Access(MAKERS | _CHECKERS, "写明与银行核实的情况"),
    "bank_quarantine.settle_line": Access(MAKERS | _CHECKERS, "由另一人核销隔离行"),
    "ledger_exports.list_exports": Access(DESK, "本账号申请的账本工作簿"),
    "ledger_exports.ask_export": Access(DESK, "申请全部账本的工作簿，后台生成"),
    "ledger_exports.show_export": Access(DESK, "本账号申请的账本工作簿生成到哪里"),
    "ledger_exports.take_export": Access(DESK, "下载本账号申请的账本工作簿，留痕"),
    "statements.show_statement": Access(_SEERS, "机构对账单"),
    "delegations.list_own_delegations": Access(OFFICERS | FINANCE, "本人委托和受托的职责"),
    "delegations.list_delegable_roles": Access(OFFICERS | FINANCE, "本人可以委托的职责"),
    "delegations.make_delegation": Access(OFFICERS | FINANCE, "把本人的职责委托给同事，有期限"),
    "delegations.finish_delegation": Access(OFFICERS | FINANCE, "终止本人委托或受托的职责"),
    "batches.preview_batch": Access(OPERATORS, "结算前逐人核对，什么也不留下"),
}
