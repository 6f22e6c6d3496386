"""The life of a claim (申领): draft, two reviews, the public notice, the approval, the bank's answer.

A returned line comes back as the next revision of the same claim. Source: 豫办〔2021〕29号 16(i); S2-Z1.
"""

from __future__ import annotations

from voucher.rules.lifecycle.rows import Row, Thing, lines

_C = Thing.CLAIM
_REVIEWERS = ("officer_county", "officer_city", "officer_province")

ROWS: tuple[Row, ...] = (
    *lines(_C, (None,), "draft", "draft", ("submitter",), "逐条由规则计算：可付、不予受理或转人工"),
    *lines(
        _C,
        ("draft", "returned"),
        "submit",
        "submitted",
        ("submitter",),
        "规则结果为可付；退回补正的作为同一申领的下一次修订",
    ),
    *lines(
        _C,
        ("draft", "returned"),
        "refer",
        "manual",
        ("submitter",),
        "规则结果为转人工；由工作人员凭证据决定",
    ),
    *lines(
        _C,
        ("manual",),
        "clear",
        "submitted",
        _REVIEWERS,
        "凭证据由两人认定可付",
        two_people=True,
    ),
    *lines(_C, ("submitted",), "review_first", "first_reviewed", ("officer_county",), "县级初审"),
    *lines(
        _C,
        ("first_reviewed",),
        "review_second",
        "second_reviewed",
        ("officer_city", "officer_province"),
        "市级复核；超过金额分档的另由省级复核",
    ),
    *lines(
        _C,
        ("submitted", "first_reviewed", "second_reviewed"),
        "return",
        "returned",
        _REVIEWERS,
        "由该步审核人一次性告知全部问题",
    ),
    *lines(_C, ("second_reviewed",), "post", "noticed", ("office",), "公示"),
    *lines(_C, ("noticed",), "object", "objected", ("anyone",), "异议编号受理"),
    *lines(_C, ("objected",), "dismiss", "noticed", ("unsigned_officer",), "异议不成立"),
    *lines(_C, ("objected",), "uphold", "rejected", ("unsigned_officer",), "异议成立；放行享受资格"),
    *lines(_C, ("noticed",), "close", "cleared", ("clock",), "公示期满无异议"),
    *lines(_C, ("cleared",), "approve", "approved", ("finance_approver",), "财政审批"),
    *lines(_C, ("approved",), "release", "paying", ("finance_releaser",), "列入一个拨付文件并签发"),
    *lines(_C, ("paying",), "confirm", "paid", ("bank",), "银行回盘成功；占用转为支出"),
    *lines(_C, ("paying",), "bounce", "bounced", ("bank",), "银行退票"),
    *lines(
        _C,
        ("bounced",),
        "correct",
        "approved",
        ("submitter",),
        "收款账户经两人更正后重新拨付",
        two_people=True,
    ),
    *lines(
        _C,
        (
            "draft",
            "returned",
            "submitted",
            "manual",
            "first_reviewed",
            "second_reviewed",
            "noticed",
            "objected",
            "cleared",
            "approved",
            "bounced",
        ),
        "withdraw",
        "withdrawn",
        ("submitter",),
        "申报人撤回；放行享受资格，释放占用",
    ),
    # a draft has met no officer yet; under objection the decision is uphold, by one who has not signed
    *lines(
        _C,
        ("returned", "submitted", "manual", "first_reviewed", "second_reviewed", "noticed", "cleared"),
        "reject",
        "rejected",
        _REVIEWERS,
        "该步审核人不予通过；放行享受资格，释放占用",
    ),
    *lines(
        _C,
        ("approved", "bounced"),
        "reject",
        "rejected",
        ("finance_approver",),
        "财政不予拨付；放行享受资格，释放占用",
    ),
    # nobody has reviewed a draft: what ends it is the case of the person in whose name it stands
    *lines(
        _C,
        ("draft",),
        "disown",
        "rejected",
        ("unsigned_officer",),
        "本人反映“不是我”查实；放行享受资格，退出候补",
        two_people=True,
    ),
    *lines(_C, ("paid",), "recover", "recovering", ("office",), "立追回单"),
    *lines(_C, ("recovering",), "recovered", "recovered", ("bank", "finance_checker"), "应收款全部收回"),
    *lines(
        _C,
        ("recovering",),
        "reinstate",
        "paid",
        ("office",),
        "申诉成立，由两人恢复",
        two_people=True,
    ),
)

STATE_NAMES: dict[str, str] = {
    "draft": "草稿",
    "submitted": "已申报",
    "manual": "转人工",
    "first_reviewed": "已初审",
    "second_reviewed": "已复核",
    "returned": "退回补正",
    "noticed": "公示中",
    "objected": "异议中",
    "cleared": "公示无异议",
    "approved": "已审批",
    "paying": "拨付中",
    "paid": "已拨付",
    "bounced": "退票",
    "withdrawn": "已撤回",
    "rejected": "不予通过",
    "recovering": "追回中",
    "recovered": "已追回",
}

EVENT_NAMES: dict[str, str] = {
    "draft": "起草",
    "submit": "申报",
    "refer": "转人工",
    "clear": "人工认定",
    "review_first": "初审",
    "review_second": "复核",
    "return": "退回补正",
    "post": "公示",
    "object": "提出异议",
    "dismiss": "驳回异议",
    "uphold": "认定异议成立",
    "close": "结束公示",
    "approve": "审批",
    "release": "签发拨付",
    "confirm": "确认到账",
    "bounce": "退票",
    "correct": "更正账户",
    "withdraw": "撤回",
    "reject": "不予通过",
    "disown": "认定不是本人",
    "recover": "追回",
    "recovered": "收回",
    "reinstate": "恢复",
}

# a bank result, return, reject, dismiss and uphold are never blocked: they end or record, they do not pay
BLOCKED_BY_HOLD: frozenset[str] = frozenset(
    {
        "submit",
        "refer",
        "clear",
        "review_first",
        "review_second",
        "post",
        "close",
        "approve",
        "release",
        "correct",
    }
)
