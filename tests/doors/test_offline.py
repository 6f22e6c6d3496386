"""Scanning without a network at the doors: the pack, what was noted sent twice, a case concluded."""

from __future__ import annotations

from typing import Any

from tests.doors.loop import Loop
from tests.doors.test_phones import Wire
from tests.doors.web.test_worker_pages import at
from tests.doors.world import refused_with
from voucher.ledger.credentials.keys import ensure_keys
from voucher.rules.code_format import Kind


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
