"""Phones at the API: bound, fetched for, lost; every bad code refused with its code and kept as a scan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

from tests.doors.loop import Loop
from tests.doors.world import refused_with
from tests.town_phone import Screen
from voucher.ledger.credentials.keys import ensure_keys
from voucher.plumbing.signing import from_base64url, to_base64url
from voucher.rules.code_format import Kind, encode_presentation, make_beacon, parse_challenge


@dataclass
class Wire(Screen):
    """A phone that knows nothing but what the wire tells it."""

    loop: Loop | None = None
    login: str = "li"

    def client(self) -> Any:
        """Return its holder's session."""
        assert self.loop is not None
        return self.loop[self.login]

    def ask_to_bind(self, **more: Any) -> Any:
        """Ask to be bound and return the answer."""
        told = self.client().get("/beacons").json
        assert told["slot"] == told["now"] // 900
        proof = self.prove(from_base64url(told["beacon"]), told["holder_id"])
        body = {"public_key": to_base64url(self.public), "proof": to_base64url(proof), "label": "李四的手机"}
        return self.client().post("/devices", body | more)

    def bind(self, **more: Any) -> Self:
        """Be bound, and fetch."""
        bound = self.ask_to_bind(**more)
        assert bound.status_code == 201, bound.json
        self.device_id = bound.json["id"]
        return self.fetch()

    def fetch(self) -> Self:
        """Fetch what is signed into it."""
        told = self.client().post("/credentials", {"device_id": self.device_id})
        assert told.status_code == 200, told.json
        looked = self.client().get(f"/credentials?device={self.device_id}").json
        assert looked["items"] == told.json["items"]
        self.held = {each["voucher_id"]: from_base64url(each["credential"]) for each in looked["items"]}
        return self


def test_a_phone_is_bound_shows_its_voucher_and_every_bad_code_is_kept(loop: Loop) -> None:
    world, ids = loop.world, loop.ids
    world.do("operator", ensure_keys)
    voucher, class_id = ids["other_voucher"], ids["class"]
    mine = Wire(world, loop=loop).bind()
    listed = loop["li"].get("/devices").json["items"]
    assert [(each["state"], each["label"]) for each in listed] == [("live", "李四的手机")]
    assert mine.bind().device_id == listed[0]["id"]
    signed = loop["li"].get(f"/credentials?device={mine.device_id}").json["items"][0]
    assert (signed["institution_id"], signed["offline_allowed"]) == (ids["t1"], True)

    def scan(digits: str, nonce: str = "n", **more: Any) -> Any:
        body = {"digits": digits, "class_id": class_id, "last4": "9927", "device": "前台", "nonce": nonce}
        return loop["t1-scan"].post("/redemptions", body | more)

    def check(digits: str) -> Any:
        return loop["t1-scan"].post("/checks", {"digits": digits, "class_id": class_id, "device": "前台"})

    good = mine.present(voucher)
    flipped = replace(good, signature=bytes([good.signature[0] ^ 1]) + good.signature[1:])
    refused_with(scan(encode_presentation(flipped)), 403, "code_forged")
    refused_with(scan(encode_presentation(good)[:-1]), 422, "code_malformed")
    refused_with(scan(encode_presentation(replace(good, vid=bytes(8)))), 404, "code_unknown")
    mine.skew = -46
    refused_with(scan(mine.show(voucher)), 409, "code_expired")
    mine.skew = 3 * 3600
    refused_with(scan(mine.show(voucher)), 409, "phone_clock_wrong")
    asked = loop.done("t1-scan", "/challenges", {"class_id": class_id})
    question = parse_challenge(asked["digits"])
    assert (question.challenge, question.institution) == (asked["challenge"], ids["t1"])
    answer = mine.show(voucher, Kind.F, challenge=question.challenge)
    seen = check(answer).json
    assert (seen["possible"], seen["masked_name"], seen["refusal"]) == (["redeem"], "李*", None)
    refused_with(scan(mine.show(voucher, challenge=7)), 409, "challenge_gone")
    refused_with(scan(answer, last4="0000"), 403, "identity_differs")
    done = scan(answer)
    assert done.status_code == 201, done.json
    assert scan(answer, "n2").json["id"] == done.json["id"]
    world.later(seconds=61)
    refused_with(scan(answer, "n3"), 409, "redeemed_already")
    kept = loop["t1-scan"].get(f"/scans?class={class_id}&limit=200").json["items"]
    codes = [each["code"] for each in kept if each["device"] == "前台" and each["code"]]
    told = "code_forged code_malformed code_unknown code_expired phone_clock_wrong challenge_gone"
    assert sorted(codes) == sorted([*told.split(), "identity_differs", "redeemed_already"])
    keys = loop["t1-scan"].get("/beacon-keys").json
    assert len(keys["keys"]) == 3
    beacon = loop["li"].get("/beacons").json
    day_key = from_base64url(keys["keys"][1]["key"])
    assert to_base64url(make_beacon(day_key, beacon["slot"])) == beacon["beacon"]


def test_a_copied_phone_is_frozen_and_its_holder_signs_in_anew(loop: Loop) -> None:
    """AC-C1: a copy of the phone is of no use to whoever has it, nor is somebody else's phone."""
    world, ids = loop.world, loop.ids
    world.do("operator", ensure_keys)
    voucher, class_id = ids["other_voucher"], ids["class"]
    mine = Wire(world, loop=loop).bind()
    refused_with(loop["sun"].get(f"/credentials?device={mine.device_id}"), 404, "device_missing")
    refused_with(loop["sun"].post(f"/devices/{mine.device_id}/losses", {}), 404, "device_missing")
    refused_with(loop["sun"].post("/credentials", {"device_id": mine.device_id}), 404, "device_missing")
    other = Wire(world, loop=loop)
    refused_with(other.ask_to_bind(), 409, "devices_too_many")
    refused_with(other.ask_to_bind(proof=to_base64url(bytes(64))), 422, "device_proof_wrong")
    refused_with(other.ask_to_bind(public_key=to_base64url(bytes(33))), 422, "device_key_malformed")
    assert other.ask_to_bind(public_key="=" * 44).status_code == 422
    copy = mine.copied()

    def check(screen: Screen, act: str = "checks", **more: Any) -> Any:
        body = {"digits": screen.show(voucher), "class_id": class_id, "device": "前台"}
        return loop["t1-scan"].post(f"/{act}", body | more)

    mine.counter = 5
    use = {"last4": "9927", "nonce": "n"}
    assert check(mine, "redemptions", **use).status_code == 201
    loop.world.at += timedelta(seconds=20)
    refused_with(check(copy), 409, "code_copied")
    refused_with(check(mine), 409, "device_frozen")
    # whoever has the copy may have its session too: everybody signs in anew
    assert loop["li"].get("/devices").status_code == 401
    loop.clients.pop("li")
    states = [each["state"] for each in loop["li"].get("/devices").json["items"]]
    assert states == ["frozen"]
    facts = refused_with(loop["li"].post("/credentials", {"device_id": mine.device_id}), 409, "device_ended")
    assert facts["why"] == "frozen"
    assert loop["li"].get(f"/vouchers/{voucher}").json["held"] is True
    again = Wire(world, loop=loop).bind()
    assert loop["li"].get(f"/vouchers/{voucher}").json["held"] is False
    assert voucher in again.held
    lost = loop.done("li", f"/devices/{again.device_id}/losses", {"why": "掉了"})
    assert (lost["state"], lost["state_name"]) == ("lost", "挂失")
    refused_with(check(again), 409, "device_gone")
    # a voucher without a phone is shown as before
    assert len(loop.code("li", "other_voucher")) == 22
