"""What a voucher was taken on and used on (领取、核销所用的设备和网络): digests only, for a dated time.

A browser without the cookie and an address that says nothing leave no row: nothing follows from that.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, delete, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.db import Model
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work

ACCEPT, REDEEM = "accept", "redeem"
BROWSER, NETWORK = "origin_browser", "origin_network"
# a house gets a whole one, and its devices change the rest of the address by themselves
IPV6_HOUSE = 64


@dataclass(frozen=True, slots=True)
class SeenFrom:
    """What a request shows of where it comes from: the secret its browser keeps, and the address."""

    browser: str = field(default="", repr=False)
    address: str = field(default="", repr=False)


class VoucherOrigin(Model):
    """From which browser, and behind which address, a voucher was taken or used; blind indexes only.

    The browser's is the same for both acts, so that one device that does both is seen. Rows go by the clock.
    """

    __tablename__ = "voucher_origin"
    __table_args__ = (
        CheckConstraint("act IN ('accept','redeem')", name="act"),
        CheckConstraint("device IS NOT NULL OR network IS NOT NULL", name="known"),
        CheckConstraint("length(device) = 64", name="device_length"),
        CheckConstraint("length(network) = 64", name="network_length"),
        Index("ix_voucher_origin_noted_at", "noted_at"),
        {"sqlite_strict": True},
    )

    voucher_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("voucher.id"), primary_key=True, autoincrement=False
    )
    act: Mapped[str] = mapped_column(Text, primary_key=True)
    noted_at: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    device: Mapped[str | None] = mapped_column(Text)
    network: Mapped[str | None] = mapped_column(Text)


def network_of(address: str) -> str | None:
    """Return the network of an address as one text: the whole of the old kind, a house's of the new.

    None where it is no address, or one that many houses use at once.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    # a proxy that tells no address would put the whole province behind one; 192.168.1.2 is in every house
    if not parsed.is_global:
        return None
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, IPV6_HOUSE), strict=False))


def index_browser(keyring: Keyring, secret: str) -> str | None:
    """Return the digest of the secret a browser keeps; None where it keeps none."""
    return keyring.blind_index(BROWSER, secret) if secret else None


def note_accepted_from(work: Work, voucher_id: int, seen: SeenFrom) -> None:
    """Keep the digests of the browser and the network a voucher was taken from."""
    network = network_of(seen.address)
    _note(
        work, voucher_id, ACCEPT, index_browser(work.keyring, seen.browser),
        work.keyring.blind_index(NETWORK, network) if network else None,
    )  # fmt: skip


def note_redeemed_on(work: Work, voucher_id: int, redeemed_at: datetime, seen: SeenFrom) -> None:
    """Keep the digest of the browser a voucher was used on; the same scan told again is not another."""
    if redeemed_at == work.at:
        _note(work, voucher_id, REDEEM, index_browser(work.keyring, seen.browser), None)


def forget_origins(work: Work, before: datetime, most: int) -> int:
    """Delete the oldest digests, at most so many, and return how many."""
    keys = (VoucherOrigin.voucher_id, VoucherOrigin.act, VoucherOrigin.noted_at)
    oldest = select(*keys).where(VoucherOrigin.noted_at < before).order_by(VoucherOrigin.noted_at).limit(most)
    gone = work.session.execute(
        delete(VoucherOrigin)
        .where(tuple_(*keys).in_(oldest))
        .returning(VoucherOrigin.voucher_id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def count_origins_of(session: Session, person_id: int) -> tuple[int, datetime | None]:
    """Return how many digests are kept of a person's vouchers, and of when the newest is."""
    count, last_at = session.execute(
        select(func.count(), func.max(VoucherOrigin.noted_at))
        .join(Voucher, Voucher.id == VoucherOrigin.voucher_id)
        .where(Voucher.holder_person_id == person_id)
    ).one()
    return count, last_at


def forget_origins_of(work: Work, person_id: int) -> int:
    """Delete the digests of all vouchers of a person who is erased, and return how many."""
    own = select(Voucher.id).where(Voucher.holder_person_id == person_id)
    gone = work.session.execute(
        delete(VoucherOrigin)
        .where(VoucherOrigin.voucher_id.in_(own))
        .returning(VoucherOrigin.voucher_id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _note(work: Work, voucher_id: int, act: str, device: str | None, network: str | None) -> None:
    if device is None and network is None:
        return
    told = {"voucher_id": voucher_id, "act": act, "noted_at": work.at, "device": device, "network": network}
    build = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    # the same scan told again within one moment is not another
    work.session.execute(build(VoucherOrigin).on_conflict_do_nothing(), told)
