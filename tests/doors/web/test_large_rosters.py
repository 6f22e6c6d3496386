"""A large roster on the office's pages: handed over, worked off behind the page, every refusal taken home."""

from __future__ import annotations

import csv
import io
from datetime import UTC

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests import town_issue
from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing, refusal
from tests.doors.world import World
from tests.scene import LI_SI, LIMITS, SUN_BA, ZHANG_SAN, Scene, on
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, Run
from voucher.stages.issue.carrying_on import work_as_job
from voucher.stages.issue.running import JOB_KIND, Desk


@pytest.fixture
def desk(scene: Scene, world: World) -> Office:
    """Return the people of an office on a working day, with money for ten vouchers."""
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    return Office(scene, world)


def file(text: str, name: str = "大名册.csv") -> tuple[io.BytesIO, str]:
    return io.BytesIO(text.encode()), name


def work_off(scene: Scene, world: World) -> None:
    """Do what the worker does with the newest job."""
    files = FileStore(world.app.extensions["voucher"].config.rosters_folder)
    handle = work_as_job(Desk(scene.database, scene.keyring, lambda: scene.at, files, LIMITS, piece_rows=2))
    with scene.database.read() as session:
        job = session.scalars(select(Job).order_by(Job.id.desc())).first()
    assert job is not None
    assert job.kind == JOB_KIND
    handle(Run(job.id, job.kind, 1, job.payload, job.created_by_user_id))


def test_a_roster_is_handed_over_followed_and_its_refusals_taken_home(
    desk: Office, scene: Scene, world: World
) -> None:
    nurses = town_issue.programme(scene, scene.open_budget(20_000))
    town_issue.eligible(scene, ZHANG_SAN)
    town_issue.eligible(scene, LI_SI, category="财政供养")
    operator = desk.at("operator")
    operator.go("/office/rosters")
    owes_its_reader_nothing(operator.page)
    roster = (
        f"姓名,身份证号\n张三,{ZHANG_SAN[1]}\n李四,{LI_SI[1]}\n=1+1,{SUN_BA[1]}\n孙八,{SUN_BA[1][:17]}0\n"
    )
    page = operator.press("开始发放", programme=str(nurses), roster=file(roster))
    assert "没有勾选" in refusal(page)
    page = operator.press("开始发放", programme=str(nurses), roster=file("姓名\n"), checked="1")
    assert "缺少列" in refusal(page)
    page = operator.press("开始发放", programme=str(nurses), roster=file(roster), checked="1")
    assert "名册已收下，正在后台发放" in page.text
    assert "发放中" in page.text
    assert 'hx-trigger="every 2s"' in page.html
    work_off(scene, world)
    page = operator.go("/office/issues/1")
    owes_its_reader_nothing(page)
    assert "已读 4 行；发放 1，候补 0，不予发放 1，无法识别 2" in page.text
    assert "every 2s" not in page.html, "what is over is not asked for again"
    operator.go("/office/issues/1/refusals.csv")
    told = operator.answer.data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(told)))
    assert [(row[0], row[5]) for row in rows[1:]] == [
        ("3", "publicly_funded"), ("4", "formula_cell"), ("5", "identity_check_digit"),
    ]  # fmt: skip
    assert all(row[6] and row[7] and row[8] for row in rows[1:])
    assert LI_SI[1] not in told
    answer = operator.http.get("/office/issues/1/refusals.xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert [row[5] for row in sheet[1:]] == ["publicly_funded", "formula_cell", "identity_check_digit"]
    assert "FQ-2024-000001" in operator.go("/office/rosters").text
    page = operator.go("/office/issues?state=issuing")
    assert operator.answer.status_code == 200
    for login in ("制单员", "worker"):
        if login == "制单员":
            assert desk.at(login).go("/office/rosters").text.count("权限")


def test_a_roster_that_was_stopped_goes_on_by_a_button(desk: Office, scene: Scene, world: World) -> None:
    nurses = town_issue.programme(scene, scene.open_budget(20_000))
    town_issue.eligible(scene, ZHANG_SAN)
    operator, officer = desk.at("operator"), desk.at("初审员")
    operator.go("/office/rosters")
    roster = f"姓名,身份证号\n张三,{ZHANG_SAN[1]}\n"
    operator.press("开始发放", programme=str(nurses), roster=file(roster), checked="1")
    officer.go(f"/office/programmes/{nurses}/stop")
    officer.press("确认停发", why="核对名册")
    work_off(scene, world)
    assert "停在中途" in operator.go("/office/issues/1").text
    officer.go(f"/office/programmes/{nurses}/resume")
    officer.press("确认恢复", why="已核对")
    operator.go("/office/issues/1")
    assert "已继续办理" in operator.press("从断点继续").text
    work_off(scene, world)
    assert "发放 1，候补 0" in operator.go("/office/issues/1").text


def test_a_roster_that_was_stopped_is_ended_for_good_by_a_page_that_asks(
    desk: Office, scene: Scene, world: World
) -> None:
    nurses = town_issue.programme(scene, scene.open_budget(20_000))
    town_issue.eligible(scene, ZHANG_SAN)
    operator, officer = desk.at("operator"), desk.at("初审员")
    operator.go("/office/rosters")
    roster = f"姓名,身份证号\n张三,{ZHANG_SAN[1]}\n孙八,{SUN_BA[1]}\n"
    operator.press("开始发放", programme=str(nurses), roster=file(roster), checked="1")
    officer.go(f"/office/programmes/{nurses}/stop")
    officer.press("确认停发", why="核对名册")
    work_off(scene, world)
    page = operator.go("/office/issues/1")
    assert "终止批量发放" in page.text
    page = operator.go("/office/issues/1/termination")
    owes_its_reader_nothing(page)
    assert "没有办到，不再发放" in page.text
    assert "理由" in refusal(operator.press("确认终止批量发放", why=" "))
    page = operator.press("确认终止批量发放", why="名册有误，另行报送")
    assert "已终止，没有办到的各行正在逐行写明" in page.text
    assert "正在终止" in page.text
    work_off(scene, world)
    page = operator.go("/office/issues/1")
    owes_its_reader_nothing(page)
    assert "已终止" in page.text
    assert "理由：名册有误，另行报送" in page.text
    assert "终止后没有发放 2" in page.text
    assert "从断点继续" not in page.text
    assert "/termination" not in page.html
    told = operator.http.get("/office/issues/1/refusals.csv").data.decode("utf-8-sig")
    assert [row[5] for row in csv.reader(io.StringIO(told))][1:] == ["roster_row_left_out"] * 2
    assert "已终止" in operator.go("/office/rosters").text
    operator.go("/office/issues/1/termination")
    assert "已经终止" in refusal(operator.press("确认终止批量发放", why="再来"))
    assert desk.at("初审员").go("/office/issues/1/termination").text.count("权限")
