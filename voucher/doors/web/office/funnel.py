"""去向: programme beside programme, from issue to payment, what is lost on the way and who got none."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.stages.issue.queries.funnel import WAY
from voucher.stages.issue.queries.funnels import list_funnels

PER_PAGE = 50
STEP_NAMES = dict(zip(WAY, ("发放", "领取", "锁定", "核销", "结业", "评价", "持证", "兑现"), strict=True))


@office.get("/office/funnel")
def funnel() -> ResponseReturnValue:
    """Show how far the vouchers of each programme have come."""
    before = fields.cursor("before")
    with the_door().read() as session:
        region, regions = reach.asked_regions(session)
        rows = list_funnels(session, regions, before_id=before or None, limit=PER_PAGE)
        return render_template(
            "office/funnel.html",
            rows=rows,
            steps=STEP_NAMES,
            totals={state: sum(each.counts[state] for each in rows) for state in WAY},
            sums={
                name: sum(getattr(each, name) for each in rows) for name in ("ended", "waiting", "refused")
            },
            regions=reach.list_region_choices(session),
            region=region,
            before=before,
            per_page=PER_PAGE,
        )
