"""名册报送: people filed for a programme, pasted or as a file; what became of each of them."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import list_houses, my_houses
from voucher.doors.web.office.issue.typed_people import read_people
from voucher.plumbing.unit_of_work import Work
from voucher.rules.programmes import Channel
from voucher.stages.issue import queries as issuing
from voucher.stages.issue.rosters import file_roster as file_people

PAGE = 20
LINES = 100
OUTCOMES = {"issued": "已发券", "waiting": "候补", "refused": "不予发放", "pending": "待审核"}
LOOKS = {"issued": "good", "waiting": "wait", "refused": "bad", "pending": "wait"}


@institution.get("/institution/rosters")
def rosters() -> ResponseReturnValue:
    """Show the form, and the rosters filed so far."""
    return _page()


@institution.post("/institution/rosters")
def file_roster() -> ResponseReturnValue:
    """File people for a programme; nobody is filed while one line cannot be read."""

    def call(work: Work) -> Done:
        programme_id = fields.whole("programme_id", "券种")
        issue = file_people(work, programme_id, read_people(work), fields.whole("institution_id", "机构"))
        return Done("已报送名册，等人社部门审核", url_for("web.institution.roster", issue_id=issue.id))

    return submit(call, _page)


@institution.get("/institution/rosters/<int:issue_id>")
def roster(issue_id: int) -> ResponseReturnValue:
    """Show one roster: what became of each person, and why."""
    door, after = the_door(), fields.cursor()
    outcome = fields.asked("outcome", OUTCOMES)
    with door.read() as session:
        found = issuing.get_issue(session, issue_id, (), my_houses(INSTITUTION_DESK))
        lines = issuing.list_issue_lines(
            session, door.keyring, issue_id, outcome=outcome, after_position=after, limit=LINES + 1
        )
        return render_template(
            "institution/roster.html",
            found=found,
            programme=issuing.get_programme(session, found.programme_id),
            lines=lines[:LINES],
            next_after=lines[LINES - 1].position if len(lines) > LINES else None,
            after=after,
            counted=issuing.count_outcomes(session, issue_id),
            outcomes=OUTCOMES,
            looks=LOOKS,
            outcome=outcome,
        )


def _page() -> str:
    houses, before = my_houses(INSTITUTION_DESK), fields.cursor("before")
    with the_door().read() as session:
        issues = issuing.list_issues(session, (), houses, before_id=before or None, limit=PAGE + 1)
        shown = issues[:PAGE]
        return render_template(
            "institution/rosters.html",
            programmes=_list_programmes(session, houses),
            chosen=request.args.get("programme", ""),
            houses=[(each.id, each.name) for each in list_houses(session)],
            issues=[
                (
                    each,
                    issuing.get_programme(session, each.programme_id).name,
                    issuing.count_outcomes(session, each.id),
                )
                for each in shown
            ],
            next_before=shown[-1].id if len(issues) > PAGE else None,
            before=before,
            outcomes=OUTCOMES,
        )


def _list_programmes(session: Session, houses: list[int]) -> list[tuple[int, str]]:
    """Return the directed programmes whose vouchers may be used at one of these institutions."""
    today = the_door().today
    found = {
        each.id: f"{each.name}（{each.until_on.isoformat()} 前报送）"
        for house_id in houses
        for each in issuing.list_programmes(
            session, state="published", channel=str(Channel.DIRECTED), institution_id=house_id
        )
        if each.from_on <= today <= each.until_on
    }
    return sorted(found.items(), reverse=True)
