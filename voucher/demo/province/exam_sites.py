"""The exam sites of the play: every evaluator has one, with halls for theory and a workshop."""

from __future__ import annotations

from datetime import time

from sqlalchemy import func, select

from voucher.plumbing.unit_of_work import Work
from voucher.rules.seats import RoomKind
from voucher.stages.assess.models import ExamBatch
from voucher.stages.assess.reading import list_batch_candidates
from voucher.stages.assess.seating import choose_rooms
from voucher.stages.assess.sites import add_room, file_site, list_sites

SITE, ADDRESS = "本部考点", "济源示范区学苑路 1 号"
FIRST_HOUR, HOURS_APART = 9, 5
ROOMS = (
    ("第一考场", RoomKind.HALL, 30),
    ("第二考场", RoomKind.HALL, 30),
    ("实训车间", RoomKind.WORKSHOP, 20),
)


def open_site(work: Work, institution_id: int) -> None:
    """File the site of an evaluator with its rooms."""
    site = file_site(work, institution_id, SITE, ADDRESS)
    for name, kind, seats in ROOMS:
        add_room(work, site.id, name, kind, seats)


def seat_everybody(work: Work, batch_id: int) -> None:
    """Hold an exam in as many rooms of its evaluator as it needs, after those of the same day.

    An evaluator that has filed no site yet files its own first.
    """
    batch = work.session.get_one(ExamBatch, batch_id)
    earlier = select(func.count()).where(
        ExamBatch.institution_id == batch.institution_id,
        ExamBatch.exam_on == batch.exam_on,
        ExamBatch.id < batch.id,
    )
    people = len(list_batch_candidates(work.session, batch_id))
    if not list_sites(work.session, [batch.institution_id]):
        open_site(work, batch.institution_id)
    chosen: list[int] = []
    seats = 0
    for site in list_sites(work.session, [batch.institution_id]):
        for room in site.rooms:
            if seats < people:
                chosen.append(room.id)
                seats += room.seats
    begins = time(FIRST_HOUR + HOURS_APART * (work.session.scalar(earlier) or 0))
    choose_rooms(work, batch_id, chosen, begins)
