"""Phones that hold a key: whose, since when, the last number shown, and why one is good for nothing any more.

The private key never leaves the phone. A key is bound once in its life; a phone that is lost, replaced or
found copied is never taken back: its holder binds a new key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.ledger.credentials.issuing import end_credentials, of_device
from voucher.ledger.holds import Hold, close_hold, open_hold
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.signing.public import Alg, TrustedKey
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing

SOURCE = "豫办〔2021〕29号 第16项 实名、不得转让; 【设】手机密钥（TV1）; S2-16d"
THING = "device"
LOST, REPLACED, FROZEN = "lost", "replaced", "frozen"
# what a copied phone could still be used for
USABLE = ("issued", "accepted", "enrolled", "training")
COPIED = "手机出示码的计数倒退，疑似复制了手机数据，待本人重新登记手机"
REBOUND = "本人已重新登录并登记新的手机密钥"

DEVICE_MISSING = reason(
    "device_missing",
    "没有找到这部手机",
    "请在“我的手机”中查看已登记的手机",
    SOURCE,
    Family.MISSING,
)
DEVICE_ENDED = reason(
    "device_ended",
    "这部手机已{state}，不能再出示券",
    "请在“我的手机”中登记现在使用的手机，或改用纸质券、短信码",
    SOURCE,
    Family.CONFLICT,
)
DEVICE_GONE = reason(
    "device_gone",
    "出示码来自已挂失或已更换的手机",
    "请持券人用现在登记的手机出示；手机不在身边的，请凭身份证用纸质券或短信码办理",
    SOURCE,
    Family.CONFLICT,
)
DEVICE_FROZEN = reason(
    "device_frozen",
    "出示码来自已冻结的手机（数据曾被复制）",
    "请持券人重新登录，在“我的手机”中重新登记后再出示",
    SOURCE,
    Family.CONFLICT,
)
DEVICE_KEY_TAKEN = reason(
    "device_key_taken",
    "这把手机密钥已经登记过",
    "请刷新页面，由手机生成新的密钥后再登记",
    SOURCE,
    Family.CONFLICT,
)
STATE_NAMES = {None: "正在使用", LOST: "挂失", REPLACED: "更换", FROZEN: "冻结"}


class Device(Model):
    """A phone's key and its holder; `counter` and `shown_at` are the last code of it that was used.

    `public_key` is the P-256 key in hex, SEC1 compressed; `shown_at` is the phone's own unix second.
    """

    __tablename__ = "device"
    __table_args__ = (
        UniqueConstraint("public_key"),
        UniqueConstraint("id", "person_id"),
        CheckConstraint("length(public_key) = 66", name="public_key_length"),
        CheckConstraint("counter >= 0", name="counter"),
        CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="ended_why"),
        CheckConstraint("ended_why IS NULL OR ended_why IN ('lost','replaced','frozen')", name="why"),
        Index("ix_device_person", "person_id"),
        # each code that is used moves the counter on, and a row that finds room on its page moves no index
        {"sqlite_strict": True, "postgresql_with": {"fillfactor": 80}},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    public_key: Mapped[str] = mapped_column(Text, nullable=False)
    label: Mapped[str] = mapped_column(Text, nullable=False)
    bound_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    counter: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    shown_at: Mapped[int | None] = mapped_column(Int64)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_why: Mapped[str | None] = mapped_column(Text)

    @property
    def state(self) -> str:
        """Return live, or why the phone is good for nothing any more."""
        return self.ended_why or "live"

    @property
    def state_name(self) -> str:
        """Return the state in Chinese."""
        return STATE_NAMES[self.ended_why]


translate("uq_device_public_key", "device.public_key", DEVICE_KEY_TAKEN)


# the same phone is met when it is checked, enrolled and redeemed
@lru_cache(maxsize=4096)
def read_key(compressed: bytes) -> TrustedKey | None:
    """Return a phone's key ready to verify with; None for what is no point of the curve, compressed."""
    if len(compressed) != 33 or compressed[0] not in (2, 3):
        return None
    try:
        public = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), compressed)
    except ValueError:
        return None
    return TrustedKey(kid="", alg=Alg.ES256, public=public)


def list_devices(session: Session, person_id: int) -> list[Device]:
    """Return every phone a person ever bound, the newest first."""
    return list(
        session.scalars(select(Device).where(Device.person_id == person_id).order_by(Device.id.desc()))
    )


def find_live(session: Session, person_id: int) -> Device | None:
    """Return the phone a person shows vouchers with, the newest where there are several."""
    return session.scalars(
        select(Device)
        .where(Device.person_id == person_id, Device.ended_at.is_(None))
        .order_by(Device.id.desc())
        .limit(1)
    ).first()


def lock_device(work: Work, device_id: int) -> Device:
    """Return a phone as it stands, locked. Raises Refused device_missing."""
    found = work.session.scalars(
        select(Device)
        .where(Device.id == device_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise DEVICE_MISSING.refused()
    return found


def end_device(work: Work, device: Device, why: str, told: str | None = None) -> None:
    """End a locked phone for good; every credential in it dies at once."""
    device.ended_at, device.ended_why = work.at, why
    work.session.flush()
    ended = end_credentials(work, of_device(device.id), f"device_{why}")
    audit.record_one(work, THING, device.id, why, credentials=ended, **({"why": told} if told else {}))


def freeze_device(work: Work, device_id: int) -> bool:
    """End a phone whose data were copied and hold what its holder could still use; False where it has ended.

    The holder's vouchers are locked first, as everywhere.
    """
    person_id = work.session.scalar(select(Device.person_id).where(Device.id == device_id))
    if person_id is None:
        raise DEVICE_MISSING.refused()
    vouchers = lock_vouchers(work, Voucher.holder_person_id == person_id, Voucher.state.in_(USABLE))
    device = lock_device(work, device_id)
    if device.ended_at is not None:
        return False
    end_device(work, device, FROZEN)
    held = {each.object_id for each in _open_holds(work, (each.id for each in vouchers))}
    for each in vouchers:
        if each.id not in held:
            open_hold(work, Thing.VOUCHER, each.id, COPIED)
    return True


def let_go_on(work: Work, vouchers: Sequence[Voucher]) -> int:
    """Close the holds on locked vouchers that waited for a new key of their holder, and return how many."""
    waiting = _open_holds(work, (each.id for each in vouchers))
    for each in waiting:
        close_hold(work, each, REBOUND)
    return len(waiting)


def _open_holds(work: Work, voucher_ids: Iterable[int]) -> list[Hold]:
    return list(
        work.session.scalars(
            select(Hold)
            .where(
                Hold.thing == str(Thing.VOUCHER),
                Hold.object_id.in_(list(voucher_ids)),
                Hold.closed_at.is_(None),
                Hold.why == COPIED,
            )
            .order_by(Hold.id)
        )
    )
