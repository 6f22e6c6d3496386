"""Before a signature the hand is proven once more: at the pages and the API, one by one and in bulk."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC

import pytest
from sqlalchemy import select, update

from tests import town_train
from tests.doors.test_access import requests_of
from tests.doors.web.browser import Browser, Page
from tests.doors.world import PROVINCE, World, refused_with
from tests.house.reaching import list_senders
from tests.house.test_signing import find_unread
from tests.loop.telling import settle_for, states_of
from tests.scene import EV1, JIYUAN, LI_SI, ZHANG_SAN, Scene, on
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.step_up import SIGNED_ANSWERS, SIGNED_DEEDS, SIGNING
from voucher.ledger.audit import AuditRow
from voucher.registry.institutions import Institution
from voucher.registry.standards import Parameter
from voucher.registry.users import WebSession
from voucher.rules.actor import Role

ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def office(scene: Scene, world: World) -> Callable[[str], Browser]:
    """Return who opens a browser nobody has signed in yet; a batch of two waits for the first review."""
    scene.at = on("2024-01-10")
    world.at = scene.at.astimezone(UTC)
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    settle_for(scene, [ZHANG_SAN, LI_SI], scene.open_budget())

    def come(login: str) -> Browser:
        world.enable(login)
        made = Browser(world.sign_in(login).http)
        _forget(world)
        return made

    return come


def _forget(world: World) -> None:
    """Have everybody's hand unproven, as right after the sign-in."""
    world.do("operator", lambda work: work.session.execute(update(WebSession).values(signing_proven_at=None)))


def test_what_signs_is_an_address_of_the_house() -> None:
    assert set(SIGNING) <= set(MATRIX)


@ONE_DATABASE
def test_whatever_is_posted_to_is_read_by_the_guard_of_hands(world: World) -> None:
    assert find_unread(world.app, list_senders()) == []


@ONE_DATABASE
def test_every_signature_of_both_doors_asks_for_the_code_before_it_looks_at_anything(world: World) -> None:
    world.staff("gly", *Role, region=PROVINCE)
    client = world.sign_in("gly")
    _forget(world)
    asked = []
    for rule, method, path in requests_of(world):
        if rule.endpoint not in SIGNING or method != "POST":
            continue
        field, answer = SIGNED_ANSWERS.get(rule.endpoint, (SIGNING[rule.endpoint], "1"))
        for word in sorted(SIGNED_DEEDS.get(rule.endpoint, {"nothing"})):
            to = path.replace("nothing", word)
            if path.startswith("/api/"):
                refused_with(client.post(path.removeprefix("/api/v1"), {}), 403, "signing_code_needed")
            else:
                sent = {"csrf_token": client.token} | ({field: answer} if field else {})
                page = client.http.post(to, data=sent)
                assert page.status_code == 403, to
                assert "签署前验证" in page.text, to
        asked.append(rule.endpoint)
    assert sorted(asked) == sorted(SIGNING)


@ONE_DATABASE
def test_a_signature_at_the_page_asks_for_the_code_and_loses_nothing_typed(
    scene: Scene, world: World, office: Callable[[str], Browser]
) -> None:
    first = office("初审员")
    first.go("/batches/1")
    first.press("初审通过")
    assert "签署前验证" not in first.page.text, "nothing is signed by looking"
    asked = first.press("确认初审通过", opinion="逐条核对，同意")
    assert first.answer.status_code == 403
    assert "签署前验证" in asked.text
    assert states_of(scene) == {"submitted": 2}
    asked = first.press("验证并签署", signing_code="000000")
    assert "动态口令不正确" in asked.text
    assert states_of(scene) == {"submitted": 2}
    done = first.press("验证并签署", signing_code=world.code("初审员"))
    assert "初审通过：2 条" in done.text
    assert states_of(scene) == {"first_reviewed": 2}
    with world.database.read() as session:
        proofs = session.scalars(select(AuditRow).where(AuditRow.act == "prove_signing")).all()
    assert len(proofs) == 1

    # in the same session and within the minutes of the parameter nothing is asked, afterwards again
    second = office("复核员")
    second.go("/batches/1")
    second.press("复核通过")
    assert "签署前验证" in second.press("确认复核通过", opinion="无误").text
    assert "复核通过：2 条" in second.press("验证并签署", signing_code=world.code("复核员")).text
    world.later(minutes=4)
    assert "已公示" in second.press("张贴公示").text


@ONE_DATABASE
def test_the_api_is_asked_too_a_code_is_good_once_and_zero_minutes_ask_every_time(
    scene: Scene, world: World, office: Callable[[str], Browser]
) -> None:
    world.enable("初审员")
    client = world.sign_in("初审员")
    _forget(world)
    path, body = "/batches/1/signatures", {"step": "first_review", "decision": "pass", "opinion": "齐全"}
    version = client.get("/batches/1").json["version"]
    refused_with(client.post(path, body), 403, "signing_code_needed")
    code = world.code("初审员")
    stale = client.post(path, {**body, "version": "0" * 16}, headers_more={"Signing-Code": code})
    refused_with(stale, 409, "page_stale")
    world.do(
        "operator",
        lambda work: work.session.execute(
            update(Parameter).where(Parameter.name == "signing_proof_minutes").values(value="0")
        ),
    )
    refused_with(client.post(path, body), 403, "signing_code_needed")
    used = client.post(path, body, headers_more={"Signing-Code": code})
    refused_with(used, 403, "totp_refused")
    assert states_of(scene) == {"submitted": 2}
    world.later(seconds=31)
    sent, code = {**body, "version": version}, world.code("初审员")
    signed = client.post(path, sent, key="one", headers_more={"Signing-Code": code})
    assert signed.json["count"] == 2
    _forget(world)

    # whose line broke sends the same key again: it was answered, nothing is done anew and no code is asked
    world.later(minutes=6)
    for headers in ({}, {"Signing-Code": code}):
        again = client.post(path, sent, key="one", headers_more=headers)
        assert (again.status_code, again.json) == (201, signed.json)
    refused_with(client.post(path, body, key="one"), 422, "idempotency_key_reused")
    refused_with(client.post(path, sent, key="two"), 403, "signing_code_needed")
    assert states_of(scene) == {"first_reviewed": 2}
    refused_with(client.post("/notices", {"batch_id": 1}), 403, "signing_code_needed")


