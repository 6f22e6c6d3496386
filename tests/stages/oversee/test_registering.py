"""注销登记：每个检查点一条签名，写到一半断掉的补得回来，改过的认得出来，寄出的信拼得回原样，再次恢复也不漏人。"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests import town_issue
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene
from tests.settings import config_of
from tests.stages.oversee.test_restoring import back_up, restored
from voucher.cli.office import Office
from voucher.ledger.anchor_mail import post_by_mail
from voucher.ledger.audit import record_one
from voucher.ledger.sealing import AT_ONCE, CHECKPOINT_EVERY, Post
from voucher.registry import people, subjects
from voucher.registry.access.terminal import Terminal
from voucher.rules.errors import Refused
from voucher.stages.oversee.privacy.keeping_outside import seal_and_keep
from voucher.stages.oversee.privacy.reconciling import reconcile
from voucher.stages.oversee.privacy.registering import read_register, register_erasures, register_file_of

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def anchors_of(scene: Scene) -> Path:
    return scene.folder / "outside" / "anchors.jsonl"


def keep(it: Scene, anchors: Path, every: timedelta = AT_ONCE, post: Post | None = None) -> None:
    """Do what the sealer does every two seconds."""
    seal_and_keep(it.database, it.keyring, it.actor("clock"), it.at, anchors, every=every, post=post)


def erase(it: Scene, person: tuple[str, str]) -> None:
    index = people.index_of(it.keyring, person[1])
    it.do("operator", lambda work: subjects.destroy_key(work, index))


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(each) for each in path.read_text("utf-8").splitlines()]


def test_after_a_restore_the_register_goes_on_and_a_second_restore_forgets_nobody(scene: Scene) -> None:
    anchors, copy = anchors_of(scene), scene.folder / "backup"
    register = register_file_of(anchors)
    for person in (ZHANG_SAN, LI_SI, SUN_BA):
        town_issue.worker(scene, person)
    keep(scene, anchors)
    back_up(scene.database, copy)
    erase(scene, LI_SI)
    for _ in range(9):
        scene.do("operator", lambda work: record_one(work, "budget", 1, "look"))
    keep(scene, anchors)
    first = scene.folder / "first.jsonl"
    first.write_bytes(register.read_bytes())

    (scene.folder / "one").mkdir()
    with restored(scene.database, copy, scene.folder / "one") as again:
        there = Scene(again, scene.keyring, scene.folder / "one", scene.at)
        register.unlink()
        keep(there, anchors)
        assert not register.exists(), "what an older database knows makes no register"
        register.write_bytes(first.read_bytes())
        keep(there, anchors)
        assert there.do("operator", partial(reconcile, register=register)).erased == 1
        keep(there, anchors)
        erase(there, SUN_BA)
        keep(there, anchors)
    heads = [each for each in lines_of(register) if "entries" in each]
    assert heads[-1]["entries"] == 2, "who was erased after the restore is in it"
    assert heads[-1]["seq"] < lines_of(first)[-1]["seq"], "though the chain has not caught up"

    (scene.folder / "two").mkdir()
    with restored(scene.database, copy, scene.folder / "two") as again:
        there = Scene(again, scene.keyring, scene.folder / "two", scene.at)
        keep(there, anchors)
        with pytest.raises(Refused, match="erasure_register_old"):
            there.do("operator", partial(reconcile, register=first))
        assert there.do("operator", partial(reconcile, register=register)).erased == 2


def test_whoever_is_erased_between_two_checkpoints_makes_one_so_an_older_copy_is_known_for_it(
    scene: Scene,
) -> None:
    anchors = anchors_of(scene)
    register = register_file_of(anchors)
    town_issue.worker(scene, LI_SI)
    keep(scene, anchors, CHECKPOINT_EVERY)
    older = register.read_bytes()
    erase(scene, LI_SI)
    keep(scene, anchors, CHECKPOINT_EVERY)
    head, anchor = lines_of(register)[-1], lines_of(anchors)[-1]
    assert (head["entries"], head["seq"], head["chain_hash"]) == (1, anchor["seq"], anchor["chain_hash"])
    register.write_bytes(older)
    with pytest.raises(Refused, match="erasure_register_old"):
        read_register(register, scene.keyring, anchor["seq"], anchor["chain_hash"])


def test_a_register_torn_while_it_was_written_goes_on_behind_its_last_head(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchors = anchors_of(scene)
    register = register_file_of(anchors)
    for person in (ZHANG_SAN, LI_SI):
        town_issue.worker(scene, person)
        erase(scene, person)
        keep(scene, anchors)
    whole = register.read_bytes()
    lines = whole.splitlines(keepends=True)
    # killed in the middle of a line, and after a line; before the first head, and later
    for left in (lines[0][:50], lines[0], b"".join(lines[:3]), b"".join(lines[:2]) + lines[2][:9] + b"\0\0"):
        register.write_bytes(left)
        keep(scene, anchors)
        assert len(read_register(register, scene.keyring, 0).tokens) == 2
    # no room on the disk: nothing of it stays, and it is tried again
    register.write_bytes(b"".join(lines[:2]))

    def full(_: int) -> None:
        raise OSError(28, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            register_erasures(scene.database, scene.keyring, scene.at, anchors)
    assert register.read_bytes() == b"".join(lines[:2])
    assert register_erasures(scene.database, scene.keyring, scene.at, anchors) == 1
    # what somebody changed is not cut off in silence
    register.write_bytes(b"".join(lines[:3]) + lines[3].replace(b'"entries": 2', b'"entries": 1'))
    scene.do("operator", lambda work: record_one(work, "budget", 1, "look"))
    with pytest.raises(Refused, match="erasure_register_differs"):
        keep(scene, anchors)


def test_an_entry_says_nothing_of_the_person_and_none_of_its_words_can_be_changed(scene: Scene) -> None:
    anchors = anchors_of(scene)
    register = register_file_of(anchors)
    town_issue.worker(scene, LI_SI)
    erase(scene, LI_SI)
    keep(scene, anchors)
    entry, head = lines_of(register)
    assert entry.keys() == {"n", "token", "at", "digest"}
    index = people.index_of(scene.keyring, LI_SI[1])
    assert entry["token"] not in (index, hashlib.sha256(f"voucher-erasure:{index}".encode()).hexdigest())
    for changed in ({"n": 2}, {"at": "2020-01-01T00:00:00.000000+00:00"}, {"token": "0" * 64}):
        register.write_text(f"{json.dumps(entry | changed)}\n{json.dumps(head)}\n", "utf-8")
        with pytest.raises(Refused, match="erasure_register_differs"):
            read_register(register, scene.keyring, 0)
    # an entry behind the head is nobody's, whatever it calls its own
    sealed = f"{json.dumps(entry)}\n{json.dumps(head)}\n{json.dumps(entry | {'n': 2, 'signature': '00'})}\n"
    register.write_text(sealed, "utf-8")
    assert len(read_register(register, scene.keyring, 0).tokens) == 1


def test_the_letters_put_together_are_the_register_whoever_sealed_and_whatever_failed(scene: Scene) -> None:
    config = replace(config_of(scene.folder), anchor_mail_to="审计处 <audit@example.gov.cn>")
    anchors, register = config.anchor_file, register_file_of(config.anchor_file)
    by_mail = post_by_mail(config.mail_folder, config.anchor_mail_to)
    assert by_mail is not None
    town_issue.worker(scene, LI_SI)
    keep(scene, anchors, post=by_mail)

    def fail(line: Mapping[str, object]) -> None:
        if "lines" in line:
            raise OSError(28, "no space left")
        by_mail(line)

    erase(scene, LI_SI)
    with pytest.raises(OSError, match="no space"):
        keep(scene, anchors, post=fail)
    # a command seals and posts as the worker does, what the worker could not post with it
    sat_down = Terminal("li", "li", "desk-1", "budget add")
    office = Office(
        config, scene.database, scene.keyring, scene.actor("operator"), lambda: scene.at, sat_down
    )
    office.act(lambda work: record_one(work, "budget", 1, "look"))
    found = [
        message_from_bytes(each.read_bytes(), policy=policy.default)
        for each in config.mail_folder.glob("erasures-*.eml")
    ]
    told = [each.get_content().splitlines() for each in found]
    lines = register.read_text("utf-8").splitlines()
    told.sort(key=lambda each: lines.index(each[-1]))
    assert "从头起" in told[0][0]
    assert json.loads(told[0][-1])["signature"][:16] in told[1][0]
    assert [line for each in told for line in each[2:]] == lines
    assert len(list(config.mail_folder.glob("checkpoint-*.eml"))) == len(lines_of(anchors))
    # nothing new, no letter
    register_erasures(scene.database, scene.keyring, scene.at, anchors, by_mail)
    assert len(list(config.mail_folder.glob("erasures-*.eml"))) == len(found)
