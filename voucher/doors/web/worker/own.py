"""What every page of a worker asks first: whose vouchers, and what may be done with one of them now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web.acting import Done, act, refuse
from voucher.ledger.vouchers import VOUCHER_MISSING
from voucher.plumbing.unit_of_work import Work
from voucher.rules.assessment import EXAMINED_ELSEWHERE
from voucher.rules.errors import Refused
from voucher.stages.issue.attempts import record_foreign_attempt
from voucher.stages.issue.queries import Card
from voucher.stages.train.reading import format_moment

# what a state asks of the holder: the sentence and, where there is one, the act it leads to
NEXT_STEPS: dict[str, str] = {
    "issued": "请先领取这张券",
    "accepted": "请选择班级报名",
    "enrolled": "开班当天起到机构出示二维码核销，核销以后才记学时",
    "training": "按课程表上课，课时够了才能结业",
    "trained": "等待考试；安排好的，在“我的考试”里看时间和座位",
    "assessed": "考试合格，等待证书登记核验",
    "certified": "证书已核验，机构正在申领补贴，您不用再办理",
    "settled": "补贴已经兑现，这张券已用完",
    "completed": "已办结",
    "expired": "超过使用期限，已失效；需要的可重新申领",
    "withdrawn": "您已退回这张券",
    "revoked": "人社部门已作废这张券，有疑问请拨打 12333",
    "dropped": "已退训",
    "lapsed": "没有按期取得证书，券已失效",
    "recovering": "证书被撤销，正在向机构追回补贴",
    "recovered": "补贴已经追回",
}
# an inquiry, or an institution that has left: the page of the voucher says what can be done
HELD = "本券暂停使用，打开这张券看怎么办；有疑问请拨打 12333"
# 特种作业、特种设备: the authority examines, nobody listed here does
# until the clock ends it; what was scanned on the last day itself may still arrive
OVER = "{redeem_by} 是最后一天，已经过了，不能再用；需要的可重新申领"
OVER_IN_CLASS = (
    "{redeem_by} 是最后一天，已经过了，不能再核销。那天机构没有网络、当场扫过码的，"
    "最晚 {until} 以前还会传上来，传上来就算数，不用再去；到时还没有的，这张券失效。"
    "扫过没扫过，可以问机构或拨打 12333"
)
ELSEWHERE = "请参加主管部门的考核；证书登记以后自动换券，您不用再办理"
USABLE = ("issued", "accepted", "enrolled")
Way = tuple[tuple[str, tuple[str, ...]], ...]
PATH: Way = (
    ("领取", ("issued",)),
    ("报名", ("accepted",)),
    ("核销", ("enrolled",)),
    ("培训", ("training",)),
    ("考试", ("trained",)),
    ("取证", ("assessed",)),
    ("兑现", ("certified",)),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A card with what its holder does next, and where on the way it stands.

    `is_over` says that its last day has passed, unused as far as anybody knows.
    """

    card: Card
    next_step: str
    path: tuple[tuple[str, str], ...]
    is_over: bool


def show(card: Card) -> Shown:
    """Return a card as the pages of its holder show it."""
    step = NEXT_STEPS[card.state]
    if card.state == "trained" and card.certificate_kind in EXAMINED_ELSEWHERE:
        step = ELSEWHERE
    is_over = card.state in USABLE and card.redeem_by < the_door().today
    if is_over:
        step = _tell_over(card)
    step = HELD if card.held else step
    return Shown(card, step, tell_way(PATH, card.state, ("settled", "completed")), is_over)


def _tell_over(card: Card) -> str:
    day = card.redeem_by.isoformat()
    if card.heard_until is None:
        return OVER.format(redeem_by=day)
    # the last minute, as people read a day: not midnight of the next
    return OVER_IN_CLASS.format(redeem_by=day, until=format_moment(card.heard_until - timedelta(minutes=1)))


def tell_way(way: Way, state: str, over: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the steps of a way, each past, here or to do; all past where it is over, none off the way."""
    here = next((place for place, (_, states) in enumerate(way) if state in states), None)
    if here is None:
        return tuple((name, "past") for name, _ in way) if state in over else ()
    return tuple(
        (name, "past" if place < here else "here" if place == here else "todo")
        for place, (name, _) in enumerate(way)
    )


@dataclass(frozen=True, slots=True)
class Places:
    """Where the pages about one voucher lie: its holder's own, or those of who helps."""

    voucher: str
    choose: str
    enrol: str


def own_places(voucher_id: int) -> Places:
    """Return where a holder's own pages about a voucher lie."""
    return Places(
        url_for("web.worker.voucher", voucher_id=voucher_id),
        url_for("web.worker.choose", voucher_id=voucher_id),
        url_for("web.worker.enrol", voucher_id=voucher_id),
    )


def act_on_own(
    voucher_id: int, what: str, call: Callable[[Work], Done], again: Callable[[], str]
) -> ResponseReturnValue:
    """Act on one's own voucher; an attempt on somebody else's is kept, and answered as if it were missing."""
    return watched(voucher_id, what, lambda: act(call), again)


def watched(
    voucher_id: int, what: str, call: Callable[[], ResponseReturnValue], again: Callable[[], str]
) -> ResponseReturnValue:
    """Answer what a call answers; an attempt on a foreign voucher is kept, a refusal shows the page again."""
    try:
        return call()
    except Refused as refused:
        if refused.refusal.code == VOUCHER_MISSING.code:
            perform(lambda work: record_foreign_attempt(work, voucher_id, what))
            raise
        return refuse(refused.refusal, again)


def my_person_id() -> int:
    """Return the person behind this session."""
    return current_actor().person_id
