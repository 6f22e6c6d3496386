"""Bonuses through the API: every kind once, from the application to the bank, and what is refused."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.awarded import give_honours, honoured, placed, take_places
from tests.doors.test_money_api import told
from tests.doors.world import Client, World
from tests.loop.telling import approve, approve_batch, states_of
from tests.loop.test_bonus_stories import TALENT, certified_and_insured
from tests.scene import EV1, EV2, JIYUAN, LI_SI, XINXIANG, ZHANG_SAN, ZHAO_LIU, Scene
from tests.town_certified import hire_at
from voucher.rules.actor import Role
from voucher.rules.bonus_kinds import KINDS, BonusKind
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import FundSource
from voucher.stages.settle.models.bonuses import BonusBasis

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
AGREED = "学徒备案〔2024〕1号"


def line(person: tuple[str, str], item: str, day: str, **more: object) -> dict[str, object]:
    """Return one line as a program sends it."""
    plain = {"name": person[0], "number": person[1], "item_code": item, "happened_on": day}
    return {**plain, "document": "批准文件示例号", **more}


def filed(client: Client, body: dict[str, Any], *outcomes: tuple[str, str]) -> int:
    """Apply, see every line's outcome and yuan, and return the batch."""
    answer = client.post("/bonus-applications", body)
    assert answer.status_code == 201, answer.json
    assert [(each["outcome"], each["amount_display"]) for each in answer.json["lines"]] == list(outcomes)
    assert all(each["findings"] for each in answer.json["lines"])
    batch: int = answer.json["batch_id"]
    return batch


