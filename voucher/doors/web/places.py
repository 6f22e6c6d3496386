"""Where the pages lie: the menu of desks in groups, the bar of phones, the row of public places.

A place is (its name, its endpoint). It is shown to whoever the access matrix lets in, and not at all
before its page exists; so a place is added by one row here, one in auth/matrix/web.py, and its view.
"""

from __future__ import annotations

PUBLIC_PLACES: tuple[tuple[str, str], ...] = (
    ("首页", "web.public.home"),
    ("办事指南", "web.public.guide"),
    ("找班级", "web.public.classes"),
    ("机构目录", "web.public.institutions"),
    ("补贴标准", "web.public.standards"),
    ("公示公告", "web.public.notices"),
    ("查验", "web.public.check"),
    ("数据公开", "web.public.figures"),
)

# name, endpoint, icon of macros/icons.html
PHONE_PLACES: tuple[tuple[str, str, str], ...] = (
    ("首页", "web.worker.home", "home"),
    ("领券", "web.worker.offers", "gift"),
    ("我的券", "web.worker.wallet", "ticket"),
    ("班级", "web.worker.classes", "book"),
    ("我的", "web.worker.me", "person"),
)

DESK_HOME = ("工作台", "web.office.home")
AUDITING = "审计"
DESK_GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "发券",
        (
            ("报送名册", "web.institution.rosters"),
            ("券种", "web.office.programmes"),
            ("发券单", "web.office.issues"),
            ("培训券", "web.office.vouchers"),
            ("候补", "web.office.waiting"),
            ("办理时限", "web.office.pace"),
            ("去向", "web.office.funnel"),
            ("标准变动", "web.office.tariffs"),
            ("享受资格", "web.office.standing"),
            ("领券申请", "web.office.applications"),
            ("部门核验", "web.office.outside"),
            ("劳动者开户", "web.office.new_worker"),
            ("书面委托", "web.office.new_mandate"),
            ("公用设备", "web.office.terminals"),
        ),
    ),
    (
        "培训",
        (
            ("扫码核销", "web.institution.scan"),
            ("班级", "web.institution.classes"),
            ("撤销核销", "web.institution.reversals"),
            ("开班审核", "web.office.classes"),
            ("分包登记", "web.office.subcontracts"),
            ("分包", "web.institution.subcontracts"),
            ("拆班并班", "web.office.class_moves"),
            ("课程变更", "web.office.timetable_changes"),
            ("名册反映", "web.office.intake_denials"),
            ("电话抽查", "web.office.phone_draws"),
            ("现场检查", "web.office.inspections"),
            ("现场检查", "web.institution.inspections"),
            ("备案审核", "web.office.filings"),
            ("机构", "web.office.institutions"),
        ),
    ),
    (
        "评价",
        (
            ("评价批次", "web.evaluator.batches"),
            ("安排考试", "web.evaluator.new_batch"),
            ("复核申请", "web.evaluator.appeals"),
            ("复核申请", "web.office.appeals"),
            ("证书", "web.evaluator.certificates"),
            ("联网上传", "web.evaluator.uploads"),
            ("评价补贴申领", "web.evaluator.claims"),
            ("证书", "web.office.certificates"),
            ("竞赛与荣誉", "web.office.awards"),
            ("考评员", "web.evaluator.examiners"),
            ("考点考场", "web.evaluator.sites"),
            ("本单位职工", "web.evaluator.own_staff"),
            ("备案范围", "web.evaluator.scope"),
            ("评价统计", "web.evaluator.statistics"),
        ),
    ),
    (
        "兑现",
        (
            ("结算申请", "web.institution.claims"),
            ("到账", "web.institution.payments"),
            ("本机构账户", "web.institution.account"),
            ("结算批次", "web.office.batches"),
            ("新建结算", "web.office.new_settlement"),
            ("奖补申报", "web.office.new_bonus"),
            ("收款账户", "web.office.accounts"),
            ("预算", "web.finance.budgets"),
            ("拨付文件", "web.finance.files"),
            ("对账", "web.finance.reconciliation"),
            ("账本", "web.finance.ledger"),
            ("月报与月结", "web.finance.months"),
            ("追回", "web.finance.clawbacks"),
            ("追回款到账", "web.finance.bank_credits"),
        ),
    ),
    (
        AUDITING,
        (
            ("审计", "web.supervisor.audit"),
            ("审计比对", "web.supervisor.joins"),
            ("审计导出", "web.supervisor.exports"),
            ("查看记录", "web.supervisor.looks"),
        ),
    ),
    (
        "监管",
        (
            ("风险线索", "web.supervisor.risks"),
            ("线索说明", "web.institution.risks"),
            ("质量评估", "web.supervisor.quality"),
            ("本机构星级", "web.institution.stars"),
            ("星级异议", "web.office.star_objections"),
            ("处置", "web.office.measures"),
            ("投诉申诉", "web.office.complaints"),
            ("投诉说明", "web.institution.complaints"),
            ("处置与整改", "web.institution.measures"),
            ("监管看板", "web.supervisor.dashboard"),
            ("统计分析", "web.supervisor.statistics"),
            ("定期报告", "web.supervisor.reports"),
            ("逐级穿透", "web.supervisor.drill"),
            ("异议", "web.office.objections"),
            ("本人反映", "web.office.denials"),
            ("档案异议", "web.office.archive_objections"),
            ("人才库", "web.office.talents"),
            ("评价覆盖", "web.office.coverage"),
        ),
    ),
    (
        "系统",
        (
            ("资质与备案", "web.institution.filings"),
            ("子账号", "web.institution.colleagues"),
            ("核销设备", "web.institution.devices"),
            ("系统接入", "web.institution.systems"),
            ("身份更正", "web.office.corrections"),
            ("注销申请", "web.office.erasures"),
            ("到期清除", "web.office.retention_runs"),
            ("职责委托", "web.office.delegations"),
            ("签名密钥", "web.custodian.keys"),
            ("常用筛选", "web.entrance.saved_filters"),
            ("登录管理", "web.entrance.sessions"),
        ),
    ),
)
