"""Batches: the list with its filters in the address, a new settlement, and one batch with its lines."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.steps import PICKABLE, batch_path, list_held, list_offers, may_post
from voucher.doors.web.timelines import list_batch_happenings
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Region, get_region
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import OUTCOME_NAMES, SUBSIDY_NAMES, Outcome, SubsidyKind
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.verify import verify_issued
from voucher.stages.settle import draft, queries
from voucher.stages.settle.models.claims import SettlementLine
from voucher.stages.settle.seen import list_amber

BATCHES_PER_PAGE, LINES_PER_PAGE = 20, 50


@office.get("/batches")
def batches() -> ResponseReturnValue:
    """Show the batches of this account's regions, newest first."""
    actor = current_actor()
    state = fields.asked("state", STATE_NAMES[Thing.BATCH])
    region = fields.asked("region", actor.regions)
    before = fields.cursor("before")
    with the_door().read() as session:
        rows = queries.list_batches(
            session,
            actor.regions,
            state=state,
            region_code=region,
            before_id=before or None,
            limit=BATCHES_PER_PAGE,
        )
        return render_template(
            "office/batches.html",
            rows=rows,
            region_names=_name_regions(session, [row.region_code for row in rows]),
            regions=_list_regions(session, actor.regions),
            states=list(STATE_NAMES[Thing.BATCH].items()),
            chosen={"state": state, "region": region},
            before=before,
            per_page=BATCHES_PER_PAGE,
        )


@office.get("/batches/new")
def new_settlement() -> ResponseReturnValue:
    """Ask what is to be settled."""
    return _ask()


@office.post("/batches")
def settle() -> ResponseReturnValue:
    """Settle a period and lead to its batch."""

    def call(work: Work) -> Done:
        wish = draft.Wish(
            kind=fields.one_of("kind", "补贴种类", SubsidyKind),
            region_code=fields.text("region", "地区", limit=12),
            from_on=fields.day("from_on", "发证日期起"),
            until_on=fields.day("until_on", "发证日期止"),
            budget_id=fields.whole("budget", "预算"),
        )
        verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
        settled = draft.settle(work, wish)
        counts = "，".join(
            f"{OUTCOME_NAMES[outcome]} {len(settled.with_outcome(outcome)):,} 条" for outcome in Outcome
        )
        words = f"已结算：{counts}；应付合计 {format_yuan(settled.total_fen)} 元"
        return Done(words, url_for("web.office.batch", batch_id=settled.batch_id))

    return submit(call, _ask)


@office.get("/batches/<int:batch_id>")
def batch(batch_id: int) -> ResponseReturnValue:
    """Show one batch: facts, timeline, lines, and what this officer may decide."""
    return show_batch(batch_id)


def show_batch(batch_id: int) -> str:
    """Return the page of a batch. Raises Refused batch_missing for a missing or foreign one."""
    door, actor = the_door(), current_actor()
    outcome = fields.asked("outcome", OUTCOME_NAMES)
    state = fields.asked("state", STATE_NAMES[Thing.CLAIM])
    query, after = fields.asked("q"), fields.cursor()
    with door.read() as session:
        found = queries.get_batch(session, batch_id, actor.regions)
        if query is None:
            lines = queries.list_lines(
                session,
                door.keyring,
                batch_id,
                outcome=outcome,
                state=state,
                after=after,
                limit=LINES_PER_PAGE,
            )
        else:
            lines = _search_line(session, batch_id, query)
        offers = list_offers(session, actor, found)
        open_offers = [each for each in offers if each.barred_by is None]
        summary = queries.summarise(session, batch_id)
        return render_template(
            "office/batch.html",
            batch=found,
            region=get_region(session, found.region_code),
            budget=next(
                (b for b in queries.list_budgets(session, actor.regions) if b.id == found.budget_id), None
            ),
            summary=summary,
            stations=batch_path(found.state),
            happenings=list_batch_happenings(session, batch_id),
            offers=open_offers,
            held=list_held(session, batch_id),
            payees=queries.list_payees_of(session, batch_id),
            amber=len(list_amber(session, batch_id, open_offers[0].state)) if open_offers else 0,
            barred=[each for each in offers if each.barred_by is not None],
            may_post=may_post(session, actor, found, summary.states),
            pickable={open_offers[0].state} if open_offers else PICKABLE,
            claim_states=[
                (code, name) for code, name in STATE_NAMES[Thing.CLAIM].items() if code in summary.states
            ],
            lines=lines,
            filters={"outcome": outcome, "state": state, "q": query},
            after=after,
            per_page=LINES_PER_PAGE,
        )


def _search_line(session: Session, batch_id: int, query: str) -> list[queries.LineView]:
    """Return the line of a claim number or of a certificate number, which is one or none."""
    serial = query.rpartition("-")[2]
    matches = Certificate.number == query.upper()
    if query.upper().startswith("SL-") and serial.isascii() and serial.isdigit() and len(serial) <= 18:
        matches = SettlementLine.claim_id == int(serial)
    position = session.scalar(
        select(SettlementLine.position)
        .outerjoin(Certificate, Certificate.id == SettlementLine.certificate_id)
        .where(SettlementLine.batch_id == batch_id, matches)
    )
    if position is None:
        return []
    return queries.list_lines(session, the_door().keyring, batch_id, after=position - 1, limit=1)


def _ask() -> str:
    actor = current_actor()
    with the_door().read() as session:
        funds = queries.list_budgets(session, actor.regions)
        names = _name_regions(session, [fund.region_code for fund in funds])
        return render_template(
            "office/settle.html",
            kinds=[(str(SubsidyKind.EVALUATION), SUBSIDY_NAMES[SubsidyKind.EVALUATION])],
            regions=_list_regions(session, actor.regions),
            funds=funds,
            region_names=names,
        )


def _name_regions(session: Session, codes: list[str]) -> dict[str, str]:
    rows = session.execute(select(Region.code, Region.name).where(Region.code.in_(sorted(set(codes)))))
    return dict(rows.all())


def _list_regions(session: Session, codes: frozenset[str]) -> list[tuple[str, str]]:
    """Return the regions of an account as choices, by code."""
    return [
        (code, f"{name}（{code}）") for code, name in sorted(_name_regions(session, sorted(codes)).items())
    ]