def test_every_kind_is_applied_for_and_paid_like_any_other_claim(scene: Scene, world: World) -> None:
    """AC-J4、AC-J7：接口申报的与网页申报的是同一件事。"""
    budget = certified_and_insured(scene, ZHANG_SAN)
    scene.file_evaluator(EV2, region=XINXIANG)
    talent = scene.open_budget(200_000, XINXIANG, source=TALENT)
    wide = scene.open_budget(2_000_000, source=FundSource.FISCAL)
    take_places(scene, placed(LI_SI, 赛事类别="省级一类大赛", 赛事名称="河南省第二届职业技能大赛",
                              名次=3, 获奖日期="2024-01-21"))  # fmt: skip
    give_honours(scene, honoured(ZHAO_LIU, "全国技术能手", "2024-01-20"))
    hire_at(scene, "丙管理员", Role.INSTITUTION_ADMIN, "310101199001010310", EV1)
    world.at = scene.at.astimezone(UTC)
    for login in ("operator", "丙管理员", "初审员"):
        world.enable(login)
    client, payee = world.sign_in("operator"), world.sign_in("丙管理员")
    here = {"region_code": JIYUAN, "budget_id": wide, "payee_code": EV1[1].lower()}

    listed = client.get("/bonus-standards").json["items"]
    assert {each["kind"] for each in listed} == set(KINDS)
    (item,) = client.get("/bonus-standards?kind=introduction").json["items"]
    assert (item["least_display"], item["insured_months"], item["asked"]) == ("300.00", 6, ["occasion"])

    # nothing is half done: every mistake at once, nobody's region, nobody's desk
    wrong: dict[str, Any] = {**here, "kind": "honour_award", "lines": [
        line((ZHANG_SAN[0], ZHANG_SAN[1][:-1] + "1"), "national_expert", "2024-01-20"),
        line(("", LI_SI[1]), "national_expert", "2024-01-20"),
    ]}  # fmt: skip
    answer = client.post("/bonus-applications", wrong)
    assert told(answer) == (422, "body_invalid")
    wrong["lines"][1]["name"] = "1"
    answer = client.post("/bonus-applications", wrong)
    assert sorted(answer.json["facts"]["fields"]["lines"]) == ["0", "1"]
    honour = {**here, "kind": "honour_award", "lines": [line(ZHAO_LIU, "national_expert", "2024-01-20")]}
    assert told(client.post("/bonus-applications", honour | {"kind": "training"})) == (422, "body_invalid")
    assert told(client.post("/bonus-applications", honour | {"lines": []})) == (422, "body_invalid")
    assert told(client.post("/bonus-applications", honour | {"budget_id": 999}))[0] == 404
    assert told(world.sign_in("初审员").post("/bonus-applications", honour))[0] == 403
    # what cannot be kept as it stands: refused by its line, the whole of it
    agreed = line(ZHANG_SAN, "intermediate", "2024-01-20", occasion=AGREED, heads=4)
    good = line(ZHAO_LIU, "national_expert", "2024-01-20")
    blank, more = {**good, "document": " \u3000 "}, {**good, "amount_fen": 50_000_00, "occasion": "大赛"}
    extra = "赛事、用人单位或备案编号、申报金额"
    for kind, lines, code, title in (
        ("apprenticeship_advance", [{**agreed, "amount_fen": each} for each in (1, 0)],
         "bonus_amount_not_positive", "第 2 行申报 0.00 元，金额应大于 0"),
        ("apprenticeship_advance", [{**agreed, "amount_fen": each} for each in (1, -5)],
         "bonus_amount_not_positive", "第 2 行申报 -0.05 元，金额应大于 0"),
        ("apprenticeship_settlement", [{**agreed, "completed": each} for each in (4, 9)],
         "bonus_heads_invalid", "第 2 行备案人数为 4 人、完成人数为 9 人，二者不符"),
        ("honour_award", [good, blank], "bonus_document_blank", "第 2 行没有写明依据材料"),
        ("honour_award", [good, more], "bonus_field_unasked", f"第 2 行填写了{extra}，荣誉奖励不填这一项"),
    ):  # fmt: skip
        answer = client.post("/bonus-applications", {**here, "kind": kind, "lines": lines})
        assert (told(answer), answer.json["title"]) == ((422, code), title)
        assert answer.json["facts"]["line"] == 2
        assert answer.json["detail"].endswith("本次申报没有保存")
    sized = honour | {"firm_size": "small"}
    assert told(client.post("/bonus-applications", sized)) == (422, "bonus_field_unasked")
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(BonusBasis)) == 0
    # who is paid does not apply: the answer tells certificates, insured months and awards of whom it names
    answer = payee.post("/bonus-applications", honour)
    assert (told(answer)[0], "lines" in answer.json) == (403, False)
    foreign = honour | {"payee_code": EV1[1][::-1]}
    assert told(client.post("/bonus-applications", foreign)) == (404, "institution_missing")
    assert scene.budget(wide).reserved_fen == 0

    hired = line(ZHANG_SAN, "absorbed_hire", "2023-11-20")
    small = {**here, "kind": "absorption", "budget_id": budget, "firm_size": "small", "lines": [hired, hired]}
    batches = [filed(client, small, ("payable", "1,000.00"), ("refused", "0.00"))]
    introduced = line(ZHANG_SAN, "introduced_hire", "2024-05-20", occasion=EV2[1])
    batches.append(
        filed(
            client,
            {**here, "kind": "introduction", "budget_id": budget, "lines": [introduced]},
            ("payable", "300.00"),
        )
    )
    won = line(LI_SI, "provincial_1_3", "2024-01-21", occasion="河南省第二届职业技能大赛 电工")
    there = {"region_code": XINXIANG, "budget_id": talent, "payee_code": EV2[1]}
    batches.append(
        filed(client, {**there, "kind": "competition_award", "lines": [won]}, ("payable", "6,000.00"))
    )
    batches.append(filed(client, honour, ("payable", "20,000.00")))
    ahead = line(ZHANG_SAN, "intermediate", "2024-01-20", occasion=AGREED, heads=1, amount_fen=2_500_00)
    advance = {**here, "kind": "apprenticeship_advance", "budget_id": budget, "lines": [ahead]}
    batches.append(filed(client, advance, ("payable", "2,500.00")))
    once = line(ZHAO_LIU, "startup_project", "2024-02-01", amount_fen=150_000_00)
    batches.append(
        filed(client, {**here, "kind": "one_off_bonus", "lines": [once]}, ("payable", "150,000.00"))
    )
    again = client.post("/bonus-applications", honour).json["lines"][0]["refusal"]
    assert (again["code"], bool(again["facts"]["earlier"])) == ("bonus_taken", True)

    for batch in batches:
        scene.review_and_post(batch)
    scene.close_notices()
    for batch in batches:
        approve(scene, batch)
    scene.open_accounts()
    for fund in (budget, wide, talent):
        scene.bank_answers(scene.make_file(fund))
    assert [states_of(scene, batch) for batch in batches] == [{"paid": 1}] * len(batches)
    settled = {**here, "kind": BonusKind.APPRENTICESHIP_SETTLEMENT, "budget_id": budget, "lines": [
        line(ZHANG_SAN, "intermediate", "2024-12-01", occasion=AGREED, heads=1, completed=1)
    ]}  # fmt: skip
    world.at = scene.at.astimezone(UTC)
    rest = filed(world.sign_in("operator"), settled, ("payable", "2,500.00"))
    approve_batch(scene, rest)
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene, rest) == {"paid": 1}
    paid = sum(scene.budget(each).spent_fen for each in (budget, wide, talent))
    assert format_yuan(paid) == "182,300.00"
