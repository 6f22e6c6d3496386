"""Telling institutions' systems what happened (事件通知): where to, which events, each telling, each try."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.rules.lifecycle import EVENT_NAMES, THING_NAMES, Thing

PING = "ping"
# the words systems are told, and the step of a life each stands for
EVENTS: dict[str, tuple[Thing, str]] = {
    "voucher.enrolled": (Thing.VOUCHER, "enrol"),
    "voucher.left": (Thing.VOUCHER, "leave"),
    "voucher.redeemed": (Thing.VOUCHER, "redeem"),
    "voucher.reversed": (Thing.VOUCHER, "reverse"),
    "voucher.transferred": (Thing.VOUCHER, "transfer"),
    "voucher.dropped": (Thing.VOUCHER, "drop"),
    "voucher.finished": (Thing.VOUCHER, "finish"),
    "voucher.expired": (Thing.VOUCHER, "expire"),
    "voucher.revoked": (Thing.VOUCHER, "revoke"),
    "voucher.assessed": (Thing.VOUCHER, "pass"),
    "voucher.certified": (Thing.VOUCHER, "certify"),
    "voucher.settled": (Thing.VOUCHER, "settle"),
    "class.approved": (Thing.CLASS, "approve"),
    "class.returned": (Thing.CLASS, "return"),
    "class.started": (Thing.CLASS, "start"),
    "class.signed_off": (Thing.CLASS, "sign_off"),
    "class.closed": (Thing.CLASS, "close"),
    "class.cancelled": (Thing.CLASS, "cancel"),
    "claim.returned": (Thing.CLAIM, "return"),
    "claim.posted": (Thing.CLAIM, "post"),
    "claim.approved": (Thing.CLAIM, "approve"),
    "claim.paid": (Thing.CLAIM, "confirm"),
    "claim.bounced": (Thing.CLAIM, "bounce"),
    "claim.rejected": (Thing.CLAIM, "reject"),
    "claim.recovering": (Thing.CLAIM, "recover"),
}
EVENT_WORDS: dict[str, str] = {
    word: f"{THING_NAMES[thing]}：{EVENT_NAMES[thing][step]}" for word, (thing, step) in EVENTS.items()
}
LIVE = text("revoked_at IS NULL")
UNTOLD = text("delivered_at IS NULL")


class Webhook(Model):
    """Where a system wants to be told, and of what; the secret is derived from its seed and kept nowhere.

    `failures` counts the tries that brought no answer since the last that did. Once it goes on after a
    pause, what it missed up to `resend_upto` is sent again, and has been up to `resent_upto`.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("length(events) > 0", name="events"),
        CheckConstraint("failures >= 0 AND sequence >= 0", name="counts"),
        CheckConstraint("(former_seed IS NULL) = (former_until IS NULL)", name="former"),
        Index("uq_webhook_live", "system_id", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    system_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution_system.id"), nullable=False)
    address: Mapped[str] = mapped_column(Text, nullable=False)
    events: Mapped[str] = mapped_column(Text, nullable=False)
    seed: Mapped[str] = mapped_column(Text, nullable=False)
    former_seed: Mapped[str | None] = mapped_column(Text)
    former_until: Mapped[datetime | None] = mapped_column(UtcTime)
    sequence: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    failures: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    registered_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    registered_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    paused_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    resent_upto: Mapped[int | None] = mapped_column(Int64)
    resend_upto: Mapped[int | None] = mapped_column(Int64)


class WebhookDelivery(Model):
    """One thing a system is told: its number for that system, gapless, and the very bytes."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "sequence"),
        UniqueConstraint("webhook_id", "seal_seq"),
        Index(
            "ix_webhook_delivery_untold", "webhook_id", "sequence",
            sqlite_where=UNTOLD, postgresql_where=UNTOLD,
        ),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(Int64, ForeignKey("webhook.id"), nullable=False)
    sequence: Mapped[int] = mapped_column(Int64, nullable=False)
    # the number of the sealed row of the trail; none for a trial
    seal_seq: Mapped[int | None] = mapped_column(Int64)
    event: Mapped[str] = mapped_column(Text, nullable=False)
    body: Mapped[str] = mapped_column(Text, nullable=False)
    made_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    letters: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcTime)


class WebhookAttempt(Model):
    """One try to hand a telling over: the status it was answered with, or why there was no answer."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        CheckConstraint("(status IS NULL) <> (failure IS NULL)", name="one_answer"),
        Index("ix_webhook_attempt_delivery", "delivery_id", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(Int64, ForeignKey("webhook_delivery.id"), nullable=False)
    tried_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    status: Mapped[int | None] = mapped_column(Int64)
    failure: Mapped[str | None] = mapped_column(Text)
    took_ms: Mapped[int] = mapped_column(Int64, nullable=False)


class WebhookPosition(Model):
    """How far the sealed trail has been told; one row."""

    __tablename__ = "webhook_position"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    seal_seq: Mapped[int] = mapped_column(Int64, nullable=False)


translate("uq_webhook_live", "webhook.system_id", CHANGED_MEANWHILE)
translate(
    "uq_webhook_delivery_webhook_id_sequence",
    "webhook_delivery.webhook_id, webhook_delivery.sequence",
    CHANGED_MEANWHILE,
)
translate(
    "uq_webhook_delivery_webhook_id_seal_seq",
    "webhook_delivery.webhook_id, webhook_delivery.seal_seq",
    CHANGED_MEANWHILE,
)
