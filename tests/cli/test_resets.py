"""重置他人登录：有两名管理员的须两人各以本人账号办理；谁在命令行动了账号，外单位收得到信。"""

from __future__ import annotations

import json
from datetime import timedelta
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Executable, delete, select, update
from sqlalchemy.exc import DBAPIError

from tests.scene import PROVINCE, Scene, on
from voucher.cli.group import officers
from voucher.ledger import audit
from voucher.ledger.audit import AuditRow
from voucher.plumbing.outbox import Letter
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.resets import AccessReset, ResetTold, reset_by_two
from voucher.registry.access.staffing import disable_account, grant_role, reset_access
from voucher.registry.letters import ACCESS_RESET_ASKED, write_words
from voucher.registry.people import Person
from voucher.registry.second_hands import check_second_hand
from voucher.registry.users import UserAccount
from voucher.rules.actor import Role
from voucher.rules.errors import Refused

ADMINISTRATORS = ("管理员甲", "管理员乙")


def hire_administrators(scene: Scene) -> None:
    """Open a reviewer, and two administrators who have each bound a code of their own."""
    scene.hire("初审甲", Role.OFFICER_COUNTY, "310101199001010730")
    for each, stem in zip(ADMINISTRATORS, ("310101199001010710", "310101199001010720"), strict=True):
        scene.hire(each, Role.ADMINISTRATOR, stem)
    bind(scene, *ADMINISTRATORS)


def bind(scene: Scene, *logins: str) -> None:
    """Let accounts be ones that a code has been bound to."""

    def act(work: Work, user_id: int) -> None:
        run(work, update(UserAccount).where(UserAccount.id == user_id).values(totp_confirmed_at=scene.at))
        audit.record_one(work, "user_account", user_id, "confirm_totp")

    for each in logins:
        scene.do(each, partial(act, user_id=scene.actor(each).user_id))


def run(work: Work, statement: Executable) -> None:
    work.session.execute(statement)


def reset(scene: Scene, login: str, whose: str = "初审甲", confirm: int | None = None) -> ResetTold:
    return scene.do(login, partial(reset_by_two, login=whose, confirm=confirm))


def refused(scene: Scene, login: str, whose: str = "初审甲", confirm: int | None = None) -> str:
    with pytest.raises(Refused) as caught:
        reset(scene, login, whose, confirm)
    return caught.value.refusal.code


