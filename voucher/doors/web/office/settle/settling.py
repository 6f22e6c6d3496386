"""A new settlement: what is to be settled, what the rules say of each person, and exactly that is filed."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, refuse, submit
from voucher.doors.web.claiming import MOST_URGENT, read_terms, show_again
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.regions import list_regions, name_regions
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import get_region
from voucher.rules.errors import Refused
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import OUTCOME_NAMES, SUBSIDY_NAMES, Outcome, SubsidyKind
from voucher.stages.certify.verify import verify_issued
from voucher.stages.settle import draft, queries
from voucher.stages.settle.previewing import Preview, preview_settlement

PEOPLE_PER_PAGE = 200


@office.get("/batches/new")
def new_settlement() -> ResponseReturnValue:
    """Ask what is to be settled."""
    return _ask()


@office.post("/batches")
def settle() -> ResponseReturnValue:
    """Say of each person what the rules say; confirmed, file exactly that and lead to its batch."""
    if request.form.get("sure") != "1":
        try:
            return _preview()
        except Refused as refused:
            return refuse(refused.refusal, _ask)

    def call(work: Work) -> Done:
        wish = _read_wish()
        verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
        settled = draft.settle(work, wish, declared=read_terms().declared)
        counts = "，".join(
            f"{OUTCOME_NAMES[outcome]} {len(settled.with_outcome(outcome)):,} 条" for outcome in Outcome
        )
        words = f"已结算：{counts}；应付合计 {format_yuan(settled.total_fen)} 元"
        return Done(words, url_for("web.office.batch", batch_id=settled.batch_id))

    return submit(call, lambda: show_again(_preview, _ask))


def _read_wish() -> draft.Wish:
    return draft.Wish(
        kind=fields.one_of("kind", "补贴种类", SubsidyKind),
        region_code=fields.text("region", "地区", limit=12),
        from_on=fields.day("from_on", "发证日期起"),
        until_on=fields.day("until_on", "发证日期止"),
        budget_id=fields.whole("budget", "预算"),
    )


def _preview() -> str:
    """Return the page of what would be filed now, so many people at a time, what needs a look first."""
    wish = _read_wish()
    start = fields.whole("start", "起始行") if request.form.get("start") else 0

    def look(work: Work) -> Preview:
        verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
        return preview_settlement(work, wish)

    preview = perform(look, keep=False)
    order = [str(each) for each in MOST_URGENT]
    lines = sorted(preview.lines, key=lambda each: order.index(each.outcome))
    with the_door().read() as session:
        region = get_region(session, wish.region_code).name
    return render_template(
        "office/settle_confirm.html",
        wish=wish,
        region=region,
        preview=preview,
        lines=lines[start : start + PEOPLE_PER_PAGE],
        start=start,
        per_page=PEOPLE_PER_PAGE,
        submitted=sum(each.may_submit for each in lines),
        outcomes=[(OUTCOME_NAMES[each], len(preview.with_outcome(each))) for each in Outcome],
    )


def _ask() -> str:
    actor = current_actor()
    with the_door().read() as session:
        funds = queries.list_budgets(session, actor.regions)
        names = name_regions(session, [fund.region_code for fund in funds])
        return render_template(
            "office/settle.html",
            kinds=[(str(SubsidyKind.EVALUATION), SUBSIDY_NAMES[SubsidyKind.EVALUATION])],
            regions=list_regions(session, actor.regions),
            funds=funds,
            region_names=names,
        )
