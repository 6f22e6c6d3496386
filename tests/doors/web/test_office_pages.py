"""The office's pages of issuing, classes and certificates: each way clicked through, each refusal said."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import update

from tests import town_issue, town_train
from tests.doors.web.browser import Office, Page
from tests.doors.web.test_looks import IDENTITY, find_doubled_ids, find_unlabelled
from tests.doors.world import World
from tests.scene import EV1, LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from voucher.ledger.watching import leave_as_it_stands
from voucher.plumbing.rebuilding import without_trigger
from voucher.registry.card_numbers import write_number
from voucher.rules.actor import Role
from voucher.stages.certify.models import Certificate
from voucher.stages.issue import holding, rosters
from voucher.stages.train import classes

TERMS = {
    "name": "养老护理员五级培训券",
    "region": "419001",
    "project": "TRAIN",
    "worth": "face_value",
    "channel": "directed",
    "training_kind": "on_job",
    "certificate_kind": "skill_level",
    "trade": "养老护理员",
    "level": "2",
    "quantity": "10",
    "from_on": "2024-03-06",
    "until_on": "2024-12-31",
    "document": "济人社〔2024〕1号",
}


@pytest.fixture
def desk(scene: Scene, world: World) -> Office:
    """Return the people of an office with a budget for two vouchers and a half, on a working day."""
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    made = Office(scene, world)
    scene.open_budget(3_500)
    return made


def refusal(page: Page) -> str:
    """Return the refusal at the top of a page: what, and the next step."""
    found = re.search(r'id="refusal">(.*?)</div>', page.html, re.DOTALL)
    assert found, page.text
    return re.sub(r"<[^>]+>|\s+", "", found.group(1))


def owes_its_reader_nothing(page: Page) -> None:
    """Check what every page owes: one heading, labels, no doubled id, nobody's number."""
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert find_unlabelled(page) == []
    assert find_doubled_ids(page) == []
    assert IDENTITY.findall(page.html) == []
    assert "style=" not in page.html


def test_a_programme_is_drafted_by_one_published_by_another_tried_out_and_issued(
    desk: Office, scene: Scene, world: World
) -> None:
    """AC-A6: 导出时功能、发放各占一列."""
    budget = "1"
    operator, officer = desk.at("operator"), desk.at("初审员")
    assert "还没有券种" in operator.go("/office/programmes").text
    page = operator.go("/office/programmes/new")
    owes_its_reader_nothing(page)
    assert "余额 3,500.00 元" in page.text
    assert '<option value="4-10-01-05 养老护理员">' in page.html
    page = operator.press("保存草稿", **{**TERMS, "budget": budget, "trade": "没有这个职业"})
    assert operator.answer.status_code == 422
    assert "请从职业分类大典" in refusal(page)
    assert 'value="济人社〔2024〕1号"' in page.html, "what was typed stays"
    page = operator.press("保存草稿", **{**TERMS, "budget": budget})
    assert "已起草 QZ-419001-2024-0001" in page.text
    assert "等待另一人发布" in page.text
    assert operator.go("/office/programmes/1/publish").text.count("权限")
    assert operator.answer.status_code == 403
    page = officer.go("/office/programmes/1/publish")
    owes_its_reader_nothing(page)
    assert "10 张" in page.text
    assert "12,000.00" in page.text or "14,000.00" in page.text, "the most it may cost stands there"
    assert "已发布" in officer.press("确认发布").text
    assert officer.go("/office/programmes?state=draft").text.count("没有符合条件的券种")
    assert "养老护理员五级培训券" in officer.go("/office/programmes?state=published&region=419001").text
    taken = officer.http.get("/office/programmes.xlsx?state=published&region=419001")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(taken.data)).get_sheet_by_index(0).to_python()
    told = dict(zip(rows[0], rows[1], strict=True))
    axes = (told["券种名称"], told["功能"], told["发放"])
    assert axes == ("养老护理员五级培训券", "面值券", "定向券"), "two columns, never one word for both"
    assert len(rows) == 2

    town_issue.eligible(scene, ZHANG_SAN, LI_SI)
    people = "\n".join(f"{name}\t{number}" for name, number in (ZHANG_SAN, LI_SI))
    operator.go("/office/issues/new")
    page = operator.press("试算", programme="1", people=f"{people}\n赵六 12345")
    assert "第3行" in refusal(page)
    assert ZHANG_SAN[1] not in page.html
    page = operator.press("试算", programme="1", people=people)
    assert "可发 2 人" in page.text
    assert "什么也没有发放" in page.text
    assert "没有等待审核" in operator.go("/office/issues").text
    operator.go("/office/issues/new")
    operator.press("试算", programme="1", people=people)
    assert "没有勾选" in refusal(operator.press("发券", programme="1", people=people))
    assert "确认发放" not in operator.page.text, "without a trial nothing is confirmed"

    def file() -> tuple[io.BytesIO, str]:
        return io.BytesIO(f"姓名,证件号码\n{ZHANG_SAN[0]},{ZHANG_SAN[1]}\n".encode()), "名册.csv"

    page = operator.press("试算", programme="1", people="", roster=file())
    assert "确认发放 1 人，占用 1,400.00 元" in page.text
    page = operator.press("发券", programme="1", people=people, checked="1")
    assert "试算可发1人，现在可发2人" in refusal(page), "what was tried is what is issued"
    operator.press("试算", programme="1", people="", roster=file())
    page = operator.press("发券", programme="1", people="", roster=file(), checked="1")
    assert "已发放 1 张" in page.text
    owes_its_reader_nothing(page)
    page = officer.go("/office/programmes/1")
    assert "还可发放 9 张" in page.text
    owes_its_reader_nothing(page)
    officer.go("/office/programmes/1/stop")
    assert "没有填写" in refusal(officer.press("确认停发", why=" "))
    assert "已停发" in officer.press("确认停发", why="资金另有安排").text
    assert "没有发放中的券种" in operator.go("/office/issues/new").text
    officer.go("/office/programmes/1/resume")
    assert "已恢复发放" in officer.press("确认恢复", why="资金已到").text
    officer.go("/office/programmes/1/top-up")
    assert "现共 15 张" in officer.press("确认追加", quantity="5", why="报名多").text
    officer.go("/office/programmes/1/close")
    assert "已结束发放" in officer.press("确认结束", why="年度结束").text


