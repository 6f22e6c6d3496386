"""The office and the institutions: the ladder up, the way back by two, and what a desk counts for whom."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import town_issue, town_train
from tests.doors.web.browser import Browser, Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing, refusal
from tests.doors.world import World
from tests.scene import JIYUAN, ZHANG_SAN, Scene, on
from tests.stages.oversee.test_measures import upheld_complaint
from voucher.rules.actor import Role


@pytest.fixture
def desk(scene: Scene, world: World) -> Office:
    """Return the people of an office with money, on a working day."""
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    made = Office(scene, world)
    scene.open_budget(50_000)
    return made


def test_an_institution_is_stopped_with_the_vouchers_in_it_and_put_back_by_two(
    desk: Office, scene: Scene, world: World
) -> None:
    house = town_train.train_institution(scene)
    programme = town_issue.programme(scene, 1)
    town_issue.eligible(scene, ZHANG_SAN)
    voucher = town_train.enrolled(scene, programme, ZHANG_SAN, town_train.open_class(scene, house))
    officer, other = desk.at("初审员"), desk.at("复核员")
    assert "没有符合条件的机构" in officer.go("/office/institutions?named=没有这家").text
    page = officer.go("/office/institutions?state=listed")
    owes_its_reader_nothing(page)
    one = f"/office/institutions/{house}"
    assert one in page.links
    page = officer.go(one)
    owes_its_reader_nothing(page)
    assert "已报名、培训中的券1 张" in page.text
    assert f"{one}/measures/warn" in page.links
    # a leap without grounds is refused in words, and what was typed stays
    page = officer.go(f"{one}/measures/suspend")
    owes_its_reader_nothing(page)
    assert "已报名、培训中的券1张" in page.text.replace(" ", "")
    assert "本人可以另选班级、换一张新券" in page.text
    typed = {"facts": "抽查发现两个班没有开课", "deadline_on": "2024-04-06", "skip_why": "停课"}
    assert "至少1项查实的依据" in refusal(officer.press("提出停业整顿", **typed))
    assert "抽查发现两个班没有开课" in officer.page.html
    key = upheld_complaint(scene, house, "初审员")
    officer.go(f"{one}/measures/suspend")
    page = officer.press("提出停业整顿", ground=key, **typed)
    assert "等待另一人确认" in page.text
    assert "是您提出的，须由另一人确认" in page.text
    assert "处置待确认" not in officer.go("/desk").text, "what one proposed waits for another"
    assert "处置待确认 1" in other.go("/desk").text
    measure = next(
        each for each in other.go("/office/measures").links if each.startswith("/office/measures/")
    )
    assert "/office/institutions" in other.page.links
    paying = desk.at("付款复核员").go("/office/measures").links
    assert measure in paying
    assert "/office/institutions" not in paying, "finance reads measures, and has no page of institutions"
    page = other.go(measure)
    owes_its_reader_nothing(page)
    assert "前陈述申辩，现在还不能确认" in page.text

    login = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    world.enable(login)
    head = desk.at(login)
    page = head.go("/institution/measures")
    owes_its_reader_nothing(page)
    assert "抽查发现两个班没有开课" in page.text
    assert "已提交陈述" in head.press("提交陈述", words="教师生病，已补课").text
    assert "教师生病" in other.go(measure).text
    page = other.press("确认停业整顿")
    assert "机构现为：停业整顿；1 张在培券已停住" in page.text
    assert "今天能否开展补贴性培训不能：当前为“停业整顿”" in other.go(one).text
    assert "待处置：" in officer.go(f"/office/vouchers/{voucher}").text
    head.go("/institution/measures")
    assert "等人社部门验收" in head.press("提交整改证明", words="两个班都已补课").text
    # an appeal succeeds or not; it is no complaint that is true or untrue
    head.press("提出申诉", words="教师生病，不是停课")
    world.staff("外来审核员", Role.OFFICER_CITY, region=JIYUAN)
    apart = desk.at("外来审核员")
    apart.go("/office/complaints/2")
    assert "申诉不成立" in apart.press("受理，由我办理").text
    page = apart.press("下结论", outcome="dismiss", words="核对了课表", reply="停课属实")
    assert "已下结论：申诉不成立" in page.text
    assert "认定申诉不成立" in page.text
    assert "不属实" not in page.text
    for sees, where in ((head, "/institution/measures"), (other, measure)):
        assert "申诉不成立" in sees.go(where).text

    officer.go(f"{one}/measures/restore")
    assert "停住的券" in officer.page.text
    page = officer.press("提出恢复", facts="验收合格", ending="accepted")
    assert "等待另一人确认" in page.text
    back = next(each for each in other.go("/office/measures").links if each.startswith("/office/measures/"))
    told: list[dict[str, object]] = []

    def make(_template: Path, data: dict[str, object], _at: datetime) -> bytes:
        told.append(data)
        return b"%PDF"

    with pytest.MonkeyPatch.context() as papers:
        papers.setattr("voucher.doors.web.measure_paper.make_pdf", make)
        assert other.http.get(f"{back}/decision.pdf").data == b"%PDF"
    assert told[0]["title"] == "恢复告知书"
    sentence = str(told[0]["sentence"])
    assert ("拟恢复你单位" in sentence, "处置" in sentence, "权利" in sentence) == (True, False, False)
    other.go(back)
    assert "机构现为：在目录；1 张停住的券已恢复办理" in other.press("确认恢复").text
    assert "已解除" in other.go(measure).text
    answer = other.http.get(f"{measure}/decision.pdf")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF")

    world.staff("监管员", Role.SUPERVISOR)
    world.staff("外地审核员", Role.OFFICER_COUNTY, region="410100")
    looker, stranger = desk.at("监管员"), desk.at("外地审核员")
    assert "列入黑名单" not in looker.go(one).text
    assert "停业整顿" in looker.page.text, "whoever supervises may stop, not strike off"
    looker.go(f"{one}/measures/delist")
    looker.press("提出移出目录", facts="停课", skip_why="停课")
    assert looker.answer.status_code == 403
    for foreign in (one, f"{one}/measures/warn", measure, f"{measure}/decision.pdf"):
        stranger.go(foreign)
        assert stranger.answer.status_code == 404


def test_a_complaint_is_filed_without_a_name_followed_by_its_number_and_answered(
    desk: Office, scene: Scene, world: World
) -> None:
    house = town_train.train_institution(scene)
    anybody = Browser(world.app.test_client())
    page = anybody.go(f"/institutions/{house}")
    assert f"/institutions/{house}/complaints/new" in page.links
    owes_its_reader_nothing(anybody.go(f"/institutions/{house}/complaints/new"))
    page = anybody.press("提交", topic="fees", words="收了三百元资料费", contact="13800001111")
    number = re.search(r"TS-\d{8}-\d{12}", page.text)
    assert number is not None
    assert "三百元" not in page.text
    assert "没有找到这件投诉" in anybody.go("/complaints?number=TS-20240306-000000000000").text
    officer = desk.at("初审员")
    assert "投诉申诉待办结 1" in officer.go("/desk").text
    page = officer.go("/office/complaints/1")
    owes_its_reader_nothing(page)
    assert "收了三百元资料费" in page.text
    officer.press("受理，由我办理")
    officer.press("要求说明", question="本期有没有收取学费以外的费用？")
    login = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    world.enable(login)
    head = desk.at(login)
    page = head.go("/institution/complaints")
    owes_its_reader_nothing(page)
    for secret in ("三百元", number[0], "13800001111"):
        assert secret not in page.html
    head.press("提交说明", words="没有收过")
    officer.go("/office/complaints/1")
    page = officer.press("下结论", outcome="uphold", words="查到收据", reply="查实，已责令退还")
    assert "已认定属实" in page.text
    assert "查实，已责令退还" in anybody.go(f"/complaints?number={number[0]}").text
    # late ones stand out, to those who deal with them and to who waits
    anybody.go(f"/institutions/{house}/complaints/new")
    late = re.search(r"TS-\d{8}-\d{12}", anybody.press("提交", topic="quality", words="教师照本宣科").text)
    assert late is not None
    scene.at = on("2024-03-20")
    world.at = scene.at.astimezone(UTC)
    assert "已逾期" in desk.at("复核员").go("/office/complaints?late=1").text
    assert "已超过期限" in anybody.go(f"/complaints/{late[0]}").text
