"""Seats of an exam: allotted room by room in an order anybody can compute again, never beyond a room."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = "苏政办发〔2024〕37号（十四）“车间+考场”; S4-14a; 【设】座位按批次号和考生编号的摘要排序"
FOUNDED = date(2021, 10, 28)

ROOMS_FULL = reason(
    "exam_rooms_full",
    "所选考场共 {seats} 个座位，本场有 {people} 名考生，坐不下",
    "请增加考场，或把考生分到另一场考试",
    SOURCE,
    Family.CONFLICT,
)


class RoomKind(StrEnum):
    """Where an exam is sat: in a hall, or at the machines of a workshop."""

    HALL = "hall"
    WORKSHOP = "workshop"


ROOM_KIND_NAMES = {RoomKind.HALL: "考场", RoomKind.WORKSHOP: "车间"}


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a room, counted from 1."""

    room_id: int
    number: int


@rule(number="ASM-44", stage="评价", source=SOURCE, since=FOUNDED)
def order_for_seats(seed: str, candidate_ids: Collection[int]) -> list[int]:
    """Return candidates in the order they are seated: by a digest, so that friends do not sit together."""
    return sorted(
        candidate_ids, key=lambda each: (hashlib.sha256(f"{seed}:{each}".encode()).hexdigest(), each)
    )


@rule(number="ASM-45", stage="评价", source=SOURCE, since=FOUNDED)
def allot_seats(
    seed: str, candidate_ids: Collection[int], rooms: Sequence[tuple[int, int]], taken: Collection[Seat] = ()
) -> dict[int, Seat]:
    """Return a free seat for each candidate; `rooms` are ids with their seats, filled one after another.

    Raises exam_rooms_full.
    """
    held = set(taken)
    free = [
        seat
        for room_id, seats in rooms
        for seat in (Seat(room_id, number) for number in range(1, seats + 1))
        if seat not in held
    ]
    if len(free) < len(candidate_ids):
        people = len(candidate_ids) + len(held)
        raise ROOMS_FULL.refused(seats=sum(seats for _, seats in rooms), people=people)
    return dict(zip(order_for_seats(seed, candidate_ids), free, strict=False))
