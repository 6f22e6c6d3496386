"""A training institution's pages on both databases: each act clicked through, each refusal a sentence."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.doors.loop import CLASS_DAY, LI_SI, SUN_BA, T1, Loop
from tests.doors.web.browser import Browser, Page
from voucher.doors.api.registry import exits as api_exits
from voucher.rules.actor import Role
from voucher.stages.issue.models import Issue
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Completion, Redemption, Scan
from voucher.stages.train.queries import exits, list_sessions

PLAN = {
    "name": "养老护理员五级二班",
    "project_code": "TRAIN",
    "trade": "养老护理员",
    "level": "2",
    "certificate_kind": "skill_level",
    "training_kind": "on_job",
    "capacity": "20",
    "fee": "1200",
    "place": "二号楼 301 教室",
    "teacher": "李老师",
    "syllabus": "照护 16 学时",
}


def at(loop: Loop, login: str) -> Browser:
    """Return somebody's browser, signed in at this moment."""
    return Browser(loop[login].http)


def alert(page: Page) -> str:
    """Return the refusal at the top of a page."""
    found = re.search(r'id="refusal">(.*?)</div>', page.html, re.DOTALL)
    assert found, page.text
    return re.sub(r"<[^>]+>|\s+", "", found.group(1))


def result(page: Page) -> tuple[str, str]:
    """Return the look and the words of a scan."""
    found = re.search(r'data-tone="(\w+)">(.*?)</div>', page.html, re.DOTALL)
    assert found, page.text
    return found.group(1), re.sub(r"<[^>]+>|\s+", "", found.group(2))


def test_the_counter_says_in_colour_and_words_what_each_code_is_worth(loop: Loop) -> None:
    class_id = loop.ids["class"]
    desk = at(loop, "t1-scan")
    page = desk.go("/desk")
    assert "待核销" in page.text
    assert "结算申请" not in page.text, "a scanner begins at the counter"
    page = desk.go("/institution/scan")
    assert "养老护理员五级一班" in page.text
    assert "已核销 1应到 2" in page.text
    assert page.html.count('id="f-digits"') == 1

    digits = loop.code("li", "other_voucher")
    desk = at(loop, "t1-scan")
    desk.go(f"/institution/scan?class_id={class_id}")
    page = desk.press("核对", digits=" ".join(re.findall(".{1,4}", digits)))
    assert result(page)[0] == "good"
    assert "可以核销" in page.text
    assert "李*" in page.text
    assert LI_SI[1][-4:] not in page.text, "the card is asked blindly"
    page = desk.press("核销", last4="0000")
    assert desk.answer.status_code == 403
    assert result(page)[0] == "warn"
    assert "证件后四位与持券人不符" in page.text
    with loop.world.database.read() as session:
        assert session.scalars(select(Scan.code).order_by(Scan.id.desc()).limit(2)).all() == [
            "identity_differs",
            None,
        ], "a wrong card is kept once"
    page = desk.press("核销", last4=LI_SI[1][-4:])
    assert result(page)[0] == "good"
    assert "已核销" in page.text
    assert "已核销 2应到 2" in page.text
    desk.go(f"/institution/scan?class_id={class_id}")
    page = desk.press("核对", digits=digits)
    assert result(page)[0] == "warn"
    assert "由您在本机构核销" in page.text

    page = desk.press("核对", digits="72 0")
    assert result(page)[0] == "bad"
    assert "只有3位，太短；手工输入的，应是以72开头的全部22位数字" in result(page)[1]
    assert "应全部为数字" not in page.text
    page = desk.press("核对", digits="72 00")
    assert result(page)[0] == "bad"
    assert "码" in result(page)[1]
    assert "没办成" in page.text
    with loop.world.database.read() as session:
        codes = session.scalars(select(Scan.code).where(Scan.class_id == class_id).order_by(Scan.id)).all()
        assert codes[-3:] == ["redeemed_already", *["code_malformed"] * 2], "refused scans are kept"
        assert len(session.scalars(select(Redemption)).all()) == 2
    for login in ("t1-teach", "jiban"):
        assert at(loop, login).http.get("/institution/scan").status_code == 403
    assert at(loop, "t2-scan").http.get(f"/institution/scan?class_id={class_id}").status_code == 404
    there = at(loop, "t2-scan")
    there.go(f"/institution/classes/{loop.ids['class']}")
    assert there.answer.status_code == 404


