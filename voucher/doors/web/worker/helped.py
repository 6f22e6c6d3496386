"""我帮谁办: what a helper sees of somebody and does for them; never a code, a phone, or a whole number."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.browsers import seen_from
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done
from voucher.doors.web.paper import answer_paper
from voucher.doors.web.showing import moment
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.classes import choose_for, confirm_for
from voucher.doors.web.worker.own import Places, Shown, act_on_own, my_person_id, show, watched
from voucher.plumbing.unit_of_work import Work
from voucher.registry.consents.reading import ConsentView, get_living, view_consents
from voucher.registry.institutions import Institution
from voucher.stages.issue import helping
from voucher.stages.issue import queries as issuing
from voucher.stages.issue.holding import SHOWABLE
from voucher.stages.issue.queries import Card
from voucher.stages.train import queries as training
from voucher.stages.train.enrol import enrol_as_helper

STEPS = {
    "issued": "可以替本人领取",
    "accepted": "可以替本人选班级",
    "enrolled": "开班当天请本人带身份证和纸质凭条到机构，凭短信码核销",
    "training": "本人按课程表上课，短信码和凭条仍可使用",
}
WATCHED = "由本人办理，您可以查看进度"


@dataclass(frozen=True, slots=True)
class Helped:
    """Whom a helper acts for on which consent."""

    consent: ConsentView
    person_id: int


def _enter(session: Session, consent_id: int) -> Helped:
    """Return whom the actor may help. Raises Refused consent_unknown, also for any other consent."""
    door = the_door()
    found = get_living(session, my_person_id(), consent_id, door.today)
    return Helped(view_consents(session, door.keyring, [found], door.today)[0], found.principal_person_id)


def _show(card: Card) -> Shown:
    """Return a card with what its holder's helper does next."""
    shown = show(card)
    return shown if card.held or shown.is_over else replace(shown, next_step=STEPS.get(card.state, WATCHED))


def _places(consent_id: int, voucher_id: int) -> Places:
    def at(page: str) -> str:
        return url_for(f"web.worker.{page}", consent_id=consent_id, voucher_id=voucher_id)

    return Places(at("helped_voucher"), at("choose_helped"), at("enrol_helped"))


@worker.get("/my/helped/<int:consent_id>")
def helped_person(consent_id: int) -> ResponseReturnValue:
    """Show somebody's vouchers, and what may be had and why not."""
    door = the_door()
    with door.read() as session:
        one = _enter(session, consent_id)
        cards = issuing.list_wallet(session, one.person_id)
        return render_template(
            "worker/helped_person.html",
            consent=one.consent,
            cards=[(_show(each), _places(consent_id, each.id).voucher) for each in cards],
            offers=issuing.offers(session, door.keyring, one.person_id, door.today),
        )


@worker.get("/my/helped/<int:consent_id>/vouchers/<int:voucher_id>")
def helped_voucher(consent_id: int, voucher_id: int) -> ResponseReturnValue:
    """Show one voucher of somebody, and what may be done with it on the consent."""
    return _page(consent_id, voucher_id)


def _page(consent_id: int, voucher_id: int) -> str:
    with the_door().read() as session:
        one = _enter(session, consent_id)
        card = issuing.show_card(session, one.person_id, voucher_id)
        enrolment = training.enrolment_of(session, voucher_id)
        chosen, houses = None, []
        if enrolment is not None:
            found = training.get_class(session, enrolment.class_id)
            chosen = training.view_classes(session, [found])[0]
            ids = sorted({found.institution_id, found.delivering_institution_id})
            houses = [(each, session.get_one(Institution, each).name) for each in ids]
        return render_template(
            "worker/helped_voucher.html",
            consent=one.consent,
            shown=_show(card),
            chosen=chosen,
            houses=houses,
            places=_places(consent_id, voucher_id),
            showable=card.state in SHOWABLE,
            has_sms=the_door().config.has_sms,
        )


@worker.post("/my/helped/<int:consent_id>/vouchers/<int:voucher_id>/acceptances")
def accept_helped(consent_id: int, voucher_id: int) -> ResponseReturnValue:
    """Accept a voucher for its holder."""

    def call(work: Work) -> Done:
        helping.accept_as_helper(work, voucher_id, consent_id, seen_from())
        return Done("已代为领取，并告知本人", _places(consent_id, voucher_id).voucher)

    return act_on_own(voucher_id, "accept", call, lambda: _page(consent_id, voucher_id))


@worker.get("/my/helped/<int:consent_id>/vouchers/<int:voucher_id>/classes")
def choose_helped(consent_id: int, voucher_id: int) -> ResponseReturnValue:
    """Show the classes somebody's voucher can be used for."""
    return _choose(consent_id, voucher_id)


def _choose(consent_id: int, voucher_id: int) -> str:
    with the_door().read() as session:
        one = _enter(session, consent_id)
    name = one.consent.principal_name
    return choose_for(one.person_id, voucher_id, _places(consent_id, voucher_id), name)


@worker.post("/my/helped/<int:consent_id>/vouchers/<int:voucher_id>/enrolments")
def enrol_helped(consent_id: int, voucher_id: int) -> ResponseReturnValue:
    """Lock somebody's voucher to a class, after a second look at what it means."""
    class_id, places = fields.whole("class_id", "班级"), _places(consent_id, voucher_id)
    if request.form.get("sure") != "1":
        with the_door().read() as session:
            one = _enter(session, consent_id)
        return confirm_for(one.person_id, voucher_id, class_id, places, one.consent.principal_name)

    def call(work: Work) -> Done:
        enrol_as_helper(work, voucher_id, class_id, consent_id)
        return Done("已代为报名，并告知本人；开班当天请本人带身份证到机构", places.voucher)

    return act_on_own(voucher_id, "enrol", call, lambda: _choose(consent_id, voucher_id))


@worker.post("/my/helped/<int:consent_id>/vouchers/<int:voucher_id>/paper")
def paper_helped(consent_id: int, voucher_id: int) -> ResponseReturnValue:
    """Print somebody's voucher; that it was printed is kept and told."""

    def call() -> ResponseReturnValue:
        perform(lambda work: helping.print_as_helper(work, voucher_id, consent_id))
        with the_door().read() as session:
            return answer_paper(session, _enter(session, consent_id).person_id, voucher_id)

    return watched(voucher_id, "paper", call, lambda: _page(consent_id, voucher_id))


@worker.post("/my/helped/<int:consent_id>/vouchers/<int:voucher_id>/texted-codes")
def text_helped(consent_id: int, voucher_id: int) -> ResponseReturnValue:
    """Have a code sent to the holder's own telephone; nothing of it is shown here."""
    institution_id = fields.whole("institution_id", "机构")

    def call(work: Work) -> Done:
        has_sms = the_door().config.has_sms
        sent = helping.text_code_as_helper(work, voucher_id, consent_id, institution_id, has_sms=has_sms)
        words = (
            f"短信码已发到本人手机 {sent.masked_mobile}，{moment(sent.until)} 前有效，"
            "由本人在机构念给工作人员"
        )
        return Done(words, _places(consent_id, voucher_id).voucher)

    return act_on_own(voucher_id, "text", call, lambda: _page(consent_id, voucher_id))
