"""The lives of what vouchers are issued under: the programme (券种), the issue (发券单), the application.

Source: 豫办〔2021〕29号 16 (发券); DOMAIN W1–W11; 【设】 two people for what is filed by an institution.
"""

from __future__ import annotations

from voucher.rules.lifecycle.rows import Row, Thing, lines

_P, _S, _A = Thing.PROGRAMME, Thing.ISSUE, Thing.APPLICATION

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
    *lines(_S, (None,), "start", "issuing", ("office",), "按名册文件批量发放，分批办理，中断后从断点继续"),
    *lines(_S, ("issuing",), "finish", "issued", ("office",), "名册文件逐行办完"),
    *lines(
        _S,
        ("issuing",),
        "terminate",
        "issued",
        ("office",),
        "不再办下去：已发的券和已候补的不受影响，没有办到的各行不再发放；须写明理由",
    ),
)

APPLICATION: tuple[Row, ...] = (
    *lines(_A, (None,), "file", "filed", ("holder",), "本人申请：券种要求证明，或有事项须人工核实"),
    *lines(_A, ("filed",), "ask", "asked", ("office",), "逐项要求补充说明，一次写明"),
    *lines(_A, ("asked",), "answer", "filed", ("holder",), "本人逐项答复"),
    *lines(_A, ("filed",), "approve", "approved", ("office",), "核实无误，本人可以领券；须写明依据"),
    *lines(_A, ("filed",), "decline", "declined", ("office",), "不予同意；须写明理由"),
    *lines(_A, ("filed", "asked"), "withdraw", "withdrawn", ("holder",), "本人撤回"),
    *lines(_A, ("asked",), "lapse", "lapsed", ("clock",), "逾期没有答复"),
)

ROWS: tuple[Row, ...] = (*PROGRAMME, *ISSUE, *APPLICATION)

STATE_NAMES: dict[Thing, dict[str, str]] = {
    _P: {
        "draft": "草稿",
        "published": "发放中",
        "stopped": "已停发",
        "discarded": "已作废",
        "closed": "已结束",
    },
    _S: {"filed": "待审核", "issuing": "发放中", "issued": "已发放", "returned": "已退回"},
    _A: {
        "filed": "待办理",
        "asked": "待本人答复",
        "approved": "已同意",
        "declined": "不予同意",
        "withdrawn": "已撤回",
        "lapsed": "逾期未答复",
    },
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
    _S: {
        "file": "报送",
        "issue": "发放",
        "return": "退回",
        "start": "开始批量发放",
        "finish": "批量发放完毕",
        "terminate": "终止批量发放",
    },
    _A: {
        "file": "申请",
        "ask": "要求补充说明",
        "answer": "答复",
        "approve": "同意",
        "decline": "不予同意",
        "withdraw": "撤回",
        "lapse": "逾期",
    },
}
