"""质量评估 of evaluators and examiners: a year beside their peers, and the exams behind every figure."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import WATCHERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.doors.web.supervisor.quality import list_years, read_year_asked
from voucher.registry import people
from voucher.registry.institutions import INSTITUTION_MISSING, Institution
from voucher.registry.tables import require_parameter_number
from voucher.rules.examining_quality import Judged, find_middle
from voucher.rules.privacy import mask_name
from voucher.stages.assess.queries.suspicions import number_batches
from voucher.stages.oversee.quality.examining import YearOfExams, read_year

PER_PAGE = 50
LEAST = "suspicious_people_least"


@supervisor.get("/supervisor/quality/evaluators")
def evaluator_quality() -> ResponseReturnValue:
    """Show every evaluator with exams in these regions in a year; those with too few people say so."""
    door, year, after = the_door(), read_year_asked(), fields.cursor()
    with door.read() as session:
        found, least = _read(session, year)
        ordered = sorted(each for each in found.evaluators if each > after)[:PER_PAGE]
        return render_template(
            "supervisor/evaluator_quality.html",
            rows=[(session.get_one(Institution, each), found.evaluators[each]) for each in ordered],
            middle=find_middle(list(found.evaluators.values()), least),
            least=least,
            year=year,
            years=list_years(),
            after=after,
            per_page=PER_PAGE,
        )


@supervisor.get("/supervisor/quality/evaluators/<int:institution_id>")
def evaluator_quality_of(institution_id: int) -> ResponseReturnValue:
    """Show one evaluator's exams of a year and who examined in them."""
    door, year, after = the_door(), read_year_asked(), fields.cursor()
    with door.read() as session:
        found, least = _read(session, year)
        if institution_id not in found.evaluators:
            raise INSTITUTION_MISSING.refused(code=str(institution_id))
        exams = [each for each in found.exams if each.evaluator_id == institution_id]
        shown = [each for each in exams if each.batch_id > after][:PER_PAGE]
        mine = {person for each in exams for person in found.hands.get(each.batch_id, ())}
        judged = [each for each in found.examiners if each.person_id in mine][:PER_PAGE]
        names = _name(session, judged)
        return render_template(
            "supervisor/evaluator_quality_of.html",
            found=session.get_one(Institution, institution_id),
            figures=found.evaluators[institution_id],
            middle=find_middle(list(found.evaluators.values()), least),
            exams=shown,
            numbers=number_batches(session, [each.batch_id for each in shown]),
            judged=judged,
            names=names,
            least=least,
            year=year,
            after=after,
            per_page=PER_PAGE,
        )


@supervisor.get("/supervisor/quality/examiners")
def examiner_quality() -> ResponseReturnValue:
    """Show every examiner of a year, those furthest above everybody else first."""
    door, year, page = the_door(), read_year_asked(), fields.cursor()
    with door.read() as session:
        found, least = _read(session, year)
        shown = found.examiners[page : page + PER_PAGE]
        return render_template(
            "supervisor/examiner_quality.html",
            rows=shown,
            names=_name(session, shown),
            sat=sum(each.sat for each in found.exams),
            passed=sum(each.passed for each in found.exams),
            limit=require_parameter_number(session, "risk_pair_z_hundredths", door.today, ("*",)),
            least=least,
            year=year,
            years=list_years(),
            count=len(found.examiners),
            page=page,
            per_page=PER_PAGE,
        )


def _read(session: Session, year: int) -> tuple[YearOfExams, int]:
    least = require_parameter_number(session, LEAST, the_door().today, ("*",))
    return read_year(session, current_actor().regions_as(*WATCHERS), year, least), least


def _name(session: Session, judged: list[Judged]) -> dict[int, str]:
    known = people.read_people(session, the_door().keyring, [each.person_id for each in judged])
    return {each: mask_name(person.name) for each, person in known.items()}
