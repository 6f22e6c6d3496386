"""What can be trained and evaluated, and where: regions, occupations with their history, items, projects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, bindparam, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Text
from voucher.registry.bonus_standards import BonusStandardRow
from voucher.rules.errors import Family, reason

RANKS = 4  # of a place: no tree of regions is deeper, so no circle in the table is walked for ever
REGION_UNKNOWN = reason(
    "region_unknown",
    "没有代码为 {region} 的地区",
    "请填写六位行政区划代码（如济源 419001）或本省功能区代码；新地区请先导入地区表",
    "GB/T 2260; S0-00; S1-00a",
)
PROJECT_UNKNOWN = reason(
    "project_unknown",
    "没有代码为 {project} 的补贴项目",
    "请先在项目目录中登记该项目：每条补贴都必须有项目和机构",
    "S2-15h",
    Family.MISSING,
)


class Region(Model):
    """A place in the tree 省 → 市 → 县; functional zones stand beside the counties under own codes."""

    __tablename__ = "region"
    __table_args__ = (
        CheckConstraint("rank IN ('province','city','county','zone')", name="rank"),
        Index("ix_region_parent", "parent_code"),
        {"sqlite_strict": True},
    )

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    parent_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    rank: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)


class Occupation(Model):
    """An occupation of the national catalogue, with the edition and the days it stands in force."""

    __tablename__ = "occupation"
    __table_args__ = ({"sqlite_strict": True},)

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    edition: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[date | None] = mapped_column(Day)
    until: Mapped[date | None] = mapped_column(Day)
    is_digital: Mapped[bool] = mapped_column(Flag, nullable=False, default=False)
    is_green: Mapped[bool] = mapped_column(Flag, nullable=False, default=False)


class OccupationAlias(Model):
    """An old code and the code that continues it; the entitlement key follows the alias (S3-12a)."""

    __tablename__ = "occupation_alias"
    __table_args__ = (
        CheckConstraint("old_code <> new_code", name="two_codes"),
        {"sqlite_strict": True},
    )

    old_code: Mapped[str] = mapped_column(Text, primary_key=True)
    new_code: Mapped[str] = mapped_column(Text, ForeignKey("occupation.code"), nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)


class SpecialItem(Model):
    """A 专项职业能力 item; separate from the occupations (S2-04r)."""

    __tablename__ = "special_item"
    __table_args__ = ({"sqlite_strict": True},)

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)


class QualificationEntry(Model):
    """An occupation while it stands in the 职业资格目录 (S3-12d)."""

    __tablename__ = "qualification_entry"
    __table_args__ = (
        Index("ix_qualification_entry_occupation", "occupation_code"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    occupation_code: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    document: Mapped[str] = mapped_column(Text, nullable=False)


class Project(Model):
    """A subsidised project; no line of subsidy may exist without one (S2-15h)."""

    __tablename__ = "project"
    __table_args__ = ({"sqlite_strict": True},)

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    code: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)


translate("uq_project_code", "project.code", CHANGED_MEANWHILE)


def _select_subtree() -> Select[str]:
    below = select(Region.code).where(Region.code == bindparam("code")).cte(recursive=True)
    below = below.union_all(select(Region.code).join(below, Region.parent_code == below.c.code))
    return select(below.c.code)


def select_above() -> Select[str | None]:
    """Return the query for the codes above the region bound as `code`, the nearest first, with how far."""
    above = (
        select(Region.parent_code, literal(1).label("height"))
        .where(Region.code == bindparam("code"))
        .cte(recursive=True)
    )
    higher = select(Region.parent_code, above.c.height + 1).join(above, Region.code == above.c.parent_code)
    above = above.union_all(higher.where(above.c.height < RANKS))
    return select(above.c.parent_code, above.c.height).order_by(above.c.height)


# asked in almost every act: said once, not built again for each
_SUBTREE, _ABOVE = _select_subtree(), select_above()


def get_region(session: Session, code: str) -> Region:
    """Return a region. Raises Refused region_unknown."""
    found = session.get(Region, code)
    if found is None:
        raise REGION_UNKNOWN.refused(region=code)
    return found


def list_subtree(session: Session, code: str) -> list[str]:
    """Return the codes of a region and of everything below it."""
    return list(session.scalars(_SUBTREE, {"code": code}))


def list_ancestry(session: Session, code: str) -> list[str]:
    """Return the codes from a region up to the province, most specific first."""
    above = session.scalars(_ABOVE, {"code": code})
    return list(dict.fromkeys([code, *(each for each in above if each is not None)]))


def has_level_below(session: Session, code: str) -> bool:
    """Return whether a region has counties of its own; where not, one office gives both reviews."""
    return session.scalar(select(Region.code).where(Region.parent_code == code).limit(1)) is not None


def read_aliases(session: Session) -> dict[str, str]:
    """Return the whole alias map of occupation codes, old to new."""
    rows = session.execute(select(OccupationAlias.old_code, OccupationAlias.new_code))
    return dict(rows.all())


def name_trades(session: Session, codes: Sequence[str]) -> dict[str, str]:
    """Return the names of occupations, special items and what bonuses are given for, by code."""
    wanted = sorted(set(codes))
    items = session.execute(select(SpecialItem.code, SpecialItem.name).where(SpecialItem.code.in_(wanted)))
    named = dict(items.all())
    rows = session.execute(select(Occupation.code, Occupation.name).where(Occupation.code.in_(wanted)))
    named.update(dict(rows.all()))
    bonuses = session.execute(
        select(BonusStandardRow.item_code, BonusStandardRow.name).where(
            BonusStandardRow.item_code.in_(wanted)
        )
    )
    named.update(dict(bonuses.all()))
    return named


def get_project(session: Session, code: str) -> Project:
    """Return a project by its code. Raises Refused project_unknown."""
    found = session.scalars(select(Project).where(Project.code == code)).first()
    if found is None:
        raise PROJECT_UNKNOWN.refused(project=code)
    return found


def name_regions(session: Session, codes: Sequence[str]) -> dict[str, str]:
    """Return the names of regions by code."""
    rows = session.execute(select(Region.code, Region.name).where(Region.code.in_(sorted(set(codes)))))
    return dict(rows.all())
