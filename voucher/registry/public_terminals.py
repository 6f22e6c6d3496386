"""Public terminals (公用设备): browsers of service halls where anybody takes a voucher, named by the office.

What is taken on one says nothing of who took it: the rules compare no device there, from the moment it was
named. One hand names it and another confirms, and it lapses, so that nobody excuses a browser alone or for
good. The digests are kept as of any other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.ledger.origins import index_browser
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import REGION_FOREIGN, Role, check_role
from voucher.rules.errors import Family, reason

DAYS = "public_terminal_days"
SOURCE = "RISK R17（自助终端不算集中代领）; 【设】服务大厅公用设备"
NAME_MOST = 40
# a small office may have one operator only
CONFIRMING = (Role.OPERATOR, Role.OFFICER_COUNTY, Role.OFFICER_CITY)
STANDING = text("ended_at IS NULL")

TERMINAL_MISSING = reason(
    "public_terminal_missing",
    "没有找到这台公用设备，或已经注销",
    "请从公用设备列表重新选择",
    SOURCE,
    Family.MISSING,
)
TERMINAL_UNNAMED = reason(
    "public_terminal_unnamed",
    "公用设备的名称没有填写或超过 40 字",
    "请写明放在哪里，如“政务大厅一楼 2 号自助机”",
    SOURCE,
)
TERMINAL_UNKNOWN = reason(
    "public_terminal_unknown",
    "这个浏览器没有保存标识，不能登记为公用设备",
    "请在这台设备上允许 Cookie，退出后重新登录，再登记",
    SOURCE,
)
TERMINAL_NAMED = reason(
    "public_terminal_named",
    "这台设备已经登记为公用设备“{name}”",
    "不用再登记；不再公用的请先注销",
    SOURCE,
    Family.CONFLICT,
)
TERMINAL_CONFIRMED = reason(
    "public_terminal_confirmed",
    "公用设备“{name}”已经确认过",
    "不用再确认；到期后在这台设备上重新登记",
    SOURCE,
    Family.CONFLICT,
)


class PublicTerminal(Model):
    """A browser at which many sign in by turns: named, confirmed by another, until it lapses or ends."""

    __tablename__ = "public_terminal"
    __table_args__ = (
        CheckConstraint("length(browser) = 64", name="browser_length"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_person_id IS NULL)", name="ended_by"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)", name="confirmed_by"),
        CheckConstraint("(confirmed_at IS NULL) = (lapses_at IS NULL)", name="lapses"),
        CheckConstraint("confirmed_by_person_id <> named_by_person_id", name="two_people"),
        Index("uq_public_terminal_standing", "browser", unique=True, sqlite_where=STANDING,
              postgresql_where=STANDING),
        Index("ix_public_terminal_region", "region_code"),
        Index("ix_public_terminal_browser", "browser"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    browser: Mapped[str] = mapped_column(Text, nullable=False)
    named_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    named_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    confirmed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    lapses_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_by_person_id: Mapped[int | None] = mapped_column(Int64)


translate("uq_public_terminal_standing", "public_terminal.browser", CHANGED_MEANWHILE)


def name_terminal(work: Work, region_code: str, name: str, secret: str) -> PublicTerminal:
    """Name the browser in use as a public terminal of a region, from this moment on once another confirms.

    One that has lapsed may be named again. Raises Refused role_missing, region_foreign,
    public_terminal_unnamed, public_terminal_unknown, public_terminal_named.
    """
    check_role(work.actor, Role.OPERATOR)
    if region_code not in work.actor.regions_as(Role.OPERATOR):
        raise REGION_FOREIGN.refused(region=region_code)
    if not 0 < len(name.strip()) <= NAME_MOST:
        raise TERMINAL_UNNAMED.refused()
    browser = index_browser(work.keyring, secret)
    if browser is None:
        raise TERMINAL_UNKNOWN.refused()
    standing = _find_standing(work.session, browser)
    if standing is not None:
        if standing.lapses_at is None or standing.lapses_at > work.at:
            raise TERMINAL_NAMED.refused(name=standing.name)
        _end(work, standing)
    made = PublicTerminal(
        region_code=region_code, name=name.strip(), browser=browser, named_at=work.at,
        named_by_person_id=work.actor.person_id,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, "public_terminal", made.id, "name", region=region_code)
    return made


def confirm_terminal(work: Work, terminal_id: int) -> PublicTerminal:
    """Confirm as another hand that anybody signs in there; it lapses after a dated number of days.

    Raises Refused role_missing, public_terminal_missing, public_terminal_confirmed, second_person_needed,
    second_person_reset_lately, parameter_missing.
    """
    found = _lock_standing(work, terminal_id, *CONFIRMING)
    if found.confirmed_at is not None:
        raise TERMINAL_CONFIRMED.refused(name=found.name)
    check_second_hand(work, found.named_by_person_id)
    regions = catalogue.list_ancestry(work.session, found.region_code)
    days = tables.require_parameter_number(work.session, DAYS, work.today, regions)
    found.confirmed_at, found.confirmed_by_person_id = work.at, work.actor.person_id
    found.lapses_at = work.at + timedelta(days=days)
    work.session.flush()
    audit.record_one(work, "public_terminal", found.id, "confirm", days=days)
    return found


def end_terminal(work: Work, terminal_id: int) -> PublicTerminal:
    """End a public terminal, by which it counts again.

    Raises Refused role_missing, public_terminal_missing.
    """
    found = _lock_standing(work, terminal_id, Role.OPERATOR)
    _end(work, found)
    return found


def _lock_standing(work: Work, terminal_id: int, *roles: Role) -> PublicTerminal:
    check_role(work.actor, *roles)
    found = work.session.scalars(
        select(PublicTerminal)
        .where(
            PublicTerminal.id == terminal_id,
            PublicTerminal.ended_at.is_(None),
            PublicTerminal.region_code.in_(sorted(work.actor.regions_as(*roles))),
        )
        .with_for_update()
    ).first()
    if found is None:
        raise TERMINAL_MISSING.refused()
    return found


def _end(work: Work, found: PublicTerminal) -> None:
    found.ended_at, found.ended_by_person_id = work.at, work.actor.person_id
    work.session.flush()
    audit.record_one(work, "public_terminal", found.id, "end")


def list_terminals(
    session: Session, regions: Collection[str], *, before_id: int | None, limit: int
) -> Sequence[PublicTerminal]:
    """Return the public terminals of regions, the newest first."""
    found = select(PublicTerminal).where(PublicTerminal.region_code.in_(sorted(regions)))
    if before_id is not None:
        found = found.where(PublicTerminal.id < before_id)
    return session.scalars(found.order_by(PublicTerminal.id.desc()).limit(limit)).all()


def _find_standing(session: Session, browser: str) -> PublicTerminal | None:
    return session.scalars(
        select(PublicTerminal).where(PublicTerminal.browser == browser, PublicTerminal.ended_at.is_(None))
    ).first()
