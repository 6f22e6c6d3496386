"""数据公开: what vouchers came to by place, trade and month, as tables and as files; sums only."""

from __future__ import annotations

from flask import abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import figures_rate, limiter
from voucher.doors.web import fields
from voucher.doors.web.public.blueprint import public
from voucher.doors.web.public.directory import indent
from voucher.doors.web.public.open_data import COUNTED, answer_csv
from voucher.registry import directory
from voucher.registry.catalogue import list_subtree
from voucher.rules.money import format_yuan
from voucher.stages.certify.queries.talent_categories import read_categories
from voucher.stages.oversee import published

CUTS = {"region": "地区", "trade": "职业", "month": "发券月份"}


@public.get("/figures")
@limiter.limit(figures_rate)
def figures() -> ResponseReturnValue:
    """Show the figures of a region and everything below it, cut three ways."""
    with the_door().read() as session:
        smallest = published.read_smallest(session, the_door().today)
        every = _seats(session)
        seats = published.list_told(session, every, smallest)
        region = _region(seats)
        if region is None:
            return render_template(
                "public/figures.html", region=None, tables=[], few=bool(every), smallest=smallest
            )
        tables = [(cut, name, _cut(session, cut, region)) for cut, name in CUTS.items()]
        totals = [published.total_of("合计", rows) for _, _, rows in tables]
        return render_template(
            "public/figures.html",
            region=region,
            regions=indent(seats),
            choosable={each.code for each in seats},
            tables=[(cut, name, published.merge_small(rows, smallest)) for cut, name, rows in tables],
            total=totals[0],
            agree=all(each == totals[0] for each in totals),
            direct_fen=published.sum_direct(session, list_subtree(session, region)),
            held=read_categories(session, list_subtree(session, seats[0].code), the_door().today),
            largest=max((each.issued for _, _, rows in tables for each in rows), default=0),
            smallest=smallest,
        )


@public.get("/figures/<cut>.csv")
@limiter.limit(figures_rate)
def figures_file(cut: str) -> ResponseReturnValue:
    """Return one table as a file any spreadsheet program opens."""
    if cut not in CUTS:
        abort(404)
    with the_door().read() as session:
        smallest = published.read_smallest(session, the_door().today)
        region = _region(published.list_told(session, _seats(session), smallest))
        rows = published.merge_small(_cut(session, cut, region), smallest) if region is not None else []
    return answer_csv(
        f"vouchers-by-{cut}.csv",
        [CUTS[cut], *(name for name, _, _ in COUNTED)],
        [
            [each.name, each.issued, each.trainings, each.certificates, _yuan(each.paid_fen)]
            for each in [*rows, published.total_of("合计", rows)]
        ],
    )


def _yuan(amount_fen: int) -> str:
    return format_yuan(amount_fen).replace(",", "")


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
