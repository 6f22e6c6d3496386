"""`voucher code`: a code read, and judged in the field with nothing but the files that are published."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.rules.code_format.holding import (
    DAY_KEY,
    INSTITUTION,
    PLAIN,
    base64url,
    beacon_for,
    signed,
    unsigned,
)
from tests.scene import Scene
from voucher.cli.group import officers
from voucher.ledger.credentials import rotating, trust
from voucher.ledger.credentials.keys import Purpose, find_row, get_signing_key
from voucher.ledger.credentials.status import Place, Status, StatusList, set_status, take_places
from voucher.ledger.credentials.status_tokens import StatusTimes, publish_due
from voucher.rules.code_format import (
    Challenge,
    Credential,
    Kind,
    credential_message,
    encode_body,
    encode_challenge,
    encode_presentation,
    make_t,
)
from voucher.rules.keys import KeyState

TIMES = StatusTimes(ttl_seconds=900, valid_hours=24)


class Field:
    """A scanner's folder: what was fetched into it, and a phone that shows codes."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene, self.folder = scene, folder
        self.key = scene.do("clock", get_signing_key)
        self.place: Place = scene.do("clock", lambda work: take_places(work, 1))[0]
        with scene.database.read() as session:
            root = find_row(session, Purpose.TRUST_ROOT, KeyState.SIGNING)
            assert root is not None
            self.root = root.kid
        self.fetch()

    def fetch(self) -> None:
        """Fetch trust list, status list and the day's beacon key."""
        self.scene.do("clock", trust.publish_here)
        self.scene.do("clock", lambda work: publish_due(work, TIMES))
        with self.scene.database.read() as session:
            published = trust.find_published(session)
            listed = session.get(StatusList, self.place.sl)
            assert published is not None
            assert listed is not None
            (self.folder / "trust.jws").write_text(published.jws)
            (self.folder / "status.jwt").write_text(listed.token or "")
        days = [{"day": self.scene.at.astimezone(UTC).date().isoformat(), "key": base64url(DAY_KEY)}]
        (self.folder / "beacons.json").write_text(json.dumps({"keys": days}))

    def credential(self) -> Credential:
        now = int(self.scene.at.timestamp())
        return replace(
            PLAIN,
            kid=self.key.kid4,
            status_list=self.place.sl,
            status_place=self.place.si,
            not_before=now - 60,
            expires=now + 86_400 * 7,
        )

    def show(self, kind: Kind = Kind.F) -> str:
        body = encode_body(self.credential())
        data = body + self.key.sign(credential_message(body))
        code = replace(unsigned(kind, data), shown_at=int(self.scene.at.timestamp()))
        return encode_presentation(signed(code, data, beacon=beacon_for(code)))

    def judge(self, digits: str, after: timedelta = timedelta(0), *more: str) -> list[str]:
        at = (self.scene.at + after).strftime("%Y-%m-%dT%H:%M:%S%z")
        fetched = {name: str(self.folder / file) for name, file in (
            ("--trust", "trust.jws"), ("--status", "status.jwt"), ("--beacons", "beacons.json")
        )}  # fmt: skip
        files = [word for pair in fetched.items() for word in pair]
        return ["code", "judge", digits, *files, "--root", self.root,
                "--institution", str(INSTITUTION), "--at", at, *more]  # fmt: skip


@pytest.fixture
def field(scene: Scene, tmp_path: Path) -> Field:
    return Field(scene, tmp_path)


def run(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any], str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        officers.main([*words, "--json"])
    said = capsys.readouterr()
    return int(str(left.value.code)), json.loads(said.out), said.err


def test_a_code_is_judged_in_the_field_by_what_is_published(
    field: Field, capsys: pytest.CaptureFixture[str]
) -> None:
    digits = field.show()

    def told(after: timedelta = timedelta(0), *more: str) -> tuple[int, str, str | None]:
        code, said, _ = run(field.judge(digits, after, *more), capsys)
        return code, said["colour"], said["code"]

    assert told() == (0, "green", None)
    assert told(timedelta(0), "--last", "7") == (3, "red", "code_used")
    assert told(timedelta(minutes=3)) == (3, "red", "code_expired")
    assert told(timedelta(minutes=11)) == (3, "red", "phone_clock_wrong")
    assert told(timedelta(0), "--challenge", "5") == (3, "red", "challenge_gone")
    # three days without a network: amber, and the card; a day later nobody knows any more
    later = timedelta(hours=30)
    wide = ("--window", str(86_400 * 9))
    assert told(later, *wide) == (0, "amber", "status_old")
    assert told(timedelta(hours=73), *wide)[2] == "status_unknown"
    # the voucher moves on: the place is ended, the next list says so
    field.scene.do("clock", lambda work: set_status(work, [field.place], Status.FROZEN))
    field.fetch()
    assert told()[2] == "credential_frozen"
    field.scene.do("clock", lambda work: set_status(work, [field.place], Status.ENDED))
    field.fetch()
    assert told()[2] == "credential_superseded"
    # the key is withdrawn: the next list of trusted keys does not name it
    field.scene.do("clock", lambda work: rotating.withdraw(work, field.key.kid, "疑似泄露"))
    field.fetch()
    assert told()[2] == "credential_key_unknown"


def test_the_answer_says_what_the_counter_needs_and_never_the_last_four(
    field: Field, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        officers.main(field.judge(field.show()))
    said = capsys.readouterr().out
    assert said.startswith("绿：可以办理")
    assert "姓名：王*明" in said
    assert PLAIN.last_four not in said
    for words, expected in (
        (["code", "read", field.show()], {"kind": "F", "counter": 7}),
        (["code", "read", field.show(Kind.S)], {"kind": "S", "vid": PLAIN.vid.hex()}),
        (
            ["code", "read", encode_challenge(Challenge(3, 4, 5))],
            {"kind": "C", "institution": 3, "challenge": 4},
        ),
        (["code", "read", make_t("1" * 18)], {"kind": "T"}),
    ):
        code, told, _ = run(words, capsys)
        assert code == 0
        assert expected.items() <= told.items()
        assert PLAIN.last_four not in json.dumps(told)
    code, told, _ = run(["code", "read", "7112345"], capsys)
    assert (code, told["error"]["code"]) == (2, "code_malformed")


def test_lists_of_somebody_else_are_not_believed(field: Field, capsys: pytest.CaptureFixture[str]) -> None:
    words = field.judge(field.show())
    pinned = [*words[: words.index("--root") + 1], "another-root", *words[words.index("--root") + 2 :]]
    assert run(pinned, capsys)[1]["error"]["code"] == "trust_list_untrusted"
    (field.folder / "beacons.json").write_text('{"keys": [{"day": "heute"}]}')
    assert run(words, capsys)[1]["error"]["code"] == "beacon_keys_unreadable"
    field.fetch()
    (field.folder / "status.jwt").write_text("e30.e30.AAAA")
    assert run(words, capsys)[1]["error"]["code"] == "status_list_untrusted"
