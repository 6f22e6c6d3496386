"""The lives around a payment: batch, notice, objection, file, payment, account, entitlement, clawback.

Source: 豫办〔2021〕29号 16(i), S2-Z3 (专项审计); 济源 2023Q4 公示 for the notice.
"""

from __future__ import annotations

from voucher.rules.lifecycle.rows import Row, Thing, lines

_B, _N, _O = Thing.BATCH, Thing.NOTICE, Thing.OBJECTION
_F, _P, _A = Thing.PAYMENT_FILE, Thing.PAYMENT, Thing.ACCOUNT_CORRECTION
_E, _K = Thing.ENTITLEMENT, Thing.CLAWBACK

BATCH: tuple[Row, ...] = (
    *lines(_B, (None,), "open", "open", ("submitter",), "一批一个预算，不混资金渠道"),
    *lines(_B, ("open",), "file", "filed", ("submitter",), "可付与转人工各条一并申报"),
    *lines(_B, ("filed",), "review_first", "first_reviewed", ("officer_county",), "各条初审完毕"),
    *lines(
        _B,
        ("first_reviewed",),
        "review_second",
        "second_reviewed",
        ("officer_city", "officer_province"),
        "各条复核完毕",
    ),
    *lines(_B, ("second_reviewed",), "post", "noticed", ("office",), "张贴公示"),
    *lines(_B, ("noticed",), "close_notice", "cleared", ("clock",), "公示期满"),
    *lines(_B, ("cleared",), "approve", "approved", ("finance_approver",), "财政审批"),
    *lines(_B, ("approved",), "release", "released", ("finance_releaser",), "首个拨付文件签发"),
    *lines(
        _B,
        ("released",),
        "release",
        "released",
        ("finance_releaser",),
        "其余申领或退票重付的拨付文件签发",
    ),
    *lines(_B, ("released",), "close", "closed", ("clock", "finance_checker"), "各条均有最终结果"),
    *lines(
        _B,
        ("open", "filed", "first_reviewed", "second_reviewed", "noticed", "cleared", "approved"),
        "cancel",
        "cancelled",
        ("submitter", "office"),
        "签发前取消；各条撤回",
    ),
)

NOTICE: tuple[Row, ...] = (
    *lines(_N, (None,), "post", "posted", ("office",), "按工作日历算出止日"),
    *lines(_N, ("posted",), "close", "closed", ("clock",), "公示期满"),
    *lines(_N, ("posted",), "withdraw", "withdrawn", ("office",), "公示有误，撤下重贴"),
)

OBJECTION: tuple[Row, ...] = (
    *lines(_O, (None,), "lodge", "lodged", ("anyone",), "编号受理"),
    *lines(_O, ("lodged",), "dismiss", "dismissed", ("unsigned_officer",), "不成立，写明理由"),
    *lines(_O, ("lodged",), "uphold", "upheld", ("unsigned_officer",), "成立，写明理由"),
)

PAYMENT_FILE: tuple[Row, ...] = (
    *lines(_F, (None,), "prepare", "prepared", ("finance_maker",), "制单：笔数、金额、摘要值固定"),
    *lines(_F, ("prepared",), "check", "checked", ("finance_checker",), "复核"),
    *lines(
        _F,
        ("checked",),
        "release",
        "released",
        ("finance_releaser",),
        "签发：与制单、复核及各申领四个环节均非同一人",
    ),
    *lines(_F, ("released",), "answer", "answered", ("bank",), "银行回盘"),
    *lines(_F, ("answered",), "answer", "answered", ("bank",), "银行补发其余回盘"),
    *lines(_F, ("answered",), "close", "closed", ("clock", "finance_checker"), "每笔均有最终结果"),
    *lines(
        _F,
        ("prepared", "checked"),
        "void",
        "voided",
        ("finance_maker", "finance_checker", "finance_releaser"),
        "签发前作废；各申领仍为已审批",
    ),
)

PAYMENT: tuple[Row, ...] = (
    *lines(_P, (None,), "prepare", "pending", ("finance_maker",), "一个申领同时只有一笔有效拨付"),
    *lines(_P, ("pending",), "release", "released", ("finance_releaser",), "随拨付文件签发"),
    *lines(_P, ("released",), "succeed", "succeeded", ("bank",), "银行回盘成功"),
    *lines(_P, ("released",), "fail", "failed", ("bank",), "退票；更正后另立新的一笔"),
    *lines(
        _P,
        ("pending",),
        "void",
        "voided",
        ("finance_maker", "finance_checker", "finance_releaser"),
        "随拨付文件作废",
    ),
)

