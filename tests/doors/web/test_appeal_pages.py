"""A candidate's appeal at the pages of three sides: filed, answered by an outsider, taken to the office."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests import town_assess as exams
from tests import town_issue, town_train
from tests.doors.web.browser import Browser
from tests.doors.web.test_evaluator_pages import Exam, decent
from tests.doors.world import World
from tests.scene import JIYUAN, LI_SI, ZHANG_SAN, Scene, on
from voucher.rules.actor import Role
from voucher.stages.assess.appeals.closing import pass_on_due

ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SAID = "理论第二大题漏加一分"


@pytest.fixture
def exam(scene: Scene, world: World) -> Exam:
    """Return an evaluator that has just published: 张三 failed by a point, 李四 passed."""
    made = Exam(scene, world)
    scene.at = on("2024-03-06")
    exams.assessed(scene, made.ours, [ZHANG_SAN, LI_SI], made.vouchers, [(5900, 9000), exams.PASSED])
    world.at = scene.at.astimezone(UTC)
    return made


@ONE
def test_filed_answered_confirmed_and_seen(exam: Exam) -> None:
    me = exam.at(town_issue.worker(exam.scene, ZHANG_SAN))
    me.go("/my/profile")
    me.go("/my/results")
    assert "理论 59，技能 90，不合格" in me.page.text
    assert "最迟 2024-03-20" in me.page.text
    decent(me)
    me.go(next(each for each in me.page.links if "kind=result" in each))
    decent(me)
    me.press("提交复核申请", said=" ")
    assert "“哪里不对”填写有误：没有填写" in me.page.text
    me.press("提交复核申请", said=SAID)
    assert "评价机构最迟 2024-03-15 受理" in me.page.text
    mine = str(me.answer.request.path)
    decent(me)
    # nobody else's, and a thing that is not there looks the same
    him = exam.at(town_issue.worker(exam.scene, LI_SI))
    for path in (mine, "/my/appeals/99999"):
        assert him.go(path).text.count("没有找到这件复核申请") > 0
        assert him.answer.status_code == 404
    # whoever published sees it and may take it up, not decide it
    publisher = exam.at(exams.publisher(exam.scene, exam.ours))
    assert "考生在等答复" in publisher.go("/evaluator").text
    publisher.go("/evaluator/appeals")
    decent(publisher, ZHANG_SAN[0], SAID)
    theirs = next(each for each in publisher.page.links if each.startswith("/evaluator/appeals/"))
    publisher.go(theirs)
    assert SAID in publisher.page.text
    publisher.press("受理")
    assert "须由另一人决定" in publisher.page.text
    outsider = exam.at(town_train.staff(exam.scene, exam.ours, Role.EVALUATOR_ADMIN, 3))
    outsider.go(theirs)
    decent(outsider, ZHANG_SAN[0])
    outsider.press("作出决定", decision="uphold", theory="59", opinion="漏加一分")
    assert "更正后的成绩没有比原成绩高" in outsider.page.text
    outsider.press("作出决定", decision="uphold", theory="60", opinion="漏加一分")
    assert "已认定成立" in outsider.page.text
    publisher.go(next(each for each in outsider.page.links if each.endswith("#candidates")))
    publisher.press("确认更正")
    assert "更正已生效：合格" in publisher.page.text
    me.go(mine)
    assert "理论 60，技能 90，合格" in me.page.text
    assert "已更正" in me.page.text
    assert ZHANG_SAN[0] not in me.page.text


@ONE
def test_what_nobody_answers_reaches_the_office(exam: Exam) -> None:
    me = exam.at(town_issue.worker(exam.scene, ZHANG_SAN))
    me.go("/my/results")
    me.go(next(each for each in me.page.links if "kind=result" in each))
    me.press("提交复核申请", said=SAID)
    mine = str(me.answer.request.path)
    him = exam.at(town_issue.worker(exam.scene, LI_SI))
    him.go("/my/results")
    him.go(next(each for each in him.page.links if "kind=result" in each))
    him.press("提交复核申请", said=SAID)
    his = str(him.answer.request.path)
    exam.scene.at = on("2024-03-19")
    exam.world.at = exam.scene.at.astimezone(UTC)
    exam.scene.do("clock", pass_on_due)
    exam.scene.hire("复查员", Role.OFFICER_COUNTY, "310101198001017", JIYUAN)
    officer = exam.at("复查员")
    assert "复核申请待复查" in officer.go("/desk").text
    officer.go("/desk/appeals")
    decent(officer, ZHANG_SAN[0], SAID)
    assert "没有已超期的复核申请" in officer.go("/desk/appeals?state=overdue").text
    officer.go("/desk/appeals?state=all")
    officer.go(mine.replace("/my/", "/desk/"))
    assert "评价机构逾期没有答复" in officer.page.text
    decent(officer, ZHANG_SAN[0])
    officer.press("作出复查决定", decision="", opinion="核对答卷，计分无误")
    assert "“复查决定”填写有误" in officer.page.text
    officer.press("作出复查决定", decision="affirm", opinion="核对答卷，计分无误")
    assert "这是最终答复" in officer.page.text
    again = exam.world.sign_in(town_issue.worker(exam.scene, ZHANG_SAN)).http.get(mine)
    assert "核对答卷，计分无误" in again.get_data(as_text=True)
    # what is overruled and never put right is ended here, once its days are over
    theirs = his.replace("/my/", "/desk/")
    officer.go(theirs)
    officer.press("作出复查决定", decision="overrule", opinion="确有漏分")
    assert "已责令评价机构最迟" in officer.page.text
    assert "评价机构逾期没有更正" not in officer.page.text
    exam.scene.at = on("2024-05-08")
    exam.world.at = exam.scene.at.astimezone(UTC)
    officer = Browser(exam.world.sign_in("复查员").http)
    officer.go("/desk/appeals?state=overdue")
    assert theirs in officer.page.links
    officer.go(theirs)
    decent(officer, LI_SI[0])
    officer.press("终结", opinion="机构已停业")
    assert "可以换一家评价机构考试" in officer.page.text


@ONE
def test_a_signed_file_is_taken_back_at_the_page(exam: Exam) -> None:
    me = exam.at(town_issue.worker(exam.scene, LI_SI))
    assert "下载过的签名文件" not in me.go("/my/archive").text
    me.press("下载签名文件", extent="trainings")
    me.go("/my/archive")
    stolen, _ = me.page.form("收回这份")
    him = exam.at(town_issue.worker(exam.scene, ZHANG_SAN))
    him.go("/my/archive")
    own, _ = him.page.form("提出异议")
    assert him.http.post(stolen.action, data=dict(own.values)).status_code == 404
    me.press("收回这份")
    assert "对方联网核对时会看到“已撤销”" in me.page.text
    assert "已收回" in me.page.text
