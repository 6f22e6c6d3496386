"""Acts at the command line are dated by the clock of the doors, and say whose command line it was."""

from __future__ import annotations

import json
import os
import pwd
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pyotp
import pytest
from sqlalchemy import select

from tests.scene import Scene
from voucher.cli.answering import Answering
from voucher.cli.group import officers
from voucher.cli.office import Office, open_office
from voucher.ledger.audit import AuditRow, record_one
from voucher.plumbing.clock import DatabaseClock, day_of
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.passwords import read_sign_in_rules
from voucher.registry.access.second_factor import accept_code, propose_totp
from voucher.registry.users import UserAccount
from voucher.rules.actor import Role
from voucher.rules.errors import Refused

TOLD = datetime(2031, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_an_act_is_dated_by_the_database_and_not_by_the_machine(
    database: Database, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOUCHER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VOUCHER_KEY_FILE", str(keyring.folder / "keys.json"))
    monkeypatch.setenv("VOUCHER_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setattr(DatabaseClock, "_ask", lambda _: TOLD)
    office = open_office(click.Context(officers))
    try:
        assert TOLD <= office.act(lambda work: work.at) < TOLD + timedelta(minutes=1)
        assert office.today == day_of(TOLD)
    finally:
        office.database.dispose()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_trail_says_whose_command_line_it_was_and_two_hands_are_proven(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.hire("管理员甲", Role.ADMINISTRATOR, "310101199001010710")
    secret = _bind(scene, "管理员甲")
    monkeypatch.setenv("VOUCHER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VOUCHER_KEY_FILE", str(scene.keyring.folder / "keys.json"))
    monkeypatch.setenv("VOUCHER_DATABASE_URL", scene.database.url.render_as_string(hide_password=False))
    offices = []

    def sit_down(login: str | None = None, code: str | None = None) -> Office:
        made = open_office(
            click.Context(officers, info_name="voucher", obj=Answering(login=login, code=code))
        )
        offices.append(made)
        return made

    try:
        for given, refused in ((None, "terminal_code_needed"), ("000000", "totp_refused")):
            with pytest.raises(Refused, match=refused):
                sit_down("管理员甲", given)
        common = sit_down()
        with pytest.raises(Refused, match="terminal_proof_needed"):
            common.check_proven()
        # a code is good once, here as at the sign-in; the next command within its half minute guesses nothing
        code = pyotp.TOTP(secret).now()
        assert _failures(scene, "管理员甲") == 1
        own = sit_down("管理员甲", code)
        own.check_proven()
        for _ in range(6):
            with pytest.raises(Refused, match="totp_refused"):
                sit_down("管理员甲", code)
        assert _failures(scene, "管理员甲") == 0
        for office in (common, own):
            for _ in range(2):
                office.act(lambda work: record_one(work, "test", work.actor.user_id, "do"))
            office.act(lambda _: None, keep=False)
        with scene.database.read() as session:
            written = select(AuditRow).order_by(AuditRow.id)
            rows = session.scalars(written.where(AuditRow.thing == "command")).all()
            acts = session.scalars(written.where(AuditRow.thing == "test")).all()
            failed = session.scalars(written.where(AuditRow.act == "sign_in_failed")).all()
    finally:
        for office in offices:
            office.database.dispose()
    assert [(each.content["login"], each.content["is_proven"]) for each in rows] == [
        *[("管理员甲", False)] * 7, ("operator", False), ("管理员甲", True),
    ]  # fmt: skip
    # who tries codes of somebody else's account is told with the very failure that is counted
    assert [each.transaction_id for each in failed] == [rows[0].transaction_id]
    me = pwd.getpwuid(os.getuid()).pw_name
    assert {(each.content["os_user"], each.content["command"]) for each in rows} == {(me, "voucher")}
    assert [each.transaction_id for each in rows[7:]] == [acts[0].transaction_id, acts[2].transaction_id]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_common_account_files_nothing_and_no_code_bound_to_it_stops_the_night(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _bind(scene, "operator")
    monkeypatch.setenv("VOUCHER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VOUCHER_KEY_FILE", str(scene.keyring.folder / "keys.json"))
    monkeypatch.setenv("VOUCHER_DATABASE_URL", scene.database.url.render_as_string(hide_password=False))
    scene.hire("经办乙", Role.OPERATOR, "310101199001010710")
    period = ("--region", "419001", "--from", "2023-01-01", "--to", "2023-12-31", "--budget", "1")
    told = {}
    for words in (
        ("budget", "list"),
        ("settle", "--kind", "评价补贴", *period),
        # somebody's own account that has no code bound may be anybody's hand as well
        ("--as", "经办乙", "settle", "--kind", "评价补贴", *period),
    ):
        with pytest.raises(SystemExit) as left:
            officers.main([*words, "--json"])
        found = json.loads(capsys.readouterr().out)
        told[words[:3]] = (left.value.code, found.get("error", {}).get("code"))
    assert [*told.values()] == [(0, None), (2, "terminal_proof_needed"), (2, "terminal_proof_needed")]


def _failures(scene: Scene, login: str) -> int:
    with scene.database.read() as session:
        return session.get_one(UserAccount, scene.actor(login).user_id).failed_count


def _bind(scene: Scene, login: str) -> str:
    """Bind a time code to an account as its holder does, and return the secret."""

    def act(work: Work) -> str:
        secret = propose_totp(work, work.actor.user_id)
        code = pyotp.TOTP(secret).at(work.at)
        accept_code(work, work.actor.user_id, code, read_sign_in_rules(work.session, work.today))
        return secret

    return scene.do(login, act)
