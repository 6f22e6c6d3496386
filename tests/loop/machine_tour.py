"""Short plays set down by hand that between them walk nearly every square of six tables.

Each is a few rules of the machine in a fresh world: what chance reaches seldom is reached here always.
"""

from __future__ import annotations

from typing import Any

from tests.loop.playing import COMPLETION, DIRECTED, OPEN, SIGN_IN

Step = tuple[str, dict[str, Any]]


def _step(rule: str, **given: Any) -> Step:
    return rule, given


def _to(goal: str, who: int = 0, what: int = DIRECTED) -> Step:
    return _step("advance_somebody", who=who, what=what, which=0, goal=goal)


def _late(state: str) -> Step:
    return _step("too_late", number=0, state=state)


def _revoke(state: str) -> Step:
    return _step("revoke", number=0, state=state)


def _withdraw(reviews: int, number: int = 0) -> Step:
    return _step("withdraw_claim", number=number, reviews=reviews)


def _refuse(reviews: int, *, back: bool, number: int = 0) -> Step:
    return _step("refuse", number=number, back=back, reviews=reviews)


def _turn_down(reviews: int, days: int = 0) -> Step:
    return _step("turn_down", number=0, reviews=reviews, days=days)


def _paid(ends: str) -> Step:
    return _step("everything_is_paid", number=0, ends=ends)


def _pay(ends: str) -> Step:
    return _step("pay", which=0, ends=ends)


def _days(days: int) -> Step:
    return _step("days_pass", days=days)


def _taken_back(state: str, *, fraud: bool) -> Step:
    return _step("take_back", number=0, fraud=fraud, state=state)


def _exam(level: str) -> Step:
    return _step("settle_without_voucher", who=0, which=0, level=level)


CERTIFIED = _to("certified")
_SETTLED = _to("settled")
_OBJECT, _REVIEW = _step("object_to", number=0), _step("review")
_ASTRAY = tuple(_step("class_goes_astray", which=1, reached=reached) for reached in range(4))

FROM_NOTHING: tuple[tuple[Step, ...], ...] = (
    # 券：过期、退回、作废、退班、撤销核销、转班、退训、停班
    # a scan made without a network on the last day may still arrive for some days
    (_late("issued"), _late("accepted"), _late("enrolled"), _days(14)),
    (_to("issued"), _step("withdraw", number=0), _to("accepted"), _step("withdraw", number=0)),
    (_revoke("issued"), _revoke("accepted"), _revoke("enrolled"), _revoke("training")),
    (_revoke("trained"), _revoke("assessed"), *_ASTRAY),
    (
        _step("leave", number=0), _step("reverse", number=0),
        _step("transfer", number=0, which=1, seat="enrolled", cancels=False),
        _to("training"), _step("transfer", number=0, which=0, seat="training", cancels=True),
        _step("drop", number=0),
    ),
    (_to("enrolled"), _step("cancel_class", number=0, seat="enrolled"),
     _to("training"), _days(1), _step("cancel_class", number=0, seat="training")),
    # 签到券办结，合格证持证
    (_to("trained", what=SIGN_IN), _to("certified", who=1, what=COMPLETION)),
    # 结业更正
    (_step("finish_badly", number=0, hours=7, score=59_00),
     _step("correct_completion", number=0, score=60_00)),
    # 无证失效，成绩更正，取消考试
    (_late("training"),),
    (_late("trained"),),
    (_late("assessed"),),
    (_step("exam_falls_through", number=0, held=False), _step("fail", number=0, for_good=False),
     _step("correct_result", number=0, theory=60_00)),
    (_step("fail", number=0, for_good=True),),
    # 转人工：先享受了高一级的
    (_exam("四级"), _days(1), CERTIFIED, _step("claim_all"), _step("clear"),
     _refuse(0, back=True, number=2), _step("bring_back")),
    (_exam("四级"), _days(1), CERTIFIED, _step("claim_all"), _withdraw(0, 2)),
    (_exam("四级"), _days(1), CERTIFIED, _step("claim_all"), _turn_down(0)),
    # 资金不足，草稿候补
    (_to("accepted", what=OPEN), _to("accepted", who=1, what=OPEN),
     _step("settle_without_voucher", who=2, which=1, level="五级"), _withdraw(0)),
    (_to("accepted", what=OPEN), _to("accepted", who=1, what=OPEN),
     _step("settle_without_voucher", who=2, which=1, level="五级"), _step("disown", number=0)),
)  # fmt: skip
FROM_CERTIFIED: tuple[tuple[Step, ...], ...] = (
    (_days(95), _days(95), _days(95), _days(95)),
    # 撤证：未付、付了一半、付清；收回，申诉
    (_taken_back("certified", fraud=True),),
    (_paid("bounced"), _withdraw(0), _taken_back("certified", fraud=True)),
    (_paid("bounced"), _taken_back("certified", fraud=True)),
    (_SETTLED, _taken_back("settled", fraud=False), _step("repay", number=0, half=True),
     _step("repay", number=0, half=False), _step("repay", number=0, half=False)),
    (_SETTLED, _taken_back("settled", fraud=False), _step("appeal", number=0)),
    # 申领：撤回
    (_withdraw(0), _withdraw(1)),
    (_withdraw(2),),
    (_refuse(0, back=True), _withdraw(0), _step("bring_back")),
    (_OBJECT, _withdraw(0), _days(14), _withdraw(0)),
    (_withdraw(3), _days(14), _REVIEW, _withdraw(0)),
    (_paid("bounced"), _withdraw(0)),
    # 申领：不予通过、退回补正
    (_refuse(0, back=False), _refuse(1, back=False)),
    (_refuse(1, back=True), _step("bring_back"), _refuse(0, back=True), _turn_down(0)),
    (_turn_down(2),),
    (_turn_down(3), _days(14), _refuse(0, back=False)),
    (_turn_down(3, 14), _REVIEW, _turn_down(0)),
    (_paid("bounced"), _turn_down(0)),
    (_OBJECT, _step("decide", uphold=False), _OBJECT, _step("decide", uphold=True)),
    # 拨付：退票更正，作废
    (_paid("bounced"), _step("correct_accounts"), _pay("void"), _pay("paid")),
)  # fmt: skip
# why nobody walks there
NOT_WALKED: dict[tuple[str, str, str], str] = {
    ("claim", "second_reviewed", "return"): "only the province returns there, above the band of its approval",
}
