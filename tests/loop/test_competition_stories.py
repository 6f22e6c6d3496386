"""竞赛名次：凭登记的成绩和当日的对照表晋升到哪一级；没有登记的、不够的都报不上，说清差在哪里。"""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from tests import town_assess as town
from tests.awarded import (
    confirm_newest,
    give_honours,
    honoured,
    newest_file,
    placed,
    send_in,
    take_places,
)
from tests.scene import LI_SI, LIMITS, NURSE, TURNER, ZHANG_SAN, ZHAO_LIU, Scene, on, write_csv
from voucher.demo.signing import pass_all
from voucher.registry.importing.competition_results import CompetitionResultsImporter
from voucher.registry.importing.frame import ImportRefused, import_file
from voucher.registry.people import Newcomer
from voucher.registry.talents.awarding import decline_awards
from voucher.rules.approval import Step
from voucher.rules.entries import Education, Entry, EntryWay
from voucher.rules.errors import Refused
from voucher.rules.levels import Level
from voucher.stages.assess import admit, plan
from voucher.stages.assess.direct_files import importer_for
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.queries import Earned, find_recorded_entries
from voucher.stages.settle import payment
from voucher.stages.settle.models.payments import Payment


def test_省级行业二类赛单人第三名技师_第四和第十五名高级工_第十六名没有(scene: Scene) -> None:
    """AC-J2：名次够的按竞赛报考该等级，高一级的、第十六名的都报不上；对照表未施行的日子不算。"""
    scene.at = on("2024-05-01")
    house = town.evaluator(scene)
    login = town.admin(scene, house)

    def told(place: int, level: Level) -> str:
        entry = Entry(EntryWay.COMPETITION, "获奖证书", competition="provincial_trade_2", team=1, place=place)
        new = town.new_batch(
            scene, house, trade_code=TURNER, level=int(level),
            people=[Direct(Newcomer(ZHANG_SAN[1], ZHANG_SAN[0]), entry)],
        )  # fmt: skip
        try:
            batch_id = scene.do(login, lambda work: plan.plan_batch(work, new).id)
        except Refused as refused:
            return refused.refusal.code
        scene.do(login, lambda work: plan.cancel_batch(work, batch_id, "只看能不能报").id)
        return "listed"

    assert told(3, Level.TECHNICIAN) == "entry_result_unrecorded", "a word of the evaluator's is no place"
    take_places(
        scene,
        placed(ZHANG_SAN),
        placed(ZHANG_SAN, 赛事名称="第二场", 名次=4),
        placed(ZHANG_SAN, 赛事名称="第三场", 名次="第15名"),
    )  # fmt: skip
    assert told(3, Level.TECHNICIAN) == "listed"
    assert told(4, Level.SENIOR) == told(15, Level.SENIOR) == "listed"
    assert told(4, Level.TECHNICIAN) == "entry_level_too_high"
    assert told(16, Level.SENIOR) == "entry_place_earns_nothing"
    assert told(3, Level.SENIOR_TECHNICIAN) == "entry_level_too_high"
    old = placed(ZHANG_SAN, 赛事名称="对照表施行以前的一场", 名次=2, 获奖日期="2023-08-01")
    take_places(scene, old)
    assert told(2, Level.SENIOR) == "entry_place_earns_nothing", "a place earns by the table of its own day"
    gone = {"撤销日期": "2024-04-01", "撤销原因": "冒名顶替，取消成绩"}
    take_places(scene, placed(ZHANG_SAN, **gone))
    assert told(3, Level.TECHNICIAN) == "entry_result_unrecorded", "a place taken back lets nobody in"


