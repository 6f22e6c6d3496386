"""Reports and the board at the pages: frozen, downloaded, the same figures on the wall and at the desk."""

from __future__ import annotations

import io
import os
import re
from datetime import UTC
from pathlib import Path

from python_calamine import CalamineWorkbook
from sqlalchemy import text

from tests import town_certified
from tests.doors.web.browser import Browser
from tests.doors.web.test_supervisor_pages import decent
from tests.doors.world import World
from tests.papers import says
from tests.scene import LI_SI, PROVINCE, SUN_BA, ZHANG_SAN, Scene, on
from voucher.doors.web.supervisor.board import in_ten_thousands
from voucher.ledger import sealing
from voucher.rules.actor import Role
from voucher.stages.oversee.anchoring import tell_anchor


def _look(name: str, data: bytes) -> None:
    """Leave what was made where somebody asked to see it."""
    if folder := os.environ.get("LOOK_AT"):
        Path(folder, name).write_bytes(data)


def test_a_report_is_frozen_and_downloaded_and_the_board_says_what_the_desk_says(
    scene: Scene, world: World
) -> None:
    budget = town_certified.settle_down(scene)
    town_certified.certified(scene, budget, ZHANG_SAN, LI_SI)
    town_certified.certified(scene, budget, SUN_BA, until="training")
    scene.at = on("2024-04-02")
    sealing.seal_all(
        scene.database, scene.keyring, scene.actor("operator"), scene.at, scene.folder / "anchors"
    )
    world.at = scene.at.astimezone(UTC)
    world.staff("监管", Role.SUPERVISOR, region=PROVINCE)
    world.staff("审计", Role.AUDITOR, region=PROVINCE)
    watcher = Browser(world.sign_in("监管").http)
    decent(watcher.go("/supervisor/dashboard"))
    assert "统计汇总还没有运行" in watcher.page.text

    page = watcher.go("/supervisor/reports")
    assert "还没有定稿的报告" in page.text
    assert "最近结束的：月调度 2024-03，季通报 2024-Q1，半年督导 2023-H2，全年总结 2023" in page.text
    page = watcher.press("定稿", kind="quarter", period="2024-03")
    assert "季通报写 2024-Q1" in page.text
    page = watcher.press("定稿", kind="quarter", period="2024-Q1")
    decent(page)
    assert "2024-Q1 季通报已定稿" in page.text
    assert "2024-04-08 前" in page.text
    assert "未接入" in page.text
    number = re.search(r"/supervisor/reports/(\d+)\.xlsx", " ".join(page.links))
    assert number is not None
    file = watcher.http.get(number.group()).data
    _look("report.xlsx", file)
    book = CalamineWorkbook.from_filelike(io.BytesIO(file))
    assert book.sheet_names == ["地区", "比较", "定稿", "指标"]
    compared = book.get_sheet_by_name("比较").to_python()
    assert [each[:2] for each in compared[:2]] == [["期间", "发放"], ["本期", 3]]
    assert [each[0] for each in compared[2:]] == ["上一期", "上年同期"]
    assert book.get_sheet_by_name("指标").to_python()[1][5] == "每年"
    with scene.database.read() as session:
        anchor = tell_anchor(session)
    assert ["导出时最近的留痕检查点", anchor] in book.get_sheet_by_name("定稿").to_python()
    assert book.get_sheet_by_name("地区").to_python()[-1][1:3] == ["合计", 3]
    paper = watcher.http.get(number.group().replace("xlsx", "pdf")).data
    assert paper.startswith(b"%PDF")
    assert says(paper, f"打印时最近的留痕检查点（请留存此页，可与系统核对）{anchor}")
    _look("report.pdf", paper)

    page = watcher.go("/supervisor/indicators")
    decent(page)
    assert "15,000,000 人次" in page.text
    page = watcher.press(
        "登记", code="E1", name="新型学徒制", formula="trainings", span="year", target="30000", unit="人次"
    )
    assert "没有写明依据" in page.text
    page = watcher.press(
        "登记", code="E1", name="新型学徒制", formula="trainings", span="year", target="30000", unit="人次",
        document="豫人社〔2024〕9 号",
    )  # fmt: skip
    assert "已登记指标“新型学徒制”" in page.text
    page = watcher.press(
        "登记", code="E2", name="在岗", formula="trainings", span="year", target="30000", unit="人次",
        document="豫人社〔2024〕9 号", only_training_kind="on_job", only_level="2",
    )  # fmt: skip
    decent(page)
    assert "只计培训类型：在岗培训（岗位技能提升培训）；等级：" in page.text
    page = watcher.press(
        "登记", code="E3", name="证书", formula="certified_people", span="year", target="9", unit="人",
        document="豫人社〔2024〕9 号", only_training_kind="on_job",
    )  # fmt: skip
    assert "不能按培训类型收窄" in page.text
    assert "这个口径可以按：职业（工种）、等级" in page.text

    desk, wall = watcher.go("/supervisor/dashboard").text, watcher.go("/supervisor/board").text
    assert watcher.answer.headers["Refresh"] == "60"
    # from nothing no share can be made; both say so, and that nothing is flagged
    for words in ("无可比", "没有待处理的风险线索"):
        assert words in desk, words
        assert words in wall, words
    for told in ("100%", "济源"):
        assert told in desk, told
        assert told in wall, told
    (reserved,) = re.findall(r"占用\s*([\d,]+)\.00", desk)
    assert f"占用{in_ten_thousands(int(reserved.replace(',', '')) * 100)}" in wall.replace(" ", "")
    assert [in_ten_thousands(each) for each in (3_256_000, 3_254_999, 0)] == ["3.26", "3.25", "0.00"]
    for name in ("dashboard", "board", "statistics/410000"):
        _look(f"{name.replace('/', '-')}.html", watcher.http.get(f"/supervisor/{name}").data)
    reader = Browser(world.sign_in("审计").http)
    reader.go("/supervisor/reports")
    assert reader.http.post("/supervisor/reports").status_code in (400, 403)
    _every_kind_is_frozen_and_what_cannot_be_is_refused(scene, world)


