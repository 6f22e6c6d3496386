"""A letter is written with its act and carried after it, at least once, and never within a transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.conftest import FOUNDED_AT
from tests.plans import plans_of
from voucher.plumbing.db import Database
from voucher.plumbing.outbox import Draft, Letter, Persistence, Taken, deliver_due, post
from voucher.plumbing.outbox_counts import count_letters
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.sms import SMS_NOT_TAKEN, SMS_UNREACHABLE
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Actor

SOMEBODY = Actor(user_id=0, login="somebody", person_id=0, grants=())
RESTS = Persistence(at_once=2, rests=(timedelta(seconds=5), timedelta(minutes=2)))


@dataclass
class Post:
    """A post office of a test: a clock, and what was carried."""

    database: Database
    keyring: Keyring
    at: datetime = FOUNDED_AT
    carried: list[str] = field(default_factory=list)
    refusal: BaseException | None = None

    def write(self, key: str, *, fails: bool = False, topic: str = "sms", **given: Any) -> int | None:
        def act(work: Work) -> int | None:
            draft = Draft(topic, key, {"words": key}, **given)
            posted = post(work, draft)
            if fails:
                raise RuntimeError("the act fails after its letter was written")
            return posted

        return perform(self.database, self.keyring, SOMEBODY, self.at, act)

    def carry(self, letter: Taken) -> None:
        # a letter that were carried within a transaction would wait here for itself on SQLite
        self.write(f"written while carrying {letter.key} {letter.attempt}", good_until=self.at)
        self.carried.append(letter.key)
        if self.refusal is not None:
            raise self.refusal

    def deliver(self) -> int:
        return deliver_due(self.database, self.keyring, lambda: self.at, {"sms": self.carry}, RESTS)

    def letter(self, key: str) -> Letter:
        with self.database.read() as session:
            return session.scalars(select(Letter).where(Letter.key == key)).one()


@pytest.fixture
def office(database: Database, keyring: Keyring) -> Post:
    return Post(database, keyring)


def test_a_letter_goes_with_its_act_once_per_key_and_is_carried_after_it(office: Post) -> None:
    with pytest.raises(RuntimeError):
        office.write("lost", fails=True)
    assert office.write("first", sealed=b"personal") is not None
    assert office.write("first") is None  # whoever posts it again
    for number in range(4):
        office.write(f"more {number}")
    assert office.carried == []
    assert office.deliver() == 5
    assert office.carried == ["first", *(f"more {number}" for number in range(4))]
    sent = office.letter("first")
    assert (sent.sent_at, sent.sealed, sent.attempts) == (office.at, None, 1)
    assert office.deliver() == 0


def test_what_fails_is_tried_again_after_its_rests_and_given_up_in_the_end(office: Post) -> None:
    office.write("tried", sealed=b"personal")
    office.refusal = SMS_UNREACHABLE.refused()
    assert office.deliver() == 0
    assert office.deliver() == 0  # it rests
    assert office.letter("tried").sealed == b"personal"
    office.at += timedelta(seconds=5)
    office.refusal = RuntimeError("a mistake of ours")
    office.deliver()
    assert office.letter("tried").error_code == "letter_failed"
    office.at += timedelta(minutes=2)
    office.deliver()
    over = office.letter("tried")
    assert (over.attempts, over.given_up_at, over.sealed) == (3, office.at, None)
    assert office.carried == ["tried"] * 3

    office.write("hopeless")
    office.write("unheard", topic="other")
    office.refusal = SMS_NOT_TAKEN.refused()
    office.deliver()
    assert office.letter("hopeless").error_code == "sms_not_taken"
    assert office.letter("hopeless").given_up_at is not None
    with office.database.read() as session:
        told = {
            (each.topic, each.standing, each.error_code): each.sentence for each in count_letters(session)
        }
    assert told["sms", "放弃", "sms_not_taken"] == "短信通道拒收了这条短信"
    assert told["other", "待送", None] == ""  # nobody carries it yet


def test_who_dies_after_carrying_has_it_carried_again_and_what_is_late_is_not(office: Post) -> None:
    office.write("twice")
    office.refusal = KeyboardInterrupt()  # the process is gone before it could write anything down
    with pytest.raises(KeyboardInterrupt):
        office.deliver()
    office.refusal = None
    assert office.deliver() == 0  # leased to whoever died
    office.at += RESTS.lease
    assert office.deliver() == 1
    assert office.carried == ["twice", "twice"]

    office.write("late", sealed=b"a code", good_until=office.at + timedelta(minutes=5))
    office.at += timedelta(minutes=5)
    assert office.deliver() == 0
    late = office.letter("late")
    assert (late.error_code, late.sealed) == ("letter_late", None)


def test_of_one_lane_one_letter_is_under_way_and_the_others_pass_it(office: Post) -> None:
    for key, lane in (("slow 1", "a"), ("slow 2", "a"), ("slow 3", "a"), ("quick", "b"), ("plain", None)):
        office.write(key, lane=lane)
    beside: list[int] = []

    def carry(letter: Taken) -> None:
        office.carried.append(letter.key)
        if letter.key == "slow 1":
            # another teller, while this one waits for the slow one: not its next letter, but everybody else's
            beside.append(office.deliver())

    assert deliver_due(office.database, office.keyring, lambda: office.at, {"sms": carry}, RESTS) > 0
    assert office.carried[0] == "slow 1"
    assert set(office.carried[1 : 1 + beside[0]]) <= {"quick", "plain"}
    assert sorted(office.carried) == ["plain", "quick", "slow 1", "slow 2", "slow 3"]
    # who dies with a letter keeps its lane no longer than the letter
    for key in ("lost", "next"):
        office.write(key, lane="c")
    office.refusal = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        office.deliver()
    office.refusal = None
    assert office.deliver() == 0
    office.at += RESTS.lease
    assert office.deliver() == 2


@pytest.mark.new_copy
def test_what_nobody_carries_is_given_up_in_time_and_not_looked_through_every_second(office: Post) -> None:
    soon = office.at + timedelta(minutes=5)
    office.write("late", good_until=soon)
    office.write("waits", good_until=soon + timedelta(days=1))

    def deliver() -> int:
        return deliver_due(office.database, office.keyring, lambda: office.at, {})

    (plan,) = plans_of(office.database, "outbox", deliver)
    assert "ix_outbox_late" in plan

    office.at = soon
    assert deliver() == 0
    assert office.letter("late").error_code == "letter_late"
    assert office.letter("waits").given_up_at is None
