"""Ratings of classes (学员评价): by their learners, seen by everybody as an average of enough people."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.train.ratings import ClassRated, NewRating, RatingState
from voucher.plumbing.unit_of_work import Work
from voucher.stages.train import queries, rating
from voucher.stages.train.models.ratings import ClassRating
from voucher.stages.train.queries.ratings import Rated, rated_class

ratings = Room("ratings", __name__, url_prefix="/api/v1", description="学员评价")


@ratings.act(
    "/ratings",
    body=NewRating,
    answer=RatingState,
    example={"voucher_id": 42, "stars": 5, "said": "老师讲得清楚"},
)
def rate_class(work: Work, given: dict[str, Any]) -> ClassRating:
    """评价自己结业的班级；截止前可以改，以最后一次为准。"""
    return rating.rate(work, given["voucher_id"], given["stars"], given["said"])


@ratings.look("/classes/<int:class_id>/rating", answer=ClassRated)
def show_rating(session: Session, _asked: dict[str, Any], class_id: int) -> Rated:
    """一个班级的平均评价；人数不足时不显示。"""
    found = queries.get_class_for(session, current_actor(), class_id)
    return rated_class(session, found.id, the_door().today)
