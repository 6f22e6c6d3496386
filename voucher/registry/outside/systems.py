"""Which system answers for which fact: connected by an administrator, dated, on the record."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlsplit

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.outside.models import OutsideSystem
from voucher.registry.outside.ports import EMBEDDED_NAME
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import reason
from voucher.rules.outside import FACT_NAMES, FactKind

CONNECTORS = (Role.ADMINISTRATOR, Role.OFFICER_PROVINCE)
SOURCE = "S3-07c; S2-15i; 【设】外部系统由管理员接入，起止有日期"

ADDRESS_UNFIT = reason(
    "outside_address_unfit",
    "接口地址不是 http 或 https 地址",
    "请填写主管部门提供的完整接口地址，不含用户名和密码",
    SOURCE,
)


def list_systems(session: Session, on: date) -> dict[FactKind, OutsideSystem]:
    """Return which system answers for which fact on a day."""
    rows = session.scalars(
        select(OutsideSystem)
        .where(
            OutsideSystem.since <= on,
            or_(OutsideSystem.until.is_(None), OutsideSystem.until >= on),
        )
        .order_by(OutsideSystem.since)
    )
    return {FactKind(row.kind): row for row in rows}


def connect(work: Work, kind: FactKind, *, name: str | None = None, address: str | None = None) -> None:
    """Have a system answer for a fact from today on, in place of the one before.

    Without an address the lists of this house do. Raises Refused role_missing, outside_address_unfit.
    """
    check_role(work.actor, *CONNECTORS)
    if address is not None and not is_fit(address):
        raise ADDRESS_UNFIT.refused()
    standing = list_systems(work.session, work.today).get(kind)
    if standing is not None and standing.since == work.today:
        _take_over(standing, name, address)
    else:
        if standing is not None:
            standing.until = work.today - timedelta(days=1)
        fresh = OutsideSystem(
            kind=str(kind), since=work.today, connected_by_person_id=work.actor.person_id,
            connected_at=work.at,
        )  # fmt: skip
        _take_over(fresh, name, address)
        work.session.add(fresh)
    work.session.flush()
    audit.record_one(
        work, "person", work.actor.person_id, "connect_outside",
        kind=str(kind), way="http" if address else "embedded",
    )  # fmt: skip


def _take_over(system: OutsideSystem, name: str | None, address: str | None) -> None:
    system.way = "http" if address else "embedded"
    system.address = address
    system.name = name or (FACT_NAMES[FactKind(system.kind)] if address else EMBEDDED_NAME)


def is_fit(address: str) -> bool:
    """Return whether an address is a whole one of http or https, with nobody's password in it."""
    parts = urlsplit(address)
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname or "")
        and not (parts.username or parts.password)
    )
