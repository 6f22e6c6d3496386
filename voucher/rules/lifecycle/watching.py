"""The lives of what those who watch keep: a risk flag from being raised to its conclusion.

Source: 豫办〔2021〕29号 四（三） 监管; 【设】风险线索须有处理人、说明、结论.
"""

from __future__ import annotations

from voucher.rules.lifecycle.rows import Row, Thing, lines

_R = Thing.RISK_FLAG

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
)  # fmt: skip

ROWS: tuple[Row, ...] = RISK_FLAG

STATE_NAMES: dict[Thing, dict[str, str]] = {
    _R: {
        "opened": "待分派",
        "assigned": "办理中",
        "asked": "等机构说明",
        "answered": "机构已说明",
        "upheld": "属实",
        "dismissed": "不属实",
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
    },
}
