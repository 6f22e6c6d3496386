"""Occupations, regions and holidays out of a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.scene import LIMITS, Scene, write_csv
from voucher.registry import catalogue, tables
from voucher.registry.catalogue import Occupation
from voucher.registry.importing.frame import Importer, ImportRefused, Report, import_file
from voucher.registry.importing.holidays import HolidaysImporter, import_announcements
from voucher.registry.importing.occupations import OccupationsImporter
from voucher.registry.importing.regions import RegionsImporter
from voucher.rules.calendar import add_workdays, may_work
from voucher.rules.errors import Refused


def take(scene: Scene, kind: type[Importer[Any]], rows: Sequence[Mapping[str, object]]) -> Report:
    scene.serials += 1
    path = write_csv(scene.folder / f"{kind.kind}{scene.serials}.csv", rows)
    return scene.do("operator", lambda work: import_file(work, kind, path, limits=LIMITS))


def codes(scene: Scene, kind: type[Importer[Any]], rows: Sequence[Mapping[str, object]]) -> list[str]:
    with pytest.raises(ImportRefused) as caught:
        take(scene, kind, rows)
    return [problem.refusal.code for problem in caught.value.report.problems]


def test_a_new_occupation_with_the_code_it_continues(scene: Scene) -> None:
    row = {"职业编码": "4-99-01-01", "职业名称": "试飞检验员", "数字职业": "是", "原编码": "4-98-01-01"}
    assert take(scene, OccupationsImporter, [row]).rows_added == 1
    assert take(scene, OccupationsImporter, [row]).rows_unchanged == 1
    with scene.database.read() as session:
        assert session.get_one(Occupation, "4-99-01-01").is_digital
        assert catalogue.read_aliases(session) == {"4-98-01-01": "4-99-01-01"}
    renamed = take(scene, OccupationsImporter, [{"职业编码": "4-99-01-01", "职业名称": "试飞检验师"}])
    assert renamed.rows_changed == 1


def test_occupations_that_cannot_be(scene: Scene) -> None:
    assert codes(
        scene,
        OccupationsImporter,
        [
            {"职业编码": "车工", "职业名称": "车工", "数字职业": "", "原编码": ""},
            {"职业编码": "4-99-01-01", "职业名称": "", "数字职业": "", "原编码": ""},
            {"职业编码": "4-99-01-01", "职业名称": "甲", "数字职业": "也许", "原编码": ""},
            {"职业编码": "4-99-01-01", "职业名称": "甲", "数字职业": "", "原编码": "4-99-01-01"},
        ],
    ) == ["occupation_unknown", "cell_missing", "flag_unknown", "alias_circular"]
    take(scene, OccupationsImporter, [{"职业编码": "4-99-01-01", "职业名称": "甲", "原编码": "4-99-01-02"}])
    circle = [{"职业编码": "4-99-01-02", "职业名称": "乙", "原编码": "4-99-01-01"}]
    assert codes(scene, OccupationsImporter, circle) == ["alias_circular"]


def test_a_zone_of_ones_own_stands_below_its_city(scene: Scene) -> None:
    row = {"代码": "4107A9", "名称": "试验区", "上级代码": "410700", "级别": "功能区"}
    assert take(scene, RegionsImporter, [row]).rows_added == 1
    with scene.database.read() as session:
        assert "4107A9" in catalogue.list_subtree(session, "410700")
        assert catalogue.get_region(session, "4107A9").rank == "zone"
    assert take(scene, RegionsImporter, [{**row, "名称": "实验区"}]).rows_changed == 1
    # 撤县设区: the district has a code of its own, the county stays for what was done in it
    moved = {**row, "上级代码": "410100"}
    assert codes(scene, RegionsImporter, [moved]) == ["region_moved"]
    assert take(scene, RegionsImporter, [{**moved, "代码": "4101A9"}]).rows_added == 1
    county = {"代码": "419001", "名称": "济源市", "上级代码": "419000", "级别": ""}
    assert take(scene, RegionsImporter, [county]).rows_added == 0, (
        "no city is above it, in either way of writing"
    )


def test_regions_that_cannot_be(scene: Scene) -> None:
    assert codes(
        scene,
        RegionsImporter,
        [
            {"代码": "41X", "名称": "甲", "上级代码": "", "级别": ""},
            {"代码": "999901", "名称": "甲", "上级代码": "999900", "级别": ""},
            {"代码": "410109", "名称": "甲", "上级代码": "", "级别": "乡"},
        ],
    ) == ["region_code_malformed", "region_unknown", "rank_unknown"]


def announced(year: int) -> list[dict[str, object]]:
    return [
        {"日期": f"{year - 1}-12-28", "类型": "班", "名称": "元旦"},
        {"日期": f"{year}-01-01", "类型": "休", "名称": "元旦"},
        {"日期": f"{year}年10月1日", "类型": "放假", "名称": "国庆节"},
    ]


def test_a_year_counts_once_it_is_announced_whole(scene: Scene) -> None:
    take(scene, HolidaysImporter, announced(2027)[:2])
    with scene.database.read() as session, pytest.raises(Refused, match="calendar_year_missing"):
        add_workdays(date(2027, 3, 1), 5, tables.read_calendar(session), count_first=True)
    report = take(scene, HolidaysImporter, announced(2027))
    assert (report.rows_added, report.rows_unchanged) == (1, 2)
    with scene.database.read() as session:
        calendar = tables.read_calendar(session)
    assert 2027 in calendar.years
    assert add_workdays(date(2027, 3, 1), 5, calendar, count_first=True) == date(2027, 3, 5)


def test_a_day_the_council_moves_later_is_changed(scene: Scene) -> None:
    assert take(scene, HolidaysImporter, [{"date": "2024-10-01", "isOffDay": "false"}]).rows_changed == 1
    with scene.database.read() as session:
        assert may_work(date(2024, 10, 1), tables.read_calendar(session))


def test_days_that_cannot_be(scene: Scene) -> None:
    rows: list[dict[str, object]] = [
        {"日期": "2027-02-30", "类型": "休"},
        {"日期": "2027-02-03", "类型": ""},
        {"日期": "2027-02-03", "类型": "闲"},
    ]
    assert codes(scene, HolidaysImporter, rows) == ["date_malformed", "day_kind_unknown", "day_kind_unknown"]


def test_announcements_as_json(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "holidays.json"
    days = [
        {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
        {"name": "国庆节", "date": "2027-10-01", "isOffDay": True},
    ]
    path.write_text(json.dumps({"2027": {"papers": ["国办发明电"], "days": days}}), encoding="utf-8")
    assert scene.do("operator", lambda work: import_announcements(work, path)).rows_added == 2
    path.write_text("[1]", encoding="utf-8")
    with pytest.raises(Refused, match="file_not_what_it_says"):
        scene.do("operator", lambda work: import_announcements(work, path))


def test_the_digest_of_every_file_stands_in_the_trail(scene: Scene) -> None:
    from voucher.ledger.audit import AuditRow

    take(scene, HolidaysImporter, announced(2027))
    with scene.database.read() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.thing == "import")).one()
    assert row.act == "holidays"
    assert (row.content["rows_added"], len(row.content["sha256"])) == (3, 64)
