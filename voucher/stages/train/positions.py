"""The position a mark was made at (签到的经纬度): sealed under its person's key, and gone on a dated day.

Kept only where the policy asks how far from the room a mark is made, and for as many days as it says; for
none, nothing of it is kept. It is read by the rules that look for somebody in two places at once.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.phones import read_keys
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.marks import AttendanceMark
from voucher.stages.train.models.positions import MarkPosition, position_context
from voucher.stages.train.placing import Placed

KEPT_DAYS = "mark_position_kept_days"
MOST_AT_ONCE = 5_000


def keep_position(work: Work, found: TrainingClass, mark: AttendanceMark, placed: Placed) -> None:
    """Keep where a mark was made for as long as its region says. Raises Refused parameter_missing."""
    if placed.position is None:
        return
    days = read_kept_days(work.session, found, work.today)
    key = read_keys(work.session, work.keyring, [mark.person_id]).get(mark.person_id)
    if days == 0 or key is None:
        return
    at = f"{placed.position.latitude_e6},{placed.position.longitude_e6}"
    work.session.add(
        MarkPosition(
            mark_id=mark.id,
            position_sealed=work.keyring.seal(key, position_context(mark.id), at),
            is_mocked=None if placed.is_mocked is None else int(placed.is_mocked),
            keep_until=work.today + timedelta(days=days),
        )
    )
    work.session.flush()


def read_kept_days(session: Session, found: TrainingClass, on: date) -> int:
    """Return for how many days the region of a class keeps positions. Raises Refused parameter_missing."""
    regions = catalogue.list_ancestry(session, found.region_code)
    return require_parameter_number(session, KEPT_DAYS, on, regions)


def forget_positions(work: Work) -> int:
    """Delete a portion of the positions whose last day has passed and return how many; the marks stay.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    over = (
        select(MarkPosition.mark_id)
        .where(MarkPosition.keep_until < work.today)
        .order_by(MarkPosition.keep_until)
        .limit(MOST_AT_ONCE)
    )
    gone = work.session.scalars(
        delete(MarkPosition)
        .where(MarkPosition.mark_id.in_(over))
        .returning(MarkPosition.mark_id)
        .execution_options(synchronize_session=False)
    )
    count = len(gone.all())
    if count:
        audit.record_one(work, "mark_position", 0, "forget", count=count)
    return count
