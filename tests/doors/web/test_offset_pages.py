"""抵扣 as finance and the payee see it: due, offset and paid side by side, kept out and let in by two."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.web.test_payment_file_pages import keep
from tests.doors.world import World
from tests.loop.telling import person
from tests.loop.test_offset_stories import approved, owing
from tests.loop.test_repayment_import_stories import take_in
from tests.scene import EV1, LI_SI, ZHANG_SAN, Scene, on
from voucher.stages.settle import deciding_credits
from voucher.stages.settle.models.credits import BankCredit


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_due_offset_and_paid_stands_on_every_page(scene: Scene, world: World) -> None:
    scene.at = world.at = on("2024-01-10")
    office = Office(scene, world)
    scene.file_evaluator(EV1)
    budget = owing(scene, [ZHANG_SAN])
    approved(scene, budget, [LI_SI, person(3)])
    world.at = scene.at
    maker, checker, releaser = (office.at(each) for each in ("制单员", "付款复核员", "签发员"))

    page = maker.go("/clawbacks")
    owes_its_reader_nothing(page)
    maker.press("提出暂缓抵扣", why="已签分期缴款协议")
    assert "由另一人确认抵扣的暂缓" in maker.go("/clawbacks").text
    checker.go("/clawbacks")
    page = checker.press("确认暂缓抵扣")
    keep(page, "offset-stayed")
    assert "暂缓抵扣 已签分期缴款协议" in page.text
    assert "抵扣应退款" not in maker.go(f"/budgets/{budget}/pre-check").text
    checker.press("提出恢复抵扣", why="协议终止")
    maker.go("/clawbacks")
    maker.press("确认恢复抵扣")

    page = maker.go(f"/budgets/{budget}/pre-check")
    owes_its_reader_nothing(page)
    keep(page, "offset-precheck")
    assert "抵扣应退款 200.00 元" in page.text.replace("抵扣应退款", "抵扣应退款 ").replace("  ", " ")
    maker.go("/payment-files")
    page = maker.press("制单")
    assert "已制单：1 笔，200.00 元（另抵扣应退款 200.00 元），等待复核" in page.text
    address = page_address(page)
    checker.go(address)
    checker.press("复核无误：1 笔，实付 200.00 元")
    releaser.go(address)
    page = releaser.press("签发：1 笔，实付 200.00 元")
    owes_its_reader_nothing(page)
    keep(page, "offset-file")
    page = maker.go("/clawbacks")
    keep(page, "offset-clawbacks")
    assert "待抵扣 200.00" in page.text

    page = maker.go("/bank-credits")
    owes_its_reader_nothing(page)
    take_in(scene, f"A1,{EV1[0]},50.00,退款 TH-419001-2024-000001", "A2,某某公司,9.00,货款")
    page = checker.go("/bank-credits")
    owes_its_reader_nothing(page)
    keep(page, "credits-open")
    assert "本页可由您确认的 1 笔，合计 50.00 元" in page.text
    why = "两次汇款，回单两张"
    with scene.database.read() as session:
        first = session.scalars(select(BankCredit.id).order_by(BankCredit.id)).first()
    assert first is not None
    # assigned by another one again, with the reason why it is another payment
    scene.do(
        "制单员",
        lambda work: deciding_credits.assign_credit(work, first, "TH-419001-2024-000001", why),
    )
    assert f"另一笔，理由：{why}" in checker.go("/bank-credits").text
    page = checker.press("全部确认入账")
    assert "该追回单有 200.00 元已列入拨付文件 BF-419001-2024-0002 抵扣" in page.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_repayment_told_at_the_page_by_one_is_booked_when_another_tells_the_same(
    scene: Scene, world: World
) -> None:
    scene.at = world.at = on("2024-01-10")
    office = Office(scene, world)
    scene.file_evaluator(EV1)
    owing(scene, [ZHANG_SAN])
    world.at = scene.at
    maker, checker = office.at("制单员"), office.at("付款复核员")
    told = {"amount": "50.00", "document": "JK-2024-0031"}

    maker.go("/clawbacks")
    page = maker.press("登记，交另一人确认", **told)
    owes_its_reader_nothing(page)
    keep(page, "repayment-registered")
    assert "等待另一人确认后入账：已登记收回 50.00 元" in page.text
    maker.go("/clawbacks")
    assert "同一人的不同账号视为同一人" in maker.press("登记，交另一人确认", **told).text
    checker.go("/clawbacks?state=opened&payee=示例")
    wrong = checker.press("登记，交另一人确认", **{**told, "amount": "60.00"})
    assert "请核对凭证编号、追回单和金额" in wrong.text
    # what was typed is still there, in the form it was typed into, on the list it was chosen from
    body = checker.answer.text
    assert ('value="60.00"' in body, 'value="JK-2024-0031"' in body, "<details open>" in body) == (True,) * 3
    assert "state=opened" in checker.answer.request.query_string.decode()
    assert "state=opened" in re.findall(r'action="(/clawbacks/1/repayments\?[^"]*)"', body)[0]
    # and its filters can be changed: the address of the form itself takes nothing but forms
    assert re.findall(r'<form class="filters" method="get" action="([^"]*)" hx-get="([^"]*)"', body) == [
        ("/clawbacks", "/clawbacks")
    ]
    assert re.findall(r'name="back" value="([^"]*)"', body) == ["/clawbacks"]
    checker.go("/clawbacks")
    page = checker.press("登记，交另一人确认", **told)
    assert "已由两人确认收回 50.00 元" in page.text
    page = maker.go("/clawbacks")
    keep(page, "repayment-booked")
    assert "缴回 50.00 JK-2024-0031" in page.text


def page_address(page: object) -> str:
    links = [each for each in getattr(page, "links", []) if each.endswith("/sheet")]
    return str(links[0]).removesuffix("/sheet")
