"""Where vouchers may be moved to (转班): the open classes of the same subject, and the one chosen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import sha256

from flask import request
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.office.deeds import Ask
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.stages.train import queries
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.queries.desk import list_taking_in, list_unrecorded
from voucher.stages.train.queries.differing import warn_of_move
from voucher.stages.train.reading import CLASS_MISSING

CLASS = "class"
LONGEST_ID = 18
CLASSES_LOOKED_AT = 500
OPEN = ("approved", "running")
# what an officer has read of the class chosen, sent back with the form
SEEN = "seen"
TRANSFER_DIFFERS = reason(
    "transfer_differs",
    "请先看清转到的班级有什么不同：{told}",
    "仍要转的，再按一次“确认”；不合适的，另选一个班级",
    "LIFECYCLE 转班; 【设】课时、结班日期、已上的课不同的，先告知再办理",
    Family.CONFLICT,
)
ASK_CLASS = Ask(
    CLASS, "转到哪个班级", "只列出职业、等级相同、机构在目录内、没有结束、还有名额的班级", kind="choice"
)
NO_CLASS = "没有职业、等级相同、还能转入的班级：请先准予开班，再来转班"


def warn_of(
    session: Session, former: TrainingClass, voucher_ids: Collection[int], targets: bool
) -> list[str]:
    """Return what an officer should know before vouchers are moved out of a class."""
    told = [] if targets else [NO_CLASS]
    unwritten = list_unrecorded(session, former.id, voucher_ids, the_door().at)
    if unwritten:
        days = "、".join(f"第 {each.position} 次（{day_of(each.starts_at)}）" for each in unwritten)
        told.append(
            f"原班级的{days}课还有人没有登记到课，转走以后不能再补：请先让原机构登记，确实没到课的可以直接转"
        )
    return told


def check_differences_read(
    work: Work, former: TrainingClass, target: TrainingClass, voucher_ids: Collection[int]
) -> None:
    """Refuse a move until what is otherwise in the class chosen has been shown. Raises transfer_differs."""
    told = warn_of_move(work.session, former, target, voucher_ids, work.at)
    if told and request.form.get(SEEN) != _digest(target, told):
        raise TRANSFER_DIFFERS.refused(told="；".join(told))


def tell_seen(session: Session, former: TrainingClass, voucher_ids: Collection[int]) -> dict[str, str]:
    """Return what a form sends back once it has shown what is otherwise in the class chosen in it."""
    target = _find_chosen(session, request.form.get(CLASS, ""))
    if target is None:
        return {}
    told = warn_of_move(session, former, target, voucher_ids, the_door().at)
    return {SEEN: _digest(target, told)}


def _digest(target: TrainingClass, told: Sequence[str]) -> str:
    return sha256("|".join((target.number, *told)).encode()).hexdigest()


def list_targets(session: Session, regions: Collection[str], former: TrainingClass) -> list[tuple[str, str]]:
    """Return the classes the vouchers of a class may be moved to, by number; the act checks again."""
    found = queries.list_classes(
        session, regions=regions, trade_code=former.trade_code, limit=CLASSES_LOOKED_AT
    )
    fitting = [
        each
        for each in found
        if each.state in OPEN
        and each.id != former.id
        and (each.level, each.certificate_kind) == (former.level, former.certificate_kind)
    ]
    taking = list_taking_in(session, [each.id for each in fitting], the_door().today)
    views = queries.view_classes(session, [each for each in fitting if each.id in taking])
    return [(each.found.number, _describe(each)) for each in views if each.seats_left]


def _describe(view: queries.ClassView) -> str:
    found = view.found
    when = f"{found.starts_on.isoformat()} 至 {found.ends_on.isoformat()}，{found.hours_planned} 学时"
    when += f"，余 {found.capacity - view.seated} 席"
    return f"{found.name}，{view.institution_name}，{when}（{found.number}）"


def read_target(work: Work) -> TrainingClass:
    """Return the class chosen. Raises Refused class_missing, form_field_unreadable."""
    found = _find_chosen(work.session, fields.text(CLASS, "转到哪个班级", limit=40))
    if found is None:
        raise CLASS_MISSING.refused()
    return found


def _find_chosen(session: Session, typed: str) -> TrainingClass | None:
    number = typed.strip().upper()
    serial = number.rpartition("-")[2]
    known = serial.isascii() and serial.isdigit() and len(serial) <= LONGEST_ID
    found = session.get(TrainingClass, int(serial)) if known else None
    return found if found is not None and number in (found.number, serial) else None
