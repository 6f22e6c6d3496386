"""张三的一张券，从发券到兑现，再到证书被撤销：每一步谁办的、钱在哪里，照实讲出来。

The loop is played by the same acts as the pages and the API; what is told is read back from the trail of
events, so that the story can say nothing that did not happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.app import DUE_ACTS
from voucher.demo.house import House, moment
from voucher.demo.province.cast import NURSE
from voucher.demo.province.cohorts import Cohort, Reached
from voucher.demo.province.offers import OFFERS
from voucher.demo.province.opening import open_accounts, open_organisations, open_payees
from voucher.demo.province.playing import open_offers
from voucher.demo.province.proving import Proving
from voucher.demo.province.stage import Stage
from voucher.demo.province.training import Training
from voucher.demo.staff import hire
from voucher.ledger.budget import Budget
from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import perform
from voucher.registry.founding import FOUNDER, found
from voucher.registry.people import Newcomer
from voucher.registry.users import UserAccount
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import EVENT_NAMES, STATE_NAMES, THING_NAMES, Thing
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import FUND_SOURCE_NAMES, FundSource
from voucher.stages.issue import holding, issuing
from voucher.stages.oversee.invariants import find_violations

Say = Callable[[str], None]
TODAY = date(2024, 12, 20)
ZHANG_SAN = Newcomer("41010519900315991X", "张三")
LI_SI = Newcomer("410702198511209927", "李四")
SILENT = frozenset({Thing.INSTITUTION, Thing.ACCOUNT_CORRECTION})
COHORT = Cohort("story", "nurse", "hope", "yuquan", NURSE, 2, 2, 200, Reached.REVOKED)


class Teller:
    """Reads what has happened since it last looked, and says it in sentences."""

    def __init__(self, house: House, say: Say) -> None:
        self.house = house
        self.say = say
        self.last_id = 0
        self.last_money = ""

    def tell(self, *, silently: bool = False) -> None:
        """Say every event since the last time, the same act on several objects in one sentence."""
        with self.house.database.read() as session:
            events = session.scalars(
                select(StateEvent).where(StateEvent.id > self.last_id).order_by(StateEvent.id)
            ).all()
            names = dict(session.execute(select(UserAccount.id, UserAccount.display_name)).all())
        self.last_id = events[-1].id if events else self.last_id
        if silently:
            return
        told = [each for each in events if Thing(each.thing) not in SILENT]
        for (who, thing, event, to), group in groupby(
            told, key=lambda each: (each.actor_user_id, each.thing, each.event, each.to_state)
        ):
            same = list(group)
            count = f" × {len(same)}" if len(same) > 1 else ""
            why = f"（{same[0].reason}）" if same[0].reason else ""
            self.say(
                f"  {_clock(same[0].at)}  {names[who]}：{THING_NAMES[Thing(thing)]}{count} "
                f"{EVENT_NAMES[Thing(thing)][event]} → {STATE_NAMES[Thing(thing)][to]}{why}"
            )

    def money(self) -> None:
        """Say where the money of the programme stands, where that has changed."""
        with self.house.database.read() as session:
            fund = session.scalars(select(Budget).where(Budget.source == str(FundSource.FISCAL))).one()
        source = FUND_SOURCE_NAMES[FundSource(fund.source)]
        words = (
            f"      资金（{source}）：占用 {format_yuan(fund.reserved_fen)}，"
            f"支出 {format_yuan(fund.spent_fen)}，收回 {format_yuan(fund.returned_fen)}"
        )
        if words != self.last_money:
            self.say(words)
        self.last_money = words

    def refusal(self, who: str, act: Callable[[], object]) -> None:
        """Say what somebody is told whose act must be refused; an act that is not refused ends the story."""
        try:
            act()
        except Refused as refused:
            self.say(f"  ✗ {who}：{refused.refusal.sentence}")
        else:
            raise AssertionError(f"{who} was not refused")


def _clock(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _roster() -> Iterator[Newcomer]:
    yield ZHANG_SAN
    yield LI_SI
    # nobody else plays; the names are only there so that the iterator has no end
    random = Random(1)
    while True:
        yield Newcomer(f"4190011990010{random.randrange(10_000):05d}", "某某")


def tell_the_loop(house: House, folder: Path, say: Say) -> list[int]:
    """Play the loop for two people and return the ids of their vouchers; whatever is off raises."""
    found(house.database, house.keyring, moment(TODAY - timedelta(days=240)))
    house.at = moment(TODAY - timedelta(days=239))
    perform(house.database, house.keyring, FOUNDER, house.at, hire)
    stage = Stage(house, TODAY, [act for _, act in DUE_ACTS], _roster())
    open_organisations(stage, folder, TODAY - timedelta(days=238))
    open_accounts(stage)
    open_payees(stage)
    teller = Teller(house, say)
    teller.tell(silently=True)
    say("发券：起草的人不能自己发布")
    open_offers(stage, TODAY - timedelta(days=236), [each for each in OFFERS if each.key == COHORT.offer])
    teller.tell()
    training = Training(stage, COHORT)
    training.note()
    proving = Proving(training, folder)
    proving.note()
    _play_day_by_day(stage, training, proving, teller)
    with house.database.read() as session:
        _check(session, training.voucher_ids)
    return training.voucher_ids


def _play_day_by_day(stage: Stage, training: Training, proving: Proving, teller: Teller) -> None:
    diary = sorted(stage.diary)
    headings: dict[object, str] = {
        training.draft_class: "机构申请开班、报送名册",
        training.approve_class: "人社部门准予开班",
        training.issue: "审核名册后发券：按标准占用资金",
        training.accept: "本人领取",
        training.enrol: "本人选班：锁定一家机构的一个班，占用享受资格",
        training.redeem: "开班，扫码核销，只此一次",
        training.sign_off: "结业签字：学时与结业考核",
        proving.plan: "独立评价：录入与公布不是同一人",
        proving.upload: "证书上传只是主张，与登记核验一致才算持证",
        proving.paying.claim: "两项补贴分别申领：培训补贴给机构，评价补贴给评价机构",
        proving.paying.post: "公示五个工作日",
        proving.paying.approve: "审批、制单、复核、签发：各由不同的人",
        proving.paying.book: "银行回盘：到账才算兑现",
        proving.revoke: "证书被撤销：无证无价，向两家收款机构追回",
    }
    for day, group in groupby(diary, key=lambda each: each[0]):
        stage.house.at = moment(day, 9)
        for _, _, step in group:
            if step in headings:
                teller.say(headings[step])
            step()
            _try_wrong_ways(stage, training, teller, step)
        stage.tick()
        teller.tell()
        if training.voucher_ids:
            teller.money()
    stage.diary.clear()


def _try_wrong_ways(stage: Stage, training: Training, teller: Teller, step: object) -> None:
    """Try what must not be possible, where a person would try it."""
    if step == training.issue:
        other = stage.workers[next(iter(stage.workers))]
        foreign = training.voucher_ids[1]
        teller.refusal(
            "张三拿李四的券去领", lambda: stage.act(other, partial(holding.accept, voucher_id=foreign))
        )
    if step == training.accept:
        programme_id = stage.programmes["nurse"]
        again = stage.act("operator-jy", lambda work: issuing.issue_at_once(work, programme_id, [ZHANG_SAN]))
        teller.say(f"  ✗ 同一券种再发给张三：发出 {again.issued} 张，拒绝 {again.refused} 人")
        stage.house.at -= timedelta(minutes=1)


def _check(session: Session, voucher_ids: list[int]) -> None:
    states = {session.get_one(Voucher, each).state for each in voucher_ids}
    if states != {"settled", "recovering"}:
        raise AssertionError(f"the vouchers ended as {states}")
    violations = find_violations(session)
    if violations:
        raise AssertionError(violations[:3])
