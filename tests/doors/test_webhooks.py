"""Event notices to institutions' systems: from the act through the sealed trail to a real receiver."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.doors.loop import LI_SI, Loop
from tests.doors.test_systems import System, register
from tests.receiver import Receiver, Taken
from voucher.ledger.audit import AuditRow
from voucher.ledger.sealing import seal_rows
from voucher.plumbing.outbox import Letter, Persistence, deliver_due
from voucher.plumbing.reaching import Messenger
from voucher.registry.letters import TOPIC as SMS
from voucher.registry.systems import systems, webhooks
from voucher.registry.systems.webhook_carrying import carry_by, secret_of
from voucher.registry.systems.webhook_reading import list_deliveries
from voucher.registry.systems.webhook_rows import EVENTS, Webhook, WebhookDelivery
from voucher.registry.users import CLOCK_LOGIN, load_actor
from voucher.rules.actor import Actor
from voucher.rules.errors import Refused
from voucher.stages.oversee.telling import tell_due

EVERYTHING = tuple(EVENTS)


@dataclass
class Hook:
    """A system's webhook at a receiver, and the worker that tells it."""

    loop: Loop
    receiver: Receiver
    system: System
    id: int
    secret: str
    messenger: Messenger = field(default_factory=lambda: Messenger(local=True, read_seconds=0.3))

    def keeper(self) -> Actor:
        with self.loop.world.database.read() as session:
            return load_actor(session, CLOCK_LOGIN, self.loop.world.at.date())

    def tell(self) -> int:
        """Seal what waits, write down what it means and carry what is due, as the worker does."""
        world = self.loop.world
        world.do(CLOCK_LOGIN, seal_rows)
        tell_due(world.database, world.keyring, self.keeper, lambda: world.at)
        return self.carry()

    def carry(self) -> int:
        world = self.loop.world
        carrier = carry_by(world.database, world.keyring, self.messenger, self.keeper, lambda: world.at)
        carriers = {webhooks.TOPIC: carrier}
        return deliver_due(world.database, world.keyring, lambda: world.at, carriers, Persistence())

    def read(self) -> Webhook:
        with self.loop.world.database.read() as session:
            return session.get_one(Webhook, self.id)

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(each.body) for each in self.receiver.taken]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


def listen(loop: Loop, receiver: Receiver, *events: str, house: str = "t1") -> Hook:
    """Have a system of an institution told of events."""
    system = register(loop, house=house)

    def act(work: Any) -> tuple[int, str]:
        wanted = events or EVERYTHING
        made = webhooks.register_webhook(work, system.id, receiver.url, wanted, local=True)
        return made.id, secret_of(work.keyring, made.seed)

    made = loop.world.do(f"{house}-admin", act)
    # what happened up to then is not told
    loop.world.later(seconds=1)
    return Hook(loop, receiver, system, *made)


def redeem(loop: Loop, system: System) -> None:
    body = {"digits": loop.code("li", "other_voucher"), "class_id": loop.ids["class"], "device": "前台"}
    answer = system.call("POST", "/redemptions", {**body, "last4": LI_SI[1][-4:], "nonce": "n"}, key="one")
    assert answer.status_code == 201, answer.json