def test_竞赛破格都凭登记_别的职业别人的成绩不算_荣誉随名次也算(scene: Scene) -> None:
    """AC-J2、S0-09c：没有登记的说清去哪里登记；登记了职业不同、名次不同、别人的，同样报不上。"""
    scene.at = on("2024-05-01")
    house = town.evaluator(scene)
    login = town.admin(scene, house)
    take_places(
        scene,
        placed(ZHANG_SAN, 荣誉="河南省技术能手"), placed(LI_SI, 职业编码=NURSE, 名次="2"),
    )  # fmt: skip

    def told(entry: Entry, who: tuple[str, str], level: Level) -> str:
        new = town.new_batch(
            scene,
            house,
            trade_code=TURNER,
            level=int(level),
            people=[Direct(Newcomer(who[1], who[0]), entry)],
        )
        try:
            batch_id = scene.do(login, lambda work: plan.plan_batch(work, new).id)
        except Refused as refused:
            return f"{refused.refusal.code} {refused.refusal.next_step}"
        scene.do(login, lambda work: plan.cancel_batch(work, batch_id, "只看能不能报").id)
        return "listed"

    second = Entry(EntryWay.COMPETITION, "获奖证书", competition="provincial_trade_2", team=1, place=2)
    nobody = "entry_result_unrecorded 请与获奖文件逐项核对；确已获奖的，请人社部门先登记竞赛成绩，再来报名"
    assert told(second, ZHANG_SAN, Level.TECHNICIAN) == nobody, "another place"
    assert told(second, LI_SI, Level.TECHNICIAN) == nobody, "another occupation"
    awarded = Entry(EntryWay.EXCEPTION, "表彰文件", award="national_skill_expert", years=0)
    assert told(awarded, LI_SI, Level.SENIOR).startswith("entry_honour_unrecorded 请与表彰文件核对")
    give_honours(scene, honoured(LI_SI, "全国技术能手"))
    assert told(awarded, LI_SI, Level.SENIOR) == "listed"
    with_it = Entry(EntryWay.EXCEPTION, "表彰文件", award="henan_skill_expert", years=0)
    assert told(with_it, ZHANG_SAN, Level.SENIOR) == "listed"

    batch_id = town.planned(scene, house, [], trade_code=TURNER, level=int(Level.SENIOR))
    row = {
        "姓名": LI_SI[0], "证件号码": LI_SI[1], "申报条件": "竞赛", "依据": "获奖证书",
        "赛事类别": "省级行业二类赛", "参赛人数": "1", "名次": "3",
    }  # fmt: skip
    path = write_csv(
        scene.folder / "entries.csv", [{**row, "姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1]}, row]
    )
    taking = partial(import_file, importing=importer_for(batch_id), path=path, limits=LIMITS)
    with pytest.raises(ImportRefused) as caught:
        scene.do(login, taking)
    assert [(each.line, each.column, each.refusal.code) for each in caught.value.report.problems] == [
        (3, "申报条件", "entry_result_unrecorded")
    ], "of a file the row is named, and nobody of it is listed"
    assert town.candidates(scene, batch_id) == {}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_列入名单以后撤销的成绩_入场_发证_结算_支付各再核一次(scene: Scene) -> None:
    """AC-J2：列入名单时成绩有效；后来撤销的，入场、发证、结算、支付时各再核一次，说清为什么。"""
    scene.at = on("2024-05-01")
    house = town.evaluator(scene)
    take_places(scene, placed(ZHANG_SAN), placed(LI_SI))
    entry = Entry(EntryWay.COMPETITION, "获奖证书", competition="provincial_trade_2", team=1, place=3)
    people = [Direct(Newcomer(each[1], each[0]), entry) for each in (ZHANG_SAN, LI_SI)]
    new = town.new_batch(scene, house, trade_code=TURNER, level=int(Level.TECHNICIAN), people=people)
    batch_id = scene.do(town.admin(scene, house), lambda work: plan.plan_batch(work, new)).id
    town.arrange(scene, batch_id)
    gone = placed(ZHANG_SAN, 撤销日期="2024-05-01", 撤销原因="冒名顶替，取消成绩")
    send_in(scene, CompetitionResultsImporter, gone)
    scene.at = on("2024-05-08", 9)
    door = town.examiner(scene, house)
    with scene.database.read() as session:
        listed = session.scalars(select(Candidate.id).order_by(Candidate.id)).all()
    with pytest.raises(Refused) as contested:
        scene.do(door, lambda work: admit.admit(work, listed[0], ZHANG_SAN[1]))
    assert contested.value.refusal.code == "entry_contested", "nobody has decided yet"
    assert (
        "有人申请撤销考生凭以报考的竞赛成绩，正由另一人核定，暂不能据此入场考试"
        in contested.value.refusal.title
    )
    confirm_newest(scene)
    with pytest.raises(Refused, match="entry_taken_back"):
        scene.do(door, lambda work: admit.admit(work, listed[0], ZHANG_SAN[1]))
    scene.do(door, lambda work: admit.admit(work, listed[1], LI_SI[1]))

    # 发证再核一次：登记还在的收下，已撤销的这一行说清为什么
    scene.at = on("2024-05-20")
    rows = [
        scene.certificate(each, TURNER, "二级", issued="2024-05-15", 理论成绩="80", 技能成绩="80", 收费="0")
        for each in (ZHANG_SAN, LI_SI)
    ]
    with pytest.raises(ImportRefused) as caught:
        scene.import_certificates(rows)
    assert [(each.line, each.column, each.refusal.code) for each in caught.value.report.problems] == [
        (2, "证件号码", "entry_taken_back")
    ]
    assert "竞赛成绩已被撤销" in caught.value.report.problems[0].refusal.title

    # 结算和支付各再核一次
    others = scene.certificate(ZHAO_LIU, issued="2024-05-15")
    scene.certify(rows[1], others)
    scene.hire_everybody()
    budget_id = scene.open_budget()
    period = {"since": "2024-05-01", "until": "2024-05-31"}
    settled = scene.settle(budget_id, **period)
    stands = [
        each for each in scene.line(settled, rows[1]).findings if "竞赛成绩或荣誉仍在登记中" in each["text"]
    ]
    assert [each["mark"] for each in stands] == ["✓"]
    scene.review_and_post(settled.batch_id)
    scene.close_notices()
    scene.do("审批员", lambda work: pass_all(work, settled.batch_id, Step.APPROVE, "同意拨付"))
    report = send_in(
        scene, CompetitionResultsImporter, placed(LI_SI, 撤销日期="2024-05-30", 撤销原因="成绩更正")
    )
    assert report.rows_changed == 1
    # 第二人核定以前：这一条留下，别人的照付；没有别的可付时说清等谁，不叫人办不予通过
    rest = scene.make_file(budget_id)
    with scene.database.read() as session:
        paid = session.scalars(select(Payment).where(Payment.payment_file_id == rest.id)).all()
    assert len(paid) == 1, "nobody else's money waits for it"
    with pytest.raises(Refused, match="entries_contested") as barred:
        scene.make_file(budget_id)
    told = barred.value.refusal
    assert "正由第二人核定，先不支付" in told.sentence
    assert "现在不要办理不予通过" in told.next_step
    file_id = newest_file(scene).id
    scene.do("登记确认员", lambda work: decline_awards(work, file_id, "经核对成绩无误").id)
    # 制单以后才申请撤销、才撤销的，签发时拦住：先作废文件
    made = scene.do("制单员", lambda work: payment.prepare(work, budget_id))
    scene.do("付款复核员", lambda work: payment.check(work, made.id))
    gone = placed(LI_SI, 撤销日期="2024-05-30", 撤销原因="成绩更正")
    send_in(scene, CompetitionResultsImporter, gone)
    release = partial(payment.release, payment_file_id=made.id)
    with pytest.raises(Refused, match="entries_contested"):
        scene.do("签发员", release)
    confirm_newest(scene)
    with pytest.raises(Refused, match="entries_taken_back") as barred:
        scene.do("签发员", release)
    assert "已制单的先作废文件" in barred.value.refusal.next_step
    again = scene.settle(budget_id, **period)
    assert "✗" in [
        each["mark"] for each in scene.line(again, rows[1]).findings if "凭以报考的竞赛成绩" in each["text"]
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_凭名次考的没考过_按学历再考合格_名次撤销不碰这本证书(scene: Scene) -> None:
    """同一机构、职业、等级考过两次：证书出自合格的那一次，看那一次凭什么报考。"""
    scene.at = on("2024-05-01")
    house = town.evaluator(scene)
    take_places(scene, placed(ZHANG_SAN, 名次="4"))
    place = Entry(EntryWay.COMPETITION, "获奖证书", competition="provincial_trade_2", team=1, place=4)
    school = Entry(EntryWay.EDUCATION, "毕业证书 001", Education.HIGHER)

    def sit(entry: Entry, hundredths: int) -> None:
        person = Direct(Newcomer(ZHANG_SAN[1], ZHANG_SAN[0]), entry)
        new = town.new_batch(scene, house, trade_code=TURNER, level=int(Level.SENIOR), people=[person])
        batch_id = scene.do(town.admin(scene, house), lambda work: plan.plan_batch(work, new)).id
        listed = town.admit_all(scene, batch_id, [ZHANG_SAN])
        town.enter(scene, batch_id, dict.fromkeys(listed, (hundredths, hundredths)))
        town.publish(scene, batch_id)

    sit(place, 40_00)
    sit(school, 80_00)
    take_places(scene, placed(ZHANG_SAN, 名次="4", 撤销日期="2024-05-10", 撤销原因="冒名顶替，取消成绩"))
    row = scene.certificate(ZHANG_SAN, TURNER, "三级", issued=f"{scene.at:%Y-%m-%d}")
    assert scene.import_certificates([row]).rows_added == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_证书凭通过的那一次考试_没考过的那次凭的成绩撤销不相干_带入的科目相干(scene: Scene) -> None:
    """两人都先凭竞赛没考过，再凭工作年限考过：李四全科重考，张三带入理论；竞赛成绩都被撤销。"""
    scene.at = on("2024-05-01")
    house = town.evaluator(scene)
    take_places(scene, placed(LI_SI), placed(ZHANG_SAN))
    by_place = Entry(EntryWay.COMPETITION, "获奖证书", competition="provincial_trade_2", team=1, place=3)
    by_work = Entry(EntryWay.WORK, "三级证书", years=4, held_level=4, held_number="S000041010001203000001")

    def sit(entry: Entry, review: int | None, *scores: tuple[int | None, int | None]) -> None:
        people = [Direct(Newcomer(each[1], each[0]), entry) for each in (LI_SI, ZHANG_SAN)]
        new = town.new_batch(scene, house, trade_code=TURNER, level=int(Level.TECHNICIAN), people=people)
        batch_id = scene.do(town.admin(scene, house), lambda work: plan.plan_batch(work, new)).id
        town.arrange(scene, batch_id)
        scene.at = on(new.exam_on.isoformat(), 9)
        with scene.database.read() as session:
            listed = session.scalars(
                select(Candidate.id).where(Candidate.batch_id == batch_id).order_by(Candidate.id)
            ).all()
        for candidate_id, each in zip(listed, (LI_SI, ZHANG_SAN), strict=True):
            scene.do(
                town.examiner(scene, house),
                partial(admit.admit, candidate_id=candidate_id, identity_number=each[1]),
            )
        town.enter(scene, batch_id, dict(zip(listed, scores, strict=True)), review)
        town.publish(scene, batch_id)

    def said() -> list[str | None]:
        with scene.database.read() as session:
            ids = session.scalars(select(Candidate.person_id).order_by(Candidate.id).limit(2)).all()
            earned = {
                each: Earned(each, house, TURNER, int(Level.TECHNICIAN), town.today(scene)) for each in ids
            }
            found = find_recorded_entries(session, earned, "发证")
        return [told.code if (told := found.get(each)) is not None else None for each in ids]

    sit(by_place, 5000, (5000, 5000), (8000, 5000))
    sit(by_work, 8000, (8000, 8000), (None, 8000))
    gone = {"撤销日期": "2024-05-10", "撤销原因": "冒名顶替，取消成绩"}
    send_in(scene, CompetitionResultsImporter, placed(LI_SI, **gone), placed(ZHANG_SAN, **gone))
    assert said() == [None, "entry_contested"]
    confirm_newest(scene)
    assert said() == [None, "entry_taken_back"], "theory was passed on the strength of the place"
