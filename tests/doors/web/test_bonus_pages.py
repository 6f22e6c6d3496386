"""The page on which bonuses are applied for: each kind asks its own, every mistake is told at once."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date
from typing import Any

import pytest
from flask import Response
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests.awarded import give_honours, honoured
from tests.doors.web.browser import Browser, Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing, refusal
from tests.doors.world import Client, World
from tests.loop.telling import approve_batch, claims_of, told
from tests.loop.test_bonus_stories import apply, entry, pay
from tests.papers import says
from tests.scene import EV1, LI_SI, ZHANG_SAN, Scene, on
from voucher.doors.web.finance.sheets import Part, answer_sheet
from voucher.doors.web.office.settle import printing, summaries
from voucher.plumbing.unit_of_work import Work
from voucher.registry.bonus_standards import BonusStandardRow, read_bonus_standards
from voucher.registry.catalogue import Project, get_project
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.rules.bonus_judges import JUDGES, BonusCase, BonusVerdict
from voucher.rules.bonus_kinds import KINDS, Asked, BonusKind, KeyPart, KindTerms
from voucher.rules.bonuses import BONUS_FIELD_MISSING
from voucher.rules.money import format_yuan
from voucher.stages.settle.bonuses.applying import BonusWish, apply_for_bonuses
from voucher.stages.settle.bonuses.cases import Entry
from voucher.stages.settle.clear import clear

FORM = {"item": "national_expert", "payee": EV1[1].lower(), "document": "人社部表彰决定", "region": "419001"}


@pytest.fixture
def desk(scene: Scene, world: World) -> Office:
    """Return the people of an office with a budget, on a working day."""
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    made = Office(scene, world)
    scene.file_evaluator(EV1)
    scene.open_budget(30_000)
    return made


def test_honours_are_pasted_line_by_line_and_lead_to_their_batch(desk: Office) -> None:
    browser = desk.at("operator")
    for kind, name in ((code, terms.name) for code, terms in KINDS.items()):
        page = browser.go(f"/office/bonuses/new?kind={kind}")
        assert name in page.text
        owes_its_reader_nothing(page)
    # only Xinxiang has such rows: nothing is offered in Jiyuan that would be refused
    page = browser.go(f"/office/bonuses/new?kind={BonusKind.COMPETITION_AWARD}")
    assert "国家级一类大赛第一名（新乡市）：100,000.00 元" in page.text
    desk.world.staff("济源经办", Role.OPERATOR)
    page = desk.at("济源经办").go(f"/office/bonuses/new?kind={BonusKind.COMPETITION_AWARD}")
    assert ("本地区没有竞赛奖励标准" in page.text, "大赛第一名" in page.text) == (True, False)
    elsewhere = Entry(ZHANG_SAN[1], ZHANG_SAN[0], "national_1_1", date(2024, 1, 20), "获奖文件", "某赛事")
    wish = BonusWish(BonusKind.COMPETITION_AWARD, "419001", 1, EV1[1], [elsewhere])
    refused = told(desk.scene, "operator", lambda work: apply_for_bonuses(work, wish))
    assert refused.title == "“国家级一类大赛第一名”在 2024-01-20 没有竞赛奖励标准"
    page = browser.go(f"/office/bonuses/new?kind={BonusKind.HONOUR_AWARD}")
    assert "全国技术能手：20,000.00 元" in page.text
    wrong = f"{ZHANG_SAN[0]} {ZHANG_SAN[1][:-1]}1 2024-01-20\n{LI_SI[0]} {LI_SI[1]}\n"
    page = browser.press("核对并申报", people=wrong, budget="1", **FORM)
    assert "第1行：" in refusal(page)
    assert "第2行：应为“姓名证件号码日期”" in refusal(page)
    give_honours(desk.scene, *(honoured(each, "全国技术能手", "2024-01-20") for each in (ZHANG_SAN, LI_SI)))
    typed = f"{ZHANG_SAN[0]}\t{ZHANG_SAN[1]}\t2024-01-20\n{LI_SI[0]} {LI_SI[1]} 2024-01-20"
    page = browser.press("核对并申报", people=typed, budget="1", **FORM)
    assert "可兑现 1 条，不予受理 1 条；应付合计 20,000.00 元" in page.text
    assert "全国技术能手" in page.text
    assert "荣誉奖励" in page.text
    owes_its_reader_nothing(page)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_two_people_cleared_is_in_the_sums_of_its_batch_on_the_page_and_on_paper(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, sheets = desk.scene, list[tuple[dict[str, str], list[Part]]]()

    def printed(
        title: str, number: str, issuer: str, facts: Any, parts: Any, *hands: Any, **how: Any
    ) -> Response:
        sheets.append((dict(facts), list(parts)))
        return answer_sheet(title, number, issuer, facts, parts, *hands, **how)

    for room in (printing, summaries):
        monkeypatch.setattr(room, "answer_sheet", printed)
    unrecorded = entry(ZHANG_SAN, "national_expert", "2024-01-20")
    batch = apply(scene, BonusKind.HONOUR_AWARD, 1, [unrecorded]).batch
    claim_id = claims_of(scene, batch.id)[0].id
    browser = desk.at("初审员")
    assert "没有可兑现的条目" in browser.go(f"/batches/{batch.id}").text
    for login in ("初审员", "异议处理员"):
        scene.do(login, lambda work: clear(work, claim_id, 15_000_00, "表彰决定已核验"))
    page = browser.go(f"/batches/{batch.id}")
    sums = "".join(page.text.split()).partition("合计")[2]
    assert "人工核定115,000.00合计115,000.00" in sums, sums[:300]
    assert "没有可兑现的条目" not in page.text
    assert browser.http.get(f"/batches/{batch.id}/sheet.pdf").status_code == 200
    ((facts, (levels, lines)),) = sheets
    assert facts["申报"] == "1 条，15,000.00 元"
    assert levels.rows == [("人工核定", "1", "15,000.00")]
    assert levels.total == ("合计", "1", "15,000.00")
    # nothing was issued to anybody, and an item has no level: neither on the page nor on any paper
    for paper in (f"/claims/{claim_id}/sheet.pdf", f"/batches/{batch.id}/summary.pdf"):
        assert browser.http.get(paper).status_code == 200
    (about, _), (_, (summed,)) = sheets[1:]
    assert (facts["事项日期"], about["事项日期"]) == ("2024-01-20", "2024-01-20")
    assert (about["事项"], about["依据"]) == ("荣誉奖励：全国技术能手", "批准文件示例号")
    assert [name for name, _ in summed.columns] == [
        *("收款方", "统一社会信用代码", "事项", "条数", "人数", "金额（元）"),
    ]
    assert summed.rows == [(EV1[0], EV1[1], "全国技术能手", "1", "1", "15,000.00")]
    assert summed.total == ("合计", "", "", "1", "1", "15,000.00")
    workbook = browser.http.get(f"/batches/{batch.id}/summary.xlsx").data
    heads, row, total = CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python()
    assert heads[2:5] == ["事项编码", "事项", "条数"]
    assert (row[3:], total[4:]) == (["全国技术能手", 1, 1, 15_000.0], [1, 1, 15_000.0])
    papers = f"{facts}{levels}{lines}{about}{summed}{heads}{''.join(page.text.split())}"
    assert [
        word for word in ("发证期间", "无等级", "分等级", "职业/等级", "职业 / 等级") if word in papers
    ] == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_two_people_cleared_is_told_by_the_api_as_on_the_page_to_office_and_payee(desk: Office) -> None:
    scene = desk.scene
    give_honours(scene, honoured(LI_SI, "全国技术能手", "2024-01-20"))
    rows = [entry(each, "national_expert", "2024-01-20") for each in (LI_SI, ZHANG_SAN)]
    batch = apply(scene, BonusKind.HONOUR_AWARD, 1, rows).batch
    with scene.database.read() as session:
        payee = session.scalars(select(Institution.id).where(Institution.code == EV1[1])).one()
    desk.world.colleague("评价机构管理员", payee, Role.EVALUATOR_ADMIN)
    office, own = (desk.world.sign_in(each) for each in ("初审员", "评价机构管理员"))
    manual = next(each for each in claims_of(scene, batch.id) if each.state == "manual")
    said = ("declared", "payable", "cleared", "total")

    def told(client: Client) -> list[str]:
        answer = client.get(f"/batches/{batch.id}").json
        counts = (answer["declared_count"], answer["cleared_count"], answer["total_count"])
        yuan = [answer["declared_total_display"], *(answer[f"{each}_display"] for each in said[1:])]
        return [*map(str, counts), *yuan]

    before = ["1", "0", "1", "20,000.00", "20,000.00", "0.00", "20,000.00"]
    assert (told(office), told(own)) == (before, before)
    for login in ("初审员", "异议处理员"):
        scene.do(login, lambda work: clear(work, manual.id, 9_000_00, "表彰决定已核验"))
    after = ["2", "1", "2", "29,000.00", "20,000.00", "9,000.00", "29,000.00"]
    assert (told(office), told(own)) == (after, after)
    listed = own.get("/batches").json["items"][0]
    assert (listed["declared_count"], listed["declared_total_display"]) == (2, "29,000.00")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_goes_back_of_an_advance_waits_for_an_officer(desk: Office) -> None:
    scene = desk.scene
    agreed = entry(ZHANG_SAN, "intermediate", "2024-01-20", "学徒备案〔2024〕1号", heads=4)
    advance = replace(agreed, asked_fen=10_000_00)
    applied = apply(scene, BonusKind.APPRENTICESHIP_ADVANCE, 1, [advance])
    claim_id = claims_of(scene, applied.batch.id)[0].id
    browser = desk.at("初审员")
    page = browser.go(f"/claims/{claim_id}")
    told = "".join(page.text.split())
    assert "备案编号（申报填写）学徒备案〔2024〕1号备案人数（申报填写）4人" in told, told[-1500:]
    assert "备案人数和预支金额为申报填写" in page.text
    batch_page = browser.go(f"/batches/{applied.batch.id}")
    # nothing was issued to anybody, and an item has no level
    assert ("事项依据" in "".join(batch_page.text.split()), "依据" in page.text) == (True, True)
    assert [word for word in ("发证机构", "证书编号", "无等级") if word in page.text] == []
    desk.world.worker("zhang", *ZHANG_SAN)
    mine = Browser(desk.world.sign_in("zhang").http).go("/my/subsidies").html
    assert ("新型学徒制预支" in mine, "<dt>事项</dt>" in mine, "<dt>职业</dt>" in mine) == (True, True, False)
    page = browser.go(f"/claims/{claim_id}")
    pay(scene, applied, 1)
    clerk = desk.at("operator")
    clerk.go(f"/office/bonuses/new?kind={BonusKind.APPRENTICESHIP_SETTLEMENT}")
    typed = {**FORM, "item": "intermediate", "occasion": agreed.occasion, "budget": "1",
             "people": f"{ZHANG_SAN[0]} {ZHANG_SAN[1]} 2024-01-20"}  # fmt: skip
    wrong = clerk.press("核对并申报", heads="4", completed="9", **typed)
    assert "第1行备案人数为4人、完成人数为9人，二者不符" in refusal(wrong)
    apply(scene, BonusKind.APPRENTICESHIP_SETTLEMENT, 1, [replace(agreed, completed=1)])
    page = browser.go(f"/claims/{claim_id}")
    assert "备案 4 人，完成 1 人" in page.text
    owes_its_reader_nothing(page)
    page = desk.at("制单员").go("/clawbacks")
    assert "1 笔预支待核对应退金额" in page.text
    browser.go(f"/claims/{claim_id}")
    page = browser.press("立追回单 5,000.00 元", why="已核对名册")
    assert "已立追回单，应收 5,000.00 元" in page.text
    assert "应退预支" not in page.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_form_offers_what_the_rule_pays_in_each_place_on_the_day(desk: Office) -> None:
    def row(item: str, fen: int, since: date, region: str | None = None, until: date | None = None) -> Any:
        return BonusStandardRow(
            kind=str(BonusKind.HONOUR_AWARD), item_code=item, name=f"示例{item}", region_code=region,
            least_fen=fen, most_fen=fen, since=since, until=until, document=f"{since.year}年文件",
            source="示例",
        )  # fmt: skip

    desk.scene.do(
        "operator",
        lambda work: work.session.add_all(
            [
                row("甲", 1_000_00, date(2022, 1, 1)),
                row("甲", 2_000_00, date(2023, 1, 1), region="410700"),
                row("甲", 3_000_00, date(2024, 1, 1)),
                row("甲", 4_000_00, date(2024, 7, 1)),
                row("乙", 5_000_00, date(2022, 1, 1), until=date(2023, 12, 31)),
                row("丙", 6_000_00, date(2024, 3, 7)),
            ]
        ),
    )
    told = desk.at("operator").go(f"/office/bonuses/new?kind={BonusKind.HONOUR_AWARD}").text
    assert "示例甲：3,000.00 元；新乡市 2,000.00 元" in told, "the province's newer row hides no place's own"
    assert "示例乙：5,000.00 元（事项日期至 2023-12-31 止）" in told, (
        "what happened before may be applied for"
    )
    assert [word for word in ("示例丙", "4,000.00", "1,000.00") if word in told] == []
    desk.world.staff("济源经办", Role.OPERATOR)
    page = desk.at("济源经办").go(f"/office/bonuses/new?kind={BonusKind.HONOUR_AWARD}")
    assert ("示例甲：3,000.00 元" in page.text, "2,000.00 元" in page.text.partition("示例甲")[2]) == (
        True,
        False,
    )
    assert "2024年文件" in page.text, "the document of what is offered"
    owes_its_reader_nothing(page)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_new_kind_is_a_row_and_one_function_from_its_form_to_the_bank(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else knows of it: form, key, batch, desk, notice, payment and the paid sum follow."""
    kind, name, scene = BonusKind("studio"), "技能大师工作室补助", desk.scene

    def judge(case: BonusCase, verdict: BonusVerdict) -> None:
        if not case.occasion.strip():
            raise BONUS_FIELD_MISSING.refused(what="工作室批准文号")
        told = f"{case.standard.name} {format_yuan(case.standard.most_fen)}"
        verdict.price(case.standard.most_fen, told, case.standard.document)

    keyed_by = (KeyPart.PAYEE, KeyPart.SAID)
    terms = KindTerms(name, "领办人", keyed_by, (Asked.OCCASION,), occasion_label="工作室批准文号")
    monkeypatch.setitem(KINDS, kind, terms)
    monkeypatch.setitem(JUDGES, kind, judge)

    def shipped(work: Work) -> None:
        work.session.add(Project(code="BONUS-STUDIO", name=name, kind="bonus", document="示例文件"))
        work.session.add(
            BonusStandardRow(
                kind=str(kind), item_code="city_studio", name="市级工作室", least_fen=3_000_00,
                most_fen=3_000_00, since=date(2024, 1, 1), document="示例文件第 3 条", source="示例",
            )
        )  # fmt: skip

    scene.do("operator", shipped)
    browser = desk.at("operator")
    page = browser.go(f"/office/bonuses/new?kind={kind}")
    assert "市级工作室：3,000.00 元" in page.text
    owes_its_reader_nothing(page)
    typed = {
        "item": "city_studio", "payee": EV1[1], "document": "批准文件", "region": "419001", "budget": "1",
        "people": f"{ZHANG_SAN[0]} {ZHANG_SAN[1]} 2024-01-20",
    }  # fmt: skip
    early = {**typed, "people": f"{ZHANG_SAN[0]} {ZHANG_SAN[1]} 2023-12-31"}
    assert "没有技能大师工作室补助标准" in refusal(
        browser.press("核对并申报", occasion="济工作室〔2024〕1号", **early)
    )
    page = browser.press("核对并申报", occasion="济工作室〔2024〕1号", **typed)
    assert "应付合计 3,000.00 元" in page.text
    assert name in page.text
    batch_id = claims_of(scene)[0].batch_id
    approve_batch(scene, batch_id)
    file = scene.make_file(1)
    scene.bank_answers(file)
    assert scene.budget(1).spent_fen == 3_000_00
    assert f"{name}公示" in desk.at("初审员").go("/notices").text
    # whoever checks and releases reads what the bank is told, and the public of an item, not of a level
    paid = desk.at("付款复核员")
    page = paid.go(f"/payment-files/{file.id}")
    assert ("用途" in page.text, name in page.text.partition(f"{file.number}-00001")[2]) == (True, True)
    assert says(paid.http.get(f"/payment-files/{file.id}/sheet").data, name)
    anyone = desk.anybody()
    shown = anyone.go("/notices/1")
    assert ("市级工作室" in shown.text, "事项" in shown.text) == (True, True)
    assert [word for word in ("等级", "职业（") if word in shown.text.partition("编号")[2]] == []
    paper = anyone.http.get("/notices/1/list.pdf").data
    assert (says(paper, "市级工作室"), says(paper, "等级"), says(paper, "职业（工种）")) == (
        True,
        False,
        False,
    )
    browser.go(f"/office/bonuses/new?kind={kind}")
    page = browser.press("核对并申报", occasion="济工作室(2024) 1号", **typed)
    assert "同一事项已有申报" in page.text, "however it is spelt"
    assert scene.budget(1).spent_fen == 3_000_00


def test_every_kind_has_its_judge_its_project_and_a_dated_standard(scene: Scene) -> None:
    with scene.database.read() as session:
        rows = read_bonus_standards(session)
        for kind in KINDS:
            assert get_project(session, f"BONUS-{kind.upper()}").name == KINDS[kind].name
    assert set(JUDGES) == set(KINDS) == {str(each.kind) for each in rows}


def test_who_is_no_operator_finds_no_such_page(desk: Office) -> None:
    browser = desk.at("初审员")
    browser.go("/office/bonuses/new")
    assert browser.answer.status_code == 403
