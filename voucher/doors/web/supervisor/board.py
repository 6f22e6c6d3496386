"""监管大屏 and 监管看板: one set of figures, drawn on a wall of 1920 × 1080 or told in tables at a desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import make_response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.doors.web.supervisor.statistics import list_months, top_region
from voucher.registry.catalogue import Region, get_region, name_regions
from voucher.rules.risk.catalogue import BY_CODE
from voucher.rules.shares import shown_share
from voucher.stages.oversee.anchoring import find_gap
from voucher.stages.oversee.risk.queries import count_open, list_flags
from voucher.stages.oversee.statistics import reading
from voucher.stages.oversee.statistics.comparing import Compared, compare_months
from voucher.stages.oversee.statistics.models import STEP_NAMES
from voucher.stages.oversee.statistics.reading import Age, Sums, Wish
from voucher.stages.settle.queries import list_budgets

REFRESH_SECONDS = 60
RANKED, ALERTS = 10, 3


@dataclass(frozen=True, slots=True)
class Ranked:
    """One region of the ranking: redeemed of what was issued this year."""

    code: str
    name: str
    sums: Sums
    basis_points: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One risk flag that waits: what it is about, where, since when; nobody is named on a wall."""

    flag_id: int
    rule: str
    region_name: str
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class Board:
    """Everything board and desk show; amounts in fen."""

    code: str
    region_name: str
    year: int
    whole: Sums
    last_year: Sums
    ranked: list[Ranked]
    months: list[tuple[str, int, int]]
    granted_fen: int
    reserved_fen: int
    spent_fen: int
    age: Age
    compared: list[Compared]
    alerts: list[Alert]
    open_alerts: int

    @property
    def funnel(self) -> list[tuple[str, int]]:
        """Return the steps with how many times each was reached."""
        return [(name, self.whole[step]) for step, name in STEP_NAMES.items()]

    @property
    def top_month(self) -> int:
        """Return the largest number of the months."""
        return max((max(issued, redeemed) for _, issued, redeemed in self.months), default=0)


@supervisor.get("/supervisor/dashboard")
def dashboard() -> ResponseReturnValue:
    """Show the figures at a desk."""
    with the_door().read() as session:
        return render_template(
            "supervisor/dashboard.html",
            board=read_board(session),
            step_names=STEP_NAMES,
            ranked=RANKED,
            gap=find_gap(session, the_door().at),
        )


@supervisor.get("/supervisor/board")
def board() -> ResponseReturnValue:
    """Show the same figures on a wall; the browser asks again every minute."""
    with the_door().read() as session:
        told = render_template(
            "supervisor/board.html",
            board=read_board(session),
            step_names=STEP_NAMES,
            ranked=RANKED,
            in_ten_thousands=in_ten_thousands,
        )
    answer = make_response(told)
    answer.headers["Refresh"] = str(REFRESH_SECONDS)
    return answer


def in_ten_thousands(amount_fen: int) -> str:
    """Return an amount in 万元 as a wall shows it: two places, rounded half up like the shares beside it."""
    hundredths = (amount_fen + 5_000) // 10_000
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def read_board(session: Session) -> Board:
    """Return this year's figures of the highest region this account reaches."""
    code, year = top_region(session), the_door().today.year
    parts, before = (
        reading.sum_below(session, code, Wish(f"{each}-01", f"{each}-12")) for each in (year, year - 1)
    )
    names = dict(
        session.execute(select(Region.code, Region.name).where(Region.code.in_(sorted(parts)))).all()
    )
    ranked = [
        Ranked(
            each,
            f"{names[each]}本级" if each == code else names[each],
            sums,
            shown_share(sums["redeemed"], sums["issued"]),
        )
        for each, sums in parts.items()
    ]
    alerts, open_alerts = _read_alerts(session)
    budgets = [each for each in list_budgets(session, current_actor().regions) if each.year == year]
    return Board(
        code=code,
        region_name=get_region(session, code).name,
        year=year,
        whole=reading.total(list(parts.values())),
        last_year=reading.total(list(before.values())),
        ranked=sorted(ranked, key=lambda each: (-each.sums["redeemed"], -each.sums["issued"], each.code)),
        months=list_months(session, code, own=False),
        granted_fen=sum(each.granted_fen for each in budgets),
        reserved_fen=sum(each.reserved_fen for each in budgets),
        spent_fen=sum(each.spent_fen for each in budgets),
        age=reading.read_age(session),
        compared=compare_months(session, code, the_door().today),
        alerts=alerts,
        open_alerts=open_alerts,
    )


def _read_alerts(session: Session) -> tuple[list[Alert], int]:
    regions = current_actor().regions
    flags = list_flags(session, regions, limit=ALERTS)
    names = name_regions(session, [each.region_code for each in flags])
    told = [
        Alert(each.id, BY_CODE[each.rule].name, names.get(each.region_code, ""), each.raised_at)
        for each in flags
    ]
    return told, count_open(session, regions)[0]