ACCOUNT_CORRECTION: tuple[Row, ...] = (
    *lines(_A, (None,), "propose", "proposed", ("submitter",), "经办或财务人员提出更正并附凭证"),
    *lines(_A, (None,), "suggest", "suggested", ("submitter",), "机构自己提出更正并附凭证"),
    *lines(_A, ("suggested",), "agree", "proposed", ("submitter",), "由本机构另一人确认", two_people=True),
    *lines(_A, ("suggested",), "disagree", "refused", ("submitter",), "本机构不同意，写明理由"),
    *lines(_A, ("proposed",), "confirm", "confirmed", ("office",), "由另一人确认", two_people=True),
    *lines(_A, ("suggested", "proposed"), "refuse", "refused", ("office",), "不予更正，写明理由"),
)

ENTITLEMENT: tuple[Row, ...] = (
    *lines(
        _E, (None,), "take", "taken", ("holder", "institution", "submitter"), "锁定时占用；无券的在申报时占用"
    ),
    *lines(_E, ("taken",), "consume", "consumed", ("bank",), "拨付成功"),
    *lines(_E, ("taken",), "free", "freed", ("clock", "submitter", "office"), "未付而终"),
    *lines(_E, ("consumed",), "free", "freed", ("office",), "追回后由两人放行", two_people=True),
)

CLAWBACK: tuple[Row, ...] = (
    *lines(_K, (None,), "open", "opened", ("office",), "对每一收款方立应收款，不超过已付金额"),
    *lines(_K, ("opened",), "meet", "met", ("bank", "finance_checker"), "缴回或抵扣足额"),
    *lines(_K, ("opened",), "waive", "waived", ("office",), "申诉成立，由两人撤销", two_people=True),
)

ROWS: tuple[Row, ...] = (
    *BATCH,
    *NOTICE,
    *OBJECTION,
    *PAYMENT_FILE,
    *PAYMENT,
    *ACCOUNT_CORRECTION,
    *ENTITLEMENT,
    *CLAWBACK,
)

STATE_NAMES: dict[Thing, dict[str, str]] = {
    _B: {
        "open": "编制中",
        "filed": "已申报",
        "first_reviewed": "已初审",
        "second_reviewed": "已复核",
        "noticed": "公示中",
        "cleared": "公示无异议",
        "approved": "已审批",
        "released": "已签发",
        "closed": "已办结",
        "cancelled": "已取消",
    },
    _N: {"posted": "公示中", "closed": "公示期满", "withdrawn": "已撤下"},
    _O: {"lodged": "待处理", "dismissed": "不成立", "upheld": "成立"},
    _F: {
        "prepared": "已制单",
        "checked": "已复核",
        "released": "已签发",
        "answered": "已回盘",
        "closed": "已办结",
        "voided": "已作废",
    },
    _P: {
        "pending": "待签发",
        "released": "已签发",
        "succeeded": "已到账",
        "failed": "退票",
        "voided": "已作废",
    },
    _A: {"suggested": "待本机构确认", "proposed": "待确认", "confirmed": "已确认", "refused": "不予更正"},
    _E: {"taken": "已占用", "consumed": "已享受", "freed": "已放行"},
    _K: {"opened": "追回中", "met": "已收回", "waived": "已撤销"},
}

EVENT_NAMES: dict[Thing, dict[str, str]] = {
    _B: {
        "open": "建立",
        "file": "申报",
        "review_first": "初审",
        "review_second": "复核",
        "post": "公示",
        "close_notice": "结束公示",
        "approve": "审批",
        "release": "签发",
        "close": "办结",
        "cancel": "取消",
    },
    _N: {"post": "张贴", "close": "期满结束", "withdraw": "撤下"},
    _O: {"lodge": "提出", "dismiss": "驳回", "uphold": "认定成立"},
    _F: {
        "prepare": "制单",
        "check": "复核",
        "release": "签发",
        "answer": "回盘",
        "close": "办结",
        "void": "作废",
    },
    _P: {"prepare": "制单", "release": "签发", "succeed": "到账", "fail": "退票", "void": "作废"},
    _A: {
        "suggest": "机构提出",
        "agree": "机构确认",
        "disagree": "机构不同意",
        "propose": "提出",
        "confirm": "确认",
        "refuse": "不予更正",
    },
    _E: {"take": "占用", "consume": "享受", "free": "放行"},
    _K: {"open": "立单", "meet": "收回", "waive": "撤销"},
}
