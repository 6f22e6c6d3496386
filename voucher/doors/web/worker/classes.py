"""Choosing a class and following it: the open ones with what is left to pay, one's own with every lesson."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import Places, act_on_own, my_person_id, own_places, show
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.stages.issue import queries as issuing
from voucher.stages.train import queries as training
from voucher.stages.train.enrol import enrol as lock_to_class
from voucher.stages.train.queries import OpenFilter

PAGE = 20
FOLLOWED = ("enrolled", "training", "trained", "assessed", "certified", "settled", "completed")


@worker.get("/my/classes")
def classes() -> ResponseReturnValue:
    """Show this worker's own classes with every lesson, and the way to the open ones."""
    door, person_id = the_door(), my_person_id()
    with door.read() as session:
        mine = []
        for card in issuing.list_wallet(session, person_id):
            place = training.enrolment_of(session, card.id)
            if place is None or card.state not in FOLLOWED:
                continue
            view = training.view_classes(session, [training.get_class(session, place.class_id)])[0]
            lessons = training.list_lessons(session, person_id, card.id)
            hours = training.hours_of(session, [card.id]).get(card.id, 0)
            mine.append((show(card), view, lessons, hours))
        held = [each.held.id for _, _, lessons, _ in mine for each in lessons]
        stopped = training.list_taught_stopped(session, held)
        return render_template("worker/classes.html", mine=mine, at=door.at, taught_stopped=stopped)


@worker.get("/my/vouchers/<int:voucher_id>/classes")
def choose(voucher_id: int) -> ResponseReturnValue:
    """Show the classes this voucher can be used for."""
    return _choose(voucher_id)


def _choose(voucher_id: int) -> str:
    return choose_for(my_person_id(), voucher_id, own_places(voucher_id))


def choose_for(person_id: int, voucher_id: int, places: Places, helping: str | None = None) -> str:
    """Return the page of classes a person's voucher can be used for; `helping` names the holder, masked."""
    door = the_door()
    after = fields.cursor("after") or 0
    with door.read() as session:
        card = issuing.show_card(session, person_id, voucher_id)
        programme = issuing.get_programme(session, card.programme_id)
        usable = issuing.institutions_of(session, programme.id)
        asked = request.args.get("institution", "")
        wanted = OpenFilter(
            trade_code=programme.trade_code,
            level=programme.level,
            certificate_kind=programme.certificate_kind,
            institution_id=int(asked) if asked.isascii() and asked.isdigit() else None,
            person_id=person_id,
        )
        found = training.list_open_classes(
            session, door.at, door.today, wanted, after_id=after, limit=PAGE + 1
        )
        fitting = [each for each in found[:PAGE] if _fits(each, usable)]
        last = found[PAGE - 1].view.found.id if len(found) > PAGE else None
        onward = {"after": last} | ({"institution": asked} if asked else {})
        return render_template(
            "worker/choose.html",
            shown=show(card),
            classes=fitting,
            institutions=_name_institutions(session, found, usable),
            asked=asked,
            next_url=f"{places.choose}?{urlencode(onward)}" if last else None,
            places=places,
            helping=helping,
        )


def _fits(each: Any, usable: Any) -> bool:
    return not usable or each.view.found.institution_id in usable


def _name_institutions(session: Session, found: Any, usable: Any) -> list[tuple[int, str]]:
    ids = sorted({each.view.found.institution_id for each in found if _fits(each, usable)})
    rows = session.execute(
        select(Institution.id, Institution.name).where(Institution.id.in_(ids)).order_by(Institution.name)
    )
    return [(institution_id, name) for institution_id, name in rows]


@worker.post("/my/vouchers/<int:voucher_id>/enrolments")
def enrol(voucher_id: int) -> ResponseReturnValue:
    """Lock the voucher to one class, after a second look at what it means."""
    class_id = fields.whole("class_id", "班级")
    if request.form.get("sure") != "1":
        return _confirm(voucher_id, class_id)

    def call(work: Work) -> Done:
        lock_to_class(work, voucher_id, class_id)
        return Done(
            "报名成功，开班当天到机构出示二维码", url_for("web.worker.voucher", voucher_id=voucher_id)
        )

    return act_on_own(voucher_id, "enrol", call, lambda: _choose(voucher_id))


def _confirm(voucher_id: int, class_id: int) -> str:
    return confirm_for(my_person_id(), voucher_id, class_id, own_places(voucher_id))


def confirm_for(
    person_id: int, voucher_id: int, class_id: int, places: Places, helping: str | None = None
) -> str:
    """Return the page that says what locking a person's voucher to a class means."""
    door = the_door()
    with door.read() as session:
        card = issuing.show_card(session, person_id, voucher_id)
        opened = training.list_open_classes(
            session, door.at, door.today, OpenFilter(class_id=class_id, person_id=person_id), limit=1
        )
        view = training.view_classes(session, [training.get_class_for(session, None, class_id)])[0]
        return render_template(
            "worker/confirm_class.html",
            shown=show(card),
            chosen=view,
            opened=opened[0] if opened else None,
            lessons=training.list_sessions(session, class_id),
            places=places,
            helping=helping,
        )
