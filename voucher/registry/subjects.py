"""One key per subject (a person or an organisation): destroying it erases every column sealed under it.

The subject is found by a blind index of its canonical number; the number itself is stored only sealed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.plumbing.bulk import among, write_many
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.types import Bytes, Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry.corrections import FormerNumber
from voucher.rules.errors import Family, reason

IDENTITY, ORGANISATION = "identity", "organisation"
GONE = text("destroyed_at IS NOT NULL")

SUBJECT_ERASED = reason(
    "subject_erased",
    "该人员的个人信息已依法删除，无法再显示",
    "办理记录和金额仍可查询；如需核实身份，请本人持有效证件到场",
    "个人信息保护法 第四十七条",
    Family.MISSING,
)


class SubjectKey(Model):
    """The wrapped key of one subject, or the day it was destroyed."""

    __tablename__ = "subject_key"
    __table_args__ = (
        CheckConstraint("(wrapped_key IS NULL) = (destroyed_at IS NOT NULL)", name="kept_or_destroyed"),
        CheckConstraint("length(blind_index) = 64", name="blind_index_length"),
        Index("ix_subject_key_destroyed", "destroyed_at", sqlite_where=GONE, postgresql_where=GONE),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    blind_index: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    wrapped_key: Mapped[bytes | None] = mapped_column(Bytes)
    created_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    destroyed_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_subject_key_blind_index", "subject_key.blind_index", CHANGED_MEANWHILE)


def find_keys(session: Session, keyring: Keyring, indexes: Sequence[str]) -> dict[str, bytes | None]:
    """Return the opened key of each known subject; None where it has been destroyed."""
    rows = session.execute(
        select(SubjectKey.blind_index, SubjectKey.wrapped_key).where(
            among(session, SubjectKey.blind_index, indexes)
        )
    )
    return {index: None if wrapped is None else keyring.unwrap(wrapped, index) for index, wrapped in rows}


def open_keys(work: Work, indexes: Sequence[str]) -> Mapping[str, bytes]:
    """Return the key of each subject, making one for those not known yet.

    Raises Refused subject_erased where a key has been destroyed.
    """
    found = find_keys(work.session, work.keyring, indexes)
    rows: list[tuple[str, bytes]] = []
    for index in dict.fromkeys(indexes):
        if index not in found:
            key = work.keyring.new_subject_key()
            found[index] = key
            rows.append((index, work.keyring.wrap(key, index)))
    same = {"created_at": work.at, "destroyed_at": None}
    write_many(work.session, SubjectKey, ("blind_index", "wrapped_key"), rows, same)
    opened: dict[str, bytes] = {}
    for index, maybe in found.items():
        if maybe is None:
            raise SUBJECT_ERASED.refused()
        opened[index] = maybe
    return opened


def destroy_key(work: Work, blind_index: str) -> None:
    """Destroy a subject's key: every column sealed under it is gone, ledger and trail stay whole.

    With a person's present number go the keys of the numbers had before: what the register said under them
    speaks of the same person.
    """
    had_before = select(FormerNumber.blind_index).where(
        FormerNumber.present_index == blind_index, FormerNumber.ended_at.is_(None)
    )
    destroyed = work.session.scalars(
        update(SubjectKey)
        .where(
            or_(SubjectKey.blind_index == blind_index, SubjectKey.blind_index.in_(had_before)),
            SubjectKey.destroyed_at.is_(None),
        )
        .values(wrapped_key=None, destroyed_at=work.at)
        .returning(SubjectKey.id)
        .execution_options(synchronize_session=False)
    ).all()
    for key_id in destroyed:
        audit.record_one(work, "subject", key_id, "destroy_key")
