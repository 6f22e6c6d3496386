"""The access matrix of the pages: endpoint → who may reach it."""

from __future__ import annotations

from voucher.doors.auth.entries import (
    DESK,
    FINANCE,
    HALF_WAY,
    MAKERS,
    OFFICERS,
    OPERATORS,
    PUBLIC,
    SIGNED_IN,
    WATCHERS,
    WORKERS,
    Access,
)
from voucher.rules.actor import Role

CHECKERS = frozenset({Role.FINANCE_CHECKER})
RELEASERS = frozenset({Role.FINANCE_RELEASER})
REVIEWERS = frozenset({Role.OFFICER_COUNTY, Role.OFFICER_CITY})

WEB: dict[str, Access] = {
    "static": Access(PUBLIC, "样式、脚本、图标"),
    # 任何人
    "web.public.home": Access(PUBLIC, "首页"),
    "web.public.notices": Access(PUBLIC, "公示列表"),
    "web.public.notice": Access(PUBLIC, "公示，名单脱敏"),
    "web.public.lodge_objection": Access(PUBLIC, "提出异议，限频"),
    "web.public.find_objection": Access(PUBLIC, "凭编号查异议"),
    "web.public.objection": Access(PUBLIC, "异议进度，不含内容和联系方式"),
    "web.public.standards": Access(PUBLIC, "补贴标准"),
    "web.public.accessibility": Access(PUBLIC, "无障碍说明"),
    "web.public.privacy": Access(PUBLIC, "隐私政策"),
    "web.public.appearance": Access(PUBLIC, "字号"),
    # 登录
    "web.entrance.login": Access(PUBLIC, "登录页"),
    "web.entrance.give_password": Access(PUBLIC, "核对密码，限频"),
    "web.entrance.code": Access(HALF_WAY, "动态口令页"),
    "web.entrance.give_code": Access(HALF_WAY, "核对动态口令，限频"),
    "web.entrance.enrolment": Access(HALF_WAY, "绑定动态口令"),
    "web.entrance.password": Access(HALF_WAY, "修改密码页"),
    "web.entrance.change_password": Access(HALF_WAY, "修改密码，限频；须已输入动态口令"),
    "web.entrance.logout": Access(HALF_WAY, "退出"),
    "web.entrance.sessions": Access(SIGNED_IN, "本账号的登录"),
    "web.entrance.end_others": Access(SIGNED_IN, "退出本账号的其他登录"),
    "web.entrance.end_one": Access(SIGNED_IN, "退出本账号的一处登录"),
    "web.entrance.phone": Access(PUBLIC, "手机登录页"),
    "web.entrance.ask_code": Access(PUBLIC, "获取短信验证码，限频"),
    "web.entrance.prove_code": Access(PUBLIC, "核对短信验证码，限频"),
    "web.entrance.who": Access(PUBLIC, "选择登录人或首次实名登记；须先通过短信验证码"),
    "web.entrance.choose": Access(PUBLIC, "选择登录人，限频；须先通过短信验证码"),
    "web.entrance.sign_up": Access(PUBLIC, "首次实名登记，限频；须先通过短信验证码"),
    "web.entrance.declaration": Access(WORKERS, "首次登录声明页"),
    "web.entrance.declare": Access(WORKERS, "首次登录声明培训意愿"),
    "web.entrance.sign_on": Access(PUBLIC, "前往统一身份认证，限频"),
    "web.entrance.sign_on_back": Access(PUBLIC, "统一身份认证返回，限频"),
    "web.entrance.link_identity": Access(SIGNED_IN, "绑定统一身份认证"),
    "web.entrance.unlink_identity": Access(SIGNED_IN, "解除绑定统一身份认证"),
    "web.entrance.mailbox": Access(PUBLIC, "模拟短信箱，只在演示环境"),
    # 人社
    "web.office.home": Access(SIGNED_IN, "工作台"),
    "web.office.batches": Access(DESK, "结算批次"),
    "web.office.batch": Access(DESK, "批次与逐条明细，名单脱敏"),
    "web.office.new_settlement": Access(OPERATORS, "新建结算页"),
    "web.office.settle": Access(OPERATORS, "结算"),
    "web.office.decide": Access(OFFICERS | {Role.FINANCE_APPROVER}, "初审、复核、审批、退回、不予通过"),
    "web.office.post_notice": Access(OFFICERS, "张贴公示"),
    "web.office.resubmit_claims": Access(OPERATORS, "补正后重报"),
    "web.office.withdraw_claims": Access(OPERATORS, "撤回"),
    "web.office.claim": Access(DESK, "申领，名单脱敏"),
    "web.office.find_claim": Access(DESK, "凭编号找申领"),
    "web.office.clear_claim": Access(OFFICERS, "人工核定"),
    "web.office.reject_claim": Access(OFFICERS | {Role.FINANCE_APPROVER}, "单条不予通过"),
    "web.office.open_clawback": Access(OFFICERS | {Role.SUPERVISOR}, "立追回单"),
    "web.office.objections": Access(OFFICERS | WATCHERS, "异议"),
    "web.office.objection": Access(OFFICERS | WATCHERS, "异议内容和联系方式"),
    "web.office.decide_objection": Access(OFFICERS, "处理异议"),
    "web.office.accounts": Access(
        OPERATORS | OFFICERS | MAKERS | CHECKERS | WATCHERS, "收款账户，账号只显示后四位"
    ),
    "web.office.propose_account": Access(OPERATORS | MAKERS, "登记收款账户"),
    "web.office.confirm_account": Access(REVIEWERS | CHECKERS, "确认收款账户"),
    "web.office.refuse_account": Access(REVIEWERS | CHECKERS, "不予更正收款账户"),
    "web.office.correct_bounced": Access(OPERATORS | MAKERS, "退票后恢复待拨付"),
    # 财务
    "web.finance.budgets": Access(DESK, "预算"),
    "web.finance.budget": Access(DESK, "预算变动"),
    "web.finance.open_budget": Access(OPERATORS, "下达预算"),
    "web.finance.files": Access(FINANCE | WATCHERS, "拨付文件"),
    "web.finance.file": Access(FINANCE | WATCHERS, "拨付文件明细，账号只显示后四位"),
    "web.finance.prepare": Access(MAKERS, "制单"),
    "web.finance.check": Access(CHECKERS, "付款复核"),
    "web.finance.release": Access(RELEASERS, "签发"),
    "web.finance.void": Access(MAKERS | CHECKERS | RELEASERS, "签发前作废"),
    "web.finance.download": Access(MAKERS | RELEASERS, "下载拨付文件，一次"),
    "web.finance.book_results": Access(MAKERS | CHECKERS, "导入银行回盘", uploads=True),
    "web.finance.reconciliation": Access(FINANCE | WATCHERS, "三方对账"),
    "web.finance.clawbacks": Access(FINANCE | OFFICERS | WATCHERS, "追回单"),
    "web.finance.repay": Access(MAKERS | CHECKERS, "登记收回"),
    # 监管、审计
    "web.supervisor.audit": Access(WATCHERS, "留痕链与恒等检查"),
    "web.supervisor.verify_trail": Access(WATCHERS, "核验留痕，只读"),
    "web.supervisor.check_invariants": Access(WATCHERS, "运行恒等检查，只读"),
}
