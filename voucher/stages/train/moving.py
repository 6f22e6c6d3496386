"""Splitting a class (拆班), merging it into another (并班): asked by its institution, decided by the office.

What people attended and redeemed stays theirs: the office's word is a transfer of their vouchers.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import check_role
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.train.classes import cancel_class
from voucher.stages.train.fitting import subject_of
from voucher.stages.train.models.changes import MERGER, SPLIT, ClassMove, MovedVoucher
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.reading import (
    CLASS_MISSING,
    OFFICERS,
    ROSTER_CHANGED,
    SEATED,
    SOURCE,
    check_why,
    get_own_class,
    load_class,
    reaches_class,
)
from voucher.stages.train.transfer import transfer

MOVABLE = ("approved", "running")

MOVE_MISSING = reason(
    "class_move_missing",
    "没有找到这份拆班、并班申请，或已经办结",
    "请从“拆班、并班”列表重新选择",
    SOURCE,
    Family.MISSING,
)
MOVE_OPEN = reason(
    "class_move_open",
    "这个班级已有一份拆班、并班申请等待审核",
    "请等人社部门办结后再提出",
    SOURCE,
    Family.CONFLICT,
)
NOT_MOVABLE = reason(
    "class_not_movable",
    "班级 {training} 当前为“{state}”，不能拆班、并班",
    "只有准予开班、正在上课的班级可以；新班请先提交开班申请并获准",
    SOURCE,
    Family.CONFLICT,
)
TARGET_IS_SELF = reason(
    "class_move_to_itself",
    "转出和转入的是同一个班级",
    "请选择另一个班级",
    SOURCE,
)
NOT_IN_CLASS = reason(
    "voucher_not_in_class",
    "选择的 {count} 张券不都在这个班级",
    "请刷新花名册，只选择在班的学员",
    SOURCE,
    Family.CONFLICT,
)
TARGET_TEACHES_OTHER = reason(
    "class_move_other_subject",
    "这个班级是{wanted}，转入的班级是{offered}，不能拆班、并班",
    "请从列表选择培训内容相同的班级；没有的，请先提交一个相同内容的开班申请并获准",
    SOURCE,
    Family.CONFLICT,
)
EVERYBODY_CHOSEN = reason(
    "split_takes_everybody",
    "拆班选择了全班 {count} 人",
    "全班转到另一个班的，请办理并班",
    SOURCE,
)


def ask_split(
    work: Work, class_id: int, to_class_id: int, voucher_ids: Sequence[int], why: str
) -> ClassMove:  # fmt: skip
    """Ask that some people of a class go on in another approved class of the same institution.

    Raises Refused role_missing, class_missing, training_why_missing, class_move_to_itself,
    class_not_movable, class_move_other_subject, class_move_open, voucher_not_in_class, split_takes_everybody.
    """
    found, target = _take_up(work, class_id, to_class_id, why)
    seated, wanted = list_seated(work, found.id), sorted(set(voucher_ids))
    if not wanted or not set(wanted) <= set(seated):
        raise NOT_IN_CLASS.refused(count=len(wanted))
    if len(wanted) == len(seated):
        raise EVERYBODY_CHOSEN.refused(count=len(wanted))
    asked = _ask(work, SPLIT, found, target, why)
    work.session.add_all(MovedVoucher(move_id=asked.id, voucher_id=each) for each in wanted)
    work.session.flush()
    return asked


def ask_merger(work: Work, class_id: int, to_class_id: int, why: str) -> ClassMove:
    """Ask that everybody of a class goes on in another one, and the class itself ends.

    Raises Refused role_missing, class_missing, training_why_missing, class_move_to_itself,
    class_not_movable, class_move_other_subject, class_move_open.
    """
    found, target = _take_up(work, class_id, to_class_id, why)
    return _ask(work, MERGER, found, target, why)


def decide_move(work: Work, move_id: int, agreed: bool, opinion: str) -> ClassMove:
    """Agree to a split or a merger, which is done at once, or decline it; both say why.

    Raises Refused role_missing, training_why_missing, class_move_missing (also for a foreign one),
    second_person_needed, class_roster_changed, and what keeps a voucher out of the other class.
    """
    check_role(work.actor, *OFFICERS)
    check_why(opinion)
    move = work.session.scalars(
        select(ClassMove)
        .where(ClassMove.id == move_id, ClassMove.decided_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if move is None or not reaches_class(work.actor, load_class(work.session, move.from_class_id)):
        raise MOVE_MISSING.refused()
    check_two_people(move.asked_by_person_id, work.actor.person_id)
    if agreed:
        _do(work, move)
    move.agreed, move.opinion = agreed, opinion.strip()
    move.decided_at, move.decided_by_person_id = work.at, work.actor.person_id
    work.session.flush()
    audit.record_one(
        work, str(Thing.CLASS), move.from_class_id, f"decide_{move.kind}", move=move.id, agreed=agreed
    )
    return move


def _do(work: Work, move: ClassMove) -> None:
    seated = list_seated(work, move.from_class_id)
    if move.kind == SPLIT:
        chosen = work.session.scalars(
            select(MovedVoucher.voucher_id).where(MovedVoucher.move_id == move.id)
        ).all()
        # who has left the class meanwhile is not moved, and the institution is to ask anew
        if not set(chosen) <= set(seated):
            raise ROSTER_CHANGED.refused()
        seated = sorted(chosen)
    if seated:
        transfer(work, seated, move.to_class_id, move.why, out_of=move.from_class_id)
    if move.kind == MERGER:
        # who enrolled while the others were moved would be sent away and not merged
        load_class(work.session, move.from_class_id, lock=True)
        if list_seated(work, move.from_class_id):
            raise ROSTER_CHANGED.refused()
        cancel_class(work, move.from_class_id, f"并入另一个班级：{move.why}")


def _take_up(
    work: Work, class_id: int, to_class_id: int, why: str
) -> tuple[TrainingClass, TrainingClass]:  # fmt: skip
    """Return both classes, the first one locked, of the actor's institution."""
    check_why(why)
    found = get_own_class(work, class_id, lock=True)
    if class_id == to_class_id:
        raise TARGET_IS_SELF.refused()
    target = load_class(work.session, to_class_id)
    if target.institution_id != found.institution_id:
        raise CLASS_MISSING.refused()
    for each in (found, target):
        if each.state not in MOVABLE:
            raise NOT_MOVABLE.refused(
                training=each.number, state=STATE_NAMES[Thing.CLASS][each.state]
            )  # fmt: skip
    # what cannot be agreed to is not asked for: until it is decided the class can ask for nothing else
    wanted, offered = subject_of(work.session, found), subject_of(work.session, target)
    if wanted != offered:
        raise TARGET_TEACHES_OTHER.refused(wanted=wanted.words, offered=offered.words)
    waiting = select(ClassMove.id).where(
        ClassMove.from_class_id == found.id, ClassMove.decided_at.is_(None)
    )  # fmt: skip
    if work.session.scalar(waiting) is not None:
        raise MOVE_OPEN.refused()
    return found, target


def _ask(work: Work, kind: str, found: TrainingClass, target: TrainingClass, why: str) -> ClassMove:
    asked = ClassMove(
        kind=kind,
        from_class_id=found.id,
        to_class_id=target.id,
        why=why.strip(),
        asked_by_person_id=work.actor.person_id,
        asked_at=work.at,
    )
    work.session.add(asked)
    work.session.flush()
    audit.record_one(work, str(Thing.CLASS), found.id, f"ask_{kind}", move=asked.id, to=target.id)
    return asked


def list_seated(work: Work, class_id: int) -> list[int]:
    """Return the vouchers that sit in a class."""
    return list(
        work.session.scalars(
            select(Enrolment.voucher_id)
            .join(Voucher, Voucher.id == Enrolment.voucher_id)
            .where(Enrolment.class_id == class_id, Enrolment.ended_at.is_(None), Voucher.state.in_(SEATED))
            .order_by(Enrolment.voucher_id)
        )
    )
