"""The lives of what vouchers are issued under: the programme (券种) and the issue (发券单).

Source: 豫办〔2021〕29号 16 (发券); DOMAIN W1–W11; 【设】 two people for what is filed by an institution.
"""

from __future__ import annotations

from voucher.rules.lifecycle.rows import Row, Thing, lines

_P, _S = Thing.PROGRAMME, Thing.ISSUE

PROGRAMME: tuple[Row, ...] = (
    *lines(_P, (None,), "draft", "draft", ("office",), "起草券种：功能、发放方式、资金来源、有效期、数量"),
    *lines(_P, ("draft",), "publish", "published", ("office",), "由起草人以外的人审核发布；发布后条件不再改"),
    *lines(_P, ("draft",), "discard", "discarded", ("office",), "起草有误，不再发布"),
    *lines(_P, ("published",), "stop", "stopped", ("office",), "停止发放，已发的券不受影响；须写明理由"),
    *lines(_P, ("stopped",), "resume", "published", ("office",), "恢复发放"),
    *lines(_P, ("published", "stopped"), "close", "closed", ("office", "clock"), "发放期已过或不再发放"),
)

ISSUE: tuple[Row, ...] = (
    *lines(_S, (None,), "file", "filed", ("institution", "office"), "报送名册，逐人预审"),
    *lines(_S, ("filed",), "issue", "issued", ("office",), "审核名册后发券；资金不足的按先后候补"),
    *lines(_S, ("filed",), "return", "returned", ("office",), "不予发放，一次性告知全部问题"),
    *lines(_S, (None,), "issue", "issued", ("office", "holder"), "人社部门直接发放，或本人在领券中心申领"),
)

ROWS: tuple[Row, ...] = (*PROGRAMME, *ISSUE)

STATE_NAMES: dict[Thing, dict[str, str]] = {
    _P: {
        "draft": "草稿",
        "published": "发放中",
        "stopped": "已停发",
        "discarded": "已作废",
        "closed": "已结束",
    },
    _S: {"filed": "待审核", "issued": "已发放", "returned": "已退回"},
}

EVENT_NAMES: dict[Thing, dict[str, str]] = {
    _P: {
        "draft": "起草",
        "publish": "发布",
        "discard": "作废",
        "stop": "停发",
        "resume": "恢复发放",
        "close": "结束",
    },
    _S: {"file": "报送", "issue": "发放", "return": "退回"},
}
