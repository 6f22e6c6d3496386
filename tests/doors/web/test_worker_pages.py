"""A worker at the pages: taking, choosing a class, the code on the screen, giving back, and nobody else's."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import select

from tests.doors.loop import LI_SI, Loop
from tests.doors.web.browser import Browser
from tests.doors.web.test_looks import IDENTITY, find_doubled_ids, find_unlabelled
from voucher.ledger.audit import AuditRow
from voucher.ledger.credentials import ScreenCode
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import SHANGHAI


def at(loop: Loop, login: str) -> Browser:
    """Return the browser of somebody who is signed in."""
    return Browser(loop[login].http)


def state(loop: Loop, voucher: str = "other_voucher") -> str:
    """Return the state of a voucher."""
    with loop.world.database.read() as session:
        return session.get_one(Voucher, loop.ids[voucher]).state


def shown_codes(loop: Loop) -> int:
    """Return how many codes were ever shown."""
    with loop.world.database.read() as session:
        return len(session.scalars(select(ScreenCode.id)).all())


def leave_class(loop: Loop, browser: Browser) -> None:
    """Have a worker leave the class that has not begun, with a reason."""
    browser.go(f"/my/vouchers/{loop.ids['other_voucher']}")
    browser.press("退出这个班级")
    browser.press("确定退出班级", why="想换一个班")
    assert "已退出班级，可以另选班级" in browser.page.text


def test_a_worker_finds_the_way_from_the_wallet_to_the_green_tick(loop: Loop) -> None:
    li, voucher_id = at(loop, "li"), loop.ids["other_voucher"]
    assert "现在可以用的券" in li.go("/my").text
    assert "出示二维码" in li.page.text
    leave_class(loop, li)
    li.go("/my")
    assert "1,200.00" in li.page.text
    assert "请选择班级报名" in li.page.text
    chosen = li.go(f"/my/vouchers/{voucher_id}/classes")
    assert "养老护理员五级一班" in chosen.text
    assert "自己付 0.00 元" in chosen.text
    li.press("报这个班")
    assert "报名后这张券只能用在这个班" in li.page.text
    assert "自己付 0.00 元" in li.page.text
    li.press("确认报名")
    assert "报名成功" in li.page.text
    assert state(loop) == "enrolled"

    before = li.go(f"/my/vouchers/{voucher_id}/code")
    assert "身份证" in before.text
    li.press("显示二维码")
    assert li.answer.headers["Cache-Control"] == "no-store"
    digits = _digits_of(li.page.text)
    shown = f"/my/vouchers/{voucher_id}/code/state"
    assert li.http.get(shown).get_json()["redeemed_at"] is None
    body = {
        "digits": digits,
        "class_id": loop.ids["class"],
        "last4": LI_SI[1][-4:],
        "device": "前台一号",
        "nonce": "first",
    }
    assert loop["t1-scan"].post("/redemptions", body).status_code == 201
    answered = li.http.get(shown).get_json()
    assert (answered["state"], answered["institution"]) == ("training", "示例甲职业培训学校")
    lessons = li.go("/my/classes").text
    assert "已上 0 / 共 40 学时" in lessons
    li.go(f"/my/vouchers/{voucher_id}")
    li.press("退训")
    li.press("确定退训", why="")
    assert "没有填写" in li.page.text
    li.press("确定退训", why="找到工作")
    assert "已退训" in li.page.text
    assert state(loop) == "dropped"
    assert "退训" in li.go("/my/vouchers?tab=gone").text


def test_past_its_last_day_a_voucher_says_until_when_a_scan_of_that_day_may_arrive(loop: Loop) -> None:
    li, voucher_id = at(loop, "li"), loop.ids["other_voucher"]
    page = f"/my/vouchers/{voucher_id}"
    assert "到机构出示二维码核销" in li.go(page).text
    with loop.world.database.read() as session:
        last = session.get_one(Voucher, voucher_id).redeem_by
    loop.move_to(datetime.combine(last + timedelta(days=1), time(9), SHANGHAI))
    li = at(loop, "li")
    until = (last + timedelta(days=3)).isoformat()
    told = f"{last.isoformat()} 是最后一天，已经过了，不能再核销"
    for path in (page, "/my", "/my/vouchers?tab=doing", "/my/classes", f"{page}/code"):
        text = li.go(path).text
        assert "到机构出示二维码核销" not in text, path
        if path != "/my/vouchers?tab=doing":
            assert told in text, path
            assert f"最晚 {until} 23:59 以前还会传上来" in text, path
    assert "显示二维码" not in li.page.text
    assert "出示二维码" not in li.go(page).text


def _digits_of(text: str) -> str:
    words = text[text.index("72") :].split()
    return "".join(words)[:22]


def test_taking_a_voucher_is_promised_and_tapped_twice_is_one(loop: Loop) -> None:
    sun = at(loop, "sun")
    assert "通用培训券" in sun.go("/my/offers").text
    refused = sun.press("领取")
    assert "承诺" in refused.text
    sun.go("/my/offers")
    form, _ = sun.page.form("领取")
    sun.press("领取", declared="1")
    assert "领取成功" in sun.page.text
    again = sun.http.post(form.action, data={**dict(form.values), "declared": "1"}, follow_redirects=True)
    with loop.world.database.read() as session:
        mine = session.scalars(
            select(Voucher.id).where(Voucher.programme_id == loop.ids["open_programme"])
        ).all()
    assert len(mine) == 1
    assert again.status_code in (200, 409)
    page = sun.go("/my/offers")
    assert "您暂时不能领取" in page.text
    assert "本人在这个券种下已有一张培训券" in page.text
    assert "依据" in page.text


def test_giving_back_asks_once_more_and_ends_the_voucher(loop: Loop) -> None:
    li = at(loop, "li")
    leave_class(loop, li)
    li.go(f"/my/vouchers/{loop.ids['other_voucher']}")
    li.press("退回这张券")
    assert "退回以后不能恢复" in li.page.text
    assert state(loop) == "accepted"
    li.press("确定退回")
    assert "已退回这张券" in li.page.text
    assert state(loop) == "withdrawn"
    assert "没有待使用的券" in li.go("/my/vouchers?tab=todo").text


def test_somebody_elses_voucher_is_missing_and_the_attempt_is_kept(loop: Loop) -> None:
    li, foreign = at(loop, "li"), loop.ids["voucher"]
    leave_class(loop, li)
    li.go(f"/my/vouchers/{loop.ids['other_voucher']}")
    form, _ = li.page.form("退回这张券")
    before = shown_codes(loop)
    for path in ("", "/code", "/classes", "/code/state"):
        assert li.http.get(f"/my/vouchers/{foreign}{path}").status_code == 404
        assert li.http.get(f"/my/vouchers/999999{path}").status_code == 404
    data = {**dict(form.values), "sure": "1"}
    answer = li.http.post(f"/my/vouchers/{foreign}/withdrawals", data=data)
    assert answer.status_code == 404
    assert "没有找到这张培训券" in answer.get_data(as_text=True)
    assert li.http.post(f"/my/vouchers/{foreign}/code", data=dict(form.values)).status_code == 404
    assert shown_codes(loop) == before
    with loop.world.database.read() as session:
        kept = session.scalars(
            select(AuditRow.act).where(AuditRow.thing == "voucher", AuditRow.object_id == foreign)
        ).all()
    assert kept.count("foreign_attempt") == 2
    assert state(loop, "voucher") == "training"


def test_every_page_is_decent_and_staff_stay_out(loop: Loop) -> None:
    li, voucher_id = at(loop, "li"), loop.ids["other_voucher"]
    for path in (
        "/my",
        "/my/offers",
        "/my/vouchers",
        f"/my/vouchers/{voucher_id}",
        f"/my/vouchers/{voucher_id}/code",
        f"/my/vouchers/{voucher_id}/classes",
        "/my/classes",
        "/my/profile",
    ):
        page = li.go(path)
        assert li.answer.status_code == 200, path
        assert [tag for tag, _ in page.tags].count("h1") == 1, path
        assert find_unlabelled(page) == [], path
        assert find_doubled_ids(page) == [], path
        assert IDENTITY.findall(page.html) == [], path
        assert len(li.answer.data) < 60_000, path
        assert at(loop, "t1-admin").http.get(path).status_code == 403, path


def test_a_worker_says_it_was_not_them_and_reads_what_the_office_found(loop: Loop) -> None:
    li, officer, voucher_id = at(loop, "li"), at(loop, "shenhe"), loop.ids["other_voucher"]
    page = li.go(f"/my/vouchers/{voucher_id}/dispute")
    assert find_unlabelled(page) == []
    li.press("反映，停下这张券", problem="not_me", said="")
    assert "“经过”填写有误：没有填写" in li.page.text
    li.press("反映，停下这张券", problem="not_me", said="我没有报过这个班")
    assert "已反映，这张券先停下来" in li.page.text
    assert "人社部门正在核查" in li.page.text
    assert "待处置" in li.go(f"/my/vouchers/{voucher_id}").text
    li.go(f"/my/vouchers/{voucher_id}/dispute")
    assert "继续办理" in li.press("是我弄错了，撤回").text
    li.go(f"/my/vouchers/{voucher_id}/dispute")
    li.press("反映，停下这张券", problem="not_me", said="真的没有报过")

    holds = officer.go("/office/holds").text
    assert "持券人反映：不是本人办理的" in holds
    assert "真的没有报过" in holds
    officer.go(f"/office/vouchers/{voucher_id}/close-hold")
    officer.press("确认结束待处置", why="经核实，由本人家属代为报名，本人知情")
    told = li.go(f"/my/vouchers/{voucher_id}/dispute").text
    assert "结论：经核实，由本人家属代为报名，本人知情" in told
    assert "本人撤回" in told
