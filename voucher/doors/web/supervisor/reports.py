"""定期报告: freeze one, read it as it was frozen with what has changed since; targets and their documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.doors.web.supervisor.statistics import top_region
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import name_regions
from voucher.registry.dictionaries import list_words
from voucher.registry.indicators import find_narrowings, list_indicators
from voucher.rules.dictionaries import Dictionary
from voucher.rules.reports import (
    DIMENSION_NAMES,
    FORMULA_NAMES,
    REPORT_NAMES,
    SPAN_NAMES,
    Dimension,
    Formula,
    ReportKind,
    Span,
)
from voucher.stages.oversee.reports.freezing import (
    COUNTED,
    find_later_changes,
    freeze_report,
    list_reports,
    read_report,
)
from voucher.stages.oversee.reports.narrowing import LEVELS, name_narrowing
from voucher.stages.oversee.reports.setting import add_indicator
from voucher.stages.oversee.statistics.models import STEP_NAMES

PAGE = 50
WHAT = {**STEP_NAMES, "paid": "拨付笔数", "paid_fen": "拨付（元）"}
COUNTED_NAME = "完成"
ONLY = "only_"  # before a dimension, in the form of an own indicator


@supervisor.get("/supervisor/reports")
def reports() -> ResponseReturnValue:
    """Show the reports of this account's regions, the newest first."""
    return _show_all()


def _show_all() -> str:
    door, before = the_door(), fields.cursor("before")
    with door.read() as session:
        rows = list_reports(session, current_actor().regions, before_id=before or None, limit=PAGE + 1)
        return render_template(
            "supervisor/reports.html",
            rows=rows[:PAGE],
            kinds=REPORT_NAMES,
            ended=[(REPORT_NAMES[kind], period) for kind, period in list_ended(door.today).items()],
            region_names=name_regions(session, [each.region_code for each in rows]),
            next_url=url_for("web.supervisor.reports", before=rows[PAGE - 1].id)
            if len(rows) > PAGE
            else None,
            first_url=url_for("web.supervisor.reports") if before else None,
        )


def list_ended(today: date) -> dict[ReportKind, str]:
    """Return the newest period of each kind that is over, as it is spelled."""
    month = today.year * 12 + today.month - 1
    last, quarter, half = month - 1, month // 3 - 1, month // 6 - 1
    return {
        ReportKind.MONTH: f"{last // 12}-{last % 12 + 1:02d}",
        ReportKind.QUARTER: f"{quarter // 4}-Q{quarter % 4 + 1}",
        ReportKind.HALF: f"{half // 2}-H{half % 2 + 1}",
        ReportKind.YEAR: f"{today.year - 1}",
    }


@supervisor.post("/supervisor/reports")
def freeze() -> ResponseReturnValue:
    """Freeze the report of a period of this account's highest region."""

    def call(work: Work) -> Done:
        kind = fields.one_of("kind", "报告", ReportKind)
        period = fields.text("period", "期间", limit=10)
        why = fields.text("why", "更正原因", required=False, limit=200)
        made = freeze_report(work, kind, period, top_region(work.session), why)
        return Done(f"{period} {REPORT_NAMES[kind]}已定稿", url_for("web.supervisor.report", report_id=made))

    return submit(call, _show_all)


@supervisor.get("/supervisor/reports/<int:report_id>")
def report(report_id: int) -> ResponseReturnValue:
    """Show a report as it was frozen, and what is otherwise now."""
    with the_door().read() as session:
        found = read_report(session, report_id, current_actor().regions)
        return render_template(
            "supervisor/report.html",
            report=found,
            body=found.body,
            name=REPORT_NAMES[ReportKind(found.kind)],
            what=WHAT,
            changed={**WHAT, COUNTED: COUNTED_NAME},
            only=say_only,
            changes=find_later_changes(session, found),
            formulas=FORMULA_NAMES,
            spans=SPAN_NAMES,
        )


@supervisor.get("/supervisor/indicators")
def indicators() -> ResponseReturnValue:
    """Show every target with its formula and its document."""
    return _show_indicators()


def _show_indicators() -> str:
    door = the_door()
    with door.read() as session:
        rows = list_indicators(session)
        narrowings = find_narrowings(session, [each.id for each in rows])
        return render_template(
            "supervisor/indicators.html",
            rows=rows,
            formulas=FORMULA_NAMES,
            spans=SPAN_NAMES,
            only={each: say_only(name_narrowing(session, found)) for each, found in narrowings.items()},
            # words in force today; of a programme and an occupation the number is typed
            words={
                f"{ONLY}{Dimension.TRAINING_KIND}": _words(session, Dictionary.TRAINING_KIND, door.today),
                f"{ONLY}{Dimension.FUND}": _words(session, Dictionary.FUND_SOURCE, door.today),
                f"{ONLY}{Dimension.GROUP}": _words(session, Dictionary.PERSON_GROUP, door.today),
                f"{ONLY}{Dimension.LEVEL}": list(LEVELS.items()),
            },
            labels={f"{ONLY}{each}": name for each, name in DIMENSION_NAMES.items()},
        )


def _words(session: Session, dictionary: Dictionary, on: date) -> list[tuple[str, str]]:
    return [(each.code, each.name) for each in list_words(session, dictionary, on)]


def say_only(narrowed: Sequence[Mapping[str, str]]) -> str:
    """Return in words what an indicator is narrowed to; nothing where it counts everything."""
    return "；".join(f"{DIMENSION_NAMES[Dimension(each['dimension'])]}：{each['name']}" for each in narrowed)


@supervisor.post("/supervisor/indicators")
def new_indicator() -> ResponseReturnValue:
    """Write down a target of one's own."""

    def call(work: Work) -> Done:
        name = fields.text("name", "指标", limit=60)
        add_indicator(
            work,
            code=fields.text("code", "编号", limit=20),
            name=name,
            formula=fields.one_of("formula", "口径", Formula),
            unit=fields.text("unit", "单位", limit=10),
            span=fields.one_of("span", "期限", Span),
            target=fields.whole("target", "目标值"),
            document=fields.text("document", "依据", required=False, limit=200),
            narrowing={
                str(each): word
                for each, label in DIMENSION_NAMES.items()
                if (word := fields.text(f"{ONLY}{each}", label, required=False, limit=60))
            },
        )
        return Done(f"已登记指标“{name}”，自今日起计算", url_for("web.supervisor.indicators"))

    return submit(call, _show_indicators)
