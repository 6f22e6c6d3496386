"""Wishes to revoke several certificates: the batches to choose from, what waits, what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from voucher.registry.institutions import Institution
from voucher.rules.errors import Family, reason
from voucher.rules.revocations import SOURCE
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.models_revocations import MassRevocation, MassRevocationLine
from voucher.stages.certify.queries.archive import select_within

GROUPS_MAX = 500

MASS_REVOCATION_MISSING = reason(
    "mass_revocation_missing",
    "没有找到这次批量撤销",
    "请从批量撤销列表重新进入",
    SOURCE,
    Family.MISSING,
)


@dataclass(frozen=True, slots=True)
class Group:
    """The unrevoked certificates of one 评价批次 of an evaluator; an empty name where none was given."""

    batch: str
    certificates: int
    people: int
    first_on: date
    last_on: date


def list_issuers(session: Session, regions: Collection[str]) -> list[tuple[int, str]]:
    """Return who issued unrevoked certificates in these regions, by name."""
    standing = select(Certificate.institution_id).where(
        Certificate.id.in_(select_within(regions)), Certificate.state != "revoked"
    )
    rows = session.execute(
        select(Institution.id, Institution.name)
        .where(Institution.id.in_(standing))
        .order_by(Institution.name)
    )
    return [(institution_id, name) for institution_id, name in rows]


def list_groups(session: Session, regions: Collection[str], institution_id: int) -> list[Group]:
    """Return an evaluator's batches in these regions, the one issued last first."""
    batch = func.coalesce(Certificate.evaluation_batch, "")
    rows = session.execute(
        select(
            batch,
            func.count(),
            func.count(Certificate.person_id.distinct()),
            func.min(Certificate.issued_on),
            func.max(Certificate.issued_on),
        )
        .where(*_standing(regions, institution_id))
        .group_by(batch)
        .order_by(func.max(Certificate.issued_on).desc(), batch)
        .limit(GROUPS_MAX)
    )
    return [Group(*row) for row in rows]


def list_group_certificates(
    session: Session, regions: Collection[str], institution_id: int, batches: Sequence[str]
) -> list[int]:
    """Return the unrevoked certificates of some batches of an evaluator in these regions."""
    return list(
        session.scalars(
            select(Certificate.id)
            .where(
                *_standing(regions, institution_id),
                func.coalesce(Certificate.evaluation_batch, "").in_(sorted(set(batches))),
            )
            .order_by(Certificate.id)
        )
    )


def _standing(regions: Collection[str], institution_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Certificate.institution_id == institution_id,
        Certificate.state != "revoked",
        Certificate.id.in_(select_within(regions)),
    )


def select_whole(regions: Collection[str]) -> Select[int]:
    """Return the query for the wishes all of whose certificates are in these regions."""
    reached = sorted(regions)
    inside = select(MassRevocationLine.revocation_id).where(MassRevocationLine.region_code.in_(reached))
    outside = select(MassRevocationLine.revocation_id).where(MassRevocationLine.region_code.not_in(reached))
    return select(MassRevocation.id).where(MassRevocation.id.in_(inside), MassRevocation.id.not_in(outside))


def list_mass_revocations(
    session: Session, regions: Collection[str], *, before_id: int | None = None, limit: int = 20
) -> list[MassRevocation]:
    """Return the wishes of these regions, the newest first."""
    query = select(MassRevocation).where(MassRevocation.id.in_(select_whole(regions)))
    if before_id is not None:
        query = query.where(MassRevocation.id < before_id)
    return list(session.scalars(query.order_by(MassRevocation.id.desc()).limit(limit)))


def count_mass_revocations(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many wishes of these regions wait for a second person, and since when the oldest does."""
    waiting = MassRevocation.decided_at.is_(None) & MassRevocation.id.in_(select_whole(regions))
    count, oldest_at = session.execute(
        select(func.count(), func.min(MassRevocation.asked_at)).where(waiting)
    ).one()
    return count, oldest_at


def get_mass_revocation(session: Session, revocation_id: int, regions: Collection[str]) -> MassRevocation:
    """Return a wish of these regions. Raises Refused mass_revocation_missing."""
    found = session.scalars(
        select(MassRevocation).where(
            MassRevocation.id == revocation_id, MassRevocation.id.in_(select_whole(regions))
        )
    ).first()
    if found is None:
        raise MASS_REVOCATION_MISSING.refused()
    return found


def list_lines(session: Session, revocation_id: int) -> list[int]:
    """Return the certificates of a wish, in order."""
    return list(
        session.scalars(
            select(MassRevocationLine.certificate_id)
            .where(MassRevocationLine.revocation_id == revocation_id)
            .order_by(MassRevocationLine.certificate_id)
        )
    )
