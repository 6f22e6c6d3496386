"""Which institution a voucher is reserved to: the one whose class it is locked to."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from voucher.plumbing.db import Model

LOOKUP_CHUNK = 500


def select_reserved() -> Select[int, int]:
    """Return the query for voucher and institution of every place in a class that is still taken.

    The rooms above that declare these tables are nothing the ledger could import.
    """
    place = Model.metadata.tables["enrolment"].c
    taught = Model.metadata.tables["training_class"].c
    return (
        select(place.voucher_id, taught.institution_id)
        .join(taught.id.table, taught.id == place.class_id)
        .where(place.ended_at.is_(None))
    )


def read_reserved(session: Session, voucher_ids: Sequence[int]) -> dict[int, int]:
    """Return the institution each voucher is locked to, where it is to one."""
    place = Model.metadata.tables["enrolment"].c
    found: dict[int, int] = {}
    for start in range(0, len(voucher_ids), LOOKUP_CHUNK):
        chunk = voucher_ids[start : start + LOOKUP_CHUNK]
        found.update(session.execute(select_reserved().where(place.voucher_id.in_(chunk))).all())
    return found
