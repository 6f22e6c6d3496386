"""Workers sign in with a telephone: the code, who one is at the first time, and what guessing meets."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from tests.doors.telephone import MOBILE, arrive, ask, furnish, messages, prove, ring
from tests.doors.test_entrance import leads_to, send
from tests.doors.test_worker_sign_in import give_role
from tests.doors.world import CHEAP, PASSWORD, World
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN
from voucher.plumbing.outbox import Letter
from voucher.registry.access import passwords, workers
from voucher.registry.access.login_rows import LoginCode, LoginRefusal
from voucher.registry.access.own_accounts import Declaration
from voucher.registry.facts import read_facts
from voucher.registry.people import Newcomer, find_by_indexes, index_of, open_people
from voucher.registry.users import UserAccount, WebSession
from voucher.rules.actor import Role

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SAYS_YES = {"intent": "yes", "terms": "1"}


@pytest.fixture
def town(world: World) -> World:
    furnish(world)
    return world


def known(town: World, person: tuple[str, str], login: str, mobile: str | None) -> int:
    """Open a worker's account as the window does, with a first password somebody else chose."""

    def act(work: Any) -> int:
        user_id = workers.open_worker(work, person[1], person[0], login, mobile)
        passwords.set_password(work, user_id, PASSWORD, hasher=CHEAP, must_change=True)
        return user_id

    return town.do("operator", act)


def sign_up(browser: Any, person: tuple[str, str], **changed: str) -> Any:
    return send(browser, "/login/phone/person", name=person[0], number=person[1], **(SAYS_YES | changed))


def count(town: World, table: Any, *conditions: Any) -> int:
    with town.database.read() as session:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def test_a_new_worker_proves_a_telephone_says_who_one_is_and_is_in(town: World) -> None:
    browser = town.app.test_client()
    assert 'href="/login/phone' in browser.get("/login").text
    page = ask(browser)
    assert "138****8000" in page.text
    leads_to(prove(browser, ring(town), next="/my/offers"), "/login/phone/person")
    assert "首次登录" in browser.get("/login/phone/person").text
    answer = sign_up(browser, ZHANG_SAN, terms="0")
    assert (answer.status_code, "还没有同意" in answer.text) == (422, True)
    assert 'value="张三"' in answer.text  # nothing is typed twice
    leads_to(sign_up(browser, ZHANG_SAN, next="/my/offers"), "/my/offers")
    assert browser.get("/my/profile").status_code == 200

    with town.database.read() as session:
        person = find_by_indexes(session, [index_of(town.keyring, ZHANG_SAN[1])])
        account = session.scalars(select(UserAccount).where(UserAccount.login.startswith("w"))).one()
        said = session.scalars(select(Declaration)).one()
        kept = session.scalars(select(Letter)).one()
        facts = read_facts(session, [account.person_id])
    assert [each.id for each in person.values()] == [account.person_id]
    assert (said.way, said.intends, said.user_id) == ("phone", True, account.id)
    assert facts.intents == {account.person_id: True}
    assert (kept.sealed, MOBILE in str(kept.payload)) == (None, False)

    # the second time the code is enough, and a code opens one door once
    again = town.app.test_client()
    town.later(minutes=2)
    leads_to(arrive(town, again), "/desk")
    assert again.get("/my").status_code == 200
    thief = town.app.test_client()
    assert prove(thief, ring(town)).status_code == 401


def test_a_known_worker_needs_no_password_and_is_asked_for_the_wish_once(town: World) -> None:
    known(town, ZHANG_SAN, "zhangsan", MOBILE)
    browser = town.app.test_client()
    leads_to(arrive(town, browser, next="/my"), "/login/declaration")
    assert "培训意愿" in browser.get("/login/declaration?next=/my").text
    assert send(browser, "/login/declaration", terms="1").status_code == 422
    leads_to(send(browser, "/login/declaration", intent="no", terms="1", next="/my"), "/my")
    assert browser.get("/my").status_code == 200  # though somebody else chose the password
    town.later(minutes=2)
    leads_to(arrive(town, town.app.test_client(), next="/my"), "/my")


