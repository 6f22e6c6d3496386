"""The letter that asks money back: who reads it, what it says, and who finds no such letter."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.world import World
from tests.loop.telling import ready
from tests.scene import EV1, EV2, JIYUAN, ZHANG_SAN, Scene, on
from tests.town_certified import hire_at
from voucher.rules.actor import Role
from voucher.stages.settle.clawback import open_due_clawbacks
from voucher.stages.settle.queries import list_clawbacks
from voucher.stages.settle.queries.letters import read_letter
from voucher.stages.settle.repaying import repay


@pytest.fixture
def owed(scene: Scene) -> Scene:
    """Return a town in which 200 yuan paid for a certificate have to come back."""
    ready(scene)
    scene.file_evaluator(EV2)
    hire_at(scene, "丙教务", Role.REGISTRAR, "310101199001010310", EV1)
    hire_at(scene, "丁教务", Role.REGISTRAR, "310101199001010320", EV2)
    budget = scene.open_budget()
    row = scene.certificate(ZHANG_SAN)
    scene.certify(row)
    scene.pay(scene.settle(budget), budget)
    scene.at = on("2024-03-01")
    scene.import_register([scene.registered(row, 状态="撤销")])
    assert scene.do("clock", open_due_clawbacks) == 1
    return scene


def test_the_letter_names_the_sum_the_reason_and_the_last_day(owed: Scene) -> None:
    with owed.database.read() as session:
        clawback_id = list_clawbacks(session, [JIYUAN])[0][0].id
        letter = read_letter(session, clawback_id, [JIYUAN])
    assert (letter.payee_name, letter.asked_fen, letter.days) == (EV1[0], 200_00, 30)
    assert (str(letter.opened_on), str(letter.due_on)) == ("2024-03-01", "2024-03-31")
    assert letter.why == "证书已被撤销，无证无价"


def test_finance_and_the_payee_read_it_and_nobody_else(
    owed: Scene, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.at = owed.at.astimezone(UTC)
    told: list[dict[str, object]] = []

    def make(_template: Path, data: dict[str, object], _at: datetime) -> bytes:
        told.append(data)
        return b"%PDF"

    monkeypatch.setattr("voucher.doors.web.clawback_letter.make_pdf", make)
    for login in ("制单员", "丙教务", "丁教务", "operator"):
        world.enable(login)
    desk = Office.__new__(Office)
    desk.scene, desk.world, desk._browsers = owed, world, {}
    finance = desk.at("制单员")
    page = finance.go("/clawbacks")
    assert "2024-03-31" in page.text
    owes_its_reader_nothing(page)
    for asked in ("state=opened", f"payee={EV1[0][2:4]}"):
        page = finance.go(f"/clawbacks?{asked}")
        assert ("2024-03-31" in page.text, "保存这个筛选" in page.text) == (True, True), asked
    for asked in ("state=met", "payee=%25"):
        page = finance.go(f"/clawbacks?{asked}")
        assert "没有符合条件的追回单" in page.text, asked
        assert "2024-03-31" not in page.text
    assert finance.http.get("/clawbacks/1/letter").mimetype == "application/pdf"
    mine = desk.at("丙教务")
    page = mine.go("/institution/payments")
    assert "应退回的款" in page.text
    # a lump sum is followed to the people it was paid for, one's own line alone
    of_line = next(each for each in page.links if "line=" in each).partition("#")[0]
    listed = mine.go(of_line).text
    assert "只列这一笔到账所付的申领" in listed
    assert "SL-419001-2024-00000001" in listed
    assert "没有这样的申领" in mine.go(of_line.replace("line=", "line=9")).text
    assert "SL-419001" not in desk.at("丁教务").go(of_line).text
    assert mine.http.get("/institution/clawbacks/1/letter").mimetype == "application/pdf"
    assert "SL-419001-2024-" in str(told[-1]["sentence"])
    facts = told[-1]["facts"]
    assert isinstance(facts, list)
    assert ("应退回金额", "200.00 元") in facts
    assert "请汇入原拨付账户" in str(told[-1]["how"])
    # printed again once everything is back, it asks for nothing
    for login in ("制单员", "付款复核员"):
        owed.do(login, lambda work: repay(work, 1, 200_00, "缴款书 7 号"))
    mine.http.get("/institution/clawbacks/1/letter")
    assert "已全部退回，请勿再汇款" in str(told[-1]["how"])
    assert "请汇入" not in str(told[-1]["how"])
    assert desk.at("丁教务").http.get("/institution/clawbacks/1/letter").status_code == 404
