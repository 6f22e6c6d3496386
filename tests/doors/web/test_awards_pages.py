"""竞赛与荣誉 at the desk: a file is taken or every wrong row named, and what was entered is read masked."""

from __future__ import annotations

import io
from datetime import UTC

import pytest

from tests.awarded import Row, honoured, placed
from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.world import World
from tests.scene import LI_SI, PROVINCE, ZHANG_SAN, Scene, on, write_csv
from voucher.rules.actor import Role

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_file_of_places_is_taken_whole_or_named_row_by_row(scene: Scene, world: World) -> None:
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    desk = Office(scene, world)
    browser = desk.at("operator")

    def send(kind: str, *rows: Row) -> str:
        path = write_csv(scene.folder / "awards.csv", rows)
        browser.go("/office/awards")
        return browser.press(
            "交另一人确认", kind=kind, file=(io.BytesIO(path.read_bytes()), "awards.csv")
        ).text

    assert "还没有登记竞赛成绩" in browser.go("/office/awards").text
    owes_its_reader_nothing(browser.page)
    told = send("competition_results", placed(LI_SI), placed(ZHANG_SAN, 名次="一等奖"))
    assert "逐行问题（1 行，共读 2 行）" in told
    assert "“名次”应为 1 至 200 的整数" in told
    assert "请对照获奖证书填写" in told
    assert "还没有登记竞赛成绩" in told
    assert "竞赛成绩：读取 1 行：登记 1" in send("competition_results", placed(LI_SI, 荣誉="河南省技术能手"))
    assert "待另一人确认" in browser.page.text
    assert "还没有登记竞赛成绩" in browser.page.text, "until another person confirms it nothing is entered"
    owes_its_reader_nothing(browser.page)
    path = next(each for each in browser.page.links if "/office/awards/files/" in each)
    assert "您上传的文件不能由您确认" in browser.go(path).text
    owes_its_reader_nothing(browser.page)
    world.staff("er-jingban", Role.OPERATOR, region="410000")
    other = desk.at("er-jingban")

    def confirm() -> None:
        other.go("/office/awards")
        newest = next(each for each in other.page.links if "/office/awards/files/" in each)
        assert "李*" in other.go(newest).text
        owes_its_reader_nothing(other.page)
        assert "已确认，从现在起生效" in other.press("核对无误，全部确认").text

    confirm()
    browser.go("/office/awards")
    for words in ("李*", "第 3 名", "省级行业二类赛", "二级/技师", "豫技赛2023-0003", "河南省技术能手"):
        assert words in browser.page.text, words
    assert LI_SI[1] not in browser.page.html
    assert LI_SI[0] not in browser.page.text
    owes_its_reader_nothing(browser.page)
    assert "荣誉：读取 1 行：登记 1" in send("honours", honoured(LI_SI, "全国技术能手"))
    confirm()
    assert "全国技术能手" in browser.go("/office/awards?kind=honours").text
    assert "全国技术能手" in browser.press("查找", q=LI_SI[1]).text
    assert "没有找到这个人的登记" in browser.press("查找", q=ZHANG_SAN[0]).text
    assert "不在可选范围内" in send("nothing", placed(LI_SI))
    gone = placed(LI_SI, 荣誉="河南省技术能手", 撤销日期="2024-03-01", 撤销原因="冒名顶替，取消成绩")
    assert "撤销 1" in send("competition_results", gone)
    assert "撤销待确认" in browser.page.text
    assert "二级/技师" in browser.page.text
    other.go(next(each for each in browser.page.links if "/office/awards/files/" in each))
    assert "已退回" in other.press("退回这份文件", why="请附撤销文件").text
    send("competition_results", gone)
    confirm()
    browser.go("/office/awards")
    assert "二级/技师" not in browser.page.text, "what was taken back opens no level"
    assert "2024-03-01 撤销：冒名顶替，取消成绩" in browser.page.text
    for kind, first in (("competition_results", "姓名,证件号码,赛事类别"), ("honours", "姓名,证件号码,荣誉")):
        assert first in browser.http.get(f"/office/awards/{kind}.csv").text

    # an operator sees what was entered in the own region, the province all of it
    world.staff("zz-jiban", Role.OPERATOR, region="410100")
    assert "还没有登记竞赛成绩" in desk.at("zz-jiban").go("/office/awards").text
    world.staff("sheng", Role.OFFICER_PROVINCE, region=PROVINCE)
    assert "第 3 名" in desk.at("sheng").go("/office/awards").text
    assert desk.at("初审员").http.get("/office/awards").status_code == 403
