"""What an institution keeps is nobody else's: filings, accounts, devices, systems, at the API and on pages.

A foreign id is answered exactly as one that is not there, whole answer and whole page.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from werkzeug.routing import IntegerConverter

from tests import pictures, town_filing
from tests.doors.loop import LI_SI, T1, T2, ZHANG_SAN, Loop
from tests.doors.tenants import count_everything, told
from tests.doors.test_access_stages import NOBODY
from tests.doors.web.browser import Page
from tests.doors.world import JIYUAN, ZHENGZHOU, Client, refused_with
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.entries import Entry
from voucher.doors.auth.matrix.filing import FILING
from voucher.doors.auth.matrix.houses import HOUSES
from voucher.doors.auth.matrix.systems import OAUTH
from voucher.doors.auth.matrix.web_institution import WEB_INSTITUTION
from voucher.doors.web.institution import own
from voucher.plumbing.db import Model
from voucher.registry.filing import reading
from voucher.rules.actor import Actor, Role

ROLES = {
    "t1-admin": ("t1", Role.INSTITUTION_ADMIN), "t1-scan": ("t1", Role.SCANNER),
    "t2-admin": ("t2", Role.INSTITUTION_ADMIN), "t2-scan": ("t2", Role.SCANNER),
    "t2-teach": ("t2", Role.TEACHER),
    "shenhe": ("office", Role.OFFICER_CITY), "zz-shenhe": ("far", Role.OFFICER_CITY),
    "zhang": ("zhang", Role.WORKER),
}  # fmt: skip
# what names nothing of anybody's: it lists one's own, or begins something of one's own
OF_NOBODY = {
    "institution_filings.list_institution_filings", "institution_filings.open_institution_filing",
    "colleagues.list_own_colleagues", "counter_devices.list_counter_devices",
    "systems.list_own_systems", "oauth.fetch_token",
}  # fmt: skip
PAGE = {"code": T1[1], "name": T1[0], "kind": "training_school", "region_code": JIYUAN}
PERSON: dict[str, str] = {
    "address": "大街1号",
    "legal_name": "王校长",
    "contact_name": "李四",
    "contact_mobile": "13800138000",
}
SCOPE = {"trade": "4-10-01-05", "level": 2, "project_code": "TRAIN"}
ROOM = {"name": "实训室", "address": "大街1号", "region_code": JIYUAN, "seats": 40, "equipment": "护理床"}
TEACHER = {
    "name": town_filing.TEACHER[0], "number": town_filing.TEACHER[1], "qualification": "高级考评员",
    "certificate_number": "KP41", "trades": ["4-10-01-05"],
}  # fmt: skip
LICENCE = {
    "kind": "school", "number": "人社民4190014000001号", "authority": "人社局", "since": "2021-06-01",
    "until": "2025-12-31",
}  # fmt: skip
HOOK: dict[str, Any] = {"address": "https://jw.example.org/hook", "events": ["voucher.redeemed"]}
COLLEAGUE: dict[str, str] = {"login": "t1-new", "name": LI_SI[0], "number": LI_SI[1], "role": "scanner"}


@dataclass(frozen=True)
class Probe:
    """One route about one object; `#` stands for its id, `own` are the groups it is there for."""

    endpoint: str
    path: str
    about: str
    own: tuple[str, ...]
    body: dict[str, Any] | None = None
    file: bool = False


def _begin(loop: Loop) -> None:
    """Have t1 hand a filing in and t2 draft one; t1 keeps a device, an account, a system and an account."""
    ids = loop.ids
    for house, code, name in (("t1", *reversed(T1)), ("t2", *reversed(T2))):
        admin, page = loop[f"{house}-admin"], PAGE | PERSON | {"code": code, "name": name}
        region = JIYUAN if house == "t1" else ZHENGZHOU
        filing = _made(admin.post("/institution-filings", page | {"region_code": region}))["id"]
        ids[f"{house}_filing"] = filing
        paper = {**LICENCE, "file": (io.BytesIO(pictures.jpeg()), "证.jpg")}
        path = f"/institution-filings/{filing}"
        ids[f"{house}_licence"] = _made(admin.post(f"{path}/licences", None, data=paper))["entry_id"]
        for part, body in (("scopes", SCOPE), ("teachers", TEACHER), ("rooms", ROOM)):
            ids[f"{house}_{part}"] = _made(admin.post(f"{path}/{part}", body))["entry_id"]
        shown = {"room_id": str(ids[f"{house}_rooms"]), "file": (io.BytesIO(pictures.png()), "场地.png")}
        ids[f"{house}_photo"] = _made(admin.post(f"{path}/room-photos", None, data=shown))["entry_id"]
    _made(loop["t1-admin"].post(f"/institution-filings/{ids['t1_filing']}/submissions", {}))
    admin = loop["t1-admin"]
    named = {"institution_id": ids["t1"], "name": "前台一号机"}
    ids["device"] = _made(loop["t1-scan"].post("/counter-devices", named))["id"]
    account = {"institution_id": ids["t1"], **COLLEAGUE, "login": "t1-cashier", "number": ZHANG_SAN[1]}
    ids["colleague"] = _made(admin.post("/colleagues", account | {"name": ZHANG_SAN[0]}))["user_id"]
    system = {"institution_id": ids["t1"], "name": "前台", "scopes": ["scan"]}
    ids["system"] = _made(admin.post("/systems", system))["id"]
    ids["webhook"] = _made(admin.post(f"/systems/{ids['system']}/webhooks", HOOK))["id"]
    ids["delivery"] = _made(admin.post(f"/webhooks/{ids['webhook']}/trials", {}))["id"]
    payee = {
        "holder_name": T1[0], "bank_name": "中国银行", "account": "257700000000999", "evidence": "许可证",
    }  # fmt: skip
    ids["account"] = _made(admin.post(f"/payee-accounts/{T1[1]}/corrections", payee))["id"]


def _made(answer: Any) -> Any:
    assert answer.status_code == 201, answer.json
    return answer.json


def _probes(ids: dict[str, int]) -> list[Probe]:
    """Return what is asked at the API, those that end something last."""
    filing, licence = "/institution-filings/#", {**LICENCE}
    t1, t2 = ("t1",), ("t2",)
    house = f"/institutions/#/colleagues/{ids['colleague']}"
    one = f"/institutions/{ids['t1']}/colleagues/#"
    f, s, c, d = "institution_filings.", "systems.", "colleagues.", "counter_devices."
    return [
        Probe(f + "show_institution_filing", filing, "t1_filing", ("t1", "office")),
        Probe(f + "show_institution_filing", filing, "t2_filing", t2),
        Probe(f + "add_filing_licence", f"{filing}/licences", "t2_filing", t2, licence, file=True),
        Probe(f + "add_filing_scope", f"{filing}/scopes", "t2_filing", t2, SCOPE | {"level": 3}),
        Probe(f + "add_filing_teacher", f"{filing}/teachers", "t2_filing", t2, TEACHER),
        Probe(f + "add_filing_room", f"{filing}/rooms", "t2_filing", t2, ROOM | {"name": "二"}),
        Probe(f + "add_filing_photo", f"{filing}/room-photos", "t2_filing", t2,
              {"room_id": str(ids["t2_rooms"])}, file=True),
        Probe(f + "strike_filing_part", f"{filing}/removals", "t2_filing", t2,
              {"part": "rooms", "entry_id": ids["t2_rooms"]}),
        Probe(f + "file_institution_filing", f"{filing}/submissions", "t2_filing", t2, {}),
        Probe(f + "withdraw_institution_filing", f"{filing}/withdrawals", "t2_filing", t2, {}),
        Probe(f + "review_institution_filing", f"{filing}/reviews", "t1_filing", ("office",),
              {"decision": "return", "opinion": "缺"}),
        Probe("payees.agree_account", "/payee-accounts/#/agreements", "account", t1,
              {"decision": "agree", "account": "257700000000999"}),
        Probe(d + "name_counter_device", "/counter-devices", "t1", t1,
              {"institution_id": "#", "name": "二号"}),
        Probe(d + "approve_counter_device", "/counter-devices/#/approvals", "device", t1, {}),
        Probe(d + "strike_counter_device", "/counter-devices/#/strikings", "device", t1, {}),
        Probe(c + "open_colleague", "/colleagues", "t1", t1, COLLEAGUE | {"institution_id": "#"}),
        *(
            Probe(c + verb, f"{path}/{noun}", about, t1, {})
            for verb, noun in (("reset", "resets"), ("suspend", "suspensions"), ("resume", "resumptions"))
            for path, about in ((house, "t1"), (one, "colleague"))
        ),
        Probe(s + "register", "/systems", "t1", t1,
              {"institution_id": "#", "name": "二号", "scopes": ["scan"]}),
        Probe(s + "rotate", "/systems/#/secrets", "system", t1, {}),
        Probe(s + "confirm", "/systems/#/confirmations", "system", t1, {}),
        Probe(s + "register_webhook", "/systems/#/webhooks", "system", t1, HOOK),
        Probe(s + "show_webhook", "/webhooks/#", "webhook", t1),
        Probe(s + "list_webhook_deliveries", "/webhook-deliveries?webhook_id=#", "webhook", t1),
        Probe(s + "rotate_webhook", "/webhooks/#/secrets", "webhook", t1, {}),
        Probe(s + "try_webhook", "/webhooks/#/trials", "webhook", t1, {}),
        Probe(s + "resume_webhook", "/webhooks/#/resumptions", "webhook", t1, {}),
        Probe(s + "resend", "/webhook-deliveries/#/resendings", "delivery", t1, {}),
        Probe(s + "end_webhook", "/webhooks/#/revocations", "webhook", t1, {}),
        Probe(s + "revoke", "/systems/#/revocations", "system", ("t1", "office"), {}),
    ]  # fmt: skip


# what a form has to hold so that nothing but the object can be in the way
FORMS: dict[str, dict[str, str]] = {
    "fill_filing": {"code": T2[1], "name": T2[0], "kind": "training_school", "region": ZHENGZHOU, **PERSON},
    "open_account": COLLEAGUE | {"login": "t1-newer"},
    "change_filing": {}, "ask_exit": {"why": "停办"},
    "confirm_exit": {"seen": "0-0"}, "withdraw_exit": {"why": "不停办"},
    "register_system": {"name": "三号", "scopes": "scan"},
    "register_webhook": {"address": str(HOOK["address"]), "events": "voucher.redeemed"},
    "agree_account": {"account": "257700000000999"}, "disagree_account": {"why": "不是本校的"},
}  # fmt: skip
BY_FORM = ("open_account", "change_filing", "ask_exit", "register_system")
# by the name of an id in an address, what it is an id of; those that name nothing here are asked as missing
NAMED_BY = {
    "filing_id": "t1_filing", "licence_id": "t1_licence", "part_id": "t1_rooms",
    "photo_id": "t1_photo", "institution_id": "t1",
    "user_id": "colleague", "device_id": "device", "system_id": "system", "webhook_id": "webhook",
    "delivery_id": "delivery", "class_id": "class", "session_id": "session", "account_id": "account",
    "redemption_id": "redemption_voucher", "issue_id": "issue",
}  # fmt: skip


def _send(client: Client, probe: Probe, wanted: int) -> Any:
    """Ask the API about an id."""
    path = probe.path.replace("#", str(wanted))
    if probe.body is None:
        return client.get(path)
    body = {name: wanted if value == "#" else value for name, value in probe.body.items()}
    if probe.file:
        paper = (io.BytesIO(pictures.jpeg()), "证.jpg")
        return client.post(path, None, data=body | {"file": paper})
    return client.post(path, body)


def _may(endpoint: str, login: str) -> bool:
    who = MATRIX[endpoint].who
    return isinstance(who, Entry) or ROLES[login][1] in who


def _find_leaks(loop: Loop, only: Collection[str] = ()) -> list[tuple[str, str, Any]]:
    """Return where the API answers a foreign id otherwise than a missing one."""
    found = []
    for probe in _probes(loop.ids):
        if only and probe.endpoint not in only:
            continue
        wanted = loop.ids[probe.about]
        for login, (group, _) in ROLES.items():
            if group in probe.own or not _may(probe.endpoint, login):
                continue
            foreign, missing = (_send(loop[login], probe, each) for each in (wanted, NOBODY))
            same = told(foreign) == told(missing).replace(str(NOBODY), str(wanted))
            if foreign.status_code != 404 or not same:
                found.append((probe.endpoint, login, foreign.json))
    return found


def _find_shut(loop: Loop) -> list[tuple[str, str, Any]]:
    """Return where somebody is kept from what is their own."""
    found = []
    for probe in _probes(loop.ids):
        for login, (group, _) in ROLES.items():
            if group not in probe.own or not _may(probe.endpoint, login):
                continue
            answer = _send(loop[login], probe, loop.ids[probe.about])
            code = (answer.json or {}).get("code")
            if answer.status_code in (401, 404) or code == "role_missing" or answer.status_code >= 500:
                found.append((probe.endpoint, login, answer.json))
    return found


def _pages(loop: Loop) -> Iterator[tuple[str, str, tuple[str, dict[str, str]], tuple[str, dict[str, str]]]]:
    """Yield every page and form of an institution that names something of T1's: as it is, and as missing."""
    for rule in loop.world.app.url_map.iter_rules():
        name = rule.endpoint.removeprefix("web.institution.")
        ints = [each for each, how in rule._converters.items() if isinstance(how, IntegerConverter)]
        if rule.endpoint not in WEB_INSTITUTION or not (ints or name in BY_FORM):
            continue
        there: dict[str, Any] = {each: loop.ids.get(NAMED_BY.get(each, ""), NOBODY) for each in ints}
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        words = dict.fromkeys(rule.arguments - set(ints), "rooms")
        for each in ints or ["institution_id"]:
            paths, forms = [], []
            for value in (there.get(each, loop.ids["t1"]), NOBODY):
                built = rule.build(there | words | ({each: value} if ints else {}), append_unknown=False)
                assert built is not None, rule
                paths.append(built[1])
                forms.append(FORMS.get(name, {}) | ({} if ints else {"institution_id": str(value)}))
            yield rule.endpoint, method, (paths[0], forms[0]), (paths[1], forms[1])