def test_a_wrong_scan_is_taken_back_by_two(loop: Loop) -> None:
    first = at(loop, "t1-scan")
    page = first.go("/institution/reversals")
    page = first.press("提出，等另一个人确认", why="扫错了人")
    assert "已提出" in page.text
    assert "您提出的，请另一个人确认" in page.text
    form = f"/institution/redemptions/{loop.ids['redemption_voucher']}/reversals"
    assert form not in page.html
    second = at(loop, "t1-admin")
    assert "撤销待确认" in second.go("/institution").text
    second.go("/institution/reversals")
    page = second.press("确认撤销")
    assert "可以重新扫码" in page.text
    assert "没有等确认的撤销" in page.text


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_a_reversal_past_its_time_says_since_when_and_what_next_and_has_no_button(loop: Loop) -> None:
    first = at(loop, "t1-scan")
    first.go("/institution/reversals")
    first.press("提出，等另一个人确认", why="扫错了人")
    loop.move_to(CLASS_DAY + timedelta(hours=8))
    for login in ("t1-scan", "t1-admin"):
        page = at(loop, login).go("/institution/reversals")
        assert "首次课已于 2024-03-25 17:00 结束，不能再撤销核销" in page.text
        assert "请办理退训" in page.text
        assert "确认撤销" not in page.html
        assert "请另一个人确认" not in page.text
        assert "等另一个人确认" not in at(loop, login).go("/institution").text, "nothing left to press"


def test_a_class_is_planned_filed_returned_and_cancelled(loop: Loop) -> None:
    desk = at(loop, "t1-admin")
    page = desk.go("/institution/classes/new")
    assert "开班前至少 10 个工作日提交：今天提交的，最早 2024-04-09 开班" in page.text
    assert "人社部门 5 个工作日内审核。一个班最多 50 人（今天的上限，以开班当日的为准）。" in page.text
    row = {"session_from": "08:30", "session_until": "17:30", "session_hours": "8", "session_mode": "offline"}
    one = {"session_day": "2024-05-06", "session_topic": "照护", **row}
    page = desk.press("再加一课次", **PLAN, **one)
    assert page.html.count('name="session_day"') == 2
    assert 'value="2024-05-07"' in page.html
    assert "2024-05-06 开班的，一个班最多 50 人。" in page.text
    assert 'value="李老师"' in page.html, "nothing typed is lost"
    two = {
        "session_day": ["2024-05-06", "2024-05-07", ""],
        "session_from": ["08:30"] * 3,
        "session_until": ["17:30"] * 3,
        "session_hours": ["8"] * 3,
        "session_mode": ["offline"] * 3,
        "session_topic": ["照护", "急救", ""],
    }
    page = desk.press("保存草稿", **PLAN, **{**two, "session_hours": ["8", "不知道", ""]})
    assert "第 2 行课次" in page.text
    assert 'value="急救"' in page.html
    page = desk.press("保存草稿", **PLAN, **two)
    assert "已保存草稿" in page.text
    assert "4-10-01-05" not in page.text
    assert "养老护理员" in page.text
    page = desk.press("提交，等待审核")
    assert "没有作出告知承诺" in alert(page)
    page = desk.press("提交，等待审核", promised="1")
    assert "等人社部门审核" in page.text
    with loop.world.database.read() as session:
        found = session.scalars(select(TrainingClass).order_by(TrainingClass.id.desc())).first()
        assert found is not None
        assert (found.hours_offline, str(found.starts_on), str(found.ends_on)) == (
            16,
            "2024-05-06",
            "2024-05-07",
        )
    loop.done("shenhe", f"/classes/{found.id}/reviews", {"decision": "return", "opinion": "缺少考核方案"})
    desk = at(loop, "t1-admin")
    assert "缺少考核方案" in desk.go("/institution").text
    page = desk.go(f"/institution/classes/{found.id}/plan")
    assert page.html.count('name="session_day"') == 2
    changed = {**PLAN, "syllabus": "照护 16 学时，实操考核"}
    page = desk.press("保存草稿", **changed, session_mode=["offline"] * 2)
    assert "已保存" in page.text
    assert found.name in desk.go("/institution/classes?state=returned&trade=4-10-01-05").text
    assert "没有符合条件的班级" in desk.go("/institution/classes?state=closed").text
    desk.go(f"/institution/classes/{found.id}")
    page = desk.press("取消班级…")
    assert "取消后不能恢复" in page.text
    assert "没有已核销的学员" in page.text
    page = desk.press("取消这个班级", why="报名人数不足")
    assert "班级已取消" in page.text
    assert "准予开班后，学员自己报名" not in page.text, "nobody enrols in what is cancelled"

    assert at(loop, "t1-scan").http.get("/institution/classes/new").status_code == 403
    assert at(loop, "t2-admin").http.get(f"/institution/classes/{found.id}").status_code == 404
    assert at(loop, "t2-admin").http.get(f"/institution/classes/{found.id}/plan").status_code == 404


