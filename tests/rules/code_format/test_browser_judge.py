"""A counter's browser without network judges an F code as our own scanner does, reason for reason."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ledger.credentials.mutating import Good, mutate
from tests.ledger.credentials.scanning import OFFLINE
from tests.rules.code_format.holding import (
    AT,
    DAY_KEY,
    EDWARDS,
    INSTITUTION,
    ISSUER,
    NOW,
    OTHER_PHONE,
    PLAIN,
    SECOND_ISSUER,
    compressed,
    issued,
    kid_of,
    signed,
    unsigned,
)
from tests.rules.code_format.test_browser_codec import ask_browser
from tests.rules.code_format.vectors import spoilt
from voucher.ledger.credentials.offline import OfflineScanner, StatusSeen, judge_offline
from voucher.ledger.credentials.verifying import TrustedKey
from voucher.plumbing.signing.public import of_public
from voucher.rules.code_format import (
    NO_BEACON,
    Algorithm,
    Challenge,
    Credential,
    Kind,
    decode_base10,
    encode_base10,
    encode_challenge,
    encode_presentation,
    make_beacon,
    make_t,
    parse_presentation,
)
from voucher.rules.code_format.digits import frame
from voucher.rules.errors import Refused, list_reasons

CHANCE = random.Random(20261122)
MUTATIONS = 250
# a browser is told of P-256 keys alone
CURRENT = {"not_before": NOW - 86_400, "not_after": NOW + 86_400 * 200}
PLACED = {
    "vid": PLAIN.vid.hex(),
    "voucher_number": "Q-419001-2026-00000001",
    "masked_name": "王*明",
    "redeemed_at": None,
    "status_list": PLAIN.status_list,
    "status_place": PLAIN.status_place,
    "status": 0,
    "last_counter": None,
}
PAPER = {**PLACED, "vid": None, "masked_name": "李*"}
PACK: dict[str, Any] = {
    "class_id": 7,
    "class_name": "养老护理员",
    "institution": INSTITUTION,
    "made_at": AT.isoformat().replace("+00:00", "Z"),
    "expires_at": (AT + timedelta(days=3)).isoformat().replace("+00:00", "Z"),
    "issuers": [
        {"kid": kid_of(key).hex(), "public_key": compressed(key).hex(), **CURRENT}
        for key in (ISSUER, SECOND_ISSUER)
    ],
    "beacon_keys": {"2026-09-20": DAY_KEY.hex(), "2026-09-21": DAY_KEY.hex(), "2026-09-22": DAY_KEY.hex()},
    "roster": [PAPER, PLACED],
    "limits": {
        "before_seconds": 120,
        "after_seconds": 120,
        "far_seconds": 600,
        "fresh_list_hours": 24,
        "usable_list_hours": 72,
        "fresh_beacon_quarters": 4,
    },
}


@dataclass(frozen=True)
class Case:
    """A code, what the counter knows, and when it is scanned."""

    text: str
    pack: dict[str, Any]
    at: datetime = AT


def of_pack(case: Case) -> OfflineScanner:
    """Return our own scanner with the knowledge of a pack: who is not in the class has no status in it."""
    pack = case.pack
    made_at = datetime.fromisoformat(pack["made_at"])
    try:
        vid = parse_presentation(case.text).vid.hex()
    except Refused:
        vid = ""
    entry = next((each for each in pack["roster"] if each["vid"] == vid), None)
    places = {kid_of(key): key for key in (ISSUER, SECOND_ISSUER)}

    def trust(kid: bytes) -> list[TrustedKey]:
        return [
            TrustedKey(
                kid,
                Algorithm.ES256,
                of_public(places[kid].public_key()).verifies,
                datetime.fromtimestamp(each["not_before"], UTC),
                datetime.fromtimestamp(each["not_after"], UTC) if each["not_after"] else None,
            )
            for each in pack["issuers"]
            if each["kid"] == kid.hex()
        ]

    def status_of(number: int, place: int) -> StatusSeen | None:
        if entry is None:
            return None
        same = (entry["status_list"], entry["status_place"]) == (number, place)
        return StatusSeen(entry["status"] if same else 1, made_at)

    def beacon_of(slot: int) -> bytes | None:
        key = pack["beacon_keys"].get(datetime.fromtimestamp(slot * 900, UTC).date().isoformat())
        return None if key is None else make_beacon(bytes.fromhex(key), slot)

    return OfflineScanner(
        institution=pack["institution"],
        trust=trust,
        status_of=status_of,
        beacon_of=beacon_of,
        last_counter=lambda _: entry["last_counter"] if entry else None,
        window=OFFLINE,
        fresh_list=timedelta(hours=24),
        usable_list=timedelta(hours=72),
        fresh_beacon_age=4,
    )


def told(case: Case) -> str:
    """Return the reason our own scanner gives; a fresh list without the voucher is a class without it."""
    judged = judge_offline(case.text, of_pack(case), case.at)
    code = judged.reason.code if judged.reason else ""
    fresh = case.at - datetime.fromisoformat(case.pack["made_at"]) <= timedelta(hours=72)
    return "not_on_roster" if code == "status_unknown" and fresh else code


def shown(credential: Credential = PLAIN, key: Any = ISSUER, **fields: Any) -> str:
    """Return an F code; a phone or a beacon of somebody's may sign it."""
    hands = {name: fields.pop(name) for name in ("phone", "beacon") if name in fields}
    data = issued(credential, key)
    return encode_presentation(
        signed(replace(unsigned(Kind.F, data, credential.vid), **fields), data, **hands)
    )


