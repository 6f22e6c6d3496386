"""An issuer is believed by its key, a phone by its own; whatever is swapped, nobody is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.credentials.scanning import LONG_AGO, TRUSTED, always, beacon_of, trust
from tests.rules.code_format.holding import (
    AT,
    EDWARDS,
    NOW,
    ONLINE,
    OTHER_PHONE,
    PLAIN,
    SECOND_ISSUER,
    compressed,
    issued,
    kid_of,
    signed,
    unsigned,
)
from voucher.ledger.credentials.verifying import (
    TrustedKey,
    check_issuer,
    verify_credential,
    verify_presentation,
)
from voucher.plumbing.signing.public import of_public
from voucher.rules.code_format import (
    NO_BEACON,
    Algorithm,
    Kind,
    Presentation,
    encode_presentation,
    make_beacon,
    parse_presentation,
)
from voucher.rules.errors import Refused, list_reasons

GOOD = issued(PLAIN)
# the order of P-256: (r, n − s) is as good a signature as (r, s)
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def why(act: Callable[[], object]) -> str:
    try:
        act()
    except Refused as refused:
        assert refused.refusal.code in {each.code for each in list_reasons()}  # noqa: PT017 — and it is declared
        return refused.refusal.code
    return "good"


def test_a_credential_is_its_issuers_while_the_key_and_the_dates_hold() -> None:
    assert verify_credential(GOOD, trust, AT) == PLAIN
    edwards = replace(PLAIN, algorithm=Algorithm.ED25519, kid=kid_of(EDWARDS))
    assert verify_credential(issued(edwards, EDWARDS), trust, AT) == edwards
    second = timedelta(seconds=1)
    begin, end = AT - timedelta(days=1), AT + timedelta(days=30)
    told = [
        why(partial(verify_credential, GOOD, trust, at)) for at in (begin - second, begin, end - second, end)
    ]
    assert told == ["credential_not_yet", "good", "good", "credential_expired"]


def test_a_key_unknown_withdrawn_of_another_algorithm_or_not_the_signers_is_refused() -> None:
    def told(data: bytes, keys: list[TrustedKey]) -> str:
        return why(partial(verify_credential, data, always(keys), AT))

    ours = TRUSTED[0]
    withdrawn, coming = replace(ours, until=AT), replace(ours, since=AT + timedelta(seconds=1))
    assert told(GOOD, []) == "credential_key_unknown"
    # whatever a list of keys hands out, the name in the credential is the one that counts
    assert told(GOOD, [TRUSTED[1]]) == "credential_key_unknown"
    assert told(GOOD, [replace(ours, algorithm=Algorithm.ED25519)]) == "credential_key_unknown"
    assert told(GOOD, [withdrawn]) == told(GOOD, [coming]) == "credential_key_withdrawn"
    assert told(GOOD, [replace(ours, until=AT + timedelta(microseconds=1))]) == "good"
    assert told(issued(PLAIN, SECOND_ISSUER), [ours]) == "credential_forged"
    # four bytes are shared by chance: the second key of the name is tried as well
    namesake = TrustedKey(ours.kid, Algorithm.ES256, of_public(SECOND_ISSUER.public_key()).verifies, LONG_AGO)
    assert told(GOOD, [namesake, ours]) == "good"
    assert told(GOOD, [namesake, withdrawn]) == "credential_forged"


def test_a_credential_signed_by_sm2_is_read_and_verified_only_where_a_device_can() -> None:
    chinese = issued(replace(PLAIN, algorithm=Algorithm.SM2))
    assert why(partial(verify_credential, chinese, trust, AT)) == "credential_algorithm"
    device = TrustedKey(PLAIN.kid, Algorithm.SM2, always(True), LONG_AGO)
    assert why(partial(verify_credential, chinese, always([device]), AT)) == "good"


def test_no_byte_of_a_credential_can_be_changed() -> None:
    told = set()
    for bit in range(0, len(GOOD) * 8, 3):
        turned = bytearray(GOOD)
        turned[bit // 8] ^= 1 << bit % 8
        told.add(why(partial(verify_credential, bytes(turned), trust, AT)))
    assert told == {"code_malformed", "credential_forged", "credential_key_unknown"}
    for cut in range(len(GOOD)):
        assert why(partial(verify_credential, GOOD[:cut], trust, AT)) != "good"
    assert why(partial(verify_credential, GOOD + b"\x00", trust, AT)) != "good"


def presented(
    code: Presentation, data: bytes = GOOD, challenge: int | None = None, at: timedelta = timedelta(0)
) -> str:
    # over the wire and back, as it comes in
    read = parse_presentation(encode_presentation(code))
    return why(partial(verify_presentation, read, data, beacon_of, AT + at, ONLINE, challenge))


@pytest.mark.parametrize("kind", [Kind.S, Kind.F])
def test_a_code_is_the_phones_over_this_credential_this_beacon_and_this_moment(kind: Kind) -> None:
    blank = unsigned(kind, GOOD)
    good = signed(blank, GOOD)
    assert presented(good) == "good"
    # another credential of the same voucher (the phone's next one), another phone's, another voucher's
    newer = issued(replace(PLAIN, status_place=5))
    theirs = issued(replace(PLAIN, holder_key=compressed(OTHER_PHONE)))
    foreign = issued(replace(PLAIN, vid=bytes(8)))
    assert presented(signed(blank, GOOD, OTHER_PHONE)) == "code_forged"
    for other in (newer, theirs, foreign):
        assert presented(good, other) == (
            "code_forged" if kind is Kind.S and other != foreign else "code_malformed"
        )
    # a beacon of another day's key, of another quarter hour, none where one is claimed, one nobody knows
    for beacon in (make_beacon(b"other", NOW // 900), make_beacon(b"", NOW // 900 - 1), bytes(16)):
        assert presented(signed(blank, GOOD, beacon=beacon)) == "code_forged"
    assert (
        presented(replace(good, beacon_age=1))
        == presented(replace(good, beacon_age=NO_BEACON))
        == "code_forged"
    )
    assert presented(signed(replace(blank, shown_at=NOW + 900 * 500), GOOD)) == "beacon_unknown"
    # whatever the head says is signed: the moment, the counter, the PIN
    for changed in (
        replace(good, shown_at=NOW + 1),
        replace(good, counter=8),
        replace(good, pin_entered=True),
    ):
        assert presented(changed) == "code_forged"


def test_a_signature_of_an_s_is_none_of_an_f_and_its_mirror_is_the_same_code() -> None:
    s = signed(unsigned(Kind.S, GOOD), GOOD)
    f = unsigned(Kind.F, GOOD)
    assert presented(replace(f, signature=s.signature)) == "code_forged"
    mirrored = s.signature[:32] + (N - int.from_bytes(s.signature[32:])).to_bytes(32)
    # it verifies, and is the same vid and counter: nobody may keep count by the text
    assert presented(replace(s, signature=mirrored)) == "good"
    for r, v in ((0, 0), (0, 1), (N, 1), (1, N), (2**256 - 1, 2**256 - 1)):
        assert presented(replace(s, signature=r.to_bytes(32) + v.to_bytes(32))) == "code_forged"


def test_a_window_judges_the_clock_and_a_challenge_takes_its_place() -> None:
    blank = unsigned(Kind.S, GOOD)
    good = signed(blank, GOOD)
    ages = [-15, 45, 46, 600, 601, -16]
    told = [presented(good, at=timedelta(seconds=age)) for age in ages]
    assert told == ["good", "good", "code_expired", "code_expired", "phone_clock_wrong", "phone_clock_wrong"]
    asked = signed(
        replace(blank, challenged=True, challenge=99, shown_at=NOW - 7200, beacon_age=NO_BEACON), GOOD
    )
    assert presented(asked, challenge=99) == "good"
    assert presented(asked) == presented(asked, challenge=98) == "challenge_gone"
    # who has asked takes no other code, however fresh
    assert presented(good, challenge=99) == "challenge_gone"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=240), st.integers(0, 148))
def test_any_bytes_in_the_place_of_a_credential_are_refused_with_a_declared_reason(
    data: bytes, place: int
) -> None:
    for tried in (data, GOOD[:place] + data, (GOOD[:place] + data + GOOD[place + len(data) :])[: len(GOOD)]):
        if tried != GOOD:
            assert why(partial(check_issuer, tried, trust, AT)) != "good"


def test_the_name_of_another_trusted_key_does_not_help() -> None:
    misnamed = issued(replace(PLAIN, kid=kid_of(SECOND_ISSUER)))
    assert why(partial(check_issuer, misnamed, trust, AT)) == "credential_forged"
