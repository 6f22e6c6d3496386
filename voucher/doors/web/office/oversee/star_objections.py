"""星级异议: what institutions object to in their stars, what the formula says today, and the answer."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS, WATCHERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.registry.sanctions import get_institution_within
from voucher.rules.stars import LINE_NAMES
from voucher.stages.oversee.quality import replying
from voucher.stages.oversee.quality.giving import STARS_MISSING
from voucher.stages.oversee.quality.models import StarRating, StarReply

PER_PAGE = 20
OUTCOMES = {"uphold": True, "dismiss": False}


@office.get("/office/star-objections")
def star_objections() -> ResponseReturnValue:
    """Show the objections that wait for an answer, the oldest first."""
    door, after = the_door(), fields.cursor()
    regions = current_actor().regions_as(*OFFICERS, *WATCHERS)
    with door.read() as session:
        rows = replying.list_objected(session, regions, after_id=after, limit=PER_PAGE)
        return render_template(
            "office/star_objections.html",
            rows=[(each, house, replying.find_reply_due(session, each)) for each, house in rows],
            after=after,
            per_page=PER_PAGE,
        )


@office.get("/office/star-objections/<int:rating_id>")
def star_objection(rating_id: int) -> ResponseReturnValue:
    """Show one objection beside what was given and what the same formula says today."""
    return _show(rating_id)


@office.post("/office/star-objections/<int:rating_id>/answers")
def answer_star_objection(rating_id: int) -> ResponseReturnValue:
    """Answer it, once."""

    def call(work: Work) -> Done:
        outcome = fields.text("outcome", "结论")
        words = fields.text("words", "答复的理由", limit=1000)
        made = replying.answer_objection(work, rating_id, words, is_upheld=OUTCOMES.get(outcome, False))
        said = "已答复异议不成立" if not made.is_upheld else "已答复异议成立，" + _changed(made)
        return Done(said, url_for("web.office.star_objection", rating_id=rating_id))

    return submit(call, lambda: _show(rating_id))


def _changed(made: StarReply) -> str:
    return "人次不足，这一年不再评星级" if made.stars is None else f"星级更正为 {made.stars} 星"


def _show(rating_id: int) -> str:
    door, actor = the_door(), current_actor()
    with door.read() as session:
        found = session.get(StarRating, rating_id)
        if found is None:
            raise STARS_MISSING.refused()
        house = get_institution_within(session, found.institution_id, actor.regions_as(*OFFICERS, *WATCHERS))
        figures, anew = replying.count_anew(session, found, door.today)
        return render_template(
            "office/star_objection.html",
            found=found,
            house=house,
            reply=session.get(StarReply, rating_id),
            due=replying.find_reply_due(session, found),
            figures=figures,
            anew=anew,
            same=anew is not None and anew.total_tenths == found.total_tenths,
            better=anew is not None and anew.total_tenths > found.total_tenths,
            names=LINE_NAMES,
            is_mine=found.given_by_person_id == actor.person_id,
        )