def test_hours_are_recorded_corrected_and_signed_off(loop: Loop) -> None:
    class_id = loop.ids["class"]
    loop.redeem("li", "other_voucher", LI_SI[1][-4:])
    with loop.world.database.read() as session:
        days = [each.id for each in list_sessions(session, class_id)]
    early = at(loop, "t1-teach").go(f"/institution/sessions/{days[0]}")
    assert "还没开始" in early.text
    assert "保存" not in early.text
    for day, session_id in enumerate(days):
        loop.move_to(CLASS_DAY + timedelta(days=day, hours=8, minutes=31))
        teacher = at(loop, "t1-teach")
        teacher.go(f"/institution/sessions/{session_id}")
        more = {f"hours-{loop.ids['other_voucher']}": "0" if day else "8"}
        if not day:
            # nothing is filled in before the teacher has said it: who forgets somebody is told so
            page = teacher.press("保存 2 人的到课", **{f"hours-{loop.ids['voucher']}": "8"})
            assert "第2位学员的学时”填写有误：没有填写" in alert(page), "whose is missing is said"
            page = teacher.press("保存 2 人的到课", **{f"hours-{loop.ids['voucher']}": "9"}, **more)
            assert "超过这次课的" in alert(page)
            # whoever signs before anybody is written down has everybody to make up for with evidence
            assert "还没有人登记到课：请先在上面登记，缺课的填 0 学时，再会签" in page.text
            assert ">会签</button>" not in page.html, "nothing is offered that would be refused"
            assert page.text.index("保存 2 人的到课") < page.text.index("会签")
        page = teacher.press("保存 2 人的到课", **{f"hours-{loop.ids['voucher']}": "8"}, **more)
        assert "已登记 2 人到课" in page.text
    page = teacher.press("更正", hours="4", why="下午到课，有签到表")
    assert "已更正" in page.text
    assert "下午到课" in page.text
    class_page = f"/institution/classes/{class_id}"
    assert "由教务或管理员结业签字" in teacher.go(class_page).text
    marks = teacher.go(f"/institution/sessions/{days[0]}/marks").text
    assert "签到、签退已于 2024-03-25 17:30 截止" in marks
    # nobody signed in, and both came: who reads the page is told so
    assert "签到 0 / 2 人，现在在场 0 人；另有 2 人没有签到，已登记到课" in marks
    assert marks.count("已登记 8 学时") == 2, marks
    assert "登记缺课" in teacher.go(f"/institution/sessions/{days[1]}/marks").text

    desk = at(loop, "t1-admin")
    assert "待结业签字" in desk.go("/institution").text
    assert "课已全部上完。请核对每次课的到课，再点“结业签字”" in desk.go(class_page).text
    desk.go(f"/institution/classes/{class_id}/completions")
    exams = {f"exam-{loop.ids['voucher']}": "82.5", f"exam-{loop.ids['other_voucher']}": "缺考"}
    page = desk.press("核对结果", **{**exams, f"exam-{loop.ids['other_voucher']}": ""})
    assert "尚缺1人" in alert(page)
    assert 'value="82.5"' in page.html
    page = desk.press("核对结果", **exams)
    assert "合格 1 人，不合格 1 人" in page.text
    assert "请最后看一遍" in page.text
    with loop.world.database.read() as session:
        assert session.scalars(select(Completion)).all() == [], "looking ahead signs nothing"
    page = desk.press("签字")
    assert "已结业签字：合格 1 人，不合格 1 人" in page.text
    assert "82.50" in page.text
    marks = teacher.go(f"/institution/sessions/{days[0]}/marks").text
    assert "已登记 8 学时" in marks
    assert "班级当前为“已结业”，不再签到、签退" in marks
    page = desk.go(class_page)
    assert "已结业签字" in page.text
    assert "不合格" in page.text
    assert "结业 1 人，1 人没有结业" in page.text
    assert "在班 " not in page.text, "nobody sits in a class that was signed off"
    assert "结业 1" in desk.go("/institution/classes").text
    assert at(loop, "t1-teach").http.get(f"/institution/classes/{class_id}/completions").status_code == 403
    assert at(loop, "t2-teach").http.get(f"/institution/sessions/{days[0]}").status_code == 404


