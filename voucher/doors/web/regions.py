"""The regions of an account by name, and as choices of a filter."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry.catalogue import Region


def name_regions(session: Session, codes: list[str]) -> dict[str, str]:
    """Return the names of regions by their codes."""
    rows = session.execute(select(Region.code, Region.name).where(Region.code.in_(sorted(set(codes)))))
    return dict(rows.all())


def list_regions(session: Session, codes: frozenset[str]) -> list[tuple[str, str]]:
    """Return the regions of an account as choices, by code."""
    return [
        (code, f"{name}（{code}）") for code, name in sorted(name_regions(session, sorted(codes)).items())
    ]
