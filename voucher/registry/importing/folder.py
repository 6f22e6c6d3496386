"""A folder of full reference tables, taken at founding: whatever of them is there, in the order they need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import Importer, Report, take_file
from voucher.registry.importing.holidays import HolidaysImporter, take_announcements
from voucher.registry.importing.occupations import OccupationsImporter
from voucher.registry.importing.regions import RegionsImporter
from voucher.registry.importing.streets import StreetsImporter
from voucher.rules.errors import Family, reason

FOLDER_MISSING = reason(
    "reference_folder_missing",
    "找不到基础数据目录 {folder}",
    "请检查环境变量 VOUCHER_REFERENCE_DIR，或去掉该变量只用随程序发布的数据",
    "【设】全量基础数据从目录导入",
    Family.MISSING,
)

TABLES: tuple[tuple[str, type[Importer[Any]]], ...] = (
    ("provinces.csv", RegionsImporter),
    ("cities.csv", RegionsImporter),
    ("areas.csv", RegionsImporter),
    ("regions.csv", RegionsImporter),
    ("streets.csv", StreetsImporter),
    ("streets_henan.csv", StreetsImporter),
    ("occupations.csv", OccupationsImporter),
    ("holidays.csv", HolidaysImporter),
)
ANNOUNCEMENTS = "holidays*.json"


def load_folder(work: Work, folder: Path) -> dict[str, int]:
    """Import the tables a folder has and return how many rows each file added.

    Raises reference_folder_missing, ImportRefused.
    """
    if not folder.is_dir():
        raise FOLDER_MISSING.refused(folder=str(folder))
    reports: dict[str, Report] = {}
    for name, importing in TABLES:
        path = folder.joinpath(name)
        if path.is_file():
            reports[name] = take_file(work, importing, path, limits=Limits())
    for path in sorted(folder.glob(ANNOUNCEMENTS)):
        reports[path.name] = take_announcements(work, path)
    return {name: report.rows_added for name, report in reports.items()}
