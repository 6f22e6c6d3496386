"""Issues (发券单): a roster filed for review, or issued at once by the office; its lines; its review."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.people import read_newcomers
from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_STAFF
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.issue.issues import (
    IssueDetail,
    IssueDone,
    IssueFilter,
    IssueLines,
    Issues,
    IssueState,
    LineFilter,
    NewIssue,
    NewReview,
)
from voucher.doors.schemas.paging import paged
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.issue import queries
from voucher.stages.issue.issuing import issue_at_once, issue_roster
from voucher.stages.issue.models import Issue
from voucher.stages.issue.rosters import file_roster, return_roster

issues = Room("issues", __name__, url_prefix="/api/v1", description="发券单")
PEOPLE = [{"name": "张三", "number": "41010519900315991X", "mobile": None}]


@issues.look("/issues", query=IssueFilter, answer=Issues)
def list_issues(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """发券单，新的在前：人社部门见本辖区的，机构见本机构报送的。"""
    regions = within(session, asked["region"])
    institutions = institutions_served(INSTITUTION_STAFF) if asked["region"] is None else frozenset[int]()
    page = paged(
        asked,
        lambda before, limit: queries.list_issues(
            session,
            regions,
            institutions,
            programme_id=asked["programme"],
            state=asked["state"],
            before_id=before,
            limit=limit,
        ),
        lambda row: row.id,
    )
    return page | {"items": [_state(each) for each in page["items"]]}


@issues.act(
    "/issues",
    body=NewIssue,
    answer=IssueDone,
    example={"programme_id": 1, "way": "roster", "institution_id": 1, "people": PEOPLE},
)
def issue_vouchers(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """报送名册待审，或由人社部门直接发放；资金不足的按先后候补。"""
    people = read_newcomers(given["people"], work.today)
    if given["way"] == "at_once":
        return _done(work, issue_at_once(work, given["programme_id"], people).issue_id)
    return _done(work, file_roster(work, given["programme_id"], people, given["institution_id"]).id)


@issues.look("/issues/<int:issue_id>", answer=IssueDetail)
def show_issue(session: Session, _asked: dict[str, Any], issue_id: int) -> dict[str, Any]:
    """一张发券单和各条结果的数目。"""
    found = _get(session, issue_id)
    return _state(found) | {"outcomes": queries.count_outcomes(session, found.id)}


@issues.look("/issues/<int:issue_id>/lines", query=LineFilter, answer=IssueLines)
def list_issue_lines(session: Session, asked: dict[str, Any], issue_id: int) -> dict[str, Any]:
    """发券单逐人：掩码后的人员、结果、券号，不予发放的代码和依据。"""
    found = _get(session, issue_id)
    return paged(
        asked,
        lambda after, limit: queries.list_issue_lines(
            session,
            the_door().keyring,
            found.id,
            outcome=asked["outcome"],
            after_position=after or 0,
            limit=limit,
        ),
        lambda row: row.position,
    )


@issues.act(
    "/issues/<int:issue_id>/reviews",
    body=NewReview,
    answer=IssueDone,
    example={"decision": "pass", "why": None},
)
def review_issue(work: Work, given: dict[str, Any], issue_id: int) -> dict[str, Any]:
    """审核名册：通过即发券，由报送人以外的人办理；退回须一次写明全部问题。"""
    if given["decision"] == "pass":
        issue_roster(work, issue_id)
    else:
        return_roster(work, issue_id, given["why"])
    return _done(work, issue_id)


def _get(session: Session, issue_id: int) -> Issue:
    return queries.get_issue(
        session, issue_id, current_actor().regions, institutions_served(INSTITUTION_STAFF)
    )


def _state(issue: Issue) -> dict[str, Any]:
    return told(issue, IssueState) | {"state_name": STATE_NAMES[Thing.ISSUE][issue.state]}


def _done(work: Work, issue_id: int) -> dict[str, Any]:
    issue = work.session.get_one(Issue, issue_id)
    counted = queries.count_outcomes(work.session, issue_id)
    named = {name: counted.get(name, 0) for name in ("pending", "issued", "waiting", "refused")}
    return {"issue_id": issue_id, "state": issue.state} | named
