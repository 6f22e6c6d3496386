"""Systems and their event notices at the API: secrets said once and stored nowhere, and nobody else's."""

from __future__ import annotations

from sqlalchemy import select

from tests.doors.loop import Loop
from tests.doors.world import refused_with
from voucher.plumbing.db import Model

NEW = {"name": "前台程序", "scopes": ["scan", "read"]}
HOOK = {"address": "https://jw.example.org/hook", "events": ["voucher.redeemed", "claim.paid"]}


def test_an_administrator_connects_a_system_and_everything_it_needs(loop: Loop) -> None:
    house = loop.ids["t1"]
    admin = loop["t1-admin"]
    made = admin.post("/systems", {"institution_id": house, **NEW}, key="s1")
    assert (made.status_code, made.json["scopes"]) == (201, ["scan", "read"])
    secret, path = made.json["client_secret"], f"/systems/{made.json['id']}"
    again = admin.post("/systems", {"institution_id": house, **NEW}, key="s1")
    assert again.json == made.json | {"client_secret": None}, "said once, and not stored"

    def fetch(with_secret: str) -> int:
        asked = {"grant_type": "client_credentials"}
        auth = (made.json["client_id"], with_secret)
        return loop.world.app.test_client().post("/oauth/token", data=asked, auth=auth).status_code

    assert fetch(secret) == 200
    newer = admin.post(f"{path}/secrets", {}).json["client_secret"]
    assert [fetch(secret), fetch(newer)] == [200, 200]
    assert admin.post(f"{path}/confirmations", {}).status_code == 201
    assert [fetch(secret), fetch(newer)] == [401, 200]

    hook = admin.post(f"{path}/webhooks", HOOK, key="h1")
    assert (hook.status_code, hook.json["events"]) == (201, HOOK["events"])
    assert hook.json["secret"].startswith("whsec_")
    assert admin.post(f"{path}/webhooks", HOOK, key="h1").json == hook.json | {"secret": None}
    there = f"/webhooks/{hook.json['id']}"
    refused_with(admin.post(f"{path}/webhooks", HOOK), 409, "webhook_standing")
    inside = {**HOOK, "address": "https://192.168.1.2/"}
    refused_with(admin.post(f"{path}/webhooks", inside), 422, "webhook_address_unfit")
    refused_with(admin.post(f"{path}/webhooks", {**HOOK, "events": ["person.born"]}), 422, "body_invalid")
    assert admin.post(f"{there}/secrets", {}).json["secret"] not in (None, hook.json["secret"])
    sent = admin.post(f"{there}/trials", {}).json
    assert (sent["event"], sent["sequence"]) == ("ping", 1)
    listed = admin.get(f"/webhook-deliveries?webhook_id={hook.json['id']}").json["items"]
    assert [(each["id"], each["tries"], each["delivered_at"]) for each in listed] == [(sent["id"], [], None)]
    assert admin.post(f"/webhook-deliveries/{sent['id']}/resendings", {}).status_code == 201
    refused_with(admin.post(f"{there}/resumptions", {}), 409, "webhook_not_paused")
    with loop.world.database.read() as session:
        for table in Model.metadata.sorted_tables:
            for row in session.execute(select(table)):
                for each in (secret, newer, hook.json["secret"]):
                    assert each not in str(row), table.name

    # nobody else's: as good as missing, and another role has no business here
    stranger, scanner = loop["t2-admin"], loop["t1-scan"]
    for asked in (path, f"{there}"):
        for act in ("secrets", "revocations"):
            assert stranger.post(f"{asked}/{act}", {}).status_code == 404, (asked, act)
            assert scanner.post(f"{asked}/{act}", {}).status_code == 403, (asked, act)
    for act in ("trials", "resumptions"):
        refused_with(stranger.post(f"{there}/{act}", {}), 404, "webhook_missing")
    refused_with(stranger.post(f"{path}/confirmations", {}), 404, "system_missing")
    refused_with(stranger.post(f"{path}/webhooks", HOOK), 404, "system_missing")
    refused_with(stranger.post(f"/webhook-deliveries/{sent['id']}/resendings", {}), 404, "webhook_missing")
    refused_with(stranger.get(there), 404, "webhook_missing")
    refused_with(stranger.get(f"/webhook-deliveries?webhook_id={hook.json['id']}"), 404, "webhook_missing")
    refused_with(stranger.post("/systems", {"institution_id": house, **NEW}), 404, "institution_absent")
    assert stranger.get("/systems").json["items"] == []
    assert [each["id"] for each in admin.get("/systems").json["items"]] == [made.json["id"]]

    assert admin.post(f"{there}/revocations", {}).json["revoked_at"]
    refused_with(loop["zz-shenhe"].post(f"{path}/revocations", {}), 404, "system_missing")
    assert loop["shenhe"].post(f"{path}/revocations", {}).json["revoked_at"]
    assert fetch(newer) == 401
