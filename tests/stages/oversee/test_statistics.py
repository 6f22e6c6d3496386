"""The roll-ups follow the trail, equal the slow query, add up at every level, and name what differs."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from sqlalchemy import select, update

from tests import town_certified, town_issue
from tests.scene import JIYUAN, LI_SI, PROVINCE, SUN_BA, ZHANG_SAN, Scene
from voucher.ledger import sealing
from voucher.ledger.commitments import end_vouchers
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_subtree
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.oversee.statistics.checking import count_otherwise
from voucher.stages.oversee.statistics.models import (
    STEPS,
    StatisticCell,
    StatisticCuboid,
    StatisticCuboidLoss,
    StatisticFact,
    StatisticFlow,
    StatisticHeads,
    StatisticLoss,
    StatisticSlice,
)
from voucher.stages.oversee.statistics.reading import (
    COLUMNS,
    Wish,
    count_people,
    list_losses,
    read_age,
    read_flow,
    sum_below,
    sum_classes,
    sum_houses,
    sum_regions,
    total,
)
from voucher.stages.oversee.statistics.refresh import rebuild_statistics, refresh_statistics
from voucher.stages.oversee.statistics.verify import verify_statistics
from voucher.stages.settle.voucher_claims import file_claims

SUMS = (
    StatisticCell, StatisticSlice, StatisticCuboid, StatisticLoss, StatisticCuboidLoss, StatisticFlow,
    StatisticHeads,
)  # fmt: skip


def _keep_up(scene: Scene) -> int:
    """Seal what was done and bring the roll-ups up; return how many rows of the trail were read."""
    sealing.seal_all(
        scene.database, scene.keyring, scene.actor("operator"), scene.at, scene.folder / "anchors"
    )
    return scene.do("operator", refresh_statistics)


def _differences(scene: Scene) -> list[object]:
    with scene.database.read() as session:
        return list(verify_statistics(session))


def _rows(scene: Scene) -> dict[str, set[tuple[object, ...]]]:
    """Return every sum that is not nought, however it came about."""
    with scene.database.read() as session:
        return {
            each.__tablename__: {
                tuple(row)
                for row in session.execute(select(each.__table__))
                if any(
                    row._mapping[name]
                    for name in list(each.__table__.c.keys())[len(list(each.__table__.primary_key)) :]
                )
            }
            for each in SUMS
        }


def test_roll_ups_follow_the_trail_and_equal_the_slow_query(scene: Scene) -> None:
    budget = town_certified.settle_down(scene)
    first = town_certified.certified(scene, budget, ZHANG_SAN, LI_SI)
    town_certified.certified(scene, budget, SUN_BA, until="training")
    assert _keep_up(scene) > 0
    assert _differences(scene) == []

    # what happens afterwards is told as a difference until it has been counted
    programme = town_issue.programme(scene, budget, **town_issue.open_terms())
    lost = town_issue.issue_to(scene, programme, SUN_BA)
    scene.do(
        "operator", lambda work: file_claims(work, SubsidyKind.TRAINING, [first.voucher_ids[0]]).batch_ids
    )

    def withdraw(work: Work) -> None:
        found = lock_vouchers(work, Voucher.id.in_(lost), money=True)
        end_vouchers(work, found, "revoke", reason="误发，张三 13800138000 来电说明")

    assert _differences(scene)
    scene.do("operator", withdraw)
    assert _keep_up(scene) > 0
    assert _differences(scene) == []
    assert _keep_up(scene) == 0
    _levels_add_up(scene)
    _people_are_not_times(scene)
    _one_pass_says_what_two_say(scene)
    _losses_have_reasons(scene)
    _several_filters_lose_what_one_loses(scene)

    # counted again from nothing, every sum is the same
    before = _rows(scene)
    scene.do("operator", rebuild_statistics)
    assert _rows(scene) == before
    assert _differences(scene) == []
    _a_touched_sum_is_named(scene)


def _levels_add_up(scene: Scene) -> None:
    with scene.database.read() as session:
        province = list_subtree(session, PROVINCE)
        regions = sum_regions(session, province, Wish())
        whole = total(regions.values())
        assert (whole["issued"], whole["accepted"], whole["redeemed"], whole["certified"]) == (4, 3, 3, 2)
        for wish in (
            Wish(),
            Wish(filters={"level": "2"}),
            *_several(scene),
        ):
            here = sum_regions(session, province, wish)
            assert here
            assert total(list(sum_below(session, PROVINCE, wish).values())) == total(list(here.values()))
            houses = {code: sum_houses(session, code, wish) for code in here}
            for code, sums in here.items():
                assert total(houses[code].values()) == sums
                for house, counted in houses[code].items():
                    assert total(sum_classes(session, code, house, wish).values()) == counted
        months = read_flow(session, PROVINCE, ("2024-01", "2024-12"))
        days = read_flow(session, PROVINCE, ("2024-01-01", "2024-12-31"))
        for step in STEPS:
            assert sum(times for (_, each), (times, _) in months.items() if each == step) == whole[step]
            assert sum(times for (_, each), (times, _) in days.items() if each == step) == whole[step]
        assert sum_regions(session, province, Wish("2023-01", "2023-12")) == {}
        assert sum_regions(session, ["410700"], Wish()) == {}
        assert read_age(session).behind == 0


def _several(scene: Scene) -> list[Wish]:
    """Return wishes with every pair of filters that occurs, and with all of them."""
    with scene.database.read() as session:
        cell = session.scalars(select(StatisticCell).where(StatisticCell.issued > 0).limit(1)).one()
        words = {name: str(getattr(cell, column)) for name, column in COLUMNS.items()}
    pairs = [{name: words[name] for name in pair} for pair in combinations(words, 2)]
    return [Wish(filters=each) for each in (*pairs, words)]


def _several_filters_lose_what_one_loses(scene: Scene) -> None:
    """However many filters mean the one lost voucher, its reason is the same."""
    with scene.database.read() as session:
        lost = session.scalars(select(StatisticFact).where(StatisticFact.ended_as != "")).one()
        words = {name: str(getattr(lost, column)) for name, column in COLUMNS.items()}
        for size in range(len(words) + 1):
            for chosen in combinations(words, size):
                wish = Wish(filters={name: words[name] for name in chosen})
                for code in (PROVINCE, JIYUAN):
                    told = [(each.ended_as, each.times) for each in list_losses(session, code, wish)]
                    assert told == [("revoked", 1)], chosen
                assert list_losses(session, PROVINCE, wish, own=True) == []
        none = Wish(filters={"fund": "no such fund", "level": words["level"]})
        assert list_losses(session, PROVINCE, none) == []


def _people_are_not_times(scene: Scene) -> None:
    with scene.database.read() as session:
        regions = list_subtree(session, JIYUAN)
        kept = count_people(session, JIYUAN, Wish(), regions=regions)
        # four vouchers, three people
        assert (kept["issued"], kept["redeemed"], kept["certified"]) == (3, 3, 2)
        wish = Wish(filters={"fund": "employment_subsidy"})
        assert count_people(session, JIYUAN, wish, regions=regions) == kept
        few, many = (
            count_otherwise(session, JIYUAN, wish, regions=regions, vouchers=each) for each in (4, 1_000_000)
        )
        assert (few[0], many[0]) == (kept, None), "a page does not wait for so many"
        assert count_people(session, PROVINCE, Wish("2024-01", "2024-12"), regions=regions) == kept


def _one_pass_says_what_two_say(scene: Scene) -> None:
    """People and sums counted together are those counted apart; too many are not counted."""
    for wish in (*_several(scene), Wish("2024-01", "2024-06")):
        with scene.database.read() as session:
            regions = list_subtree(session, PROVINCE)
            apart = count_people(session, PROVINCE, wish, regions=regions)
            whole = total(sum_below(session, PROVINCE, wish).values())
            assert count_otherwise(session, PROVINCE, wish, regions=regions, vouchers=4) == (apart, whole)
            for house, counted in sum_houses(session, JIYUAN, wish).items():
                in_house: dict[str, Any] = {"regions": [JIYUAN], "institution_id": house}
                apart = count_people(session, JIYUAN, wish, **in_house)
                assert count_otherwise(session, JIYUAN, wish, **in_house, vouchers=4) == (apart, counted)
                told = count_otherwise(session, JIYUAN, wish, **in_house, vouchers=1_000_000)
                assert told == (None, None)


def _losses_have_reasons(scene: Scene) -> None:
    with scene.database.read() as session:
        (loss,) = list_losses(session, PROVINCE, Wish())
        assert (loss.came_from, loss.ended_as, loss.times) == ("issued", "revoked", 1)
        assert loss.why.startswith("误发")
        assert "13800138000" not in loss.why


def _a_touched_sum_is_named(scene: Scene) -> None:
    def touch(work: Work) -> None:
        work.session.execute(update(StatisticCell).values(redeemed=StatisticCell.redeemed + 1))

    scene.do("operator", touch)
    found = [str(each) for each in _differences(scene)]
    assert any("redeemed" in each and JIYUAN in each for each in found)
    scene.do("operator", rebuild_statistics)

    def touch_together(work: Work) -> None:
        work.session.execute(update(StatisticCuboid).values(certified=StatisticCuboid.certified + 1))
        work.session.execute(update(StatisticCuboidLoss).values(times=StatisticCuboidLoss.times + 1))

    scene.do("operator", touch_together)
    found = [str(each) for each in _differences(scene)]
    assert all("together" in each for each in found)
    assert {what for what in ("certified", "losses") if any(what in each for each in found)} == {
        "certified", "losses",
    }  # fmt: skip
