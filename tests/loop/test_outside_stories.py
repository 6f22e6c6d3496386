"""部门数据：核到的按核到的办，没有核到的转人工，绝不自动通过；要证明的先申请，逐项问答，有期限。"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from tests import town_train
from tests.loop.telling import (
    approve_batch,
    claims_of,
    code_of,
    keys_of,
    outcomes,
    ready,
    set_parameter,
    settle_for,
    told,
)
from tests.scene import LI_SI, LIMITS, QIAN_QI, SUN_BA, ZHANG_SAN, Scene, on, write_csv
from tests.town_issue import (
    act,
    codes,
    day,
    eligible,
    newcomer,
    open_terms,
    person_id,
    programme,
    publisher,
    voucher,
    wanted,
    worker,
)
from voucher.demo.signing import pass_all
from voucher.ledger.audit import AuditRow
from voucher.plumbing.calling import Patience
from voucher.registry.importing.frame import import_file
from voucher.registry.importing.outside import OutsideImporter
from voucher.registry.outside.asking import Outside
from voucher.registry.outside.systems import connect
from voucher.registry.outside.verifying import list_open_questions, verify_by_hand
from voucher.rules.actor import Role
from voucher.rules.applications import Demand
from voucher.rules.approval import Step
from voucher.rules.errors import Refused
from voucher.rules.outside import FactKind
from voucher.rules.vocabulary import FundSource
from voucher.stages.issue import asking, issuing, queries
from voucher.stages.issue.applications import deciding, filing
from voucher.stages.issue.programmes import draft_programme, publish_programme
from voucher.stages.issue.questions import leave_questions
from voucher.stages.settle.payment import prepare
from voucher.stages.settle.review import reject
from voucher.stages.settle.turn_down import turn_down
from voucher.stages.train import enrol

NOBODY_THERE = "http://127.0.0.1:1/facts"
QUICK = Patience(connect_seconds=0.2, read_seconds=0.2, retries=0)


def chief(scene: Scene) -> str:
    """Return the login of an officer of the province, opening the account once."""
    scene.hire("省级接入员", Role.OFFICER_PROVINCE, "310101199001010330")
    return "省级接入员"


def hand_over(scene: Scene, *rows: dict[str, str]) -> None:
    """Import a department's list of today."""
    blank = dict.fromkeys(("累计月数", "职业编码", "等级", "编号"), "")
    listed = [{**blank, "名单日期": day(scene).isoformat(), "来源": "社保中心", **each} for each in rows]
    path = write_csv(scene.folder / f"list-{len(list(scene.folder.iterdir()))}.csv", listed)
    scene.do("operator", lambda work: import_file(work, OutsideImporter, path, limits=LIMITS))


def of(person: tuple[str, str], what: str, **more: str) -> dict[str, str]:
    """Return a line of a list."""
    return {"姓名": person[0], "证件号码": person[1], "事项": what, **more}


def ask_due(scene: Scene) -> int:
    """Let the clock leave and ask what is to be asked."""
    scene.do("clock", leave_questions)
    return Outside(scene.database, scene.keyring, patience=QUICK).ask_due(scene.actor("clock"), scene.at)


def issue(scene: Scene, programme_id: int, *people: tuple[str, str]) -> list[str]:
    """Issue at once and return what came of each line."""
    done = scene.do("operator", act(issuing.issue_at_once, programme_id, [newcomer(each) for each in people]))
    return codes(scene, done.issue_id)


