"""Risk rules over whole sessions (课次): R06 within seconds or at odd hours, R07 in a false place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from datetime import date

from voucher.rules.register import rule
from voucher.rules.risk.data_set import Facts, Marks
from voucher.rules.risk.facts import Mark, Session
from voucher.rules.risk.findings import Finding, Thresholds
from voucher.rules.risk.measures import hour_of, median, share_bp, written_day, written_share

SINCE = date(2021, 10, 28)
SOURCE = "审计署2022年 虚假培训（DOMAIN N12）; 【参】签到异常"
IN = "in"
NIGHT = range(5)


@rule(number="RSK-06", stage="监管", source=SOURCE, since=SINCE)
def find_block_sign_ins(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find sessions where the class signs in within seconds, off the timetable or at night (R06)."""
    sessions = {each.id: each for each in facts.sessions}
    seconds, share, least, early, odd = (
        most[each]
        for each in (
            *("risk_block_seconds", "risk_block_share_bp", "risk_block_people"),
            *("risk_timetable_minutes", "risk_odd_marks"),
        )
    )
    for day, marks in facts.days_of_marks():
        held: dict[str, Marks] = defaultdict(Marks)
        for mark in marks:
            if mark.direction == IN:
                held[mark.session].append(mark)
        shares = {
            session: share_bp(_most_within(found, seconds), len(found)) for session, found in held.items()
        }
        usual = median(shares.values())
        for session in sorted(held):
            found = held[session]
            if len(found) >= least and shares[session] > share:
                said = (
                    f"{len(found)} 人中 {written_share(shares[session])} 在 {seconds} 秒内签到，超过 "
                    f"{written_share(share)} 的界限；当天其他课多为 {written_share(usual or 0)}"
                )
                figure, unit, limit, peers = shares[session], "万分比", share, usual
            else:
                wrong = Marks(each for each in found if _is_odd(each, sessions.get(session), early))
                if len(wrong) < odd:
                    continue
                found, figure, unit, limit, peers = wrong, len(wrong), "次", odd, None
                said = (
                    f"有 {len(wrong)} 次签到在课程表时间之外 {early} 分钟以上，或在夜间，达到 {odd} 次的界限"
                )
            yield Finding(
                "R06", "session", session, written_day(day), figure, unit, limit, peers,
                f"{{class:{found[0].class_id}}} 在 {written_day(day)} 的 {{session:{session}}}：{said}。",
                found.rows(), found.people(), facts.house_of(found.classes()),
            )  # fmt: skip


@rule(number="RSK-07", stage="监管", source=SOURCE, since=SINCE)
def find_false_places(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find sessions with marks outside the fence, mocked, at one point or of one accuracy (R07)."""
    fence, times, same, near = (
        most[each]
        for each in (
            *("risk_fence_metres", "risk_false_places", "risk_same_accuracy_marks"),
            "risk_point_accuracy_metres",
        )
    )
    for day, marks in facts.days_of_marks():
        held: dict[str, Marks] = defaultdict(Marks)
        for mark in marks:
            is_placed = mark.latitude_e6 is not None or mark.distance_m is not None
            if mark.is_mocked or (is_placed and not mark.is_kiosk):
                held[mark.session].append(mark)
        for session in sorted(held):
            # a scanner stands in one place for everybody; that it feigns one it says of itself
            everything, found = held[session], Marks(each for each in held[session] if not each.is_kiosk)
            far = Marks(each for each in found if (each.distance_m or 0) - (each.accuracy_m or 0) > fence)
            mocked = Marks(each for each in everything if each.is_mocked)
            point = _at_one_point(found, near)
            exact = found if len(found) >= same and _is_one_accuracy(found) else Marks()
            ways = (
                (f"在批准教室 {fence} 米以外", far, times),
                ("由设备报告位置是模拟的", mocked, times),
                ("由不同的人在小数点后六位都相同的一点作出", point, times),
                ("误差一米不差", exact, same),
            )
            for said, behind, limit in ways:
                if len(behind) < limit:
                    continue
                yield Finding(
                    "R07", "session", session, written_day(day), len(behind), "次", limit, None,
                    f"{{class:{behind[0].class_id}}} 在 {written_day(day)} 的 {{session:{session}}} 有 "
                    f"{len(behind)} 次签到{said}，达到 {limit} 次的界限。",
                    behind.rows(), behind.people(), facts.house_of(behind.classes()),
                )  # fmt: skip
                break


def _most_within(marks: Marks, seconds: int) -> int:
    """Return the largest number of marks within so many seconds."""
    most = first = 0
    for last, mark in enumerate(marks):
        while mark.at - marks[first].at > seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def _is_odd(mark: Mark, session: Session | None, minutes: int) -> bool:
    if hour_of(mark.at) in NIGHT:
        return True
    spare = minutes * 60
    return session is not None and not session.starts_at - spare <= mark.at <= session.ends_at + spare


def _at_one_point(marks: Marks, near: int) -> Marks:
    """Return the marks of the point most persons stood at by satellite, one mark of each.

    Indoors a network tells everybody the same point, and says how rough it is; satellites never do.
    """
    points: dict[Hashable, dict[str, Mark]] = defaultdict(dict)
    for mark in marks:
        if mark.latitude_e6 is not None and mark.accuracy_m is not None and mark.accuracy_m <= near:
            points[mark.latitude_e6, mark.longitude_e6].setdefault(mark.person, mark)
    fullest = max(points.values(), key=len, default={})
    return Marks(fullest.values())


def _is_one_accuracy(marks: Marks) -> bool:
    found = {each.accuracy_m for each in marks}
    return len(found) == 1 and None not in found
