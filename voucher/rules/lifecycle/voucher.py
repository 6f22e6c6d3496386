"""The life of a voucher: 发券, 培训, 评价, 持证, 兑现, and every side exit.

No event changes the holder, and nothing moves back to be used again.
Source: 豫办〔2021〕29号 16 (以证换券, 无证无价, 不得转让).
"""

from __future__ import annotations

from voucher.rules.lifecycle.rows import Row, Thing, lines

_V = Thing.VOUCHER

ROWS: tuple[Row, ...] = (
    *lines(_V, (None,), "issue", "issued", ("office",), "持有人自此固定；按项目上限预占培训与评价两项资金"),
    *lines(
        _V, ("issued",), "accept", "accepted", ("holder", "helper"), "绑定本人设备并签发凭证，登记领取渠道"
    ),
    *lines(
        _V,
        ("issued", "accepted", "enrolled"),
        "expire",
        "expired",
        ("clock",),
        "超过核销截止日；释放预占资金",
    ),
    *lines(_V, ("issued", "accepted"), "withdraw", "withdrawn", ("holder",), "本人退回；释放预占资金"),
    *lines(
        _V,
        ("issued", "accepted", "enrolled", "training", "trained", "assessed"),
        "revoke",
        "revoked",
        ("office",),
        "须写明理由；释放预占资金",
    ),
    *lines(
        _V,
        ("accepted",),
        "enrol",
        "enrolled",
        ("holder", "helper", "institution"),
        "只锁定一家机构的一个班；占用享受资格，按标准调整预占资金，不足则不予锁定",
    ),
    *lines(
        _V,
        ("enrolled",),
        "leave",
        "accepted",
        ("holder", "institution", "clock"),
        "开班前退出或班级取消；放行享受资格",
    ),
    *lines(_V, ("enrolled",), "redeem", "training", ("institution",), "机构扫码核销，只此一次"),
    *lines(
        _V,
        ("training",),
        "reverse",
        "enrolled",
        ("institution",),
        "首次课结束前由两人撤销核销；原核销记录保留并标记",
        two_people=True,
    ),
    *lines(_V, ("enrolled", "training"), "transfer", None, ("office",), "机构退出后转班；已有学时保留"),
    *lines(_V, ("training",), "drop", "dropped", ("holder", "institution"), "须写明理由；释放预占资金"),
    *lines(_V, ("training",), "complete", "completed", ("institution",), "仅签到券：结业签字，无应付资金"),
    *lines(_V, ("training",), "finish", "trained", ("institution",), "结业签字：学时与结业考核均达标"),
    *lines(
        _V,
        ("training", "trained", "assessed"),
        "lapse",
        "lapsed",
        ("clock", "evaluator"),
        "超过取证截止日或最终不合格；无证无价，释放预占资金",
    ),
    *lines(_V, ("trained",), "pass", "assessed", ("evaluator",), "评价机构公布合格成绩"),
    *lines(
        _V,
        ("trained",),
        "certify",
        "certified",
        ("register",),
        "不由评价机构评价的项目：培训合格证书，或主管部门考核的特种作业、特种设备证书",
    ),
    *lines(
        _V,
        ("assessed",),
        "certify",
        "certified",
        ("register",),
        "核验快照与本人、职业、等级一致",
    ),
    *lines(_V, ("certified",), "settle", "settled", ("bank",), "本券最后一笔拨付已有最终结果"),
    *lines(
        _V,
        ("certified",),
        "complete",
        "completed",
        ("clock", "office"),
        "无补贴标准、各申领均未付而终，或申领期已过；释放预占资金",
    ),
    *lines(
        _V,
        ("certified",),
        "decertify",
        "lapsed",
        ("register", "office"),
        "证书被撤销或查实造假，且未付过款；在途拨付须等银行结果",
    ),
    *lines(
        _V,
        ("certified",),
        "decertify_paid",
        "recovering",
        ("register", "office"),
        "证书被撤销或查实造假，且已付过款；在途拨付须等银行结果",
    ),
    *lines(
        _V,
        ("settled",),
        "decertify_paid",
        "recovering",
        ("register", "office"),
        "证书被撤销或查实造假；对每一收款方立应收款",
    ),
    *lines(_V, ("recovering",), "recover", "recovered", ("bank", "finance_checker"), "应收款全部收回"),
    *lines(
        _V,
        ("recovering",),
        "reinstate",
        "settled",
        ("office",),
        "申诉成立，由两人恢复",
        two_people=True,
    ),
)

STATE_NAMES: dict[str, str] = {
    "issued": "已发放",
    "accepted": "已领取",
    "enrolled": "已锁定",
    "training": "培训中",
    "trained": "培训完成",
    "assessed": "已评价",
    "certified": "已持证",
    "settled": "已兑现",
    "expired": "过期",
    "withdrawn": "退回",
    "revoked": "作废",
    "dropped": "退训",
    "completed": "已完成",
    "lapsed": "无证失效",
    "recovering": "追回中",
    "recovered": "已追回",
}

EVENT_NAMES: dict[str, str] = {
    "issue": "发放",
    "accept": "领取",
    "expire": "到期失效",
    "withdraw": "退回",
    "revoke": "作废",
    "enrol": "锁定",
    "leave": "退出班级",
    "redeem": "核销",
    "reverse": "撤销核销",
    "transfer": "转班",
    "drop": "退训",
    "complete": "办结",
    "finish": "结业",
    "lapse": "无证失效",
    "pass": "评价合格",
    "certify": "持证",
    "settle": "兑现",
    "decertify": "撤证失效",
    "decertify_paid": "撤证追回",
    "recover": "收回",
    "reinstate": "恢复",
}

# toward use or payment, or driven by the clock; what ends, corrects or records a fact stays open
BLOCKED_BY_HOLD: frozenset[str] = frozenset(
    {"accept", "enrol", "redeem", "finish", "complete", "pass", "certify", "expire", "lapse"}
)
