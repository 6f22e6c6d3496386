"""数据公开: what vouchers came to by place, trade and month, as tables and as files; sums only."""

from __future__ import annotations

import csv
import io

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import figures_rate, limiter
from voucher.doors.web import fields
from voucher.doors.web.public.blueprint import public
from voucher.doors.web.public.directory import indent
from voucher.registry import directory
from voucher.registry.catalogue import list_subtree
from voucher.rules.money import format_yuan
from voucher.stages.oversee import published

CUTS = {"region": "地区", "trade": "职业", "month": "发券月份"}


@public.get("/figures")
@limiter.limit(figures_rate)
def figures() -> ResponseReturnValue:
    """Show the figures of a region and everything below it, cut three ways."""
    with the_door().read() as session:
        seats = _seats(session)
        region = _region(seats)
        if region is None:
            return render_template("public/figures.html", region=None, tables=[])
        tables = [(cut, name, _cut(session, cut, region)) for cut, name in CUTS.items()]
        totals = [published.total_of("合计", rows) for _, _, rows in tables]
        return render_template(
            "public/figures.html",
            region=region,
            regions=indent(seats),
            choosable={each.code for each in seats},
            tables=tables,
            total=totals[0],
            agree=all(each == totals[0] for each in totals),
            direct_fen=published.sum_direct(session, list_subtree(session, region)),
            largest=max((each.issued for _, _, rows in tables for each in rows), default=0),
        )


@public.get("/figures/<cut>.csv")
@limiter.limit(figures_rate)
def figures_file(cut: str) -> ResponseReturnValue:
    """Return one table as a file any spreadsheet program opens."""
    if cut not in CUTS:
        abort(404)
    with the_door().read() as session:
        region = _region(_seats(session))
        rows = _cut(session, cut, region) if region is not None else []
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([CUTS[cut], "发券（张）", "培训（人次）", "取证（本）", "凭券已拨付（元）"])
    for each in [*rows, published.total_of("合计", rows)]:
        paid = format_yuan(each.paid_fen).replace(",", "")
        writer.writerow([each.name, each.issued, each.trainings, each.certificates, paid])
    # spreadsheet programs read UTF-8 only behind this mark
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename=vouchers-by-{cut}.csv"
    return answer


def _seats(session: Session) -> list[directory.Seat]:
    return directory.list_tree(session, published.list_regions(session))


def _region(seats: list[directory.Seat]) -> str | None:
    """Return the region asked for, else the highest one in which vouchers were issued."""
    return fields.asked("region", {each.code for each in seats}) or (seats[0].code if seats else None)


def _cut(session: Session, cut: str, region: str) -> list[published.Figure]:
    if cut == "region":
        return published.by_region(session, region)
    regions = list_subtree(session, region)
    if cut == "trade":
        return published.by_trade(session, regions)
    return published.by_month(session, regions, the_door().today)
