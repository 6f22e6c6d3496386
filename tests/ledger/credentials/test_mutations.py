"""A hundred thousand codes that are nearly right: none is accepted, each refused for a declared reason."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.ledger.credentials.mutating import Good, mutate
from tests.ledger.credentials.scanning import SCANNER, beacon_of, trust
from tests.rules.code_format.holding import (
    AT,
    EDWARDS,
    ISSUER,
    NOW,
    ONLINE,
    OTHER_PHONE,
    PHONE,
    PLAIN,
    compressed,
    issued,
    kid_of,
    signed,
    unsigned,
)
from voucher.ledger.credentials.offline import Colour, judge_offline
from voucher.ledger.credentials.screen import CODE_UNKNOWN
from voucher.ledger.credentials.verifying import verify_credential, verify_presentation
from voucher.rules.code_format import (
    Algorithm,
    Kind,
    Presentation,
    decode_base10,
    encode_presentation,
    parse_presentation,
)
from voucher.rules.errors import Refused, list_reasons

# a hundred thousand take a minute: every change meets fewer, SIZE=full makes them the whole
MANY, FEW = (100_000 if os.environ.get("STORM_SIZE") == "full" else 30_000), 300
SEED = 20_261_121

OTHER = replace(PLAIN, vid=bytes.fromhex("0102030405060708"), holder_key=compressed(OTHER_PHONE))
EDWARDIAN = replace(PLAIN, algorithm=Algorithm.ED25519, kid=kid_of(EDWARDS), vid=bytes(8))
HELD = {
    PLAIN.vid: issued(PLAIN),
    OTHER.vid: issued(OTHER, ISSUER),
    EDWARDIAN.vid: issued(EDWARDIAN, EDWARDS),
}
PHONES = {PLAIN.vid: PHONE, OTHER.vid: OTHER_PHONE, EDWARDIAN.vid: PHONE}


def good_codes(rolled: random.Random) -> list[Good]:
    made = []
    for _ in range(40):
        vid = rolled.choice(list(HELD))
        kind = rolled.choice([Kind.S, Kind.F])
        code = replace(
            unsigned(kind, HELD[vid], vid, rolled.randrange(1 << 32)),
            shown_at=NOW - rolled.randrange(40),
            beacon_age=rolled.choice([0, 0, 1, 3, 15]),
            pin_entered=rolled.random() < 0.5,
        )
        text = encode_presentation(signed(code, HELD[vid], PHONES[vid]))
        made.append(Good(decode_base10(text[2:-2]), kind))
    return made


def online(text: str) -> str:
    """Judge as a server does: by the credential it holds, or the one that is carried."""
    code: Presentation = parse_presentation(text)
    data = code.credential or HELD.get(code.vid)
    if data is None:
        raise CODE_UNKNOWN.refused()
    verify_credential(data, trust, AT)
    verify_presentation(code, data, beacon_of, AT, ONLINE)
    return "good"


def told(text: str, judge: Callable[[str], str]) -> str:
    try:
        return judge(text)
    except Refused as refused:
        return refused.refusal.code


def offline(text: str) -> str:
    judged = judge_offline(text, SCANNER, AT)
    if judged.colour is not Colour.RED:
        return "good"
    assert judged.reason is not None
    return judged.reason.code


def accepted_among(many: int) -> tuple[list[str], Counter[str]]:
    """Return the mutated codes that were accepted, and what the others were refused for."""
    rolled = random.Random(SEED)
    goods = good_codes(rolled)
    known = {each.text for each in goods}
    assert {told(text, online) for text in known} == {"good"}
    assert {told(each.text, offline) for each in goods if each.kind is Kind.F} == {"good"}
    accepted: list[str] = []
    reasons: Counter[str] = Counter()
    tried = 0
    while tried < many:
        text = mutate(rolled.choice(goods), rolled, goods)
        if text in known:
            continue  # a part exchanged for the same part is no mutation
        tried += 1
        for judge in (online, offline):
            said = told(text, judge)
            reasons[said] += 1
            if said == "good":
                accepted.append(text)
    return accepted, reasons


def check(many: int) -> None:
    accepted, reasons = accepted_among(many)
    assert accepted == []
    assert set(reasons) <= {each.code for each in list_reasons()}
    # the mutants get past the spelling: each lock is tried
    assert {"code_malformed", "credential_forged", "code_forged", "credential_key_unknown"} <= set(reasons)
    assert sum(reasons.values()) == 2 * many


def test_three_hundred_codes_that_are_nearly_right_are_refused() -> None:
    check(FEW)


@pytest.mark.long
def test_tens_of_thousands_of_codes_that_are_nearly_right_are_refused() -> None:
    check(MANY)


def test_a_verifier_that_forgets_the_phone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voucher.ledger.credentials.offline.check_holder", lambda *_: None)
    accepted, _ = accepted_among(FEW)
    assert accepted
