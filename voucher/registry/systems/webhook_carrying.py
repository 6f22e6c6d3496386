"""Carrying tellings to institutions' systems: signed as Standard Webhooks says, each try written down."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.db import Database
from voucher.plumbing.outbox import Carrier, Taken
from voucher.plumbing.reaching import Messenger, Reached
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.letters import WEBHOOK_PAUSED, Notice, write_to_people
from voucher.registry.standards import get_parameter
from voucher.registry.systems.rows import InstitutionSystem
from voucher.registry.systems.webhook_rows import Webhook, WebhookAttempt, WebhookDelivery
from voucher.registry.systems.webhooks import SOURCE, THING
from voucher.rules.actor import Actor
from voucher.rules.errors import Family, reason

SECRET_DOMAIN, SECRET_PREFIX = "webhook_secret", "whsec_"
VERSION = "v1"

WEBHOOK_UNDELIVERED = reason(
    "webhook_undelivered",
    "接收程序没有收下通知",
    "系统会隔一段时间再送；请检查接收程序",
    SOURCE,
    Family.UNAVAILABLE,
)
WEBHOOK_STOPPED = reason(
    "webhook_stopped",
    "事件通知已暂停或停止，没有送出",
    "恢复以后补发",
    SOURCE,
    Family.FORBIDDEN,
)


def secret_of(keyring: Keyring, seed: str) -> str:
    """Return the signing secret of a seed, as Standard Webhooks writes it; it stands in no table."""
    key = bytes.fromhex(keyring.blind_index(SECRET_DOMAIN, seed))
    return SECRET_PREFIX + base64.b64encode(key).decode()


def sign_delivery(secret: str, name: str, timestamp: int, body: str) -> str:
    """Return the signature of a telling: HMAC-SHA256 over its name, the moment and its bytes."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.digest(key, f"{name}.{timestamp}.{body}".encode(), "sha256")
    return f"{VERSION},{base64.b64encode(digest).decode()}"


def name_delivery(delivery_id: int) -> str:
    """Return the name of a telling, the same however often it is sent."""
    return f"msg_{delivery_id}"


def write_headers(keyring: Keyring, found: Webhook, made: WebhookDelivery, at: datetime) -> dict[str, str]:
    """Return what is sent along; after a rotation both secrets sign for a while."""
    name, timestamp = name_delivery(made.id), int(at.timestamp())
    seeds = [found.seed]
    if found.former_seed is not None and found.former_until is not None and found.former_until > at:
        seeds.append(found.former_seed)
    signatures = [sign_delivery(secret_of(keyring, each), name, timestamp, made.body) for each in seeds]
    return {
        "Content-Type": "application/json",
        "User-Agent": "voucher-webhook",
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def carry_by(
    database: Database,
    keyring: Keyring,
    messenger: Messenger,
    keeper: Callable[[], Actor],
    now: Callable[[], datetime],
) -> Carrier:
    """Return the carrier of tellings; no transaction is open while the other side takes its time."""

    def carry(letter: Taken) -> None:
        delivery_id = int(letter.payload["delivery_id"])
        with database.read() as session:
            made = session.get_one(WebhookDelivery, delivery_id)
            found = session.get_one(Webhook, made.webhook_id)
            system = session.get_one(InstitutionSystem, found.system_id)
            if found.paused_at or found.revoked_at or system.revoked_at:
                raise WEBHOOK_STOPPED.refused()
            address, body = found.address, made.body.encode()
            headers = write_headers(keyring, found, made, now())
        reached = messenger.post(address, body, headers)
        perform(database, keyring, keeper(), now(), lambda work: note_attempt(work, delivery_id, reached))
        if not reached.is_taken:
            raise WEBHOOK_UNDELIVERED.refused()

    return carry


def note_attempt(work: Work, delivery_id: int, reached: Reached) -> None:
    """Write down one try; too many in a row without an answer pause the webhook, and its registrar is told.

    Raises Refused parameter_missing.
    """
    made = work.session.get_one(WebhookDelivery, delivery_id)
    found = work.session.scalars(
        select(Webhook)
        .where(Webhook.id == made.webhook_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    work.session.add(
        WebhookAttempt(
            delivery_id=made.id,
            tried_at=work.at,
            status=reached.status,
            failure=reached.failure,
            took_ms=reached.took_ms,
        )
    )
    if reached.is_taken:
        made.delivered_at = made.delivered_at or work.at
        found.failures = 0
        return
    found.failures += 1
    allowed = int(get_parameter(work.session, "webhook_failures_allowed", work.today, []).value)
    if found.failures < allowed or found.paused_at is not None:
        return
    found.paused_at = work.at
    work.session.flush()
    audit.record_one(work, THING, found.id, "pause", failures=found.failures)
    system = work.session.get_one(InstitutionSystem, found.system_id)
    told = {"name": system.name, "count": found.failures}
    key = f"webhook_paused:{found.id}:{work.at.isoformat()}"
    write_to_people(work, [Notice(key, found.registered_by_person_id, WEBHOOK_PAUSED, told)])