def test_联系不上的绝不自动通过_人工凭依据核实后才发(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    eligible(scene, ZHANG_SAN, LI_SI)
    budget, boss = scene.open_budget(), chief(scene)
    scene.do(boss, act(connect, FactKind.DECEASED, name="公安人口库", address=NOBODY_THERE))
    nurse = programme(scene, budget)
    assert issue(scene, nurse, ZHANG_SAN, LI_SI) == ["outside_unverified"] * 2
    assert ask_due(scene) == 0, "nobody answers"
    assert issue(scene, nurse, ZHANG_SAN) == ["outside_unverified"], "and nobody passes for that"
    officer = publisher(scene)
    with scene.database.read() as session:
        waiting = list_open_questions(session, scene.keyring, scene.actor(officer).regions)
    assert [(each.masked_name, each.kind_name, each.last_outcome) for each in waiting] == [
        ("张*", "死亡登记", "联系不上"), ("李*", "死亡登记", "联系不上"),
    ]  # fmt: skip
    verify = act(verify_by_hand, waiting[0].id, held=False, amount=None, evidence="本人持身份证到窗口")
    assert told(scene, "operator", verify).code == "role_missing"
    scene.do(officer, verify)
    assert told(scene, officer, verify).code == "outside_question_missing", "once"
    assert issue(scene, nurse, ZHANG_SAN, LI_SI) == ["issued", "outside_unverified"]
    # the answer counts for so many days, by a dated parameter
    scene.at += timedelta(days=31)
    other = programme(scene, budget, name="又一种", trade_code="4-10-01-06")
    assert issue(scene, other, ZHANG_SAN) == ["outside_unverified"]


def test_部门核到的各有各的说法_失业保险基金只发参保职工且不与技能提升补贴重复(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    eligible(scene, ZHANG_SAN, LI_SI, SUN_BA)
    boss = chief(scene)
    for kind in (FactKind.INSURANCE, FactKind.SKILL_UPGRADE, FactKind.POVERTY_WATCH):
        scene.do(boss, act(connect, kind))
    hand_over(
        scene,
        of(ZHANG_SAN, "失业保险参保", 累计月数="18"),
        of(LI_SI, "失业保险参保", 累计月数="11"),
        of(SUN_BA, "失业保险参保", 累计月数="40"),
        of(SUN_BA, "失业保险技能提升补贴", 职业编码="4-10-01-05", 等级="五级", 编号="JN-2023-7"),
        of(LI_SI, "防返贫监测对象"),
    )
    insurance = scene.open_budget(source=FundSource.UNEMPLOYMENT_INSURANCE)
    insured = programme(scene, insurance)
    assert issue(scene, insured, ZHANG_SAN, LI_SI, SUN_BA) == ["outside_unverified"] * 3, "not asked yet"
    assert ask_due(scene) == 6
    assert issue(scene, insured, ZHANG_SAN, LI_SI, SUN_BA) == ["issued", "not_insured", "skill_upgrade_paid"]
    # another fund asks nobody for insurance, but the same level was paid already; groups are proven
    watched = programme(scene, scene.open_budget(), group_codes=["relapse_watched"])
    assert issue(scene, watched, LI_SI, SUN_BA) == ["group_not_met", "group_not_met"]
    asked = {person_id(scene, each): [FactKind.POVERTY_WATCH] for each in (LI_SI, SUN_BA)}
    Outside(scene.database, scene.keyring).ask(scene.actor("clock"), scene.at, asked)
    assert issue(scene, watched, LI_SI, SUN_BA) == ["issued", "group_not_met"], "no paper asked for"
    set_parameter(scene, "insured_months_minimum", "10", day(scene).isoformat(), "月")
    cooks = programme(scene, insurance, name="烹调", trade_code="4-03-02-01")
    assert issue(scene, cooks, LI_SI, SUN_BA) == ["issued", "issued"], "another trade is another subsidy"

    officer = publisher(scene)
    with scene.database.read() as session:
        about = queries.get_about(session, "4-10-01-05", 2, "419001")
    _, answer = scene.do(officer, act(asking.ask_for, SUN_BA[1], about))
    assert answer.refusal is not None
    assert (answer.outcome, answer.refusal.code) == ("refused", "skill_upgrade_paid")
    assert "JN-2023-7" in answer.refusal.title
    _, answer = scene.do(officer, act(asking.ask_for, ZHANG_SAN[1], about))
    assert (answer.outcome, answer.earlier) == ("payable", ()), "an unused voucher holds no key"
    with scene.database.read() as session:
        traces = session.scalars(select(AuditRow.id).where(AuditRow.act == "ask_standing")).all()
    assert len(traces) == 2, "who asks about a person leaves a trace"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_去世以后的证书不付_去世以前取得的照付_没有死亡日期的转人工(scene: Scene) -> None:
    """审计 虚假学员（DOMAIN N12）；评价补贴付给评价机构，本人后来去世不影响已经取得的证书。"""
    ready(scene)
    before, same_day, undated = ZHANG_SAN, LI_SI, SUN_BA
    scene.certify(*(scene.certificate(each, issued="2023-11-15") for each in (before, same_day, undated)))
    scene.do(chief(scene), act(connect, FactKind.DECEASED))
    dates = ("2023-11-14", "2023-11-15", "")
    dead = zip((before, same_day, undated), dates, strict=True)
    hand_over(scene, *(of(each, "死亡登记", 起始日期=died) for each, died in dead))
    asked = {person_id(scene, each): [FactKind.DECEASED] for each in (before, same_day, undated)}
    Outside(scene.database, scene.keyring).ask(scene.actor("clock"), scene.at, asked)
    settled = scene.settle(scene.open_budget())
    assert outcomes(settled) == ["refused", "payable", "manual"]
    heard = [code_of(settled, each) for each in range(3)]
    assert heard == ["died_before_certificate", None, "death_undated"]
    assert settled.total_fen == 200_00


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_申报以后才知道早已去世的_审批和制单都再核一次_不付给评价机构(scene: Scene) -> None:
    """R02：别人顶名考的证，申报时死亡登记还没有报来；审批前报来的不能审批，审批后报来的不能制单。"""
    ready(scene)
    budget = scene.open_budget()
    settled = settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    numbers = {each.person_id: each.number for each in claims_of(scene)}
    scene.do(chief(scene), act(connect, FactKind.DECEASED))
    scene.review_and_post(settled.batch_id)
    scene.close_notices()

    heard_dead(scene, ZHANG_SAN, "2023-10-01")
    approve = partial(pass_all, batch_id=settled.batch_id, step=Step.APPROVE, opinion="同意拨付")
    late = told(scene, "审批员", approve)
    assert (late.code, late.facts["claims"]) == ("holders_died_before", numbers[person_id(scene, ZHANG_SAN)])
    assert "不予通过" in (late.next_step or "")
    ids = {each.person_id: each.id for each in claims_of(scene)}
    one = partial(
        reject, batch_id=settled.batch_id, step=Step.APPROVE, claim_ids=[ids[person_id(scene, ZHANG_SAN)]],
        opinion="证书发证日期在本人去世以后",
    )  # fmt: skip
    scene.do("审批员", one)
    assert scene.do("审批员", approve) == 1

    heard_dead(scene, LI_SI, "2023-10-01")
    scene.open_accounts()
    unpaid = told(scene, "制单员", lambda work: prepare(work, budget))
    assert (unpaid.code, unpaid.facts["claims"]) == ("holders_died_before", numbers[person_id(scene, LI_SI)])
    gone = partial(turn_down, claim_id=ids[person_id(scene, LI_SI)], opinion="证书发证日期在本人去世以后")
    scene.do("审批员", gone)
    assert {each.state for each in claims_of(scene)} == {"rejected"}
    fund = scene.budget(budget)
    assert (fund.reserved_fen, fund.spent_fen, keys_of(scene)) == (0, 0, {"freed": 2})


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_申报以后才登记早是财政供养的_制单时再核一次_登记晚于发证的照付(scene: Scene) -> None:
    """AC-B7：公务员登记迟到的不付；发证以后才考上公务员的，这本证书照付。"""
    ready(scene)
    budget = scene.open_budget()
    settled = settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    approve_batch(scene, settled.batch_id)
    for who, since in ((ZHANG_SAN, "2020-01-01"), (LI_SI, "2023-12-01")):
        row = {"姓名": who[0], "证件号码": who[1], "人员类别": "公务员", "起始日期": since}
        scene.import_people([row])
    ids = {each.person_id: each for each in claims_of(scene)}
    barred = ids[person_id(scene, ZHANG_SAN)]
    scene.open_accounts()
    heard = told(scene, "制单员", lambda work: prepare(work, budget))
    assert (heard.code, heard.facts["claims"]) == ("holders_ineligible", barred.number)
    assert "属于财政供养人员" in heard.title
    scene.do("审批员", partial(turn_down, claim_id=barred.id, opinion="财政供养人员"))
    assert scene.make_file(budget).total_fen == 200_00


def heard_dead(scene: Scene, who: tuple[str, str], died: str) -> None:
    """Have the list of the deceased name somebody, and the system hear of it."""
    hand_over(scene, of(who, "死亡登记", 起始日期=died))
    asked = {person_id(scene, who): [FactKind.DECEASED]}
    assert Outside(scene.database, scene.keyring).ask(scene.actor("clock"), scene.at, asked)


def test_发券以后才知道不符合的_报名时就说明_不等培训完了才拒(scene: Scene) -> None:
    """AC-B7：领券以后成了财政供养、登记死亡、领过技能提升补贴的，不锁定班级，不占资格；没有核到的不拦。"""
    scene.at = on("2024-03-01")
    budget, house = scene.open_budget(100_000), town_train.train_institution(scene)
    nurses, free = programme(scene, budget), programme(scene, budget, **open_terms())
    class_id = town_train.open_class(scene, house)
    people = (ZHANG_SAN, LI_SI, SUN_BA, QIAN_QI)
    held = [town_train.accepted(scene, free if who is SUN_BA else nurses, who) for who in people]
    reserved_fen = scene.budget(budget).reserved_fen
    scene.at = on("2024-03-02")
    paid = {"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "人员类别": "公务员", "起始日期": "2024-03-02"}
    scene.import_people([paid])
    boss = chief(scene)
    for kind in (FactKind.DECEASED, FactKind.SKILL_UPGRADE, FactKind.STUDENT):
        scene.do(boss, act(connect, kind))
    upgraded = {"职业编码": "4-10-01-05", "等级": "五级", "编号": "JN-2024-1"}
    hand_over(scene, of(LI_SI, "死亡登记"), of(SUN_BA, "失业保险技能提升补贴", **upgraded))
    asked = {LI_SI: FactKind.DECEASED, SUN_BA: FactKind.SKILL_UPGRADE}
    wish = {person_id(scene, who): [kind] for who, kind in asked.items()}
    Outside(scene.database, scene.keyring).ask(scene.actor("clock"), scene.at, wish)
    enter = [act(enrol.enrol, each, class_id) for each in held]
    heard = [told(scene, worker(scene, who), each) for who, each in zip(people[:3], enter, strict=False)]
    assert [each.code for each in heard] == ["publicly_funded", "person_deceased", "skill_upgrade_paid"]
    assert all(each.next_step for each in heard)
    assert [voucher(scene, each).state for each in held[:3]] == ["accepted"] * 3
    assert scene.budget(budget).reserved_fen == reserved_fen
    assert scene.do(worker(scene, QIAN_QI), enter[3]).class_id == class_id


def test_要证明的先申请_逐项补充说明_同意后领取_已掌握的不再要(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    eligible(scene, ZHANG_SAN, LI_SI)
    terms = wanted(scene, scene.open_budget(), **open_terms())
    drafted = scene.do("operator", lambda work: draft_programme(work, terms))
    demands = [Demand("失业登记证明", FactKind.EMPLOYMENT), Demand("家庭困难说明")]
    scene.do("operator", act(filing.state_demands, drafted.id, demands))
    scene.do(publisher(scene), lambda work: publish_programme(work, drafted.id))
    assert told(scene, "operator", act(filing.state_demands, drafted.id, demands)).code == "demands_stand"
    zhang, li, officer = worker(scene, ZHANG_SAN), worker(scene, LI_SI), publisher(scene)
    take = act(issuing.take_voucher, drafted.id, declared=True)
    assert told(scene, zhang, take).code == "proof_wanted"
    empty = act(filing.apply, drafted.id, {1: "见证明", 2: " "}, declared=True)
    assert told(scene, zhang, empty).code == "application_item_empty"
    made = scene.do(zhang, act(filing.apply, drafted.id, {1: "见证明", 2: "父亲患病"}, declared=True))
    assert made.due_on.isoformat() == "2024-03-13", "five working days"
    again = act(filing.apply, drafted.id, {1: "见证明", 2: "父亲患病"}, declared=True)
    assert told(scene, zhang, again).code == "application_standing"
    with scene.database.read() as session:
        seen = queries.get_application(session, scene.keyring, made.id, regions=scene.actor(officer).regions)
        with pytest.raises(Refused, match="application_missing"):
            queries.get_application(session, scene.keyring, made.id, person_id=person_id(scene, LI_SI))
    assert [each.label for each in seen.items] == ["失业登记证明", "家庭困难说明"]
    assert seen.view.masked_name == "张*"

    ask = act(deciding.ask_clarification, made.id, {seen.items[1].id: "请写明医院和时间"})
    assert told(scene, zhang, ask).code == "role_missing"
    assert told(scene, officer, act(deciding.ask_clarification, made.id, {1: " "})).code == (
        "application_question_missing"
    )
    asked = scene.do(officer, ask)
    assert asked.answer_by is not None
    assert asked.answer_by.isoformat() == "2024-03-20"
    assert told(scene, officer, act(deciding.approve, made.id, "同意")).code == "event_not_allowed"
    question = open_question(scene, made.id)
    assert told(scene, li, act(filing.answer, made.id, {question: "x"})).code == "application_missing"
    scene.at = on("2024-03-11")
    answered = scene.do(zhang, act(filing.answer, made.id, {question: "市医院，2024年1月"}))
    assert (answered.state, answered.due_on.isoformat()) == ("filed", "2024-03-18")
    assert told(scene, zhang, take).code == "proof_wanted", "not before it is approved"
    scene.do(officer, act(deciding.approve, made.id, "已电话核实"))
    taken = scene.do(zhang, take)
    assert taken is not None
    assert voucher(scene, taken.id).state == "accepted"

    # what a system has said is not asked for again, and who does not answer in time ends it
    scene.do(chief(scene), act(connect, FactKind.EMPLOYMENT))
    hand_over(scene, of(LI_SI, "失业登记"))
    asking_of_li = {person_id(scene, LI_SI): [FactKind.EMPLOYMENT]}
    Outside(scene.database, scene.keyring).ask(scene.actor("clock"), scene.at, asking_of_li)
    short = scene.do(li, act(filing.apply, drafted.id, {1: "单亲"}, declared=True))
    with scene.database.read() as session:
        items = queries.get_application(
            session, scene.keyring, short.id, person_id=person_id(scene, LI_SI)
        ).items
    assert [each.label for each in items] == ["家庭困难说明"], "减证便民"
    scene.do(officer, act(deciding.ask_clarification, short.id, {items[0].id: "请补充"}))
    scene.at = on("2024-03-26")
    late = act(filing.answer, short.id, {open_question(scene, short.id): "补充"})
    assert told(scene, li, late).code == "application_answer_late"
    assert scene.do("clock", deciding.lapse_applications) == 1
    declined = scene.do(li, act(filing.apply, drafted.id, {1: "单亲"}, declared=True))
    scene.do(officer, act(deciding.decline, declined.id, "与登记情况不符"))
    assert told(scene, li, take).code == "proof_wanted"


def open_question(scene: Scene, application_id: int) -> int:
    """Return the id of the one question that is open."""
    with scene.database.read() as session:
        return filing.list_open(session, application_id)[0].id
