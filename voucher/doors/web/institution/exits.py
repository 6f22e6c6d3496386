"""退出目录: an institution leaves the list by two of its people, who see before what it stops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import list_houses, my_houses
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.rules.lifecycle import Thing, may_move
from voucher.rules.measure_effects import TOUCHED_NAMES, UNITS, Line, Touched, say_then
from voucher.rules.measures import Step
from voucher.stages.oversee.measures.effects import read_effect
from voucher.stages.train import exits as leaving
from voucher.stages.train.models.exits import InstitutionExit
from voucher.stages.train.queries import exits

# money and exams stand with other stages; what becomes of them is the same as when the office strikes one off
BESIDE = (Touched.CLAIMS, Touched.PAYING, Touched.EXAMS)
PER_PAGE = 50


@institution.get("/institution/exits")
def exit_page() -> ResponseReturnValue:
    """Show what leaving the list would stop, what was asked, and the form for who may act now."""
    return _page()


@institution.post("/institution/exits")
def ask_exit() -> ResponseReturnValue:
    """Ask to leave; nothing is stopped before another person confirms."""

    def call(work: Work) -> Done:
        house = fields.whole("institution_id", "机构")
        leaving.ask_exit(work, house, fields.text("why", "退出的理由", limit=200))
        return Done("已提出，等本机构另一人确认；确认前一切照常", url_for("web.institution.exit_page"))

    return submit(call, _page)


@institution.post("/institution/exits/<int:exit_id>/confirmations")
def confirm_exit(exit_id: int) -> ResponseReturnValue:
    """Confirm a colleague's wish to leave; the vouchers in classes wait for the office."""

    def call(work: Work) -> Done:
        done = leaving.confirm_exit(work, exit_id, fields.text("seen", "退出的后果", limit=64))
        words = f"已退出目录，{done.vouchers_held or 0:,} 张在培的券停住，等人社部门转班或本人另选"
        return Done(words, url_for("web.institution.exit_page"))

    return submit(call, _page)


@institution.post("/institution/exits/<int:exit_id>/withdrawals")
def withdraw_exit(exit_id: int) -> ResponseReturnValue:
    """Take a wish to leave back."""

    def call(work: Work) -> Done:
        leaving.withdraw_exit(work, exit_id, fields.text("why", "撤回的理由", limit=200))
        return Done("已撤回，本机构仍在目录内，一切照常", url_for("web.institution.exit_page"))

    return submit(call, _page)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One institution as the page shows it: what leaving would stop, what stands beside, what was asked."""

    house: Institution
    may_leave: bool
    asked: InstitutionExit | None
    effect: exits.Leaving
    classes: Sequence[exits.ClassLeft]
    goes_on: bool
    beside: list[tuple[str, Line, str, str]]

    @property
    def hands(self) -> list[int]:
        """Return who had a hand in what was asked."""
        if self.asked is None:
            return []
        ends = (self.asked.confirmed_by_person_id, self.asked.withdrawn_by_person_id)
        return [self.asked.asked_by_person_id, *(each for each in ends if each is not None)]


def _page() -> str:
    actor = current_actor()
    with the_door().read() as session:
        rows = [_describe(session, each) for each in list_houses(session, INSTITUTION_DESK)]
        return render_template(
            "institution/exits.html",
            rows=rows,
            hands=name_people(session, [person for row in rows for person in row.hands]),
            after=fields.cursor("after"),
            administered=my_houses(frozenset({Role.INSTITUTION_ADMIN})),
            person_id=actor.person_id,
        )


def _describe(session: Session, house: Institution) -> _Shown:
    effect = exits.read_leaving(session, house.id)
    classes = _after(effect.classes, fields.cursor("after"))
    return _Shown(
        house=house,
        may_leave=may_move(Thing.INSTITUTION, house.state, "leave"),
        asked=exits.find_last(session, house.id),
        effect=effect,
        classes=classes[:PER_PAGE],
        goes_on=len(classes) > PER_PAGE,
        beside=[
            (
                TOUCHED_NAMES[each.touched],
                each,
                UNITS[each.touched],
                say_then(Step.DELIST, each.touched, house.state),
            )
            for each in read_effect(session, house, Step.DELIST).lines
            if each.touched in BESIDE and each.count
        ],
    )


def _after(classes: Sequence[exits.ClassLeft], class_id: int | None) -> Sequence[exits.ClassLeft]:
    """Return the classes behind the one a page ended with, all of them where it is not among them."""
    place = next((place for place, each in enumerate(classes, start=1) if each.id == class_id), 0)
    return classes[place:]
