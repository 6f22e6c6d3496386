"""统计分析 at the pages: every level adds up, filters stay in the address, people masked, looks logged."""

from __future__ import annotations

import io
import re
from datetime import UTC

from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from tests import town_certified
from tests.doors.web.browser import Browser
from tests.doors.web.test_supervisor_pages import decent, sum_of_table
from tests.doors.world import World
from tests.scene import LI_SI, PROVINCE, SUN_BA, XINXIANG, ZHANG_SAN, Scene
from voucher.ledger import sealing
from voucher.ledger.audit import AuditRow
from voucher.rules.actor import Role
from voucher.stages.oversee.statistics.refresh import refresh_statistics
from voucher.stages.train.models.classes import TrainingClass

ROWS = "rows-head"


def _count(scene: Scene) -> None:
    sealing.seal_all(
        scene.database, scene.keyring, scene.actor("operator"), scene.at, scene.folder / "anchors"
    )
    scene.do("operator", refresh_statistics)


def test_from_the_province_to_the_people_of_a_class_under_a_filter(scene: Scene, world: World) -> None:
    budget = town_certified.settle_down(scene)
    town_certified.certified(scene, budget, ZHANG_SAN, LI_SI)
    town_certified.certified(scene, budget, SUN_BA, until="training")
    world.at = scene.at.astimezone(UTC)
    world.staff("监管", Role.SUPERVISOR, region=PROVINCE)
    world.staff("外地审计", Role.AUDITOR, region=XINXIANG)
    watcher = Browser(world.sign_in("监管").http)
    page = watcher.go("/supervisor/statistics")
    assert "统计汇总还没有运行" in page.text
    _count(scene)

    page = watcher.go("/supervisor/statistics?level=2")
    assert "没有遗漏" in page.text
    whole = sum_of_table(page, ROWS)
    assert whole[0] == 3
    for pattern in (r"statistics/419001\?", r"house=\d+", r"/classes/\d+"):
        decent(page)
        onward = [each for each in page.links if re.search(pattern, each) and "xlsx" not in each]
        assert onward
        assert all("level=2" in each for each in onward)
        if "classes" in pattern:
            break
        below = [sum_of_table(watcher.go(each), ROWS) for each in dict.fromkeys(onward)]
        assert [sum(column) for column in zip(*below, strict=True)] == whole
        page = watcher.go(onward[0])
    page = watcher.go(onward[0])
    decent(page)
    assert "查看本页已记入留痕" in page.text
    with scene.database.read() as session:
        taught = session.scalars(select(TrainingClass)).first()
    assert taught is not None
    assert taught.name in page.text
    foreign = watcher.go(f"/supervisor/statistics/410700/institutions/1/classes/{taught.id}")
    assert taught.name not in foreign.html, "no class of another place is named"
    assert "这里没有这个班级的券" in foreign.text
    with scene.database.read() as session:
        looks = select(func.count()).select_from(AuditRow).where(AuditRow.act == "look")
        assert session.scalar(looks) == 2

    file = watcher.http.get("/supervisor/statistics/410000.xlsx?level=2").data
    lines = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_name("分级").to_python()
    assert lines[-1][:2] == ["合计", 3]
    decent(watcher.go("/supervisor/statistics/410000?level=3&from=2024"))
    assert "没有符合条件的券" in watcher.page.text

    stranger = Browser(world.sign_in("外地审计").http)
    assert stranger.http.get("/supervisor/statistics/419001").status_code == 403
    assert "没有符合条件的券" in stranger.go("/supervisor/statistics").text
