"""The intake of a class (开班名册): people are put on it before it is filed, and until it begins.

A class with an intake takes in nobody else; one without takes in whoever holds a voucher that fits. Once the
office has allowed it, its intake changes within what was allowed, and the office sees by how much.
Locks are taken in the order institution, person, class.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from voucher.ledger import audit
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Newcomer, index_of, lock_people
from voucher.registry.recognising import Recognised, recognise
from voucher.rules.classes import Slot
from voucher.rules.errors import Family, KeptRefused, Refusal, Refused, reason
from voucher.rules.identity import normalise_identity, normalise_mobile
from voucher.rules.intakes import MOVED_DENIED, MOVED_STRUCK, SOURCE, STRUCK_OFF
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.names import normalise_name
from voucher.rules.privacy import mask_name
from voucher.stages.train.intake_checks import (
    TOLD,
    check_kept_intake,
    check_sized_intake,
    find_booked,
    find_clash,
    is_denied,
    is_seated,
    list_named,
    list_sitting,
    list_struck,
)
from voucher.stages.train.intake_lookups import keep_lookups, lock_lookups, note_lookups
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.intakes import ClassIntake
from voucher.stages.train.naming import tell_named
from voucher.stages.train.reading import (
    begins_at,
    format_moment,
    get_own_class,
    list_sessions,
    slots_of,
)

OPEN = ("draft", "returned", "approved")

INTAKE_CLOSED = reason(
    "class_intake_closed",
    "班级当前为“{state}”，开班名册不能改",
    "草稿、退回补正和准予开班后、开课前可以改；审核期间要改的，请联系审核人员退回",
    SOURCE,
    Family.CONFLICT,
)
INTAKE_BEGUN = reason(
    "class_intake_begun",
    "班级已于 {began} 开课，开班名册不能再改",
    "开课后才来的人，请本人另选班级，或由人社部门转班",
    SOURCE,
    Family.CONFLICT,
)
INTAKE_EMPTY = reason("class_intake_empty", "名册中没有人员", "请至少填写一人后再导入", SOURCE)
INTAKE_REFUSED = reason(
    "class_intake_refused",
    "名册中有 {count} 人不能列入，没有保存任何人：{told}",
    "请按逐人的原因更正后重新导入；也可以勾选“其余的先列入”",
    SOURCE,
    Family.CONFLICT,
)
NAMED_TWICE = reason(
    "class_intake_named_twice",
    "与第 {first} 人是同一人",
    "请删去重复的一行：同一人的不同写法视为同一人",
    SOURCE,
)
NOT_NAMED = reason(
    "class_intake_entry_missing",
    "开班名册上没有这个人，或已经去掉",
    "请刷新开班名册后重新选择",
    SOURCE,
    Family.MISSING,
)
INTAKE_FULL = reason(
    "class_intake_full",
    "转入的班按名册开班，连同名册上还没报名的共 {size} 人，超过班额 {capacity} 人",
    "请转到别的班，或请机构先从名册去掉不来的人",
    SOURCE,
    Family.LIMIT,
)
INTAKE_SEATED = reason(
    "class_intake_seated",
    "这个人已经报名，不能从开班名册去掉",
    "请先为本人办理退出班级，再从名册去掉；已经结业的留在名册上，券有问题的，在券的页面停下核查",
    SOURCE,
    Family.CONFLICT,
)
INTAKE_DENIED_HELD = reason(
    "class_intake_denied_held",
    "这个人反映没有报这个班，人社部门正在核实，这一行先不能改",
    "请等核实结论；确属误列的，请向核实人员书面说明，由其去掉",
    SOURCE,
    Family.CONFLICT,
)


def add_to_intake(
    work: Work, class_id: int, people: Sequence[Newcomer], *, partial: bool = False
) -> tuple[int, list[tuple[int, Refusal]]]:
    """Put people on the intake of a class; return how many are new, and who was left out (place, why).

    One who cannot be taken keeps everybody off, unless `partial` asks for the others. Raises Refused
    role_missing, class_missing, class_intake_closed, class_intake_begun, class_intake_empty,
    class_too_large, class_intake_too_large, class_intake_lookups_used_up, class_intake_not_approved,
    class_intake_grown, class_intake_replaced; KeptRefused class_intake_refused, the look-ups kept.
    """
    house = _take_up(work, class_id, lock=False).institution_id
    if not people:
        raise INTAKE_EMPTY.refused()
    lock_lookups(work, house)
    named, places, refused = _read(work, people)
    recognised = recognise(work, named)
    # before the class: whoever enrols one of them meanwhile holds him and waits for the class
    known = [each.person_id for each in recognised.values() if each.person_id and each.refusal is None]
    lock_people(work, known)
    found = _take_up(work, class_id)
    note_lookups(work, found, known)
    standing = set(list_named(work.session, found.id))
    wanted, unfit = _judge(work, found, {place: recognised[index] for index, place in places.items()}, known)
    refused = sorted([*refused, *unfit], key=lambda each: each[0])
    fresh = [each for each in wanted if each not in standing]
    if refused and not partial:
        told = "；".join(
            f"第 {place} 人（{mask_name(people[place - 1].name)}）{each.title}"
            for place, each in refused[:TOLD]
        )
        more = f"；另有 {len(refused) - TOLD} 人" if len(refused) > TOLD else ""
        lines = [{"place": place, "code": each.code, "title": each.title} for place, each in refused]
        keep_lookups(work, found, known)
        raise KeptRefused(INTAKE_REFUSED.refusal(count=len(refused), told=told + more, lines=lines))
    if found.state == "approved":
        check_kept_intake(work.session, found, standing, fresh)
    expected = {*standing, *fresh, *list_sitting(work.session, found.id)}
    check_sized_intake(work.session, found, len(expected))
    _put_on(work, found, fresh)
    if found.state == "approved":
        tell_named(work, found, fresh)
    return len(fresh), refused


def take_along(work: Work, found: TrainingClass, voucher: Voucher) -> None:
    """Put somebody the office moves to a class with an intake on it: it allows him, as it allowed the others.

    Who says that he never asked for this class, or was struck off it, is not moved there either. Until the
    class begins nobody on the intake loses a seat to him. Raises Refused class_intake_transfer_denied,
    class_intake_transfer_struck, class_intake_full.
    """
    session, person_id = work.session, voucher.holder_person_id
    if is_denied(session, found.id, person_id):
        raise MOVED_DENIED.refused(voucher=voucher.number)
    if found.intake_size is None:
        return
    if person_id in list_struck(session, found.id):
        raise MOVED_STRUCK.refused(voucher=voucher.number)
    named = list_named(session, found.id)
    if person_id in named:
        return
    expected = {*named, *list_sitting(session, found.id), person_id}
    if begins_at(session, found.id) > work.at and len(expected) > found.capacity:
        raise INTAKE_FULL.refused(size=len(expected), capacity=found.capacity)
    found.intake_size += 1
    _put_on(work, found, [person_id])


def _put_on(work: Work, found: TrainingClass, person_ids: Sequence[int]) -> None:
    work.session.add_all(
        ClassIntake(
            class_id=found.id, person_id=each, listed_at=work.at, listed_by_person_id=work.actor.person_id
        )
        for each in person_ids
    )
    work.session.flush()
    if person_ids:
        people, state = len(person_ids), found.state
        audit.record_one(work, str(Thing.CLASS), found.id, "add_to_intake", people=people, state=state)


def remove_from_intake(work: Work, class_id: int, entry_id: int) -> ClassIntake:
    """Strike somebody off the intake of a class; whoever sits in it leaves it first.

    Raises Refused role_missing, class_missing, class_intake_closed, class_intake_begun,
    class_intake_entry_missing, class_intake_seated, class_intake_denied_held.
    """
    found = _take_up(work, class_id)
    entry = work.session.get(ClassIntake, entry_id, populate_existing=True)
    if entry is None or entry.class_id != found.id or entry.removed_at is not None:
        raise NOT_NAMED.refused()
    if is_seated(work.session, found.id, entry.person_id):
        raise INTAKE_SEATED.refused()
    if is_denied(work.session, found.id, entry.person_id):
        raise INTAKE_DENIED_HELD.refused()
    entry.removed_at, entry.removed_by_person_id = work.at, work.actor.person_id
    work.session.flush()
    audit.record_one(
        work, str(Thing.CLASS), found.id, "remove_from_intake", entry=entry.id, state=found.state
    )
    return entry


def lock_intake(work: Work, class_id: int) -> list[int]:
    """Lock the people on an intake before their class, and return them: nobody enrols them meanwhile."""
    named = list_named(work.session, class_id)
    lock_people(work, named)
    return named


def _take_up(work: Work, class_id: int, *, lock: bool = True) -> TrainingClass:
    """Return the actor's own class, locked unless only looked at, its intake still open."""
    found = get_own_class(work, class_id, lock=lock)
    if found.state not in OPEN:
        raise INTAKE_CLOSED.refused(state=STATE_NAMES[Thing.CLASS][found.state])
    began = begins_at(work.session, found.id)
    if found.state == "approved" and began <= work.at:
        raise INTAKE_BEGUN.refused(began=format_moment(began))
    return found