def appoint(scene: Scene, login: str, stem: str) -> None:
    """Make somebody an administrator from today on, with a code bound."""
    scene.hire(login, Role.OFFICER_COUNTY, stem)
    scene.do("administrator", lambda work: grant_role(work, login, Role.ADMINISTRATOR, PROVINCE))
    bind(scene, login)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whoever_may_type_commands_lets_himself_in_as_nobody_alone(scene: Scene) -> None:
    scene.hire("初审甲", Role.OFFICER_COUNTY, "310101199001010730")
    # a house that is being founded has nobody else to ask
    assert reset(scene, "administrator").password
    hire_later = partial(scene.hire, role=Role.ADMINISTRATOR)
    hire_later("管理员甲", number="310101199001010710")
    hire_later("管理员乙", number="310101199001010720")
    assert reset(scene, "administrator").password, "an account without a code is nobody's second hand"
    bind(scene, *ADMINISTRATORS)
    with pytest.raises(Refused) as common:
        reset(scene, "administrator")
    assert common.value.refusal.code == "reset_by_two"
    assert "--code" in common.value.refusal.next_step
    asked = reset(scene, "管理员甲")
    assert (asked.password, asked.waits_until) == (None, scene.at + timedelta(hours=24))
    with pytest.raises(Refused) as again:
        reset(scene, "管理员乙")
    # one who means to ask is told whose ask there is, and does not do it unawares
    assert again.value.refusal.code == "reset_asked_already"
    assert "管理员甲" in again.value.refusal.title
    assert f"--confirm {asked.number}" in again.value.refusal.next_step
    assert refused(scene, "管理员甲", confirm=asked.number) == "second_person_needed"
    assert refused(scene, "管理员乙", confirm=9999) == "reset_ask_gone"
    done = reset(scene, "管理员乙", confirm=asked.number)
    assert done.password
    assert done.is_by_two


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_act_of_one_hand_brings_a_house_of_two_back_to_one(scene: Scene) -> None:
    hire_administrators(scene)
    with pytest.raises(Refused) as alone:
        reset(scene, "administrator", "管理员乙")
    assert alone.value.refusal.code == "reset_hands_too_few", "the holder stands as well"
    assert "满 7 日后由两人办理" in alone.value.refusal.next_step
    # nor by letting another one in, nor under another account of the other's number
    appoint(scene, "管理员丙", "310101199001010740")
    appoint(scene, "管理员乙2", "310101199001010720")
    assert refused(scene, "administrator", "管理员乙") == "reset_hands_too_few"
    asked = reset(scene, "管理员甲")
    for newcomer in ("管理员丙", "管理员乙2"):
        assert refused(scene, newcomer, confirm=asked.number) == "reset_by_two"
    # nor by disabling the other
    scene.do("administrator", lambda work: disable_account(work, "管理员乙"))
    scene.do("administrator", lambda work: disable_account(work, "管理员乙2"))
    assert refused(scene, "管理员甲", confirm=asked.number) == "reset_hands_too_few"
    scene.at += timedelta(days=7)
    fresh = reset(scene, "管理员甲")
    assert reset(scene, "管理员丙", confirm=fresh.number).password, "the way out: a third one, after a week"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_was_reset_still_stands_and_is_no_hand_for_some_days(scene: Scene) -> None:
    hire_administrators(scene)
    scene.hire("管理员丙", Role.ADMINISTRATOR, "310101199001010740")
    bind(scene, "管理员丙")
    asked = reset(scene, "管理员甲", "管理员丙")
    assert reset(scene, "管理员乙", "管理员丙", asked.number).password
    bind(scene, "管理员丙")
    assert refused(scene, "管理员丙") == "reset_by_two"
    assert refused(scene, "administrator", "管理员甲") == "reset_hands_too_few"
    # an ask does not outlive its asker's power
    stale = reset(scene, "管理员甲")
    scene.at += timedelta(days=7, hours=-1)
    stale = reset(scene, "管理员甲")
    scene.at += timedelta(hours=2)
    scene.do("administrator", lambda work: disable_account(work, "管理员甲"))
    assert refused(scene, "管理员乙", confirm=stale.number) == "reset_ask_gone"
    mine = reset(scene, "管理员乙")
    assert mine.password is None
    assert reset(scene, "管理员丙", confirm=mine.number).password


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_two_whom_one_person_reset_are_no_two_people(scene: Scene) -> None:
    hire_administrators(scene)
    for login, stem in (("出纳甲", "310101199001010750"), ("出纳乙", "310101199001010760")):
        scene.hire(login, Role.FINANCE_MAKER, stem)
        scene.do("管理员甲", partial(reset_access, login=login))
    first = scene.actor("出纳甲").person_id
    with pytest.raises(Refused, match="second_person_reset_by_one"):
        scene.do("出纳乙", lambda work: check_second_hand(work, first))
    other = scene.actor("初审甲").person_id
    scene.do("出纳乙", lambda work: check_second_hand(work, other))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_holder_hears_of_a_reset_while_it_is_only_asked_for(scene: Scene) -> None:
    hire_administrators(scene)
    holder = scene.actor("初审甲").person_id
    scene.do(
        "operator",
        partial(run, statement=update(Person).where(Person.id == holder).values(mobile_sealed=b"sealed")),
    )
    reset(scene, "管理员甲")
    with scene.database.read() as session:
        (letter,) = session.scalars(select(Letter).where(Letter.topic == "sms")).all()
    assert (letter.payload["person_id"], letter.payload["template"]) == (holder, ACCESS_RESET_ASKED)
    assert "提出重置您的账号" in write_words(ACCESS_RESET_ASKED, letter.payload["facts"])


