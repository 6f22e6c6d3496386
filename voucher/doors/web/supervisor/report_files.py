"""定期报告 as files: a workbook and a paper, both exactly as the report was frozen."""

from __future__ import annotations

import io
from typing import Any

from flask import Response, make_response, send_file
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.documents import REPORT
from voucher.doors.web.navigation import DEFAULT_FOOTER
from voucher.doors.web.office.issue.bulk import XLSX
from voucher.doors.web.paper import RIBBON
from voucher.doors.web.showing import moment, share_name
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.doors.web.supervisor.reports import COUNTED_NAME, WHAT, say_only
from voucher.plumbing.documents import make_pdf
from voucher.plumbing.spreadsheets import Kind, Sheet, SheetColumn, write_workbook
from voucher.rules.money import format_yuan
from voucher.rules.reports import FORMULA_NAMES, REPORT_NAMES, SPAN_NAMES, Formula, ReportKind, Span
from voucher.stages.oversee.anchoring import tell_anchor
from voucher.stages.oversee.reports.freezing import COUNTED, read_report
from voucher.stages.oversee.reports.models import StatisticReport

TOLD = {**WHAT, COUNTED: COUNTED_NAME}
KINDS = {"目标": Kind.WHOLE, "完成": Kind.WHOLE, "完成率": Kind.SHARE}


@supervisor.get("/supervisor/reports/<int:report_id>.xlsx")
def report_xlsx(report_id: int) -> ResponseReturnValue:
    """Hand out a report as a workbook, as it was frozen."""
    with the_door().read() as session:
        found = read_report(session, report_id, current_actor().regions)
        out = io.BytesIO()
        write_workbook(
            out, _sheets(found, tell_anchor(session)), created_at=found.frozen_at, title=_title(found)
        )
    out.seek(0)
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name=f"{_file_name(found)}.xlsx")


@supervisor.get("/supervisor/reports/<int:report_id>.pdf")
def report_pdf(report_id: int) -> Response:
    """Hand out a report on paper, as it was frozen."""
    door = the_door()
    with door.read() as session:
        found = read_report(session, report_id, current_actor().regions)
        anchor = tell_anchor(session)
    answer = make_response(make_pdf(REPORT, _told(found) | {"anchor": anchor}, found.frozen_at))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{_file_name(found)}.pdf"'
    return answer


def _file_name(found: StatisticReport) -> str:
    return f"report-{found.kind}-{found.period}-{found.region_code}-v{found.version}"


def _title(found: StatisticReport) -> str:
    return f"{found.body['region_name']} {found.period} {REPORT_NAMES[ReportKind(found.kind)]}"


def _sheets(found: StatisticReport, anchor: str) -> list[Sheet]:
    body = found.body
    columns = [SheetColumn("名次", Kind.WHOLE, 8), SheetColumn("地区", width=24), *_counted()]
    rows = [(each["place"], each["name"], *(each[key] for key in WHAT)) for each in body["regions"]]
    sheets = [
        Sheet("地区", columns, [*rows, (None, "合计", *(body["whole"][key] for key in WHAT))]),
        Sheet(
            "定稿",
            (SheetColumn("事项", width=20), SheetColumn("内容", width=70)),
            [
                ("报告", _title(found)),
                ("起止", f"{body['from_on']} 至 {body['until_on']}"),
                ("版本", f"第 {found.version} 版{'，更正：' + found.why if found.why else ''}"),
                ("定稿时间", moment(found.frozen_at)),
                ("导出时最近的留痕检查点", anchor),
                ("计到留痕", f"第 {found.seal_seq} 条"),
                ("摘要 SHA-256", found.sha256),
            ],
        ),
    ]
    sheets[1:1] = _compared(body)
    if body.get("indicators"):
        named = ("编号", "指标", "口径", "只计", "单位", "期间", "目标", "完成", "完成率", "依据")
        sheets.append(
            Sheet(
                "指标",
                [SheetColumn(each, KINDS.get(each, Kind.TEXT), 22) for each in named],
                [
                    (
                        each["code"], each["name"], FORMULA_NAMES[Formula(each["formula"])],
                        say_only(each.get("narrowed", ())) or "全部", each["unit"],
                        SPAN_NAMES[Span(each["span"])], each["target"], each["counted"],
                        each["basis_points"], each["document"],
                    )
                    for each in body["indicators"]
                ],
            )
        )  # fmt: skip
    if body.get("corrections"):
        # times and yuan in columns of their own: down a column everything has one unit
        heads = [
            SheetColumn("地区", width=24), SheetColumn("项目", width=20),
            SheetColumn("更正前（人次、笔数等）", Kind.WHOLE, 20),
            SheetColumn("更正后（人次、笔数等）", Kind.WHOLE, 20),
            SheetColumn("更正前（元）", Kind.AMOUNT, 18), SheetColumn("更正后（元）", Kind.AMOUNT, 18),
        ]  # fmt: skip
        sheets.append(Sheet("更正", heads, [_corrected(each) for each in body["corrections"]]))
    return sheets