def test_people_are_filed_by_line_or_by_file(loop: Loop) -> None:
    desk = at(loop, "t1-admin")
    page = desk.go("/institution/rosters")
    chosen = {"programme_id": str(loop.ids["programme"])}
    assert "通用培训券" not in page.text, "nobody is filed for an open programme"
    page = desk.press("报送，等待审核", people="孙八 650104199308089966\n张三", **chosen)
    assert "第1行" in alert(page)
    assert "第2行" in alert(page)
    assert "张三" in page.html
    page = desk.press("报送，等待审核", people=f"{SUN_BA[0]} {SUN_BA[1]}", **chosen)
    assert "已报送名册" in page.text
    assert "孙*" in page.text
    assert SUN_BA[1] not in page.html
    desk.go("/institution/rosters")
    bad = io.BytesIO("姓名,证件号码\n李四,410702198511209920\n".encode())
    page = desk.press("报送，等待审核", people="", roster=(bad, "名册.csv"), **chosen)
    assert "第2行" in alert(page)
    with loop.world.database.read() as session:
        issue_id = session.scalars(select(Issue.id).order_by(Issue.id.desc())).first()
    assert at(loop, "t2-admin").http.get(f"/institution/rosters/{issue_id}").status_code == 404
    assert at(loop, "t1-teach").http.get("/institution/rosters").status_code == 403


def test_the_administrator_opens_accounts_and_names_the_account_paid_to(loop: Loop) -> None:
    desk = at(loop, "t1-admin")
    desk.go("/institution/colleagues")
    typed = {"role": "teacher", "name": "赵六", "number": "11010519491231002X", "login": "t1-zhao"}
    form, _ = desk.page.form("开账号")
    key = dict(form.values)["idempotency_key"]
    page = desk.press("开账号", **typed)
    assert desk.answer.status_code == 201
    assert "初始密码只在这里显示一次" in page.text
    assert desk.answer.headers["Cache-Control"] == "no-store"
    assert "t1-zhao" in desk.go("/institution/colleagues").text
    page = desk.press("开账号", **typed, idempotency_key=key)
    assert "初始密码只显示一次，没有抄下的请重置密码" in page.text
    assert alert(desk.press("开账号", **typed))
    desk.go("/institution/account")
    page = desk.press(
        "提出，等待确认", holder="甲校", bank="中行济源", account="260000000000000000", evidence="开户许可证"
    )
    assert "户名与机构登记的名称不一致" in alert(page)
    typed = {"holder": T1[0], "bank": "中行济源", "account": "260000000000000000", "evidence": "开户许可证"}
    page = desk.press("提出，等待确认", **typed)
    assert "已提出，等本机构另一人确认" in page.text
    assert "您提出的，等本机构另一人确认" in page.text
    assert "260000000000000000" not in page.html
    for path in ("/institution/claims", "/institution/payments"):
        desk.go(path)
        assert desk.answer.status_code == 200
    page = desk.go("/institution/claims")
    assert "现在没有可以申领的券" in page.text
    for path in ("/institution/colleagues", "/institution/claims", "/institution/account"):
        assert at(loop, "t1-scan").http.get(path).status_code == 403


