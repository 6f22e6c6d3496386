"""What is published is what the code makes, and every text in it reads as it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.rules.code_format.vectors import PLACE, as_text
from voucher.rules.code_format import (
    Challenge,
    encode_presentation,
    make_t,
    parse_challenge,
    parse_code,
    parse_credential,
    parse_presentation,
    parse_t,
)
from voucher.rules.errors import Refused


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    return dict(json.loads(PLACE.read_text(encoding="utf-8")))


def test_the_published_vectors_are_current() -> None:
    assert PLACE.read_text(encoding="utf-8") == as_text(), "run: python -m tests.rules.code_format.vectors"


def test_every_published_code_reads_as_it_says(published: dict[str, Any]) -> None:
    for each in published["presentations"]:
        read = parse_presentation(each["digits"])
        assert (read.kind, read.vid.hex(), read.counter) == (each["kind"], each["vid"], each["counter"])
        assert parse_code(each["digits"]) is read.kind
        assert encode_presentation(read) == each["digits"]
        assert len(each["digits"]) == {"S": 213, "F": 556}[each["kind"]]
    for each in published["credentials"]:
        credential, body, signature = parse_credential(bytes.fromhex(each["credential"]))
        assert (credential.masked_name, credential.last_four) == (each["masked_name"], each["last_four"])
        assert (body.hex(), signature.hex()) == (each["body"], each["signature"])
    for each in published["challenges"]:
        digits = each.pop("digits")
        assert parse_challenge(digits) == Challenge(**each)
        assert (parse_code(digits), len(digits)) == ("C", 34)
    for each in published["t"]:
        assert parse_t(each["digits"]) == make_t(each["random"])
        assert parse_code(each["digits"]) == "T"


def test_none_of_the_texts_that_are_no_code_is_read(published: dict[str, Any]) -> None:
    assert len(published["malformed"]) > 20
    for each in published["malformed"]:
        with pytest.raises(Refused) as told:
            parse_presentation(each["digits"])
        assert told.value.refusal.code == "code_malformed", each["name"]
        # a refusal is stored and shown: it never repeats the code
        assert each["digits"][:20] not in told.value.refusal.sentence or not each["digits"]
