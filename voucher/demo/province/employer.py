"""An employer that evaluates its own staff: who works there, who has left, and an exam to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from itertools import islice

from voucher.demo.province.cast import TURNER
from voucher.demo.province.stage import Stage, invent_workers
from voucher.plumbing.unit_of_work import Work
from voucher.registry.employing import NewEmployment, end_employment, state_employment
from voucher.registry.people import Newcomer
from voucher.rules.actor import Role
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.levels import Level
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.plan import NewBatch, plan_batch

KEY = "heavy"
# people of its own, so that the other cohorts are the same with it and without it
SEED = 1988
STAFF, LISTED = 6, 3
DAYS_KNOWN, DAYS_GONE, DAYS_PLANNED, DAYS_AHEAD = 120, 20, 2, 9
YEARS_THERE = 3


def note_employer(stage: Stage) -> None:
    """Put the employer's statements of staff, one who leaves, and its exam into the diary."""
    login = stage.hand(KEY, str(Role.EVALUATOR_ADMIN))
    people = list(islice(invent_workers(SEED, stage.today), STAFF))
    employed: list[int] = []

    def state_all() -> None:
        for place, each in enumerate(people):
            employed.append(stage.act(login, partial(_state, stage=stage, person=each, place=place)))

    def let_go() -> None:
        day = stage.today - timedelta(days=DAYS_GONE)
        stage.act(login, lambda work: end_employment(work, employed[-1], day, "合同到期，不再续签").id)

    stage.note(stage.today - timedelta(days=DAYS_KNOWN), state_all)
    stage.note(stage.today - timedelta(days=DAYS_GONE), let_go)
    stage.note(
        stage.today - timedelta(days=DAYS_PLANNED),
        lambda: stage.act(login, partial(_plan, stage=stage, people=people[:LISTED])),
    )


def _state(work: Work, *, stage: Stage, person: Newcomer, place: int) -> int:
    since = stage.today - timedelta(days=365 * YEARS_THERE + 30 * place)
    new = NewEmployment(
        stage.institution(KEY), person, since, None, "contract", f"YG-{since.year}-{place + 1:03d}"
    )
    return state_employment(work, new).id


def _plan(work: Work, *, stage: Stage, people: Sequence[Newcomer]) -> int:
    new = NewBatch(
        institution_id=stage.institution(KEY),
        certificate_kind=CertificateKind.SKILL_LEVEL,
        trade_code=TURNER,
        level=int(Level.JUNIOR),
        exam_on=stage.today + timedelta(days=DAYS_AHEAD),
        place="一号车间培训教室",
        people=[Direct(each, Entry(EntryWay.WORK, "劳动合同", years=YEARS_THERE)) for each in people],
    )
    return plan_batch(work, new).id
