"""Institutions' own systems at the API: tokens by Authlib, one role a request, and nothing for two people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.doors.loop import CLASS_DAY, LI_SI, Loop
from tests.doors.world import refused_with
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.bearers import check_proving
from voucher.doors.auth.entries import Entry
from voucher.doors.auth.matrix.systems import SYSTEMS
from voucher.ledger.audit import AuditRow
from voucher.plumbing.db import Model
from voucher.registry.sanctions import sanction
from voucher.registry.systems import systems
from voucher.registry.systems.rows import SCOPE_ROLES, InstitutionSystem, SystemScope
from voucher.registry.users import UserAccount
from voucher.rules.errors import Refused
from voucher.stages.oversee.models_networks import NetworkSeen
from voucher.stages.train.models.places import Redemption, Scan

# of whoever runs the program, for all its institutions
SERVER = "39.144.7.8"


@dataclass
class System:
    """An institution's program: its registration, and the token it holds."""

    loop: Loop
    id: int
    client_id: str
    secret: str
    token: str = ""

    @property
    def http(self) -> FlaskClient:
        """Return a client without cookies."""
        client = self.loop.world.app.test_client()
        client.environ_base["REMOTE_ADDR"] = SERVER
        return client

    def fetch(self, secret: str | None = None, **form: str) -> Any:
        """Ask for a token by header, and keep it."""
        answer = self.http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials", **form},
            auth=(self.client_id, self.secret if secret is None else secret),
        )
        self.token = (answer.json or {}).get("access_token", self.token)
        return answer

    def call(self, method: str, path: str, body: Any = None, key: str = "k") -> Any:
        """Call the API with the token."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        return self.http.open(f"/api/v1{path}", method=method, headers=headers, json=body)


def register(
    loop: Loop, *scopes: SystemScope, house: str = "t1", name: str = "前台程序", admin: str | None = None
) -> System:
    """Register a system of an institution and sign it in."""
    wanted = scopes or tuple(SystemScope)

    def act(work: Any) -> tuple[int, str, str]:
        found, secret = systems.register_system(work, loop.ids[house], name, wanted)
        return found.id, found.client_id, secret

    made = System(loop, *loop.world.do(admin or f"{house}-admin", act))
    assert made.fetch().status_code == 200
    return made


def test_a_token_is_fetched_both_ways_and_every_mistake_is_said_as_oauth_says_it(loop: Loop) -> None:
    system = register(loop, SystemScope.SCAN, SystemScope.READ)
    answer = system.fetch()
    assert answer.json | {"access_token": ""} == {
        "access_token": "", "token_type": "Bearer", "expires_in": 1800, "scope": "scan read",
    }  # fmt: skip
    assert (answer.headers["Cache-Control"], answer.content_type) == ("no-store", "application/json")
    assert system.fetch(scope="read").json["scope"] == "read"
    assert system.fetch(scope="attendance").json["error"] == "invalid_scope"
    assert system.fetch(grant_type="password").json["error"] == "unsupported_grant_type"
    form = {"grant_type": "client_credentials", "client_id": system.client_id}
    posted = system.http.post("/oauth/token", data={**form, "client_secret": system.secret})
    assert posted.status_code == 200
    wrong = system.http.post("/oauth/token", data={**form, "client_secret": "wrong"})
    nobody = system.http.post("/oauth/token", data={**form, "client_id": "sys-x", "client_secret": "wrong"})
    assert (wrong.status_code, (wrong.json or {})["error"]) == (401, "invalid_client")
    assert wrong.headers["WWW-Authenticate"].startswith("Basic ")
    assert (nobody.status_code, nobody.json) == (wrong.status_code, wrong.json), "nobody is told who exists"

    # a failure is counted in the database and closes the system, the right secret included, for a while
    for _ in range(4):
        assert system.fetch("wrong").json["error"] == "invalid_client"
    assert system.fetch().json["error"] == "invalid_client"
    loop.world.later(minutes=16)
    assert system.fetch().status_code == 200
    with loop.world.database.read() as session:
        account = session.scalars(select(UserAccount).where(UserAccount.login == system.client_id)).one()
        failed = select(func.count()).where(
            AuditRow.act == "sign_in_failed", AuditRow.object_id == account.id
        )
        assert session.scalar(failed.where(AuditRow.thing == "user_account")) == 5
        for table in Model.metadata.sorted_tables:
            for row in session.execute(select(table)):
                assert system.secret not in str(row), table.name
                assert system.token not in str(row), table.name


def test_a_system_redeems_once_and_the_trail_names_it(loop: Loop) -> None:
    ids, system = loop.ids, register(loop)
    scanned = {"digits": loop.code("li", "other_voucher"), "class_id": ids["class"], "device": "前台"}
    told = system.call("POST", "/checks", scanned)
    assert (told.status_code, told.json["possible"]) == (200, ["redeem"])
    redeem = {**scanned, "last4": LI_SI[1][-4:], "nonce": "n"}
    first = system.call("POST", "/redemptions", redeem, key="one")
    assert first.status_code == 201, first.json
    with loop.world.database.read() as session:
        assert session.scalars(select(NetworkSeen)).all() == [], "a program's server is nobody's office"
    assert system.call("POST", "/redemptions", redeem, key="one").data == first.data
    refused_with(
        system.call("POST", "/redemptions", {**redeem, "nonce": "o"}, key="one"),
        422,
        "idempotency_key_reused",
    )
    # another system's key of the same word is another key
    other = register(loop, name="教务程序")
    refused_with(
        other.call("POST", "/redemptions", {**redeem, "nonce": "o"}, key="one"), 409, "redeemed_already"
    )
    with loop.world.database.read() as session:
        account = session.scalars(select(UserAccount).where(UserAccount.login == system.client_id)).one()
        rows = session.scalars(select(AuditRow.act).where(AuditRow.actor_user_id == account.id)).all()
        assert "redeem" in rows
        redemption = session.get_one(Redemption, first.json["id"])
        assert redemption.redeemed_by_person_id == account.person_id
        admin = select(UserAccount.person_id).where(UserAccount.login == "t1-admin")
        assert account.person_id == session.scalar(admin), "a system is its registrar's hand"

    # taking back asks two people: no system is one, and the registrar is no second one beside the system
    path = f"/redemptions/{first.json['id']}/reversals"
    for each in (system, other):
        refused_with(each.call("POST", path, {"why": "扫错了人"}), 403, "system_not_for_this")

    loop.move_to(CLASS_DAY + timedelta(hours=8))
    system.fetch()
    taught = {"session_id": ids["session"], "people": [{"voucher_id": ids["voucher"], "hours": 8}]}
    assert system.call("POST", "/attendances", taught, key="a").json["count"] == 1
    listed = system.call("GET", f"/classes/{ids['class']}/roster").json["items"]
    assert {each["state_name"] for each in listed} == {"培训中"}


def test_a_token_reaches_its_scopes_its_institution_and_no_page(loop: Loop) -> None:
    ids, system = loop.ids, register(loop, SystemScope.SCAN)
    body = {"digits": "7", "class_id": ids["class"], "device": "d"}
    facts = refused_with(system.call("GET", f"/classes/{ids['class']}"), 403, "system_scope_missing")
    assert facts == {"scope": "read"}
    challenge = system.call("GET", "/classes").headers["WWW-Authenticate"]
    assert challenge == 'Bearer realm="voucher", error="insufficient_scope", scope="read"'
    refused_with(system.call("POST", "/issues", {}), 403, "system_not_for_this")
    refused_with(system.call("GET", "/sessions/current"), 403, "system_not_for_this")
    reader = register(loop, SystemScope.READ, house="t2")
    refused_with(reader.call("GET", f"/classes/{ids['draft_class']}"), 404, "class_missing")
    refused_with(reader.call("GET", f"/classes/{ids['class']}/roster"), 404, "class_missing")
    foreign = register(loop, SystemScope.SCAN, SystemScope.ATTENDANCE, house="t2")
    shown = {**body, "digits": loop.code("li", "other_voucher")}
    refused_with(foreign.call("POST", "/checks", shown), 404, "class_missing")
    taught = {"session_id": ids["session"], "people": [{"voucher_id": ids["voucher"], "hours": 8}]}
    refused_with(foreign.call("POST", "/attendances", taught), 404, "class_session_missing")
    assert reader.call("GET", f"/classes/{ids['foreign_class']}").status_code == 200
    refused_with(reader.call("POST", "/checks", body), 403, "system_scope_missing")
    assert system.call("GET", "/notices").status_code == 200, "what is public stays so"

    bearer = {"Authorization": f"Bearer {system.token}"}
    page = system.http.get("/institution/scan", headers=bearer)
    assert page.status_code == 403
    assert "此事不由机构的系统办理" in page.text
    # beside a bearer no cookie is read: the administrator's session gives the system nothing
    http = loop["t1-admin"].http
    assert http.get("/api/v1/classes").status_code == 200
    refused_with(http.get("/api/v1/classes", headers=bearer), 403, "system_scope_missing")
    for bad in ("Bearer", "Bearer nothing", "bearer  "):
        answer = http.get("/api/v1/classes", headers={"Authorization": bad})
        refused_with(answer, 401, "bearer_refused")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="voucher", error="invalid_token"'


def test_what_is_expired_rotated_revoked_or_stopped_gets_in_no_more(loop: Loop) -> None:
    world, system = loop.world, register(loop)
    assert system.call("GET", "/classes").status_code == 200
    world.later(minutes=30)
    refused_with(system.call("GET", "/classes"), 401, "bearer_refused")

    old = system.secret
    system.secret = world.do("t1-admin", lambda work: systems.rotate_secret(work, system.id))
    assert system.fetch(old).status_code == 200, "both are good for a while"
    by_old = system.token
    assert system.fetch().status_code == 200
    world.do("t1-admin", lambda work: systems.confirm_secret(work, system.id))
    assert system.call("GET", "/classes").status_code == 200
    assert system.fetch(old).json["error"] == "invalid_client"
    kept, system.token = system.token, by_old
    refused_with(system.call("GET", "/classes"), 401, "bearer_refused")
    with pytest.raises(Refused, match="system_not_rotated"):
        world.do("t1-admin", lambda work: systems.confirm_secret(work, system.id))
    newest = world.do("t1-admin", lambda work: systems.rotate_secret(work, system.id))
    world.later(hours=24)
    assert system.fetch().json["error"] == "invalid_client", "the overlap is over"
    system.secret, system.token = newest, kept
    assert system.fetch().status_code == 200

    # whoever stops the institution stops its systems, tokens in use included
    world.do("shenhe", lambda work: sanction(work, loop.ids["t1"], "suspend", "停业整顿"))
    refused_with(system.call("GET", "/classes"), 401, "bearer_refused")
    assert system.fetch().json["error"] == "unauthorized_client"

    other = register(loop, house="t2", admin="t2-admin")
    for stranger, code in (("t1-admin", "system_missing"), ("shenhe", "system_missing"), ("t2-scan", "role")):
        with pytest.raises(Refused) as refused:
            world.do(stranger, lambda work: systems.revoke_system(work, other.id))
        assert refused.value.refusal.code.startswith(code)
    world.do("zz-shenhe", lambda work: systems.revoke_system(work, other.id))
    refused_with(other.call("GET", "/classes"), 401, "bearer_refused")
    assert other.fetch().json["error"] == "invalid_client"
    with pytest.raises(Refused, match="system_revoked"):
        world.do("t2-admin", lambda work: systems.revoke_system(work, other.id))


def test_who_is_remembered_is_asked_about_again_before_anything_is_answered(loop: Loop) -> None:
    system, world = register(loop), loop.world
    scanned = {"digits": loop.code("li", "other_voucher"), "class_id": loop.ids["class"], "device": "前台"}
    redeem = {**scanned, "last4": LI_SI[1][-4:], "nonce": "n"}
    first = system.call("POST", "/redemptions", redeem, key="one")
    assert first.status_code == 201
    # remembered by now, and still the same answer
    assert system.call("POST", "/redemptions", redeem, key="one").data == first.data
    without = register(loop, SystemScope.READ, name="查看程序")
    kept, system.token = system.token, without.token
    refused_with(system.call("POST", "/redemptions", redeem), 403, "system_scope_missing")
    system.token = kept

    def scans() -> int:
        with world.database.read() as session:
            return session.scalar(select(func.count()).select_from(Scan)) or 0

    world.do("t1-admin", lambda work: systems.revoke_system(work, system.id))
    before = scans()
    again, another = (system.call("POST", "/redemptions", redeem, key=key) for key in ("one", "two"))
    for answer in (again, another):
        refused_with(answer, 401, "bearer_refused")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="voucher", error="invalid_token"'
    assert scans() == before, "nothing is written in the name of whoever was refused"
    with pytest.raises(ValueError, match="redeem_voucher"):
        check_proving("places.redeem_voucher", asks_ahead=False)


def test_an_institution_registers_its_own_and_so_many(loop: Loop) -> None:
    world = loop.world
    for stranger, code in (("t1-scan", "role_missing"), ("t2-admin", "institution_absent")):
        with pytest.raises(Refused) as refused:
            register(loop, admin=stranger)
        assert refused.value.refusal.code == code
    with pytest.raises(Refused, match="system_nameless"):
        register(loop, name=" ")
    made = [register(loop, name=f"{each} 号程序") for each in range(5)]
    with pytest.raises(Refused, match="systems_enough"):
        register(loop)
    world.do("t1-admin", lambda work: systems.revoke_system(work, made[0].id))
    register(loop)
    # nobody signs in with a system's account at the door of people, whoever gives it a password
    world.give_password(_account_of(loop, made[1]))
    client = world.visit()
    client.open_session(made[1].client_id, "清晨 骑车 过 黄河", "-")
    refused = client.get("/classes")
    assert refused.status_code in (401, 403)


def _account_of(loop: Loop, system: System) -> int:
    with loop.world.database.read() as session:
        return session.get_one(InstitutionSystem, system.id).user_id


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_every_scope_stands_on_a_role_its_endpoints_let_in(loop: Loop) -> None:
    for endpoint, scope in SYSTEMS.items():
        who = MATRIX[endpoint].who
        assert who is Entry.SIGNED_IN or (not isinstance(who, Entry) and SCOPE_ROLES[scope] in who), endpoint
    told: Any = loop.world.visit().http.get("/api/openapi.json").json
    flow = told["components"]["securitySchemes"]["system"]["flows"]["clientCredentials"]
    assert (flow["tokenUrl"], set(flow["scopes"])) == ("/oauth/token", {str(each) for each in SystemScope})
    redeem = told["paths"]["/api/v1/redemptions"]["post"]["security"]
    assert redeem == [{"session": [], "csrf": []}, {"system": ["scan"]}]
    reversal = told["paths"]["/api/v1/redemptions/{redemption_id}/reversals"]["post"]["security"]
    assert reversal == [{"session": [], "csrf": []}]
