"""Risk rules over classes (班级): R08 perfect, R11 overfull, R12 one teacher twice, R27 silent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from voucher.rules.register import rule
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.facts import Contact, Place, Result, Session, TrainingClass
from voucher.rules.risk.findings import Finding, Thresholds
from voucher.rules.risk.measures import (
    WHOLE,
    day_number,
    deviation_hundredths,
    median,
    share_bp,
    written_day,
    written_month,
    written_share,
)

SINCE = date(2021, 10, 28)
SOURCE = "审计署2022年 虚假班级（DOMAIN N12）; 【参】班级异常"
DENIED, SILENT = "denied", "silent"


@rule(number="RSK-08", stage="监管", source=SOURCE, since=SINCE)
def find_perfect_classes(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find classes where everybody was always there, everybody passed and the scores hardly differ (R08)."""
    least, spread = most["risk_perfect_people"], most["risk_perfect_spread_hundredths"]
    places = _places(facts)
    results: dict[str, dict[str, Result]] = defaultdict(dict)
    for result in facts.results:
        results[result.class_id][result.person] = result
    spreads: dict[str, int] = {}
    for class_id, found in results.items():
        scores = [each.score_hundredths for each in found.values() if each.score_hundredths is not None]
        if len(scores) >= least:
            # scores are hundredths already, so that their deviation comes in ten-thousandths
            spreads[class_id] = deviation_hundredths(scores) // 100
    usual = median(spreads.values())
    for each in facts.classes:
        here, found = places.get(each.id, []), results.get(each.id, {})
        is_perfect = (
            len(here) >= least
            and all(one.present_bp == WHOLE for one in here)
            and len(found) == len(here)
            and all(one.is_passed for one in found.values())
        )
        if is_perfect and spreads.get(each.id, spread) < spread:
            figure = spreads[each.id]
            yield Finding(
                "R08", "class", each.id, written_day(day_number(each.ends_at)), figure, "百分之一分", spread,
                usual,
                f"{{class:{each.id}}} {len(here)} 人全部满勤、全部合格，成绩的标准差只有 "
                f"{figure // 100}.{figure % 100:02d} 分，低于 {spread // 100} 分的界限；其他班多为 "
                f"{(usual or 0) // 100}.{(usual or 0) % 100:02d} 分。",
                tuple(("results", found[one.person].id) for one in here if one.person in found),
                tuple(one.person for one in here), each.institution,
            )  # fmt: skip


