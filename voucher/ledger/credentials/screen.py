"""The T code on a screen: what proves at a counter that the holder is there, good once and for a minute.

The number itself is never stored, only its keyed digest; a new code ends the one before it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.code_format import CODE_EXPIRED as CODE_EXPIRED
from voucher.rules.code_format import RANDOM_DIGITS, make_t, parse_t
from voucher.rules.errors import Family, reason

SOURCE = "豫办〔2021〕29号 第16项 不得转让; 【设】屏幕码一次一用、限时; S2-16d"
DOMAIN = "screen_code"

CODE_UNKNOWN = reason(
    "code_unknown",
    "没有这个出示码",
    "请让持券人打开“我的券”重新出示；截图、抄写的旧码不能使用",
    SOURCE,
    Family.MISSING,
)
CODE_USED = reason(
    "code_used",
    "这个码已经用过，一个码只能用一次",
    "请先查看办理结果；还需办理的，请持券人刷新后重新出示",
    SOURCE,
    Family.CONFLICT,
)


class ScreenCode(Model):
    """A T code shown on a screen: known by its digest only, good once and for a minute."""

    __tablename__ = "screen_code"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("expires_at > shown_at", name="moments"),
        CheckConstraint("(used_at IS NULL) = (used_for IS NULL)", name="used_for"),
        Index("uq_screen_code_current", "voucher_id", unique=True,
              sqlite_where=text("used_at IS NULL AND ended_at IS NULL"),
              postgresql_where=text("used_at IS NULL AND ended_at IS NULL")),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(Int64, ForeignKey("voucher.id"), nullable=False)
    digest: Mapped[str] = mapped_column(Text, nullable=False)
    shown_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    shown_to_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    used_for: Mapped[str | None] = mapped_column(Text)


translate("uq_screen_code_current", "screen_code.voucher_id", CHANGED_MEANWHILE)
translate("uq_screen_code_digest", "screen_code.digest", CHANGED_MEANWHILE)


@dataclass(frozen=True, slots=True)
class Shown:
    """A code as the holder's screen shows it; the digits exist nowhere else."""

    digits: str
    expires_at: datetime
    code: ScreenCode


def show_code(work: Work, voucher: Voucher, seconds: int) -> Shown:
    """Return a fresh code of a locked voucher, good for so many seconds; the one before it ends."""
    digits = make_t(f"{secrets.randbelow(10**RANDOM_DIGITS):0{RANDOM_DIGITS}d}")
    work.session.execute(
        update(ScreenCode)
        .where(
            ScreenCode.voucher_id == voucher.id, ScreenCode.used_at.is_(None), ScreenCode.ended_at.is_(None)
        )
        .values(ended_at=work.at)
        .execution_options(synchronize_session=False)
    )
    shown = ScreenCode(
        voucher_id=voucher.id,
        digest=work.keyring.blind_index(DOMAIN, digits),
        shown_at=work.at,
        shown_to_person_id=voucher.holder_person_id,
        expires_at=work.at + timedelta(seconds=seconds),
    )
    work.session.add(shown)
    work.session.flush()
    return Shown(digits, shown.expires_at, shown)


def find_code(session: Session, keyring: Keyring, digits: str, at: datetime) -> ScreenCode:
    """Return the code somebody holds to a scanner, current and not used yet.

    Raises Refused code_malformed, code_unknown, code_used, code_expired.
    """
    digest = keyring.blind_index(DOMAIN, parse_t(digits))
    found = session.scalars(
        select(ScreenCode).where(ScreenCode.digest == digest).execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise CODE_UNKNOWN.refused()
    if found.used_at is not None:
        raise CODE_USED.refused()
    if found.ended_at is not None or at >= found.expires_at:
        raise CODE_EXPIRED.refused()
    return found


def use_code(work: Work, code: ScreenCode, used_for: str) -> None:
    """Use a code up, once: of two workers at the same moment one is refused.

    Raises Refused code_used, code_expired.
    """
    used = work.session.scalars(
        update(ScreenCode)
        .where(
            ScreenCode.id == code.id,
            ScreenCode.used_at.is_(None),
            ScreenCode.ended_at.is_(None),
            ScreenCode.expires_at > work.at,
        )
        .values(used_at=work.at, used_for=used_for)
        .returning(ScreenCode.id)
        .execution_options(synchronize_session=False)
    ).first()
    work.session.refresh(code)
    if used is None:
        raise (CODE_EXPIRED if code.used_at is None else CODE_USED).refused()
