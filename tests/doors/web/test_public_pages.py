"""What anybody finds without a login: classes, institutions, checks, figures; and nothing about anybody."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import update

import voucher.registry
from tests import town_certified, town_train
from tests.doors.web.browser import Browser, Page
from tests.doors.web.test_looks import IDENTITY, find_doubled_ids, find_unlabelled
from tests.doors.world import World
from tests.revoking import revoke_certificate
from tests.scene import EV1, LI_SI, PROVINCE, SUN_BA, ZHANG_SAN, Scene
from voucher.doors.auth.door import DoorLimits
from voucher.doors.web.public.standards import PARAMETER_NAMES
from voucher.ledger.vouchers import Voucher
from voucher.registry.catalogue import list_subtree
from voucher.registry.standards import Parameter
from voucher.rules.actor import Role
from voucher.stages.oversee.drill import read_cells, total
from voucher.stages.oversee.measures.imposing import impose
from voucher.stages.train.phone_draws import SHARE

PEOPLE = (ZHANG_SAN, LI_SI, SUN_BA)
PLACES = ("/", "/guide", "/classes", "/institutions", "/standards", "/notices", "/check", "/figures")
TABLE = Path(voucher.registry.__file__).parent / "data" / "parameters.csv"
SPY = "王五 41010519491231002X 13812345678"


@dataclass
class Town:
    """A small province with certificates, an open class and two schools, and somebody who only looks."""

    scene: Scene
    world: World
    anybody: Browser
    certificate: str
    voucher: str
    school: int
    open_class: int

    def officer(self) -> None:
        """Hire the officer who sanctions and revokes."""
        self.scene.hire("县局", Role.OFFICER_COUNTY, "310101199001010910")


@pytest.fixture
def town(scene: Scene, world: World) -> Town:
    budget = town_certified.settle_down(scene)
    made = town_certified.certified(scene, budget, ZHANG_SAN, LI_SI)
    town_certified.certified(scene, budget, SUN_BA, until="training")
    school = town_train.train_institution(scene)
    # an institution types what it likes into free text; anybody reads it
    opened = town_train.open_class(scene, school, teacher=f"周老师 {SPY}", place=f"济水大街1号，联系 {SPY}")
    world.at = scene.at.astimezone(UTC)
    with scene.database.read() as session:
        number = session.get_one(Voucher, made.voucher_ids[0]).number
    anybody = Browser(world.app.test_client())
    return Town(scene, world, anybody, str(made.certificates[0]["证书编号"]), number, school, opened)


def _decent(page: Page) -> None:
    assert IDENTITY.findall(page.html) == []
    for name, number in PEOPLE:
        assert name not in page.text
        assert number not in page.html
    for secret in SPY.split()[1:]:
        assert secret not in page.html
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert find_unlabelled(page) == []
    assert find_doubled_ids(page) == []
    assert "style=" not in page.html


def test_what_the_standards_page_shows_is_what_the_program_goes_by() -> None:
    rows = csv.DictReader(io.StringIO(TABLE.read_text("utf-8")))
    assert set(PARAMETER_NAMES) <= {row["name"] for row in rows}
    assert SHARE in PARAMETER_NAMES, "the share of telephone checks shown is the one drawn by"


def test_from_the_first_page_everything_is_found_and_nobody_is_named(town: Town) -> None:
    look = town.anybody
    home = look.go("/")
    for words in ("我是劳动者", "我是培训、评价机构或工作人员", "找班级", "查机构", "验证书、验券"):
        assert words in home.text
    for path in PLACES:
        _decent(look.go(path))
        assert look.answer.status_code == 200
        if path != "/":
            assert path in home.links

    found = look.go("/classes")
    assert "养老护理员五级一班" in found.text
    assert "自己付 300.00 元（学费 1,500.00 元，券抵 1,200.00 元）" in found.text
    shown = look.go(next(each for each in found.links if re.fullmatch(r"/classes/\d+", each)))
    _decent(shown)
    for words in ("用我的券报名", "还剩 30 个名额", "课程表", "示例甲职业培训学校", "周老师"):
        assert words in shown.text, words
    assert "现在没有这样的班" in look.go("/classes?mode=online").text
    assert "养老护理员五级一班" in look.go(f"/classes?institution={town.school}&trade=不存在").text
    look.go("/my/vouchers")
    assert "登录" in look.page.text  # the way to one's own vouchers leads past the login

    begun = look.go("/classes/1")
    assert "这个班现在不招生" in begun.text
    _decent(begun)
    drafted = town_train.draft(town.scene, town.school)
    for path in (f"/classes/{drafted}", "/classes/99999", "/institutions/99999", "/figures/person.csv"):
        look.go(path)
        assert look.answer.status_code == 404, path


def test_the_directory_strikes_out_who_may_not_any_more_and_says_why(town: Town) -> None:
    look = town.anybody
    house = look.go(f"/institutions/{town.school}")
    for words in ("正常", "2024 年", "济人社〔2023〕8号", "养老护理员五级一班", town_train.T1[1]):
        assert words in house.text, words
    _decent(house)
    found = look.go("/institutions?q=评价")
    assert EV1[0] in found.text
    assert town_train.T1[0] not in found.text
    evaluator = look.go(next(each for each in found.links if re.fullmatch(r"/institutions/\d+", each)))
    assert EV1[2] in evaluator.text
    assert "养老护理员" in evaluator.text
    assert "没有找到这样的机构" in look.go("/institutions?q=查无此校").text
    # by the yearly list: who stands on it, and nobody for a year without one
    listed = look.go("/institutions?year=2024")
    assert f"/institutions/{town.school}" in listed.links
    assert "2024 年目录清单" in listed.text
    assert len(look.go("/institutions?year=1999").links) == len(look.go("/institutions").links)

    town.officer()
    town.scene.do("县局", lambda work: impose(work, town.school, "suspend", f"虚报学员 {ZHANG_SAN[1]}"))
    listed = look.go("/institutions?q=甲")
    assert f"<s>{town_train.T1[0]}</s>" in listed.html
    assert "停业整顿" in listed.text
    assert "原因：虚报学员" in listed.text
    _decent(listed)
    assert "现在不能凭券报名或评价" in look.go(f"/institutions/{town.school}").text
    _decent(look.page)
    assert "养老护理员五级一班" not in look.go("/classes").text


def _check(town: Town, number: str, name: str, last_four: str = "991X") -> str:
    town.anybody.go("/check")
    return town.anybody.press("查证书", number=number, name=name, last_four=last_four).text


def test_a_check_says_whether_it_is_good_and_never_whose_it_is(town: Town) -> None:
    look = town.anybody
    right = _check(town, town.certificate, ZHANG_SAN[0])
    assert "✓ 有效" in right
    assert "养老护理员" in right
    assert EV1[0] in right
    _decent(look.page)
    wrong = [
        _check(town, town.certificate, LI_SI[0]),
        _check(town, "S000041", ZHANG_SAN[0]),
        _check(town, town.certificate, ZHANG_SAN[0], "9927"),
    ]
    assert look.answer.status_code == 404
    assert wrong[0] == wrong[1] == wrong[2]
    assert "没有找到" in wrong[0]
    assert "没有填写" in _check(town, "", "")
    town.officer()
    town.scene.do("县局", lambda work: revoke_certificate(work, town.certificate, "查实替考"))
    gone = _check(town, town.certificate, ZHANG_SAN[0])
    assert "✗ 已撤销，不再有效" in gone
    assert "替考" not in gone

    look.go("/check")
    shown = look.press("查培训券", voucher_number=f" {town.voucher.lower()} ").text
    assert "养老护理员" in shown
    assert "这张券不能再用于报名" in shown
    _decent(look.page)
    for unknown in ("Q-419001-2024-00099999", town.voucher.replace("419001", "410700"), "1", "9" * 22):
        look.go("/check")
        look.press("查培训券", voucher_number=unknown)
        assert "没有找到这张券" in look.page.text
        assert look.answer.status_code == 404


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_figures_are_those_of_the_drill_on_the_page_and_in_the_files(town: Town) -> None:
    look = town.anybody
    with town.scene.database.read() as session:
        regions = list_subtree(session, PROVINCE)
        whole = total(each.measures for each in read_cells(session, regions))
    with town.scene.database.engine.begin() as connection:
        connection.execute(update(Parameter).where(Parameter.name == "open_data_smallest").values(value="1"))
    page = look.go("/figures")
    assert "三张表合计相同" in page.text
    assert "济源市" in page.text
    for told in (f"{whole.vouchers} 张", f"{whole.trainings} 人次", f"{whole.certificates} 本"):
        assert told.replace(" ", "") in page.text.replace(" ", ""), told
    _decent(page)
    town.world.staff("监管", Role.SUPERVISOR, region=PROVINCE)
    watcher = Browser(town.world.sign_in("监管").http)
    assert "您已登录" in watcher.go("/").text
    assert "/my/vouchers" not in watcher.page.links
    assert "/my/vouchers" not in watcher.go(f"/classes/{town.open_class}").links
    drill = watcher.go("/supervisor/regions")
    assert "本级 = Σ市 = Σ县 = Σ机构 = Σ班 = Σ人" in drill.text
    assert drill.text.count("Σ 人") == 1
    for cut in ("region", "trade", "month"):
        answer = look.http.get(f"/figures/{cut}.csv")
        rows = _rows(answer.text)
        assert answer.mimetype == "text/csv"
        assert rows[-1][0] == "合计"
        for column in (1, 2, 3):
            assert int(rows[-1][column]) == sum(int(each[column]) for each in rows[1:-1])
        assert [int(each) for each in rows[-1][1:4]] == [
            whole.vouchers, whole.trainings, whole.certificates,
        ]  # fmt: skip
        assert not any(secret in answer.text for person in PEOPLE for secret in person)
    assert "还没有发券" not in look.go("/figures?region=419001").text
    assert "三张表合计相同" in look.go("/figures?region=999999").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_guessing_is_slowed_down_and_an_empty_house_says_so(scene: Scene, world: World) -> None:
    tight = World(scene.database, scene.keyring, world.folder, limits=DoorLimits(check_rate="2 per minute"))
    look = Browser(tight.app.test_client())
    for path, button, typed in (
        ("/check", "查证书", {"number": "S1", "name": "张三", "last_four": "991X"}),
        ("/check", "查培训券", {"voucher_number": "Q-419001-2024-00000001"}),
    ):
        codes = []
        for _ in range(3):
            look.go(path)
            look.press(button, **typed)
            codes.append(look.answer.status_code)
        assert codes == [404, 404, 429]
        assert "操作过于频繁" in look.page.text
    for path, words in (
        ("/figures", "还没有发券"),
        ("/classes", "现在没有这样的班"),
        ("/institutions", "没有找到这样的机构"),
        ("/notices", "现在没有公示"),
    ):
        assert words in look.go(path).text
    assert look.http.get("/figures/region.csv").text.count("\r\n") == 2


def test_levels_and_what_they_count_as_stand_with_their_day_and_document(town: Town) -> None:
    look = town.anybody
    page = look.go("/levels?on=2024-05-01")
    assert "社会工作专业人员（大典 2-07-11）的证书" in page.text
    assert "文件只列类别名称，计入哪些证书为暂定" in page.text
    for words in ("省级行业二类赛", "第 4–15 名", "副高级职称（破格申报）", "中原技能大奖", "三级/高级工"):
        assert words in page.text, words
    _decent(page)
    unruled = page.text.partition("没有查到文件写明名次晋升哪一级的赛事：")[2].partition("。")[0]
    assert "国家级一类大赛" in unruled
    assert "省级行业一类赛" not in unruled
    assert "这一天没有对照表" in look.go("/levels?on=2023-08-01").text
    assert "养老护理员" in look.go("/levels?code=4-10-01-05").text
    found = look.go("/levels?on=2024-05-01&has=高级 技师").text
    assert "写着“高级 技师”的有 2 条" in found
    assert "全日制技工院校高级工班毕业" not in found
    assert "没有一条比照写着“博士后”" in look.go("/levels?has=博士后").text
    assert "没有这个编码" in look.go("/levels?code=9-99-99-99").text
    assert "日期看不懂" in look.go("/levels?on=%E6%98%A8%E5%A4%A9").text

    def ask(address: str) -> Any:
        return look.http.get(address)

    place = "/api/v1/competition-levels?competition=provincial_trade_2&on=2024-05-01&place="
    told = [ask(place + each).json["level_name"] for each in ("3", "4", "15", "16")]
    assert told == ["二级/技师", "三级/高级工", "三级/高级工", None]
    assert len(ask("/api/v1/levels?on=2024-05-01").json["placings"]) == 12
    counted = ask("/api/v1/equivalences?on=2024-05-01&kind=education&has=大专").json["items"]
    assert [each["has"] for each in counted] == ["全日制技工院校高级工班毕业"]
    assert ask("/api/v1/equivalences?on=2022-12-31&has=大专").json["items"] == []
    assert ask("/api/v1/occupations/4-10-01-05").json["present_name"] == "养老护理员"
    assert ask("/api/v1/occupations/9-99-99-99").status_code == 404


def test_the_office_counts_who_is_skilled_in_its_own_regions_and_takes_the_list_along(town: Town) -> None:
    town.world.staff("统计", Role.SUPERVISOR, region=PROVINCE)
    town.world.staff("外地统计", Role.SUPERVISOR, region="410700")
    desk = Browser(town.world.sign_in("统计").http)
    page = desk.go("/desk/talents")
    assert "职业技能等级证书" in page.text
    assert "这一天没有高技能人才" in page.text, "the certificate of the town is of the lowest level"
    _decent(page)
    here, there = (town.world.sign_in(login) for login in ("统计", "外地统计"))
    assert "农、林、牧、渔业生产及辅助人员" in page.text, "what counts for each category is said"
    told = here.get("/talent-figures").json
    assert (told["people"], told["category_people"]) == (2, 2)
    assert {each["name"]: each["people"] for each in told["categories"]}["技能人才"] == 2
    assert there.get("/talent-figures").json["people"] == 0
    assert there.get("/talent-figures?region=419001").status_code == 403
    assert here.get("/talents").json["items"] == []
    sheet = desk.http.get("/desk/talents.xlsx?on=2024-05-01")
    assert str(sheet.mimetype).endswith("spreadsheetml.sheet")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_anybody_finds_who_evaluates_what_and_the_office_what_nobody_does(town: Town) -> None:
    page = town.anybody.go("/evaluators")
    assert "养老护理员" in page.text
    assert "未核" in page.text, "by which standard was never said"
    _decent(page)
    assert "清单上没有这样的评价" in town.anybody.go("/evaluators?q=宇航员").text
    narrow = town.anybody.go("/evaluators?q=养老护理员&level=2&kind=social_organisation")
    assert "养老护理员" in narrow.text
    assert "家政服务员" not in narrow.text
    town.world.staff("统计", Role.SUPERVISOR, region=PROVINCE)
    desk = Browser(town.world.sign_in("统计").http)
    page = desk.go("/desk/evaluator-coverage")
    assert "没有机构评价" in page.text
    assert "4-10-01-05" not in page.text, "it is evaluated"
    assert "4-10-01-05" in desk.go("/desk/evaluator-coverage?level=8&after=4-10-01-04").text
    sheet = desk.http.get("/desk/evaluator-coverage.xlsx?level=8")
    (rows,) = [
        each.to_python()
        for each in [CalamineWorkbook.from_filelike(io.BytesIO(sheet.data)).get_sheet_by_index(0)]
    ]
    assert ["4-10-01-05", "养老护理员"] in [row[:2] for row in rows]
