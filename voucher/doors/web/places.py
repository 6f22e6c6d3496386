"""Where the pages lie: the menu of desks in groups, the bar of phones, the row of public places.

A place is (its name, its endpoint). It is shown to whoever the access matrix lets in, and not at all
before its page exists; so a place is added by one row here, one in auth/access_web.py, and its view.
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
        ),
    ),
    (
        "培训",
        (
            ("扫码核销", "web.institution.scan"),
            ("班级", "web.institution.classes"),
            ("撤销核销", "web.institution.reversals"),
            ("开班审核", "web.office.classes"),
            ("拆班并班", "web.office.class_moves"),
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
            ("证书", "web.evaluator.certificates"),
            ("评价补贴申领", "web.evaluator.claims"),
            ("证书", "web.office.certificates"),
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
            ("收款账户", "web.office.accounts"),
            ("预算", "web.finance.budgets"),
            ("拨付文件", "web.finance.files"),
            ("对账", "web.finance.reconciliation"),
            ("追回", "web.finance.clawbacks"),
        ),
    ),
    (
        "监管",
        (
            ("逐级穿透", "web.supervisor.drill"),
            ("异议", "web.office.objections"),
            ("审计", "web.supervisor.audit"),
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
            ("签名密钥", "web.custodian.keys"),
            ("登录管理", "web.entrance.sessions"),
        ),
    ),
)

# the pages below a place light it up as well
BELOW: dict[str, tuple[str, ...]] = {
    "web.worker.me": (
        *("web.worker.phones", "web.worker.lose_phone"),
        *("web.worker.helpers", "web.worker.grant_consent", "web.worker.end_consent"),
        *(
            "web.worker.helped",
            "web.worker.ask_consent",
            "web.worker.consent_code",
            "web.worker.prove_consent",
        ),
        *("web.worker.helped_person", "web.worker.helped_voucher", "web.worker.accept_helped"),
        *("web.worker.choose_helped", "web.worker.enrol_helped", "web.worker.text_helped"),
    ),
    "web.worker.offers": (
        *("web.worker.take", "web.worker.standing", "web.worker.applications", "web.worker.application"),
        *("web.worker.new_application", "web.worker.apply", "web.worker.answer_application"),
        *("web.worker.withdraw_application", "web.worker.own_attachment", "web.worker.take_back_attachment"),
    ),
    "web.worker.wallet": (
        *("web.worker.voucher", "web.worker.accept", "web.worker.withdraw", "web.worker.leave"),
        "web.worker.choose_anew",
        *("web.worker.code", "web.worker.choose", "web.worker.enrol", "web.worker.rate_class"),
    ),
    "web.institution.scan": (
        *("web.institution.check_code", "web.institution.enrol_by_code", "web.institution.redeem"),
    ),
    "web.institution.classes": (
        *("web.institution.training_class", "web.institution.new_class", "web.institution.draft_class"),
        *("web.institution.edit_class", "web.institution.revise_class", "web.institution.file_class"),
        *("web.institution.cancel_class", "web.institution.sheet", "web.institution.attend"),
        *(
            "web.institution.correct_hours",
            "web.institution.finishing",
            "web.institution.class_code",
            "web.institution.sign_off",
        ),
        *("web.institution.issue_completions", "web.institution.marks", "web.institution.mark"),
        *("web.institution.tally_marks", "web.institution.completion_paper"),
        *("web.institution.make_up", "web.institution.co_sign"),
        *("web.institution.changes", "web.institution.ask_move"),
        *("web.institution.ask_correction", "web.institution.decide_correction"),
        *("web.institution.lessons", "web.institution.add_lesson"),
    ),
    "web.institution.rosters": ("web.institution.roster", "web.institution.file_roster"),
    "web.institution.claims": ("web.institution.claim", "web.institution.file_claims"),
    "web.institution.reversals": ("web.institution.ask_reversal", "web.institution.reverse"),
    "web.institution.colleagues": (
        *("web.institution.open_account", "web.institution.suspend_colleague"),
        *("web.institution.resume_colleague", "web.institution.reset_colleague"),
    ),
    "web.institution.devices": (
        *("web.institution.name_device", "web.institution.approve_device"),
        "web.institution.strike_device",
    ),
    "web.institution.systems": (
        *("web.institution.register_system", "web.institution.rotate_secret"),
        *("web.institution.confirm_secret", "web.institution.revoke_system"),
        *("web.institution.webhook", "web.institution.register_webhook", "web.institution.rotate_webhook"),
        *("web.institution.try_webhook", "web.institution.resume_webhook", "web.institution.end_webhook"),
        "web.institution.resend_delivery",
    ),
    "web.institution.account": (
        *("web.institution.propose_account", "web.institution.agree_account"),
        "web.institution.disagree_account",
    ),
    "web.evaluator.batches": (
        *("web.evaluator.batch", "web.evaluator.add", "web.evaluator.cancel", "web.evaluator.admit"),
        *("web.evaluator.enter", "web.evaluator.publish", "web.evaluator.correction"),
        *("web.evaluator.ask_correction", "web.evaluator.confirm_correction", "web.evaluator.fail"),
    ),
    "web.evaluator.new_batch": ("web.evaluator.plan",),
    "web.evaluator.certificates": (
        *("web.evaluator.new_certificate", "web.evaluator.record", "web.evaluator.upload"),
        "web.evaluator.verify",
    ),
    "web.evaluator.claims": ("web.evaluator.claim", "web.evaluator.file"),
    "web.office.programmes": (
        *("web.office.programme", "web.office.programme_deed", "web.office.do_programme_deed"),
        *("web.office.new_programme", "web.office.draft_programme", "web.office.programmes_xlsx"),
    ),
    "web.office.tariffs": (
        *("web.office.tariff", "web.office.new_tariff", "web.office.propose_tariff"),
        *("web.office.new_ending", "web.office.propose_ending"),
        *("web.office.agree_tariff", "web.office.decline_tariff"),
    ),
    "web.office.issues": (
        *("web.office.issue", "web.office.issue_deed", "web.office.do_issue_deed"),
        *("web.office.new_issue", "web.office.try_issue", "web.office.issue_now"),
        *("web.office.rosters", "web.office.hand_over_roster", "web.office.resume_roster"),
        *("web.office.ask_termination", "web.office.terminate_roster"),
        *("web.office.refusals_csv", "web.office.refusals_xlsx"),
    ),
    "web.office.vouchers": (
        *("web.office.voucher", "web.office.voucher_deed", "web.office.do_voucher_deed"),
        *("web.office.holds", "web.office.reinstatements"),
        *("web.office.offline_scans", "web.office.close_offline_scan"),
        *("web.office.attendance_cases", "web.office.close_case"),
    ),
    "web.office.classes": (*("web.office.class_page", "web.office.class_deed", "web.office.do_class_deed"),),
    "web.office.class_moves": ("web.office.decide_move",),
    "web.office.inspections": (
        *("web.office.inspection", "web.office.open_inspection", "web.office.draw_inspections"),
        *("web.office.conclude_inspection", "web.office.add_inspection_photo"),
        "web.office.close_inspection",
    ),
    "web.institution.inspections": ("web.institution.answer_inspection",),
    "web.office.phone_draws": (
        *("web.office.phone_draw", "web.office.draw_class"),
        *("web.office.begin_call", "web.office.tell_result"),
    ),
    "web.office.filings": (*("web.office.filing", "web.office.filing_deed", "web.office.do_filing_deed"),),
    "web.institution.filings": (
        *("web.institution.filing", "web.institution.open_filing", "web.institution.change_filing"),
        "web.institution.leave_list",
        *("web.institution.fill_filing", "web.institution.add_filing_part"),
        *("web.institution.strike_filing_part", "web.institution.file_filing"),
        "web.institution.withdraw_filing",
    ),
    "web.office.institutions": (
        *("web.office.institution", "web.office.institution_deed", "web.office.do_institution_deed"),
        "web.office.stop_system",
    ),
    "web.office.certificates": (
        *("web.office.certificate", "web.office.certificate_deed", "web.office.do_certificate_deed"),
    ),
    "web.office.standing": ("web.office.ask_standing",),
    "web.office.applications": (
        *("web.office.application", "web.office.ask_applicant", "web.office.decide_application"),
        *("web.office.attachment", "web.office.open_attachment"),
    ),
    "web.office.outside": ("web.office.verify_outside",),
    "web.office.new_worker": ("web.office.open_worker",),
    "web.office.new_mandate": ("web.office.register_mandate",),
    "web.office.batches": (
        *("web.office.batch", "web.office.decide", "web.office.post_notice"),
        *("web.office.resubmit_claims", "web.office.withdraw_claims"),
        *("web.office.claim", "web.office.clear_claim", "web.office.reject_claim"),
        *("web.office.claim_deed", "web.office.do_claim_deed"),
        "web.office.open_clawback",
    ),
    "web.office.new_settlement": ("web.office.settle",),
    "web.office.objections": ("web.office.objection", "web.office.decide_objection"),
    "web.office.accounts": (
        *("web.office.propose_account", "web.office.confirm_account"),
        *("web.office.refuse_account", "web.office.correct_bounced"),
    ),
    "web.office.corrections": (
        *("web.office.name_correction", "web.office.propose_name"),
        *("web.office.approve_name", "web.office.decline_name"),
        *("web.office.number_correction", "web.office.propose_number"),
        *("web.office.approve_number", "web.office.decline_number"),
    ),
    "web.finance.budgets": ("web.finance.budget", "web.finance.open_budget"),
    "web.finance.files": (
        *("web.finance.file", "web.finance.prepare", "web.finance.check", "web.finance.release"),
        *("web.finance.void", "web.finance.download", "web.finance.book_results"),
    ),
    "web.finance.clawbacks": ("web.finance.repay",),
    "web.custodian.keys": (
        *("web.custodian.make_next_key", "web.custodian.rotate_key", "web.custodian.withdraw_key"),
        "web.custodian.publish_trust",
    ),
    "web.supervisor.drill": (
        *("web.supervisor.region", "web.supervisor.house", "web.supervisor.people"),
        *("web.supervisor.trace", "web.supervisor.voucher", "web.supervisor.person"),
    ),
    "web.supervisor.audit": ("web.supervisor.verify_trail", "web.supervisor.check_invariants"),
    "web.public.notices": (
        *("web.public.notice", "web.public.lodge_objection"),
        *("web.public.find_objection", "web.public.objection"),
    ),
    "web.public.institutions": ("web.public.institution", "web.public.joining"),
    "web.public.classes": ("web.public.training_class",),
    "web.public.check": ("web.public.check_certificate", "web.public.check_voucher"),
    "web.entrance.sessions": (
        *("web.entrance.end_others", "web.entrance.end_one"),
        *("web.entrance.link_identity", "web.entrance.unlink_identity"),
    ),
}
