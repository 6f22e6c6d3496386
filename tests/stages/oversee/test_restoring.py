"""备份和恢复：库、密钥、锚点恢复到另一处，逐行核验无改动；恢复的是旧备份，缺了什么说得出来。"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import click
import pytest
from psycopg import sql
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests import town_issue
from tests.scene import EV1, JIYUAN, LI_SI, NURSE, SUN_BA, XINXIANG, ZHANG_SAN, Scene, on
from tests.warm import housekeeper, postgres_url
from voucher.cli.group import officers
from voucher.cli.office import open_office
from voucher.demo.signing import pass_all
from voucher.ledger.audit import record_one
from voucher.ledger.restoring import (
    RestoredCopy,
    find_missing,
    find_unreconciled,
    is_of_former_life,
    notice_older,
)
from voucher.ledger.sealing import append_anchor, checkpoint_message, seal_all, stamp
from voucher.plumbing.db import Database, Model
from voucher.plumbing.schema import check_current
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import CheckpointSigner
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.access.staffing import reset_access
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.errors import Refused
from voucher.stages.issue import granting
from voucher.stages.issue.models import Programme
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.oversee.privacy import keeping_outside
from voucher.stages.oversee.privacy.destroying import destroy_person
from voucher.stages.oversee.privacy.keeping_outside import look_outside, seal_and_keep
from voucher.stages.oversee.privacy.reconciling import reconcile, reconcile_without
from voucher.stages.oversee.privacy.registering import register_file_of
from voucher.stages.oversee.rows import verify_rows
from voucher.stages.oversee.trail import verify_trail
from voucher.stages.settle import confirming_paid, payment, payment_download


def back_up(database: Database, copy: Path) -> None:
    """Copy a database that is in use, as the runbook says."""
    if database.engine.dialect.name == "sqlite":
        # on a line of the house's own: a lent file stands elsewhere than where it was made
        with closing(database.engine.raw_connection()) as connection:
            connection.cursor().execute("VACUUM INTO ?", [str(copy)])
        return
    _postgres("pg_dump", "--format=custom", f"--file={copy}", postgres_url(str(database.engine.url.database)))


@contextmanager
def restored(database: Database, copy: Path, folder: Path) -> Iterator[Database]:
    """Yield a database of its own, made of a copy, on another place than the first."""
    if database.engine.dialect.name == "sqlite":
        made = Database(f"sqlite:///{shutil.copyfile(copy, folder / 'restored.db')}")
        yield made
        made.dispose()
        return
    name = f"restored_{uuid4().hex}"
    housekeeper().execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    _postgres("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={postgres_url(name)}", str(copy))
    made = Database(postgres_url(name))
    yield made
    made.dispose()
    housekeeper().execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _postgres(program: str, *arguments: str) -> None:
    binaries = Path(os.environ["VOUCHER_TEST_POSTGRES"]).parent / "package" / "install" / "bin"
    subprocess.run([str(binaries / program), *arguments], check=True)


def count_rows(database: Database) -> dict[str, int]:
    """Return how many rows every table has."""
    with database.read() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Model.metadata.tables.items()
        }


@pytest.mark.long
def test_a_backup_restored_elsewhere_is_whole_and_an_older_one_says_what_is_missing(scene: Scene) -> None:
    anchors, copy = scene.folder / "anchors.jsonl", scene.folder / "backup"

    def seal(it: Scene, kept: Path) -> None:
        seal_all(it.database, it.keyring, it.actor("clock"), it.at, kept)

    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    budget = scene.open_budget(1000)
    scene.certify(scene.certificate(ZHANG_SAN, NURSE))
    scene.pay(scene.settle(budget), budget)
    seal(scene, anchors)

    back_up(scene.database, copy)
    elsewhere = scene.folder / "elsewhere"
    elsewhere.mkdir()
    keys = Path(shutil.copy2(scene.keyring._path, elsewhere / "keys.json"))
    kept = Path(shutil.copy2(anchors, elsewhere / "anchors.jsonl"))
    counted = count_rows(scene.database)
    with restored(scene.database, copy, elsewhere) as again:
        keyring = Keyring.open(keys, create=False)
        check_current(again)
        assert count_rows(again) == counted
        index = people.index_of(keyring, ZHANG_SAN[1])
        with again.read() as session:
            assert verify_trail(session, keyring, kept).faults == []
            assert verify_rows(session).faults == []
            assert find_violations(session) == []
            person = people.find_by_indexes(session, [index])[index]
            named = people.read_people(session, keyring, [person.id])
            assert named[person.id].name == ZHANG_SAN[0]
        # what the database refused before it refuses after
        for sin in ("DELETE FROM audit_row", "DELETE FROM state_event"):
            with pytest.raises(DBAPIError), again.engine.begin() as connection:
                connection.execute(text(sin))
        # the keys of somebody else open nothing
        stranger = Keyring.open(elsewhere / "other.json", create=True)
        with again.read() as session, pytest.raises(Refused, match="secret_unreadable"):
            people.read_people(session, stranger, [person.id])

        # an act of after the backup is gone; whoever kept the anchors sees that, and since which one
        scene.do("operator", lambda work: record_one(work, "person", person.id, "move"))
        seal(scene, anchors)
        with again.read() as session:
            missing = verify_trail(session, keyring, anchors).faults
        assert {each.kind for each in missing} == {"checkpoint_missing", "chain_differs_from_anchor"}
        assert len({each.seq for each in missing}) == 1, "and since which seal"
        # work goes on there, and its trail with it
        there = Scene(again, keyring, elsewhere, scene.at)
        there.do("operator", lambda work: record_one(work, "person", person.id, "move"))
        seal(there, kept)
        with again.read() as session:
            assert verify_trail(session, keyring, kept).faults == []
            assert verify_rows(session).faults == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_from_an_older_backup_nothing_is_paid_or_issued_until_the_erased_are_erased_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchors, copy = scene.folder / "anchors.jsonl", scene.folder / "backup"
    register = register_file_of(anchors)

    def keep(it: Scene) -> None:
        seal_and_keep(it.database, it.keyring, it.actor("clock"), it.at, anchors)

    def erase(it: Scene, person: tuple[str, str]) -> int:
        def act(work: Work) -> int:
            index = people.index_of(work.keyring, person[1])
            found = people.find_by_indexes(work.session, [index])[index]
            destroy_person(work, found.id, "test")
            return found.id

        return it.do("operator", act)

    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    budget = scene.open_budget(1000)
    scene.certify(scene.certificate(ZHANG_SAN, NURSE))
    batch = scene.settle(budget).batch_id
    scene.review_and_post(batch)
    scene.close_notices()
    scene.do("审批员", lambda work: pass_all(work, batch, Step.APPROVE, "同意拨付"))
    scene.open_accounts()
    file = scene.do("制单员", lambda work: payment.prepare(work, budget)).id
    scene.do("付款复核员", lambda work: payment.check(work, file))
    for person in (LI_SI, SUN_BA):
        town_issue.worker(scene, person)
    erase(scene, LI_SI)
    keep(scene)
    back_up(scene.database, copy)
    gone = erase(scene, SUN_BA)
    keep(scene)
    keep(scene)
    lines = [json.loads(each) for each in register.read_text("utf-8").splitlines()]
    assert [each["n"] for each in lines if "token" in each] == [1, 2], "each once, none of the person"
    assert not {ZHANG_SAN[0], LI_SI[1], SUN_BA[0]} & set(register.read_text("utf-8").split('"'))

    elsewhere = scene.folder / "elsewhere"
    elsewhere.mkdir()
    with restored(scene.database, copy, elsewhere) as again:
        there = Scene(again, scene.keyring, elsewhere, scene.at)
        with again.read() as session:
            assert gone in people.read_people(session, scene.keyring, [gone]), (
                "the backup knows the name again"
            )
        before = register.read_bytes()
        # where the anchors are lost the register says it alone, if its signatures hold
        torn, old = elsewhere / "torn.jsonl", elsewhere / "old.jsonl"
        torn.write_bytes(before.replace(str(lines[0]["token"]).encode(), b"0" * 64))
        with again.read() as session:
            ahead = partial(keeping_outside._find_ahead, session, scene.keyring)
            assert ahead(register) == (lines[-1]["seq"], lines[-1]["chain_hash"])
            assert ahead(torn) is None
            assert ahead(elsewhere / "none") is None
        # a line nobody's key has signed stops no honest house, and hides nothing from another
        with anchors.open("a", encoding="utf-8") as file_of_anchors:
            file_of_anchors.write('{"seq": 999999, "chain_hash": "x"}\n{"seq": 99')
        look = partial(look_outside, keyring=scene.keyring, clock=lambda: scene.at, anchor_file=anchors)
        assert not look(scene.database)
        for name, value in (
            ("VOUCHER_DATA_DIR", elsewhere),
            ("VOUCHER_KEY_FILE", scene.keyring.folder / "keys.json"),
            ("VOUCHER_DATABASE_URL", again.url.render_as_string(hide_password=False)),
            ("VOUCHER_ANCHOR_FILE", anchors),
        ):
            monkeypatch.setenv(name, str(value))
        # a command that only opens the office knows it before its first act
        open_office(click.Context(officers)).database.dispose()
        assert not look(again), "it is news once"
        with again.read() as session:
            assert ahead(register) is None
            assert find_unreconciled(session) is not None
        anchors.write_bytes(anchors.read_bytes().rsplit(b"\n", 2)[0] + b"\n")
        keep(there)
        assert register.read_bytes() == before, "an older database writes nothing into the register"
        for login, act in (
            ("制单员", partial(payment.prepare, budget_id=budget)),
            ("签发员", partial(payment.release, payment_file_id=file)),
            ("operator", partial(granting.make_vouchers, programme=Programme(), holders=[(1, None)])),
        ):
            with pytest.raises(Refused, match="restored_unreconciled"):
                there.do(login, act)

        old.write_text("\n".join(before.decode().splitlines()[:2]) + "\n", "utf-8")
        for given, code in (
            (elsewhere / "none", "erasure_register_missing"),
            (torn, "erasure_register_differs"),
            (old, "erasure_register_old"),
        ):
            with pytest.raises(Refused, match=code):
                there.do("operator", partial(reconcile, register=given))
        done = there.do("operator", partial(reconcile, register=register))
        assert (done.entries, done.erased) == (2, 1)
        # what was paid after the backup nobody has looked at yet: that is for two finance people
        release = partial(payment.release, payment_file_id=file)
        for login, act in (("制单员", partial(payment.prepare, budget_id=budget)), ("签发员", release)):
            with pytest.raises(Refused, match="restored_payments_unconfirmed"):
                there.do(login, act)
        vouch = partial(confirming_paid.confirm_paid, region_code=JIYUAN, words="银行明细已逐笔核对")
        with pytest.raises(Refused, match="role_missing"):
            there.do("审批员", vouch)
        assert not there.do("付款复核员", vouch)
        with pytest.raises(Refused, match="second_person_needed"):
            there.do("付款复核员", vouch)
        # one county knows nothing of another
        there.do("签发员", partial(confirming_paid.confirm_paid, region_code=XINXIANG, words="本市没有付款"))
        with pytest.raises(Refused, match="restored_payments_unconfirmed"):
            there.do("签发员", release)
        assert there.do("签发员", vouch)
        with pytest.raises(Refused, match="restored_payments_confirmed"):
            there.do("签发员", vouch)
        there.do("签发员", release)
        with again.read() as session:
            assert people.read_people(session, scene.keyring, [gone]) == {}
            assert find_violations(session) == []
        _a_later_life_may_end_at_the_same_number(there, anchors)
        _hands_out_nothing_after_another(there, file, vouch)
        # once more changes nothing; the register goes on from where it was
        assert there.do("operator", partial(reconcile, register=register)).erased == 0
        for sin in (
            *("DELETE FROM restored_copy", "UPDATE restored_copy SET erased = 0"),
            *("DELETE FROM restored_paid", "UPDATE restored_unregistered SET words = ''"),
        ):
            with pytest.raises(DBAPIError), again.engine.begin() as connection:
                connection.execute(text(sin))


def _a_later_life_may_end_at_the_same_number(there: Scene, anchors: Path) -> None:
    """After a restore the numbers run again: the last line is known by its hash, and a head by its time."""
    with there.database.read() as session:
        (noticed,) = session.scalars(select(RestoredCopy)).all()
        early, late = noticed.noticed_at - timedelta(hours=1), noticed.noticed_at + timedelta(hours=1)
        seq = noticed.anchored_seq
        assert is_of_former_life(session, seq - 1, "f" * 64, early)
        assert is_of_former_life(session, seq, noticed.chain_hash, late)
        assert not is_of_former_life(session, seq - 1, "f" * 64, late)
        assert not is_of_former_life(session, seq + 1, "f" * 64, early)
    signer = CheckpointSigner(there.keyring)
    line: dict[str, object] = {"seq": seq, "chain_hash": "f" * 64, "signed_at": stamp(late)}
    said = checkpoint_message(seq, "f" * 64, late)
    line |= {"key_id": signer.key_id, "signature": signer.sign(said).hex()}
    other = anchors.with_name("other.jsonl")
    shutil.copyfile(anchors, other)
    append_anchor(other, line)
    with there.database.read() as session:
        assert find_missing(session, there.keyring, anchors) is None
        assert find_missing(session, there.keyring, other) == (seq, "f" * 64)


def _hands_out_nothing_after_another(there: Scene, file: int, vouch: Callable[[Work], bool]) -> None:
    """A second restore, now with no register left: two say so, two vouch, only then a file leaves."""
    download = partial(payment_download.download, payment_file_id=file)
    there.do("clock", partial(notice_older, seq=9_000, chain_hash="0" * 64))
    for number in (10, 20, 30):
        there.hire(f"管理员{number}", Role.ADMINISTRATOR, f"3101011990010107{number}")
    say = partial(reconcile_without, why="备份早于注销登记，登记已随机房损毁")
    with pytest.raises(Refused, match="own_account_needed"):
        there.do("operator", say)
    assert not there.do("管理员10", say)
    with pytest.raises(Refused, match="second_person_needed"):
        there.do("管理员10", say)
    with pytest.raises(Refused, match="restored_unreconciled"):
        there.do("制单员", download)
    # one and the same may have said so, given a new code at the command line, and be here as the second
    there.do("administrator", partial(reset_access, login="管理员30"))
    with pytest.raises(Refused, match="second_person_reset_by_nobody"):
        there.do("管理员30", say)
    assert there.do("管理员20", say)
    with pytest.raises(Refused, match="restored_nothing_open"):
        there.do("管理员20", say)
    with pytest.raises(Refused, match="restored_payments_unconfirmed"):
        there.do("制单员", download)
    assert not there.do("签发员", vouch)
    assert there.do("付款复核员", vouch)
    there.do("制单员", download)
    # the same number again with another chain hash is another restore
    again = [
        there.do("clock", partial(notice_older, seq=9_000, chain_hash=each * 64)) for each in ("0", "1", "1")
    ]
    assert again == [False, True, False]
    with pytest.raises(Refused, match="restored_unreconciled"):
        there.do("付款复核员", partial(payment_download.open_again, payment_file_id=file, why="没有收到"))
    assert not there.do("管理员10", say)
    assert there.do("管理员20", say)
