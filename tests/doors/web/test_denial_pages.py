"""不是我、没收到 at the pages: one tap on an old phone, a case at the office, two people, and the answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.doors.web.browser import Browser, Office, Page
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.world import World
from tests.loop.telling import approve_batch, settle_for
from tests.scene import EV1, LI_SI, ZHANG_SAN, Scene, on
from voucher.registry import tables
from voucher.rules.actor import Role
from voucher.rules.calendar import WorkCalendar
from voucher.stages.settle.models.denials import Denial


def keep(page: Page, name: str) -> None:
    """Keep a page where somebody wants to look at it."""
    if os.environ.get("SHOTS"):
        Path(os.environ["SHOTS"], f"{name}.html").write_text(page.html, encoding="utf-8")


def test_one_tap_stops_the_line_and_two_people_of_the_office_answer(
    scene: Scene, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.at = world.at = on("2024-01-10")
    office = Office(scene, world)
    scene.file_evaluator(EV1)
    budget = scene.open_budget(1_000)
    settled = settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    approve_batch(scene, settled.batch_id)
    world.at = scene.at
    for login, number in (("核查员", "310101199001010810"), ("确认员", "310101199001010820")):
        scene.hire(login, Role.OFFICER_COUNTY, number)
        world.enable(login)
    world.worker("zhang", *ZHANG_SAN)
    worker = Browser(world.sign_in("zhang").http)
    assert "我的补贴" in worker.go("/my/profile").text
    page = worker.go("/my/subsidies")
    owes_its_reader_nothing(page)
    keep(page, "subsidies")
    assert "200.00 元" in page.text
    assert "待拨付（财政部门）" in page.text
    assert LI_SI[0] not in page.text
    with monkeypatch.context() as bare:
        bare.setattr(tables, "read_calendar", lambda _session: WorkCalendar({}, frozenset()))
        unpromised = worker.go("/my/subsidies").text
    assert unpromised.count("2024 年放假安排公布以后算出") == 2, "this step, and the money"
    assert "等收款机构补正" not in unpromised
    tell = world.app.jinja_env.get_template("macros/pace.html").module.promised  # type: ignore[attr-defined]
    nothing = {"is_held": False, "arrives_on": None, "awaits_year": None}
    assert tell(nothing | {"is_with_payee": False}) == "没有规定期限"
    assert tell(nothing | {"is_with_payee": True}) == "等收款机构补正、更正以后重新计算"
    worker.go("/my/subsidies")
    page = worker.press("不是我")
    owes_its_reader_nothing(page)
    keep(page, "denied")
    assert "这笔钱先停住不付" in page.text
    assert "已停住，正在核查" in page.text
    home = worker.go("/my").text
    assert ("补贴到哪一步了" in home, "已停住，正在核查" in home) == (True, True)
    worker.go("/my/subsidies")
    page = worker.press("是我弄错了")
    assert "两人核对以后继续办理" in page.text

    one, two = office.at("核查员"), office.at("确认员")
    assert "本人反映（不是我、没收到）待答复" in one.go("/desk").text
    page = one.go("/office/denials?state=open")
    owes_its_reader_nothing(page)
    keep(page, "denials")
    assert "本人说弄错了，待核对" in page.text
    page = one.go("/office/denials/1")
    owes_its_reader_nothing(page)
    keep(page, "denial")
    assert ZHANG_SAN[0] not in page.text
    page = one.press("提出答复", upheld="0", answer="电话核实，本人确认参加")
    assert "您提出的答复须由另一人确认" in page.text
    two.go("/office/denials/1")
    page = two.press("确认答复：不属实，放行")
    keep(page, "denial-confirmed")
    assert "这条申领继续办理" in page.text
    page = worker.go("/my/subsidies")
    keep(page, "answered")
    assert "答复：不属实。电话核实，本人确认参加" in page.text
    assert "没有符合条件的反映" in one.go("/office/denials?state=open").text
    one.go("/office/denials/99")
    assert one.answer.status_code == 404

    # 不是我 found true: the line stays, one asks for it to go on, another declines, and later agrees
    world.worker("li", *LI_SI)
    worker = Browser(world.sign_in("li").http)
    worker.go("/my/subsidies")
    worker.press("不是我")
    one.go("/office/denials/2")
    one.press("提出答复", upheld="1", answer="签到影像不是本人")
    two.go("/office/denials/2")
    assert "这条申领仍停住" in two.press("确认答复").text
    with scene.database.read() as session:
        claim = session.scalars(select(Denial.claim_id).where(Denial.id == 2)).one()
    address = f"/claims/{claim}"
    page = one.go(f"{address}/ask-lift")
    owes_its_reader_nothing(page)
    assert "已提出解除停住，等待另一人确认" in one.press("确认解除停住", why="收款单位已更正").text
    for word in ("lift", "decline-lift"):
        one.go(f"{address}/{word}")
        page = one.press("确认", why="没有书面材料")
        assert "此事须由两人办理，不能由同一人提出并确认" in page.text, word
    two.go(f"{address}/decline-lift")
    assert "已不同意" not in two.press("确认不同意解除停住", why=" ").text, "not without a reason"
    assert "已不同意解除，这条申领继续停住" in two.press("确认不同意解除停住", why="没有书面材料").text
    two.go(f"{address}/lift")
    assert "还没有人对此提出恢复" in two.press("确认解除停住").text
    one.go(f"{address}/ask-lift")
    one.press("确认解除停住", why="补交书面材料")
    page = two.go(address)
    assert "不同意解除停住" in page.text
    two.go(f"{address}/lift")
    assert "已由两人解除停住，申领继续办理，已短信告知本人" in two.press("确认解除停住").text
    assert "已停住" not in worker.go("/my/subsidies").text
