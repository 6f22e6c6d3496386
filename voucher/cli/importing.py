"""`voucher import KIND FILE`: tables into the registry, the certificates, the register."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from voucher.plumbing.spreadsheets import Limits
    from voucher.plumbing.unit_of_work import Work
    from voucher.registry.importing.frame import Importer, Progress, Report

# kind -> where its importer lives, and what people call it
KINDS: dict[str, tuple[str, str, str]] = {
    "people": ("voucher.registry.importing.people", "PeopleImporter", "人员"),
    "institutions": ("voucher.registry.importing.institutions", "InstitutionsImporter", "机构"),
    "evaluators": ("voucher.registry.importing.evaluators", "EvaluatorsImporter", "评价机构"),
    "occupations": ("voucher.registry.importing.occupations", "OccupationsImporter", "职业"),
    "regions": ("voucher.registry.importing.regions", "RegionsImporter", "地区"),
    "streets": ("voucher.registry.importing.streets", "StreetsImporter", "乡镇街道"),
    "holidays": ("voucher.registry.importing.holidays", "HolidaysImporter", "节假日"),
    "listings": ("voucher.registry.importing.listings", "ListingsImporter", "目录清单"),
    "projects": ("voucher.registry.importing.projects", "ProjectsImporter", "补贴项目"),
    "outside": ("voucher.registry.importing.outside", "OutsideImporter", "部门名单"),
    "dictionaries": ("voucher.registry.importing.dictionaries", "DictionariesImporter", "字典"),
    "equivalences": ("voucher.registry.importing.equivalences", "EquivalencesImporter", "比照"),
    "entry-conditions": (
        "voucher.registry.importing.entry_conditions",
        "EntryConditionsImporter",
        "申报条件",
    ),
    "talent-categories": (
        "voucher.registry.importing.talent_categories",
        "TalentCategoriesImporter",
        "人才类别",
    ),
    "honours": ("voucher.registry.importing.honours", "HonoursImporter", "荣誉"),
    "competition-results": (
        "voucher.registry.importing.competition_results",
        "CompetitionResultsImporter",
        "竞赛成绩",
    ),
    "certificates": ("voucher.stages.certify.upload", "CertificatesImporter", "证书"),
    "majors": ("voucher.registry.importing.majors", "MajorsImporter", "专业对应职业"),
    "school-majors": ("voucher.registry.importing.majors", "SchoolMajorsImporter", "院校专业"),
    "employments": ("voucher.registry.importing.employments", "EmploymentsImporter", "用人单位职工"),
    "register": ("voucher.stages.certify.extract", "RegisterImporter", "登记"),
}


@click.command(
    name="import", help="导入表格（csv 任意大小，xlsx 至多 10 万行）；默认有一行不对就全部不导入。"
)
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--partial", is_flag=True, help="不对的行不导入，其余照常导入")
@click.option("--dry-run", is_flag=True, help="只检查，不保存")
@click.pass_context
def import_file(ctx: click.Context, kind: str, file: Path, partial: bool, dry_run: bool) -> None:
    """Import one file in one transaction."""
    from voucher.cli.office import answering_of, open_office
    from voucher.cli.progress import showing
    from voucher.plumbing.spreadsheets import Limits

    if not file.is_file():
        raise click.BadParameter(f"找不到文件 {file}", param_hint="FILE")
    answering = answering_of(ctx)
    office = open_office(ctx)
    limits = Limits(max_xlsx_rows=office.config.max_xlsx_rows)
    name = KINDS[kind][2]
    with showing(f"导入{name}") as progress:
        report = office.act(lambda work: _take(work, kind, file, limits, partial, progress), keep=not dry_run)
    if report.rows_refused:
        answering.show_problems([each.as_json() for each in report.problems], report.rows_refused)
    if report.sheets_ignored:
        answering.remark(f"只读第一张工作表，没有读：{'、'.join(report.sheets_ignored)}")
    told: dict[str, object] = {**report.as_json(), "dry_run": dry_run, "partial": partial}
    counts = (
        f"{name}：读 {report.rows_read} 行，新增 {report.rows_added}，更新 {report.rows_changed}，"
        f"未变 {report.rows_unchanged}，不予导入 {report.rows_refused}"
    )
    answering.answer(told, [counts + ("（只检查，没有保存）" if dry_run else "")])


def _take(work: Work, kind: str, file: Path, limits: Limits, partial: bool, progress: Progress) -> Report:
    from voucher.registry.importing.frame import import_file as take
    from voucher.registry.importing.holidays import import_announcements

    if kind == "holidays" and file.suffix.lower() == ".json":
        return import_announcements(work, file)
    module, name, _ = KINDS[kind]
    importing: type[Importer[Any]] = getattr(importlib.import_module(module), name)
    return take(work, importing, file, limits=limits, partial=partial, progress=progress)
