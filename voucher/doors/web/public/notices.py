"""Public notices: the list, one notice with its masked lines, and the objection anyone may lodge."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import figures_rate, limiter, objection_rate
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.notice_paper import answer_list, answer_paper, count_parts, is_of_cards
from voucher.doors.web.public.blueprint import public
from voucher.plumbing.unit_of_work import Work
from voucher.stages.settle import objection, queries
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Notice
from voucher.stages.settle.published import PUBLISHED, find_list, is_archived

NOTICE_STATES = {"posted": "公示中", "closed": "已结束"}
NOTICES_PER_PAGE, LINES_PER_PAGE = 20, 50
CLAIM_NUMBER = re.compile(r"SL-[0-9]{6,12}-[0-9]{4}-(?P<serial>[0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class LevelTotal:
    """The published lines of one level: how many and how much in fen."""

    level: int
    count: int
    amount_fen: int


@public.get("/notices")
def notices() -> ResponseReturnValue:
    """Show the notices, newest first: all, those that stand, or those that have ended."""
    state = fields.asked("state", NOTICE_STATES)
    with the_door().read() as session:
        rows = queries.list_notices(
            session, state=state, before_id=fields.cursor("before") or None, limit=NOTICES_PER_PAGE
        )
        return render_template(
            "public/notices.html", rows=rows, per_page=NOTICES_PER_PAGE, state=state, states=NOTICE_STATES
        )


@public.get("/notices/<int:notice_id>")
def notice(notice_id: int) -> ResponseReturnValue:
    """Show one notice; search engines are told to leave personal lists alone."""
    response = make_response(_show(notice_id))
    response.headers["X-Robots-Tag"] = "noindex, noarchive"
    return response


@public.get("/notices/<int:notice_id>/list.pdf")
@limiter.limit(figures_rate)
def notice_paper(notice_id: int) -> ResponseReturnValue:
    """Hand out the masked list as a PDF, in parts where it is long."""
    with the_door().read() as session:
        return answer_paper(session, queries.get_notice(session, notice_id), fields.cursor("part") or 1)


@public.get("/notices/<int:notice_id>/list.csv")
@limiter.limit(figures_rate)
def notice_list(notice_id: int) -> ResponseReturnValue:
    """Hand out the masked list as the file its fingerprint is of."""
    with the_door().read() as session:
        return answer_list(session, queries.get_notice(session, notice_id))


@public.post("/notices/<int:notice_id>/objections")
@limiter.limit(objection_rate)
def lodge_objection(notice_id: int) -> ResponseReturnValue:
    """Take an objection and lead to its number."""

    def call(work: Work) -> Done:
        made = objection.lodge(
            work,
            notice_id,
            _read_claim_id(),
            fields.text("words", "异议内容", limit=1000),
            fields.text("contact", "联系方式", required=False, limit=60) or None,
        )
        return Done("异议已受理，请记下编号", url_for("web.public.objection", number=made.number))

    return submit(call, lambda: _show(notice_id))


def _read_claim_id() -> int:
    """Return the claim a number of the list stands for. Raises form_field_unreadable."""
    given = CLAIM_NUMBER.fullmatch(fields.text("claim_number", "申领编号", limit=40).upper())
    if given is None:
        raise FIELD_UNREADABLE.refused(
            field="claim_number", label="申领编号", problem="不是名单上的编号，例如 SL-419001-2024-00000123"
        )
    return int(given["serial"])


def _show(notice_id: int) -> str:
    door = the_door()
    query, after = fields.asked("q"), fields.cursor()
    with door.read() as session:
        found = queries.get_notice(session, notice_id)
        count, amount_fen = queries.sum_notice(session, found)
        archived = is_archived(session, found, door.today)
        by_number = query is not None and query.upper().startswith("SL-")
        lines = [] if archived else queries.list_notice_lines(
            session,
            door.keyring,
            found,
            after=after,
            limit=LINES_PER_PAGE,
            claim_number=query if by_number else None,
            institution=None if by_number else query,
        )  # fmt: skip
        return render_template(
            "public/notice.html",
            notice=found,
            lines=lines,
            count=count,
            amount_fen=amount_fen,
            archived=archived,
            posted_list=find_list(session, notice_id),
            parts=range(1, count_parts(count) + 1),
            levels=_sum_levels(session, found),
            of_card=is_of_cards(session, found),
            query=query,
            after=after,
            per_page=LINES_PER_PAGE,
            named_claim=fields.asked("claim"),
        )


def _sum_levels(session: Session, found: Notice) -> list[LevelTotal]:
    rows = session.execute(
        select(Claim.level, func.count(), func.sum(Claim.amount_fen))
        .where(Claim.batch_id == found.batch_id, Claim.state.in_(PUBLISHED))
        .group_by(Claim.level)
        .order_by(Claim.level)
    )
    return [LevelTotal(level, count, int(amount_fen)) for level, count, amount_fen in rows]
