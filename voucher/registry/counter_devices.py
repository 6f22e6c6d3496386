"""Devices at the counter: a browser that scans is named at first use, approved, and struck off at once.

A device is known by the hash of a secret its browser keeps; what it scans carries its name.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tables
from voucher.registry.catalogue import list_ancestry
from voucher.registry.institutions import Institution
from voucher.registry.standards import Parameter
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason

SOURCE = "S2-15i; GB/T 22239-2019 8.1.4.1; 【设】核销设备登记、批准、停用"
APPROVAL = "counter_device_approval"
COUNTER = (Role.INSTITUTION_ADMIN, Role.REGISTRAR, Role.SCANNER)
SECRET_BYTES, NAME_MOST, LABEL = 24, 40, "counter-"

DEVICE_MISSING = reason(
    "counter_device_missing",
    "没有找到这台核销设备",
    "请从本机构的设备列表重新选择",
    SOURCE,
    Family.MISSING,
)
DEVICE_UNNAMED = reason(
    "counter_device_unnamed",
    "设备名称没有填写或超过 40 字",
    "请起一个同事认得的名字，如“前台一号机”",
    SOURCE,
)
DEVICE_STRUCK = reason(
    "counter_device_struck",
    "这台设备“{device}”已被本机构停用，不能核销",
    "请换一台设备；停错了的，在扫码页下方重新登记本机，由本机构管理员在“系统”菜单的“核销设备”页批准",
    SOURCE,
    Family.FORBIDDEN,
)
DEVICE_UNAPPROVED = reason(
    "counter_device_unapproved",
    "这台设备还没有经管理员批准，不能核销",
    "请先在扫码页下方给本机起名，再请本机构管理员登录，在“系统”菜单的“核销设备”页批准；批准后再扫一次",
    SOURCE,
    Family.FORBIDDEN,
)


class CounterDevice(Model):
    """A browser profile that scans for an institution: named, approved by its administrator, struck off."""

    __tablename__ = "counter_device"
    __table_args__ = (
        CheckConstraint("(approved_at IS NULL) = (approved_by_person_id IS NULL)", name="approved_by"),
        CheckConstraint("(struck_at IS NULL) = (struck_by_person_id IS NULL)", name="struck_by"),
        CheckConstraint("length(secret_hash) = 64", name="secret_hash_length"),
        Index("ix_counter_device_institution", "institution_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    secret_hash: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    named_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    named_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    approved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    approved_by_person_id: Mapped[int | None] = mapped_column(Int64)
    struck_at: Mapped[datetime | None] = mapped_column(UtcTime)
    struck_by_person_id: Mapped[int | None] = mapped_column(Int64)

    @property
    def label(self) -> str:
        """Return the word scans carry: with the nonce it names a redemption for ever."""
        return f"{LABEL}{self.id}"


def is_label(name: str) -> bool:
    """Return whether a name is one that only a registered device carries."""
    return name.strip().lower().startswith(LABEL)


translate("uq_counter_device_secret_hash", "counter_device.secret_hash", CHANGED_MEANWHILE)


# whether approval is asked anywhere on the day `on`: where it is nowhere, a scan need not ask for its region
ASKED_SOMEWHERE = exists().where(
    Parameter.name == APPROVAL,
    Parameter.value == "1",
    Parameter.since <= bindparam("on"),
    (Parameter.until.is_(None)) | (Parameter.until >= bindparam("on")),
)


def name_device(work: Work, institution_id: int, name: str, secret: str = "") -> tuple[CounterDevice, str]:
    """Name the browser in use and return it with its secret, which is kept in that browser alone.

    An administrator's own is approved with it; without a secret one is made. Raises Refused role_missing,
    counter_device_missing (for a foreign institution), counter_device_unnamed.
    """
    check_role(work.actor, *COUNTER)
    if not work.actor.serves(institution_id, *COUNTER):
        raise DEVICE_MISSING.refused()
    if not 0 < len(name.strip()) <= NAME_MOST:
        raise DEVICE_UNNAMED.refused()
    secret = secret or secrets.token_urlsafe(SECRET_BYTES)
    made = CounterDevice(
        institution_id=institution_id,
        name=name.strip(),
        secret_hash=hash_secret(secret),
        named_at=work.at,
        named_by_person_id=work.actor.person_id,
    )
    if work.actor.serves(institution_id, Role.INSTITUTION_ADMIN):
        made.approved_at, made.approved_by_person_id = work.at, work.actor.person_id
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, "counter_device", made.id, "name", institution=institution_id)
    return made, secret


def approve_device(work: Work, device_id: int) -> CounterDevice:
    """Approve a named device. Raises Refused role_missing, counter_device_missing, counter_device_struck."""
    found = _take_up(work, device_id)
    if found.struck_at is not None:
        raise DEVICE_STRUCK.refused(device=found.name)
    if found.approved_at is None:
        found.approved_at, found.approved_by_person_id = work.at, work.actor.person_id
        work.session.flush()
        audit.record_one(work, "counter_device", found.id, "approve")
    return found


def strike_device(work: Work, device_id: int) -> CounterDevice:
    """Strike a device off, from this moment on and for good. Raises role_missing, counter_device_missing."""
    found = _take_up(work, device_id)
    if found.struck_at is None:
        found.struck_at, found.struck_by_person_id = work.at, work.actor.person_id
        work.session.flush()
        audit.record_one(work, "counter_device", found.id, "strike")
    return found


def find_device(session: Session, secret: str) -> CounterDevice | None:
    """Return the device whose browser keeps a secret, also one struck off."""
    if not secret:
        return None
    return session.scalars(
        select(CounterDevice).where(CounterDevice.secret_hash == hash_secret(secret))
    ).first()


def check_device(work: Work, institution_ids: Collection[int], secret: str) -> CounterDevice | None:
    """Return the device in use at a counter of these institutions, or None where none is needed.

    Raises Refused counter_device_struck, counter_device_unapproved, parameter_missing.
    """
    return judge_device(work, institution_ids, find_device(work.session, secret))


def judge_device(
    work: Work,
    institution_ids: Collection[int],
    found: CounterDevice | None,
    *,
    at: datetime | None = None,
    asked_somewhere: bool = True,
) -> CounterDevice | None:
    """Return the device of `check_device`, which refuses the same, where it has been read already.

    `at` is the moment of a scan that is told of later.
    """
    moment = at or work.at
    if found is not None and found.institution_id not in institution_ids:
        found = None
    if found is not None and found.struck_at is not None and found.struck_at <= moment:
        raise DEVICE_STRUCK.refused(device=found.name)
    approved = found.approved_at if found is not None else None
    if (
        (approved is None or approved > moment)
        and asked_somewhere
        and needs_approval(work.session, institution_ids, work.today)
    ):
        raise DEVICE_UNAPPROVED.refused()
    return found


def list_devices(session: Session, institution_ids: Collection[int]) -> Sequence[CounterDevice]:
    """Return the devices of institutions: those in use first, the newest before the others."""
    return session.scalars(
        select(CounterDevice)
        .where(CounterDevice.institution_id.in_(sorted(institution_ids)))
        .order_by(CounterDevice.struck_at.is_not(None), CounterDevice.id.desc())
    ).all()


def needs_approval(session: Session, institution_ids: Collection[int], on: date) -> bool:
    """Return whether only approved devices may scan for these institutions. Raises parameter_missing."""
    regions = session.scalars(
        select(Institution.region_code).where(Institution.id.in_(sorted(institution_ids)))
    )
    return any(
        tables.read_flag(session, APPROVAL, on, list_ancestry(session, region))
        for region in sorted(set(regions))
    )


def _take_up(work: Work, device_id: int) -> CounterDevice:
    check_role(work.actor, Role.INSTITUTION_ADMIN)
    found = work.session.scalars(
        select(CounterDevice).where(CounterDevice.id == device_id).with_for_update()
    ).first()
    if found is None or not work.actor.serves(found.institution_id, Role.INSTITUTION_ADMIN):
        raise DEVICE_MISSING.refused()
    return found


def hash_secret(secret: str) -> str:
    """Return what a device's secret is kept as."""
    return hashlib.sha256(secret.encode()).hexdigest()
