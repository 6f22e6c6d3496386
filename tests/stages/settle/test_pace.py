"""How long each step takes, for the holder of a voucher and for the office."""

from __future__ import annotations

from datetime import date, timedelta

from tests import town_issue
from tests.scene import JIYUAN, SHANGHAI, ZHANG_SAN, Scene
from tests.town_certified import REGISTRAR, certified, settle_down
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import day_of
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle.queries.pace import Age, Pace, list_ages, list_paces
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims


def today(scene: Scene) -> date:
    return scene.at.astimezone(SHANGHAI).date()


def paces(scene: Scene, voucher_id: int) -> list[Pace]:
    with scene.database.read() as session:
        return list_paces(session, session.get_one(Voucher, voucher_id), today(scene))


def ages(scene: Scene) -> dict[str, Age]:
    with scene.database.read() as session:
        return {each.words: each for each in list_ages(session, [JIYUAN], today(scene))}


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
    assert (review.days, review.late) == (0, False)
    found = ages(scene)
    assert "待机构申领补贴" not in found, "what is claimed waits at its claim"
    assert (found["待初审"].count, found["待初审"].late, found["待初审"].limit) == (1, 0, "5 个工作日")

    scene.at += timedelta(days=(review.due_on - filed_on).days)
    assert not paces(scene, voucher_id)[0].late
    assert ages(scene)["待初审"].late == 0
    scene.at += timedelta(days=1)
    (late,) = paces(scene, voucher_id)
    assert late.late
    assert late.days == (today(scene) - day_of(late.since)).days
    assert ages(scene)["待初审"].late == 1


def test_the_holder_s_own_steps_end_with_the_dates_on_the_voucher(scene: Scene) -> None:
    budget = settle_down(scene)
    town_issue.eligible(scene, ZHANG_SAN)
    (voucher_id,) = town_issue.issue_to(scene, town_issue.programme(scene, budget), ZHANG_SAN)
    with scene.database.read() as session:
        redeem_by = session.get_one(Voucher, voucher_id).redeem_by
    (waits,) = paces(scene, voucher_id)
    assert (waits.words, waits.who, waits.due_on) == ("待本人领取", "本人", redeem_by)
    assert waits.limit == "核销截止日"
    assert ages(scene)["待本人领取"].late is None