def _every_kind_is_frozen_and_what_cannot_be_is_refused(scene: Scene, world: World) -> None:
    """The four kinds as page, workbook and paper; no data, no calendar, an edited one: each at its door."""
    scene.at = on("2025-01-02")
    world.at = scene.at.astimezone(UTC)
    watcher = Browser(world.sign_in("监管").http)
    watcher.go("/supervisor/reports")
    assert "2023-05 没有任何数据，不能定稿" in watcher.press("定稿", kind="month", period="2023-05").text
    for kind, period in (("month", "2024-01"), ("half", "2024-H1"), ("year", "2024")):
        watcher.go("/supervisor/reports")
        page = watcher.press("定稿", kind=kind, period=period)
        decent(page)
        _look(f"report-{kind}.html", page.html.encode())
        number = re.search(r"/supervisor/reports/(\d+)\.xlsx", " ".join(page.links))
        assert number is not None
        file = watcher.http.get(number.group()).data
        sheets = CalamineWorkbook.from_filelike(io.BytesIO(file)).sheet_names
        assert sheets[0] == "地区"
        assert ("督导清单" in sheets) == (kind == "half"), "the regions to be visited, and why"
        if kind == "year":
            book = CalamineWorkbook.from_filelike(io.BytesIO(file))
            targets = {each[0]: each for each in book.get_sheet_by_name("指标").to_python()}
            assert targets["编号"][3:8] == ["只计", "单位", "期间", "目标", "完成"]
            assert str(targets["E2"][3]).startswith("培训类型：在岗培训")
            assert (targets["E1"][3], targets["E2"][7], targets["E2"][8]) == ("全部", 2, 0.0001)
            assert "只计培训类型：在岗培训" in page.text
            amounts = book.get_sheet_by_name("地区").to_python()
            assert amounts[-1][amounts[0].index("拨付（元）")] == 0.0, "a number, to be added up"
        _look(f"report-{kind}.xlsx", file)
        paper = watcher.http.get(number.group().replace("xlsx", "pdf")).data
        assert paper.startswith(b"%PDF")
        _look(f"report-{kind}.pdf", paper)
    assert "新型学徒制" in page.text, "an own indicator is counted in the year's"
    with scene.database.engine.begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        table = "statistic_report"
        connection.execute(
            text(f"DROP TRIGGER {table}_no_update" if sqlite else f"ALTER TABLE {table} DISABLE TRIGGER USER")
        )
        connection.execute(text(f"UPDATE {table} SET why = why, body = replace(body, '2024', '2023')"))
    for address in ("1", "1.xlsx", "1.pdf"):
        page = watcher.go(f"/supervisor/reports/{address}")
        assert "与定稿时的摘要不符" in page.text, "no copy of it is handed out either"
        assert "请停止使用本报告" in page.text
    scene.at = on("2029-01-02")
    world.at = scene.at.astimezone(UTC)
    later = Browser(world.sign_in("监管").http)
    later.go("/supervisor/reports")
    page = later.press("定稿", kind="year", period="2028")
    assert "年放假安排尚未导入，不能计算工作日" in page.text
    assert "2028 全年总结已定稿" not in page.text