def test_a_device_is_named_where_it_scans_and_struck_off_at_once(loop: Loop) -> None:
    class_id = loop.ids["class"]
    desk, head = at(loop, "t1-scan"), at(loop, "t1-admin")
    desk.go(f"/institution/scan?class_id={class_id}")
    page = desk.press("给本机起名", device="")
    assert "设备名称" in alert(page)
    assert "扫码核销" in page.text
    form, _ = desk.page.form("给本机起名")
    page = desk.press("给本机起名", device="前台一号机")
    assert "本机已登记为“前台一号机”，等管理员批准" in page.text
    # a double click: the browser keeps what the second answer brings, and it is the same device
    kept = desk.http.get_cookie("counter")
    assert kept is not None
    key = dict(form.values)["idempotency_key"]
    again = desk.press("重新登记本机", device="前台一号机", idempotency_key=key)
    assert "本机已登记为“前台一号机”" in again.text
    told = desk.http.get_cookie("counter")
    assert told is not None
    assert told.value == kept.value
    page = desk.go(f"/institution/scan?class_id={class_id}")
    assert "本机：前台一号机（待管理员批准）" in page.text
    desk.press("核对", digits="7212345678901234567890")
    page = head.go("/institution/devices")
    assert page.text.count("前台一号机") == 1
    assert "待批准" in page.text
    assert "已批准“前台一号机”" in head.press("批准").text
    with loop.world.database.read() as session:
        assert session.scalars(select(Scan.device).order_by(Scan.id.desc()).limit(1)).one() == "counter-1"
    assert "已停用“前台一号机”" in head.press("停用").text
    desk.go(f"/institution/scan?class_id={class_id}")
    page = desk.press("核对", digits="7212345678901234567890")
    assert "这台设备“前台一号机”已被本机构停用，不能核销" in page.text
    assert desk.http.get("/institution/devices").status_code == 403
    head.go("/institution/colleagues")
    assert "已暂停 t1-" in head.press("暂停").text
    assert "已恢复 t1-" in head.press("恢复").text
    form, _ = head.page.form("重置密码")
    page = head.press("重置密码")
    assert "密码已重置" in page.text
    assert head.answer.headers["Cache-Control"] == "no-store"
    # the answer was lost and the form is sent again: the first password still counts
    head.go("/institution/colleagues")
    head.press("重置密码", idempotency_key=dict(form.values)["idempotency_key"])
    assert head.answer.status_code == 200
    assert "初始密码只显示一次" in head.page.text


def test_a_school_leaves_the_list_and_its_people_are_told_what_they_can_do(loop: Loop) -> None:
    head = at(loop, "t1-admin")
    assert "没有填写" in alert(_leave(head, " "))
    page = _leave(head, "校舍拆迁")
    assert "须由本机构另一位管理员或教务登录后在本页确认" in page.text
    assert "在培的券停住（已报名未核销 1 张，培训中 1 张）" in page.text
    assert "退出目录，等另一人确认" in head.go("/institution").text, "nothing has happened yet"
    page = at(loop, "shenhe").go(f"/office/institutions/{loop.ids['t1']}")
    assert "机构提出自愿退出目录，等机构另一人确认" in page.text
    loop.world.colleague("t1-registrar", loop.ids["t1"], Role.REGISTRAR)
    other = at(loop, "t1-registrar")
    assert "由您确认或不同意" in other.go("/institution").text
    page = other.go("/institution/exits")
    assert "养老护理员五级一班" in page.text
    loop.world.let_sign("t1-registrar", days=-1)
    asked = other.press("确认退出目录，停住 2 张券", understood="1")
    assert "签署前验证" in asked.text, "whoever walks past an open screen does not stop two vouchers"
    page = other.press("验证并签署", signing_code=loop.world.code("t1-registrar"))
    assert "已退出目录，2 张在培的券停住" in page.text
    assert "上次提出" in page.text
    assert "当前为“移出目录”，不能核销、不能开班" in head.go("/institution").text

    # at the counter it says what happened, and nothing is to be scanned
    desk = at(loop, "t1-scan")
    for path in ("/institution/scan", f"/institution/scan?class_id={loop.ids['class']}"):
        page = desk.go(path)
        assert "当前为“移出目录”，不能核销、不能开班" in page.text
        assert "券和学时都在，转到哪个班、怎样另选看“我的券”" in page.text
        assert "<scan-field" not in page.html
    assert "请先选学员所在的班" not in desk.go("/institution/scan").text
    # what was noted before goes on being sent, from wherever the counter is let
    for path in ("/institution/scan", "/institution"):
        (element,) = (values for tag, values in desk.go(path).tags if tag == "scan-offline")
        assert element["data-account"]
        assert "data-class" not in element
        assert "data-ready" not in desk.page.html, "no list is kept for a class nobody is scanned for"
    # the office reads whose exit it was by name, and no number of ours
    page = at(loop, "shenhe").go("/office/holds")
    assert f"{T1[0]}：自愿退出（校舍拆迁）" in page.text
    assert not re.search(r"机构 \d", page.text)
    worker = at(loop, "zhang")
    page = worker.go(f"/my/vouchers/{loop.ids['voucher']}")
    assert "机构已退出，接下来怎么办" in page.text
    assert "机构已退出目录，这张券暂停使用" in page.text
    assert "正在核查" not in page.text, "nobody looks into anything of his"
    page = worker.go("/my")
    assert "打开这张券看怎么办" in page.text
    assert "的课不上了" in page.text, "nobody travels to a lesson that is not held"
    assert "接下来的课" not in page.text
    page = worker.go(f"/my/vouchers/{loop.ids['voucher']}")
    assert "等转班（不用办理）" in page.text
    assert "机构已退出或停业，等转班，或本人另选（人社部门办理）" in page.text, (
        "nothing is waited for from who left"
    )
    # one tap too many would end the voucher and its hours for good
    page = worker.press("不转班，申请一张新券")
    assert "请先勾选，表示知道原券作结、学时不带走" in page.text
    assert "培训中" in worker.go(f"/my/vouchers/{loop.ids['voucher']}").text
    page = worker.press("不转班，申请一张新券", sure="1")
    assert "已申请新券，原券作结" in page.text


