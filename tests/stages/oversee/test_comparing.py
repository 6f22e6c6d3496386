"""环比、同比: the same days of last month and of last year, and nothing made of nothing."""

from __future__ import annotations

from datetime import date

import pytest

from tests.scene import JIYUAN, Scene
from voucher.plumbing.unit_of_work import Work
from voucher.stages.oversee.statistics import comparing
from voucher.stages.oversee.statistics.adding import BELOW
from voucher.stages.oversee.statistics.models import StatisticFlow


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_same_days_are_compared_and_nothing_is_made_of_nothing(scene: Scene) -> None:
    days = {
        "2024-03-30": ("issued", 12), "2024-03-31": ("issued", 3),
        "2024-02-29": ("issued", 10), "2023-03-31": ("issued", 20), "2023-04-01": ("issued", 99),
        "2024-03-01": ("redeemed", 4),
    }  # fmt: skip

    def write(work: Work) -> None:
        for period, (step, times) in days.items():
            work.session.add(
                StatisticFlow(
                    region_code=BELOW + JIYUAN,
                    period=period,
                    step=step,
                    times=times,
                    amount_fen=0,
                )
            )

    scene.do("operator", write)
    with scene.database.read() as session:
        issued, redeemed, certified = comparing.compare_months(session, JIYUAN, date(2024, 3, 31))
    assert (issued.now, issued.last_month, issued.last_year) == (15, 10, 20)
    assert (issued.month_bp, issued.year_bp) == (5_000, -2_500)
    assert (redeemed.now, redeemed.month_bp) == (4, None)
    assert (certified.now, certified.year_bp) == (0, None)
