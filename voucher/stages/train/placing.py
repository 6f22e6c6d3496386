"""Where a mark was made (签到位置): its distance from the filed room, and why it says none."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.tables import read_flag, require_parameter_number
from voucher.rules.classes import OFFLINE
from voucher.rules.positions import NoPosition, Position, check_position, distance_metres, is_far_away
from voucher.stages.train.doubting import open_doubt
from voucher.stages.train.filed import find_room_position
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.marks import FAR_AWAY, NO_POSITION, AttendanceMark
from voucher.stages.train.reading import place_of

ASKED, METRES, ACCURACY = "mark_place_asked", "mark_place_metres", "mark_place_accuracy_metres"


@dataclass(frozen=True, slots=True)
class Where:
    """What a device says of where it is, or why it says nothing; `is_mocked` only a program can tell."""

    latitude_e6: int | None = None
    longitude_e6: int | None = None
    accuracy_m: int | None = None
    why_not: str = ""
    is_mocked: bool | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """What is kept: distance from the room and its error in metres, or why there is none.

    The position itself is kept apart, and not for long.
    """

    distance_m: int | None = None
    accuracy_m: int | None = None
    no_position: str | None = None
    position: Position | None = field(default=None, repr=False)
    is_mocked: bool | None = None


def find_asked_room(session: Session, held: ClassSession, found: TrainingClass) -> Position | None:
    """Return where the room of a session lies if marks in it say how far away they were made.

    None where the policy does not ask, online, and where the filing gives the room no position.
    Raises Refused parameter_missing.
    """
    regions = catalogue.list_ancestry(session, found.region_code)
    if held.mode != OFFLINE or not read_flag(session, ASKED, day_of(held.starts_at), regions):
        return None
    return find_room_position(session, found, place_of(found, held))


def measure(work: Work, held: ClassSession, found: TrainingClass, where: Where) -> Placed:
    """Return what a mark keeps of where it was made; nothing where nothing is asked.

    Raises Refused position_malformed, parameter_missing.
    """
    room = find_asked_room(work.session, held, found)
    if room is None:
        return Placed()
    check_position(where.latitude_e6, where.longitude_e6)
    if where.latitude_e6 is None or where.longitude_e6 is None:
        declined = where.why_not == NoPosition.REFUSED
        return Placed(no_position=str(NoPosition.REFUSED if declined else NoPosition.UNAVAILABLE))
    regions = catalogue.list_ancestry(work.session, found.region_code)
    roughest = require_parameter_number(work.session, ACCURACY, work.today, regions)
    accuracy_m = where.accuracy_m if where.accuracy_m is not None else roughest
    if accuracy_m > roughest:
        return Placed(accuracy_m=accuracy_m, no_position=str(NoPosition.INACCURATE))
    at = Position(where.latitude_e6, where.longitude_e6)
    return Placed(distance_metres(room, at), accuracy_m, position=at, is_mocked=where.is_mocked)


def doubt_place(work: Work, found: TrainingClass, mark: AttendanceMark) -> None:
    """Open a case, or add to the open one, where a mark was made far away or does not say where."""
    if mark.no_position is not None:
        open_doubt(work, found, mark.session_id, NO_POSITION, [mark.id])
    elif mark.distance_m is not None:
        regions = catalogue.list_ancestry(work.session, found.region_code)
        most = require_parameter_number(work.session, METRES, work.today, regions)
        if is_far_away(mark.distance_m, mark.accuracy_m or 0, most):
            open_doubt(work, found, mark.session_id, FAR_AWAY, [mark.id])
