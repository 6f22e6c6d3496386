"""Where institutions' systems want to be told: registered by an administrator, paused, sent again."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import func, select

from voucher.ledger import audit
from voucher.plumbing.outbox import Draft, post_all
from voucher.plumbing.reaching import find_fault
from voucher.plumbing.types import canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import get_parameter
from voucher.registry.systems.rows import InstitutionSystem
from voucher.registry.systems.systems import lock_own_system
from voucher.registry.systems.webhook_rows import EVENTS, PING, Webhook, WebhookDelivery
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason

SOURCE = "【设】事件通知（webhook）；Standard Webhooks；RFC 2104"
THING, TOPIC = "webhook", "webhook"
SEED_BYTES = 16
# how many tellings one transaction sends again to a system that goes on
PORTION = 200

WEBHOOK_MISSING = reason(
    "webhook_missing",
    "没有找到这个事件通知",
    "请从“系统接入”重新选择",
    SOURCE,
    Family.MISSING,
)
WEBHOOK_ADDRESS_UNFIT = reason(
    "webhook_address_unfit",
    "接收地址不能用：{fault}",
    "请填写本机构在互联网上能收到通知的 https 网址，不能是内网地址",
    SOURCE,
)
WEBHOOK_EVENTS_MISSING = reason(
    "webhook_events_missing",
    "没有选择要通知的事件，或有不认识的事件",
    "请至少选择一种列出的事件",
    SOURCE,
)
WEBHOOK_STANDING = reason(
    "webhook_standing",
    "这个系统已经登记了接收地址",
    "要换地址的，请先停止现在的事件通知，再登记新的",
    SOURCE,
    Family.CONFLICT,
)
WEBHOOK_ENDED = reason(
    "webhook_ended",
    "这个事件通知已经停止",
    "停止后不能恢复；需要时请重新登记",
    SOURCE,
    Family.CONFLICT,
)
WEBHOOK_NOT_PAUSED = reason(
    "webhook_not_paused",
    "这个事件通知没有暂停",
    "不用恢复；没有收到的，请查看下面的送达情况",
    SOURCE,
    Family.CONFLICT,
)
WEBHOOK_PAUSED = reason(
    "webhook_paused",
    "这个事件通知已经暂停",
    "请排除接收程序的故障后按“恢复”，没有送达的会补发",
    SOURCE,
    Family.CONFLICT,
)


def register_webhook(
    work: Work, system_id: int, address: str, events: Collection[str], *, local: bool = False
) -> Webhook:
    """Have a system of one's own institution told of these events at an address, from now on.

    `local` lets the demonstration tell this very machine. Raises Refused role_missing, system_missing,
    system_revoked, webhook_address_unfit, webhook_events_missing, webhook_standing.
    """
    system = lock_own_system(work, system_id)
    fault = find_fault(address.strip(), local=local)
    if fault is not None:
        raise WEBHOOK_ADDRESS_UNFIT.refused(fault=fault)
    if not events or not set(events) <= set(EVENTS):
        raise WEBHOOK_EVENTS_MISSING.refused()
    standing = select(Webhook.id).where(Webhook.system_id == system.id, Webhook.revoked_at.is_(None))
    if work.session.scalar(standing) is not None:
        raise WEBHOOK_STANDING.refused()
    made = Webhook(
        system_id=system.id,
        address=address.strip(),
        events=" ".join(each for each in EVENTS if each in events),
        seed=secrets.token_hex(SEED_BYTES),
        sequence=0,
        failures=0,
        registered_at=work.at,
        registered_by_person_id=work.actor.person_id,
    )
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, THING, made.id, "register", system=system.id, events=made.events)
    return made


def rotate_webhook(work: Work, webhook_id: int) -> Webhook:
    """Sign with a new secret; for some hours also with the one before.

    Raises Refused role_missing, webhook_missing, system_revoked, webhook_ended.
    """
    found, _ = _lock(work, webhook_id)
    hours = int(get_parameter(work.session, "system_secret_overlap_hours", work.today, []).value)
    found.former_seed, found.former_until = found.seed, work.at + timedelta(hours=hours)
    found.seed = secrets.token_hex(SEED_BYTES)
    work.session.flush()
    audit.record_one(work, THING, found.id, "rotate", overlap_hours=hours)
    return found


def end_webhook(work: Work, webhook_id: int) -> Webhook:
    """Tell a system nothing more, for good.

    Raises Refused role_missing, webhook_missing, system_revoked, webhook_ended.
    """
    found, _ = _lock(work, webhook_id)
    found.revoked_at = work.at
    work.session.flush()
    audit.record_one(work, THING, found.id, "end")
    return found


def resume_webhook(work: Work, webhook_id: int) -> int:
    """Go on telling a paused system and return how many untold things are sent again, in portions.

    Raises Refused role_missing, webhook_missing, system_revoked, webhook_ended, webhook_not_paused.
    """
    found, _ = _lock(work, webhook_id)
    if found.paused_at is None:
        raise WEBHOOK_NOT_PAUSED.refused()
    found.paused_at, found.failures = None, 0
    # what happens from now on is sent as it happens
    found.resent_upto, found.resend_upto = 0, found.sequence
    untold = work.session.scalar(
        select(func.count()).where(
            WebhookDelivery.webhook_id == found.id, WebhookDelivery.delivered_at.is_(None)
        )
    )
    _resend(work, found)
    audit.record_one(work, THING, found.id, "resume", untold=untold or 0)
    return untold or 0


def resend_due(work: Work) -> int:
    """Send resumed systems the next portion of what they missed, and return how many tellings that was.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    resumed = work.session.scalars(
        select(Webhook)
        .where(Webhook.resend_upto.is_not(None), Webhook.paused_at.is_(None), Webhook.revoked_at.is_(None))
        .order_by(Webhook.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return sum(_resend(work, each) for each in resumed)


def _resend(work: Work, found: Webhook) -> int:
    """Send a locked webhook the next untold things of before it went on; few are the last."""
    if found.resend_upto is None:
        return 0
    untold = work.session.scalars(
        select(WebhookDelivery)
        .where(
            WebhookDelivery.webhook_id == found.id,
            WebhookDelivery.delivered_at.is_(None),
            WebhookDelivery.sequence > (found.resent_upto or 0),
            WebhookDelivery.sequence <= found.resend_upto,
        )
        .order_by(WebhookDelivery.sequence)
        .limit(PORTION)
    ).all()
    if len(untold) < PORTION:
        found.resent_upto = found.resend_upto = None
    else:
        found.resent_upto = untold[-1].sequence
    send_deliveries(work, untold)
    return len(untold)


def try_webhook(work: Work, webhook_id: int) -> WebhookDelivery:
    """Tell a system a trial, so that its people see whether it arrives.

    Raises Refused role_missing, webhook_missing, system_revoked, webhook_ended, webhook_paused.
    """
    found, system = _lock(work, webhook_id)
    _check_going(found)
    made = add_delivery(work, found, system, PING, {})
    send_deliveries(work, [made])
    audit.record_one(work, THING, found.id, "try", sequence=made.sequence)
    return made


def resend_delivery(work: Work, delivery_id: int) -> WebhookDelivery:
    """Hand a telling over once more, delivered before or not; its number and its bytes are the same.

    Raises Refused role_missing, webhook_missing, system_revoked, webhook_ended, webhook_paused.
    """
    made = work.session.get(WebhookDelivery, delivery_id)
    if made is None:
        raise WEBHOOK_MISSING.refused()
    found, _ = _lock(work, made.webhook_id)
    _check_going(found)
    send_deliveries(work, [made])
    audit.record_one(work, THING, found.id, "resend", sequence=made.sequence)
    return made


def add_delivery(
    work: Work,
    found: Webhook,
    system: InstitutionSystem,
    event: str,
    data: dict[str, object],
    *,
    seal_seq: int | None = None,
    occurred_at: str | None = None,
) -> WebhookDelivery:
    """Write down what a system is told next; the webhook is locked. `data` holds ids, nothing personal."""
    found.sequence += 1
    said = {
        "type": event,
        "sequence": found.sequence,
        "occurred_at": occurred_at or work.at.isoformat(timespec="seconds"),
        "institution_id": system.institution_id,
        "data": data,
    }
    made = WebhookDelivery(
        webhook_id=found.id,
        sequence=found.sequence,
        seal_seq=seal_seq,
        event=event,
        body=canonical_json(said),
        made_at=work.at,
        letters=0,
    )
    work.session.add(made)
    return made


def send_deliveries(work: Work, made: Collection[WebhookDelivery]) -> None:
    """Post a letter for each telling; one that waits already waits once more, and arrives as often.

    One letter of a webhook is under way at a time.
    """
    for each in made:
        each.letters += 1
    work.session.flush()
    post_all(
        work,
        [
            Draft(
                TOPIC,
                f"webhook:{each.id}:{each.letters}",
                {"delivery_id": each.id},
                lane=f"webhook:{each.webhook_id}",
            )
            for each in made
        ],
    )


def _lock(work: Work, webhook_id: int) -> tuple[Webhook, InstitutionSystem]:
    known = work.session.get(Webhook, webhook_id)
    if known is None:
        raise WEBHOOK_MISSING.refused()
    # the system first, as whoever registers locks it
    system = lock_own_system(work, known.system_id, missing=WEBHOOK_MISSING)
    found = work.session.scalars(
        select(Webhook)
        .where(Webhook.id == webhook_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if found.revoked_at is not None:
        raise WEBHOOK_ENDED.refused()
    return found, system


def _check_going(found: Webhook) -> None:
    if found.paused_at is not None:
        raise WEBHOOK_PAUSED.refused()
