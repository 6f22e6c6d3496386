"""S, F and C: what is written is read back, and nothing else is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.code_format.holding import AT, NOW, ONLINE, OTHER_PHONE, PLAIN, compressed, issued, unsigned
from voucher.rules.code_format import (
    BEACON_SECONDS,
    NAME_BYTES,
    NO_BEACON,
    Algorithm,
    Challenge,
    Credential,
    Kind,
    Presentation,
    beacon_slot,
    check_window,
    encode_body,
    encode_challenge,
    encode_presentation,
    fit_name,
    make_beacon,
    parse_challenge,
    parse_code,
    parse_credential,
    parse_presentation,
    signed_message,
)
from voucher.rules.code_format.digits import frame
from voucher.rules.errors import Refused

signatures = st.binary(min_size=64, max_size=64)
U32 = st.integers(0, 2**32 - 1)
READERS = (parse_code, parse_presentation, parse_challenge)

credentials = st.builds(
    Credential,
    algorithm=st.sampled_from(Algorithm),
    kid=st.binary(min_size=4, max_size=4),
    vid=st.binary(min_size=8, max_size=8),
    status_list=st.integers(0, 2**16 - 1),
    status_place=st.integers(0, 2**20 - 1),
    not_before=st.integers(0, 2**31),
    expires=st.integers(2**31 + 1, 2**32 - 1),
    region=st.integers(100_000, 999_999).map(str),
    programme=U32,
    amount_fen=U32,
    institution=U32,
    offline_allowed=st.booleans(),
    card_required=st.booleans(),
    photo_required=st.booleans(),
    last_four=st.from_regex(r"[0-9]{3}[0-9X]", fullmatch=True, alphabet=st.characters(codec="ascii")),
    holder_key=st.sampled_from([PLAIN.holder_key, compressed(OTHER_PHONE)]),
    masked_name=st.text("张欧𠮷*·", max_size=12).map(fit_name),
)


@st.composite
def presentations(draw: st.DrawFn) -> Presentation:
    credential = draw(credentials)
    challenge = draw(st.one_of(st.just(0), U32))
    age, shown_at = draw(st.integers(0, 15)), draw(U32)
    kind = draw(st.sampled_from([Kind.S, Kind.F]))
    return Presentation(
        kind=kind,
        beacon_age=age if shown_at >= 15 * BEACON_SECONDS else NO_BEACON,
        pin_entered=draw(st.booleans()),
        challenged=challenge != 0,
        shown_at=shown_at,
        counter=draw(U32),
        challenge=challenge,
        vid=credential.vid,
        credential=b"" if kind is Kind.S else encode_body(credential) + draw(signatures),
        signature=draw(signatures),
    )


def why(act: Callable[[], object]) -> str:
    try:
        act()
    except Refused as refused:
        return refused.refusal.code
    return "good"


@settings(max_examples=100, deadline=None)
@given(credentials, st.binary(min_size=64, max_size=64))
def test_a_credential_is_read_as_it_was_written(credential: Credential, signature: bytes) -> None:
    body = encode_body(credential)
    assert len(body) == 78 + len(credential.masked_name.encode())
    assert parse_credential(body + signature) == (credential, body, signature)


@settings(max_examples=100, deadline=None)
@given(presentations(), st.sampled_from(["", " ", "\r\n", "　", "-"]))
def test_a_code_is_read_as_it_was_written_also_with_what_a_keyboard_adds(
    presentation: Presentation, mark: str
) -> None:
    digits = encode_presentation(presentation)
    assert parse_presentation(digits) == presentation
    assert parse_code(digits) is presentation.kind
    wide = "".join(chr(0xFF10 + int(digit)) for digit in digits)
    for written in (digits + mark, digits[:40] + mark + digits[40:], wide):
        assert parse_presentation(written) == presentation


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80),
        st.text("0123456789", max_size=620),
        st.tuples(st.sampled_from(["71", "72", "73", "70"]), st.text("0123456789", max_size=300)).map(
            lambda parts: frame(*parts)
        ),
    )
)
def test_any_text_is_a_code_or_malformed_and_nothing_else_happens(text: str) -> None:
    for read in READERS:
        assert why(partial(read, text)) in {"good", "code_malformed"}


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_credential_or_malformed(data: bytes) -> None:
    for tried in (data, b"\x11" + data, issued(PLAIN)[:78] + data):
        said = why(partial(parse_credential, tried))
        if said == "good":
            credential, body, signature = parse_credential(tried)
            assert encode_body(credential) + signature == body + signature == tried
        else:
            assert said == "code_malformed"


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([2, 3]), st.binary(min_size=32, max_size=32))
def test_a_point_is_on_the_curve_where_openssl_says_so(sign: int, x: bytes) -> None:
    point = bytes([sign]) + x
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError:
        with pytest.raises(ValueError, match="手机密钥无效"):
            encode_body(replace(PLAIN, holder_key=point))
    else:
        assert encode_body(replace(PLAIN, holder_key=point))[44:77] == point


def test_what_has_no_place_is_not_written() -> None:
    fields: dict[str, Any] = {
        "kid": b"12345", "vid": b"1234567", "status_list": 1 << 16, "status_place": 1 << 20, "not_before": -1,
        "expires": PLAIN.not_before, "region": "41000", "programme": 1 << 32, "amount_fen": -1,
        "last_four": "12X4", "holder_key": PLAIN.holder_key + b"\x00", "masked_name": "王" * 10,
    }  # fmt: skip
    for field, wrong in fields.items():
        with pytest.raises(ValueError):  # noqa: PT011 — each field has its own words
            encode_body(replace(PLAIN, **{field: wrong}))
    code = unsigned(Kind.S, b"")
    parts: dict[str, Any] = {
        "beacon_age": 16, "shown_at": -1, "counter": 1 << 32, "challenge": 5, "challenged": True,
        "vid": b"12", "signature": bytes(65), "credential": b"x", "kind": Kind.T,
    }  # fmt: skip
    for field, wrong in parts.items():
        with pytest.raises(ValueError, match=r"presentation|field"):
            encode_presentation(replace(code, **{field: wrong}))
    for question in (
        Challenge(0, 1, NOW),
        Challenge(1, 0, NOW),
        Challenge(1 << 32, 1, NOW),
        Challenge(1, 1, -1),
    ):
        with pytest.raises(ValueError, match=r"question|field"):
            encode_challenge(question)


def test_what_the_phone_signs_is_of_its_kind_its_credential_its_head_and_its_beacon() -> None:
    s, digest, beacon = unsigned(Kind.S, b""), bytes(range(32)), make_beacon(b"k" * 32, 5)
    message = signed_message(s, digest, beacon)
    assert (
        message
        == b"TV1S" + digest + bytes.fromhex("2200") + NOW.to_bytes(4) + (7).to_bytes(4) + bytes(4) + beacon
    )
    for other in (
        signed_message(replace(s, kind=Kind.F), digest, beacon),
        signed_message(s, digest[::-1], beacon),
        signed_message(s, digest, make_beacon(b"k" * 32, 6)),
        signed_message(replace(s, counter=8), digest, beacon),
    ):
        assert other != message
    for wrong in ((digest[:-1], beacon), (digest, beacon[:-1])):
        with pytest.raises(ValueError, match="32 bytes"):
            signed_message(s, *wrong)
    with pytest.raises(ValueError, match="zeros"):
        signed_message(replace(s, beacon_age=NO_BEACON), digest, beacon)


def test_a_code_knows_the_quarter_hour_of_its_beacon() -> None:
    code = unsigned(Kind.S, b"")
    assert beacon_slot(code) == NOW // 900
    assert beacon_slot(replace(code, beacon_age=14)) == NOW // 900 - 14
    assert beacon_slot(replace(code, beacon_age=NO_BEACON)) is None


def test_a_long_name_is_cut_between_letters() -> None:
    assert fit_name("王*明") == "王*明"
    assert fit_name("古" * 20) == "古" * 9
    assert fit_name("*𠮷" * 9) == "*𠮷" * 5 + "*"
    assert len(fit_name("*" * 100)) == NAME_BYTES


def test_the_edges_of_the_window_are_exact_to_the_microsecond() -> None:
    tick = timedelta(microseconds=1)

    def judged(age: timedelta) -> str:
        return why(partial(check_window, NOW, AT + age, ONLINE))

    assert [judged(age) for age in (-ONLINE.after, timedelta(0), ONLINE.before)] == ["good"] * 3
    assert judged(ONLINE.before + tick) == judged(ONLINE.far) == "code_expired"
    assert judged(ONLINE.far + tick) == judged(-ONLINE.after - tick) == "phone_clock_wrong"
    assert judged(timedelta(hours=5)) == judged(-timedelta(hours=5)) == "phone_clock_wrong"