def test_what_institutions_filed_is_passed_after_a_trial_and_who_finds_no_money_waits(
    desk: Office, scene: Scene
) -> None:
    programme = town_issue.programme(scene, 1)
    house = town_train.train_institution(scene)
    clerk = town_train.staff(scene, house, Role.REGISTRAR)
    everybody = (ZHANG_SAN, LI_SI, SUN_BA)
    town_issue.eligible(scene, *everybody)
    people = [town_issue.newcomer(each) for each in everybody]
    first = scene.do(clerk, lambda work: rosters.file_roster(work, programme, people, house)).id
    second = scene.do(clerk, lambda work: rosters.file_roster(work, programme, people[:1], house)).id
    class_id = town_train.draft(scene, house)
    scene.do(clerk, lambda work: classes.file_class(work, class_id, True))
    officer, operator = desk.at("初审员"), desk.at("operator")
    page = officer.go("/desk")
    assert "发券单待审核 2" in page.text
    assert "开班待审核 1" in page.text
    assert "发券单待审核" not in operator.go("/desk").text
    page = officer.go("/office/issues")
    assert page.text.count("FQ-2024-") == 2
    owes_its_reader_nothing(page)
    operator.go(f"/office/issues/{first}/pass")
    assert operator.answer.status_code == 403, "what an institution filed is an officer's to decide"
    page = officer.go(f"/office/issues/{first}/pass")
    assert "将发放2 人" in page.text
    assert "资金不足须候补1 人" in page.text
    page = officer.press("确认审核通过")
    assert "发放 2 张，候补 1 人" in page.text
    owes_its_reader_nothing(page)
    assert "按先后候补" in page.text
    page = officer.go("/office/waiting")
    assert "孙*" in page.text or "孙八" not in page.text
    owes_its_reader_nothing(page)
    officer.go(f"/office/issues/{second}/return")
    assert "没有填写" in refusal(officer.press("确认退回", why=""))
    assert "已退回" in officer.press("确认退回", why="与上一张重复").text

    page = officer.go("/office/classes")
    assert "剩 5 个工作日" in page.text
    page = officer.go(f"/office/classes/{class_id}")
    owes_its_reader_nothing(page)
    assert page.html.count("tag good") >= 6, "every rule is told"
    officer.go(f"/office/classes/{class_id}/return")
    assert "没有填写" in refusal(officer.press("确认退回补正", why=""))
    assert "没有等待审核的开班申请" in officer.press("确认退回补正", why="教师资格证缺复印件").text
    scene.do(clerk, lambda work: classes.file_class(work, class_id, True))
    officer.go(f"/office/classes/{class_id}/approve")
    assert "已准予开班" in officer.press("确认准予开班").text
    officer.go(f"/office/classes/{class_id}/approve")
    assert "未办理" in officer.press("确认准予开班").text, "an approved class is not approved again"


