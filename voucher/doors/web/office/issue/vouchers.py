"""Vouchers (培训券): searched with filters in the address, and one with everything that is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.opened import note_opened
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.issue.voucher_deeds import list_voucher_deeds
from voucher.doors.web.timelines import hide_holder, name_people
from voucher.ledger.commitments import Commitment
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher
from voucher.registry.access.workers import find_worker
from voucher.registry.consents.reading import list_consents
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.privacy import mask_free_text
from voucher.stages.assess import queries as assessing
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries import archive, find_certificates, find_proofs, why_not_certified
from voucher.stages.certify.queries.higher import list_higher
from voucher.stages.issue import queries
from voucher.stages.issue.models import Issue, IssueLine, Programme
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries import list_open_holds, list_voucher_claims, object_timeline
from voucher.stages.settle.queries.pace import list_paces
from voucher.stages.settle.queries.reinstatements import find_asked_reinstatement
from voucher.stages.train import queries as training
from voucher.stages.train.sight import list_seen_vouchers, see_voucher

PER_PAGE = 20
STATES = list(STATE_NAMES[Thing.VOUCHER].items())


@dataclass(frozen=True, slots=True)
class Learning:
    """What one voucher's holder learned with it: class, hours, sign-off, exams, certificate."""

    place: training.ClassView | None
    hours: int
    completion: training.Completion | None
    results: list[assessing.ResultView]
    certificate: archive.CertificateView | None


@office.get("/office/vouchers")
def vouchers() -> ResponseReturnValue:
    """Show the vouchers of these regions, the newest first, or those looked for."""
    door, actor = the_door(), current_actor()
    state, number = fields.asked("state", STATE_NAMES[Thing.VOUCHER]), fields.asked("number")
    programme_id, before = fields.cursor("programme"), fields.cursor("before")
    with door.read() as session:
        region, regions = reach.asked_regions(session)
        wanted = queries.VoucherSearch(programme_id=programme_id or None, state=state, number=number)
        found = list_seen_vouchers(
            session, actor, wanted, regions=regions, before_id=before or None, limit=PER_PAGE
        )
        choices = queries.list_programmes(session, actor.regions, limit=200)
        return render_template(
            "office/vouchers.html",
            rows=queries.view_vouchers(session, door.keyring, found),
            states=STATES,
            programmes=[(each.id, each.name) for each in choices],
            regions=reach.list_region_choices(session),
            region_names=reach.name_regions(session, {each.region_code for each in found}),
            chosen={"state": state, "number": number, "programme": programme_id or None, "region": region},
            before=before,
            per_page=PER_PAGE,
        )


@office.get("/office/vouchers/<int:voucher_id>")
def voucher(voucher_id: int) -> ResponseReturnValue:
    """Show one voucher: who (masked), what for, how far, the money, the whole timeline, what may be done."""
    door, actor = the_door(), current_actor()
    with door.read() as session:
        found = see_voucher(session, actor, voucher_id)
        note_opened(str(Thing.VOUCHER), found.id, found.holder_person_id, found.region_code)
        return render_template(
            "office/voucher.html",
            row=queries.view_vouchers(session, door.keyring, [found])[0],
            found=found,
            worth=queries.worth_words(found),
            region_name=reach.name_regions(session, {found.region_code})[found.region_code],
            programme=session.get_one(Programme, found.programme_id),
            learning=_learn(session, found),
            commitments=session.scalars(
                select(Commitment).where(Commitment.voucher_id == found.id).order_by(Commitment.id)
            ).all(),
            claims=list_voucher_claims(session, found.id),
            paces=list_paces(session, found, the_door().today),
            holds=session.scalars(
                select(Hold)
                .where(Hold.thing == str(Thing.VOUCHER), Hold.object_id == found.id)
                .order_by(Hold.id.desc())
            ).all(),
            asked=find_asked_reinstatement(session, Thing.VOUCHER, found.id),
            higher=list_higher(session, found.id),
            why_not=why_not_certified(session, found.id),
            replacement=_find_replacement(session, found.id),
            happenings=hide_holder(
                object_timeline(session, Thing.VOUCHER, found.id), _name_holder(session, found)
            ),
            deeds=list_voucher_deeds(session, actor, found),
            consents=list_consents(
                session, door.keyring, door.today, principal_person_id=found.holder_person_id
            ),
        )


@office.get("/office/holds")
def holds() -> ResponseReturnValue:
    """Show what is stopped at present: vouchers, claims, and certificates whose revocation waits."""
    before = fields.cursor("before")
    with the_door().read() as session:
        region, regions = reach.asked_regions(session)
        rows = list_open_holds(session, regions, before_id=before or None, limit=PER_PAGE)
        ids = [each.object_id for each in rows if each.thing == Thing.VOUCHER]
        stopped = [each.object_id for each in rows if each.thing == Thing.CLAIM]
        proofs = [each.object_id for each in rows if each.thing == Thing.CERTIFICATE]
        numbers = {
            each.id: each.number for each in session.scalars(select(Voucher).where(Voucher.id.in_(ids)))
        }
        return render_template(
            "office/holds.html",
            rows=rows,
            numbers=numbers,
            certificates={
                each.id: mask_free_text(each.number) for each in find_certificates(session, proofs).values()
            },
            claims={
                each.id: each.number for each in session.scalars(select(Claim).where(Claim.id.in_(stopped)))
            },
            people=name_people(session, [each.opened_by_person_id for each in rows]),
            regions=reach.list_region_choices(session),
            chosen={"region": region},
            before=before,
            per_page=PER_PAGE,
        )


def _name_holder(session: Session, found: Voucher) -> str | None:
    """Return what the holder's own account is called, where there is one."""
    account = find_worker(session, found.holder_person_id)
    return account.display_name if account is not None else None


def _learn(session: Session, found: Voucher) -> Learning:
    place = training.enrolment_of(session, found.id)
    proof = find_proofs(session, [found.id]).get(found.id)
    proven = [session.get_one(Certificate, proof.certificate_id)] if proof is not None else []
    classes = [training.get_class(session, place.class_id)] if place is not None else []
    return Learning(
        place=next(iter(training.view_classes(session, classes)), None),
        hours=training.hours_of(session, [found.id]).get(found.id, 0),
        completion=training.completion_of(session, found.id),
        results=assessing.results_of(session, found.id),
        certificate=next(iter(archive.view_certificates(session, the_door().keyring, proven)), None),
    )


def _find_replacement(session: Session, voucher_id: int) -> Issue | None:
    """Return the newest issue that replaces, or is to replace, a voucher."""
    return session.scalars(
        select(Issue)
        .join(IssueLine, IssueLine.issue_id == Issue.id)
        .where(IssueLine.replaces_voucher_id == voucher_id)
        .order_by(Issue.id.desc())
    ).first()