def is_signed(taken: Taken, secret: str) -> bool:
    """Return whether a receiver that holds a secret believes a notice: written as the guide tells it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{taken.headers['webhook-id']}.{taken.headers['webhook-timestamp']}.".encode() + taken.body
    good = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(good, each) for each in taken.headers["webhook-signature"].split())


def test_a_system_is_told_of_its_own_once_signed_and_with_ids_only(loop: Loop, receiver: Receiver) -> None:
    ids, hook = loop.ids, listen(loop, receiver)
    with Receiver() as elsewhere:
        other = listen(loop, elsewhere, house="t2")
        assert hook.tell() == 0, "what was before is not told"
        redeem(loop, hook.system)
        assert hook.tell() == 1
        assert hook.tell() == 0
        assert other.told() == [], "another institution is told nothing of it"
    (taken,) = receiver.taken
    said = json.loads(taken.body)
    assert said == {
        "type": "voucher.redeemed", "sequence": 1, "institution_id": ids["t1"],
        "occurred_at": said["occurred_at"],
        "data": {"voucher_id": ids["other_voucher"], "class_id": ids["class"]},
    }  # fmt: skip
    assert is_signed(taken, hook.secret)
    assert not is_signed(taken, other.secret)
    assert not is_signed(replace(taken, body=taken.body + b" "), hook.secret)
    name, number = LI_SI
    assert name not in taken.body.decode()
    assert number not in taken.body.decode()

    # what is not chosen is not told; both secrets sign after a rotation, and later only the newer one
    world = loop.world
    fresh = world.do(
        "t1-admin", lambda work: secret_of(work.keyring, webhooks.rotate_webhook(work, hook.id).seed)
    )
    assert fresh != hook.secret
    for hours, believed in ((0, [True, True]), (25, [True, False])):
        world.later(hours=hours)
        world.do("t1-admin", lambda work: webhooks.try_webhook(work, hook.id))
        assert hook.carry() == 1
        assert [is_signed(receiver.taken[-1], each) for each in (fresh, hook.secret)] == believed
    assert [each["type"] for each in hook.told()] == ["voucher.redeemed", "ping", "ping"]
    assert [each["sequence"] for each in hook.told()] == [1, 2, 3]
    with world.database.read() as session:
        made = session.scalars(select(Webhook.seed)).all()
        assert not any(hook.secret in str(each) or fresh in str(each) for each in made)


def test_a_bad_receiver_is_tried_again_and_told_the_same(loop: Loop, receiver: Receiver) -> None:
    hook = listen(loop, receiver, "voucher.redeemed")
    receiver.answers = [500, 302, None, 200]
    redeem(loop, hook.system)
    assert hook.tell() == 0
    for rest in (timedelta(seconds=4), timedelta(seconds=1), timedelta(seconds=30)):
        loop.world.at += rest
        assert hook.carry() == 0
    assert len(receiver.taken) == 3
    loop.world.later(minutes=2)
    assert hook.carry() == 1
    assert {each.body for each in receiver.taken} == {receiver.taken[0].body}
    assert {each.headers["webhook-id"] for each in receiver.taken} == {
        receiver.taken[0].headers["webhook-id"]
    }
    assert len({each.headers["webhook-timestamp"] for each in receiver.taken}) == 4
    assert all(is_signed(each, hook.secret) for each in receiver.taken)
    with loop.world.database.read() as session:
        (view,) = list_deliveries(session, hook.id)
    assert [each.words for each in view.tries] == ["答复 500", "答复 302", "没有及时答复", "答复 200"]
    assert (hook.read().failures, view.delivered_at) == (0, loop.world.at)
    # asked for, it is sent once more: the same name, the same bytes
    loop.world.do("t1-admin", lambda work: webhooks.resend_delivery(work, view.id))
    assert hook.carry() == 1
    assert receiver.taken[-1].body == receiver.taken[0].body


def test_a_receiver_that_never_answers_is_paused_told_of_it_and_resumed(
    loop: Loop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, hook = loop.world, listen(loop, receiver, "voucher.redeemed")
    monkeypatch.setattr(webhooks, "PORTION", 8)
    receiver.answers = [500] * 20
    for _ in range(20):
        world.do("t1-admin", lambda work: webhooks.try_webhook(work, hook.id))
    assert hook.carry() == 0
    assert (hook.read().failures, hook.read().paused_at) == (20, world.at)
    with world.database.read() as session:
        told = session.scalars(select(Letter.payload).where(Letter.topic == SMS)).all()
        assert [each for each in told if each.get("template") == "webhook_paused"] == [
            {"person_id": hook.read().registered_by_person_id, "template": "webhook_paused",
             "facts": {"name": "前台程序", "count": 20}}
        ]  # fmt: skip
        paused = select(func.count()).where(AuditRow.thing == "webhook", AuditRow.act == "pause")
        assert session.scalar(paused) == 1
    # meanwhile nothing is sent, and nothing is forgotten
    redeem(loop, hook.system)
    world.later(minutes=1)
    assert hook.tell() == 0
    assert len(receiver.taken) == 20
    with pytest.raises(Refused, match="webhook_paused"):
        world.do("t1-admin", lambda work: webhooks.try_webhook(work, hook.id))
    assert world.do("t1-admin", lambda work: webhooks.resume_webhook(work, hook.id)) == 21
    # one transaction sends a portion, the clock the others; what happens meanwhile goes out as it happens
    world.do("t1-admin", lambda work: webhooks.try_webhook(work, hook.id))
    assert hook.carry() == 8 + 1
    assert [world.do(CLOCK_LOGIN, webhooks.resend_due) for _ in range(3)] == [8, 5, 0]
    assert hook.carry() == 8 + 5
    assert hook.told()[-1]["type"] == "voucher.redeemed"
    numbers = [each["sequence"] for each in hook.told()[20:]]
    assert sorted(numbers) == list(range(1, 23)), "each of them once"
    with world.database.read() as session:
        untold = select(func.count()).where(WebhookDelivery.delivered_at.is_(None))
        assert session.scalar(untold) == 0
    # stopped with its system, at once and for good
    world.do("t1-admin", lambda work: webhooks.try_webhook(work, hook.id))
    world.do("t1-admin", lambda work: systems.revoke_system(work, hook.system.id))
    assert hook.carry() == 0
    with world.database.read() as session:
        assert (
            session.scalar(select(Letter.error_code).order_by(Letter.id.desc()).limit(1)) == "webhook_stopped"
        )


def test_only_an_administrator_registers_and_only_what_may_be_reached(loop: Loop, receiver: Receiver) -> None:
    world, hook = loop.world, listen(loop, receiver, "voucher.redeemed")

    def refused(login: str, act: Any) -> str:
        with pytest.raises(Refused) as caught:
            world.do(login, act)
        return caught.value.refusal.code

    def add(address: str, *events: str, system: System = hook.system) -> Any:
        return lambda work: webhooks.register_webhook(work, system.id, address, events)

    good, fresh = "https://jw.example.org/hook", register(loop, name="教务程序")
    assert refused("t1-admin", add(good, "class.approved")) == "webhook_standing"
    assert refused("t1-admin", add(receiver.url, "class.approved", system=fresh)) == "webhook_address_unfit"
    assert (
        refused("t1-admin", add("https://10.0.0.8/", "class.approved", system=fresh))
        == "webhook_address_unfit"
    )
    assert refused("t1-admin", add(good, system=fresh)) == "webhook_events_missing"
    assert refused("t1-admin", add(good, "person.born", system=fresh)) == "webhook_events_missing"
    assert refused("t2-admin", add(good, "class.approved", system=fresh)) == "system_missing"
    assert refused("t1-scan", add(good, "class.approved", system=fresh)) == "role_missing"
    for act in (webhooks.rotate_webhook, webhooks.end_webhook, webhooks.try_webhook, webhooks.resume_webhook):
        assert refused("t2-admin", lambda work, act=act: act(work, hook.id)) == "webhook_missing"
    assert refused("t1-admin", lambda work: webhooks.resume_webhook(work, hook.id)) == "webhook_not_paused"
    world.do("t1-admin", lambda work: webhooks.end_webhook(work, hook.id))
    assert refused("t1-admin", lambda work: webhooks.rotate_webhook(work, hook.id)) == "webhook_ended"
    redeem(loop, hook.system)
    assert hook.tell() == 0
    assert receiver.taken == []
    world.do(
        "t1-admin", lambda work: webhooks.register_webhook(work, hook.system.id, good, ["class.approved"])
    )
