"""Corrections at the API: two people, a number typed twice, lists that show nobody whole."""

from __future__ import annotations

from tests.doors.loop import LI_SI, ZHANG_SAN, Loop
from tests.doors.world import refused_with
from tests.scene import staff_number
from voucher.rules.actor import Role

NEW = staff_number("410702198511209940")
ASKED = {"number": LI_SI[1], "new_number": NEW, "former_use": "changed", "evidence": "济源公安证明 7 号"}


def test_a_number_is_corrected_by_two_who_both_type_it(loop: Loop) -> None:
    loop.world.staff("fuhe2", Role.OFFICER_CITY)
    first, second = loop["shenhe"], loop.world.sign_in("fuhe2")
    path = "/number-corrections"
    refused_with(loop["li"].post(path, ASKED), 403, "role_missing")
    refused_with(first.post(path, {**ASKED, "former_use": "maybe"}), 422, "body_invalid")
    refused_with(first.post(path, {**ASKED, "new_number": NEW[:17]}), 422, "identity_malformed")
    refused_with(first.post(path, {**ASKED, "new_number": LI_SI[1]}), 422, "number_unchanged")
    taken = first.post(path, {**ASKED, "new_number": ZHANG_SAN[1]})
    refused_with(taken, 409, "number_of_another")
    assert "转人工" in taken.json["detail"]
    refused_with(first.post(path, {**ASKED, "number": NEW}), 404, "person_missing")
    made = first.post(path, ASKED).json
    assert (made["state"], made["new"]) == ("waiting", f"{NEW[:6]}********{NEW[-4:]}")
    refused_with(first.post(path, ASKED), 409, "correction_open")
    assert [each["id"] for each in second.get(f"{path}?state=waiting").json["items"]] == [made["id"]]
    decide = f"{path}/{made['id']}/confirmations"
    typed = {"decision": "confirm", "number": NEW}
    refused_with(first.post(decide, typed), 403, "second_person_needed")
    refused_with(second.post(decide, {"decision": "confirm"}), 422, "identity_malformed")
    refused_with(second.post(decide, {**typed, "number": ZHANG_SAN[1]}), 409, "number_typed_differs")
    refused_with(second.post(decide, {"decision": "refuse"}), 422, "why_missing")
    done = second.post(decide, typed)
    assert (done.status_code, done.json["state"]) == (201, "approved")
    refused_with(second.post(decide, typed), 404, "correction_missing")
    assert second.get(f"{path}?state=waiting").json["items"] == []
    assert second.get(f"{path}?state=decided").json["items"][0]["former_use"] == "changed"
    again = first.post(path, {**ASKED, "number": NEW, "new_number": LI_SI[1], "former_use": "wrong"}).json
    turned = second.post(f"{path}/{again['id']}/confirmations", {"decision": "refuse", "why": "没有依据"})
    assert (turned.json["state"], turned.json["why"]) == ("declined", "没有依据")
    assert NEW not in str(second.get(path).json)


def test_a_name_may_be_turned_down(loop: Loop) -> None:
    loop.world.staff("fuhe2", Role.OFFICER_CITY)
    first, second = loop["shenhe"], loop.world.sign_in("fuhe2")
    made = first.post(
        "/name-corrections", {"number": LI_SI[1], "new_name": "李五", "evidence": "户口簿"}
    ).json
    assert (made["former"], made["new"]) == ("李*", "李*")
    decide = f"/name-corrections/{made['id']}/confirmations"
    refused_with(second.post(decide, {"decision": "refuse", "why": " "}), 422, "why_missing")
    assert second.post(decide, {"decision": "refuse", "why": "证明是别人的"}).json["state"] == "declined"
    refused_with(second.post(decide, {}), 404, "renaming_missing")
    assert second.get("/name-corrections?state=waiting").json["items"] == []
    assert second.get("/name-corrections").json["items"][0]["why"] == "证明是别人的"
