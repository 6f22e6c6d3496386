"""汇总表: every payee, occupation and level once, the same figures on paper and in the book."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.doors.web.browser import Office
from tests.doors.world import World
from tests.loop.telling import approve_batch, claims_of
from tests.scene import COOK, EV1, EV2, LI_SI, NURSE, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene, on
from voucher.doors.web.timelines import name_people
from voucher.plumbing.db import Database
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.stages.settle.clawback import open_clawback
from voucher.stages.settle.models.claims import SettlementBatch
from voucher.stages.settle.queries import list_lines
from voucher.stages.settle.queries.summaries import list_signed, read_summary
from voucher.stages.settle.review import reject
from voucher.stages.settle.withdraw import withdraw

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_batch_is_summed_by_payee_occupation_and_level(
    scene: Scene, world: World, database: Database
) -> None:
    scene.at = world.at = on("2024-01-10")
    office = Office(scene, world)
    for each in (EV1, EV2):
        scene.file_evaluator(each)
    budget = scene.open_budget(10_000)
    scene.certify(
        scene.certificate(ZHANG_SAN, NURSE),
        scene.certificate(LI_SI, NURSE),
        scene.certificate(SUN_BA, COOK, "四级"),
        scene.certificate(ZHAO_LIU, NURSE, evaluator=EV2),
    )
    batch_id = scene.settle(budget).batch_id
    with database.read() as session:
        first = read_summary(session, session.get_one(SettlementBatch, batch_id))
    assert [(each.trade_code, each.claims) for each in first.rows] == [(COOK, 1), (NURSE, 2), (NURSE, 1)]
    assert (first.claims, first.people) == (4, 4)
    gone = claims_of(scene)[0].id
    scene.do("operator", lambda work: withdraw(work, [gone], "机构要求撤回"))
    with database.read() as session:
        then = read_summary(session, session.get_one(SettlementBatch, batch_id))
    assert then.claims == 3
    assert then.sha256 != first.sha256
    # who only rejected a line has signed nothing of what is paid
    scene.hire("驳回员", Role.OFFICER_COUNTY, "310101199001010770")
    rejected = claims_of(scene)[1].id
    scene.do("驳回员", lambda work: reject(work, batch_id, Step.FIRST_REVIEW, [rejected], "材料不实"))
    approve_batch(scene, batch_id)
    with database.read() as session:
        then = read_summary(session, session.get_one(SettlementBatch, batch_id))
        signed = list_signed(session, session.get_one(SettlementBatch, batch_id))
        names = name_people(session, [person_id for _, person_id in signed])
    assert then.claims == 2
    assert {step for step, _ in signed} >= {Step.SUBMIT, Step.FIRST_REVIEW, Step.SECOND_REVIEW, Step.APPROVE}
    assert len([step for step, _ in signed if step == Step.FIRST_REVIEW]) == 1
    assert "驳回员" not in names.values()
    world.at = scene.at
    browser = office.at("审批员")
    page = browser.go(f"/batches/{batch_id}")
    assert "补贴资金汇总表（PDF，签字用）" in page.text
    with database.read() as session:
        lines = list_lines(session, scene.keyring, batch_id)
    page = browser.press("查找", number=lines[1].certificate_number)
    assert lines[1].certificate_number in page.text
    assert lines[0].certificate_number not in page.text
    assert lines[0].certificate_number in browser.press("查找", number=lines[0].claim_number).text
    assert "没有符合条件的条目" in browser.press("查找", number=f"T{ZHANG_SAN[1]}").text
    assert ZHANG_SAN[1] not in "".join(browser.page.links)
    paper = browser.http.get(f"/batches/{batch_id}/summary.pdf").data
    assert paper.startswith(b"%PDF")
    book = browser.http.get(f"/batches/{batch_id}/summary.xlsx").data
    opened = CalamineWorkbook.from_filelike(io.BytesIO(book))
    rows = opened.get_sheet_by_name("汇总表").to_python()
    assert rows[-1][0] == "合计"
    assert rows[-1][5] == 2
    assert sum(float(str(row[7])) for row in rows[1:-1]) == float(str(rows[-1][7])) == then.amount_fen / 100
    about = {str(row[0]): str(row[1]) for row in opened.get_sheet_by_name("说明").to_python()}
    assert about["摘要（SHA-256）"] == then.sha256
    assert about["大写"].startswith("人民币")
    assert browser.http.get("/batches/999/summary.pdf").status_code == 404
    scene.bank_answers(scene.make_file(budget))
    scene.do("初审员", lambda work: open_clawback(work, claims_of(scene)[2].id, "证书造假"))
    with database.read() as session:
        left = read_summary(session, session.get_one(SettlementBatch, batch_id))
    assert (left.claims, left.amount_fen) == (1, then.amount_fen // 2), "what is to come back is not due"
    if os.environ.get("SHOTS"):
        Path(os.environ["SHOTS"], "summary.pdf").write_bytes(paper)
