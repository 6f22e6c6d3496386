"""How long each step takes, for the holder of a voucher and for the office."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update

from tests import town_issue
from tests.scene import EV2, JIYUAN, LI_SI, SHANGHAI, ZHANG_SAN, Scene, on
from tests.town_certified import REGISTRAR, certified, settle_down
from voucher.demo.signing import pass_all
from voucher.ledger.holds import Hold, close_hold, open_hold
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts, tables
from voucher.registry.standards import Parameter
from voucher.rules.approval import Step
from voucher.rules.calendar import WorkCalendar, count_workdays
from voucher.rules.lifecycle import Thing
from voucher.rules.pace import promised_on
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle.correct import correct_bounced
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Notice
from voucher.stages.settle.notice import close_due_notices
from voucher.stages.settle.objection import decide, lodge
from voucher.stages.settle.queries import claim_steps
from voucher.stages.settle.queries.claim_paces import Pace
from voucher.stages.settle.queries.pace import Age, list_ages, list_paces
from voucher.stages.settle.review import return_claims
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims

TRAINING = SubsidyKind.TRAINING


def today(scene: Scene) -> date:
    return scene.at.astimezone(SHANGHAI).date()


def paces(scene: Scene, voucher_id: int) -> list[Pace]:
    with scene.database.read() as session:
        return list_paces(session, session.get_one(Voucher, voucher_id), today(scene))


def ages(scene: Scene) -> dict[str, Age]:
    with scene.database.read() as session:
        return {each.words: each for each in list_ages(session, [JIYUAN], today(scene))}


def told_late(scene: Scene, *voucher_ids: int) -> dict[str, int]:
    """Return how many are late at each step as their holders read it; the office is asked to say the same."""
    told: dict[str, int] = {}
    for each in voucher_ids:
        for pace in paces(scene, each):
            told[pace.words] = told.get(pace.words, 0) + pace.late
    assert {words: age.late or 0 for words, age in ages(scene).items()} == told
    return told


def test_each_step_says_who_acts_since_when_and_by_when(scene: Scene) -> None:
    budget = settle_down(scene)
    (voucher_id,) = certified(scene, budget, ZHANG_SAN).voucher_ids
    (waits,) = paces(scene, voucher_id)
    assert (waits.words, waits.due_on, waits.late) == ("待机构申领补贴", None, False)
    assert ages(scene)["待机构申领补贴"].count == 1
    scene.do(REGISTRAR, lambda work: file_claims(work, SubsidyKind.TRAINING, [voucher_id], PLEDGED))
    filed_on = today(scene)
    (review,) = paces(scene, voucher_id)
    assert (review.about, review.words, review.who) == ("培训补贴", "待初审", "人社部门")
    assert review.due_on is not None
    assert review.due_on >= filed_on + timedelta(days=7), "five working days have a weekend between them"
    assert review.limit == "5 个工作日"
    assert review.source.startswith("【参】霍山")
    assert (review.days, review.late, review.late_days) == (0, False, 0)
    assert review.arrives_on is not None
    assert review.arrives_on > review.due_on + timedelta(days=30), "25 working days"
    found = ages(scene)
    assert "待机构申领补贴" not in found, "what is claimed waits at its claim"
    assert (found["待初审"].count, found["待初审"].late, found["待初审"].limit) == (1, 0, "5 个工作日")

    scene.at += timedelta(days=(review.due_on - filed_on).days)
    assert not paces(scene, voucher_id)[0].late
    assert ages(scene)["待初审"].late == 0
    scene.at += timedelta(days=1)
    (late,) = paces(scene, voucher_id)
    assert (late.late, late.late_days) == (True, 1)
    assert late.days == (today(scene) - day_of(late.since)).days
    assert ages(scene)["待初审"].late == 1
    # a county with days of its own: the office counts as the payee reads it
    scene.do("operator", add_review_days(JIYUAN, 9))
    assert told_late(scene, voucher_id) == {"待初审": 0}
    assert ages(scene)["待初审"].limit == "9 个工作日"
    scene.at += timedelta(days=6)
    assert told_late(scene, voucher_id) == {"待初审": 1}
    claim_id = scene.do("初审员", lambda work: work.session.scalars(select(Claim.id)).one())
    (before,) = paces(scene, voucher_id)
    assert before.due_on is not None
    assert before.late_days == 1
    hold = scene.do("初审员", lambda work: open_hold(work, Thing.CLAIM, claim_id, "核查"))
    (stopped,) = paces(scene, voucher_id)
    assert (stopped.is_held, stopped.arrives_on) == (True, None), "nobody promises what is stopped"
    assert (stopped.due_on, stopped.late, stopped.late_days) == (None, False, 0), (
        "nor is anybody late with it"
    )
    assert told_late(scene, voucher_id) == {"待初审": 0}
    assert (ages(scene)["待初审"].late, ages(scene)["待初审"].limit) == (None, "停住核查，不计时")
    # two weeks with two holds at once, one of them on the voucher: each of their days is taken out once
    opened_on = today(scene)
    other = scene.do("初审员", lambda work: open_hold(work, Thing.VOUCHER, voucher_id, "核查"))
    scene.at += timedelta(days=14)
    scene.do("初审员", partial(finish, hold=other))
    assert told_late(scene, voucher_id) == {"待初审": 0}, "the other one stands still"
    scene.do("初审员", partial(finish, hold=hold))
    (after,) = paces(scene, voucher_id)
    with scene.database.read() as session:
        workdays = tables.read_calendar(session)
    stopped_for = count_workdays(opened_on, today(scene), workdays)
    assert after.due_on == promised_on(before.due_on, stopped_for, workdays)
    assert after.limit == f"9 个工作日，停住核查的 {stopped_for} 个工作日不计"
    assert told_late(scene, voucher_id) == {"待初审": after.late}, "the office counts as its payee reads it"
    scene.at += timedelta(days=1)
    assert told_late(scene, voucher_id) == {"待初审": 1}
    assert ages(scene)["待初审"].limit == "9 个工作日"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_day_promised_while_the_notice_stands_is_the_day_promised_afterwards(scene: Scene) -> None:
    budget = settle_down(scene)
    plain, doubted = certified(scene, budget, ZHANG_SAN, LI_SI).voucher_ids
    filed = scene.do(
        REGISTRAR, partial(file_claims, kind=TRAINING, voucher_ids=[plain, doubted], terms=PLEDGED)
    )
    scene.review_and_post(filed.batch.batch_id)
    with scene.database.read() as session:
        posted = session.scalars(select(Notice)).one()
        contested = session.scalars(select(Claim.id).where(Claim.voucher_id == doubted)).one()
        workdays = tables.read_calendar(session)
    promised = promised_on(posted.until_on, 10, workdays)

    def arrivals() -> list[date | None]:
        return [paces(scene, each)[0].arrives_on for each in (plain, doubted)]

    def object_to() -> int:
        lodging = partial(lodge, notice_id=posted.id, claim_id=contested, words="未参加考试", contact=None)
        return scene.do("clock", lodging).id

    assert arrivals() == [promised, promised]
    scene.do("operator", set_objection_days(1))
    first = object_to()
    (heard,) = paces(scene, doubted)
    assert heard.due_on is not None
    assert heard.due_on < posted.until_on
    assert heard.arrives_on == promised, "dismissed, it goes back to the notice until its last day"
    dismissed = partial(decide, uphold=False, conclusion="考试录像在案")
    scene.do("异议处理员", partial(dismissed, objection_id=first))
    second = object_to()
    assert told_late(scene, plain, doubted) == {"公示中": 0, "异议处理中": 0}
    # the last day is over, and the clock comes later than it should
    scene.at = on(str(posted.until_on + timedelta(days=1)))
    assert arrivals()[0] == promised
    assert told_late(scene, plain, doubted) == {"公示中": 1, "异议处理中": 1}
    scene.at += timedelta(days=2)
    scene.do("clock", close_due_notices)
    (cleared,) = paces(scene, plain)
    assert (cleared.words, cleared.due_on, cleared.arrives_on) == ("待财政审批", promised, promised)
    # what was objected to then is counted from the day it was cleared
    scene.at += timedelta(days=3)
    later = arrivals()[1]
    scene.do("异议处理员", partial(dismissed, objection_id=second))
    assert arrivals() == [promised, later]
    assert later == promised_on(today(scene), 10, workdays)
    # approved on its last day, a claim is late the day after for the office as for its payee
    scene.at = on(str(promised))
    approve = partial(pass_all, batch_id=filed.batch.batch_id, step=Step.APPROVE, opinion="同意拨付")
    scene.do("审批员", approve)
    assert told_late(scene, plain, doubted) == {"待拨付": 0}
    scene.at = on(str(promised + timedelta(days=1)))
    assert told_late(scene, plain, doubted) == {"待拨付": 1}
    scene.at = on(str(later + timedelta(days=1)))
    assert told_late(scene, plain, doubted) == {"待拨付": 2}
    # what the payee takes to mend its account is not finance's: the days run anew from the correction
    file = scene.make_file(budget)
    scene.bank_answers(file, failing=[f"{file.number}-00001"])
    assert told_late(scene, plain, doubted) == {"退票，待更正账户": 0}
    scene.at += timedelta(days=20)
    told = (EV2[1], EV2[0], "中国银行", "258800001", "开户许可证")
    proposed = scene.do("制单员", lambda work: accounts.propose_account(work, *told).id)
    scene.do("付款复核员", lambda work: accounts.confirm_account(work, proposed, "258800001"))
    scene.do("制单员", partial(correct_bounced, institution_code=EV2[1]))
    assert told_late(scene, plain, doubted) == {"待拨付": 0}
    assert arrivals() == [promised_on(today(scene), 10, workdays)] * 2


def finish(work: Work, hold: Hold) -> None:
    """Let what a hold stopped go on."""
    close_hold(work, work.session.get_one(Hold, hold.id), "没有问题")


def add_review_days(region_code: str, workdays: int) -> Callable[[Work], object]:
    """Return the act that gives one region days of its own for a review."""

    def act(work: Work) -> None:
        work.session.add(
            Parameter(
                name="review_workdays",
                region_code=region_code,
                value=str(workdays),
                unit="个工作日",
                since=date(2022, 1, 1),
                source="济人社〔2022〕3号",
                confidence="gov",
            )
        )

    return act


def set_objection_days(workdays: int) -> Callable[[Work], object]:
    """Return the act that gives objections so many working days."""
    row = update(Parameter).where(Parameter.name == "objection_workdays")
    return lambda work: work.session.execute(row.values(value=str(workdays)))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_where_no_day_is_promised_it_is_said_what_it_waits_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = settle_down(scene)
    (voucher_id,) = certified(scene, budget, ZHANG_SAN).voucher_ids
    filed = scene.do(REGISTRAR, partial(file_claims, kind=TRAINING, voucher_ids=[voucher_id], terms=PLEDGED))
    scene.at = on("2024-12-20")

    def without(*years: int) -> tuple[date | None, date | None, int | None, bool]:
        with monkeypatch.context() as bare:
            known = WorkCalendar({}, frozenset({2023, 2024, 2025}.difference(years)))
            bare.setattr(tables, "read_calendar", lambda _session: known)
            (pace,) = paces(scene, voucher_id)
        return pace.due_on, pace.arrives_on, pace.awaits_year, pace.is_with_payee

    due_on, arrives_on, *rest = without()
    assert (due_on is None, arrives_on is None, rest) == (False, False, [None, False])
    assert without(2025) == (due_on, None, 2025, False)
    assert without(2024) == (None, None, 2024, False)

    def read_nothing(_session: object, _name: str, days: set[date], _regions: object) -> dict[date, Any]:
        return dict.fromkeys(days, SimpleNamespace(value=None, source=""))

    with monkeypatch.context() as bare:
        bare.setattr(claim_steps, "get_parameters_on", read_nothing)
        (pace,) = paces(scene, voucher_id)
    assert (pace.due_on, pace.arrives_on, pace.awaits_year, pace.is_with_payee) == (None, None, None, False)
    claim_id = scene.do("初审员", lambda work: work.session.scalars(select(Claim.id)).one())
    back = partial(return_claims, batch_id=filed.batch.batch_id, step=Step.FIRST_REVIEW, claim_ids=[claim_id])
    scene.do("初审员", partial(back, defects="缺签到表"))
    (pace,) = paces(scene, voucher_id)
    assert (pace.arrives_on, pace.awaits_year, pace.is_with_payee) == (None, None, True)


def test_the_holder_s_own_steps_end_with_the_dates_on_the_voucher(scene: Scene) -> None:
    budget = settle_down(scene)
    town_issue.eligible(scene, ZHANG_SAN)
    (voucher_id,) = town_issue.issue_to(scene, town_issue.programme(scene, budget), ZHANG_SAN)
    with scene.database.read() as session:
        redeem_by = session.get_one(Voucher, voucher_id).redeem_by
    (waits,) = paces(scene, voucher_id)
    assert (waits.words, waits.who, waits.due_on) == ("待本人领取", "本人", redeem_by)
    assert waits.limit == "核销截止日"
    assert told_late(scene, voucher_id) == {"待本人领取": 0}
    scene.at = on(str(redeem_by + timedelta(days=1)))
    assert told_late(scene, voucher_id) == {"待本人领取": 1}
    scene.do("初审员", lambda work: open_hold(work, Thing.VOUCHER, voucher_id, "核查"))
    assert told_late(scene, voucher_id) == {"待本人领取": 0}
    (stopped,) = paces(scene, voucher_id)
    assert (stopped.due_on, stopped.late_days) == (redeem_by, 0)
    assert stopped.limit == "核销截止日，停住核查，不计时"
