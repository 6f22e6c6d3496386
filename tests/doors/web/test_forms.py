"""Forms act once, say why they did not, and lose nothing that was typed."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.doors.web.browser import Browser, Office
from tests.doors.web.test_whole_way import OCTOBER, settle
from tests.doors.world import World
from tests.scene import ZHANG_SAN, Scene
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.stages.settle import review

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def post(http: FlaskClient, browser: Browser, says: str, **typed: str) -> tuple[int, str]:
    """Send the form of a page as it stands, without following, and return status and target."""
    form, _ = browser.page.form(says)
    data = {**dict(form.values), **typed}
    answer = http.post(form.action, data=data)
    return answer.status_code, answer.headers.get("Location", "")


def test_a_double_click_acts_once_and_both_lead_to_the_same_page(office: Office) -> None:
    operator = office.at("operator")
    operator.go("/budgets")
    typed = {
        "region": "419001",
        "year": "2024",
        "source": "employment_subsidy",
        "amount": "500",
        "document": "x",
    }
    first = post(operator.http, operator, "下达", **typed)
    assert first == post(operator.http, operator, "下达", **typed)
    assert first == (303, "/budgets/1")
    assert office.scene.budget(1).granted_fen == 10_500_00


def test_the_same_form_with_other_content_is_refused(office: Office) -> None:
    operator = office.at("operator")
    operator.go("/budgets")
    typed = {
        "region": "419001",
        "year": "2024",
        "source": "employment_subsidy",
        "amount": "500",
        "document": "x",
    }
    post(operator.http, operator, "下达", **typed)
    page = operator.press("下达", **{**typed, "amount": "900"})
    assert operator.answer.status_code == 422
    assert "idempotency_key_reused" in page.text


def test_a_refused_form_says_why_at_the_top_and_keeps_what_was_typed(office: Office) -> None:
    operator = office.at("operator")
    operator.go("/budgets")
    page = operator.press(
        "下达", region="419001", year="2024", source="fiscal", amount="12.345", document="济财〔2024〕7号"
    )
    assert operator.answer.status_code == 422
    assert 'role="alert"' in page.html
    assert "未办理：金额“12.345”小数超过两位" in page.text
    assert 'value="济财〔2024〕7号"' in page.html
    assert 'value="12.345"' in page.html


def test_a_field_that_cannot_be_read_is_named_and_marked(office: Office) -> None:
    operator = office.at("operator")
    operator.go("/batches/new")
    page = operator.press(
        "逐人核对", kind="evaluation", region="419001", from_on="昨天", until_on="2023-10-31", budget="1"
    )
    assert "“发证日期起”填写有误：不是有效的日期" in page.text
    assert 'aria-invalid="true"' in page.html


def test_an_identity_number_is_never_shown_back(office: Office) -> None:
    officer = office.at("初审员")
    officer.go("/identity-corrections")
    page = officer.press("提出姓名更正", number=ZHANG_SAN[1], new_name="张三", evidence="证明")
    assert "新姓名与现用姓名相同" in page.text
    assert ZHANG_SAN[1] not in page.html


def test_what_changed_after_the_confirmation_is_not_signed(office: Office) -> None:
    batch = settle(office)
    officer = office.at("初审员")
    officer.go(batch)
    officer.press("初审通过")
    office.scene.do("初审员", lambda work: review.return_claims(work, 1, Step.FIRST_REVIEW, [1], "缺材料"))
    page = officer.press("确认初审通过", opinion="同意")
    assert officer.answer.status_code == 409
    assert "页面打开之后情况有变，本次没有办理" in page.text
    assert "核对现在的条数、金额和状态" in page.text


def test_returning_and_rejecting_need_chosen_lines_and_words(office: Office) -> None:
    batch = settle(office)
    officer = office.at("初审员")
    officer.go(batch)
    assert "须逐条选定" in officer.press("不予通过").text
    officer.go(batch)
    officer.press("退回补正", claim="1")
    page = officer.press("确认初审退回补正", opinion="  ")
    assert officer.answer.status_code == 422
    assert "“意见”填写有误：没有填写" in page.text
    assert "确认初审退回补正 1 条" in page.text


def test_a_line_left_to_a_person_is_cleared_by_two(office: Office, scene: Scene) -> None:
    scene.certify(scene.certificate(("钱七", "410711196401059953"), issued="2023-11-02", method="竞赛"))
    operator = office.at("operator")
    operator.go("/batches/new")
    november = {**OCTOBER, "from_on": "2023-11-01", "until_on": "2023-11-30"}
    assert "转人工" in operator.press("逐人核对", **november).text
    operator.press("申报 1 条")
    officer = office.at("初审员")
    officer.go("/claims/1")
    assert "等待另一人确认" in officer.press("提出核定", amount="100.00", opinion="竞赛文件").text
    assert "须由两人办理" in officer.press("确认核定", amount="100.00", opinion="再来一次").text
    other = office.at("复核员")
    other.go("/claims/1")
    assert "已由两人核定 100.00 元" in other.press("确认核定", amount="100.00", opinion="同意").text


def test_without_its_token_a_form_does_nothing(office: Office) -> None:
    operator = office.at("operator")
    answer = operator.http.post("/budgets", data={"region": "419001", "amount": "1", "idempotency_key": "k"})
    assert answer.status_code == 403
    assert "页面已过期" in answer.text
    assert "X-CSRFToken" not in answer.text, "that is for programs"


def test_an_error_page_says_what_to_do_and_the_way_back(office: Office) -> None:
    operator = office.at("operator")
    missing = operator.http.get("/nothing/here", headers={"Referer": "http://localhost/batches?state=filed"})
    assert missing.status_code == 404
    assert "没有这个页面" in missing.text
    assert "没有这个页面或接口" not in missing.text
    assert 'href="/batches?state=filed">回上一页' in missing.text
    assert "回到工作台" in missing.text
    foreign = operator.http.get("/nothing/here", headers={"Referer": "https://elsewhere.example/batches"})
    assert "回上一页" not in foreign.text


def test_a_batch_of_another_region_is_as_missing_as_none(office: Office, world: World) -> None:
    batch = settle(office)
    world.staff("外地审核员", Role.OFFICER_COUNTY, region="410100")
    stranger = Browser(world.sign_in("外地审核员").http)
    assert stranger.go(batch).text.count("没有找到这个结算批次") >= 1
    assert stranger.answer.status_code == 404
    assert stranger.go("/batches/999").text.count("没有找到这个结算批次") >= 1
    assert "JS-419001" not in stranger.go("/batches").text


def test_the_size_of_letters_is_remembered(office: Office) -> None:
    anybody = office.anybody()
    anybody.go("/notices")
    page = anybody.press("长辈版")
    assert '<html lang="zh-CN" class="public large">' in page.html
    assert anybody.answer.request.path == "/notices"
    assert 'class="public"' in anybody.press("标准字号").html
