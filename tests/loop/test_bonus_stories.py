"""奖补：同一张办事台、同样的手续，换的只是一行标准和一个算法。"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from tests.awarded import confirm_newest, give_honours, honoured, placed, send_in, take_places
from tests.loop.telling import (
    approve_batch,
    claims_of,
    keys_of,
    person,
    ready,
    set_parameter,
    states_of,
    told,
)
from tests.loop.test_outside_stories import chief, hand_over, of
from tests.paid_back import pay_back
from tests.scene import EV1, EV2, JIYUAN, LI_SI, XINXIANG, ZHANG_SAN, ZHAO_LIU, Scene, on
from tests.town_certified import hire_at
from tests.town_issue import act
from tests.watching import watched
from voucher.ledger import sealing
from voucher.plumbing.unit_of_work import Work
from voucher.registry.bonus_standards import BonusStandardRow
from voucher.registry.importing.competition_results import CompetitionResultsImporter
from voucher.registry.importing.honours import HonoursImporter
from voucher.registry.institutions import Institution
from voucher.registry.outside.asking import Outside
from voucher.registry.outside.systems import connect
from voucher.registry.people import Newcomer, open_people
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.bonus_kinds import BonusKind
from voucher.rules.bonuses import FirmSize
from voucher.rules.competitions import Doubt
from voucher.rules.outside import FactKind
from voucher.rules.vocabulary import FundSource, Outcome
from voucher.stages.oversee.statistics.models import StatisticCell
from voucher.stages.oversee.statistics.refresh import refresh_statistics
from voucher.stages.oversee.statistics.verify import verify_statistics
from voucher.stages.settle import payment, queries
from voucher.stages.settle.award_doubts import find_award_doubts, list_paid_in_vain
from voucher.stages.settle.bonuses import cases
from voucher.stages.settle.bonuses.applying import Applied, BonusWish, apply_for_bonuses
from voucher.stages.settle.bonuses.cases import Entry
from voucher.stages.settle.bonuses.returning import confirm_return, list_returns
from voucher.stages.settle.clawback import open_clawbacks
from voucher.stages.settle.clear import clear
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.queries.totals import list_direct
from voucher.stages.settle.resubmit import resubmit
from voucher.stages.settle.review import return_claims, sign
from voucher.stages.settle.seen import list_amber
from voucher.stages.settle.withdraw import withdraw

TALENT = FundSource.LOCAL_TALENT


def entry(person: tuple[str, str], item: str, happened: str, occasion: str = "", **more: Any) -> Entry:
    """Return one typed line."""
    plain = Entry(person[1], person[0], item, date.fromisoformat(happened), "批准文件示例号", occasion)
    return replace(plain, **more)


def apply(
    scene: Scene,
    kind: BonusKind,
    budget: int,
    entries: Sequence[Entry],
    payee: tuple[str, str, str] = EV1,
    region: str = JIYUAN,
    firm: FirmSize | None = None,
) -> Applied:
    """Apply as the operator of the region does."""
    wish = BonusWish(kind, region, budget, payee[1], entries, firm)
    return scene.do("operator", lambda work: apply_for_bonuses(work, wish))


def said(applied: Applied) -> list[str]:
    """Return the outcome of every line, with the code where there is a refusal."""
    return [
        verdict.refusal.code if verdict.refusal is not None else f"{verdict.amount_fen // 100}"
        for _, verdict in applied.lines
    ]


def kept_and_counted(scene: Scene) -> tuple[int, int]:
    """Return what is paid without a voucher in fen, by the statistics and by the slow query."""
    sealing.seal_all(
        scene.database, scene.keyring, scene.actor("operator"), scene.at, scene.folder / "anchors"
    )
    scene.do("operator", refresh_statistics)
    with scene.database.read() as session:
        assert verify_statistics(session) == []
        kept = session.scalar(select(func.sum(StatisticCell.paid_fen)))
        return int(kept or 0), sum(each.paid_fen for each in list_direct(session, [JIYUAN]))


def insured(scene: Scene, months: int, *people: tuple[str, str]) -> None:
    """Have the social-insurance list of today say how long these people have paid."""
    hand_over(scene, *(of(each, "失业保险参保", 累计月数=str(months)) for each in people))
    newcomers = [Newcomer(each[1], each[0]) for each in people]
    opened = scene.do("operator", lambda work: open_people(work, newcomers))
    wanted = {each: [FactKind.INSURANCE] for each in opened.values()}
    Outside(scene.database, scene.keyring).ask(scene.actor("clock"), scene.at, wanted)


def certified_and_insured(scene: Scene, *people: tuple[str, str], months: int = 14) -> int:
    """Have people certified and insured, a year after they were hired; return the budget."""
    ready(scene)
    budget = scene.open_budget()
    scene.certify(*(scene.certificate(each) for each in people))
    scene.settle(budget)
    scene.at = on("2024-12-02")
    scene.do(chief(scene), act(connect, FactKind.INSURANCE))
    insured(scene, months, *people)
    return budget


def pay(scene: Scene, applied: Applied, budget: int) -> None:
    """Take an application through both reviews, the notice, the approval and the bank."""
    approve_batch(scene, applied.batch.id)
    scene.bank_answers(scene.make_file(budget))


def test_新乡竞赛奖励_三级三名各按各的_同样公示拨付_一赛一次(scene: Scene) -> None:
    """AC-J4：国家级一类第 2 名 80,000；省级一类第 3 名 6,000；市级一类第 1 名 1,000。"""
    ready(scene)
    scene.file_evaluator(EV2, region=XINXIANG)
    scene.at = on("2024-03-06")
    budget = scene.open_budget(200_000, XINXIANG, source=TALENT)
    rows = [
        entry(ZHANG_SAN, "national_1_2", "2024-01-20", "第七届全国职业技能大赛 数控车"),
        entry(LI_SI, "provincial_1_3", "2024-01-21", "河南省第二届职业技能大赛 电工"),
        entry(ZHAO_LIU, "city_1_1", "2024-01-22", "新乡市第五届职业技能大赛 中式烹调"),
    ]
    kind = BonusKind.COMPETITION_AWARD
    take_places(
        scene,
        placed(ZHANG_SAN, 赛事类别="国家级一类大赛", 赛事名称="第七届全国职业技能大赛", 名次=2,
               获奖日期="2024-01-20"),
        placed(LI_SI, 赛事类别="省级一类大赛", 赛事名称="河南省第二届职业技能大赛", 名次=3,
               获奖日期="2024-01-21"),
        placed(ZHAO_LIU, 赛事类别="市级一类大赛", 赛事名称="新乡市第五届职业技能大赛", 名次=1,
               获奖日期="2024-01-22"),
    )  # fmt: skip
    applied = apply(scene, kind, budget, rows, EV2, XINXIANG)
    assert said(applied) == ["80000", "6000", "1000"]
    assert (applied.total_fen, scene.budget(budget).reserved_fen) == (87_000_00, 87_000_00)
    with scene.database.read() as session:
        lines = queries.list_lines(session, scene.keyring, applied.batch.id)
    assert (lines[0].trade_name, lines[0].certificate_number) == ("国家级一类大赛第二名", "批准文件示例号")
    pay(scene, applied, budget)
    assert (scene.budget(budget).spent_fen, keys_of(scene)) == (87_000_00, {"consumed": 3})
    with scene.database.read() as session:
        notice = queries.list_notices(session)[0]
    assert notice.title == "新乡市竞赛奖励公示（2024-01-20至2024-01-22事项）"
    again = [replace(rows[0], occasion="第七届·全国职业技能大赛（数控车）"), rows[1], rows[1]]
    assert said(apply(scene, kind, budget, again, EV2, XINXIANG)) == ["bonus_taken"] * 3
    other = [entry(ZHANG_SAN, "city_1_1", "2024-02-01", "同一赛事的另一种写法")]
    assert said(apply(scene, kind, budget, other, EV2, XINXIANG)) == ["second_award_within_year"]
    scene.at = on("2025-01-06")
    budget = scene.open_budget(200_000, XINXIANG, source=TALENT, year=2025)
    later = [replace(other[0], occasion="又一种写法")]
    assert said(apply(scene, kind, budget, later, EV2, XINXIANG)) == ["second_award_within_year"], (
        "New Year ends nothing"
    )
    unknown = [entry(person(8), "city_1_1", "2024-12-01", "没有登记的赛事")]
    assert said(apply(scene, kind, budget, unknown, EV2, XINXIANG)) == ["award_unrecorded"]
    take_places(
        scene, placed(person(7), 赛事类别="市级一类大赛", 赛事名称="甲赛事", 名次=1, 获奖日期="2024-12-01")
    )
    twice = [entry(person(7), "city_1_1", "2024-12-01", each) for each in ("甲赛事", "乙赛事")]
    assert said(apply(scene, kind, budget, twice, EV2, XINXIANG)) == ["1000", "second_award_within_year"]
    elsewhere = BonusWish(kind, JIYUAN, scene.open_budget(1000, source=TALENT), EV1[1], rows)
    assert told(scene, "operator", act(apply_for_bonuses, elsewhere)).code == ("bonus_standard_missing"), (
        "only Xinxiang has these rows"
    )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_一条登记只奖励一次_日期要与登记相同_自己登记的转两人(scene: Scene) -> None:
    """赛事名称写得再不同、另登一行加注，都是同一条登记；日期不符、申报人自己登记的转两人核对。"""
    ready(scene)
    scene.file_evaluator(EV2, region=XINXIANG)
    scene.at = on("2025-03-06")
    budget = scene.open_budget(200_000, XINXIANG, source=TALENT, year=2025)
    kind, item = BonusKind.COMPETITION_AWARD, "national_1_1"
    first = {"赛事类别": "国家级一类大赛", "名次": 1, "获奖日期": "2023-09-10"}
    contest = placed(ZHANG_SAN, 赛事名称="2023年全国大赛", **first)
    take_places(scene, contest, placed(LI_SI, 赛事名称="2023年全国大赛", **first))
    later = [entry(each, item, "2024-09-11", "2023年全国大赛 焊工赛项") for each in (ZHANG_SAN, LI_SI)]
    own = [entry(each, item, "2023-09-10", "2023年全国大赛") for each in (ZHANG_SAN, LI_SI)]
    assert said(apply(scene, kind, budget, own[:1], EV2, XINXIANG)) == ["100000"]
    assert said(apply(scene, kind, budget, later, EV2, XINXIANG)) == ["bonus_taken", "award_day_differs"]
    assert said(apply(scene, kind, budget, own, EV2, XINXIANG)) == ["bonus_taken"] * 2, "one row, one key"

    # taken back and entered again with a note, of whatever day: the row it was first entered as is paid
    take_places(scene, {**contest, "撤销日期": "2025-01-02", "撤销原因": "日期登记有误，另登一行"})
    take_places(scene, {**contest, "赛事名称": "2023年全国大赛（更正）", "获奖日期": "2025-01-02"})
    again = [entry(ZHANG_SAN, item, "2025-01-02", "2023年全国大赛（更正）")]
    assert said(apply(scene, kind, budget, again, EV2, XINXIANG)) == ["bonus_taken"]

    take_places(scene, placed(ZHAO_LIU, 赛事名称="2023年全国大赛", **first), by="operator")
    alone = [entry(ZHAO_LIU, item, "2023-09-10", "2023年全国大赛")]
    assert said(apply(scene, kind, budget, alone, EV2, XINXIANG)) == ["award_recorded_by_filer"]
    doubted = placed(person(7), 赛事名称="2023年全国大赛", **first)
    take_places(scene, doubted)
    gone = {"撤销日期": "2025-01-02", "撤销原因": "冒名顶替"}
    send_in(scene, CompetitionResultsImporter, {**doubted, **gone})
    rows = [entry(person(7), item, "2023-09-10", "2023年全国大赛")]
    undecided = said(apply(scene, kind, budget, rows, EV2, XINXIANG))
    assert undecided == ["award_unrecorded"], "nothing is paid while it is decided whether the place stands"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_申报以后撤销的名次和荣誉_审批和支付都再核一次_更正另登的照付(scene: Scene) -> None:
    """十万元的奖励：撤销的不得审批、不得支付；申请撤销未定的先留下，别人的照付；付过的列给追回。"""
    ready(scene)
    scene.file_evaluator(EV2, region=XINXIANG)
    scene.at = on("2025-03-06")
    budget = scene.open_budget(500_000, XINXIANG, source=TALENT, year=2025)
    kind, item = BonusKind.COMPETITION_AWARD, "national_1_1"
    first = {"赛事类别": "国家级一类大赛", "赛事名称": "2023年全国大赛", "名次": 1, "获奖日期": "2023-09-10"}
    gone = {"撤销日期": "2025-03-06", "撤销原因": "冒名顶替，取消成绩"}
    zhang, li = (placed(each, **first) for each in (ZHANG_SAN, LI_SI))
    take_places(scene, zhang, li)
    rows = [entry(each, item, "2023-09-10", "2023年全国大赛") for each in (ZHANG_SAN, LI_SI)]
    applied = apply(scene, kind, budget, rows, EV2, XINXIANG)
    assert said(applied) == ["100000", "100000"]
    scene.review_and_post(applied.batch.id)
    scene.close_notices()
    take_places(scene, {**zhang, **gone})
    approve = partial(sign, batch_id=applied.batch.id, step=Step.APPROVE, opinion="同意")
    refusal = told(scene, "审批员", approve)
    number = claims_of(scene, applied.batch.id)[0].number
    assert (refusal.code, refusal.facts["claims"]) == ("entries_taken_back", number)
    noted = {**zhang, "赛事名称": "2023年全国大赛（更正）"}
    take_places(scene, noted)
    scene.do("审批员", approve)
    send_in(scene, CompetitionResultsImporter, {**noted, **gone})
    file = scene.make_file(budget)
    assert file.total_fen == 100_000_00, "the other is paid meanwhile"
    scene.bank_answers(file)
    confirm_newest(scene)
    with scene.database.read() as session:
        assert list_paid_in_vain(session, [XINXIANG]) == []
    send_in(scene, CompetitionResultsImporter, {**li, **gone})
    with scene.database.read() as session:
        asked = [each.number for each in list_paid_in_vain(session, [XINXIANG], Doubt.CONTESTED)]
        assert asked == [claims_of(scene, applied.batch.id)[1].number], "asked for, told apart until decided"
        assert list_paid_in_vain(session, [XINXIANG]) == []
    confirm_newest(scene)
    with scene.database.read() as session:
        paid = [each.number for each in list_paid_in_vain(session, [XINXIANG])]
        assert paid == asked
        assert list_paid_in_vain(session, [XINXIANG], Doubt.CONTESTED) == []
        assert list_paid_in_vain(session, [JIYUAN]) == []
    barred = told(scene, "制单员", lambda work: payment.prepare(work, budget))
    assert (barred.code, barred.facts["claims"]) == ("entries_taken_back", number)

    # 荣誉同样：自己的、随名次的，有一项仍在登记就照付
    for each in ("2024-01-20", "2024-02-20"):
        give_honours(scene, honoured(ZHAO_LIU, "全国技术能手", each))
    rows = [entry(ZHAO_LIU, "national_expert", "2024-01-20")]
    own = scene.open_budget(500_000, year=2025)
    batch_id = apply(scene, BonusKind.HONOUR_AWARD, own, rows).batch.id

    def doubts() -> list[str]:
        with scene.database.read() as session:
            return [str(each) for each in find_award_doubts(session, claims_of(scene, batch_id)).values()]

    give_honours(scene, {**honoured(ZHAO_LIU, "全国技术能手", "2024-01-20"), **gone})
    assert doubts() == []
    send_in(scene, HonoursImporter, {**honoured(ZHAO_LIU, "全国技术能手", "2024-02-20"), **gone})
    assert doubts() == ["contested"]
    confirm_newest(scene)
    assert doubts() == ["taken_back"]


def test_吸纳就业_持证参保满一年每人一千元_查不到转人工_两家各算各的(scene: Scene) -> None:
    budget = certified_and_insured(scene, ZHANG_SAN, LI_SI)
    kind = BonusKind.ABSORPTION
    hired = [entry(each, "absorbed_hire", "2023-11-20") for each in (ZHANG_SAN, LI_SI, ZHAO_LIU)]
    small = FirmSize.SMALL
    assert said(apply(scene, kind, budget, hired[:1], firm=FirmSize.LARGE)) == ["firm_too_large"]
    late = [replace(hired[0], happened_on=date(2023, 12, 3))]
    assert said(apply(scene, kind, budget, late, firm=small)) == ["employed_too_short"]
    applied = apply(scene, kind, budget, [*hired, hired[0]], firm=small)
    assert said(applied) == ["1000", "1000", "not_certified_person", "bonus_taken"]
    marks = [each["mark"] for each in applied.lines[0][1].findings]
    assert marks == ["✓", "✓", "✓", "未核", "✓", "✓"]
    pay(scene, applied, budget)
    assert states_of(scene, applied.batch.id) == {"paid": 2}
    assert said(apply(scene, kind, budget, hired[:1], firm=small)) == ["bonus_taken"], "once for one employer"
    wrong = [replace(hired[0], name="张三丰")]
    refused = apply(scene, kind, budget, wrong, firm=small).lines[0][1]
    assert [each["text"] for each in refused.findings] == ["姓名与该证件号码登记的姓名不一致"]


def test_吸纳就业_缴费不足不给_接口没有答复转人工由两人核定(scene: Scene) -> None:
    budget = certified_and_insured(scene, ZHANG_SAN, months=11)
    kind, micro = BonusKind.ABSORPTION, FirmSize.MICRO
    hired = [entry(ZHANG_SAN, "absorbed_hire", "2023-11-20")]
    assert said(apply(scene, kind, budget, hired, firm=micro)) == ["insured_too_short"]
    scene.at = on("2025-03-03")
    budget = scene.open_budget(10_000, year=2025)
    applied = apply(scene, kind, budget, hired, firm=micro)
    assert said(applied) == ["insurance_unverified"], "an old answer is none"
    claim = claims_of(scene, applied.batch.id)[0]
    assert (claim.state, claim.proposed_fen, claim.amount_fen) == ("manual", 1000_00, 0)

    def read_batch(batch_id: int) -> tuple[queries.LineView, queries.BatchSummary]:
        with scene.database.read() as session:
            (line,) = queries.list_lines(session, scene.keyring, batch_id)
            return line, queries.summarise(session, batch_id)

    above = told(scene, "初审员", lambda work: clear(work, claim.id, 1000_01, "缴费证明"))
    assert above.code == "clearing_out_of_range"
    for login, shown in (("初审员", 0), ("异议处理员", 1000_00)):
        scene.do(login, lambda work: clear(work, claim.id, 1000_00, "缴费证明第 1 号"))
        line, summary = read_batch(applied.batch.id)
        assert line.amount_fen == shown, "whoever signs next reads what two people have cleared"
        assert (summary.cleared.amount_fen, summary.count) == (shown, shown // 1000_00)
    assert "人工核定 1,000.00" in line.explanation
    assert (summary.payable_fen, summary.amount_fen) == (0, 1000_00), "the sums are those of the lines"
    approve_batch(scene, applied.batch.id)
    scene.bank_answers(scene.make_file(budget))
    assert scene.budget(budget).spent_fen == 1000_00


def test_吸纳就业_一家累计不超过二百万元_第二千零一人应付零元(scene: Scene) -> None:
    """S2-07b；以标准行改小上限来走到边界：算法同一个。"""
    budget = certified_and_insured(scene, ZHANG_SAN, LI_SI)
    with scene.database.engine.begin() as connection:
        connection.execute(
            update(BonusStandardRow)
            .where(BonusStandardRow.kind == "absorption")
            .values(payee_cap_fen=1999_00)
        )
    hired = [entry(each, "absorbed_hire", "2023-11-20") for each in (ZHANG_SAN, LI_SI)]
    applied = apply(scene, BonusKind.ABSORPTION, budget, hired, firm=FirmSize.SMALL)
    assert said(applied) == ["1000", "payee_cap_reached"]
    later = apply(scene, BonusKind.ABSORPTION, budget, hired[1:], firm=FirmSize.SMALL)
    assert said(later) == ["payee_cap_reached"]
    assert applied.count(Outcome.REFUSED) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_一批申报有多少人_问数据库的次数都一样(scene: Scene) -> None:
    """逐人判断，资料成批读：人再多、日期各不相同，语句数不随人数增长。"""
    ready(scene)
    scene.at = on("2024-03-06")
    budget = scene.open_budget(2_000_000)

    def cost(*serials: int) -> tuple[int, int]:
        """Return the statements of applying for so many people, and of showing the batch."""
        rows = [entry(person(each), "national_expert", f"2024-01-{each:02d}") for each in serials]
        wish = BonusWish(BonusKind.HONOUR_AWARD, JIYUAN, budget, EV1[1], rows)
        sent: list[str] = []

        def act_watched(work: Work) -> Applied:
            with watched(work.session) as statements:
                done = apply_for_bonuses(work, wish)
            sent.extend(statements)
            return done

        applied = scene.do("operator", act_watched)
        assert applied.count(Outcome.REFUSED) == 0
        with scene.database.read() as session, watched(session) as shown:
            assert len(queries.list_lines(session, scene.keyring, applied.batch.id)) == len(serials)
        return len(sent), len(shown)

    assert cost(1, 2, 3) == cost(*range(4, 28))


def test_介绍补贴_同一人同一用人单位只认一家中介(scene: Scene) -> None:
    budget = certified_and_insured(scene, ZHANG_SAN, months=6)
    scene.file_evaluator(EV2)
    kind = BonusKind.INTRODUCTION
    hire = entry(ZHANG_SAN, "introduced_hire", "2024-05-20", "91410100mate5t033y")
    assert said(apply(scene, kind, budget, [replace(hire, occasion="")])) == ["bonus_field_missing"]
    first = apply(scene, kind, budget, [hire])
    assert said(first) == ["300"]
    same = replace(hire, occasion="９１４１０１００ MATE5T033Y")
    refused = apply(scene, kind, budget, [same], EV2).lines[0][1].refusal
    assert refused is not None
    claim = claims_of(scene, first.batch.id)[0]
    assert (refused.code, refused.facts["earlier"]) == ("bonus_taken", claim.number)
    firm = [replace(hire, occasion=each) for each in ("示例丙职业技能评价有限公司", "91410100MATE5T034Y")]
    assert said(apply(scene, kind, budget, firm, EV2)) == [
        "organisation_code_malformed",
        "organisation_code_check_digit",
    ]
    other = replace(hire, occasion=EV2[1], happened_on=date(2024, 5, 21))
    assert said(apply(scene, kind, budget, [other], EV2)) == ["second_introduction"], "two people look"
    scene.do("初审员", act(return_claims, first.batch.id, Step.FIRST_REVIEW, [claim.id], "缺合同"))
    anew = told(scene, "operator", lambda work: resubmit(work, [claim.id]))
    assert anew.code == "bonus_filed_anew"


def test_荣誉奖励五万和两万_一人一次_一次性奖补在文件规定的范围内(scene: Scene) -> None:
    ready(scene)
    scene.at = on("2024-03-06")
    budget = scene.open_budget(2_000_000)
    honours = [
        entry(ZHANG_SAN, "china_skills_award", "2024-01-20"),
        entry(ZHANG_SAN, "national_expert", "2024-01-20"),
        entry(LI_SI, "national_expert", "2024-01-20"),
        entry(LI_SI, "national_expert", "2023-12-20"),
    ]
    kind = BonusKind.HONOUR_AWARD
    unknown = entry(ZHAO_LIU, "china_skills_award", "2024-01-20")
    assert said(apply(scene, kind, budget, [unknown])) == ["award_unrecorded"], (
        "two people look at the papers"
    )
    give_honours(
        scene,
        honoured(ZHANG_SAN, "中华技能大奖", "2024-01-20"),
        honoured(ZHANG_SAN, "全国技术能手", "2024-01-20"),
        honoured(LI_SI, "全国技术能手", "2024-01-20"),
    )  # fmt: skip
    assert said(apply(scene, kind, budget, honours)) == ["50000", "20000", "20000", "bonus_taken"]
    named = [entry(("张叁", ZHANG_SAN[1]), "national_expert", "2024-01-20")]
    assert said(apply(scene, kind, budget, named)) == ["bonus_person_differs"]
    kind = BonusKind.ONE_OFF_BONUS
    project = entry(ZHAO_LIU, "startup_project", "2024-02-01")
    asked = [replace(project, asked_fen=each) for each in (None, 19_999_99, 150_000_01)]
    assert [said(apply(scene, kind, budget, [each]))[0] for each in asked] == [
        "bonus_field_missing",
        "bonus_amount_out_of_range",
        "bonus_amount_out_of_range",
    ]
    park = entry(ZHAO_LIU, "returnee_park", "2024-02-01")
    rows = [park, replace(project, asked_fen=150_000_00), park]
    filed = apply(scene, kind, budget, rows)
    assert said(filed) == ["500000", "150000", "bonus_taken"]
    amber = [[each["mark"] for each in verdict.findings].count("!") for _, verdict in filed.lines]
    assert amber == [0, 1, 0], "a typed amount is looked at one by one"
    assert scene.budget(budget).reserved_fen == 740_000_00


def test_学徒制预支不过半_结业按完成人数结算_多付的立追回单(scene: Scene) -> None:
    """AC-J7：20 人预支 50,000；完成 8 人应得 40,000；退回 10,000。"""
    ready(scene)
    scene.at = on("2024-03-06")
    budget = scene.open_budget(200_000)
    agreed = entry(ZHANG_SAN, "intermediate", "2024-01-20", "学徒备案〔2024〕1号", heads=20)
    ahead = BonusKind.APPRENTICESHIP_ADVANCE
    asked = replace(agreed, asked_fen=50_000_01)
    assert said(apply(scene, ahead, budget, [asked])) == ["advance_exceeds_limit"]
    applied = apply(scene, ahead, budget, [replace(agreed, asked_fen=50_000_00)])
    assert said(applied) == ["50000"]
    pay(scene, applied, budget)
    ended = BonusKind.APPRENTICESHIP_SETTLEMENT
    done = replace(agreed, happened_on=date(2024, 3, 1), completed=8, occasion="学徒备案[2024]1号")
    scene.at = on("2024-12-20")
    many = replace(done, heads=200, completed=200)
    assert said(apply(scene, ended, budget, [many])) == ["heads_differ"], "the agreement has its heads"
    advance_id = claims_of(scene, applied.batch.id)[0].id
    none = told(scene, "初审员", lambda work: confirm_return(work, advance_id, 10_000_00, "已核对名册"))
    assert none.code == "nothing_to_return"
    assert said(apply(scene, ended, budget, [replace(done, completed=0)])) == ["advance_to_return"]
    assert said(apply(scene, ended, budget, [done])) == ["advance_to_return"], "a slip is filed again"
    with scene.database.read() as session:
        assert session.scalars(select(Clawback)).all() == [], "who files opens nothing"
        assert [each.amount_fen for each in list_returns(session, [JIYUAN])] == [10_000_00]
        assert list_returns(session, [XINXIANG]) == []
    for login, amount_fen, why, code in (
        ("operator", 10_000_00, "已核对名册", "role_missing"),
        ("初审员", 50_000_00, "已核对名册", "nothing_to_return"),
        ("初审员", 10_000_00, " ", "opinion_missing"),
    ):
        assert told(scene, login, act(confirm_return, advance_id, amount_fen, why)).code == code
    own = told(
        scene, "operator", lambda work: open_clawbacks(work, claims_of(scene, applied.batch.id), "应退")
    )
    assert own.code == "second_person_needed", "who entered the settlement opens nothing"
    sin = f"INSERT INTO clawback (claim_id, opened_by_person_id) VALUES ({advance_id}, {{0}})"
    words = "opens no receivable of its advance"
    with pytest.raises(DBAPIError, match=words), scene.database.engine.begin() as connection:
        connection.execute(text(sin.format(scene.actor("operator").person_id)))
    owed = scene.do("初审员", act(confirm_return, advance_id, 10_000_00, "已核对名册"))
    assert owed.amount_fen == 10_000_00
    assert owed.why == "应得 40,000.00 元，已预支 50,000.00 元，应退回 10,000.00 元；已核对名册"
    with scene.database.read() as session:
        assert list_returns(session, [JIYUAN]) == []
    assert said(apply(scene, ended, budget, [done])) == ["agreement_goes_on"], "and not once more"
    assert states_of(scene) == {"recovering": 1}
    assert keys_of(scene) == {"consumed": 1}, "the agreement is not advanced for twice"
    assert kept_and_counted(scene) == (50_000_00, 50_000_00)
    for part, left in ((4_000_00, 46_000_00), (6_000_00, 40_000_00)):
        pay_back(scene, owed.id, part)
        assert kept_and_counted(scene) == (left, left), "what came back is no longer paid, the rest is"
    assert states_of(scene) == {"recovered": 1}
    other = replace(done, occasion="学徒备案〔2024〕2号", completed=12)
    unpaid = apply(scene, ended, budget, [other])
    assert said(unpaid) == ["advance_not_found"], "without an advance two people decide"
    assert (claims_of(scene, unpaid.batch.id)[0].proposed_fen, unpaid.total_fen) == (60_000_00, 0)
    with scene.database.read() as session:
        line = queries.list_lines(session, scene.keyring, unpaid.batch.id)[0]
    assert line.typed == (
        ("备案编号", "学徒备案〔2024〕2号"),
        ("备案人数", "20 人"),
        ("完成人数", "12 人"),
    )
    after = replace(other, asked_fen=50_000_00, completed=None)
    assert said(apply(scene, ahead, budget, [after])) == ["agreement_goes_on"], "settled is settled"
    fresh = replace(after, occasion="学徒备案〔2024〕3号")
    assert said(apply(scene, ahead, budget, [fresh])) == ["other_agreement"], "maybe one in two spellings"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_学徒制结算_备案编号换了括号和横线仍找得到预支_不能成批通过(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(scene)
    scene.at = on("2024-03-06")
    budget = scene.open_budget(200_000)
    agreed = entry(ZHANG_SAN, "intermediate", "2024-01-20", "学徒备案〔2024〕1—2号", heads=20)
    with monkeypatch.context() as patch:
        # filed when brackets and dashes still made another key
        patch.setattr(cases, "bonus_key", lambda *told: f"{told[0]}|{told[-1]}")
        ahead = BonusKind.APPRENTICESHIP_ADVANCE
        applied = apply(scene, ahead, budget, [replace(agreed, asked_fen=50_000_00)])
    pay(scene, applied, budget)
    scene.at = on("2024-12-20")
    again = replace(agreed, asked_fen=50_000_00, occasion="学徒备案（2024）1-2号")
    assert said(apply(scene, ahead, budget, [again])) == ["bonus_taken"]
    seniors = replace(again, item_code="senior", heads=10, asked_fen=30_000_00)
    ended = BonusKind.APPRENTICESHIP_SETTLEMENT
    slip = apply(scene, ended, budget, [replace(seniors, asked_fen=None, completed=10)])
    one = "学徒备案〔2024〕1—2号（同一备案编号，中级工学徒每人每年，新型学徒制预支已拨付）"
    refusal = slip.lines[0][1].refusal
    assert refusal is not None
    assert refusal.title == "备案 学徒备案（2024）1-2号（高级工学徒每人每年）没有已拨付的预支"
    assert refusal.next_step.endswith(f"本单位另有：{one}"), (
        "filed under the wrong level, it reads which is right"
    )
    scene.do("operator", lambda work: withdraw(work, [claims_of(scene, slip.batch.id)[0].id], "等级填错"))
    level = apply(scene, ahead, budget, [seniors])
    assert said(level) == ["other_agreement"], "its other level is no repeat"
    refusal = level.lines[0][1].refusal
    assert refusal is not None
    assert refusal.title == f"本单位另有学徒制申领：{one}"
    done = replace(agreed, happened_on=date(2024, 3, 1), completed=20, occasion="学徒备案[2024]1-2号")
    settled = apply(scene, ended, budget, [done])
    assert said(settled) == ["50000"], "what was advanced is taken off"
    claim = claims_of(scene, settled.batch.id)[0]
    with scene.database.read() as session:
        assert list_amber(session, settled.batch.id, claim.state) == {claim.id}
    third = replace(done, occasion="学徒备案（2024）1–2号")
    assert said(apply(scene, ended, budget, [third])) == ["bonus_taken"]


def test_别处的单位和预算看不见_停业单位不能申报_资金渠道不对不受理(scene: Scene) -> None:
    ready(scene)
    scene.at = on("2024-03-06")
    budget = scene.open_budget(1_000_000)
    rows = [entry(ZHANG_SAN, "china_skills_award", "2024-01-20")]
    missing = BonusWish(BonusKind.HONOUR_AWARD, JIYUAN, budget, EV2[1], rows)
    assert told(scene, "operator", act(apply_for_bonuses, missing)).code == "institution_missing"
    empty = replace(missing, payee_code=EV1[1], entries=[])
    assert told(scene, "operator", act(apply_for_bonuses, empty)).code == "no_bonus_line"
    set_parameter(scene, "bonus_lines_most", "1", "2024-03-01", "行")
    two = replace(empty, entries=rows * 2)
    assert told(scene, "operator", act(apply_for_bonuses, two)).title == "一次申报 2 行，超过 1 行"
    set_parameter(scene, "bonus_lines_most", "500", "2024-03-02", "行")
    hire = replace(
        empty,
        kind=BonusKind.ABSORPTION,
        budget_id=scene.open_budget(1000, source=TALENT),
        entries=[entry(ZHANG_SAN, "absorbed_hire", "2023-01-20")],
    )
    assert told(scene, "operator", act(apply_for_bonuses, hire)).code == "bonus_fund_differs"
    hire_at(scene, "丙管理员", Role.INSTITUTION_ADMIN, "310101199001010310", EV1)
    for login in ("初审员", "丙管理员"):
        assert told(scene, login, act(apply_for_bonuses, hire)).code == "role_missing"
    with scene.database.read() as session:
        assert session.scalars(select(Institution).where(Institution.code == EV1[1])).one().state == "listed"
    small = scene.open_budget(10_000)
    assert small == budget
    lots = [entry(person(i), "china_skills_award", "2024-01-20") for i in range(21)]
    give_honours(scene, *(honoured(person(i), "中华技能大奖", "2024-01-20") for i in range(21)))
    applied = apply(scene, BonusKind.HONOUR_AWARD, budget, lots)
    assert said(applied)[-1] == "budget_exhausted"
    assert applied.total_fen == 1_000_000_00
