"""The life of a candidate's appeal (复核申请): to the evaluator first, then to the office, then it is over.

Source: 豫办〔2021〕29号 第4项 评价机构; 【设】考生申诉的期限与回避.
"""

from __future__ import annotations

from voucher.rules.lifecycle.rows import Row, Thing, lines

_A = Thing.APPEAL

APPEAL: tuple[Row, ...] = (
    *lines(_A, (None,), "file", "filed", ("holder",), "考生对成绩、入场核验或不予报名申请复核"),
    *lines(_A, ("filed",), "accept", "accepted", ("evaluator",), "评价机构受理"),
    *lines(
        _A, ("filed",), "refuse_late", "refused_late", ("evaluator",),
        "逾期且没有正当理由，不予受理；与原成绩、原核验无关的人办理",
    ),
    *lines(
        _A, ("accepted",), "uphold", "upheld", ("evaluator",),
        "成立；成绩按更正程序由第二人确认，其余另行安排考试",
    ),
    *lines(_A, ("accepted",), "reject", "rejected", ("evaluator",), "不成立，写明理由"),
    *lines(_A, ("refused_late", "rejected"), "escalate", "escalated", ("holder",), "不服的提请人社部门复查"),
    *lines(
        _A, ("filed", "accepted", "upheld"), "pass_on", "escalated", ("clock",),
        "评价机构逾期没有答复或没有落实，自动转人社部门",
    ),
    *lines(_A, ("escalated",), "overrule", "overruled", ("office",), "认定成立，责令评价机构更正"),
    *lines(_A, ("escalated",), "affirm", "affirmed", ("office",), "维持；这是最终答复"),
    *lines(
        _A, ("upheld", "escalated", "overruled"), "settle", "settled", ("evaluator", "office"),
        "更正生效或已另行安排考试；复查认定成立时更正已经生效的，同时办结",
    ),
    *lines(_A, ("refused_late", "rejected"), "close", "closed", ("clock",), "本人没有在期限内提请复查"),
    *lines(
        _A, ("overruled",), "end_unmet", "closed", ("office",),
        "评价机构逾期没有更正，人社部门写明理由终结；等待的天数补给培训券",
    ),
    *lines(_A, ("filed", "accepted", "escalated"), "withdraw", "withdrawn", ("holder",), "本人撤回"),
)  # fmt: skip

ROWS: tuple[Row, ...] = APPEAL

STATE_NAMES: dict[Thing, dict[str, str]] = {
    _A: {
        "filed": "待受理",
        "accepted": "复核中",
        "refused_late": "逾期不予受理",
        "upheld": "成立，待更正",
        "rejected": "不成立",
        "escalated": "人社部门复查中",
        "overruled": "复查成立，待更正",
        "affirmed": "复查维持",
        "settled": "已更正",
        "closed": "已终结",
        "withdrawn": "已撤回",
    },
}

EVENT_NAMES: dict[Thing, dict[str, str]] = {
    _A: {
        "file": "申请复核",
        "accept": "受理",
        "refuse_late": "逾期不予受理",
        "uphold": "认定成立",
        "reject": "认定不成立",
        "escalate": "提请复查",
        "pass_on": "逾期转人社部门",
        "overrule": "复查认定成立",
        "affirm": "复查维持",
        "settle": "更正落实",
        "close": "期满终结",
        "end_unmet": "未更正终结",
        "withdraw": "撤回",
    },
}
