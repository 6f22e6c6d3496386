"""The lives of who trains and evaluates and of what they make: institution, filing, class, certificate; hold.

A hold is not a state of what it lies on: it is a row beside it, open or closed.
Source: 豫办〔2021〕29号 3, 4 (目录清单, 退出机制); 豫人社办〔2025〕60号.
"""

from __future__ import annotations

from voucher.rules.lifecycle.rows import Row, Thing, lines

_I, _L, _D, _H = Thing.INSTITUTION, Thing.CLASS, Thing.CERTIFICATE, Thing.HOLD
_E, _F = Thing.EXAM_BATCH, Thing.FILING

INSTITUTION: tuple[Row, ...] = (
    *lines(_I, (None,), "apply", "applied", ("institution",), "申请列入目录清单"),
    *lines(_I, (None,), "list", "listed", ("office",), "导入已公布的目录清单"),
    *lines(_I, ("applied",), "list", "listed", ("office",), "审核通过并公开"),
    *lines(_I, ("applied",), "refuse", "refused", ("office",), "不予列入，写明理由"),
    *lines(_I, ("refused", "delisted"), "apply", "applied", ("institution",), "重新申请"),
    *lines(_I, ("listed",), "warn", "warned", ("office", "supervisor"), "约谈", two_people=True),
    *lines(
        _I,
        ("listed", "warned"),
        "rectify",
        "rectifying",
        ("office", "supervisor"),
        "限期整改",
        two_people=True,
    ),
    *lines(
        _I,
        ("listed", "warned", "rectifying"),
        "suspend",
        "suspended",
        ("office", "supervisor"),
        "停业整顿；停止新开班与新锁定",
        two_people=True,
    ),
    *lines(
        _I,
        ("listed", "warned", "rectifying", "suspended"),
        "delist",
        "delisted",
        ("office",),
        "移出目录并公开；自愿退出亦同",
        two_people=True,
    ),
    *lines(
        _I,
        ("listed", "warned", "rectifying", "suspended"),
        "leave",
        "delisted",
        ("institution",),
        "机构自愿退出，一人提出、另一人确认；在培的券停住，等待转班",
        two_people=True,
    ),
    *lines(
        _I,
        ("listed", "warned", "rectifying", "suspended", "delisted"),
        "blacklist",
        "blacklisted",
        ("office",),
        "查实造假，列入黑名单并公开",
        two_people=True,
    ),
    *lines(
        _I,
        ("warned", "rectifying", "suspended", "delisted"),
        "restore",
        "listed",
        ("office",),
        "验收合格或申诉成立，由两人恢复",
        two_people=True,
    ),
    *lines(
        _I,
        ("blacklisted",),
        "restore",
        "delisted",
        ("office",),
        "期满或申诉成立，由两人移出黑名单；不直接回到目录",
        two_people=True,
    ),
)

FILING: tuple[Row, ...] = (
    *lines(
        _F, (None,), "open", "draft", ("applicant", "institution"), "起草备案申请，或在备案基础上申请变更"
    ),
    *lines(
        _F, ("draft", "returned"), "file", "filed", ("applicant", "institution"), "证照、范围、师资、场地齐备"
    ),
    *lines(_F, ("filed",), "return", "returned", ("office",), "一次性告知全部问题"),
    *lines(
        _F,
        ("filed",),
        "accept",
        "accepted",
        ("office",),
        "审核通过即为现行备案，由另一人办理",
        two_people=True,
    ),
    *lines(_F, ("filed",), "refuse", "refused", ("office",), "不予备案，写明理由"),
    *lines(
        _F,
        ("draft", "returned", "filed"),
        "withdraw",
        "withdrawn",
        ("applicant", "institution"),
        "申请人撤回",
    ),
    *lines(_F, ("accepted",), "replace", "replaced", ("office",), "新的备案通过，原备案留作记录"),
)

CLASS: tuple[Row, ...] = (
    *lines(_L, (None,), "draft", "draft", ("institution",), "起草开班申请"),
    *lines(
        _L, ("draft", "returned"), "file", "filed", ("institution",), "名册、教学计划、师资、考核方案齐备"
    ),
    *lines(_L, ("filed",), "approve", "approved", ("office",), "准予开班"),
    *lines(_L, ("filed",), "return", "returned", ("office",), "一次性告知全部问题"),
    *lines(_L, ("approved",), "start", "running", ("clock", "institution"), "首次课开始；此后券值不再改"),
    *lines(_L, ("running",), "sign_off", "signed_off", ("institution",), "学时与结业考核签字"),
    *lines(
        _L,
        ("signed_off",),
        "correct",
        "signed_off",
        ("institution",),
        "签字后更正，由两人办理",
        two_people=True,
    ),
    *lines(_L, ("signed_off",), "close", "closed", ("clock",), "各学员均有去向"),
    *lines(
        _L,
        ("draft", "filed", "returned", "approved"),
        "cancel",
        "cancelled",
        ("institution", "office"),
        "开班前取消；已锁定的券退出班级",
    ),
    *lines(_L, ("running",), "cancel", "cancelled", ("office",), "机构退出；学员转班"),
)

