"""Quality and stars as pages: few people stay unseen, every point is told, an exposure shows no one."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from sqlalchemy import update

from tests import town_issue, town_train
from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.world import World
from tests.scene import JIYUAN, ZHANG_SAN, Scene, on
from tests.stages.oversee.test_measures import confirmed, proposed, upheld_complaint
from voucher.plumbing.clock import day_of
from voucher.registry.standards import Parameter
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.actor import Role
from voucher.rules.measures import Step
from voucher.stages.oversee.measures.drafting import draft_exposure, release_exposure
from voucher.stages.oversee.measures.finishing import finish_due_measures


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_stars_are_read_by_who_gives_them_who_has_them_and_everybody(scene: Scene, world: World) -> None:
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    desk = Office(scene, world)
    house = town_train.train_institution(scene)
    programme = town_issue.programme(scene, scene.open_budget(50_000))
    town_issue.eligible(scene, ZHANG_SAN)
    town_train.redeemed(scene, programme, ZHANG_SAN, town_train.open_class(scene, house))
    ground = upheld_complaint(scene, house, "初审员")
    measure = proposed(
        scene, "初审员", house, Step.RECTIFY,
        grounds=[ground], skip_why="已有学员投诉", deadline_on=day_of(scene.at) + timedelta(days=30),
    )  # fmt: skip
    confirmed(scene, "复核员", measure)
    scene.at = on("2025-01-06")
    world.at = scene.at.astimezone(UTC)
    scene.do(CLOCK_LOGIN, finish_due_measures)
    today = day_of(scene.at)
    shown = "两个班没有按计划开课"
    scene.do("初审员", lambda work: draft_exposure(work, measure, shown, today, today + timedelta(days=9)))
    scene.do("复核员", lambda work: release_exposure(work, measure))
    world.staff("监管员", Role.SUPERVISOR, region=JIYUAN)
    watcher, anybody = desk.at("监管员"), desk.anybody()
    page = watcher.go("/supervisor/quality?year=2024")
    owes_its_reader_nothing(page)
    assert "不足20人次，不显示" in page.text.replace(" ", "")
    assert "暂定" in page.text
    with scene.database.engine.begin() as connection:
        connection.execute(update(Parameter).where(Parameter.name == "star_people_least").values(value="1"))
    watcher.go("/supervisor/quality?year=2024")
    assert "新评1家" in watcher.press("评定 2024 年星级").text.replace(" ", "")
    owes_its_reader_nothing(watcher.go(f"/supervisor/quality/{house}?year=2024"))
    page = anybody.go("/stars")
    owes_its_reader_nothing(page)
    assert f"/institutions/{house}" in page.links
    assert "2024 年星级" in anybody.go(f"/institutions/{house}").text
    page = anybody.go("/exposures")
    owes_its_reader_nothing(page)
    assert shown in page.text
    assert "CZ-" in page.text
    login = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    world.enable(login)
    page = desk.at(login).go("/institution/stars")
    owes_its_reader_nothing(page)
    assert "在训率" in page.text
    assert "本机构的异议" in desk.at(login).press("提出异议", words="还没有录入结业").text
    assert "机构对 2024 年星级有异议" in watcher.go(f"/supervisor/quality/{house}?year=2024").text
    # answered by another hand than who gave the stars, and told to who objected
    assert "由另一人答复" in watcher.go("/office/star-objections/1").text
    officer = desk.at("初审员")
    page = officer.go("/office/star-objections")
    owes_its_reader_nothing(page)
    page = officer.go("/office/star-objections/1")
    owes_its_reader_nothing(page)
    assert "重算没有变化" in page.text
    refused = officer.press("答复", outcome="uphold", words="已经录入")
    assert "不能认定异议成立" in refused.text
    officer.go("/office/star-objections/1")
    assert "已答复异议不成立" in officer.press("答复", outcome="dismiss", words="结业要有签字才算").text
    owes_its_reader_nothing(officer.go("/office/star-objections/1"))
    assert "没有待答复的异议" in officer.go("/office/star-objections").text
    page = desk.at(login).go("/institution/stars")
    assert "结业要有签字才算" in page.text
    owes_its_reader_nothing(anybody.go("/stars"))
