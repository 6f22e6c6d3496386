"""Issues (发券单): the queue of filed rosters, one with its lines, passed or sent back."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS, OPERATORS
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.deeds import (
    Deed,
    Touched,
    ask_why,
    do_deed,
    get_deed,
    list_open,
    said_why,
    show_deed,
)
from voucher.doors.web.office.issue.bulk import PHASES
from voucher.doors.web.timelines import hide_holder, name_people
from voucher.ledger.budget import Budget
from voucher.ledger.year_ends import home_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.rules.actor import check_role
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.money import format_yuan
from voucher.stages.issue import queries
from voucher.stages.issue.issuing import Issued, issue_roster
from voucher.stages.issue.models import Issue, Programme
from voucher.stages.issue.reading import needs_review
from voucher.stages.issue.rosters import return_roster
from voucher.stages.issue.running import OVER
from voucher.stages.settle.queries import StepView, object_timeline

PER_PAGE, LINES_PER_PAGE = 20, 50
WAYS = {"roster": "名册", "own": "本人申领", "replacement": "补发"}
OUTCOMES = {"pending": "待审核", "issued": "已发放", "waiting": "候补", "refused": "不予发放"}
ALL, OWN = "all", "own"


@office.get("/office/issues")
def issues() -> ResponseReturnValue:
    """Show the issues of these regions: those that wait for review first."""
    asked, before = fields.asked("state", {*STATE_NAMES[Thing.ISSUE], ALL}), fields.cursor("before")
    state, wanted = asked or "filed", fields.cursor("programme")
    way = fields.asked("way", WAYS)
    with the_door().read() as session:
        region, regions = reach.asked_regions(session)
        rows = queries.list_issues(
            session,
            regions,
            programme_id=wanted or None,
            way=way,
            state=None if state == ALL else state,
            before_id=before or None,
            limit=PER_PAGE,
        )
        kept = {"programme": wanted or None, "region": region, "way": way}
        return render_template(
            "office/issues.html",
            rows=rows,
            programmes=_name_programmes(session, rows),
            houses=_name_houses(session, rows),
            outcomes={each.id: queries.count_outcomes(session, each.id) for each in rows},
            filers=name_people(session, [each.filed_by_person_id for each in rows]),
            regions=reach.list_region_choices(session),
            ways=WAYS,
            state=state,
            kept=kept,
            filter_programme=session.get(Programme, wanted) if wanted else None,
            before=before,
            per_page=PER_PAGE,
        )


@office.get("/office/issues/<int:issue_id>")
def issue(issue_id: int) -> ResponseReturnValue:
    """Show one issue with its lines: what came of each, and why."""
    door, actor = the_door(), current_actor()
    outcome, after = fields.asked("outcome", OUTCOMES), fields.cursor()
    with door.read() as session:
        found = queries.get_issue(session, issue_id, actor.regions)
        filed_here = needs_review(found) and found.filed_by_person_id == actor.person_id
        deeds = list_open(DEEDS, actor, Thing.ISSUE, found.state)
        if needs_review(found) and not actor.has(*OFFICERS):
            deeds = []
        run = queries.find_run(session, found.id)
        at_work = run is not None and queries.is_at_work(session, run)
        return render_template(
            "office/issue.html",
            found=found,
            programme=session.get_one(Programme, found.programme_id),
            house=session.get(Institution, found.institution_id) if found.institution_id else None,
            way_name=WAYS[found.way],
            outcomes=OUTCOMES,
            counted=queries.count_outcomes(session, found.id),
            lines=queries.list_issue_lines(
                session, door.keyring, found.id, outcome=outcome, after_position=after, limit=LINES_PER_PAGE
            ),
            reserved_fen=queries.sum_reserved(session, found.id),
            happenings=_list_happenings(session, found),
            deeds=[each for each in deeds if not (each[0] == "pass" and filed_here)],
            filed_here=filed_here and found.state == "filed",
            outcome=outcome,
            after=after,
            per_page=LINES_PER_PAGE,
            run=run,
            run_at_work=at_work,
            run_resumable=(
                run is not None
                and run.phase in ("running", "stopped")
                and not at_work
                and actor.has(*OPERATORS)
            ),
            run_terminable=(
                run is not None
                and run.phase not in OVER
                and not (run.phase == "terminating" and at_work)
                and actor.has(*OPERATORS)
            ),
            phases=PHASES,
        )


@office.get("/office/issues/<int:issue_id>/<word>")
def issue_deed(issue_id: int, word: str) -> ResponseReturnValue:
    """Ask whether a roster is to be passed or sent back."""
    return _ask(issue_id, word)


@office.post("/office/issues/<int:issue_id>/<word>")
def do_issue_deed(issue_id: int, word: str) -> ResponseReturnValue:
    """Issue vouchers to a filed roster, or send it back."""
    location = url_for("web.office.issue", issue_id=issue_id)
    return do_deed(get_deed(DEEDS, word), issue_id, location, lambda: _ask(issue_id, word))


def _list_happenings(session: Session, found: Issue) -> list[StepView]:
    steps = object_timeline(session, Thing.ISSUE, found.id)
    return hide_holder(steps, steps[0].who if found.way == OWN and steps else None)


def _ask(issue_id: int, word: str) -> str:
    deed, door, passing = get_deed(DEEDS, word), the_door(), word == "pass"
    with door.read() as session:
        found = queries.get_issue(session, issue_id, current_actor().regions)
        if needs_review(found):
            check_role(current_actor(), *sorted(OFFICERS))
        programme = session.get_one(Programme, found.programme_id)
        budget = session.get_one(Budget, home_of(session, programme.budget_id))
        back = url_for(".issue", issue_id=found.id)
        counted = queries.count_outcomes(session, found.id)
        facts = [("券种", programme.name), ("名册人数", f"{sum(counted.values()):,} 人")]
        left = format_yuan(budget.available_fen)
    done, reserves_fen = _try_out(issue_id) if passing else (None, None)
    if done is not None:
        facts += [
            ("将发放", f"{done.issued:,} 人"),
            ("资金不足须候补", f"{done.waiting:,} 人"),
            ("不符合、不予发放", f"{done.refused:,} 人"),
            ("预算余额", f"{left} 元"),
        ]
    touched = Touched(
        heading=found.number,
        steps=[("发券单", url_for(".issues")), (found.number, back)],
        back=back,
        facts=facts,
        count=done.issued if done is not None else counted.get("pending", 0),
        unit="人",
        amount_fen=reserves_fen,
    )
    return show_deed(deed, touched)


def _try_out(issue_id: int) -> tuple[Issued, int]:
    """Return what would come of passing an issue now, and the money it would keep; nothing of it stays."""

    def call(work: Work) -> tuple[Issued, int]:
        return issue_roster(work, issue_id), queries.sum_reserved(work.session, issue_id)

    return perform(call, keep=False)


def _name_programmes(session: Session, rows: list[Issue]) -> dict[int, str]:
    ids = sorted({each.programme_id for each in rows})
    named = session.execute(select(Programme.id, Programme.name).where(Programme.id.in_(ids)))
    return dict(named.all())


def _name_houses(session: Session, rows: list[Issue]) -> dict[int, str]:
    ids = sorted({each.institution_id for each in rows if each.institution_id is not None})
    named = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(ids)))
    return dict(named.all())


def _pass(work: Work, issue_id: int) -> str:
    done = issue_roster(work, issue_id)
    return f"已审核：发放 {done.issued:,} 张，候补 {done.waiting:,} 人，不予发放 {done.refused:,} 人"


def _return(work: Work, issue_id: int) -> str:
    return_roster(work, issue_id, said_why("需要补正的全部问题"))
    return "已退回，报送人可以看到全部问题"


DEEDS: dict[str, Deed] = {
    "pass": Deed(
        "审核通过并发券",
        OPERATORS | OFFICERS,
        "以下是按现在的情况试算的结果。确认后立即发券并占用资金；预审时尚未核实的，由您审核认定。",
        _pass,
        "issue",
    ),
    "return": Deed(
        "退回",
        OPERATORS | OFFICERS,
        "退回后本单结束，报送人改正后重新报送。",
        _return,
        "return",
        (ask_why("需要补正的全部问题", "须一次写明全部问题：哪些人、缺什么、改什么"),),
    ),
}
