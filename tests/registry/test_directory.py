"""The public directory: who stands, who does not any more and why, what an evaluator is filed for."""

from __future__ import annotations

from typing import Any

import pytest

from tests import town_certified, town_train
from tests.scene import EV1, JIYUAN, PROVINCE, XINXIANG, ZHANG_SAN, Scene
from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.registry import directory
from voucher.registry.catalogue import list_subtree
from voucher.registry.institutions import Institution
from voucher.registry.sanctions import INSTITUTION_ABSENT
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.measures.imposing import impose


@pytest.fixture
def town(scene: Scene) -> Scene:
    """Return a town with two listed schools, one of another city, and two evaluators."""
    town_certified.settle_down(scene)
    town_train.train_institution(scene)
    town_train.train_institution(scene, town_train.T2, years="2023", region=XINXIANG)
    return scene


def _names(town: Scene, **wanted: Any) -> list[str]:
    with town.database.read() as session:
        day = town.at.date()
        return [each.institution.name for each in directory.list_directory(session, day, **wanted)]


def test_anybody_finds_who_may_train_and_who_may_not_any_more(town: Scene) -> None:
    assert len(_names(town)) == 4
    assert _names(town, words="甲") == [town_train.T1[0]]
    assert _names(town, words=town_train.T1[1].lower()) == [town_train.T1[0]]
    assert _names(town, words="%") == []
    assert _names(town, kind="other_kind") == []
    with town.database.read() as session:
        below = list_subtree(session, XINXIANG)
        seats = directory.list_seats(session)
    assert _names(town, regions=below) == [town_train.T2[0]]
    assert [(each.code, each.depth) for each in seats if each.code in (PROVINCE, XINXIANG, JIYUAN)] == [
        (PROVINCE, 0), (XINXIANG, 1), (JIYUAN, 1),
    ]  # fmt: skip

    with town.database.read() as session:
        rows = {each.institution.name: each for each in directory.list_directory(session, town.at.date())}
        first, second, evaluator = rows[town_train.T1[0]], rows[town_train.T2[0]], rows[EV1[0]]
        assert (first.is_standing, first.is_trainer, first.is_evaluator) == (True, True, False)
        assert (second.is_standing, second.is_trainer) == (True, False)  # on last year's list only
        assert (evaluator.is_trainer, evaluator.is_evaluator) == (False, True)
        filed = directory.list_filings(session, evaluator.institution.id, town.at.date())
        assert filed[0].number == EV1[2]
        assert any(trade == "养老护理员" and "五级" in levels for trade, levels in filed[0].trades)
        assert [each.year for each in directory.list_listings(session, first.institution.id)] == [2024, 2023]


def test_a_sanction_shows_with_its_reason_and_no_number_in_it(town: Scene) -> None:
    with town.database.read() as session:
        row = next(iter(directory.list_directory(session, town.at.date(), words="甲")))
        house = row.institution.id
    town.hire("县局", Role.OFFICER_COUNTY, "310101199001010910")
    town.do("县局", lambda work: impose(work, house, "warn", "约谈内容不公开"))
    with town.database.read() as session:
        warned = directory.show_institution(session, town.at.date(), house)
        assert (warned.is_standing, warned.why) == (True, None)
    town.do("县局", lambda work: impose(work, house, "suspend", f"学员 {ZHANG_SAN[1]} 未到课"))
    with town.database.read() as session:
        struck = directory.show_institution(session, town.at.date(), house)
        assert not struck.is_standing
        assert struck.why is not None
        assert "未到课" in struck.why
        assert ZHANG_SAN[1] not in struck.why


def test_an_application_is_nobodys_business(town: Scene) -> None:
    def apply(work: Work) -> int:
        row = Institution(
            code="91410105MA45XN2H8T", name="示例申请中的学校", kind="training_school", region_code=JIYUAN,
            **states.first_state(Thing.INSTITUTION, "apply"),
        )  # fmt: skip
        work.session.add(row)
        work.session.flush()
        states.begin(work, Thing.INSTITUTION, [row.id], "apply")
        return row.id

    applied = town.do("operator", apply)
    assert _names(town, words="申请中") == []
    with town.database.read() as session:
        for missing in (applied, 10**9):
            with pytest.raises(Refused) as refused:
                directory.show_institution(session, town.at.date(), missing)
            assert refused.value.refusal.code == INSTITUTION_ABSENT.code
