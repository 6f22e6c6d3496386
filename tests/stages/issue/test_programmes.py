"""Programmes: a fund, a trade of the catalogue, caps by the standards, two people, and their end."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.scene import JIYUAN, XINXIANG, ZHANG_SAN, Scene, on
from tests.town_issue import (
    act,
    eligible,
    institution,
    issue_to,
    open_terms,
    programme,
    programme_row,
    publisher,
    voucher,
    wanted,
)
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.stages.issue import programmes as acts
from voucher.stages.issue.models import Programme


@pytest.fixture
def budget(scene: Scene) -> int:
    scene.at = on("2024-01-10")
    return scene.open_budget(100_000)


def code_of(scene: Scene, login: str, done: Any) -> str:
    with pytest.raises(Refused) as told:
        scene.do(login, done)
    return told.value.refusal.code


def draft(scene: Scene, budget: int | None, **changes: Any) -> Programme:
    made: Programme = scene.do("operator", act(acts.draft_programme, wanted(scene, budget, **changes)))
    return made


def test_caps_are_computed_from_the_standards_for_any_occupation_or_item(scene: Scene, budget: int) -> None:
    """S2-00a: any of the catalogue, no short list; AC-A6: the axes are two."""
    nurses = draft(scene, budget)
    assert (nurses.training_cap_fen, nurses.evaluation_cap_fen, nurses.cap_fen) == (1200_00, 200_00, 1400_00)
    assert (nurses.state, nurses.number) == ("draft", f"QZ-419001-2024-{nurses.id:04d}")
    ability = draft(scene, budget, certificate_kind="special_skill", trade_code="HNZX-005", level=0)
    assert (ability.training_cap_fen, ability.evaluation_cap_fen) == (800_00, 100_00)
    course = draft(scene, budget, certificate_kind="training_completion", level=0)
    assert (course.training_cap_fen, course.evaluation_cap_fen) == (700_00, 0)
    free = draft(scene, budget, worth="offset", **open_terms())
    assert (free.trade_code, free.level, free.cap_fen) == (None, None, 1840_00)
    spoken = draft(scene, budget, worth="签到券", channel="通用", trade_code=None, level=None)
    assert (spoken.worth, spoken.channel, spoken.cap_fen) == ("sign_in", "open", 0)


def test_what_no_register_knows_is_refused_by_name(scene: Scene, budget: int) -> None:
    elsewhere = scene.open_budget(10, region=XINXIANG)
    above = scene.open_budget(10, region="410000")
    draft(scene, above)
    refused: dict[str, dict[str, Any]] = {
        "programme_without_fund": {"budget_id": None},
        "budget_missing": {"budget_id": elsewhere},
        "project_unknown": {"project_code": "NONE"},
        "region_unknown": {"region_code": "999999"},
        "trade_unknown": {"trade_code": "9-99-99-99"},
        "trade_unfit": {"level": 0},
        "word_unknown": {"training_kind": "dancing"},
        "caps_needed": {"channel": "open", "trade_code": None, "level": None},
        "programme_pays_nothing": {"level": 8},
        "voucher_axis_unknown": {"worth": "面值、抵用"},
        "certificate_kind_unknown": {"certificate_kind": "毕业证"},
        "programme_dates": {"until_on": date(2024, 1, 9), "from_on": date(2024, 1, 1)},
    }
    for code, changes in refused.items():
        fund = changes.pop("budget_id", budget)
        done = act(acts.draft_programme, wanted(scene, fund, **changes))
        assert code_of(scene, "operator", done) == code
    done = act(acts.draft_programme, wanted(scene, budget, group_codes=("everybody",)))
    assert code_of(scene, "operator", done) == "word_unknown"
    trainer = institution(scene, years="2022")
    done = act(acts.draft_programme, wanted(scene, budget, institution_ids=(trainer,)))
    assert code_of(scene, "operator", done) == "institution_not_listed"


def test_a_programme_is_published_by_another_person_with_reach(scene: Scene, budget: int) -> None:
    drafted = draft(scene, budget)
    publish = act(acts.publish_programme, drafted.id)
    scene.hire("同一人", Role.OPERATOR, "310101199001010310")
    scene.hire("同一人2", Role.OFFICER_CITY, "310101199001010310")
    scene.hire("外地审核员", Role.OFFICER_CITY, "310101199001010320", region=XINXIANG)
    scene.hire("外地经办员", Role.OPERATOR, "310101199001010330", region=XINXIANG)
    own = scene.do("同一人", act(acts.draft_programme, wanted(scene, budget)))
    assert code_of(scene, "同一人2", act(acts.publish_programme, own.id)) == "second_person_needed"
    assert code_of(scene, "operator", publish) == "role_missing"
    assert code_of(scene, "外地审核员", publish) == "programme_missing"
    done = act(acts.draft_programme, wanted(scene, budget))
    assert code_of(scene, "外地经办员", done) == "region_foreign"
    published = scene.do(publisher(scene), publish)
    assert (published.state, published.published_at) == ("published", scene.at)
    assert code_of(scene, publisher(scene), publish) == "event_not_allowed"
    scene.do("operator", act(acts.discard_programme, own.id, "重复起草"))
    assert code_of(scene, publisher(scene), act(acts.publish_programme, own.id)) == "event_not_allowed"


@pytest.mark.plants_violation
def test_the_database_refuses_one_person_as_both_hands_and_other_terms_later(
    scene: Scene, budget: int
) -> None:
    drafted = draft(scene, budget)

    def same_hand(work: Work) -> None:
        row = work.session.get_one(Programme, drafted.id)
        row.published_by_person_id = row.drafted_by_person_id
        work.session.flush()

    with pytest.raises(IntegrityError):
        scene.do("operator", same_hand)
    scene.do(publisher(scene), act(acts.publish_programme, drafted.id))

    def dearer(work: Work) -> None:
        work.session.get_one(Programme, drafted.id).training_cap_fen = 9999_00
        work.session.flush()

    with pytest.raises((DBAPIError, Refused)):
        scene.do("operator", dearer)


def test_a_stop_needs_a_reason_and_leaves_vouchers_alone(scene: Scene, budget: int) -> None:
    nurses = programme(scene, budget)
    eligible(scene, ZHANG_SAN)
    (held,) = issue_to(scene, nurses, ZHANG_SAN)
    officer = publisher(scene)
    assert code_of(scene, officer, act(acts.stop_programme, nurses, " ")) == "why_missing"
    scene.do(officer, act(acts.stop_programme, nurses, "资金调整"))
    assert (programme_row(scene, nurses).state, voucher(scene, held).state) == ("stopped", "issued")
    scene.do(officer, act(acts.resume_programme, nurses, "资金到位"))
    assert code_of(scene, officer, act(acts.top_up, nurses, 0, "追加")) == "quantity_invalid"
    assert scene.do(officer, act(acts.top_up, nurses, 50, "追加指标")).quantity == 150
    scene.do(officer, act(acts.close_programme, nurses, "任务完成"))
    assert code_of(scene, officer, act(acts.resume_programme, nurses, "再开")) == "event_not_allowed"
    assert code_of(scene, officer, act(acts.top_up, nurses, 1, "追加")) == "event_not_allowed"
    assert voucher(scene, held).state == "issued"


def test_the_clock_closes_what_is_over_and_nothing_else(scene: Scene, budget: int) -> None:
    short = programme(scene, budget, until_on=date(2024, 1, 20))
    stopped = programme(scene, budget, until_on=date(2024, 1, 20))
    scene.do(publisher(scene), act(acts.stop_programme, stopped, "资金调整"))
    long = programme(scene, budget, region_code=JIYUAN)
    scene.at = on("2024-01-20")
    assert scene.do("clock", acts.close_due_programmes) == 0
    scene.at = on("2024-01-21")
    assert code_of(scene, publisher(scene), act(acts.resume_programme, stopped, "再开")) == "programme_over"
    assert scene.do("clock", acts.close_due_programmes) == 2
    assert [programme_row(scene, each).state for each in (short, stopped, long)] == [
        "closed",
        "closed",
        "published",
    ]
    assert code_of(scene, "operator", acts.close_due_programmes) == "role_missing"
