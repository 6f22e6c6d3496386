"""Counting what a step would touch at an institution: vouchers, classes, claims, payments, exams."""

from __future__ import annotations

from sqlalchemy.orm import Session

from voucher.ledger.exit_holds import count_held
from voucher.registry.institutions import Institution
from voucher.rules.measure_effects import Effect, Line, Touched
from voucher.rules.measures import Step
from voucher.stages.assess.queries.planned import count_planned
from voucher.stages.settle.queries.houses import count_claims_of
from voucher.stages.train.queries import exits


def read_effect(session: Session, institution: Institution, step: Step) -> Effect:
    """Return what a step would touch as things stand now, in the order it is shown."""
    house = institution.id
    inside = exits.count_vouchers(session, house, exits.IN_A_CLASS)
    finished = exits.count_vouchers(session, house, exits.FINISHED)
    held, people = count_held(session, house, exits.select_in_classes_of(house))
    lines = [
        Line(Touched.IN_CLASS, inside.count, inside.people, inside.reserved_fen),
        Line(Touched.HELD, held, people, None),
        Line(Touched.FINISHED, finished.count, finished.people, finished.reserved_fen),
        Line(Touched.CLASSES, exits.count_classes(session, house, exits.TAKING_PLACE), 0, None),
        Line(Touched.APPLIED, exits.count_classes(session, house, exits.APPLIED), 0, None),
        *(
            Line(Touched(word), counted.count, counted.people, counted.amount_fen)
            for word, counted in count_claims_of(session, house).items()
        ),
        Line(Touched.EXAMS, count_planned(session, house), 0, None),
    ]
    return Effect(step, institution.state, tuple(lines))
