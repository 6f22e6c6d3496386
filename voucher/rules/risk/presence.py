"""Risk rules over who signs in where, on what and how evenly (签到): R03, R04, R05."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from voucher.rules.positions import Position, distance_metres
from voucher.rules.register import rule
from voucher.rules.risk.data_set import Facts, Marks
from voucher.rules.risk.facts import Mark, Session
from voucher.rules.risk.findings import Finding, Thresholds
from voucher.rules.risk.measures import deviation_hundredths, median, written_day

SINCE = date(2021, 10, 28)
SOURCE = "审计署2022年 虚假培训（DOMAIN N12）; 【参】签到异常"
_KM_SECONDS = 3600


@rule(number="RSK-03", stage="监管", source=SOURCE, since=SINCE)
def find_shared_devices(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find the devices, kiosks apart, that signed in several persons on a day; a family is one (R03)."""
    family = {link.person: f"家庭{link.value}" for link in facts.links if link.kind == "family"}
    limit = most["risk_device_people"]
    for day, marks in facts.days_of_marks():
        held: dict[str, Marks] = defaultdict(Marks)
        for mark in marks:
            if mark.device and not mark.is_kiosk:
                held[mark.device].append(mark)
        counts = {
            device: len({family.get(each.person, each.person) for each in found})
            for device, found in held.items()
        }
        usual = median([count for count in counts.values() if count < limit])
        peers = f"；当天其他个人设备多为 {usual} 人" if usual is not None else ""
        for device in sorted(each for each, count in counts.items() if count >= limit):
            found, count = held[device], counts[device]
            yield Finding(
                "R03", "device", device, written_day(day), count, "人", limit, usual,
                f"{{device:{device}}} 在 {written_day(day)} 为 {count} 名不同的学员签到，"
                f"达到 {limit} 人的界限{peers}。",
                found.rows(), found.people(), facts.house_of(found.classes()),
            )  # fmt: skip


@rule(number="RSK-04", stage="监管", source=SOURCE, since=SINCE)
def find_impossible_travel(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find persons at two places too far apart for the time between, or in two overlapping classes (R04)."""
    sessions = {each.id: each for each in facts.sessions}
    fastest = most["risk_travel_kmh"]
    for day, marks in facts.days_of_marks():
        held: dict[str, Marks] = defaultdict(Marks)
        for mark in marks:
            held[mark.person].append(mark)
        for person in sorted(each for each, found in held.items() if len(found) > 1):
            found = held[person]
            yield from _too_fast(facts, day, person, found, fastest)
            if len({each.class_id for each in found}) > 1:
                yield from _overlapping(facts, day, person, found, sessions)


def _too_fast(facts: Facts, day: int, person: str, found: Marks, fastest: int) -> Iterator[Finding]:
    worst = 0
    behind = Marks()
    for one, other in pairwise(found):
        here, there = _position(one), _position(other)
        if here is None or there is None:
            continue
        metres = distance_metres(here, there) - (one.accuracy_m or 0) - (other.accuracy_m or 0)
        speed = metres * _KM_SECONDS // (max(1, other.at - one.at) * 1000)
        if metres > 1000 and speed > worst:
            worst, behind = speed, Marks((one, other))
    if worst > fastest:
        minutes = (behind[1].at - behind[0].at) // 60
        yield Finding(
            "R04", "person", person, written_day(day), worst, "公里/小时", fastest, None,
            f"{{person:{person}}} 在 {written_day(day)} 的两次签到相隔 {minutes} 分钟，按位置要每小时走 "
            f"{worst} 公里，超过 {fastest} 公里的界限。",
            behind.rows(), (person,), facts.house_of(behind.classes()),
        )  # fmt: skip


def _overlapping(
    facts: Facts, day: int, person: str, found: Marks, sessions: dict[str, Session]
) -> Iterator[Finding]:
    seen = sorted(
        {(s.starts_at, s.ends_at, s.class_id, s.id) for each in found if (s := sessions.get(each.session))}
    )
    for one, other in pairwise(seen):
        if one[2] != other[2] and other[0] < one[1]:
            behind = Marks(each for each in found if each.session in {one[3], other[3]})
            minutes = (min(one[1], other[1]) - other[0]) // 60
            yield Finding(
                "R04", "person", person, f"{written_day(day)} 重叠", minutes, "分钟", 0, None,
                f"{{person:{person}}} 在 {written_day(day)} 同时在 {{class:{one[2]}}} "
                f"和 {{class:{other[2]}}} "
                f"签到，两个班的课重叠 {minutes} 分钟。",
                behind.rows(), (person,), facts.house_of(behind.classes()),
                tuple(("place", f"{each}/{person}") for each in sorted({one[2], other[2]})),
            )  # fmt: skip
            return


@rule(number="RSK-05", stage="监管", source=SOURCE, since=SINCE)
def find_metronomes(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find devices whose scans follow each other too evenly or too quickly for people in a queue (R05)."""
    least, even, quick = (
        most[each] for each in ("risk_metronome_scans", "risk_metronome_cs", "risk_quick_scan_seconds")
    )
    for day, marks in facts.days_of_marks():
        held: dict[tuple[str, str], Marks] = defaultdict(Marks)
        for mark in marks:
            if mark.device:
                held[mark.device, mark.session].append(mark)
        queues = {key: found for key, found in held.items() if len({each.person for each in found}) > least}
        spreads = {key: deviation_hundredths(_gaps(found)) for key, found in queues.items()}
        usual = median(spreads.values())
        for key in sorted(queues):
            found, (device, session) = queues[key], key
            middle = median(_gaps(found)) or 0
            said = ""
            if spreads[key] < even:
                said = (
                    f"间隔的标准差只有 {_hundredths(spreads[key])} 秒，低于 {_hundredths(even)} 秒的界限，"
                    "像机器打拍子"
                )
            elif middle < quick:
                said = f"间隔多为 {middle} 秒，低于 {quick} 秒的界限，人来不及逐个出示"
            if said:
                yield Finding(
                    "R05", "session", session, f"{written_day(day)} {device}", spreads[key],
                    "百分之一秒", even, usual,
                    f"{{device:{device}}} 在 {written_day(day)} 的 {{session:{session}}} "
                    f"连续为 {len(found)} 人"
                    f"登记，{said}。",
                    found.rows(), found.people(), facts.house_of(found.classes()),
                )  # fmt: skip


def _position(mark: Mark) -> Position | None:
    if mark.latitude_e6 is None or mark.longitude_e6 is None:
        return None
    return Position(mark.latitude_e6, mark.longitude_e6)


def _gaps(marks: Marks) -> list[int]:
    return [other.at - one.at for one, other in pairwise(marks)]


def _hundredths(number: int) -> str:
    return f"{number // 100}.{number % 100:02d}"
