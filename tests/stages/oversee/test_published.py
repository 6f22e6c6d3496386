"""Open figures and 逐级对平: every cut comes to what the drill comes to, and a lost voucher is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests import town_certified, town_issue
from tests.scene import JIYUAN, LI_SI, PROVINCE, SUN_BA, ZHANG_SAN, Scene
from voucher.registry.catalogue import list_subtree
from voucher.stages.oversee import published
from voucher.stages.oversee.agreement import agree, sum_levels, sums_of
from voucher.stages.oversee.drill import read_cells, total


@pytest.fixture
def town(scene: Scene) -> Scene:
    """Return a town with vouchers in several states, one person holding two."""
    budget = town_certified.settle_down(scene)
    town_certified.certified(scene, budget, ZHANG_SAN, LI_SI)
    town_certified.certified(scene, budget, SUN_BA, until="training")
    programme = town_issue.programme(scene, budget, **town_issue.open_terms())
    town_issue.issue_to(scene, programme, SUN_BA)
    return scene


def test_every_cut_comes_to_what_the_drill_comes_to(town: Scene) -> None:
    with town.database.read() as session:
        regions = list_subtree(session, PROVINCE)
        whole = total(each.measures for each in read_cells(session, regions))
        cuts = (
            published.by_region(session, PROVINCE),
            published.by_trade(session, regions),
            published.by_month(session, regions, town.at.date()),
        )
        for cut in cuts:
            told = published.total_of("合计", cut)
            assert (told.issued, told.trainings, told.certificates) == (
                whole.vouchers, whole.trainings, whole.certificates,
            )  # fmt: skip
            assert told.paid_fen + published.sum_direct(session, regions) == whole.paid_fen
        assert [(each.code, each.issued) for each in cuts[0]] == [(JIYUAN, 4)]
        assert {each.name: each.issued for each in cuts[1]} == {"养老护理员": 3, published.ANY_TRADE: 1}
        assert cuts[2][0].name == f"{town.at:%Y-%m}"
        late = published.by_month(session, regions, date(2030, 1, 1))
        assert [(each.name, each.issued) for each in late] == [(published.EARLIER, 4)]
        assert published.by_region(session, "410700") == []


def test_every_level_counted_anew_comes_to_the_same(town: Scene) -> None:
    with town.database.read() as session:
        regions = list_subtree(session, PROVINCE)
        levels = sum_levels(session, regions)
        whole = sums_of(total(each.measures for each in read_cells(session, regions)))
        assert agree(levels, whole)
        assert [each.name for each in levels] == ["市", "县（发放地区）", "机构", "班级", "人"]
        assert [each.parts for each in levels] == [1, 1, 2, 3, 3]
        assert whole[0] == 4
        # one voucher lost, one fen too much: either is seen
        assert not agree([*levels[:-1], replace(levels[-1], vouchers=3)], whole)
        assert not agree(levels, (*whole[:-1], whole[-1] + 1))
        assert agree(sum_levels(session, regions, 2023), (0, 0, 0, 0, 0))
