"""Without the network: the first failure wins, and what is green or amber is provisional."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.credentials.scanning import SCANNER, TRUSTED, always
from tests.rules.code_format.holding import (
    AT,
    INSTITUTION,
    ISSUER,
    NOW,
    OTHER_PHONE,
    PLAIN,
    SECOND_ISSUER,
    issued,
    signed,
    unsigned,
)
from voucher.ledger.credentials.offline import Colour, OfflineScanner, StatusSeen, judge_offline
from voucher.rules.code_format import (
    NO_BEACON,
    Challenge,
    Credential,
    Kind,
    decode_base10,
    encode_base10,
    encode_challenge,
    encode_presentation,
    make_beacon,
    make_t,
)
from voucher.rules.code_format.digits import frame

DATA = issued(PLAIN)
TICK = timedelta(microseconds=1)


def shown(credential: Credential = PLAIN, **fields: Any) -> str:
    data = issued(credential)
    return encode_presentation(signed(replace(unsigned(Kind.F, data, credential.vid), **fields), data))


def told(text: str, scanner: OfflineScanner = SCANNER, at: timedelta = timedelta(0)) -> tuple[str, str, bool]:
    judged = judge_offline(text, scanner, AT + at)
    return judged.colour.value, judged.reason.code if judged.reason else "", judged.card_required


def listed(value: int, age: timedelta = timedelta(0)) -> OfflineScanner:
    return replace(SCANNER, status_of=always(StatusSeen(value, AT - age)))


def test_good_and_fresh_is_green_old_knowledge_is_amber_and_asks_the_card() -> None:
    assert told(shown()) == ("green", "", False)
    assert judge_offline(shown(), SCANNER, AT).credential == PLAIN
    assert told(shown(replace(PLAIN, card_required=True))) == ("green", "", True)
    day = timedelta(hours=24)
    assert told(shown(), listed(0, day)) == ("green", "", False)
    assert (
        told(shown(), listed(0, day + TICK))
        == told(shown(), listed(0, 3 * day))
        == ("amber", "status_old", True)
    )
    assert told(shown(), listed(0, 3 * day + TICK))[:2] == ("red", "status_unknown")
    assert told(shown(beacon_age=4)) == ("green", "", False)
    assert told(shown(beacon_age=5)) == told(shown(beacon_age=NO_BEACON)) == ("amber", "beacon_old", True)


def test_a_challenge_takes_the_place_of_a_clock_that_is_hours_off() -> None:
    asked = replace(SCANNER, challenge=4711)
    answer = shown(challenged=True, challenge=4711, shown_at=NOW - 86_400 * 3, beacon_age=NO_BEACON)
    assert told(answer, asked) == ("amber", "beacon_old", True)
    assert told(answer)[:2] == ("red", "challenge_gone")
    assert told(shown(), asked)[:2] == ("red", "challenge_gone")


def test_status_counter_and_place_are_refused_each_with_its_reason() -> None:
    assert told(shown(), listed(1))[1] == told(shown(), listed(3))[1] == "credential_superseded"
    assert told(shown(), listed(2))[1] == "credential_frozen"
    assert told(shown(), replace(SCANNER, status_of=always(None)))[1] == "status_unknown"
    counters = [told(shown(), replace(SCANNER, last_counter=always(last)))[1] for last in (6, 7, 8)]
    assert counters == ["", "code_used", "counter_went_back"]
    assert told(shown(replace(PLAIN, institution=INSTITUTION + 1)))[1] == "credential_elsewhere"
    # not reserved is nobody's, even at a scanner that does not know whose it is
    nobodys = shown(replace(PLAIN, institution=0))
    assert told(nobodys)[1] == told(nobodys, replace(SCANNER, institution=0))[1] == "credential_elsewhere"
    assert told(shown(replace(PLAIN, offline_allowed=False)))[1] == "offline_forbidden"
    for text in (
        encode_presentation(signed(unsigned(Kind.S, DATA), DATA)),
        make_t("1" * 18),
        encode_challenge(Challenge(INSTITUTION, 1, NOW)),
    ):
        assert told(text)[:2] == ("red", "code_kind_wrong")


def test_the_first_failure_wins_in_the_order_of_the_format() -> None:
    day = timedelta(days=1)
    bad = replace(PLAIN, expires=NOW - 1, institution=99, kid=b"none")
    # everything is wrong; one thing after another is put right
    scanner = replace(
        SCANNER,
        trust=lambda kid: [replace(key, until=AT) for key in TRUSTED if key.kid == kid],
        status_of=always(StatusSeen(1, AT - 4 * day)),
        challenge=5,
        last_counter=always(7),
    )
    reasons = []

    def step(credential: Credential, known: OfflineScanner, *, spoil: str = "", **keys: Any) -> None:
        data = issued(credential, keys.pop("issuer", ISSUER))
        code = replace(unsigned(Kind.F, data), shown_at=NOW - 4000, beacon_age=0)
        code = signed(replace(code, **keys.pop("fields", {})), data, **keys)
        text = encode_presentation(code)
        if spoil == "digit":
            text = text[:-3] + str((int(text[-3]) + 1) % 10) + text[-2:]
        if spoil == "type":
            text = make_t("0" * 18)
        reasons.append(told(text, known)[1])

    wrong: dict[str, Any] = {
        "issuer": SECOND_ISSUER,
        "phone": OTHER_PHONE,
        "beacon": make_beacon(b"other", 1),
    }
    step(bad, scanner, spoil="digit", **wrong)
    step(bad, scanner, spoil="type", **wrong)
    step(bad, scanner, **wrong)
    bad = replace(bad, kid=PLAIN.kid)
    step(bad, scanner, **wrong)
    scanner = replace(scanner, trust=SCANNER.trust)
    step(bad, scanner, **wrong)
    del wrong["issuer"]
    step(bad, scanner, **wrong)
    bad = replace(bad, expires=PLAIN.expires)
    step(bad, scanner, **wrong)
    bad = replace(bad, institution=INSTITUTION)
    step(bad, scanner, **wrong)
    scanner = replace(scanner, status_of=SCANNER.status_of)
    step(bad, scanner, **wrong)
    step(bad, scanner)
    scanner = replace(scanner, challenge=None)
    step(bad, scanner)
    step(bad, scanner, fields={"shown_at": NOW})
    scanner = replace(scanner, last_counter=SCANNER.last_counter)
    step(bad, scanner, fields={"shown_at": NOW})
    assert reasons == [
        "code_malformed", "code_kind_wrong", "credential_key_unknown", "credential_key_withdrawn",
        "credential_forged", "credential_expired", "credential_elsewhere", "status_unknown", "code_forged",
        "challenge_gone", "phone_clock_wrong", "code_used", "",
    ]  # fmt: skip


def is_red(data: bytes) -> bool:
    return judge_offline(frame("71", encode_base10(data)), SCANNER, AT).colour is Colour.RED


def turn(data: bytes, bit: int) -> bytes:
    turned = bytearray(data)
    turned[bit // 8] ^= 1 << bit % 8
    return bytes(turned)


def test_no_byte_of_an_f_code_can_be_changed_nothing_cut_off_or_added() -> None:
    data = decode_base10(shown()[2:-2])
    assert not is_red(data)
    assert all(is_red(turn(data, place * 8 + place % 8)) for place in range(len(data)))
    assert all(is_red(data[:cut]) for cut in range(0, len(data), 5))
    assert all(is_red(data + bytes(more)) and is_red(bytes(more) + data) for more in range(1, 9))


@pytest.mark.long
def test_no_bit_of_an_f_code_can_be_turned() -> None:
    data = decode_base10(shown()[2:-2])
    assert [bit for bit in range(len(data) * 8) if not is_red(turn(data, bit))] == []
    assert [cut for cut in range(len(data)) if not is_red(data[:cut])] == []


ANY_CODE = shown()
MOMENTS = st.one_of(st.integers(-200, 200), st.integers(-200, 700), st.integers(0, 86_400 * 31))


@settings(max_examples=100, deadline=None)
@given(MOMENTS, MOMENTS, MOMENTS)
def test_once_stale_expired_or_revoked_a_code_is_never_good_again(one: int, other: int, revoked: int) -> None:
    def at(second: int) -> str:
        moment = timedelta(seconds=second)
        seen = StatusSeen(1 if second >= revoked else 0, AT + moment)
        return told(ANY_CODE, replace(SCANNER, status_of=always(seen)), moment)[1]

    earlier, later = sorted((one, other))
    over = {"code_expired", "credential_expired", "credential_superseded"}
    if at(earlier) in over or (at(earlier) == "phone_clock_wrong" and earlier > 0):
        assert at(later) != ""
    assert (at(earlier) == "") == (-120 <= earlier <= 120 and earlier < revoked)
