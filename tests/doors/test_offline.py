"""Scanning without a network at the doors: the pack, what was noted sent twice, a case concluded."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from tests.doors.loop import Loop
from tests.doors.test_phones import Wire
from tests.doors.web.test_worker_pages import at
from tests.doors.world import JIYUAN, refused_with
from voucher.ledger.credentials.keys import ensure_keys
from voucher.plumbing.unit_of_work import Work
from voucher.registry.counter_devices import APPROVAL
from voucher.registry.standards import Parameter
from voucher.rules.code_format import Kind
from voucher.stages.train.presenting import come_to_counter


def test_a_counter_takes_a_pack_along_and_tells_later_what_it_noted(loop: Loop) -> None:
    world, ids = loop.world, loop.ids
    world.do("operator", ensure_keys)
    voucher, class_id = ids["other_voucher"], ids["class"]
    mine = Wire(world, loop=loop).bind()
    pack = loop["t1-scan"].get(f"/classes/{class_id}/offline-pack").json
    assert (pack["class_id"], pack["institution"]) == (class_id, ids["t1"])
    (place,) = [each for each in pack["roster"] if each["vid"]]
    assert (place["masked_name"], place["status"], place["redeemed_at"]) == ("李*", 0, None)
    assert len(pack["issuers"][0]["public_key"]) == 66
    assert "410702198511209927" not in str(pack)

    def note(name: str, last4: str = "9927", kind: Kind = Kind.F) -> dict[str, Any]:
        told = {"client_id": name, "digits": mine.show(voucher, kind), "last4": last4}
        return told | {"scanned_at": world.at.isoformat()}

    def send(*scans: dict[str, Any]) -> Any:
        return loop["t1-scan"].post("/offline-scans", {"class_id": class_id, "scans": list(scans)})

    wrong, short, good = note("a", "0000"), note("b", kind=Kind.S), note("c")
    world.later(minutes=20)
    refused_with(send(*[good | {"client_id": f"n-{number}"} for number in range(51)]), 422, "body_invalid")
    sent = send(good, wrong, short)
    assert sent.status_code == 200, sent.json
    told = {
        each["client_id"]: (each["outcome"], each["code"], each["masked_name"]) for each in sent.json["items"]
    }
    assert told == {
        "c": ("confirmed", None, "李*"),
        "a": ("conflict", "identity_differs", "李*"),
        "b": ("refused", "code_kind_wrong", None),
    }
    again = send(short, wrong, good)
    assert again.status_code == 200, again.json
    assert again.json["items"] == list(reversed(sent.json["items"]))
    assert loop["t1-scan"].get(f"/vouchers/{voucher}").json["state"] == "training"
    kept = loop["t1-scan"].get(f"/offline-scans?class_id={class_id}").json["items"]
    assert len(kept) == 3

    cases = loop["shenhe"].get("/offline-cases").json["items"]
    (case,) = cases
    assert (case["client_id"], case["title"]) == ("a", "证件后四位与持券人不符")
    assert loop["zz-shenhe"].get("/offline-cases").json["items"] == []
    closing = {"conclusion": "前台输错证件号，学员当日到课"}
    refused_with(
        loop["zz-shenhe"].post(f"/offline-scans/{case['id']}/closings", closing), 404, "offline_case_missing"
    )
    page = at(loop, "shenhe").go("/office/offline-scans")
    assert "离线登记待核查" in page.text
    assert "李*" in page.text
    done = loop["shenhe"].post(f"/offline-scans/{case['id']}/closings", closing)
    assert done.status_code == 201, done.json
    assert loop["shenhe"].get("/offline-cases").json["items"] == []
    assert "没有待核查的离线登记" in at(loop, "shenhe").go("/office/offline-scans").text


def _ask_for_approval(loop: Loop) -> None:
    """Have devices approved from today on, in the county of T1 alone."""

    def act(work: Work) -> None:
        row = Parameter(
            name=APPROVAL, region_code=JIYUAN, value="1", unit="是否", since=work.today, until=None,
            source="测试", confidence="default",
        )  # fmt: skip
        work.session.add(row)

    loop.world.do("operator", act)


def test_a_device_nobody_approved_scans_nowhere_and_what_it_noted_is_a_case(loop: Loop) -> None:
    """At the API as on the page, with and without a network; a system was registered by the administrator."""
    world, ids, scanner = loop.world, loop.ids, loop["t1-scan"]
    world.do("operator", ensure_keys)
    voucher, class_id = ids["other_voucher"], ids["class"]
    mine = Wire(world, loop=loop).bind()
    named = {"institution_id": ids["t1"], "name": "前台一号机"}
    device = loop.done("t1-scan", "/counter-devices", named)
    desk, head = at(loop, "t1-scan"), at(loop, "t1-admin")
    page = desk.go(f"/institution/scan?class_id={class_id}")
    assert "本机还不能核销" not in page.text
    assert "本机构管理员在“系统”菜单的“核销设备”页批准" in page.text
    _ask_for_approval(loop)
    page = desk.go(f"/institution/scan?class_id={class_id}")
    assert "本机还不能核销：先给本机起名，再由管理员批准。请本机构管理员登录，在“系统”菜单的" in page.text
    assert "在“核销设备”页批准" in head.go(f"/institution/scan?class_id={class_id}").text, "his own page"
    key: dict[str, str] = {}

    def scan(path: str, **more: str) -> Any:
        body = {"digits": mine.show(voucher, Kind.S), "class_id": class_id, "device": "前台", **more}
        return scanner.http.post(
            f"/api/v1{path}", json=body,
            headers={"X-CSRFToken": scanner.token, "Idempotency-Key": str(uuid4()), **key},
        )  # fmt: skip

    def send(name: str) -> dict[str, Any]:
        body = {"class_id": class_id, "scans": [notes[name]]}
        headers = {"X-CSRFToken": scanner.token, "Idempotency-Key": str(uuid4()), **key}
        answer: Any = scanner.http.post("/api/v1/offline-scans", json=body, headers=headers)
        (told,) = answer.json["items"]
        return {"outcome": told["outcome"], "code": told["code"]}

    def note(name: str) -> None:
        told = {"client_id": name, "digits": mine.show(voucher, Kind.F), "last4": "9927"}
        notes[name] = told | {"scanned_at": world.at.isoformat()}
        world.later(minutes=1)

    notes: dict[str, dict[str, Any]] = {}
    card = {"last4": "9927", "nonce": "n-1"}
    for headers in ({}, {"Counter-Device": "x"}, {"Counter-Device": device["secret"]}):
        key = headers
        for path, more in (("/checks", {}), ("/enrolments", {}), ("/redemptions", card)):
            answer = scan(path, **more)
            refused_with(answer, 403, "counter_device_unapproved")
            assert "在“系统”菜单的“核销设备”页批准" in answer.json["detail"]
    scans = loop["jiban"].get(f"/scans?class={class_id}").json["items"]
    assert [each["code"] for each in scans[:9]] == ["counter_device_unapproved"] * 9, "refused scans are kept"
    note("before")
    assert send("before") == {"outcome": "conflict", "code": "counter_device_unapproved"}

    path = f"/counter-devices/{device['id']}"
    loop.done("t1-admin", f"{path}/approvals")
    world.later(minutes=1)
    assert send("before")["outcome"] == "conflict", "what was noted before stays a case"
    note("after")
    note("last")
    loop.done("t1-admin", f"{path}/strikings")
    world.later(minutes=1)
    refused_with(scan("/redemptions", **card), 403, "counter_device_struck")
    note("struck")
    assert send("struck") == {"outcome": "conflict", "code": "counter_device_struck"}
    assert send("after") == {"outcome": "confirmed", "code": None}, "it was good when the code was shown"
    key = {}
    assert send("last") == {"outcome": "conflict", "code": "counter_device_unapproved"}
    cases = loop["shenhe"].get("/offline-cases").json["items"]
    assert {each["client_id"] for each in cases} == {"before", "struck", "last"}


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_asking_for_the_device_makes_no_further_trip(loop: Loop) -> None:
    seen: list[str] = []
    event.listen(loop.world.database.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))

    def come(work: Work, scanner: str | None) -> int:
        before = len(seen)
        come_to_counter(work, loop.ids["class"], "redeem", scanner)
        return len(seen) - before

    asked = [loop.world.do("t1-scan", partial(come, scanner=each)) for each in (None, "", "unknown")]
    assert len(set(asked)) == 1, asked
