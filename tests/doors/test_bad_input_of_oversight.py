"""Bad input of oversight, line by line: refused at a door in a sentence with the next step, nothing changed.

| what comes in | where it is told |
|---|---|
| a period without data | the page of reports, `tests/doors/web/test_report_pages.py`; the statistics below |
| a year without its calendar | the page of reports, `tests/doors/web/test_report_pages.py` |
| a target without its source | the page of targets, `tests/doors/web/test_report_pages.py` |
| a report edited after it was frozen | page, workbook and paper, `tests/doors/web/test_report_pages.py` |
| a flag concluded by the flagged institution | its page, below |
| a chain with one byte changed | the page of the trail, below; the command, `tests/cli/test_check.py` |
"""

from __future__ import annotations

from datetime import UTC, date

import pytest
from sqlalchemy import select, text

from tests.doors.web.browser import Browser, Page
from tests.doors.world import FOUNDER, World
from tests.scene import JIYUAN, PROVINCE, Scene
from tests.stages.oversee.test_risk_flags import planted
from tests.town_attending import PEOPLE, class_room
from voucher.ledger import sealing
from voucher.ledger.audit import AuditRow, AuditSeal
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import users
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.actor import Grant, Role
from voucher.stages.oversee.risk.models import RiskFlag
from voucher.stages.oversee.risk.raising import raise_flags

pytestmark = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)
CONCLUDING = {"outcome": "dismiss", "words": "没有问题"}


def send(browser: Browser, button: str, path: str, **typed: str) -> Page:
    """Send a form of the page on the screen to another address, its hidden fields as they are."""
    form, _ = browser.page.form(button)
    return browser._show(browser.http.post(path, data=dict(form.values) | typed, follow_redirects=True))


def hire_into(world: World, login: str, house: int) -> None:
    """Give whoever has an account a second one, as staff of an institution."""
    with world.database.read() as session:
        person_id = users.load_actor(session, login, world.at.date()).person_id

    def act(work: Work) -> None:
        users.open_account(
            work, login=f"{login}兼职", display_name="兼职", person_id=person_id,
            grants=[Grant(role=Role.REGISTRAR, institution_id=house)], since=date(2021, 1, 1),
        )  # fmt: skip

    perform(world.database, world.keyring, FOUNDER, world.at, act)


def states(scene: Scene) -> list[tuple[str, str | None]]:
    with scene.database.read() as session:
        return [(each.state, each.conclusion) for each in session.scalars(select(RiskFlag))]


def test_a_flag_is_concluded_by_nobody_of_the_flagged_institution(scene: Scene, world: World) -> None:
    room = class_room(scene, PEOPLE[:1])
    scene.do(CLOCK_LOGIN, lambda work: raise_flags(work, [planted("teacher", "1/某", room.house)]))
    world.at = scene.at.astimezone(UTC)
    world.staff("监管", Role.SUPERVISOR)
    world.staff("无关", Role.SUPERVISOR)
    world.colleague("教务", room.house, Role.REGISTRAR)
    flag = "/supervisor/risks/1"
    # whoever supervises and works there under another account is refused at every step
    hire_into(world, "监管", room.house)
    watcher = Browser(world.sign_in("监管").http)
    watcher.go(flag)
    page = watcher.press("分派", person=str(scene.actor("监管").person_id))
    assert watcher.answer.status_code == 403
    assert "您在这家机构任职，或这条线索与您本人有关，不能办理" in page.text
    assert "请由与该机构、该线索无关的监管人员办理" in page.text
    page = send(watcher, "分派", f"{flag}/conclusions", **CONCLUDING)
    assert "您在这家机构任职，或这条线索与您本人有关，不能办理" in page.text
    # nor may somebody else give it to them; what is no conclusion is none
    other = Browser(world.sign_in("无关").http)
    other.go(flag)
    assert "不能办理" in other.press("分派", person=str(scene.actor("监管").person_id)).text
    assert states(scene) == [("opened", None)]
    other.go(flag)
    other.press("分派", person=str(scene.actor("无关").person_id))
    page = other.press("下结论", outcome="guilty", words="没有问题")
    assert "不在可选范围内" in page.text
    other.go(flag)
    other.press("要求说明", question="两个班为什么同时上课？")
    # the institution itself answers, and its form does not lead to the conclusion
    house = Browser(world.sign_in("教务").http)
    house.go("/institution/risks")
    page = send(house, "提交说明", f"{flag}/conclusions", **CONCLUDING)
    assert house.answer.status_code in (403, 404)
    assert states(scene) == [("asked", None)]


def test_one_changed_byte_of_the_trail_is_named_on_its_page(scene: Scene, world: World) -> None:
    sealing.seal_all(
        scene.database, scene.keyring, scene.actor("operator"), scene.at, scene.folder / "anchors"
    )
    world.at = scene.at.astimezone(UTC)
    world.staff("审计", Role.AUDITOR, region=PROVINCE)
    auditor = Browser(world.sign_in("审计").http)
    with scene.database.read() as session:
        row = session.scalars(
            select(AuditRow).join(AuditSeal, AuditSeal.audit_row_id == AuditRow.id).where(AuditSeal.seq == 2)
        ).one()
    named = f"留痕 {row.id} 的内容与写入时不一致"
    auditor.go("/audit")
    assert named not in auditor.press("核验全部留痕").text
    with scene.database.engine.begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        table = "audit_row"
        connection.execute(
            text(f"DROP TRIGGER {table}_no_update" if sqlite else f"ALTER TABLE {table} DISABLE TRIGGER USER")
        )
        byte = "0" if row.content_hash[0] != "0" else "1"
        connection.execute(
            text(f"UPDATE {table} SET content_hash = :hash WHERE id = :id"),
            {"hash": byte + row.content_hash[1:], "id": row.id},
        )
    page = auditor.press("核验全部留痕")
    assert auditor.answer.status_code == 200
    assert "核验通过" not in page.text
    assert "留痕或数据被改动：" in page.text
    assert named in page.text
    assert "请保护现场，不要重启或升级，立即通知系统管理员和监管人员" in page.text


def test_a_month_nobody_understands_is_told_and_one_without_data_is_empty(scene: Scene, world: World) -> None:
    world.at = scene.at.astimezone(UTC)
    world.staff("监管", Role.SUPERVISOR, region=JIYUAN)
    watcher = Browser(world.sign_in("监管").http)
    page = watcher.go(f"/supervisor/statistics/{JIYUAN}?from=2019年1月&until=2019")
    assert "没有符合条件的券" in page.text
    assert 'value="2019-01"' in page.html
    assert 'value="2019-12"' in page.html
    page = watcher.go(f"/supervisor/statistics/{JIYUAN}?from=去年")
    assert "发券月份“去年”看不懂，没有按它筛选；请写成 2024-03，整年写 2024" in page.text
    page = watcher.go(f"/supervisor/statistics/{JIYUAN}?from=2024-05&until=2024-03")
    assert "开始月份 2024-05 晚于结束月份 2024-03" in page.text