def placed(**fields: Any) -> dict[str, Any]:
    """Return the pack with the holder's line changed."""
    return {**PACK, "roster": [PAPER, {**PLACED, **fields}]}


def named_cases() -> dict[str, tuple[str, Case]]:
    """Return one case for every reason, by what it is."""
    tomorrow, later = AT + timedelta(hours=24, seconds=1), AT + timedelta(hours=72, seconds=1)
    data = issued(PLAIN)
    return {
        "good": ("", Case(shown(), PACK)),
        "as late as may be": ("", Case(shown(), PACK, AT + timedelta(seconds=120))),
        "as early as may be": ("", Case(shown(), PACK, AT - timedelta(seconds=120))),
        "a second too late": ("code_expired", Case(shown(), PACK, AT + timedelta(seconds=121))),
        "a phone ahead": ("phone_clock_wrong", Case(shown(), PACK, AT - timedelta(seconds=121))),
        "a phone hours behind": ("phone_clock_wrong", Case(shown(), PACK, AT + timedelta(seconds=601))),
        "a screen code": (
            "code_kind_wrong",
            Case(encode_presentation(signed(unsigned(Kind.S, data), data)), PACK),
        ),
        "digits": ("code_kind_wrong", Case(make_t("1" * 18), PACK)),
        "a question": ("code_kind_wrong", Case(encode_challenge(Challenge(17, 1, NOW)), PACK)),
        "nothing": ("code_malformed", Case("", PACK)),
        "another institution's": ("credential_elsewhere", Case(shown(replace(PLAIN, institution=18)), PACK)),
        "nobody's": (
            "credential_elsewhere",
            Case(shown(replace(PLAIN, institution=0)), {**PACK, "institution": 0}),
        ),
        "not for offline": ("offline_forbidden", Case(shown(replace(PLAIN, offline_allowed=False)), PACK)),
        "not in the class": ("not_on_roster", Case(shown(replace(PLAIN, vid=bytes(8))), PACK)),
        "superseded": ("credential_superseded", Case(shown(), placed(status_place=5))),
        "revoked": ("credential_superseded", Case(shown(), placed(status=1))),
        "frozen": ("credential_frozen", Case(shown(), placed(status=2))),
        "a list of yesterday": (
            "status_old",
            Case(shown(shown_at=int(tomorrow.timestamp())), PACK, tomorrow),
        ),
        "a list too old": ("status_unknown", Case(shown(shown_at=int(later.timestamp())), PACK, later)),
        "an old beacon": ("beacon_old", Case(shown(beacon_age=5), PACK)),
        "a fresh beacon": ("", Case(shown(beacon_age=4), PACK)),
        "no beacon": ("beacon_old", Case(shown(beacon_age=NO_BEACON), PACK)),
        "a beacon nobody knows": ("beacon_unknown", Case(shown(), {**PACK, "beacon_keys": {}})),
        "another beacon": ("code_forged", Case(shown(beacon=make_beacon(b"other", 1)), PACK)),
        "another phone": ("code_forged", Case(shown(phone=OTHER_PHONE), PACK)),
        "a counter back": ("counter_went_back", Case(shown(), placed(last_counter=8))),
        "a counter again": ("code_used", Case(shown(), placed(last_counter=7))),
        "the next counter": ("", Case(shown(), placed(last_counter=6))),
        "an answer": ("challenge_gone", Case(shown(challenged=True, challenge=4711), PACK)),
        "over": ("credential_expired", Case(shown(replace(PLAIN, expires=NOW)), PACK)),
        "not yet": ("credential_not_yet", Case(shown(replace(PLAIN, not_before=NOW + 1)), PACK)),
        "another issuer": ("credential_forged", Case(shown(key=SECOND_ISSUER), PACK)),
        "an issuer nobody knows": ("credential_key_unknown", Case(shown(replace(PLAIN, kid=b"none")), PACK)),
        "an issuer of another curve": (
            "credential_key_unknown",
            Case(shown(replace(PLAIN, algorithm=Algorithm.ED25519, kid=kid_of(EDWARDS)), EDWARDS), PACK),
        ),
        "an algorithm of devices": (
            "credential_algorithm",
            Case(shown(replace(PLAIN, algorithm=Algorithm.SM2)), PACK),
        ),
        "an issuer without end": (
            "",
            Case(shown(), {**PACK, "issuers": [{**each, "not_after": None} for each in PACK["issuers"]]}),
        ),
        "an issuer that ended": (
            "credential_key_withdrawn",
            Case(shown(), {**PACK, "issuers": [{**each, "not_after": NOW} for each in PACK["issuers"]]}),
        ),
    }