def test_what_nobody_confirms_lapses_and_the_database_keeps_what_was_said(scene: Scene) -> None:
    hire_administrators(scene)
    reset(scene, "管理员甲")
    scene.at = on("2023-09-05")
    asked = reset(scene, "管理员乙")
    assert asked.password is None, "a day later it is asked for anew"
    assert reset(scene, "管理员甲", confirm=asked.number).password
    with scene.database.read() as session:
        lapsed, done = session.scalars(select(AccessReset).order_by(AccessReset.id)).all()
    assert (lapsed.lapsed_at, lapsed.done_at) == (scene.at, None)
    assert done.asked_by_person_id == scene.actor("管理员乙").person_id
    sins = (
        update(AccessReset).values(asked_by_person_id=1),
        update(AccessReset).values(done_at=None, done_by_person_id=None),
        update(AccessReset)
        .where(AccessReset.id == lapsed.id)
        .values(lapsed_at=None, done_at=scene.at, done_by_person_id=lapsed.asked_by_person_id),
        delete(AccessReset),
    )
    for sin in sins:
        with pytest.raises(DBAPIError):
            scene.do("operator", partial(run, statement=sin))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_second_party_hears_of_every_account_changed_at_a_command_line(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOUCHER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VOUCHER_KEY_FILE", str(scene.keyring.folder / "keys.json"))
    monkeypatch.setenv("VOUCHER_DATABASE_URL", scene.database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("VOUCHER_ANCHOR_MAIL_TO", "jiwei@example.cn")
    scene.hire("chushen1", Role.OFFICER_COUNTY, "310101199001010730")
    said = []

    def type_in(*words: str) -> None:
        with pytest.raises(SystemExit):
            officers.main([*words, "--json"])
        said.append(json.loads(capsys.readouterr().out))

    # no letter, no deed: the letters' folder cannot be written
    (tmp_path / "mail").write_text("")
    type_in("user", "reset", "--login", "chushen1")
    assert said.pop()["error"]["code"] == "account_letter_unwritten"
    assert _told_outside(scene) == []
    (tmp_path / "mail").unlink()
    for words in (
        ("user", "reset", "--login", "chushen1"),
        ("user", "disable", "--login", "chushen1"),
        ("user", "reset", "--login", "chushen1"),
    ):
        type_in(*words)
    assert (said[0]["by_two"], said[2]["error"]["code"]) == (False, "account_disabled")
    letters = sorted(tmp_path.rglob("account-*.eml"))
    texts = [message_from_bytes(each.read_bytes(), policy=policy.default).get_content() for each in letters]
    assert [("重置登录，由一人办理" in each, "停用账号" in each) for each in texts] == [
        (True, False),
        (False, True),
    ]
    assert all("ch***" in each and "没有证明是谁的账号" in each for each in texts)
    assert not any("chushen1" in each or said[0]["password"] in each for each in texts)
    user_id = scene.actor("administrator").user_id
    assert all(f"ad***（账号号 {user_id}）" in each for each in texts)
    scene.hire("chushen2", Role.OFFICER_COUNTY, "310101199001010740")
    monkeypatch.delenv("VOUCHER_ANCHOR_MAIL_TO")
    type_in("user", "disable", "--login", "chushen2")
    assert _told_outside(scene) == [True, True, False], "the trail says that nobody outside was told"


def _told_outside(scene: Scene) -> list[bool]:
    told = select(AuditRow.content).where(AuditRow.act == "tell_outside").order_by(AuditRow.id)
    with scene.database.read() as session:
        return [each["is_told"] for each in session.scalars(told)]