def _judge(
    work: Work, found: TrainingClass, named: Mapping[int, Recognised], known: Collection[int]
) -> tuple[list[int], list[tuple[int, Refusal]]]:
    """Return the people who may be on the intake, and the place and reason of each who may not."""
    mine = slots_of(list_sessions(work.session, found.id))
    booked = find_booked(work.session, found, known, mine)
    struck = list_struck(work.session, found.id)
    refused: list[tuple[int, Refusal]] = []
    wanted: dict[int, int] = {}
    for place, who in named.items():
        barred = STRUCK_OFF.refusal() if who.person_id in struck else None
        why = who.refusal or barred or _refuse_person(who, wanted, booked, mine)
        if why is not None:
            refused.append((place, why))
        elif who.person_id is not None:
            wanted[who.person_id] = place
    return sorted(wanted), refused


def _read(
    work: Work, people: Sequence[Newcomer]
) -> tuple[dict[str, Newcomer], dict[str, int], list[tuple[int, Refusal]]]:
    """Return who is named by blind index, each with a place, and whoever is unreadable or named twice."""
    named: dict[str, Newcomer] = {}
    places: dict[str, int] = {}
    refused: list[tuple[int, Refusal]] = []
    for place, each in enumerate(people, start=1):
        try:
            person = _read_one(work, each)
        except Refused as unreadable:
            refused.append((place, unreadable.refusal))
            continue
        index = index_of(work.keyring, person.number)
        if index in places:
            refused.append((place, NAMED_TWICE.refusal(first=places[index])))
            continue
        named[index], places[index] = person, place
    return named, places, refused


def _read_one(work: Work, given: Newcomer) -> Newcomer:
    number = normalise_identity(given.number, work.today)
    mobile = normalise_mobile(given.mobile) if given.mobile else None
    return Newcomer(number, normalise_name(given.name), mobile)


def _refuse_person(
    who: Recognised,
    wanted: Mapping[int, int],
    booked: Mapping[int, Sequence[tuple[str, Slot]]],
    mine: Sequence[Slot],
) -> Refusal | None:
    """Return why a person whose name agrees is kept off: named by a former number, or taught elsewhere."""
    if who.person_id is None:
        return NOT_NAMED.refusal()
    if who.person_id in wanted:
        return NAMED_TWICE.refusal(first=wanted[who.person_id])
    return find_clash(mine, booked.get(who.person_id, ()))
