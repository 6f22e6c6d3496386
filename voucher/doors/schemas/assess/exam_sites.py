"""Exam sites and their rooms, rooms chosen for an exam, seats in them and the slips that name them."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Ids, Moment, Whole, Word, Words
from voucher.rules.seats import RoomKind
from voucher.stages.assess.sites import SEATS_MOST

KIND = {"description": "hall 考场、workshop 车间"}


class NewExamSite(Body):
    """A place exams are held at."""

    institution_id = Whole(required=True, least=1, metadata={"description": "评价机构"})
    name = Words(required=True, most=60, metadata={"description": "考点名称"})
    address = Words(required=True, most=WORDS_MAX, metadata={"description": "详细地址"})


class NewExamRoom(Body):
    """A hall or a workshop of a site."""

    name = Words(required=True, most=60, metadata={"description": "考场名称"})
    kind = Word(RoomKind, required=True, metadata=KIND)
    seats = Whole(required=True, least=1, most=SEATS_MOST, metadata={"description": "座位（工位）数"})


class NewExamRoomEnd(Body):
    """Why a room is used no more."""

    why = Words(required=True, most=WORDS_MAX, metadata={"description": "理由"})


class NewRoomChoice(Body):
    """The rooms of an exam, all of them; whoever has a seat in one that stays, keeps it."""

    room_ids = Ids(required=True)
    begins = fields.Time(
        required=True, format="%H:%M", metadata={"description": "开考时间", "example": "09:00"}
    )


class NewSlips(Body):
    """Whose slip; nobody named means everybody's."""

    candidate_id = Whole(load_default=None, allow_none=True, least=1, metadata={"description": "考生"})


class ExamRoomState(Schema):
    """A room in use."""

    id = fields.Integer()
    site_id = fields.Integer()
    name = fields.String()
    kind = fields.String(metadata=KIND)
    seats = fields.Integer()
    ended_at = Moment(allow_none=True)


class ExamSiteState(Schema):
    """A site in use, with its rooms."""

    id = fields.Integer()
    institution_id = fields.Integer()
    name = fields.String()
    address = fields.String()
    rooms = fields.List(fields.Nested(ExamRoomState))


class ExamSites(Schema):
    """The sites of one's own evaluators."""

    items = fields.List(fields.Nested(ExamSiteState))


class SeatState(Schema):
    """Where a candidate sits, the name masked."""

    id = fields.Integer()
    candidate_id = fields.Integer()
    masked_name = fields.String(metadata={"example": "张*"})
    site_name = fields.String()
    room_name = fields.String()
    seat = fields.Integer()
    begins_at = Moment()


Seats = page_of(SeatState(), "Seats")


class RoomsChosen(Schema):
    """How many are seated."""

    exam_batch_id = fields.Integer()
    seats = fields.Integer(metadata={"description": "已排座位的考生人数"})


class SlipPlace(Schema):
    """Where a candidate sits, as the slip says."""

    site_name = fields.String()
    address = fields.String()
    room_name = fields.String()
    kind_name = fields.String()
    seat = fields.Integer()
    begins_at = Moment()


class SlipState(Schema):
    """An admission slip, with the whole name; the end of the card is never told."""

    candidate_id = fields.Integer()
    number = fields.String(metadata={"description": "准考证号", "example": "202400000700000128"})
    name = fields.String()
    masked_number = fields.String()
    batch_number = fields.String()
    evaluator_name = fields.String()
    trade_name = fields.String()
    level_name = fields.String()
    exam_on = fields.Date()
    address = fields.String()
    place = fields.Nested(SlipPlace, allow_none=True)
    subjects = fields.List(fields.String(), metadata={"description": "要考的科目；已合格、带入的不再考"})


class SlipsPrinted(Schema):
    """The slips of an exam, in the order of rooms and seats."""

    exam_batch_id = fields.Integer()
    items = fields.List(fields.Nested(SlipState))
