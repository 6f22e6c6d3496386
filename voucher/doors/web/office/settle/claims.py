"""One claim: the facts, what every rule said of it, who did what; and what rules left to a person."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.opened import note_opened
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.settle.claim_deeds import list_claim_deeds
from voucher.doors.web.office.settle.steps import find_bar, list_offers
from voucher.doors.web.timelines import Happening, name_people
from voucher.ledger.holds import Hold
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.rules.approval import STEP_NAMES, Step
from voucher.rules.lifecycle import Thing
from voucher.rules.money import format_yuan
from voucher.stages.settle import clawback, clear, queries
from voucher.stages.settle.bonuses import returning
from voucher.stages.settle.ending import AFTER_APPROVAL
from voucher.stages.settle.models.claims import Claim, ClaimHand
from voucher.stages.settle.queries.claim_paces import list_claim_paces
from voucher.stages.settle.queries.claims import find_neighbours
from voucher.stages.settle.queries.offsets import list_payments_of_claim
from voucher.stages.settle.queries.reinstatements import find_asked_reinstatement
from voucher.stages.settle.reading import CLAIM_MISSING
from voucher.stages.settle.searching import ClaimSearch, find_claims
from voucher.stages.settle.seen import read_amber_left
from voucher.stages.settle.turn_down import OFFICE, turn_down
from voucher.stages.train.queries.phone_checks import find_draws_behind

TURNED_DOWN_HERE = ("manual", "returned", "second_reviewed", "noticed", *AFTER_APPROVAL)


@office.get("/claims/<int:claim_id>")
def claim(claim_id: int) -> ResponseReturnValue:
    """Show one claim, and write down when it was opened: a signature is measured against it."""
    with the_door().read() as session:
        found = queries.get_claim(session, claim_id, current_actor().regions)
    note_opened(str(Thing.CLAIM), claim_id, found.person_id, found.region_code)
    return _show(claim_id)


@office.get("/claims")
def find_claim() -> ResponseReturnValue:
    """Go to the claim a number stands for, wherever in this account's regions it is."""
    door, number = the_door(), request.args.get("number", "").strip()[:40]
    with door.read() as session:
        found = find_claims(
            session, door.keyring, current_actor().regions, ClaimSearch(number=number), limit=1
        )
    if not found:
        raise CLAIM_MISSING.refused()
    return redirect(url_for("web.office.claim", claim_id=found[0].id))


@office.post("/claims/<int:claim_id>/clearings")
def clear_claim(claim_id: int) -> ResponseReturnValue:
    """Propose an amount for a claim left to a person, or confirm the one another person proposed."""

    def call(work: Work) -> Done:
        amount_fen = fields.fen("amount", "核定金额")
        cleared = clear.clear(work, claim_id, amount_fen, fields.text("opinion", "依据和理由", limit=1000))
        words = (
            f"已由两人核定 {format_yuan(amount_fen)} 元，转入初审"
            if cleared
            else "已提出核定，等待另一人确认"
        )
        return Done(words, url_for("web.office.claim", claim_id=claim_id))

    return submit(call, lambda: _show(claim_id))


@office.post("/claims/<int:claim_id>/rejections")
def reject_claim(claim_id: int) -> ResponseReturnValue:
    """Refuse one line for good where no signature waits for it."""

    def call(work: Work) -> Done:
        turn_down(work, claim_id, fields.text("opinion", "不予通过的依据和理由", limit=1000))
        return Done("已不予通过，享受资格已放行", url_for("web.office.claim", claim_id=claim_id))

    return submit(call, lambda: _show(claim_id))


@office.post("/claims/<int:claim_id>/clawbacks")
def open_clawback(claim_id: int) -> ResponseReturnValue:
    """Open a receivable for a paid claim."""

    def call(work: Work) -> Done:
        opened = clawback.open_clawback(work, claim_id, fields.text("why", "追回原因", limit=500))
        words = f"已立追回单，应收 {format_yuan(opened.amount_fen)} 元"
        return Done(words, url_for("web.office.claim", claim_id=claim_id))

    return submit(call, lambda: _show(claim_id))


