"""A checkpoint leaves the house as a letter, on its own schedule, and is what the house keeps itself."""

from __future__ import annotations

import json
from datetime import timedelta
from email import message_from_bytes, policy

from tests.scene import Scene
from voucher.ledger.anchor_mail import post_by_mail
from voucher.ledger.audit import record_one
from voucher.ledger.sealing import CHECKPOINT_EVERY, seal_all


def test_a_checkpoint_is_mailed_when_it_is_due_and_says_what_the_anchor_says(scene: Scene) -> None:
    mail, anchors = scene.folder / "mail", scene.folder / "anchors.jsonl"
    post = post_by_mail(mail, "审计处 <audit@example.gov.cn>")
    for minutes in (0, 5, 16):
        at = scene.at + timedelta(minutes=minutes)
        scene.do("operator", lambda work: record_one(work, "budget", 1, "look"))
        clock = scene.actor("clock")
        seal_all(scene.database, scene.keyring, clock, at, anchors, every=CHECKPOINT_EVERY, post=post)
    kept = [json.loads(line) for line in anchors.read_text("utf-8").splitlines()]
    letters = sorted(mail.glob("*.eml"))
    assert len(letters) == len(kept) == 2
    letter = message_from_bytes(letters[-1].read_bytes(), policy=policy.default)
    assert letter["Subject"].startswith("留痕检查点")
    assert json.loads(letter.get_content().strip().splitlines()[-1]) in kept


def test_nobody_named_gets_nothing(scene: Scene) -> None:
    assert post_by_mail(scene.folder, None) is None
