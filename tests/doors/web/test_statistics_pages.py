"""统计分析 at the pages: every level adds up, filters stay in the address, people masked, looks logged."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, timedelta
from functools import partial

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, update

from tests import town_certified
from tests.doors.web.browser import Browser
from tests.doors.web.test_report_pages import _look as leave
from tests.doors.web.test_supervisor_pages import decent, sum_of_table
from tests.doors.world import World
from tests.scene import LI_SI, LIMITS, PROVINCE, SUN_BA, XINXIANG, ZHANG_SAN, Scene, write_csv
from tests.settings import config_of
from voucher.ledger import sealing
from voucher.ledger.audit import AuditRow
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, JobState, Run
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Role
from voucher.rules.joins import ListKind
from voucher.stages.oversee.handover.drill_asking import write_as_job
from voucher.stages.oversee.handover.keeping import forget_exports
from voucher.stages.oversee.joins.bringing import bring_list
from voucher.stages.oversee.joins.models import AuditList
from voucher.stages.oversee.statistics import checking
from voucher.stages.oversee.statistics.models import StatisticCell
from voucher.stages.oversee.statistics.refresh import refresh_statistics
from voucher.stages.train.models.classes import TrainingClass

ROWS = "rows-head"


def _count(scene: Scene) -> None:
    sealing.seal_all(
        scene.database, scene.keyring, scene.actor("operator"), scene.at, scene.folder / "anchors"
    )
    scene.do("operator", refresh_statistics)


def test_from_the_province_to_the_people_of_a_class_under_a_filter(
    scene: Scene, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    assert "就业未接入：没有导入过在职参保名单" in page.text
    _bring_the_insured(scene)
    page = watcher.go("/supervisor/statistics?level=2")
    leave("statistics.html", page.html.encode())
    whole = sum_of_table(page, ROWS)
    assert whole[0] == 3
    for pattern in (r"statistics/419001\?", r"house=\d+", r"/classes/\d+"):
        decent(page)
        # what the level above says of this place, from sums of its own
        assert "相差 0 各行相加 = 另行汇总的本级" in page.text
        assert "不相等" not in page.text
        assert "按 1 份名单核对，最近一份截至 2024-" in page.text
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
    assert "相差 0 各行相加 = 上一级本班一行" in page.text
    later = watcher.go(f"{onward[0]}&after=1").text
    assert ("各行相加" in later, "太多" in later) == (False, False), "who turns the page has seen it"
    with monkeypatch.context() as few:
        few.setattr(checking, "COUNTED_ONE_BY_ONE", 1)
        crowded = watcher.go(onward[0]).text
    assert ("各行相加 =" in crowded, "这里的券太多" in crowded) == (False, True)
    with scene.database.read() as session:
        taught = session.scalars(select(TrainingClass)).first()
    assert taught is not None
    assert taught.name in page.text
    foreign = watcher.go(f"/supervisor/statistics/410700/institutions/1/classes/{taught.id}")
    assert taught.name not in foreign.html, "no class of another place is named"
    assert "这里没有这个班级的券" in foreign.text
    with scene.database.read() as session:
        looks = select(func.count()).select_from(AuditRow).where(AuditRow.act == "look")
        assert session.scalar(looks) == 4

    file = watcher.http.get("/supervisor/statistics/410000.xlsx?level=2").data
    book = CalamineWorkbook.from_filelike(io.BytesIO(file))
    assert book.get_sheet_by_name("分级").to_python()[-1][:2] == ["合计", 3]
    # of two with a certificate one stands on the list under the registered name
    assert book.get_sheet_by_name("漏斗").to_python()[-1][1:] == [1, 1]
    decent(watcher.go("/supervisor/statistics/410000?level=3&from=2024"))
    assert "没有符合条件的券" in watcher.page.text
    _plant_a_wrong_cell(scene, watcher)
    with scene.database.engine.begin() as connection:
        connection.execute(update(AuditList).values(forgotten_at=scene.at))
    page = watcher.go("/supervisor/statistics?level=2")
    assert "导入过的在职参保名单（最近一份截至 2024-" in page.text
    assert "没有导入过" not in page.text

    stranger = Browser(world.sign_in("外地审计").http)
    assert stranger.http.get("/supervisor/statistics/419001").status_code == 403
    assert "没有符合条件的券" in stranger.go("/supervisor/statistics").text


def _plant_a_wrong_cell(scene: Scene, watcher: Browser) -> None:
    """Have one of the smallest groups count one too many: no page adds the same rows up on both sides."""
    with scene.database.engine.begin() as connection:
        house, trade = connection.execute(
            select(StatisticCell.institution_id, StatisticCell.trade_code).where(StatisticCell.issued > 0)
        ).first() or (0, "")
        wrong = (StatisticCell.institution_id == house) & (StatisticCell.issued > 0)
        connection.execute(update(StatisticCell).where(wrong).values(issued=StatisticCell.issued + 1))
    for address in (
        f"419001?house={house}",
        f"419001?house={house}&level=2",
        f"410000?level=2&trade={trade}",
        "419001?",
    ):
        page = watcher.go(f"/supervisor/statistics/{address}")
        assert "不相等" in page.text, address


def _bring_the_insured(scene: Scene) -> None:
    """Bring a list of the insured: one in work since, one of another name, one who was so before."""
    today = f"{scene.at:%Y-%m-%d}"
    said = (("张三", ZHANG_SAN, today, ""), ("别人", LI_SI, today, ""))
    rows = [
        {"姓名": name, "证件号码": number, "起始日期": since, "截止日期": until}
        for name, (_, number), since, until in (*said, ("李四", LI_SI, "2020-01-01", ""))
    ]
    path = write_csv(scene.folder / "insured.csv", rows)

    def bring(work: Work) -> None:
        bring_list(work, ListKind.INSURED, "省社保中心", work.today, "年度统计", path, limits=LIMITS)

    scene.do("监管", bring)


def _write(scene: Scene, world: World) -> tuple[int, FileStore]:
    """Do the one job that waits and return it with the files."""
    store = FileStore(config_of(world.folder).exports_folder)
    with scene.database.read() as session:
        job = session.scalars(select(Job).where(Job.state == JobState.QUEUED)).one()
        run = Run(job.id, job.kind, 1, job.payload, job.created_by_user_id)
    result = write_as_job(scene.database, lambda: scene.at, store)(run)

    def finish(work: Work) -> None:
        found = work.session.get_one(Job, run.job_id)
        found.state, found.result, found.finished_at = JobState.DONE, result, scene.at

    perform(scene.database, scene.keyring, scene.actor("clock"), scene.at, finish)
    return run.job_id, store


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_drill_is_exported_by_a_job_and_found_among_ones_own_exports(scene: Scene, world: World) -> None:
    budget = town_certified.settle_down(scene)
    town_certified.certified(scene, budget, ZHANG_SAN, LI_SI)
    world.at = scene.at.astimezone(UTC)
    world.staff("监管", Role.SUPERVISOR, region=PROVINCE)
    world.staff("审计", Role.AUDITOR, region=PROVINCE)
    world.staff("外地审计", Role.AUDITOR, region=XINXIANG)
    watcher = Browser(world.sign_in("监管").http)
    _count(scene)
    watcher.go("/supervisor/statistics/410000?level=2&from=2024-01")
    page = watcher.press("导出", depth="classes")
    decent(page)
    assert "生成中" in page.text
    job_id, store = _write(scene, world)
    page = watcher.go("/supervisor/exports")
    decent(page)
    for words in ("统计：河南省", "到班级", "发券月份 2024-01 至 最近，等级", "数据截至 2024", "保留到"):
        assert words in page.text
    path = f"/supervisor/exports/{job_id}"
    assert {f"{path}.xlsx", f"{path}.csv"} <= set(page.links)

    book = CalamineWorkbook.from_filelike(io.BytesIO(watcher.http.get(f"{path}.xlsx").data))
    about = {str(label): str(said) for label, said in book.get_sheet_by_name("说明").to_python()}
    assert about["发券月份"] == "2024-01 至 最近"
    assert (about["资金来源"], about["等级"] != "全部") == ("全部", True)
    assert about["数据截至"].startswith("2024-")
    lines = book.get_sheet_by_name("分级").to_python()
    counted: dict[str, list[Sequence[object]]] = {}
    for each in lines[1:]:
        counted.setdefault(str(each[0]), []).append(each)
    whole = counted["省"][0]
    assert (whole[5], whole[lines[0].index("发放（人数）")]) == (2, 2)
    assert len(counted["市"]) == 18, "regions with nothing are there too"
    for layer in ("机构", "班级"):
        below = [each[5] for each in counted[layer]]
        assert (sum(float(str(each)) for each in below), len(below) > 0) == (whole[5], True)
    funnel = book.get_sheet_by_name("漏斗").to_python()
    assert funnel[1] == ["发放", 2, 2, 1.0], "a share is a number too"

    rows = list(csv.DictReader(io.StringIO(watcher.http.get(f"{path}.csv").data.decode("utf-8-sig"))))
    assert len(rows) == len(lines) - 1
    assert rows[0]["发放（人次）"] == "2"
    assert re.fullmatch(r"\d+\.\d\d", rows[0]["占用（元）"])
    assert rows[0]["数据截至"] == about["数据截至"]
    said = str([book.get_sheet_by_name(each).to_python() for each in book.sheet_names])
    assert not any(word in said for who in (ZHANG_SAN, LI_SI) for word in who[:2]), "nobody by name or number"

    for name in ("审计", "外地审计"):
        stranger = Browser(world.sign_in(name).http)
        assert stranger.http.get(f"{path}.xlsx").status_code == 404, "another's is as missing"
        assert "统计：" not in stranger.go("/supervisor/exports").text
    assert "导出" in stranger.go("/supervisor/statistics").text
    assert watcher.http.get(f"{path}.zip").status_code == 404

    scene.at += timedelta(days=31)
    perform(
        scene.database, scene.keyring, scene.actor("clock"), scene.at, partial(forget_exports, store=store)
    )
    assert store.list_digests() == set()
    page = watcher.go("/supervisor/exports")
    assert "保留期满已删除" in page.text
    assert watcher.http.get(f"{path}.csv").status_code == 404