@office.post("/claims/<int:claim_id>/returns")
def confirm_return(claim_id: int) -> ResponseReturnValue:
    """Open the receivable for what an advance did not earn, by somebody who did not file the settlement."""

    def call(work: Work) -> Done:
        seen_fen = fields.whole("returned", "应退金额")
        opened = returning.confirm_return(work, claim_id, seen_fen, fields.text("why", "核对情况", limit=500))
        words = f"已立追回单，应收 {format_yuan(opened.amount_fen)} 元"
        return Done(words, url_for("web.office.claim", claim_id=claim_id))

    return submit(call, lambda: _show(claim_id))


def _show(claim_id: int) -> str:
    door, actor = the_door(), current_actor()
    with door.read() as session:
        found = queries.get_claim(session, claim_id, actor.regions)
        line = queries.get_claim_line(session, door.keyring, found)
        before, after = find_neighbours(session, found)
        holds = _list_holds(session, found)
        batch = queries.get_batch(session, found.batch_id, actor.regions)
        offers = [each for each in list_offers(session, actor, batch, door.today) if each.barred_by is None]
        offer = next((each for each in offers if each.state == found.state and not holds), None)
        if offer is not None and find_bar(session, found.id, offer.step, actor.person_id, door.today):
            offer = None
        lifts = [find_asked_reinstatement(session, Thing.HOLD, each.id) for each in holds]
        return render_template(
            "office/claim.html",
            claim=found,
            batch=batch,
            offer=offer,
            amber=read_amber_left(
                session, batch.id, found.state, offer.step, actor.person_id, door.today
            ).mine
            if offer
            else (),
            line=line,
            pace=list_claim_paces(session, [found], door.today).get(claim_id),
            owed=returning.find_return(session, found),
            before=before,
            after=after,
            payee_name=session.get_one(Institution, found.institution_id).name,
            phone_draw=find_draws_behind(session, [found.voucher_id]).get(found.voucher_id)
            if found.voucher_id
            else None,
            holds=list(zip(holds, lifts, strict=True)),
            askers=name_people(session, [each.asked_by_person_id for each in lifts if each is not None]),
            happenings=_list_happenings(session, found),
            hands=_list_hands(session, claim_id),
            payments=list_payments_of_claim(session, claim_id),
            deeds=list_claim_deeds(session, actor, found),
            may_turn_down=found.state in TURNED_DOWN_HERE
            and actor.has(*((Role.FINANCE_APPROVER,) if found.state in AFTER_APPROVAL else OFFICE)),
            clearing=next(
                (
                    each
                    for each in queries.list_clearings(session, claim_id)
                    if each.revision == found.revision
                ),
                None,
            ),
        )


def _list_holds(session: Session, found: Claim) -> list[Hold]:
    """Return the open holds that stop a claim: its own, and those on its voucher."""
    stopped = (Hold.thing == str(Thing.CLAIM)) & (Hold.object_id == found.id)
    if found.voucher_id is not None:
        stopped |= (Hold.thing == str(Thing.VOUCHER)) & (Hold.object_id == found.voucher_id)
    return list(session.scalars(select(Hold).where(stopped, Hold.closed_at.is_(None)).order_by(Hold.id)))


def _list_happenings(session: Session, found: Claim) -> list[Happening]:
    told = [
        Happening(step.event_name, step.who, step.at, step.opinion)
        for step in queries.claim_timeline(session, found.id)
    ]
    clearings = queries.list_clearings(session, found.id)
    names = name_people(session, [each.proposed_by_person_id for each in clearings])
    for each in clearings:
        words = f"{format_yuan(each.amount_fen)} 元：{each.opinion}"
        told.append(
            Happening("提出人工核定", names.get(each.proposed_by_person_id, ""), each.proposed_at, words)
        )
    return sorted(told, key=lambda each: each.at)


def _list_hands(session: Session, claim_id: int) -> list[tuple[str, str]]:
    """Return who holds which role in this claim, in the order of the steps."""
    rows = session.execute(
        select(ClaimHand.step, ClaimHand.person_id).where(ClaimHand.claim_id == claim_id)
    ).all()
    names = name_people(session, [person_id for _, person_id in rows])
    order = list(Step)
    return [
        (STEP_NAMES[Step(step)], names.get(person_id, ""))
        for step, person_id in sorted(rows, key=lambda row: order.index(Step(row[0])))
    ]
