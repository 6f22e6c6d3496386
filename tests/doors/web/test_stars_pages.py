"""Quality and stars as pages: few people stay unseen, every point is told, an exposure shows no one."""

from __future__ import annotations

import re
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
from voucher.rules.complaints import Topic
from voucher.rules.measures import Step
from voucher.stages.oversee.complaints.filing import file_complaint
from voucher.stages.oversee.measures.drafting import draft_exposure, release_exposure
from voucher.stages.oversee.measures.finishing import finish_due_measures
from voucher.stages.train.running import start_due_classes


def heard_by_api(scene: Scene, world: World, house: int) -> None:
    """Deal with a complaint at the API: words open by a look, the institution sees the question alone."""
    words = "三月四日的课没有老师来，我是证人"
    made = scene.do(CLOCK_LOGIN, lambda work: file_complaint(work, house, Topic.NOT_HELD, words, "1380"))
    officer = world.sign_in("初审员")
    (row,) = officer.get("/complaints?kind=complaint").json["items"]
    assert (row["id"], row["state"], "words" in row) == (made.id, "filed", False)
    here = f"/complaints/{made.id}"
    assert officer.post(f"{here}/looks", {}).json["words"] == words
    early = officer.post(f"{here}/conclusions", {"is_upheld": True, "words": "是", "reply": "是"})
    assert early.status_code == 409
    assert officer.post(f"{here}/acceptances", {}).json["state"] == "accepted"
    assert officer.post(f"{here}/questions", {"words": "那天谁上课"}).json["state"] == "asked"
    login = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    world.enable(login)
    asked = world.sign_in(login)
    assert asked.get("/complaints").status_code == 403
    (question,) = asked.get("/complaint-questions").json["items"]
    assert question["question"] == "那天谁上课"
    assert "证人" not in str(question)
    said = asked.post(f"/complaint-questions/{made.id}/answers", {"words": "教师请假，已补课"})
    assert said.json["answer"] == "教师请假，已补课"
    done = officer.post(f"{here}/conclusions", {"is_upheld": False, "words": "已补课", "reply": "已补课"})
    assert (done.json["state"], done.json["state_name"]) == ("dismissed", "不属实")
    assert officer.post(f"{here}/refusals", {"words": "再答"}).status_code == 409
    assert officer.post("/complaints/999/acceptances", {}).status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_stars_are_read_by_who_gives_them_who_has_them_and_everybody(scene: Scene, world: World) -> None:
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    desk = Office(scene, world)
    house = town_train.train_institution(scene)
    programme = town_issue.programme(scene, scene.open_budget(50_000))
    town_issue.eligible(scene, ZHANG_SAN)
    town_train.redeemed(scene, programme, ZHANG_SAN, town_train.open_class(scene, house))
    heard_by_api(scene, world, house)
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
    page = watcher.go(f"/supervisor/quality/{house}?year=2024")
    owes_its_reader_nothing(page)
    assert re.search(r"未签结业，已过 \d+ 天", page.text)
    assert "应在" not in page.text, "no limit is known"
    with scene.database.engine.begin() as connection:
        connection.execute(update(Parameter).where(Parameter.name == "sign_off_days").values(value="30"))
    for address in (f"/supervisor/quality/{house}?year=2024", "/supervisor/quality?year=2024"):
        page = watcher.go(address)
        owes_its_reader_nothing(page)
        assert "应在 30 天内签，现按到课计结业" in page.text
    assert "上完课、没有签结业的班级" in page.text
    page = anybody.go("/stars")
    owes_its_reader_nothing(page)
    assert f"/institutions/{house}" in page.links
    assert "2024 年星级" in anybody.go(f"/institutions/{house}").text
    page = anybody.go("/exposures")
    owes_its_reader_nothing(page)
    assert shown in page.text
    assert "CZ-" in page.text
    login = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    scene.do(CLOCK_LOGIN, start_due_classes)
    assert "应在 30 天内签，现按到课计结业" in desk.at(login).go("/institution").text
    page = desk.at(login).go("/institution/stars")
    owes_its_reader_nothing(page)
    assert "在训率" in page.text
    calls = world.sign_in(login)
    (own,) = calls.get("/own-star-ratings").json["items"]
    assert (own["year"], own["objection"]) == (2024, None)
    assert sum(each["points_tenths"] for each in own["lines"]) == own["total_tenths"]
    assert world.visit().get("/star-ratings?year=2024").json["items"][0]["stars"] == own["stars"]
    said = calls.post(f"/star-ratings/{own['id']}/objections", {"words": "还没有录入结业"})
    assert (said.status_code, said.json["objection"]) == (201, "还没有录入结业")
    (waiting,) = world.sign_in("初审员").get("/star-objections").json["items"]
    assert waiting["id"] == own["id"]
    assert "本机构的异议" in desk.at(login).go("/institution/stars").text
    assert "机构对 2024 年星级有异议" in watcher.go(f"/supervisor/quality/{house}?year=2024").text
    # answered by another hand than who gave the stars, and told to who objected
    assert "由另一人答复" in watcher.go("/office/star-objections/1").text
    officer = desk.at("初审员")
    page = officer.go("/office/star-objections")
    owes_its_reader_nothing(page)
    page = officer.go("/office/star-objections/1")
    owes_its_reader_nothing(page)
    assert "重算没有变化" in page.text
    answer = {"is_upheld": True, "words": "已经录入"}
    same = world.sign_in("初审员").post(f"/star-ratings/{own['id']}/answers", answer)
    assert (same.status_code, same.json["code"]) == (409, "stars_unchanged")
    refused = officer.press("答复", outcome="uphold", words="已经录入")
    assert "不能认定异议成立" in refused.text
    officer.go("/office/star-objections/1")
    assert "已答复异议不成立" in officer.press("答复", outcome="dismiss", words="结业要有签字才算").text
    owes_its_reader_nothing(officer.go("/office/star-objections/1"))
    assert "没有待答复的异议" in officer.go("/office/star-objections").text
    page = desk.at(login).go("/institution/stars")
    assert "结业要有签字才算" in page.text
    owes_its_reader_nothing(anybody.go("/stars"))
