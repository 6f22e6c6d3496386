"""What blocking flags hold: every claim meant, what comes later too, until there is a conclusion."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from tests import town_train
from tests.loop.telling import approve_batch, claims_of, ready
from tests.loop.test_bonus_stories import TALENT, apply, entry
from tests.scene import COOK, EV2, JIYUAN, LI_SI, NURSE, QIAN_QI, XINXIANG, ZHANG_SAN, Scene, on
from tests.stages.oversee.test_risk_flags import found_today, hire_watchers, planted, raised
from tests.town_attending import class_room
from tests.watching import watched
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts
from voucher.registry.corrections import NumberCorrection
from voucher.registry.institutions import Institution
from voucher.registry.outside.models import OutsideAnswer, OutsideCall
from voucher.rules.bonus_kinds import BonusKind
from voucher.rules.joins import ListKind
from voucher.rules.lifecycle import Thing
from voucher.rules.risk.catalogue import BY_CODE
from voucher.stages.oversee.joins.models import AuditList
from voucher.stages.oversee.risk.assigning import assign
from voucher.stages.oversee.risk.concluding import conclude
from voucher.stages.oversee.risk.facts import Window
from voucher.stages.oversee.risk.facts.paying import read_claims, read_history, read_outside
from voucher.stages.oversee.risk.finding import Found
from voucher.stages.oversee.risk.raising import raise_flags
from voucher.stages.oversee.risk.stopping import check_may_let_go
from voucher.stages.oversee.risk.voiding import count_resting, count_unnoted, void_flags

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ALL_DAYS = Window(date(2020, 1, 1), date(2030, 12, 31))


def held(scene: Scene, thing: Thing) -> list[int]:
    with scene.database.read() as session:
        open_ones = select(Hold.object_id).where(Hold.thing == str(thing), Hold.closed_at.is_(None))
        return list(session.scalars(open_ones.order_by(Hold.object_id)))


def close_first(work: Work) -> None:
    check_may_let_go(work, work.session.scalars(select(Hold).order_by(Hold.id)).all()[0])


def test_what_a_flag_holds_is_not_let_go_by_hand_before_its_conclusion(scene: Scene) -> None:
    room = class_room(scene)
    one, two = hire_watchers(scene)
    finding = planted("officer", f"{two}/{room.house}", room.house, stops=(("class", str(room.class_id)),))
    raised(scene, [finding])
    code = partial(town_train.code, scene)
    assert code("监管员甲", close_first) == "hold_of_risk_flag"
    scene.do("监管员甲", partial(assign, flag_id=1, person_id=one))
    assert code("监管员甲", close_first) == "hold_of_risk_flag"
    scene.do("监管员甲", partial(conclude, flag_id=1, words="查实", is_upheld=True))
    assert held(scene, Thing.VOUCHER) == sorted(room.vouchers.values()), "an upheld one keeps it held"
    assert code("监管员乙", close_first) == "risk_flag_own_institution", "not by who is meant"
    scene.do("监管员甲", close_first)


def test_who_comes_later_is_held_too_until_the_flag_is_concluded(scene: Scene) -> None:
    room = class_room(scene)
    one, _ = hire_watchers(scene)
    first, *others = (f"{room.class_id}/{each}" for each in _seated(scene, room.vouchers.values()))
    finding = planted("teacher", "1/某", room.house, stops=(("place", first),))
    assert raised(scene, [finding]) == 1
    assert len(held(scene, Thing.VOUCHER)) == 1
    grown = replace(
        finding,
        finding=replace(finding.finding, stops=tuple(("place", each) for each in (first, *others))),
    )
    scene.at += timedelta(days=1)
    assert raised(scene, [grown]) == 0
    everybody = held(scene, Thing.VOUCHER)
    assert everybody == sorted(room.vouchers.values()), "each once"
    assert raised(scene, [grown]) == 0
    assert held(scene, Thing.VOUCHER) == everybody
    scene.do("监管员甲", partial(assign, flag_id=1, person_id=one))
    scene.do("监管员甲", partial(conclude, flag_id=1, words="有批复", is_upheld=False))
    scene.do("clock", lambda work: raise_flags(work, [grown]))
    assert held(scene, Thing.VOUCHER) == [], "what was dismissed holds nobody again"


def test_many_flags_end_with_a_list_by_as_many_questions_as_few(scene: Scene) -> None:
    room = class_room(scene)
    one, _ = hire_watchers(scene)
    seats = [f"{room.class_id}/{each}" for each in _seated(scene, room.vouchers.values())]
    few, many = (scene.do("operator", partial(_bring, digest=each)) for each in "ab")

    def resting(list_id: int, count: int) -> list[Found]:
        made = []
        for number in range(count):
            stops = (("place", seats[number % len(seats)]),)
            found = planted("teacher", f"{list_id}{number:02}/某", room.house, stops=stops)
            made.append(replace(found, lists={list_id: 1}, of_rows=1))
        return made

    copied = planted("person", "1/2", room.house)
    copied = replace(copied, finding=replace(copied.finding, rule="R09"), rule=BY_CODE["R09"])
    alone = planted("teacher", "9/某", room.house, stops=(("place", seats[0]),))
    assert raised(scene, [*resting(few, 2), *resting(many, 12), copied, alone]) == 16
    with scene.database.read() as session:
        assert [count_resting(session, each) for each in (few, many)] == [(2, 2), (12, 12)]
        # raised before lists were noted: the page says so
        assert count_unnoted(session, [JIYUAN], scene.at) == 1
        assert count_unnoted(session, [XINXIANG], scene.at) == 0
    asked = []

    def end(work: Work, list_id: int) -> int:
        with watched(work.session) as sent:
            ended = void_flags(work, list_id, "名单已撤回", one, limit=100)
        asked.append(len(sent))
        return ended

    assert [scene.do("监管员乙", partial(end, list_id=each)) for each in (few, many)] == [2, 12]
    assert asked[0] == asked[1]
    assert len(held(scene, Thing.VOUCHER)) == 1, "what another flag holds stays held"


def _bring(work: Work, digest: str) -> int:
    made = AuditList(
        region_code=JIYUAN, kind=str(ListKind.CUSTODY), source="市局", as_of=work.today, why="年度审计",
        sha256=digest * 64, row_count=1, keep_until=work.today, imported_at=work.at,
        imported_by_person_id=work.actor.person_id,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    return made.id


def _seated(scene: Scene, vouchers: Iterable[int]) -> list[int]:
    with scene.database.read() as session:
        ids = select(Voucher.holder_person_id).where(Voucher.id.in_(list(vouchers)))
        return list(session.scalars(ids.order_by(Voucher.id)))


def test_a_changed_payee_holds_every_claim_approved_before_and_none_approved_after(scene: Scene) -> None:
    ready(scene)
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN, NURSE), scene.certificate(LI_SI, COOK))
    scene.open_accounts()
    approve_batch(scene, scene.settle(budget).batch_id)
    before = [each.id for each in claims_of(scene)]
    scene.at += timedelta(days=1)
    with scene.database.read() as session:
        house = session.scalars(select(Institution)).one()

    def propose(work: Work) -> int:
        bank = ("中国银行济源分行", "257799990001", "开户许可证")
        return accounts.propose_account(work, house.code, house.name, *bank).id

    proposed = scene.do("制单员", propose)
    scene.do("付款复核员", lambda work: accounts.confirm_account(work, proposed, "257799990001"))
    scene.certify(scene.certificate(QIAN_QI, COOK, issued="2024-01-15"))
    late = scene.settle(budget, since="2024-01-01", until="2024-01-31").batch_id
    approve_batch(scene, late)
    assert {each.state for each in claims_of(scene)} == {"approved"}
    assert len(claims_of(scene)) == 3
    found = [each for each in found_today(scene) if each.finding.rule == "R25"]
    assert [each.finding.stops for each in found] == [tuple(("claim", str(each)) for each in before)]
    raised(scene, found)
    assert held(scene, Thing.CLAIM) == before


def test_a_second_bonus_of_one_person_is_no_double_payment(scene: Scene) -> None:
    ready(scene)
    scene.file_evaluator(EV2, region=XINXIANG)
    scene.at = on("2024-03-06")
    budget = scene.open_budget(200_000, XINXIANG, source=TALENT)
    first = entry(ZHANG_SAN, "city_1_1", "2023-09-20", "新乡市第四届职业技能大赛")
    second = replace(first, happened_on=date(2024, 1, 22), occasion="新乡市第五届职业技能大赛")
    for each in (first, second):
        apply(scene, BonusKind.COMPETITION_AWARD, budget, [each], EV2, XINXIANG)
    assert len(claims_of(scene)) == 2
    with scene.database.read() as session:
        assert list(read_claims(session, ALL_DAYS)) == []
    assert [each for each in found_today(scene) if each.finding.rule == "R01"] == []


@pytest.mark.plants_violation
def test_only_the_newest_answer_about_the_own_number_is_believed(scene: Scene) -> None:
    ready(scene)
    budget = scene.open_budget()
    scene.certify(*(scene.certificate(each) for each in (ZHANG_SAN, LI_SI, QIAN_QI)))
    scene.settle(budget)
    claims = claims_of(scene)
    one, two, three = (each.person_id for each in claims)
    officer, checker = (scene.actor(each).person_id for each in ("初审员", "复核员"))

    def tell(work: Work) -> None:
        known = {"system": "殡葬系统", "as_of": day_of(work.at), "verified_by_person_id": officer}
        plain = {**known, "evidence": "函", "since": date(2023, 10, 1)}
        for person, kind, is_held, back in (
            (one, "deceased", True, 2), (one, "deceased", False, 1),
            (two, "deceased", False, 2), (two, "deceased", True, 1), (two, "student", True, 1),
            (two, "skill_upgrade", True, 2), (three, "skill_upgrade", True, 2),
            (three, "skill_upgrade", False, 1),
        ):  # fmt: skip
            skill = {"trade_code": "4-10-01-02", "level": 5} if kind == "skill_upgrade" else {}
            told_at = work.at - timedelta(days=back)
            work.session.add(
                OutsideAnswer(person_id=person, kind=kind, held=is_held, told_at=told_at, **plain, **skill)
            )
            work.session.flush()
        call = OutsideCall(
            kind="pension", system="养老金系统", way="embedded", person_id=three, asked_by_person_id=officer,
            asked_at=work.at, milliseconds=1, outcome="answered",
        )  # fmt: skip
        work.session.add(call)
        work.session.flush()
        work.session.add(
            OutsideAnswer(
                person_id=three, kind="pension", held=True, since=date(2023, 10, 1), system="养老金系统",
                as_of=day_of(work.at), told_at=work.at - timedelta(days=1), call_id=call.id,
            )
        )  # fmt: skip

    def correct(work: Work) -> None:
        work.session.add(
            NumberCorrection(
                person_id=three, kind="wrong", former_sealed=b"1", former_index="1", new_sealed=b"2",
                new_index="2", evidence="函", proposed_by_person_id=officer, proposed_at=work.at,
                decided_by_person_id=checker, decided_at=work.at, approved=True,
            )
        )  # fmt: skip

    scene.do("初审员", tell)
    with scene.database.read() as session:
        assert (str(three), "pension") in {
            (each.person, each.kind) for each in read_outside(session, ALL_DAYS)
        }
    scene.do("初审员", correct)
    with scene.database.read() as session:
        assert {(each.person, each.kind) for each in read_outside(session, ALL_DAYS)} == {
            (str(two), "deceased"),
            (str(two), "student"),
        }
        had = [(each.person, each.kind) for each in read_history(session, ALL_DAYS)]
        # what a certificate of our own says needs nobody's answer
        assert [each for each in had if each[1] != "certificate"] == [(str(two), "training")]