def test_several_people_of_one_telephone_choose_and_too_many_are_refused(town: World) -> None:
    known(town, ZHANG_SAN, "zhangsan", MOBILE)
    other = known(town, LI_SI, "lisi", MOBILE)
    browser = town.app.test_client()
    leads_to(arrive(town, browser), "/login/phone/person")
    page = browser.get("/login/phone/person").text
    assert "李*" in page
    assert "李四" not in page
    stranger = known(town, SUN_BA, "sunba", "13900139000")
    refused = send(browser, "/login/phone/choice", account=str(stranger))
    assert (refused.status_code, "没有登记该账号" in refused.text) == (403, True)
    leads_to(send(browser, "/login/phone/choice", account=str(other), next="/my"), "/login/declaration")
    assert send(browser, "/login/phone/choice", account=str(other)).status_code == 403  # the code is spent


def test_nobody_takes_a_person_over_by_knowing_name_and_number(town: World) -> None:
    """S2-16c, S2-16d: a stranger with the papers of a person on record gets no account and no voucher."""
    known(town, ZHANG_SAN, "zhangsan", "13900139000")
    with_none = {"worker_has_account": ZHANG_SAN, "worker_name_differs": ("张四", ZHANG_SAN[1])}
    browser = town.app.test_client()
    arrive(town, browser)
    for code, person in with_none.items():
        assert sign_up(browser, person).status_code == 409
        assert count(town, LoginRefusal, LoginRefusal.code == code) == 1
    on_record = Newcomer(LI_SI[1], LI_SI[0], "13700137000")
    town.do("operator", lambda work: open_people(work, [on_record]))
    refused = sign_up(browser, LI_SI)
    assert (refused.status_code, "与系统中登记的手机号不一致" in refused.text) == (403, True)
    for _ in range(2):
        sign_up(browser, LI_SI)
    assert "请重新获取验证码" in sign_up(browser, LI_SI).text  # five tries, then the ticket is worth nothing
    assert count(town, UserAccount, UserAccount.login.startswith("w")) == 0


def test_guessing_is_refused_counted_and_closes_the_door_for_a_while(town: World) -> None:
    known(town, ZHANG_SAN, "zhangsan", MOBILE)
    browser = town.app.test_client()
    soon = (ask(browser), ask(browser))[1]
    assert (soon.status_code, "秒后再获取" in soon.text) == (429, True)
    code = ring(town)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    answers = [prove(browser, wrong) for _ in range(5)]
    assert {each.status_code for each in answers} == {401}
    closed = prove(browser, code)
    assert (closed.status_code, "验证码不正确、已过期或已用过" in closed.text) == (401, True)
    assert count(town, LoginRefusal) == 7
    town.later(minutes=1)
    ask(browser)
    assert prove(browser, ring(town)).status_code == 401  # a fresh code opens nothing either
    town.later(minutes=15)
    ask(browser)
    leads_to(prove(browser, ring(town)), "/login/declaration")

    late = town.app.test_client()
    town.later(minutes=2)
    ask(late)
    code = ring(town)
    town.later(minutes=5)
    assert prove(late, code).status_code == 401

    asked = count(town, LoginCode)
    for _ in range(12):
        town.later(seconds=61)
        last = ask(late)
    assert (last.status_code, "次数已达上限" in last.text) == (429, True)
    assert count(town, LoginCode) - asked == 10 - 4
    assert ask(late, "138").status_code == 422


def test_one_address_cannot_try_many_numbers(town: World) -> None:
    browser = town.app.test_client()
    for serial in range(30):
        assert prove(browser, "000000", f"137001370{serial:02d}").status_code == 401
    ask(browser)
    assert prove(browser, ring(town)).status_code == 401
    town.later(minutes=61)
    ask(browser)
    leads_to(prove(browser, ring(town)), "/login/phone/person")


