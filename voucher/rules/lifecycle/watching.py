"""The lives of what those who watch keep: a risk flag, a measure of the ladder, a complaint or an appeal.

Source: 豫办〔2021〕29号 第4项、四（三） 监管; 【设】风险线索、处置、投诉须有处理人、说明、结论.
"""

from __future__ import annotations

from voucher.rules.lifecycle.rows import Row, Thing, lines

_R, _M, _C = Thing.RISK_FLAG, Thing.MEASURE, Thing.COMPLAINT
_STANDS = ("confirmed", "final")

RISK_FLAG: tuple[Row, ...] = (
    *lines(_R, (None,), "raise", "opened", ("clock",), "规则查出，同一对象同一时段只有一条"),
    *lines(_R, ("opened", "assigned"), "dispatch", "assigned", ("supervisor",), "分给一名监管人员办理"),
    *lines(_R, ("assigned",), "ask", "asked", ("supervisor",), "要求机构在期限内说明"),
    *lines(_R, ("asked",), "answer", "answered", ("institution",), "机构说明一次"),
    *lines(
        _R, ("assigned", "asked", "answered"), "uphold", "upheld", ("supervisor",),
        "查实；与该机构、该线索无关的人下结论",
    ),
    *lines(
        _R, ("assigned", "asked", "answered"), "dismiss", "dismissed", ("supervisor",),
        "不属实；因它停住的恢复办理",
    ),
    *lines(
        _R, ("opened", "assigned", "asked", "answered", "upheld", "dismissed"), "void", "void",
        ("supervisor",), "只依据一份名单，名单由两人撤回；后台逐条了结，不再计数，因它停住的恢复办理",
        two_people=True,
    ),
)  # fmt: skip

MEASURE: tuple[Row, ...] = (
    *lines(_M, (None,), "propose", "proposed", ("office", "supervisor"), "写明事实和依据，列出后果；告知"),
    *lines(_M, ("proposed",), "state", "proposed", ("institution",), "机构陈述申辩一次"),
    *lines(
        _M, ("proposed",), "confirm", "confirmed", ("office", "supervisor"),
        "看过同样的后果后由另一人确认；机构状态、停住的券随之变动", two_people=True,
    ),
    *lines(_M, ("proposed",), "drop", "dropped", ("office", "supervisor"), "不再处置，写明理由"),
    *lines(_M, _STANDS, "prove", None, ("institution",), "机构提交整改证明"),
    *lines(_M, ("confirmed",), "finish", "final", ("clock",), "申诉期满且没有未决申诉"),
    *lines(
        _M, _STANDS, "lift", "lifted", ("office",), "整改验收合格或期限届满，由两人恢复", two_people=True
    ),
    *lines(_M, _STANDS, "overturn", "overturned", ("office",), "申诉成立，由两人撤销；曝光随即撤下",
           two_people=True),
)  # fmt: skip

COMPLAINT: tuple[Row, ...] = (
    *lines(_C, (None,), "file", "filed", ("complainant",), "投诉举报可以不具名；凭受理号查进度"),
    *lines(_C, ("filed",), "accept", "accepted", ("office", "supervisor"), "受理，定办理人和办结期限"),
    *lines(_C, ("filed",), "refuse", "refused", ("office", "supervisor"), "不属于受理范围，写明去向"),
    *lines(_C, ("accepted",), "ask", "asked", ("office", "supervisor"), "要求机构说明，不透露投诉人"),
    *lines(_C, ("asked",), "answer", "answered", ("institution",), "机构说明一次，不能下结论"),
    *lines(
        _C, ("accepted", "asked", "answered"), "uphold", "upheld", ("office", "supervisor"),
        "属实；与该机构、原处置无关的人下结论",
    ),
    *lines(
        _C, ("accepted", "asked", "answered"), "dismiss", "dismissed", ("office", "supervisor"),
        "不属实，写明核查经过",
    ),
    *lines(_C, ("filed", "accepted", "asked", "answered"), "withdraw", "withdrawn", ("complainant",),
           "投诉人、申诉人撤回"),
)  # fmt: skip

ROWS: tuple[Row, ...] = (*RISK_FLAG, *MEASURE, *COMPLAINT)

STATE_NAMES: dict[Thing, dict[str, str]] = {
    _R: {
        "opened": "待分派",
        "assigned": "办理中",
        "asked": "等机构说明",
        "answered": "机构已说明",
        "upheld": "属实",
        "dismissed": "不属实",
        "void": "依据已撤回",
    },
    _M: {
        "proposed": "待另一人确认",
        "confirmed": "已生效",
        "final": "已确定",
        "dropped": "不予处置",
        "lifted": "已解除",
        "overturned": "已撤销",
    },
    _C: {
        "filed": "已登记",
        "accepted": "核查中",
        "refused": "不予受理",
        "asked": "等机构说明",
        "answered": "机构已说明",
        "upheld": "属实",
        "dismissed": "不属实",
        "withdrawn": "已撤回",
    },
}

EVENT_NAMES: dict[Thing, dict[str, str]] = {
    _R: {
        "raise": "查出",
        "dispatch": "分派",
        "ask": "要求说明",
        "answer": "机构说明",
        "uphold": "认定属实",
        "dismiss": "认定不属实",
        "void": "依据的名单撤回",
    },
    _M: {
        "propose": "提出",
        "state": "陈述申辩",
        "confirm": "确认",
        "drop": "不予处置",
        "prove": "提交整改证明",
        "finish": "确定",
        "lift": "解除",
        "overturn": "撤销",
    },
    _C: {
        "file": "登记",
        "accept": "受理",
        "refuse": "不予受理",
        "ask": "要求说明",
        "answer": "机构说明",
        "uphold": "认定属实",
        "dismiss": "认定不属实",
        "withdraw": "撤回",
    },
}