@rule(number="RSK-11", stage="监管", source=SOURCE, since=SINCE)
def find_overfull(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find classes with more trainees than places, outside the scope, and teachers with long days (R11)."""
    limit = most["risk_seats_bp"]
    places = _places(facts)
    ratios = {
        each.id: share_bp(len(places.get(each.id, [])), each.seats) for each in facts.classes if each.seats
    }
    usual = median(ratios.values())
    for each in facts.classes:
        here, seats = places.get(each.id, []), each.seats or 0
        if ratios.get(each.id, 0) > limit:
            said = (
                f"有 {len(here)} 名学员，批准的位置只有 {seats} 个；其他班多坐满 {written_share(usual or 0)}"
            )
            yield _overfull(each, here, ratios[each.id], limit, usual, said)
        elif each.is_in_scope == 0 and here:
            yield _out_of_scope(each, here)
    yield from _long_days(facts, most["risk_teacher_day_minutes"])


def _out_of_scope(each: TrainingClass, here: list[Place]) -> Finding:
    """Return what is to say of a class outside; of one that had begun before, nothing is held."""
    begins, out = day_number(each.starts_at), each.out_since_on
    said = "的职业等级不在机构的备案范围内"
    if out is not None and out > begins:
        said = (
            f"开课以后，机构的备案或清单从 {written_day(out)} 起不再含它的职业等级；学员没有过错，不暂停付款"
        )
    stops = () if out is not None and out > begins else (("class", each.id),)
    return Finding(
        "R11", "class", each.id, written_day(begins), len(here), "人", 0, None,
        f"{{class:{each.id}}} {said}。", tuple(("places", one.id) for one in here),
        tuple(one.person for one in here), each.institution, stops,
    )  # fmt: skip


def _overfull(
    each: TrainingClass, here: list[Place], figure: int, limit: int, usual: int | None, said: str
) -> Finding:
    return Finding(
        "R11", "class", each.id, written_day(day_number(each.starts_at)), figure, "万分比", limit, usual,
        f"{{class:{each.id}}} {said}。", tuple(("places", one.id) for one in here),
        tuple(one.person for one in here), each.institution, (("class", each.id),),
    )  # fmt: skip


def _long_days(facts: Facts, limit: int) -> Iterator[Finding]:
    days: dict[tuple[str, int], list[Session]] = defaultdict(list)
    for each in facts.sessions:
        if each.teacher:
            days[each.teacher, day_number(each.starts_at)].append(each)
    minutes = {key: sum(each.ends_at - each.starts_at for each in found) // 60 for key, found in days.items()}
    usual = median(minutes.values())
    for key in sorted(each for each, count in minutes.items() if count > limit):
        (teacher, day), found = key, days[key]
        yield Finding(
            "R11", "teacher", teacher, written_day(day), minutes[key], "分钟", limit, usual,
            f"{{teacher:{teacher}}} 在 {written_day(day)} 的课合计 {minutes[key]} 分钟，超过 {limit} 分钟的"
            f"界限；其他教师一天多为 {usual} 分钟。",
            tuple(("sessions", each.id) for each in found), (),
            facts.house_of({each.class_id for each in found}),
        )  # fmt: skip


@rule(number="RSK-12", stage="监管", source=SOURCE, since=SINCE)
def find_doubled_teachers(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find teachers who stand in two classes at one time (R12)."""
    limit = most["risk_teacher_overlap_minutes"]
    held: dict[str, list[Session]] = defaultdict(list)
    for each in facts.sessions:
        if each.teacher:
            held[each.teacher].append(each)
    for teacher in sorted(held):
        told: set[tuple[int, str, str]] = set()
        for one, other in pairwise(sorted(held[teacher], key=lambda each: (each.starts_at, each.id))):
            minutes = (min(one.ends_at, other.ends_at) - other.starts_at) // 60
            day, pair = day_number(other.starts_at), tuple(sorted((one.class_id, other.class_id)))
            if one.class_id == other.class_id or minutes <= limit or (day, *pair) in told:
                continue
            told.add((day, pair[0], pair[1]))
            yield Finding(
                "R12", "teacher", teacher, f"{written_day(day)} {pair[0]} {pair[1]}", minutes, "分钟", limit,
                0,
                f"{{teacher:{teacher}}} 在 {written_day(day)} 同时给 {{class:{pair[0]}}} 和 "
                f"{{class:{pair[1]}}} 上课，重叠 {minutes} 分钟，界限是 {limit} 分钟。",
                (("sessions", one.id), ("sessions", other.id)), (), facts.house_of(pair),
                tuple(("class", each) for each in pair),
            )  # fmt: skip


@rule(number="RSK-27", stage="监管", source=SOURCE, since=SINCE)
def find_silent_classes(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find classes whose people say in recall calls that they never came, or of whom nobody answers (R27)."""
    denials, share, least = (most[each] for each in ("risk_denials", "risk_silent_bp", "risk_silent_people"))
    held: dict[str, list[Contact]] = defaultdict(list)
    for each in facts.contacts:
        held[each.class_id].append(each)
    counts = {key: Counter(each.answer for each in found) for key, found in held.items()}
    usual_denied = median([found[DENIED] for found in counts.values()])
    silent = {
        key: [each for each in found if each.answer == SILENT and not each.has_opened_app]
        for key, found in held.items()
    }
    shares = {key: share_bp(len(silent[key]), len(found)) for key, found in held.items()}
    ends = {each.id: written_month(day_number(each.ends_at)) for each in facts.classes}
    for class_id in sorted(held):
        found, denied = held[class_id], counts[class_id][DENIED]
        if denied >= denials:
            behind = [each for each in found if each.answer == DENIED]
            figure, unit, limit, usual = denied, "人", denials, usual_denied
            said = (
                f"回访 {len(found)} 人，{denied} 人说没有参加培训，达到 {denials} 人的界限；"
                f"其他班多为 {usual} 人"
            )
        elif len(found) >= least and shares[class_id] >= share:
            behind, figure, unit, limit = silent[class_id], shares[class_id], "万分比", share
            usual = median(shares.values())
            said = (
                f"回访 {len(found)} 人，{written_share(figure)} 联系不上，也没有打开过手机端；"
                f"其他班多为 {written_share(usual or 0)}"
            )
        else:
            continue
        yield Finding(
            "R27", "class", class_id, ends.get(class_id, "-"), figure, unit, limit, usual,
            f"{{class:{class_id}}} {said}。", tuple(("contacts", each.id) for each in behind),
            tuple(each.person for each in behind), facts.house_of((class_id,)),
            (("class", class_id),) if unit == "人" else (),
        )  # fmt: skip


def _places(facts: Facts) -> dict[str, list[Place]]:
    held: dict[str, list[Place]] = defaultdict(list)
    for each in facts.places:
        held[each.class_id].append(each)
    return held