def test_whoever_is_staff_as_well_still_needs_the_second_factor(town: World) -> None:
    give_role(town, known(town, ZHANG_SAN, "zhangsan", MOBILE), Role.SUPERVISOR)
    browser = town.app.test_client()
    leads_to(arrive(town, browser), "/login/enrolment")
    leads_to(browser.get("/my"), "/login/enrolment")


def test_sessions_say_what_they_run_on_and_one_can_be_ended_from_another(town: World) -> None:
    known(town, ZHANG_SAN, "zhangsan", MOBILE)
    lost, here = town.app.test_client(), town.app.test_client()
    agent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126 Mobile MicroMessenger/8.0"
    lost.environ_base["HTTP_USER_AGENT"] = agent
    lost.environ_base["REMOTE_ADDR"] = "39.144.7.8"
    for browser in (lost, here):
        arrive(town, browser)
        send(browser, "/login/declaration", **SAYS_YES)
        town.later(minutes=2)
    page = here.get("/sessions").text
    for words in ("安卓手机 · 微信", "手机验证码", "39.144.*.*", "本次登录"):
        assert words in page
    assert "39.144.7.8" not in page
    short = page.split('name="session" value="')[1].split('"')[0]
    leads_to(send(here, "/sessions/ending", session=short, idempotency_key=str(uuid4())), "/sessions")
    leads_to(lost.get("/my"), "/login")
    assert here.get("/my").status_code == 200

    # a name of somebody else's session ends nothing
    known(town, LI_SI, "lisi", "13900139000")
    other = town.app.test_client()
    arrive(town, other, "13900139000")
    send(other, "/login/declaration", **SAYS_YES)
    with town.database.read() as session:
        foreign = session.scalars(select(WebSession.token_hash).where(WebSession.ended_at.is_(None))).all()
    for each in foreign:
        send(other, "/sessions/ending", session=each[:16], idempotency_key=str(uuid4()))
    assert here.get("/my").status_code == 200


def test_the_mailbox_is_there_in_the_demonstration_only(world: World) -> None:
    assert world.app.test_client().get("/mailbox").status_code == 404
    refused = ask(world.app.test_client())
    assert (refused.status_code, "还没有开通短信登录" in refused.text) == (403, True)
    furnish(world)
    browser = world.app.test_client()
    ask(browser)
    assert messages(world)[0] in browser.get("/mailbox").text
    assert MOBILE not in browser.get("/mailbox").text
    assert "还没有短信" in browser.get("/mailbox?ends=0001").text


def test_a_program_signs_a_worker_in_with_a_code_and_says_whom_where_several_are_meant(town: World) -> None:
    ways = town.app.test_client()

    def post(path: str, **body: str) -> Any:
        return ways.post(f"/api/v1/{path}", json={"mobile": MOBILE, **body})

    asked = post("login-codes")
    assert (asked.status_code, asked.json) == (202, {"rest_seconds": 60, "good_minutes": 5})
    assert post("login-codes").json["code"] == "login_code_rests"
    nobody = post("phone-sessions", code=ring(town))
    assert (nobody.status_code, nobody.json["code"]) == (404, "phone_unknown")
    assert post("phone-sessions", code="000000").json["code"] == "login_code_refused"

    known(town, ZHANG_SAN, "zhangsan", MOBILE)
    known(town, LI_SI, "lisi", MOBILE)
    town.later(minutes=2)
    post("login-codes")
    code = ring(town)
    several = post("phone-sessions", code=code)
    assert (several.status_code, several.json["code"]) == (409, "account_not_chosen")
    assert "zhangsan、lisi" in several.json["detail"]
    town.later(minutes=2)
    post("login-codes")
    entered = post("phone-sessions", code=ring(town), login="lisi")
    assert (entered.status_code, entered.json["login"]) == (201, "lisi")
    current: Any = ways.get("/api/v1/sessions/current")
    assert current.json["must_change_password"] is False
