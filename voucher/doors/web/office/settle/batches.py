"""Batches: the list with its filters in the address, a new settlement, and one batch with its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.opened import note_opened
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import refuse
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.settle.steps import PICKABLE, batch_path, list_held, list_offers, may_post
from voucher.doors.web.regions import list_regions, name_regions
from voucher.doors.web.timelines import list_batch_happenings
from voucher.registry.card_numbers import look_up_as
from voucher.registry.catalogue import get_region
from voucher.rules.actor import Actor
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.pace import CLAIM_STATIONS
from voucher.rules.vocabulary import OUTCOME_NAMES
from voucher.stages.certify.models import Certificate
from voucher.stages.settle import queries
from voucher.stages.settle.models.claims import SettlementLine
from voucher.stages.settle.queries import reviewing
from voucher.stages.settle.seen import list_amber

BATCHES_PER_PAGE, LINES_PER_PAGE = 20, 50
MINE, SIGNED = "mine", "signed"


@office.get("/batches")
def batches() -> ResponseReturnValue:
    """Show the batches of this account's regions, newest first: those to sign now, those signed, or all."""
    actor, door = current_actor(), the_door()
    before = fields.cursor("before")
    state = fields.asked("state", STATE_NAMES[Thing.BATCH])
    line, region = fields.asked("line", CLAIM_STATIONS), fields.asked("region", actor.regions)
    with door.read() as session:
        tabs, tab = _list_tabs(session, actor)
        wanted = queries.BatchFilter(state, line, region, tabs[tab].chosen if tab else None)
        rows = queries.list_batches(
            session, actor.regions, wanted, before_id=before or None, limit=BATCHES_PER_PAGE
        )
        return render_template(
            "office/batches.html",
            rows=rows,
            total=queries.count_batches(session, actor.regions, wanted),
            ends=reviewing.list_ends(session, rows, door.today),
            region_names=name_regions(session, [row.region_code for row in rows]),
            regions=list_regions(session, actor.regions),
            states=list(STATE_NAMES[Thing.BATCH].items()),
            line_states=[(code, each.words) for code, each in CLAIM_STATIONS.items()],
            tabs=tabs,
            chosen={"tab": tab, "state": state, "line": line, "region": region},
            before=before,
            per_page=BATCHES_PER_PAGE,
        )


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the tabs of whoever signs: its name, how many batches it holds, and which; None is all."""

    name: str
    count: int
    chosen: Select[int] | Sequence[int] | None


def _list_tabs(session: Session, actor: Actor) -> tuple[dict[str | None, Tab], str | None]:
    """Return the tabs of an actor who signs, none for others, and which of them the address asks for."""
    if not reviewing.signs(actor):
        return {}, None
    found: dict[str | None, Tab] = {}
    for word, name, chosen in (
        (MINE, "待我审", reviewing.list_waiting(session, actor)),
        (SIGNED, "已审", reviewing.select_signed(actor.person_id)),
        (None, "全部", None),
    ):
        found[word] = Tab(
            name, queries.count_batches(session, actor.regions, queries.BatchFilter(among=chosen)), chosen
        )
    return found, fields.asked("tab", {MINE, SIGNED})


@office.get("/batches/<int:batch_id>")
def batch(batch_id: int) -> ResponseReturnValue:
    """Show one batch: facts, timeline, lines, and what this officer may decide; when is written down."""
    _note(batch_id)
    return show_batch(batch_id)


@office.post("/batches/<int:batch_id>/searches")
def search_batch(batch_id: int) -> ResponseReturnValue:
    """Show the line of a claim's or a certificate's number; by POST, so that no address holds a card's."""
    _note(batch_id)
    try:
        return show_batch(batch_id, fields.text("number", "证书编号或申领编号", limit=60))
    except Refused as refused:
        return refuse(refused.refusal, lambda: show_batch(batch_id))


def _note(batch_id: int) -> None:
    """Write down that this batch was opened. Raises Refused batch_missing."""
    with the_door().read() as session:
        found = queries.get_batch(session, batch_id, current_actor().regions)
    note_opened(str(Thing.BATCH), batch_id, None, found.region_code)


def show_batch(batch_id: int, query: str | None = None) -> str:
    """Return the page of a batch, or of it the line looked for. Raises Refused batch_missing."""
    door, actor = the_door(), current_actor()
    outcome = fields.asked("outcome", OUTCOME_NAMES)
    state = fields.asked("state", STATE_NAMES[Thing.CLAIM])
    after = fields.numbered()
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
        offers = list_offers(session, actor, found, door.today)
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
            end=reviewing.list_ends(session, [found], door.today).get(batch_id),
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
            filters={"outcome": outcome, "state": state},
            number=query,
            after=after,
            per_page=LINES_PER_PAGE,
        )


def _search_line(session: Session, batch_id: int, query: str) -> list[queries.LineView]:
    """Return the line of a claim number or of a certificate number, or none; of a renewed card the last."""
    serial = query.rpartition("-")[2]
    matches = Certificate.number == look_up_as(the_door().keyring, query)
    if query.upper().startswith("SL-") and serial.isascii() and serial.isdigit() and len(serial) <= 18:
        matches = SettlementLine.claim_id == int(serial)
    position = session.scalar(
        select(SettlementLine.position)
        .outerjoin(Certificate, Certificate.id == SettlementLine.certificate_id)
        .where(SettlementLine.batch_id == batch_id, matches)
        .order_by(Certificate.issued_on.desc())
        .limit(1)
    )
    if position is None:
        return []
    return queries.list_lines(session, the_door().keyring, batch_id, after=position - 1, limit=1)