def spoilt_cases() -> list[Case]:
    """Return the published spoilt texts, an F with a bit turned in every byte, and many chance mutations."""
    data = decode_base10(shown()[2:-2])
    turned = []
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        turned.append(frame("71", encode_base10(bytes(changed))))
    goods = [Good(data, Kind.F), Good(decode_base10(shown(counter=9)[2:-2]), Kind.F)]
    known = {each.text for each in goods}
    made = [mutate(CHANCE.choice(goods), CHANCE, goods) for _ in range(MUTATIONS)]
    return [Case(text, PACK) for text in [*spoilt().values(), *turned, *made] if text not in known]


@pytest.fixture(scope="module")
def asked() -> tuple[list[Case], dict[str, Any]]:
    """Return every case and the browser's answers: one start of it for all tests."""
    cases = [case for _, case in named_cases().values()] + spoilt_cases()
    packs: list[dict[str, Any]] = []
    questions = []
    for case in cases:
        if case.pack not in packs:
            packs.append(case.pack)
        at_ms = int(case.at.timestamp() * 1000)
        questions.append({"text": case.text, "pack": packs.index(case.pack), "at_ms": at_ms})
    return cases, ask_browser(judged=questions, packs=packs)


def test_every_reason_is_given_by_both(asked: tuple[list[Case], dict[str, Any]]) -> None:
    wanted = {name: code for name, (code, _) in named_cases().items()}
    assert {name: told(case) for name, (_, case) in named_cases().items()} == wanted
    assert dict(zip(wanted, asked[1]["judged"], strict=False)) == wanted


def test_nothing_spoilt_is_taken_by_either_and_both_say_the_same(
    asked: tuple[list[Case], dict[str, Any]],
) -> None:
    cases, answered = asked
    named = len(named_cases())
    here = [told(case) for case in cases[named:]]
    differing = Counter(
        (ours, theirs)
        for ours, theirs in zip(here, answered["judged"][named:], strict=True)
        if ours != theirs
    )
    assert differing == Counter()
    assert "" not in here
    assert {"code_malformed", "credential_forged", "code_forged", "code_kind_wrong"} <= set(here)


def test_every_reason_has_a_sentence_and_says_what_ours_says(
    asked: tuple[list[Case], dict[str, Any]],
) -> None:
    sentences = asked[1]["sentences"]
    ours = {each.code: each.title for each in list_reasons() if "{" not in each.title}
    reasons = {code for code, _ in named_cases().values() if code}
    assert reasons <= set(sentences)
    assert all(each["title"] and each["next"] for each in sentences.values())
    same = {code: each["title"] for code, each in sentences.items() if code in ours}
    assert same == {code: ours[code] for code in same}
    assert len(same) >= 20
