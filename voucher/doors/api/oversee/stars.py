"""Stars of institutions: everybody's list of a year, an institution's objection, the office's answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS, PAYEE_STAFF, WATCHERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.oversee.stars import (
    NewStarAnswer,
    NewStarObjection,
    StarFilter,
    StarObjection,
    StarObjections,
    StarRatings,
    StarRatingState,
)
from voucher.doors.schemas.paging import Paging, paged
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.stages.oversee.quality import replying
from voucher.stages.oversee.quality.giving import object_to_stars
from voucher.stages.oversee.quality.models import StarRating, StarReply
from voucher.stages.oversee.quality.queries import Given, list_ratings, list_starred

star_ratings = Room("star_ratings", __name__, url_prefix="/api/v1", description="机构星级")
OWN_YEARS = 20


@star_ratings.look("/star-ratings", query=StarFilter, answer=StarRatings)
def list_star_ratings(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """一个年度的机构星级，更正过的为更正后；不带年度的为上一年。"""
    year = asked["year"] or the_door().today.year - 1
    page = paged(
        asked,
        lambda after, limit: list_starred(session, year, after_id=after or 0, limit=limit),
        lambda row: row[0].rating.id,
    )
    return page | {"items": [_tell(given, house) for given, house in page["items"]]}


@star_ratings.look("/own-star-ratings", answer=StarObjections)
def list_own_star_ratings(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """本机构各年的星级，每一分的来历，异议和答复。"""
    rows = list_ratings(session, institutions_served(PAYEE_STAFF), limit=OWN_YEARS)
    items = [
        _tell_whole(session, each, session.get_one(Institution, each.rating.institution_id)) for each in rows
    ]
    return {"items": items, "next_cursor": None}


@star_ratings.look("/star-objections", query=Paging, answer=StarObjections)
def list_star_objections(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区还没有答复的星级异议，早的在前。"""
    regions = current_actor().regions_as(*OFFICERS, *WATCHERS)
    page = paged(
        asked,
        lambda after, limit: replying.list_objected(session, regions, after_id=after or 0, limit=limit),
        lambda row: row[0].id,
    )
    return page | {
        "items": [_tell_whole(session, Given(rating, None), house) for rating, house in page["items"]]
    }


@star_ratings.act(
    "/star-ratings/<int:rating_id>/objections",
    body=NewStarObjection,
    answer=StarObjection,
    example={"words": "12 月的结业签字没有计入"},
)
def object_to_rating(work: Work, given: dict[str, Any], rating_id: int) -> dict[str, Any]:
    """机构对本机构的星级提出一次异议，限异议期内。"""
    found = object_to_stars(work, rating_id, given["words"])
    return _tell_whole(work.session, Given(found, None), _house(work, found))


@star_ratings.act(
    "/star-ratings/<int:rating_id>/answers",
    body=NewStarAnswer,
    answer=StarObjection,
    example={"is_upheld": True, "words": "结业签字已补录，按原公式重算"},
)
def answer_star_objection(work: Work, given: dict[str, Any], rating_id: int) -> dict[str, Any]:
    """答复异议，由没有评定的人；成立的按原公式重算，不低于原评定。"""
    made = replying.answer_objection(work, rating_id, given["words"], is_upheld=given["is_upheld"])
    found = work.session.get_one(StarRating, rating_id)
    return _tell_whole(work.session, Given(found, made), _house(work, found))


def _house(work: Work, found: StarRating) -> Institution:
    return work.session.get_one(Institution, found.institution_id)


def _tell(given: Given, house: Institution) -> dict[str, Any]:
    return told(given.rating, StarRatingState) | {
        "institution_name": house.name,
        "stars": given.stars,
        "total_tenths": given.total_tenths,
        "is_corrected": given.is_corrected,
    }


def _tell_whole(session: Session, given: Given, house: Institution) -> dict[str, Any]:
    rating, reply = given.rating, given.reply
    return _tell(given, house) | {
        "lines": [
            {"word": word, "points_tenths": points, "most_tenths": most}
            for word, points, most in rating.lines
        ],
        "objection": rating.objection,
        "objected_at": rating.objected_at,
        "reply_due": replying.find_reply_due(session, rating),
        "reply": rating.reply,
        "is_upheld": reply.is_upheld if isinstance(reply, StarReply) else None,
    }
