"""Reviewing filings (机构备案审核): the queue with the days left, one filing whole, the decision."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.filed import describe_filing
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.deeds import (
    WHY,
    Ask,
    Deed,
    Touched,
    ask_why,
    do_deed,
    get_deed,
    list_open,
    said_why,
    show_deed,
)
from voucher.plumbing.unit_of_work import Work
from voucher.registry.filing import endings, photos, reading, reviewing
from voucher.rules.lifecycle import STATE_NAMES, Thing

PER_PAGE = 20
STATES = {word: name for word, name in STATE_NAMES[Thing.FILING].items() if word != "draft"}
ALL = "all"


@office.get("/office/filings")
def filings() -> ResponseReturnValue:
    """Show the filings of these regions, those that wait first, and whose licences end soon."""
    before, state = fields.cursor("before"), fields.asked("state", {*STATES, ALL}) or "filed"
    door = the_door()
    with door.read() as session:
        region, regions = reach.asked_regions(session)
        rows = reading.list_filings(
            session,
            today=door.today,
            regions=regions,
            state=None if state == ALL else state,
            before_id=before or None,
            limit=PER_PAGE,
        )
        return render_template(
            "office/filings.html",
            rows=rows,
            due=reading.list_due(session, rows, door.today),
            region_names=reach.name_regions(session, {each.region_code for each in rows}),
            endings=endings.list_endings(session, door.today, regions=regions),
            states=STATES,
            state=state,
            region=region,
            regions=reach.list_region_choices(session),
            next_before=rows[-1].id if len(rows) == PER_PAGE else None,
            before=before,
        )


@office.get("/office/filings/<int:filing_id>")
def filing(filing_id: int) -> ResponseReturnValue:
    """Show one filing whole, with what may be done."""
    actor = current_actor()
    with the_door().read() as session:
        found = reading.get_filing_for(session, actor, filing_id, the_door().today)
        return render_template(
            "office/filing.html",
            **describe_filing(session, found, masked=not actor.has(*OFFICERS)),
            deeds=list_open(DEEDS, actor, Thing.FILING, found.state),
            own=found.applicant_person_id == actor.person_id,
            elsewhere=photos.find_shown_elsewhere(session, found),
        )


@office.get("/office/filings/<int:filing_id>/<word>")
def filing_deed(filing_id: int, word: str) -> ResponseReturnValue:
    """Ask whether a filing is to be accepted, sent back or refused."""
    return _ask(filing_id, word)


@office.post("/office/filings/<int:filing_id>/<word>")
def do_filing_deed(filing_id: int, word: str) -> ResponseReturnValue:
    """Accept a filing, send it back or refuse it."""
    location = url_for("web.office.filing", filing_id=filing_id)
    return do_deed(get_deed(DEEDS, word), filing_id, location, lambda: _ask(filing_id, word))


def _ask(filing_id: int, word: str) -> str:
    deed = get_deed(DEEDS, word)
    with the_door().read() as session:
        found = reading.get_filing_for(session, current_actor(), filing_id, the_door().today)
        held = reading.read_parts(session, found.id)
        back = url_for("web.office.filing", filing_id=found.id)
        counts = f"证照 {len(held.licences)}、职业等级 {len(held.scope)}"
        facts = [
            ("机构", found.name),
            ("统一社会信用代码", found.code),
            ("内容", f"{counts}、教师 {len(held.teachers)}、场地 {len(held.rooms)}"),
        ]
        steps = [("备案审核", url_for("web.office.filings")), (found.number, back)]
        return show_deed(deed, Touched(heading=found.name, steps=steps, back=back, facts=facts))


def _accept(work: Work, filing_id: int) -> str:
    return f"已准予备案：{reviewing.accept_filing(work, filing_id, said_why('意见')).number}"


def _return(work: Work, filing_id: int) -> str:
    return f"已退回补正：{reviewing.return_filing(work, filing_id, said_why('需要补正的全部问题')).number}"


def _refuse(work: Work, filing_id: int) -> str:
    return f"不予备案：{reviewing.refuse_filing(work, filing_id, said_why()).number}"


DEEDS: dict[str, Deed] = {
    "accept": Deed(
        "准予备案",
        OFFICERS,
        "准予后即为现行备案，原备案留作记录；申请人成为该机构的管理员。开班还须列入当年目录清单。",
        _accept,
        "accept",
        (Ask(WHY, "意见", value="证照、师资、场地符合要求，准予备案。"),),
    ),
    "return": Deed(
        "退回补正",
        OFFICERS,
        "退回后由申请人补正再提交，审核期限重新计算。",
        _return,
        "return",
        (ask_why("需要补正的全部问题", "须一次性告知全部问题：缺什么、改什么"),),
    ),
    "refuse": Deed(
        "不予备案",
        OFFICERS,
        "写明不予备案的理由和依据，申请人能看到；首次申请的机构可以重新申请。",
        _refuse,
        "refuse",
        (ask_why("理由和依据"),),
        is_danger=True,
    ),
}
