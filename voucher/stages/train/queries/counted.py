"""What statistics ask about training: where vouchers were last enrolled, whose redemption stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment, Redemption


@dataclass(frozen=True, slots=True)
class LastPlace:
    """The class a voucher was last enrolled in, who answers for it, and what is taught there."""

    institution_id: int
    class_id: int
    trade_code: str
    level: int


def find_last_places(session: Session, voucher_ids: Collection[int]) -> dict[int, LastPlace]:
    """Return the last class of each voucher that ever was in one."""
    last = (
        select(func.max(Enrolment.id))
        .where(among(session, Enrolment.voucher_id, voucher_ids))
        .group_by(Enrolment.voucher_id)
    )
    rows: Any = session.execute(
        select(
            Enrolment.voucher_id,
            TrainingClass.institution_id,
            TrainingClass.id,
            TrainingClass.trade_code,
            TrainingClass.level,
        )
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .where(Enrolment.id.in_(last))
    )
    return {voucher_id: LastPlace(*place) for voucher_id, *place in rows}


def find_redeemed_at(session: Session, voucher_ids: Collection[int]) -> dict[int, datetime]:
    """Return when each voucher was redeemed whose redemption stands."""
    rows = session.execute(
        select(Redemption.voucher_id, Redemption.redeemed_at).where(
            among(session, Redemption.voucher_id, voucher_ids), Redemption.reversed_at.is_(None)
        )
    )
    return dict(rows.all())


def select_classes_of_kind(training_kind: str) -> Select[int]:
    """Return the query for the classes of one kind of training."""
    return select(TrainingClass.id).where(TrainingClass.training_kind == training_kind)


def list_vouchers_of_classes(session: Session, class_ids: Collection[int]) -> list[int]:
    """Return the vouchers that ever were in these classes."""
    return list(
        session.scalars(
            select(Enrolment.voucher_id).where(among(session, Enrolment.class_id, class_ids)).distinct()
        )
    )