@ONE_DATABASE
def test_handing_a_role_on_asks_for_the_code_and_loses_nothing_typed(
    world: World, office: Callable[[str], Browser]
) -> None:
    giver = office("复核员")
    page = giver.go("/desk/delegations")
    options = page.html.split('name="grant"')[1].split('<option value="')[1:]
    choice = next(each.split('"')[0] for each in options if each.split('"')[0].isdigit())
    typed = {"grant": choice, "deputy": "初审员", "since": "2024-01-11", "until": "2024-01-15"}
    asked = giver.press("委托", **typed, why="外出培训")
    assert "签署前验证" in asked.text
    assert giver.answer.status_code == 403
    assert "没有委托" in giver.go("/desk/delegations").text, "a stolen session hands nothing on"
    giver.press("委托", **typed, why="外出培训")
    done = giver.press("验证并签署", signing_code=world.code("复核员"))
    assert "已委托，2024-01-11 至 2024-01-15 有效" in done.text
    assert "外出培训" in done.text


@ONE_DATABASE
def test_a_measure_is_confirmed_with_the_code_of_the_moment(
    scene: Scene, world: World, office: Callable[[str], Browser]
) -> None:
    with scene.database.read() as session:
        house = session.scalars(select(Institution.id).where(Institution.code == EV1[1])).one()
    officer, other = office("初审员"), office("复核员")
    officer.go(f"/office/institutions/{house}/measures/warn")
    asked = officer.press("提出约谈", facts="抽查发现没有开考")
    assert "签署前验证" in asked.text, "the first hand is proven as well"
    assert "等待另一人确认" in officer.press("验证并签署", signing_code=world.code("初审员")).text
    other.go("/office/measures/1")
    assert "签署前验证" in other.press("确认约谈").text
    done = other.press("验证并签署", signing_code=world.code("复核员"))
    assert "机构现为：约谈" in done.text
    world.enable("异议处理员")
    client = world.sign_in("异议处理员")
    _forget(world)
    refused_with(client.post("/measures/1/confirmations", {"seen": "x"}), 403, "signing_code_needed")
    body, code = {"decision": "confirm", "account": "1"}, "signing_code_needed"
    refused_with(client.post("/payee-accounts/1/confirmations", body), 403, code)


@ONE_DATABASE
def test_a_bank_file_is_sent_with_its_code_and_what_was_typed_beside_it_stays(
    world: World, office: Callable[[str], Browser]
) -> None:
    maker = office("制单员")
    maker.go("/bank-credits")
    told = "流水号,付款户名,金额,附言\r\nA003,某某公司,88.00,货款".encode("gbk")
    with_file = {"credits": (io.BytesIO(told), "到账.csv")}
    asked = maker.press("导入", **with_file, region=JIYUAN, signing_code="000000")
    assert "动态口令不正确" in asked.text
    assert "请再选一次：到账.csv" in asked.text, "no page hands a file back"
    assert ("region", JIYUAN) in asked.form("验证并签署")[0].values
    chosen = [each for tag, each in asked.tags if tag == "input" and each.get("type") == "file"]
    assert [each["name"] for each in chosen] == ["credits"]
    assert "没有待确认的到账" in maker.go("/bank-credits").text
    with_file = {"credits": (io.BytesIO(told), "到账.csv")}
    done = maker.press("导入", **with_file, region=JIYUAN, signing_code=world.code("制单员"))
    assert "待核对 1 笔" in done.text, "nothing is asked a second time"


@ONE_DATABASE
def test_an_institution_agrees_to_an_account_with_the_code_and_finds_its_own_way_back(
    scene: Scene, world: World, office: Callable[[str], Browser]
) -> None:
    house = town_train.train_institution(scene)
    world.colleague("校长", house, Role.INSTITUTION_ADMIN)
    head = Browser(world.sign_in("校长").http)
    _forget(world)
    head.go("/institution/account")
    forms = (dict(each.values) for each in head.page.forms)
    token = next(each["csrf_token"] for each in forms if "csrf_token" in each)
    sent = {"csrf_token": token, "idempotency_key": "agree-1", "account": "6222000000000001"}
    answer = head.http.post("/institution/account/1/agreements", data=sent)
    asked = Page(answer.text)
    assert answer.status_code == 403
    assert "签署前验证" in asked.text
    assert ("account", "6222000000000001") in asked.form("验证并签署")[0].values
    back = asked.html.split('class="quiet" href="')[1].split('"')[0]
    assert back.startswith("/institution")
    assert head.http.get(back).status_code == 200