def test_what_an_officer_does_to_a_voucher_and_who_may_only_look(
    desk: Office, scene: Scene, world: World
) -> None:
    programme = town_issue.programme(scene, 1)
    town_issue.eligible(scene, ZHANG_SAN, LI_SI)
    first, second = town_issue.issue_to(scene, programme, ZHANG_SAN, LI_SI)
    holder = town_issue.worker(scene, LI_SI)
    scene.do(holder, lambda work: holding.accept(work, second))
    officer, other = desk.at("初审员"), desk.at("复核员")
    page = officer.go("/office/vouchers?state=accepted")
    assert "李*" in page.text
    owes_its_reader_nothing(page)
    page = officer.go(f"/office/vouchers/{second}")
    assert "领取本人" in page.text
    assert LI_SI[0] not in page.text, "a holder's name stays masked, in the timeline too"
    owes_its_reader_nothing(page)
    officer.go(f"/office/vouchers/{first}/hold")
    assert "待处置：本人反映被冒领" in officer.press("确认待处置", why="本人反映被冒领").text
    assert "待处置 1" in other.go("/desk").text
    assert "本人反映被冒领" in other.go("/office/holds").text
    other.go(f"/office/vouchers/{first}/close-hold")
    assert "处置已结束" in other.press("确认结束待处置", why="查无实据").text
    page = officer.go(f"/office/vouchers/{first}/revoke")
    assert "1 张" in page.text
    owes_its_reader_nothing(page)
    assert "没有填写" in refusal(officer.press("确认作废", why=""))
    assert "已作废" in officer.press("确认作废", why="误发").text
    officer.go(f"/office/vouchers/{first}/replace")
    assert "等待另一人审核" in officer.press("确认提出补发", why="误发，本人无过错").text
    assert "补发待审批 1" in other.go("/desk").text
    issue = re.search(r"/office/issues/(\d+)", officer.go(f"/office/vouchers/{first}").html)
    assert issue is not None
    assert "须由另一人审核" in officer.go(issue.group(0)).text
    officer.go(f"{issue.group(0)}/pass")
    assert officer.answer.status_code == 403
    other.go(f"{issue.group(0)}/pass")
    assert "发放 1 张" in other.press("确认审核通过").text
    officer.go(f"/office/vouchers/{second}/transfer")
    assert "没有找到这个班级" in refusal(officer.press("确认转班", **{"class": "BJ-1", "why": "机构退出"}))
    for path in ("/office/vouchers/99999", "/office/vouchers/1/nonsense", "/office/classes/99999"):
        officer.go(path)
        assert officer.answer.status_code == 404, path

    world.staff("监管员", Role.SUPERVISOR)
    world.staff("外地审核员", Role.OFFICER_COUNTY, region="410100")
    looker, stranger = desk.at("监管员"), desk.at("外地审核员")
    for path in (
        "/office/programmes",
        "/office/issues?state=all",
        f"/office/vouchers/{second}",
        "/office/waiting",
    ):
        page = looker.go(path)
        assert looker.answer.status_code == 200, path
        assert "确认" not in page.text, path
    looker.go(f"/office/vouchers/{second}/revoke")
    assert looker.answer.status_code == 403
    for path in (f"/office/vouchers/{second}", issue.group(0)):
        stranger.go(path)
        assert stranger.answer.status_code == 404, path
    stranger.go("/office/programmes?region=419001")
    assert stranger.answer.status_code == 403, "a region of others is named in vain"


@contextmanager
def numbered_as_a_card(scene: Scene, certificate_id: int) -> Iterator[None]:
    """Give a certificate a number that carries its holder's identity number, and its own back."""
    with scene.database.read() as session:
        before = session.get_one(Certificate, certificate_id).number

    def write(number: str) -> None:
        engine = scene.database.engine.execution_options(writes=True)
        with engine.connect() as connection, connection.begin():
            with without_trigger(connection, "certificate", "certificate_number_fixed"):
                connection.execute(
                    update(Certificate).where(Certificate.id == certificate_id).values(number=number)
                )
            leave_as_it_stands(connection)

    write(write_number(scene.keyring, f"T{ZHANG_SAN[1]}"))
    yield
    write(before)


