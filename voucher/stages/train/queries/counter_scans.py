"""What the devices of a counter have scanned."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.stages.train.models.places import Scan


def count_scans_of(
    session: Session, institution_ids: Collection[int], labels: Collection[str]
) -> dict[str, tuple[int, datetime]]:
    """Return how many codes each of these devices was shown, and when the last one."""
    rows = session.execute(
        select(Scan.device, func.count(), func.max(Scan.scanned_at))
        .where(Scan.institution_id.in_(sorted(institution_ids)), Scan.device.in_(sorted(labels)))
        .group_by(Scan.device)
    )
    return {device: (int(count), last) for device, count, last in rows}
