"""Every login the demonstration prints: it is let in, and something waits at its desk."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.demo.built import Built
from voucher.demo.staff import PASSWORD
from voucher.rules.actor import ROLE_NAMES, Role

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("demo")]
RIBBON, LOGINS_HEAD = "演示环境：人员、机构和账户均为虚构", "演示账号"
TILE = re.compile(r'<span class="name">([^<]+)</span>\s*<b>([\d,]+)</b>')
PRINTED = re.compile(
    r'<span class="mono soft nowrap">([a-z0-9-]+)</span></span></td>'
    r'<td data-label="动态口令" class="mono nowrap">([^<]+)</td>'
)
# what at least waits at the desk of each login, by the name on its tile
WAITING: dict[str, tuple[str, ...]] = {
    "operator-jy": ("退回补正", "退票待更正", "候补"),
    "first-review": ("待初审", "券种待发布", "发券单待审核", "领券申请待办理", "开班待审核", "待处置"),
    "second-review": ("待复核", "待公示", "身份更正待审核"),
    "objections": ("待处理异议", "恢复待审批", "标准待确认", "补发待审批"),
    "province-review": ("待处理异议", "券种待发布"),
    "approver": ("待审批",),
    "maker": ("待制单", "退票待更正"),
    "checker": ("待复核的拨付文件", "待确认的收款账户"),
    "releaser": ("待签发的拨付文件",),
    "institution": ("撤销待确认", "退回的开班申请", "可申领的券", "待结业签字"),
    "registrar": ("待结业签字", "退回的开班申请"),
    "scanner": ("待核销", "撤销待确认"),
    "teacher": ("到课待登记",),
    "evaluator": ("待公布成绩", "更正待第二人确认", "可安排考试"),
    "examiner": ("待评价",),
    "scores": ("待录入成绩",),
    "supervisor": ("待处置", "恢复待审批", "候补"),
    "auditor": ("待处置", "恢复待审批", "候补"),
}
# who only looks, keeps keys or accounts, or has a telephone: no tiles, but something to see at once
SEEN: dict[str, tuple[str, str]] = {
    "worker": ("/my", "出示二维码"),
    "sandbox": ("/institution/systems", "沙箱系统"),
    "employer": ("/evaluator/staff", "填写离职"),
    "key-custodian": ("/desk", "签名密钥"),
    "system-admin": ("/desk", "系统管理在服务器上用命令行办理"),
}


@pytest.fixture(scope="module")
def sign_in(built: Built) -> Callable[[str], FlaskClient]:
    """Return how somebody signs in with what the login page shows; a code is good once, a session longer."""
    inside: dict[str, FlaskClient] = {}

    def enter(login: str) -> FlaskClient:
        if login not in inside:
            client = built.demo.test_client()
            code = dict(PRINTED.findall(client.get("/login").text))[login]
            told = {"login": login, "password": PASSWORD, "code": code}
            answer = client.post("/api/v1/sessions", json=told)
            assert answer.status_code == 201, answer.json
            inside[login] = client
        return inside[login]

    return enter


def test_every_role_has_a_login_printed(built: Built) -> None:
    wanted = {name for role, name in ROLE_NAMES.items() if role is not Role.CLOCK}
    # the worker's line tells the last four of the identity card as well
    assert {each.role_name.split("（证件")[0] for each in built.accounts} == wanted
    assert {each.login for each in built.accounts} == WAITING.keys() | SEEN.keys()


def test_the_login_page_of_the_demonstration_shows_the_logins_below_a_ribbon(built: Built) -> None:
    page = built.demo.test_client().get("/login").text
    assert RIBBON in page
    assert LOGINS_HEAD in page
    assert {login for login, _ in PRINTED.findall(page)} == {each.login for each in built.accounts}


def test_any_other_installation_shows_neither(built: Built) -> None:
    client = built.open_app(demo=False).test_client()
    for path in ("/login", "/"):
        page = client.get(path).text
        assert [each for each in (RIBBON, "演示环境", LOGINS_HEAD, PASSWORD) if each in page] == []


@pytest.mark.parametrize("login", WAITING)
def test_something_waits_at_the_desk_of(sign_in: Callable[[str], FlaskClient], login: str) -> None:
    page = sign_in(login).get("/desk", follow_redirects=True).text
    tiles = {name: int(count.replace(",", "")) for name, count in TILE.findall(page)}
    assert [name for name in WAITING[login] if not tiles.get(name)] == [], tiles


@pytest.mark.parametrize("login", SEEN)
def test_something_is_seen_by(sign_in: Callable[[str], FlaskClient], login: str) -> None:
    path, words = SEEN[login]
    answer = sign_in(login).get(path, follow_redirects=True)
    assert answer.status_code == 200
    assert words in answer.text


@pytest.mark.parametrize("login", ["supervisor", "auditor"])
def test_who_watches_is_not_told_to_act(sign_in: Callable[[str], FlaskClient], login: str) -> None:
    page = sign_in(login).get("/desk", follow_redirects=True).text
    assert "正在等待办理，供您监督" in page
    assert "等您办理" not in page
    assert "济源" in sign_in(login).get("/supervisor/regions", follow_redirects=True).text


def test_the_exam_of_today_is_told_to_the_examiner(sign_in: Callable[[str], FlaskClient]) -> None:
    page = sign_in("examiner").get("/desk", follow_redirects=True).text
    assert "今天考试，核对证件" in page


def test_the_printed_worker_is_asked_about_an_application(sign_in: Callable[[str], FlaskClient]) -> None:
    client = sign_in("worker")
    listed = client.get("/my/applications").text
    own = re.search(r"/my/applications/\d+", listed)
    assert own is not None
    assert "准备到哪一家单位就业" in client.get(own[0]).text


def test_the_printed_worker_sees_where_money_went_and_may_say_not_me(
    sign_in: Callable[[str], FlaskClient],
) -> None:
    page = sign_in("worker").get("/my/subsidies").text
    assert page.count("已拨付") >= 2, "the training and the evaluation of half a year ago"
    assert ("不是我" in page, "没收到" in page, "银行到账" in page) == (True, True, True)
    assert "出示二维码" in sign_in("worker").get("/my").text, "and still has a voucher to show"
