"""Where a mark was made (签到位置): how far from the room, and when that is doubtful; no point is kept.

Positions are whole micro-degrees, distances whole metres; every limit is a dated parameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import isqrt

from voucher.rules.errors import reason
from voucher.rules.register import rule

SINCE = date(2021, 10, 28)
SOURCE = "审计署2022年 虚假培训（DOMAIN N12）; RISK R03; 个人信息保护法 第六条（最小范围）; 【设】签到位置"
DEGREE_M = 111_195
STEP_M = 10
MILLION = 1_000_000
_HALF_TURN = 180 * 180 * MILLION * MILLION

POSITION_WRONG = reason(
    "position_malformed",
    "纬度、经度没有一起填写，或超出范围",
    "请按地图填写，例如纬度 35.067300、经度 112.602300；不核对签到位置的，两项都不填",
    SOURCE,
)


class NoPosition(StrEnum):
    """Why a mark says no distance: the person declined, the device cannot tell, or only roughly."""

    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    INACCURATE = "inaccurate"


NO_POSITION_NAMES = {
    NoPosition.REFUSED: "没有同意提供位置",
    NoPosition.UNAVAILABLE: "设备没有给出位置",
    NoPosition.INACCURATE: "位置太不准",
}


@dataclass(frozen=True, slots=True)
class Position:
    """A point on the earth in micro-degrees."""

    latitude_e6: int
    longitude_e6: int


@rule(number="POS-01", stage="培训", source=SOURCE, since=SINCE)
def check_position(latitude_e6: int | None, longitude_e6: int | None) -> None:
    """Check that a position is whole and on the earth, or not given at all. Raises position_malformed."""
    if latitude_e6 is None and longitude_e6 is None:
        return
    if latitude_e6 is None or longitude_e6 is None:
        raise POSITION_WRONG.refused()
    if abs(latitude_e6) > 90 * MILLION or abs(longitude_e6) > 180 * MILLION:
        raise POSITION_WRONG.refused()


@rule(number="POS-02", stage="培训", source=SOURCE, since=SINCE)
def distance_metres(one: Position, other: Position) -> int:
    """Return how far two points are apart, rounded to ten metres so that it tells no point.

    As on a plane, which is good to some metres within a town; beyond it far is far. The cosine is Bhaskara's.
    """
    square = one.latitude_e6 * one.latitude_e6
    cosine_e6 = (_HALF_TURN - 4 * square) * MILLION // (_HALF_TURN + square)
    turn = abs(other.longitude_e6 - one.longitude_e6)
    east = min(turn, 360 * MILLION - turn) * DEGREE_M * cosine_e6 // MILLION
    north = (other.latitude_e6 - one.latitude_e6) * DEGREE_M
    metres = isqrt(east * east + north * north) // MILLION
    return (metres + STEP_M // 2) // STEP_M * STEP_M


@rule(number="POS-03", stage="培训", source=SOURCE, since=SINCE)
def is_far_away(distance_m: int, accuracy_m: int, most_m: int) -> bool:
    """Return whether a device was certainly farther from the room than is allowed; its error is forgiven."""
    return distance_m - accuracy_m > most_m
