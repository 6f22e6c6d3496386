"""An employer at the pages: its own staff, an exam without vouchers, people one by one and out of a file."""

from __future__ import annotations

import io
from datetime import UTC
from pathlib import Path

import pytest

from tests import town_assess as exams
from tests.doors.web.browser import Browser
from tests.doors.web.test_evaluator_pages import decent
from tests.doors.world import World
from tests.scene import EV1, EV2, LI_SI, QIAN_QI, SUN_BA, ZHANG_SAN, Scene, on, write_csv

SHEET = {"证件号码": "", "入职日期": "2018-03-01", "离职日期": "", "依据类别": "劳动合同", "依据编号": "HT-9"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_employer_lists_its_staff_and_examines_them_and_nobody_else(scene: Scene, world: World) -> None:
    scene.at = on("2024-01-10")
    world.at = scene.at.astimezone(UTC)
    firm, other = exams.evaluator(scene, EV2, kind="用人单位"), exams.evaluator(scene, EV1)
    login, stranger = exams.admin(scene, firm), exams.admin(scene, other)
    for each in (login, stranger):
        world.enable(each)
    admin = Browser(world.sign_in(login).http)
    assert "还没有登记职工" in admin.go("/evaluator/staff").text
    _keep_staff(admin, scene.folder)

    # no voucher at all: the exam is of what the employer is filed for
    page = admin.go("/evaluator/batches/new")
    assert "现在没有可以安排考试的学员" in page.text
    chosen = page.html.split('<option value="skill_level:')[1].split('"')[0]
    admin.go(f"/evaluator/batches/new?what=skill_level:{chosen}")
    assert "没有等待考试的用券学员" in admin.page.text
    decent(admin)
    admin.press("安排这场考试", exam_on="2024-01-17", place="焊接车间")
    assert "请增加考生" in admin.page.text
    path = str(admin.answer.request.path)
    assert "的申报条件（符合一条即可）" in admin.page.text
    decent(admin)
    _list_people(admin, path, scene.folder)

    foreign = Browser(world.sign_in(stranger).http)
    assert "本机构不是用人单位，不用登记职工" in foreign.go("/evaluator/staff").text
    assert foreign.go(path).text.count("没有找到这个评价批次") == 1


def _keep_staff(admin: Browser, folder: Path) -> None:
    typed = {"name": ZHANG_SAN[0], "number": ZHANG_SAN[1], "since": "2019-05-01", "evidence": "HT-1"}
    admin.press("登记", **typed, evidence_kind="mouth")
    assert "“依据”填写有误：不在可选范围内" in admin.page.text
    admin.press("登记", **typed, evidence_kind="contract")
    assert "已登记为本单位职工" in admin.page.text
    assert "未接入" in admin.page.text
    admin.press("查找", q="李四")
    assert "没有找到这名职工" in admin.page.text
    admin.press("查找", q=ZHANG_SAN[0])
    assert ("找到的登记" in admin.page.text, "HT-1" in admin.page.text) == (True, True)
    admin.go("/evaluator/staff")
    decent(admin, ZHANG_SAN[0], ZHANG_SAN[1])
    rows = [
        {"姓名": LI_SI[0], **SHEET, "证件号码": LI_SI[1]},
        {"姓名": SUN_BA[0], **SHEET, "证件号码": "410105199003159919", "依据类别": "口头"},
    ]
    _hand_in(admin, "导入", folder, rows)
    assert "校验码应为" in admin.page.text
    assert "不是规定的依据类别" in admin.page.text
    assert "没有保存任何内容" in admin.page.text
    _hand_in(admin, "导入", folder, rows[:1])
    assert "新登记 1，更新 0" in admin.page.text
    assert "现有职工 <b>2</b> 人" in admin.page.html
    admin.press("登记离职", left_on="2024-01-12", why="合同到期")
    assert "最后一天 2024-01-12" in admin.page.text


def _hand_in(admin: Browser, button: str, folder: Path, rows: list[dict[str, str]]) -> None:
    path = write_csv(folder / "given.csv", rows)
    admin.press(button, file=(io.BytesIO(path.read_bytes()), "given.csv"))


def _list_people(admin: Browser, path: str, folder: Path) -> None:
    told = {"way": "work_years", "evidence": "社保缴费证明 41-7"}
    admin.press("增加考生", name=QIAN_QI[0], number=QIAN_QI[1], **told, years="9")
    assert "有 1 名考生在考试当日不是本单位职工" in admin.page.text
    admin.press("增加考生", name=LI_SI[0], number=LI_SI[1], **told, years="9")
    assert "有 1 名考生在考试当日不是本单位职工" in admin.page.text, "left before the exam"
    mine = {"name": ZHANG_SAN[0], "number": ZHANG_SAN[1], **told}
    admin.press("增加考生", **mine, years="")
    assert "没有填写从事本职业的年数" in admin.page.text
    admin.press("增加考生", **mine, years="0")
    assert "不符合五级/初级工按“工作年限”申报的条件：累计从事本职业满 1 年" in admin.page.text
    rows = [
        dict(zip(("姓名", "证件号码", "申报条件", "依据", "从业年数"), (*person, *told), strict=True))
        for person, told in (
            (QIAN_QI, ("工作年限", "社保 41-8", "3")),
            (ZHANG_SAN, ("口头", "社保 41-9", "三")),
            (SUN_BA, ("破格（获奖）", "人社部发〔2022〕1号", "")),
        )
    ]
    _hand_in(admin, "上传名单", folder, rows)
    assert "逐行问题（3 行，共读 3 行）" in admin.page.text
    assert "不能按“破格（获奖）”申报" in admin.page.text
    _hand_in(admin, "上传名单", folder, rows[:1])
    assert "不是本单位职工" in admin.page.text
    assert "已列 <b>0</b> 人" in admin.page.html, "nobody is listed where one row is wrong"
    rows[1] |= {"申报条件": "工作年限", "从业年数": "6"}
    _hand_in(admin, "上传名单", folder, [rows[1]])
    assert "已增加 1 名考生" in admin.page.text
    assert "不用券，工作年限从业满 6 年；社保 41-9" in admin.page.text
    decent(admin, ZHANG_SAN[0], ZHANG_SAN[1])
    admin.go(path)
    assert "已列 <b>1</b> 人" in admin.page.html
