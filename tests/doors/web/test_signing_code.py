"""Before a signature the hand is proven once more: at the pages and the API, one by one and in bulk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

import pytest
from sqlalchemy import select, update

from tests import town_train
from tests.doors.web.browser import Browser, Page
from tests.doors.world import World, refused_with
from tests.loop.telling import settle_for, states_of
from tests.scene import EV1, LI_SI, ZHANG_SAN, Scene, on
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.step_up import SIGNING
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
    signed = client.post(
        path, {**body, "version": version}, headers_more={"Signing-Code": world.code("初审员")}
    )
    assert signed.json["count"] == 2
    _forget(world)
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
    assert "等待另一人确认" in officer.press("提出约谈", facts="抽查发现没有开考").text
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
