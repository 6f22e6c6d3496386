"""Splits, mergers and corrections of classes as they are looked at: what waits, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry.people import read_people
from voucher.rules.privacy import mask_name
from voucher.stages.train.models.changes import SPLIT, ClassMove, CompletionCorrection, MovedVoucher
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Completion, Enrolment
from voucher.stages.train.queries.differing import warn_of_move
from voucher.stages.train.queries.roster import ERASED_NAME
from voucher.stages.train.reading import SEATED


def list_moves(
    session: Session,
    *,
    regions: Collection[str] | None = None,
    class_id: int | None = None,
    waiting_only: bool = False,
    before_id: int | None = None,
    limit: int = 50,
) -> list[ClassMove]:
    """Return the newest splits and mergers of these regions, or out of one class."""
    query = select(ClassMove).join(TrainingClass, TrainingClass.id == ClassMove.from_class_id)
    if regions is not None:
        query = query.where(TrainingClass.region_code.in_(sorted(regions)))
    if class_id is not None:
        query = query.where(ClassMove.from_class_id == class_id)
    if waiting_only:
        query = query.where(ClassMove.decided_at.is_(None))
    if before_id is not None:
        query = query.where(ClassMove.id < before_id)
    return list(session.scalars(query.order_by(ClassMove.id.desc()).limit(limit)))


def list_moves_of(session: Session, class_id: int) -> list[tuple[ClassMove, TrainingClass, int]]:
    """Return the splits and mergers out of a class and those that came into it, with the other class.

    And how many people moved: none as long as nobody has agreed.
    """
    other = case((ClassMove.from_class_id == class_id, ClassMove.to_class_id), else_=ClassMove.from_class_id)
    moved = (
        select(func.count())
        .where(
            Enrolment.class_id == ClassMove.from_class_id,
            Enrolment.ended_by == "transfer",
            Enrolment.ended_at == ClassMove.decided_at,
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(ClassMove, TrainingClass, moved)
        .join(TrainingClass, TrainingClass.id == other)
        .where(
            or_(
                ClassMove.from_class_id == class_id,
                and_(ClassMove.to_class_id == class_id, ClassMove.agreed.in_((True,))),
            )
        )
        .order_by(ClassMove.id)
    )
    return [(move, found, count) for move, found, count in rows]


def count_moves(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many splits and mergers of these regions wait, and since when the oldest does."""
    count, oldest = session.execute(
        select(func.count(), func.min(ClassMove.asked_at))
        .join(TrainingClass, TrainingClass.id == ClassMove.from_class_id)
        .where(ClassMove.decided_at.is_(None), TrainingClass.region_code.in_(sorted(regions)))
    ).one()
    return count, oldest


def list_moved(session: Session, keyring: Keyring, move_ids: Collection[int]) -> dict[int, list[str]]:
    """Return whom each split takes along, masked; a merger takes everybody and is left out."""
    rows = session.execute(
        select(MovedVoucher.move_id, Voucher)
        .join(Voucher, Voucher.id == MovedVoucher.voucher_id)
        .where(MovedVoucher.move_id.in_(sorted(move_ids)))
        .order_by(MovedVoucher.move_id, Voucher.id)
    ).all()
    named = read_people(session, keyring, [voucher.holder_person_id for _, voucher in rows])
    moved: dict[int, list[str]] = {}
    for move_id, voucher in rows:
        holder = named.get(voucher.holder_person_id)
        name = mask_name(holder.name or "") if holder is not None else ERASED_NAME
        moved.setdefault(move_id, []).append(f"{name} {voucher.number}")
    return moved


def warn_of_moves(session: Session, moves: Sequence[ClassMove], at: datetime) -> dict[int, list[str]]:
    """Return what is otherwise in the class a move that waits leads to. Raises Refused parameter_missing."""
    told: dict[int, list[str]] = {}
    for each in moves:
        if each.decided_at is not None:
            continue
        former, target = (
            session.get_one(TrainingClass, class_id) for class_id in (each.from_class_id, each.to_class_id)
        )
        told[each.id] = warn_of_move(session, former, target, _list_leaving(session, each), at)
    return told


def _list_leaving(session: Session, move: ClassMove) -> list[int]:
    """Return the vouchers a move takes along as things stand: those chosen, or everybody seated."""
    query = select(Enrolment.voucher_id).join(Voucher, Voucher.id == Enrolment.voucher_id)
    query = query.where(
        Enrolment.class_id == move.from_class_id, Enrolment.ended_at.is_(None), Voucher.state.in_(SEATED)
    )
    if move.kind == SPLIT:
        chosen = select(MovedVoucher.voucher_id).where(MovedVoucher.move_id == move.id)
        query = query.where(Enrolment.voucher_id.in_(chosen))
    return list(session.scalars(query))


def list_corrections(session: Session, class_id: int) -> list[tuple[CompletionCorrection, Voucher]]:
    """Return the corrections of a class's results, the newest first, with the vouchers."""
    rows = session.execute(
        select(CompletionCorrection, Voucher)
        .join(Completion, Completion.id == CompletionCorrection.completion_id)
        .join(Voucher, Voucher.id == Completion.voucher_id)
        .where(CompletionCorrection.class_id == class_id)
        .order_by(CompletionCorrection.id.desc())
    )
    return [(correction, voucher) for correction, voucher in rows]
