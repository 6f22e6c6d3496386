"""The rows of helping: consents of people to be helped, codes asked for them, tries that were refused."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Text, UtcTime
from voucher.rules.helping import Scope

NOT_ENDED = text("ended_at IS NULL")


class Scoped:
    """What is consented to; looking is part of every consent."""

    may_accept: Mapped[bool] = mapped_column(Flag, nullable=False)
    may_enrol: Mapped[bool] = mapped_column(Flag, nullable=False)
    may_paper: Mapped[bool] = mapped_column(Flag, nullable=False)

    @property
    def scopes(self) -> frozenset[Scope]:
        """Return what may be done besides looking."""
        given = {Scope.ACCEPT: self.may_accept, Scope.ENROL: self.may_enrol, Scope.PAPER: self.may_paper}
        return frozenset(scope for scope, may in given.items() if may)


class ConsentRequest(Scoped, Model):
    """A code sent to somebody's own number, so that it can be read out to who wants to help.

    `principal_person_id` is None where nobody of that name has that number: then nothing was sent, and
    nothing tells the difference.
    """

    __tablename__ = "consent_request"
    __table_args__ = (
        CheckConstraint("expires_at > asked_at", name="expires_later"),
        CheckConstraint("principal_person_id <> helper_person_id", name="two_people"),
        CheckConstraint("used_at IS NULL OR principal_person_id IS NOT NULL", name="used_by_somebody"),
        Index("ix_consent_request_mobile", "mobile_index", "asked_at"),
        Index("ix_consent_request_helper", "helper_person_id", "asked_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    helper_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    principal_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    mobile_index: Mapped[str] = mapped_column(Text, nullable=False)
    code_index: Mapped[str] = mapped_column(Text, nullable=False)
    relationship: Mapped[str] = mapped_column(Text, nullable=False)
    until_on: Mapped[date] = mapped_column(Day, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Consent(Scoped, Model):
    """One person lets another act on the own vouchers until a day; `mandate` is the number of the paper.

    The last day is included. What has ended stays as history and is never taken up again.
    """

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("principal_person_id <> helper_person_id", name="two_people"),
        CheckConstraint("way IN ('own','code','counter')", name="way"),
        CheckConstraint("(way = 'counter') = (mandate IS NOT NULL)", name="mandate"),
        CheckConstraint("(way = 'code') = (request_id IS NOT NULL)", name="request"),
        CheckConstraint(
            "(way = 'own' AND granted_by_person_id = principal_person_id)"
            " OR (way = 'code' AND granted_by_person_id = helper_person_id)"
            " OR (way = 'counter' AND granted_by_person_id <> principal_person_id"
            " AND granted_by_person_id <> helper_person_id)",
            name="granted_by",
        ),
        CheckConstraint("ended_by IN ('principal','helper','office','renewed')", name="ended_by"),
        CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (ended_by_person_id IS NULL)",
            name="ended_with_hand",
        ),
        UniqueConstraint("request_id"),
        UniqueConstraint("id", "principal_person_id", "helper_person_id"),
        Index("uq_consent_pair", "principal_person_id", "helper_person_id", unique=True,
              sqlite_where=NOT_ENDED, postgresql_where=NOT_ENDED),
        Index("ix_consent_helper", "helper_person_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    principal_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    helper_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    relationship: Mapped[str] = mapped_column(Text, nullable=False)
    way: Mapped[str] = mapped_column(Text, nullable=False)
    mandate: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("consent_request.id"))
    until_on: Mapped[date] = mapped_column(Day, nullable=False)
    granted_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    granted_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_by: Mapped[str | None] = mapped_column(Text)
    ended_by_person_id: Mapped[int | None] = mapped_column(Int64)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. SQ-00000123."""
        return f"SQ-{self.id:08d}"


class ConsentRefusal(Model):
    """One refused try to become, or to name, a helper: by whom, about which number, why; append-only."""

    __tablename__ = "consent_refusal"
    __table_args__ = (
        Index("ix_consent_refusal_mobile", "mobile_index", "at"),
        Index("ix_consent_refusal_tried_by", "tried_by_person_id", "at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    tried_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    mobile_index: Mapped[str] = mapped_column(Text, nullable=False)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


translate("uq_consent_pair", "consent.principal_person_id, consent.helper_person_id", CHANGED_MEANWHILE)
translate("uq_consent_request_id", "consent.request_id", CHANGED_MEANWHILE)
