"""What verifiers fetch, as a verifier does: with a pinned root, a tag, and no login."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from joserfc.jwk import KeySet

from tests.doors.world import World
from voucher.ledger.credentials.keys import Purpose, find_row, get_signing_key
from voucher.ledger.credentials.status import Status, set_status, take_places
from voucher.ledger.credentials.status_tokens import apply_delta, read_status_token
from voucher.ledger.credentials.trust import read_trust
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.users import CLOCK_LOGIN, load_actor
from voucher.rules.keys import KeyState
from voucher.stages.oversee.keys import publish_status, rotate_due_keys


def by_the_clock(world: World, act: Any) -> Any:
    with world.database.read() as session:
        clock = load_actor(session, CLOCK_LOGIN, world.at.date())
    return perform(world.database, world.keyring, clock, world.at, act)


def test_a_verifier_pins_one_hash_and_learns_the_rest(world: World) -> None:
    http: Any = world.visit().http
    with world.database.read() as session:
        root = find_row(session, Purpose.TRUST_ROOT, KeyState.SIGNING)
    assert root is not None
    answer = http.get("/.well-known/tv/trust.jws")
    assert (answer.status_code, answer.mimetype) == (200, "application/jose")
    assert answer.cache_control.public
    held = read_trust(answer.text, root.kid)
    again = http.get("/.well-known/tv/trust.jws", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    listed = {each.key.kid for each in held.listed}
    jwks = http.get("/.well-known/jwks.json")
    assert {each["kid"] for each in jwks.json["keys"]} == listed
    assert not any("d" in each for each in jwks.json["keys"])
    assert {each.thumbprint() for each in KeySet.import_key_set(jwks.json).keys} == listed
    # the clock shows the next keys; the list is signed anew, and the one held is then older
    assert by_the_clock(world, rotate_due_keys) == 2
    newer = read_trust(http.get("/.well-known/tv/trust.jws").text, root.kid, after=held.iat + 1)
    assert {each.key.kid for each in newer.listed} > listed
    assert by_the_clock(world, rotate_due_keys) == 0
    signing = by_the_clock(world, get_signing_key)
    assert [each.verifies(b"TV1C", signing.sign(b"TV1C")) for each in newer.trust(signing.kid4)] == [True]


def test_a_status_list_is_fetched_once_and_followed_by_its_changes(world: World) -> None:
    http: Any = world.visit().http
    missing = http.get("/.well-known/tv/status/1")
    assert (missing.status_code, missing.json["code"]) == (404, "status_list_missing")
    assert missing.mimetype == "application/problem+json"
    places = by_the_clock(world, lambda work: take_places(work, 20))
    assert by_the_clock(world, publish_status) == 1
    with world.database.read() as session:
        key = find_row(session, Purpose.STATUS, KeyState.SIGNING)
    assert key is not None
    answer = http.get("/.well-known/tv/status/1")
    assert (answer.status_code, answer.mimetype) == (200, "application/statuslist+jwt")
    assert answer.cache_control.max_age == 900
    held = read_status_token(answer.text, [key.public], world.at)
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert http.get("/.well-known/tv/status/1", headers=tag).status_code == 304

    def end(work: Work) -> int:
        return set_status(work, places[:2], Status.ENDED)

    world.later(minutes=4)
    assert by_the_clock(world, end) == 2
    since = int(held.signed_at.timestamp())
    delta = http.get(f"/.well-known/tv/status/1/delta?since={since}")
    assert (delta.status_code, delta.mimetype) == (200, "application/statuslist-delta+jwt")
    followed = apply_delta(held, delta.text, [key.public], world.at)
    assert by_the_clock(world, publish_status) == 1
    changed = http.get("/.well-known/tv/status/1", headers=tag)
    assert changed.status_code == 200
    assert read_status_token(changed.text, [key.public], world.at) == followed
    assert [followed.get(each.si) for each in places[:3]] == [Status.ENDED, Status.ENDED, Status.VALID]
    for query, code in (
        ("", "since_unreadable"),
        ("?since=x", "since_unreadable"),
        ("?since=9" + "9" * 300, "since_unreadable"),
        ("?since=-1", "since_unreadable"),
        (f"?since={since - int(timedelta(days=2).total_seconds())}", "status_delta_too_old"),
    ):
        refused = http.get(f"/.well-known/tv/status/1/delta{query}")
        assert (refused.status_code, refused.json["code"]) == (422, code)
    assert http.get(f"/.well-known/tv/status/7/delta?since={since}").json["code"] == "status_list_missing"
    assert http.post("/.well-known/jwks.json").status_code == 405