def _tell_only(each: dict[str, Any]) -> str:
    only = say_only(each.get("narrowed", ()))
    return f"，只计{only}" if only else ""


def _corrected(each: dict[str, Any]) -> tuple[str | int | None, ...]:
    told, sides = (each["where"], TOLD[each["what"]]), (each["before"], each["after"])
    blank = (None, None)
    return (*told, *blank, *sides) if each["what"] == "paid_fen" else (*told, *sides, *blank)


def _compared(body: dict[str, Any]) -> list[Sheet]:
    """Return the sheets beside the regions: the periods before, and who is to be visited and why."""
    terms = (("本期", "whole"), ("上一期", "before"), ("上年同期", "year_before"))
    # a row per period: down a column everything has one unit, and a program can add it up
    rows = [(name, *(body[term][key] for key in WHAT)) for name, term in terms]
    found = [Sheet("比较", [SheetColumn("期间", width=20), *_counted()], rows)]
    if "watched" in body:
        heads = [SheetColumn("地区", width=24), SheetColumn("为什么", width=60)]
        found.append(Sheet("督导清单", heads, [(each["name"], each["why"]) for each in body["watched"]]))
    return found


def _counted() -> list[SheetColumn]:
    """Return a column for each thing counted: times, or an amount."""
    return [SheetColumn(name, Kind.AMOUNT if key == "paid_fen" else Kind.WHOLE) for key, name in WHAT.items()]


def _value(key: str, number: int) -> str:
    return format_yuan(number) if key == "paid_fen" else f"{number:,}"


def _told(found: StatisticReport) -> dict[str, object]:
    body, door = found.body, the_door()
    return {
        "title": _title(found),
        "days": f"{body['from_on']} 至 {body['until_on']}",
        "version": f"第 {found.version} 版" + (f"（更正：{found.why}）" if found.why else ""),
        "frozen": f"定稿 {moment(found.frozen_at)}，计到第 {found.seal_seq} 条留痕，{body['due_on']} 前报送",
        "hash": found.sha256,
        "sums": [
            (name, _value(key, body["whole"][key]), _value(key, body["before"][key]),
             _value(key, body["year_before"][key]))
            for key, name in WHAT.items()
        ],
        "heads": ["名次", "地区", *WHAT.values()],
        "regions": [
            [str(each["place"]), each["name"], *(_value(key, each[key]) for key in WHAT)]
            for each in body["regions"]
        ]
        + [["", "合计", *(_value(key, body["whole"][key]) for key in WHAT)]],
        "watched": [[each["name"], each["why"]] for each in body.get("watched", [])],
        "indicators": [
            [
                each["name"], f"{each['target']:,} {each['unit']}（{SPAN_NAMES[Span(each['span'])]}）",
                "未接入" if each["counted"] is None else f"{each['counted']:,}",
                "—" if each["counted"] is None else share_name(each["basis_points"]),
                "".join(
                    (FORMULA_NAMES[Formula(each["formula"])], _tell_only(each), "。", each["document"])
                ),
            ]
            for each in body.get("indicators", [])
        ],
        "corrections": [
            [each["where"], TOLD[each["what"]], _value(each["what"], each["before"]),
             _value(each["what"], each["after"])]
            for each in body.get("corrections", [])
        ],
        "footer": f"咨询电话 {DEFAULT_FOOTER['hotline']}",
        "ribbon": RIBBON if door.config.demo else None,
    }  # fmt: skip
