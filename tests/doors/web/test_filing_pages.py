"""机构备案 on the pages: a person applies for a school on a phone, the office answers, the school changes."""

from __future__ import annotations

import io
from datetime import UTC

import pytest

from tests import town_filing, town_issue
from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing, refusal
from tests.doors.world import World
from tests.pictures import jpeg, png
from tests.scene import JIYUAN, Scene, on

PAGE = {
    "code": town_filing.SCHOOL[1], "name": town_filing.SCHOOL[0], "kind": "training_school",
    "region": JIYUAN, "address": "济源市济水大街1号", "legal_name": "王校长", "contact_name": "李四",
    "contact_mobile": "13800138000",
}  # fmt: skip
LICENCE = {
    "licence_kind": "school", "number": "人社民4190014000001号", "authority": "济源示范区人社局",
    "since": "2021-06-01", "until": "2024-05-01",
}  # fmt: skip
TEACHER = {
    "teacher": "周老师", "identity": town_filing.TEACHER[1], "qualification": "高级考评员",
    "certificate_number": "KP41", "trades": "养老护理员",
}  # fmt: skip
ROOM = {
    "room": "实训室一", "room_address": "济水大街1号", "room_region": JIYUAN, "seats": "40",
    "equipment": "护理床",
}  # fmt: skip


@pytest.fixture
def desk(scene: Scene, world: World) -> Office:
    """Return the people of an office on a working day."""
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    return Office(scene, world)


def test_a_school_files_on_the_pages_and_the_office_answers(desk: Office, scene: Scene, world: World) -> None:
    login = town_issue.worker(scene, town_filing.APPLICANT)
    world.give_password(scene.actor(login).user_id)
    page = desk.at(login).go("/institutions/joining")
    owes_its_reader_nothing(page)
    assert "20 个工作日内审核" in page.text
    applicant = desk.at(login)
    owes_its_reader_nothing(applicant.go("/filings"))
    assert "统一社会信用代码" in refusal(
        applicant.press("存为草稿", **{**PAGE, "code": "52419001MJTE5T0441"})
    )
    page = applicant.press("存为草稿", **PAGE)
    owes_its_reader_nothing(page)
    assert "已建好草稿" in page.text
    assert "备案申请还缺：证照、申请的职业和等级、师资、场地" in refusal(applicant.press("提交备案申请"))
    assert "没有选择文件" in refusal(applicant.press("添加证照", **LICENCE))
    applicant.press("添加证照", **LICENCE, paper=(io.BytesIO(jpeg()), "证.jpg"))
    applicant.press("添加职业和等级", trade="养老护理员", level="2", project="TRAIN")
    applicant.press("添加教师", **TEACHER)
    page = applicant.press("添加场地", **ROOM)
    assert town_filing.TEACHER[1] not in page.html
    assert "移除场地" in page.html
    assert "没有照片" in page.text
    shown = "移除照片 1"
    assert "没有选择文件" in refusal(applicant.press("添加照片", room_id="1"))
    page = applicant.press("添加照片", room_id="1", photo=(io.BytesIO(png()), "门口.png"))
    assert "看照片 1" in page.text
    assert "没有照片" in applicant.press(shown).text
    page = applicant.press("添加照片", room_id="1", photo=(io.BytesIO(png()), "门口.png"))
    owes_its_reader_nothing(page)
    page = applicant.press("提交备案申请")
    assert "已提交，等人社部门审核，2024-04-03 前答复" in page.text
    one = page.links[[each.endswith("/paper") for each in page.links].index(True)].split("/licences")[0]

    officer = desk.at("初审员")
    assert "机构备案待审核 1" in officer.go("/desk").text
    page = officer.go("/office/filings")
    owes_its_reader_nothing(page)
    assert town_filing.SCHOOL[0] in page.text
    page = officer.go(f"/office{one}")
    owes_its_reader_nothing(page)
    assert "王校长" in page.text
    paper = next(each for each in page.links if each.endswith("/paper"))
    assert officer.http.get(paper).data.startswith(b"\xff\xd8")
    photo = next(each for each in page.links if "/photos/" in each)
    answer = officer.http.get(photo)
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("image/png", "private, no-store")
    officer.go(f"/office{one}/return")
    assert "没有填写" in refusal(officer.press("确认退回补正", why=" "))
    assert "已退回补正" in officer.press("确认退回补正", why="请补消防合格证明").text
    assert "请补消防合格证明" in applicant.go(one).text
    applicant.press("提交备案申请")
    officer.go(f"/office{one}/accept")
    page = officer.press("确认准予备案")
    assert "已准予备案" in page.text
    # the licence ends within sixty days: both sides are told
    assert "2024-05-01 到期，还有 56 天" in officer.go("/office/filings").text
    assert town_filing.SCHOOL[0] in officer.go("/institutions").text
    # whoever administers an institution proves it with the second factor from now on
    applicant.go("/filings")
    assert "动态口令" in applicant.page.text
    world.bind_telephone(login, scene.actor(login).user_id)
    desk._browsers.clear()
    head = desk.at(login)
    assert "2024-05-01 到期，还有 56 天" in head.go("/filings").text
    page = head.press("申请变更备案")
    owes_its_reader_nothing(page)
    assert "已按现行备案建好变更草稿" in page.text
    assert "实训室一" in page.text