EXAM_BATCH: tuple[Row, ...] = (
    *lines(_E, (None,), "plan", "planned", ("evaluator",), "评价计划：职业、等级、日期、考点、考生名单"),
    *lines(_E, ("planned",), "publish", "published", ("evaluator",), "成绩由另一人复核后公布，公布后锁定"),
    *lines(
        _E,
        ("published",),
        "correct",
        "published",
        ("evaluator",),
        "公布后更正成绩，由两人办理",
        two_people=True,
    ),
    *lines(_E, ("planned",), "cancel", "cancelled", ("evaluator",), "取消评价，写明理由"),
)

CERTIFICATE: tuple[Row, ...] = (
    *lines(_D, (None,), "record", "recorded", ("evaluator", "office"), "机构上传，只是主张"),
    *lines(_D, ("recorded",), "verify", "valid", ("register",), "与全国联网登记一致，生成核验快照"),
    *lines(_D, ("recorded", "valid"), "revoke", "revoked", ("register", "office"), "撤销是事件，不删除"),
    *lines(
        _D,
        ("revoked",),
        "reinstate",
        "valid",
        ("office",),
        "申诉成立，由两人恢复",
        two_people=True,
    ),
)

HOLD: tuple[Row, ...] = (
    *lines(
        _H,
        (None,),
        "open",
        "open",
        ("holder", "office", "supervisor", "clock"),
        "争议、机构退出、设备冻结或风险线索",
    ),
    *lines(_H, ("open",), "close", "closed", ("office", "supervisor"), "写明处置结果"),
)

ROWS: tuple[Row, ...] = (*INSTITUTION, *FILING, *CLASS, *EXAM_BATCH, *CERTIFICATE, *HOLD)

STATE_NAMES: dict[Thing, dict[str, str]] = {
    _I: {
        "applied": "已申请",
        "listed": "在目录",
        "refused": "不予列入",
        "warned": "约谈",
        "rectifying": "整改",
        "suspended": "停业整顿",
        "delisted": "移出目录",
        "blacklisted": "黑名单",
    },
    _F: {
        "draft": "草稿",
        "filed": "待审核",
        "returned": "退回补正",
        "accepted": "现行备案",
        "refused": "不予备案",
        "withdrawn": "已撤回",
        "replaced": "已被替代",
    },
    _L: {
        "draft": "草稿",
        "filed": "已申请",
        "approved": "准予开班",
        "returned": "退回补正",
        "running": "开班中",
        "signed_off": "已结业",
        "closed": "已办结",
        "cancelled": "已取消",
    },
    _E: {"planned": "待评价", "published": "已公布", "cancelled": "已取消"},
    _D: {"recorded": "已登记", "valid": "有效", "revoked": "已撤销"},
    _H: {"open": "待处置", "closed": "已处置"},
}

EVENT_NAMES: dict[Thing, dict[str, str]] = {
    _I: {
        "apply": "申请",
        "list": "列入目录",
        "refuse": "不予列入",
        "warn": "约谈",
        "rectify": "责令整改",
        "suspend": "停业整顿",
        "delist": "移出目录",
        "leave": "自愿退出",
        "blacklist": "列入黑名单",
        "restore": "恢复",
    },
    _F: {
        "open": "起草",
        "file": "申请备案",
        "return": "退回补正",
        "accept": "准予备案",
        "refuse": "不予备案",
        "withdraw": "撤回",
        "replace": "替代",
    },
    _L: {
        "draft": "起草",
        "file": "申请开班",
        "approve": "准予开班",
        "return": "退回补正",
        "start": "开班",
        "sign_off": "结业签字",
        "correct": "更正",
        "close": "办结",
        "cancel": "取消",
    },
    _E: {"plan": "计划", "publish": "公布成绩", "correct": "更正成绩", "cancel": "取消"},
    _D: {"record": "登记", "verify": "核验", "revoke": "撤销", "reinstate": "恢复"},
    _H: {"open": "挂起", "close": "处置"},
}
