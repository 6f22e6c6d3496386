"""Keys that follow each other, lists of places, and the one list verifiers pin the signer of."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.scene import Scene
from voucher.ledger.credentials import rotating, status, trust
from voucher.ledger.credentials.keys import (
    KeyRow,
    Purpose,
    SigningKey,
    ensure_keys,
    find_row,
    find_trusted,
    get_signing_key,
    list_keys,
)
from voucher.ledger.credentials.status import PLACES, Place, Status, set_status, status_of, take_places
from voucher.ledger.credentials.status_tokens import (
    DELTA_TYPE,
    LIST_TYPE,
    ReadList,
    StatusTimes,
    apply_delta,
    pack,
    publish_due,
    read_status_token,
    write_delta,
)
from voucher.plumbing.signing import Alg, FileSigner, KeyPlace, from_base64url, to_base64url
from voucher.plumbing.signing.jws import write_jws
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Refused
from voucher.rules.keys import KeyState, KeyTimes

TIMES = KeyTimes(next_days=30, signing_days=90, signed_days=30, verify_more_days=30)
STATUS = StatusTimes(ttl_seconds=900, valid_hours=24)
DAY = timedelta(days=1)
MESSAGE = b"TV1C body"


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.refusal.code


def states(scene: Scene, purpose: Purpose) -> list[str]:
    with scene.database.read() as session:
        return sorted(str(each.stands) for each in list_keys(session) if each.purpose == purpose)


def tick(scene: Scene) -> int:
    return scene.do("clock", lambda work: rotating.rotate_due(work, TIMES))


def test_founding_makes_a_key_for_every_purpose_once(scene: Scene) -> None:
    assert scene.do("clock", ensure_keys) == 0
    for purpose in Purpose:
        assert states(scene, purpose) == ["signing"]
        key = scene.do("clock", partial(get_signing_key, purpose=purpose))
        signature = key.sign(MESSAGE)
        with scene.database.read() as session:
            row = find_row(session, purpose, KeyState.SIGNING)
            assert row is not None
            assert row.public.verifies(MESSAGE, signature)
            # a status key or a root never vouches for a credential, whatever it has signed
            believed = find_trusted(session, key.kid4, scene.at)
            assert [each.kid for each in believed] == ([key.kid] if purpose is Purpose.ISSUER else [])


def test_keys_follow_each_other_by_the_calendar(scene: Scene) -> None:
    first = scene.do("clock", get_signing_key)
    start = scene.at
    assert tick(scene) == 0
    scene.at = start + 60 * DAY
    assert tick(scene) == 2  # the next issuer key and the next status key are shown
    assert tick(scene) == 0
    assert states(scene, Purpose.ISSUER) == ["next", "signing"]
    refused = code_of(lambda: scene.do("clock", lambda work: rotating.make_next(work, Purpose.ISSUER)))
    assert refused == "key_next_exists"
    scene.at = start + 89 * DAY
    turn = partial(scene.do, "clock", lambda work: rotating.rotate(work, Purpose.ISSUER, TIMES))
    assert (tick(scene), code_of(turn)) == (0, "key_too_fresh")
    scene.at = start + 90 * DAY
    assert tick(scene) == 2
    second = scene.do("clock", get_signing_key)
    assert second.kid != first.kid
    assert states(scene, Purpose.ISSUER) == ["signing", "verify_only"]
    assert code_of(turn) == "key_next_missing"
    with scene.database.read() as session:
        assert [each.kid for each in find_trusted(session, first.kid4, scene.at)] == [first.kid]
    scene.at = start + 149 * DAY
    assert tick(scene) == 0  # something it signed may still be shown
    scene.at = start + 150 * DAY
    assert tick(scene) == 4  # gone, and the successors of the second ones are shown
    assert states(scene, Purpose.ISSUER) == ["next", "removed", "signing"]
    with scene.database.read() as session:
        assert find_trusted(session, first.kid4, scene.at) == []
    # the root is pinned in scanners: the clock never changes it
    assert states(scene, Purpose.TRUST_ROOT) == ["signing"]


def test_a_withdrawn_key_is_believed_no_more_and_another_signs_at_once(scene: Scene) -> None:
    first = scene.do("clock", get_signing_key)
    scene.at += 60 * DAY
    tick(scene)
    with scene.database.read() as session:
        shown = find_row(session, Purpose.ISSUER, KeyState.NEXT)
    assert shown is not None
    scene.do("clock", lambda work: rotating.withdraw(work, first.kid, "疑似泄露"))
    second = scene.do("clock", get_signing_key)
    assert second.kid == shown.kid
    with scene.database.read() as session:
        assert find_trusted(session, first.kid4, scene.at) == []
        current = [each.is_current(scene.at) for each in trust.online_trust(session)(first.kid4)]
        assert current == [False]  # known by name, and told apart from a stranger's
    withdraw = partial(scene.do, "clock")
    assert (
        code_of(lambda: withdraw(lambda work: rotating.withdraw(work, first.kid, "again"))) == "key_removed"
    )
    assert code_of(lambda: withdraw(lambda work: rotating.withdraw(work, "none", "again"))) == "key_unknown"
    # without a next key one is made on the spot
    scene.do("clock", lambda work: rotating.withdraw(work, second.kid, "疑似泄露"))
    third = scene.do("clock", get_signing_key)
    assert third.kid not in (first.kid, second.kid)
    for sin in (
        "DELETE FROM signing_key",
        "UPDATE signing_key SET removed_at = NULL, removed_why = NULL WHERE removed_at IS NOT NULL",
        "UPDATE signing_key SET kid4 = '00000000'",
        "UPDATE trust_list SET jws = ''",
    ):
        with pytest.raises(DBAPIError):
            scene.do("clock", partial(execute, sql=sin))


def execute(work: Work, sql: str) -> None:
    work.session.execute(text(sql))


def test_places_are_random_never_given_twice_and_ended_for_ever(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scene.do("clock", lambda work: take_places(work, 300))
    more = scene.do("clock", lambda work: take_places(work, 1))
    assert len({*first, *more}) == 301
    assert {each.sl for each in first} == {1}
    assert first != sorted(first)  # the order of issue is not the order in the list
    assert scene.do("clock", lambda work: set_status(work, first[:3], Status.ENDED)) == 3
    assert scene.do("clock", lambda work: set_status(work, first[:5], Status.FROZEN)) == 2
    assert scene.do("clock", lambda work: set_status(work, first[:4], Status.VALID)) == 1
    with scene.database.read() as session:
        said = status_of(session, [*first[:6], Place(9, 9)])
    assert [said[each] for each in first[:6]] == [1, 1, 1, 0, 2, 0]
    assert Place(9, 9) not in said
    with pytest.raises(DBAPIError):
        scene.do("clock", lambda work: work.session.execute(text("UPDATE status_place SET value = 0")))
    # a list that turns most of them away is full enough: the next one is opened
    monkeypatch.setattr(status, "PLACES", 256)
    monkeypatch.setattr(status, "CHUNK", 200)
    filled = scene.do("clock", lambda work: take_places(work, 600))
    assert len({*first, *more, *filled}) == 901
    assert {each.sl for each in filled} >= {1, 2, 3}
    assert scene.do("clock", lambda work: take_places(work, 0)) == []


def signed_list(scene: Scene) -> tuple[ReadList, str, list[KeyRow]]:
    assert scene.do("clock", lambda work: publish_due(work, STATUS)) == 1
    with scene.database.read() as session:
        found = session.get(status.StatusList, 1)
        keys = [each for each in list_keys(session) if each.purpose == Purpose.STATUS]
    assert found is not None
    assert found.token is not None
    return read_status_token(found.token, [each.public for each in keys], scene.at), found.token, keys


def test_a_status_list_says_what_is_true_and_its_delta_brings_an_older_one_there(scene: Scene) -> None:
    places = scene.do("clock", lambda work: take_places(work, 50))
    scene.do("clock", lambda work: set_status(work, places[:2], Status.ENDED))
    held, token, rows = signed_list(scene)
    keys = [each.public for each in rows]
    assert [held.get(each.si) for each in places[:3]] == [1, 1, 0]
    # another library reads it as the draft says
    theirs = jws.deserialize_compact(token, ECKey.import_key(dict(keys[0].jwk)))
    claims = json.loads(theirs.payload)
    assert theirs.headers()["typ"] == "statuslist+jwt"
    assert (claims["ttl"], claims["exp"] - claims["iat"], claims["sub"]) == (
        900,
        86400,
        "/.well-known/tv/status/1",
    )
    bits = zlib.decompress(from_base64url(claims["status_list"]["lst"]))
    assert (len(bits), sum(each.bit_count() for each in bits)) == (PLACES // 4, 2)
    si = places[0].si
    assert bits[si // 4] >> (si % 4 * 2) & 3 == 1
    # an act may commit a little late, so what changed just before is told once more; then the token stays
    scene.at += timedelta(minutes=5)
    assert [scene.do("clock", lambda work: publish_due(work, STATUS)) for _ in range(2)] == [1, 0]
    scene.do("clock", lambda work: set_status(work, places[2:4], Status.FROZEN))

    def delta(work: Work) -> str:
        key = get_signing_key(work, Purpose.STATUS)
        return write_delta(work.session, key, 1, held.signed_at, work.at, STATUS)

    changes = scene.do("clock", delta)
    newer = apply_delta(held, changes, keys, scene.at)
    assert apply_delta(newer, changes, keys, scene.at) == newer
    again, _, _ = signed_list(scene)
    assert again == newer
    assert [again.get(each.si) for each in places[:5]] == [1, 1, 2, 2, 0]
    scene.at += timedelta(hours=24)
    assert code_of(lambda: scene.do("clock", delta)) == "status_delta_too_old"
    assert code_of(lambda: read_status_token(token, keys, scene.at)) == "status_list_untrusted"


def test_a_status_list_of_anybody_else_or_of_another_shape_is_refused(scene: Scene, tmp_path: Path) -> None:
    scene.do("clock", lambda work: take_places(work, 1))
    held, token, rows = signed_list(scene)
    keys = [each.public for each in rows]
    stranger = FileSigner(tmp_path / "stranger", b"sixteen letters and more")
    other = stranger.make()
    signing = scene.do("clock", lambda work: get_signing_key(work, Purpose.STATUS))
    claims = json.loads(from_base64url(token.split(".")[1]))
    header: dict[str, object] = {"alg": "ES256", "kid": signing.kid, "typ": LIST_TYPE}

    def made(**changed: object) -> str:
        return write_jws(header, {**claims, **changed}, signing.sign)

    def listed(packed: bytes, bits: int = 2) -> dict[str, object]:
        return {"bits": bits, "lst": to_base64url(zlib.compress(packed, 9))}

    assert read_status_token(made(), keys, scene.at) == held
    spoilt = [
        write_jws(header, claims, partial(stranger.sign, other.kid)),
        write_jws({**header, "kid": other.kid}, claims, partial(stranger.sign, other.kid)),
        write_jws({**header, "typ": DELTA_TYPE}, claims, signing.sign),
        write_jws({**header, "alg": "none"}, claims, lambda _message: b""),
        made(sub="/.well-known/tv/status/x"),
        made(sub="/.well-known/tv/status/01"),
        made(iat="now"),
        made(exp=claims["iat"]),
        made(exp=10**30),
        made(status_list=listed(bytes(7))),
        made(status_list=listed(bytes(PLACES))),
        made(status_list=listed(pack([]), bits=1)),
        made(status_list={"bits": 2, "lst": "AAAA"}),
        made(status_list=[]),
        token[:-4],
        "",
    ]
    for each in spoilt:
        assert code_of(partial(read_status_token, each, keys, scene.at)) == "status_list_untrusted"
    assert code_of(lambda: read_status_token(token, [], scene.at)) == "status_list_untrusted"
    for changes in ([[PLACES, 1]], [[0, 7]], [["a", 1]], [0], 0):
        told = {"bits": 2, "since": claims["iat"], "changes": changes}
        delta = write_jws({**header, "typ": DELTA_TYPE}, {**claims, "status_delta": told}, signing.sign)
        apply = partial(apply_delta, held, delta, keys, scene.at)
        assert code_of(apply) == "status_list_untrusted"


def test_the_trust_list_is_the_root_s_and_never_goes_back(scene: Scene, tmp_path: Path) -> None:
    with scene.database.read() as session:
        published = trust.find_published(session)
        root = find_row(session, Purpose.TRUST_ROOT, KeyState.SIGNING)
        issuer = find_row(session, Purpose.ISSUER, KeyState.SIGNING)
        assert not trust.is_stale(session, scene.at, 30)
        assert trust.is_stale(session, scene.at + 30 * DAY, 30)
    assert published is not None
    assert root is not None
    assert issuer is not None
    old = trust.read_trust(published.jws, root.kid)
    kid4 = issuer.public.kid4
    assert [each.kid for each in old.trust(kid4)] == [kid4]
    assert [each.is_current(scene.at) for each in old.trust(kid4)] == [True]
    assert len(old.status_keys) == 1
    assert (old.trust(old.status_keys[0].kid4), old.trust(b"none")) == ([], [])
    # the next key is in the list before it signs
    scene.at += 60 * DAY
    tick(scene)
    with scene.database.read() as session:
        assert trust.is_stale(session, scene.at, 365)
    row = scene.do("clock", trust.publish_here)
    assert row is not None
    new = trust.read_trust(row.jws, root.kid, after=old.iat)
    assert {str(each.state) for each in new.listed} == {"next", "signing"}
    assert code_of(lambda: trust.read_trust(published.jws, root.kid, after=new.iat)) == "trust_list_older"
    publish = partial(scene.do, "clock", lambda work: trust.publish(work, published.jws))
    assert code_of(publish) == "trust_list_older"
    # another root's list, and a list under another root's name
    stranger = FileSigner(tmp_path / "stranger", b"sixteen letters and more")
    other = stranger.make()
    assert code_of(lambda: trust.read_trust(row.jws, other.kid)) == "trust_list_untrusted"
    header: dict[str, object] = {"alg": "ES256", "typ": trust.TYPE, "jwk": other.jwk}
    payload = json.loads(from_base64url(row.jws.split(".")[1]))
    theirs = write_jws(header, payload, partial(stranger.sign, other.kid))
    borrowed = write_jws({**header, "jwk": root.public.jwk}, payload, partial(stranger.sign, other.kid))
    renamed = {**payload, "keys": [{**payload["keys"][0], "kid": other.kid}]}
    signing = scene.do("clock", lambda work: get_signing_key(work, Purpose.TRUST_ROOT))
    for each in (
        theirs,
        borrowed,
        trust.sign_payload(renamed, signing, root.public),
        trust.sign_payload({"iat": 1.5, "keys": []}, signing, root.public),
        trust.sign_payload({"iat": 1}, signing, root.public),
        row.jws[:-1],
        "",
    ):
        assert code_of(partial(trust.read_trust, each, root.kid)) == "trust_list_untrusted"


def test_a_root_kept_elsewhere_signs_elsewhere(scene: Scene, tmp_path: Path) -> None:
    away = FileSigner(tmp_path / "away", b"sixteen letters and more")
    root = away.make(Alg.ED25519)
    row = scene.do("clock", lambda work: rotating.replace_root(work, root))
    assert (row.kid, row.place) == (root.kid, str(KeyPlace.OUTSIDE))
    assert scene.do("clock", trust.publish_here) is None
    with scene.database.read() as session:
        payload = trust.draft_payload(session, scene.at)
    signing = SigningKey(root.kid, root.alg, away)
    published = scene.do(
        "clock", lambda work: trust.publish(work, trust.sign_payload(payload, signing, root))
    )
    assert trust.read_trust(published.jws, root.kid).iat == payload["iat"]
    forged = replace(signing, kid=away.make().kid)
    again = partial(trust.sign_payload, {**payload, "iat": 2**33}, forged, root)
    assert (
        code_of(lambda: scene.do("clock", lambda work: trust.publish(work, again())))
        == "trust_list_untrusted"
    )