def test_many_classes_a_house_leaves_behind_are_paged_and_what_it_applied_for_is_not_opened(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = CLASS_DAY.date()
    classes = tuple(exits.ClassLeft(each, f"第 {each} 班", "running", day, day, 1) for each in range(1, 61))
    monkeypatch.setattr(exits, "read_leaving", lambda *_: exits.Leaving(0, 60, 0, 0, 3, classes))
    head = at(loop, "t1-admin")
    page = head.go("/institution/exits")
    assert "另有 3 份开班申请不予开班" in page.text
    assert "共 60 个班，本页 50 个班" in page.text
    assert "第 50 班" in page.text
    assert "第 51 班" not in page.text
    page = head.go("/institution/exits?after=50")
    assert ("第 50 班" in page.text, "第 51 班" in page.text, "下一页" in page.text) == (False, True, False)
    assert "回到第一页" in page.text
    monkeypatch.setattr(api_exits, "read_leaving", exits.read_leaving)
    path = f"/institutions/{loop.ids['t1']}/exits"
    first = loop["t1-admin"].get(path).json["effect"]
    assert (len(first["classes"]), first["class_count"]) == (50, 60)
    rest = loop["t1-admin"].get(f"{path}?cursor={first['next_cursor']}").json["effect"]
    assert [each["name"] for each in rest["classes"]] == [f"第 {each} 班" for each in range(51, 61)]
    assert (rest["next_cursor"], rest["digest"]) == (None, first["digest"])


def test_a_colleague_who_does_not_agree_keeps_the_school_on_the_list(loop: Loop) -> None:
    head = at(loop, "t1-admin")
    _leave(head, "校舍拆迁")
    loop.world.colleague("t1-registrar", loop.ids["t1"], Role.REGISTRAR)
    other = at(loop, "t1-registrar")
    other.go("/institution/exits")
    assert "没有填写" in alert(other.press("不同意，撤回这份申请", why=" "))
    page = other.press("不同意，撤回这份申请", why="校舍续租了")
    assert "已撤回，本机构仍在目录内" in page.text
    assert "校舍续租了" in page.text
    assert "提出退出，等另一人确认" in head.go("/institution/exits").html, "it may be asked again"
    assert "退出目录，等另一人确认" not in head.go("/institution").text


def _leave(head: Browser, why: str) -> Page:
    head.go("/institution/exits")
    return head.press("提出退出，等另一人确认", why=why)
