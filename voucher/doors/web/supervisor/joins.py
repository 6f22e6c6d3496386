"""审计比对: put one of the yearly questions, and the questions answered so far with what is still open."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import require_parameter_number
from voucher.rules.join_conclusions import HitState
from voucher.rules.joins import CHECKS, JOIN_NAMES, LIST_NAMES, NEEDED, WELCOME, JoinKind, ListKind
from voucher.stages.oversee.joins.concluding import tally
from voucher.stages.oversee.joins.reaching import WHO
from voucher.stages.oversee.joins.reading import list_joins, list_lists
from voucher.stages.oversee.joins.running import DAYS_MOST, run_join

PAGE, LISTS_SHOWN = 20, 200
ASKED_OF = frozenset({*NEEDED.values(), *WELCOME.values()})
NAMES = {str(each): name for each, name in JOIN_NAMES.items()}


@supervisor.get("/supervisor/joins")
def joins() -> ResponseReturnValue:
    """Show the questions answered so far, the newest first, and where to put another."""
    return _show()


@supervisor.post("/supervisor/joins")
def put_join() -> ResponseReturnValue:
    """Put a question and freeze what it finds."""

    def call(work: Work) -> Done:
        kind = fields.one_of("kind", "比对什么", JoinKind)
        chosen = fields.text("list_id", "名单", required=False, limit=18)
        made = run_join(
            work,
            kind,
            fields.whole("list_id", "名单") if chosen else None,
            fields.day("since", "开始日期"),
            fields.day("until", "结束日期"),
            fields.text("why", "案由和文号", required=False, limit=200),
        )
        words = f"{made.number} 比对完：{made.hits:,} 条，涉及 {made.people:,} 人"
        return Done(words, url_for("web.supervisor.join", join_id=made.id))

    return submit(call, _show)


def _show() -> str:
    before, regions = fields.cursor("before"), current_actor().regions_as(*WHO)
    with the_door().read() as session:
        rows = list_joins(session, regions, before_id=before or None, limit=PAGE + 1)
        lists = [
            each
            for each in list_lists(session, regions, limit=LISTS_SHOWN)
            if not each.forgotten_at and not each.withdrawn_at and ListKind(each.kind) in ASKED_OF
        ]
        return render_template(
            "supervisor/joins.html",
            days_most=require_parameter_number(session, DAYS_MOST, the_door().today, ()),
            rows=rows[:PAGE],
            standing=tally(session, rows[:PAGE]),
            open_state=HitState.OPEN,
            waiting_state=HitState.WAITING,
            names=NAMES,
            kinds=list(NAMES.items()),
            lists=[
                (
                    each.id,
                    f"{each.number} {LIST_NAMES[ListKind(each.kind)]}，{each.source}，截至 {each.as_of}",
                )
                for each in lists
            ],
            questions=[
                (
                    JOIN_NAMES[each],
                    LIST_NAMES[NEEDED[each]]
                    if each in NEEDED
                    else f"可加{LIST_NAMES[WELCOME[each]]}"
                    if each in WELCOME
                    else "不用名单",
                    CHECKS[each],
                )
                for each in JoinKind
            ],
            next_url=url_for("web.supervisor.joins", before=rows[PAGE - 1].id) if len(rows) > PAGE else None,
            first_url=url_for("web.supervisor.joins") if before else None,
        )
