"""What an institution sees of its event notices: where they go, what was sent, and what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from voucher.plumbing.reaching import Failure
from voucher.plumbing.unit_of_work import Work
from voucher.registry.systems.rows import InstitutionSystem
from voucher.registry.systems.systems import SYSTEM_MISSING
from voucher.registry.systems.webhook_rows import EVENT_WORDS, PING, Webhook, WebhookAttempt, WebhookDelivery
from voucher.registry.systems.webhooks import WEBHOOK_MISSING
from voucher.rules.actor import Actor, Role

FAILURE_WORDS: dict[str, str] = {
    Failure.INSIDE: "网址指向内部地址，没有送出",
    Failure.UNKNOWN: "查不到这个网址的主机",
    Failure.UNREACHABLE: "连不上，或中途断开",
    Failure.SLOW: "没有及时答复",
}
PING_WORD = "试送"


@dataclass(frozen=True, slots=True)
class Try:
    """One try: when, what was answered in words, how long it took."""

    tried_at: datetime
    status: int | None
    words: str
    took_ms: int


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One telling with its tries, the first one first."""

    id: int
    webhook_id: int
    sequence: int
    event: str
    event_name: str
    made_at: datetime
    delivered_at: datetime | None
    body: str
    tries: tuple[Try, ...]


def forget_attempts(work: Work, before: datetime, most: int) -> int:
    """Delete the oldest tries, at most so many, and return how many; what was told stays, and whether."""
    oldest = select(WebhookAttempt.id).where(WebhookAttempt.tried_at < before).order_by(WebhookAttempt.id)
    gone = work.session.scalars(
        delete(WebhookAttempt)
        .where(WebhookAttempt.id.in_(oldest.limit(most)))
        .returning(WebhookAttempt.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def get_system_for(session: Session, actor: Actor, system_id: int) -> InstitutionSystem:
    """Return a system of one's own institution. Raises Refused system_missing, also for a foreign one."""
    found = session.get(InstitutionSystem, system_id)
    if found is None or not actor.serves(found.institution_id, Role.INSTITUTION_ADMIN):
        raise SYSTEM_MISSING.refused()
    return found


def get_webhook_for(session: Session, actor: Actor, webhook_id: int) -> Webhook:
    """Return a webhook of one's own institution. Raises Refused webhook_missing, also for a foreign one."""
    found = session.get(Webhook, webhook_id)
    system = session.get(InstitutionSystem, found.system_id) if found is not None else None
    if found is None or system is None or not actor.serves(system.institution_id, Role.INSTITUTION_ADMIN):
        raise WEBHOOK_MISSING.refused()
    return found


def find_webhook(session: Session, system_id: int) -> Webhook | None:
    """Return the webhook of a system that is not ended."""
    return session.scalars(
        select(Webhook).where(Webhook.system_id == system_id, Webhook.revoked_at.is_(None))
    ).first()


def list_deliveries(
    session: Session, webhook_id: int, *, before_id: int | None = None, limit: int = 50
) -> list[DeliveryView]:
    """Return what a webhook was told, the newest first."""
    wanted = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if before_id is not None:
        wanted = wanted.where(WebhookDelivery.id < before_id)
    made = session.scalars(wanted.order_by(WebhookDelivery.id.desc()).limit(limit)).all()
    tries = _read_tries(session, made)
    return [
        DeliveryView(
            each.id,
            each.webhook_id,
            each.sequence,
            each.event,
            name_event(each.event),
            each.made_at,
            each.delivered_at,
            each.body,
            tuple(tries.get(each.id, ())),
        )
        for each in made
    ]


def name_event(event: str) -> str:
    """Return the Chinese name of an event."""
    return PING_WORD if event == PING else EVENT_WORDS[event]


def _read_tries(session: Session, made: Sequence[WebhookDelivery]) -> dict[int, list[Try]]:
    rows = session.scalars(
        select(WebhookAttempt)
        .where(WebhookAttempt.delivery_id.in_([each.id for each in made]))
        .order_by(WebhookAttempt.id)
    )
    found: dict[int, list[Try]] = {}
    for each in rows:
        words = FAILURE_WORDS[each.failure] if each.failure is not None else f"答复 {each.status}"
        found.setdefault(each.delivery_id, []).append(Try(each.tried_at, each.status, words, each.took_ms))
    return found