def _look(client: Client, method: str, path: str, form: dict[str, str]) -> tuple[int, str]:
    """Return the status of a page and what a person reads there."""
    if method == "GET":
        answer = client.http.get(path)
    else:
        data = form | {"idempotency_key": str(uuid4()), "csrf_token": client.token}
        answer = client.http.post(path, data=data)
    return answer.status_code, Page(answer.text).text if answer.mimetype == "text/html" else ""


def _find_page_leaks(loop: Loop, only: Collection[str] = ()) -> list[tuple[str, str, Any]]:
    """Return where a page answers a foreign id otherwise than a missing one."""
    found, asked = [], set()
    for endpoint, method, (path, form), (none, empty) in _pages(loop):
        if only and endpoint not in only:
            continue
        for login in ("t2-admin", "t2-teach", "zhang", "zz-shenhe"):
            if not _may(endpoint, login) or (login != "zhang" and (endpoint, path) in asked):
                continue
            asked.add((endpoint, path))
            foreign, missing = _look(loop[login], method, path, form), _look(loop[login], method, none, empty)
            if foreign != missing or foreign[0] < 400:
                found.append((endpoint, login, foreign))
    assert only or len(asked) > 50, "the pages are walked"
    return found


def test_every_route_of_these_rooms_is_probed_or_says_why_not() -> None:
    probed = {each.endpoint for each in _probes(defaultdict(int))}
    assert probed & OF_NOBODY == set()
    assert set(FILING) | set(HOUSES) | set(OAUTH) == probed | OF_NOBODY


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_what_another_institution_keeps_is_as_good_as_missing_at_both_doors(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    _begin(loop)
    for login in ROLES:
        loop[login].get("/sessions/current")  # everybody is in before anything is counted
    before = count_everything(loop.world.database)
    assert _find_leaks(loop) == []
    assert _find_page_leaks(loop) == []
    _check_lists(loop)
    assert count_everything(loop.world.database) == before
    with monkeypatch.context() as sinning:
        # sin: whoever asks applies for whatever filing it is
        sinning.setattr(reading, "is_applicant", lambda *_: True)
        one, page = "institution_filings.show_institution_filing", "web.institution.filing"
        assert {each for each, *_ in (*_find_leaks(loop, {one}), *_find_page_leaks(loop, {page}))} == {
            one,
            page,
        }
    with monkeypatch.context() as sinning:
        # sin: whoever asks administers whatever institution it is
        sinning.setattr(Actor, "serves", lambda *_: True)
        sinning.setattr(own, "my_houses", lambda *_: [loop.ids["t1"]])
        assert {each for each, *_ in (*_find_leaks(loop, SINS), *_find_page_leaks(loop, SINS))} == SINS


SINS = frozenset(
    {
        "counter_devices.approve_counter_device", "colleagues.open_colleague", "colleagues.suspend",
        "web.institution.strike_device", "web.institution.resume_colleague",
        "web.institution.training_class",
    }
)  # fmt: skip


def _check_lists(loop: Loop) -> None:
    """See that lists hold what is one's own, and nothing of anybody else's."""
    for login, there in (("t1-admin", True), ("t2-admin", False)):
        filings = loop[login].get("/institution-filings").json["items"]
        assert (loop.ids["t1_filing"] in [each["id"] for each in filings]) is there
        devices = loop[login].get("/counter-devices").json["items"]
        assert (loop.ids["device"] in [each["id"] for each in devices]) is there
        people = loop[login].get("/colleagues").json["items"]
        assert (loop.ids["colleague"] in [each["user_id"] for each in people]) is there


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_an_administrator_keeps_accounts_and_devices_by_program(loop: Loop) -> None:
    _begin(loop)
    assert _find_shut(loop) == []
    # who applies and who decides read a teacher's name; who only watches reads none whole, at both doors
    filing, whole = loop.ids["t1_filing"], town_filing.TEACHER[0]
    for login, reads in (("t1-admin", True), ("shenhe", True), ("jianguan", False)):
        (teacher,) = loop[login].get(f"/institution-filings/{filing}").json["teachers"]
        assert (teacher["name"] == whole, teacher["name"][0]) == (reads, whole[0])
        if login != "t1-admin":
            assert (whole in loop[login].http.get(f"/office/filings/{filing}").text) is reads


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_a_password_and_a_secret_are_said_once_and_an_act_is_done_once(loop: Loop) -> None:
    house, admin = loop.ids["t1"], loop["t1-admin"]
    asked = {"institution_id": house, **COLLEAGUE}
    made = admin.post("/colleagues", asked, key="c1")
    assert (made.status_code, made.json["is_suspended"]) == (201, False)
    password = made.json["first_password"]
    assert admin.post("/colleagues", asked, key="c1").json == made.json | {"first_password": None}
    refused_with(admin.post("/colleagues", asked), 409, "login_taken")
    entered, kept_out = (
        loop.world.visit().open_session("t1-new", each, "-").json["code"] for each in (password, "x")
    )
    assert entered != kept_out, "the first password leads on to the second factor"
    one = f"/institutions/{house}/colleagues/{made.json['user_id']}"
    assert admin.post(f"{one}/suspensions", {}, key="c2").json["is_suspended"] is True
    assert admin.post(f"{one}/suspensions", {}, key="c2").status_code == 201
    refused_with(admin.post(f"{one}/suspensions", {}), 409, "colleague_suspended")
    listed = {each["login"]: each for each in admin.get("/colleagues").json["items"]}
    assert (listed["t1-new"]["is_suspended"], listed["t1-new"]["roles"]) == (True, ["scanner"])
    assert admin.post(f"{one}/resumptions", {}).json["is_suspended"] is False
    newer = admin.post(f"{one}/resets", {}).json["first_password"]
    assert newer not in (None, password)

    named = loop["t1-scan"].post("/counter-devices", {"institution_id": house, "name": "一号"}, key="d1")
    secret, path = named.json["secret"], f"/counter-devices/{named.json['id']}"
    assert (named.json["approved_at"], named.json["label"]) == (None, f"counter-{named.json['id']}")
    refused_with(loop["t1-scan"].post(f"{path}/approvals", {}), 403, "role_missing")
    assert admin.post(f"{path}/approvals", {}).json["approved_at"] is not None
    assert admin.post(f"{path}/strikings", {}).json["struck_at"] is not None
    refused_with(admin.post(f"{path}/approvals", {}), 403, "counter_device_struck")
    with loop.world.database.read() as session:
        for table in Model.metadata.sorted_tables:
            for row in session.execute(select(table)):
                for each in (password, newer, secret):
                    assert each not in str(row), table.name


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_an_institution_leaves_by_itself_and_its_people_choose_anew(loop: Loop) -> None:
    """li is enrolled and not redeemed, zhang is in training."""
    holders = (("zhang", "voucher"), ("li", "other_voucher"))
    for login, voucher in holders:
        refused_with(
            loop[login].post("/new-choices", {"voucher_id": loop.ids[voucher]}), 409, "exit_not_there"
        )
    path, why = f"/institutions/{loop.ids['t1']}/exits", {"why": "校舍拆迁，停止办学"}
    refused_with(loop["t1-scan"].post(path, why), 403, "role_missing")
    asked = loop["t1-admin"].post(path, why, key="x1").json
    assert (asked["institution_state"], asked["confirmed_at"]) == ("listed", None)
    assert loop["t1-admin"].post(path, why, key="x1").json == asked
    refused_with(loop["t1-admin"].post(path, why), 409, "exit_asked_already")
    told = loop["t1-admin"].get(path).json
    assert told["last"] == asked
    assert told["effect"]["classes"][0]["vouchers"] == 2
    first = loop["t1-admin"].get(f"{path}?limit=1").json["effect"]
    assert (len(first["classes"]), first["class_count"], first["next_cursor"]) == (1, 1, None)
    of_exit, seen = f"/institution-exits/{asked['id']}", {"seen": told["effect"]["digest"]}
    refused_with(loop["t1-admin"].post(f"{of_exit}/confirmations", seen), 403, "second_person_needed")
    # what is another institution's is as good as missing
    refused_with(loop["t2-admin"].get(path), 404, "institution_absent")
    for deed, body in (("confirmations", seen), ("withdrawals", why)):
        refused_with(loop["t2-admin"].post(f"{of_exit}/{deed}", body), 404, "exit_missing")
        refused_with(loop["t2-admin"].post(f"/institution-exits/{NOBODY}/{deed}", body), 404, "exit_missing")
    loop.world.colleague("t1-registrar", loop.ids["t1"], Role.REGISTRAR)
    left = loop["t1-registrar"].post(f"{of_exit}/confirmations", seen).json
    assert (left["institution_state"], left["vouchers_held"]) == ("delisted", 2)
    refused_with(loop["t1-admin"].post(f"{of_exit}/withdrawals", why), 409, "exit_settled")
    refused_with(
        loop["sun"].post("/new-choices", {"voucher_id": loop.ids["voucher"]}), 404, "voucher_missing"
    )
    free = loop.done("li", "/new-choices", {"voucher_id": loop.ids["other_voucher"]})
    assert (free["state"], free["issue_id"]) == ("accepted", None)
    anew = loop.done("zhang", "/new-choices", {"voucher_id": loop.ids["voucher"]})
    assert anew["state"] == "dropped"
    shown = loop["shenhe"].get(f"/issues/{anew['issue_id']}").json
    assert shown["way"] == "replacement"
