"""数据公开: what vouchers came to, by place, by trade and by month of issue; numbers only, nobody named."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Label, SQLColumnExpression, case, func, literal, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import SHANGHAI
from voucher.registry.catalogue import Region, get_region, list_ancestry, list_subtree, name_trades
from voucher.registry.directory import Seat
from voucher.registry.tables import require_parameter_number
from voucher.rules.disclosure import choose_merged
from voucher.stages.issue.queries import Programme
from voucher.stages.oversee.drill import DIRECT, counted, group, read_cells
from voucher.stages.settle.queries.totals import list_direct, select_voucher_sums

MONTHS = 12
EARLIER = "更早"
ANY_TRADE = "通用（报名时选定）"
SMALLEST, TOGETHER = "open_data_smallest", "其他（数量太少，合并公布）"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of open data; the amount paid in fen; `code` names the region where it is one."""

    name: str
    issued: int
    trainings: int
    certificates: int
    paid_fen: int
    code: str = ""


def total_of(name: str, figures: Sequence[Figure]) -> Figure:
    """Return the sum of figures under a name."""
    return Figure(
        name,
        sum(each.issued for each in figures),
        sum(each.trainings for each in figures),
        sum(each.certificates for each in figures),
        sum(each.paid_fen for each in figures),
    )


def list_regions(session: Session) -> list[str]:
    """Return the regions in which vouchers were issued."""
    return list(session.scalars(select(Voucher.region_code).distinct()))


def read_smallest(session: Session, on: date) -> int:
    """Return from how many vouchers on a group is told by itself. Raises Refused parameter_missing."""
    return require_parameter_number(session, SMALLEST, on, ())


def merge_small(figures: Sequence[Figure], smallest: int) -> list[Figure]:
    """Return figures with those of too few vouchers told as one row at the end; the sum stays what it is."""
    merged = choose_merged([each.issued for each in figures], smallest)
    told = [each for place, each in enumerate(figures) if place not in merged]
    few = [each for place, each in enumerate(figures) if place in merged]
    return told + ([total_of(TOGETHER, few)] if few else [])


def list_told(session: Session, tree: Sequence[Seat], smallest: int) -> list[Seat]:
    """Return the regions of a tree whose own figures may be told, the tree being in order of descent.

    A region merged with others in the table above it is not told by itself either, nor is anything below it.
    """
    issued = dict(
        session.execute(select(Voucher.region_code, func.count()).group_by(Voucher.region_code)).all()
    )
    whole: dict[str, int] = {}
    way: list[Seat] = []
    below: dict[str, list[str]] = {each.code: [] for each in tree}
    for each in tree:
        way = [*way[: each.depth], each]
        if each.depth:
            below[way[each.depth - 1].code].append(each.code)
        for above in way:
            whole[above.code] = whole.get(above.code, 0) + issued.get(each.code, 0)
    told: set[str] = set()
    for each in tree:
        if each.depth == 0 and whole[each.code] >= smallest:
            told.add(each.code)
        if each.code in told:
            parts = [each.code, *below[each.code]]
            sizes = [issued.get(each.code, 0), *(whole[code] for code in below[each.code])]
            if not sizes[0]:
                parts, sizes = parts[1:], sizes[1:]
            merged = choose_merged(sizes, smallest)
            told |= {code for place, code in enumerate(parts) if place not in merged}
    return [each for each in tree if each.code in told]


def by_region(session: Session, code: str) -> list[Figure]:
    """Return the figures of the regions right below one that issued vouchers, by code, its own first."""
    below = dict(session.execute(select(Region.code, Region.name).where(Region.parent_code == code)).all())
    cells = [each for each in read_cells(session, list_subtree(session, code)) if each.class_id != DIRECT]
    parents = {
        each: next((one for one in list_ancestry(session, each) if one in below), code)
        for each in {cell.region_code for cell in cells}
    }
    sums = group(cells, lambda each: parents[each.region_code])
    own = get_region(session, code).name + ("本级" if below else "")
    return [
        Figure(
            below.get(each, own), found.vouchers, found.trainings, found.certificates, found.paid_fen, each
        )
        for each, found in sorted(sums.items())
    ]


def sum_direct(session: Session, regions: Collection[str]) -> int:
    """Return what was paid for certificates without a voucher, in fen."""
    return sum(each.paid_fen for each in list_direct(session, regions))


def by_trade(session: Session, regions: Collection[str]) -> list[Figure]:
    """Return the figures by the trade a voucher is for, the largest first."""
    found = _figures(session, regions, Programme.trade_code)
    names = name_trades(session, [each.name for each in found if each.name])
    named = [
        Figure(
            names.get(each.name, each.name) or ANY_TRADE,
            each.issued,
            each.trainings,
            each.certificates,
            each.paid_fen,
        )
        for each in found
    ]
    return sorted(named, key=lambda each: (-each.issued, each.name))


def by_month(session: Session, regions: Collection[str], today: date) -> list[Figure]:
    """Return the figures by the month of issue (Shanghai), the newest first, older ones in one row."""
    months = []
    for back in range(MONTHS):
        years, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        months.append((date(years, month + 1, 1), f"{years}-{month + 1:02d}"))
    label = case(
        *((Voucher.issued_at >= datetime.combine(day, time(), SHANGHAI), name) for day, name in months),
        else_=literal(EARLIER),
    )
    return sorted(
        _figures(session, regions, label),
        key=lambda each: each.name if each.name != EARLIER else "",
        reverse=True,
    )


def _figures(session: Session, regions: Collection[str], key: SQLColumnExpression[Any]) -> list[Figure]:
    sums = select_voucher_sums()
    label: Label[Any] = key.label("label")
    training, certificate, _, paid = counted(sums)
    inner = (
        select(label, training.label("training"), certificate.label("certificate"), paid.label("paid"))
        .select_from(Voucher)
        .join(Programme, Programme.id == Voucher.programme_id)
        .outerjoin(sums, sums.c.voucher_id == Voucher.id)
        .where(Voucher.region_code.in_(sorted(regions)))
        .subquery()
    )
    rows = session.execute(
        select(
            inner.c.label,
            func.count(),
            func.sum(inner.c.training),
            func.sum(inner.c.certificate),
            func.sum(inner.c.paid),
        ).group_by(inner.c.label)
    )
    return [
        Figure(name or "", count, int(trainings), int(certificates), int(paid_fen))
        for name, count, trainings, certificates, paid_fen in rows
    ]