def test_a_certificate_is_revoked_with_what_falls_and_put_back_by_two(desk: Office, scene: Scene) -> None:
    scene.file_evaluator(EV1)
    scene.certify(scene.certificate(ZHANG_SAN, level="五级", issued="2023-10-11"))
    officer, other, operator = desk.at("初审员"), desk.at("复核员"), desk.at("operator")
    page = officer.go("/office/certificates")
    owes_its_reader_nothing(page)
    one = re.search(r"/office/certificates/\d+", page.html)
    assert one is not None
    owes_its_reader_nothing(officer.go(one.group(0)))
    # read by hand: what differs from the person is refused, the first reading waits for the second
    read = {
        "name": "张三",
        "trade": "4-10-01-05",
        "level": "2",
        "issued_on": "2023-10-11",
        "evaluator": EV1[1],
        "status": "有效",
    }
    owes_its_reader_nothing(officer.go(f"{one.group(0)}/read-by-hand"))
    wrong = officer.press("确认人工核验", identity=LI_SI[1], evidence="查询页面", **read)
    assert "不是同一人" in refusal(wrong)
    told = officer.press("确认人工核验", identity=ZHANG_SAN[1], evidence="查询页面", **read).text
    assert "已录入，等另一人各自核验" in told
    # the other person sees that one has read it, and when, not what was read
    assert "人工核验待另一人 1" in other.go("/desk").text
    assert "人工核验待另一人" not in officer.go("/desk").text
    page = other.go("/office/certificates?half=read")
    assert one.group(0) in page.links
    page = other.go(one.group(0))
    assert "已有一人人工核验，等另一人各自核验" in page.text
    owes_its_reader_nothing(page)
    other.go(f"{one.group(0)}/read-by-hand")
    told = other.press("确认人工核验", identity=ZHANG_SAN[1], evidence="查询页面", **read).text
    assert "两人录入一致，已核验" in told
    assert "每次查询（1 次）" in told
    assert "已有一人人工核验" not in told
    assert one.group(0) not in other.go("/office/certificates?half=read").links
    page = officer.go(f"{one.group(0)}/revoke")
    assert "没有用它兑现的券" in page.text
    assert "没有填写" in refusal(officer.press("确认撤销证书", why=""))
    assert "已撤销：无证无价" in officer.press("确认撤销证书", why="查实替考").text
    officer.go(f"{one.group(0)}/reinstate")
    assert "请先由一人写明申诉结论" in refusal(officer.press("确认恢复"))
    officer.go(f"{one.group(0)}/ask-reinstatement")
    assert "等待另一人确认" in officer.press("确认提出恢复", why="申诉成立").text
    officer.go(f"{one.group(0)}/reinstate")
    assert "另一人" in refusal(officer.press("确认恢复"))
    assert "恢复待审批 1" in other.go("/desk").text
    page = other.go("/office/reinstatements")
    owes_its_reader_nothing(page)
    with numbered_as_a_card(scene, int(one.group(0).rsplit("/", 1)[1])):
        page = other.go("/office/reinstatements")
        assert "T410105********991X" in page.text, "masked, and no digest"
        assert "~" not in page.html
        # looked for by what the card says; the number stands in no address that a proxy's log would keep
        other.go("/office/certificates")
        page = other.press("查找", number=f" t{ZHANG_SAN[1].lower()}")
        assert "找到的证书" in page.text
        assert one.group(0) in page.links
        assert ZHANG_SAN[1] not in "".join(page.links)
        assert "没有找到这个编号的证书" in other.press("查找", number="T410702198511209927").text
        assert "没有填写" in refusal(other.press("查找", number=" "))
    other.go(f"{one.group(0)}/reinstate")
    assert "已恢复为有效" in other.press("确认恢复").text

    # the evaluator's next numbers
    assert "还没有分配号段" in officer.go("/office/number-ranges").text
    asked = {"filing_number": EV1[2], "year": "2024", "level": "2", "count": "500"}
    page = officer.press("分配", **asked)
    assert "已分配 500 个编号：S000041010001245000001 至 S000041010001245000500" in page.text
    owes_its_reader_nothing(page)

    # the whole batch of the evaluator: chosen, its consequences seen, asked, and confirmed by another
    assert "没有批量撤销" in officer.go("/office/mass-revocations").text
    page = officer.go("/office/mass-revocations/new")
    house = re.search(rf'<option value="(\d+)"[^>]*>{EV1[0]}', page.html)
    assert house is not None
    here = f"/office/mass-revocations/new?institution={house.group(1)}"
    assert "（没有批次号）" in officer.go(here).text
    page = officer.go(f"{here}&batch=")
    owes_its_reader_nothing(page)
    assert "没有填写" in refusal(officer.press("提出撤销 1 本证书", why=""))
    page = officer.press("提出撤销 1 本证书", why="整批替考")
    assert "是您提出的，须由另一人确认" in page.text
    assert "批量撤销待确认 1" in other.go("/desk").text
    listed = re.search(r"/office/mass-revocations/\d+", other.go("/office/mass-revocations").html)
    assert listed is not None
    owes_its_reader_nothing(other.go(listed.group(0)))
    assert "已全部撤销" in other.press("确认撤销 1 本证书").text
    assert "没有可以撤销的证书" in officer.go("/office/mass-revocations/new").text

    owes_its_reader_nothing(operator.go("/office/workers/new"))
    page = operator.press("开户", name="李四", number="不是号码", login="lisi")
    assert "证件号码" in refusal(page)
    page = operator.press("开户", name=LI_SI[0], number=LI_SI[1], login="lisi")
    assert "请当面交给本人" in page.text
    assert operator.answer.headers["Cache-Control"] == "no-store"
    assert LI_SI[1] not in page.html
