"""Telling institutions' systems what happened to their vouchers, classes and claims, from the sealed trail.

The trail is read behind the acts, in its one gapless order: an act pays nothing for being told, what is
rolled back is never told, and what is sealed is told once for each system, whoever dies in between.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from voucher.ledger.audit import AuditRow, AuditSeal
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.systems.rows import InstitutionSystem
from voucher.registry.systems.webhook_rows import EVENTS, Webhook, WebhookDelivery, WebhookPosition
from voucher.registry.systems.webhooks import add_delivery, send_deliveries
from voucher.rules.actor import Actor, Role, check_role
from voucher.rules.lifecycle import Thing
from voucher.stages.settle.queries.claims import list_payees
from voucher.stages.train.queries.trained import find_place_at, houses_of, list_all_places

AT_ONCE = 1000
WORDS: Mapping[tuple[str, str], str] = {(str(thing), step): word for word, (thing, step) in EVENTS.items()}
# what a system of one institution is told of one event
Told = dict[int, dict[str, object]]


class Happened(NamedTuple):
    """A sealed row of the trail that some system may want to know of."""

    seal_seq: int
    thing: str
    object_id: int
    act: str
    at: datetime

    @property
    def word(self) -> str:
        """Return the event as systems know it."""
        return WORDS[self.thing, self.act]


@dataclass(frozen=True, slots=True)
class _Listener:
    webhook: Webhook
    system: InstitutionSystem
    events: frozenset[str]


def tell_due(
    database: Database, keyring: Keyring, keeper: Callable[[], Actor], now: Callable[[], datetime]
) -> int:
    """Tell whatever is sealed and not told yet, and return how many rows of the trail that was.

    Only looking takes no write lock from anybody. Raises Refused role_missing.
    """
    done = 0
    while _is_behind(database):
        done += perform(database, keyring, keeper(), now(), tell_systems)
    return done


def tell_systems(work: Work) -> int:
    """Write down and post what the next rows of the trail mean to systems; return how many rows were read.

    The position is locked, so one does it at a time. Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    position = _lock_position(work)
    head = work.session.scalar(select(func.max(AuditSeal.seq))) or 0
    listeners = _list_listeners(work)
    before = position.seal_seq
    # where nobody listens there is nothing to read
    position.seal_seq = min(before + AT_ONCE, head) if listeners else head
    if listeners and position.seal_seq > before:
        _tell(work, listeners, _read_trail(work, before, position.seal_seq))
    work.session.flush()
    return position.seal_seq - before


def _is_behind(database: Database) -> bool:
    with database.read() as session:
        head = session.scalar(select(func.max(AuditSeal.seq))) or 0
        return head > (session.scalar(select(WebhookPosition.seal_seq)) or 0)


def _lock_position(work: Work) -> WebhookPosition:
    build = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    work.session.execute(build(WebhookPosition).values(id=1, seal_seq=0).on_conflict_do_nothing())
    return work.session.scalars(
        select(WebhookPosition).with_for_update().execution_options(populate_existing=True)
    ).one()


def _list_listeners(work: Work) -> list[_Listener]:
    rows = work.session.execute(
        select(Webhook, InstitutionSystem)
        .join(InstitutionSystem, InstitutionSystem.id == Webhook.system_id)
        .where(Webhook.revoked_at.is_(None), InstitutionSystem.revoked_at.is_(None))
        .order_by(Webhook.id)
        .with_for_update(of=Webhook)
        .execution_options(populate_existing=True)
    )
    return [_Listener(found, system, frozenset(found.events.split())) for found, system in rows]


def _read_trail(work: Work, after: int, upto: int) -> list[Happened]:
    rows = work.session.execute(
        select(AuditSeal.seq, AuditRow.thing, AuditRow.object_id, AuditRow.act, AuditRow.at)
        .join(AuditRow, AuditRow.id == AuditSeal.audit_row_id)
        .where(
            AuditSeal.seq > after,
            AuditSeal.seq <= upto,
            tuple_(AuditRow.thing, AuditRow.act).in_(sorted(WORDS)),
        )
        .order_by(AuditSeal.seq)
    )
    return [Happened(*row) for row in rows]


def _tell(work: Work, listeners: Sequence[_Listener], happened: Sequence[Happened]) -> None:
    told = _judge(work, happened)
    made: list[WebhookDelivery] = []
    for each in happened:
        for listener in listeners:
            data = told[each.seal_seq].get(listener.system.institution_id)
            if data is None or each.word not in listener.events or each.at <= listener.webhook.registered_at:
                continue
            delivery = add_delivery(
                work, listener.webhook, listener.system, each.word, data, seal_seq=each.seal_seq,
                occurred_at=each.at.astimezone(UTC).isoformat(timespec="seconds"),
            )  # fmt: skip
            # what is paused is written down and sent when it goes on
            if listener.webhook.paused_at is None:
                made.append(delivery)
    send_deliveries(work, made)


def _judge(work: Work, happened: Sequence[Happened]) -> dict[int, Told]:
    """Return whom each event concerns and what they are told of it: ids only."""
    ids: dict[str, set[int]] = {str(each): set() for each in (Thing.VOUCHER, Thing.CLASS, Thing.CLAIM)}
    for each in happened:
        ids[each.thing].add(each.object_id)
    vouchers = _of_vouchers(work, happened, ids[str(Thing.VOUCHER)])
    classes, claims = (
        houses_of(work.session, ids[str(Thing.CLASS)]),
        list_payees(work.session, ids[str(Thing.CLAIM)]),
    )
    told: dict[int, Told] = {}
    for each in happened:
        if each.thing == str(Thing.VOUCHER):
            told[each.seal_seq] = vouchers[each.seal_seq]
        elif each.thing == str(Thing.CLASS):
            told[each.seal_seq] = {house: {"class_id": each.object_id} for house in classes[each.object_id]}
        else:
            house, voucher_id = claims[each.object_id]
            told[each.seal_seq] = {house: {"claim_id": each.object_id, "voucher_id": voucher_id}}
    return told


def _of_vouchers(work: Work, happened: Sequence[Happened], ids: Collection[int]) -> dict[int, Told]:
    places = list_all_places(work.session, ids)
    told: dict[int, Told] = {}
    for each in happened:
        if each.thing != str(Thing.VOUCHER):
            continue
        told[each.seal_seq] = {}
        for place in find_place_at(places.get(each.object_id, []), each.at):
            for house in place.houses:
                told[each.seal_seq][house] = {"voucher_id": each.object_id, "class_id": place.class_id}
    return told
