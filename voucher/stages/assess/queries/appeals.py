"""Appeals as candidates, evaluators and the office read them, and what may still be appealed against."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue, people, subjects
from voucher.registry.institutions import Institution
from voucher.rules.appeals import APPEAL_KIND_NAMES, AppealKind
from voucher.rules.levels import Level, name_level
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.privacy import mask_name
from voucher.stages.assess.appeals.reading import APPEAL_MISSING
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.assess.models_appeals import (
    INSISTED_CONTEXT,
    OVER,
    SAID_CONTEXT,
    WHY_LATE_CONTEXT,
    Appeal,
)
from voucher.stages.assess.models_arrivals import ExamArrival
from voucher.stages.train.queries.trained import classes_of

NO_LEVEL = "不分等级"
AT_EVALUATOR = ("filed", "accepted", "upheld", "overruled")


@dataclass(frozen=True, slots=True)
class AppealView:
    """An appeal in words, who appeals masked; what they said is None once their key is destroyed.

    `before` and `after` are the result appealed against and the one that met it; `is_late` says that the
    last day of the next step has passed.
    """

    appeal: Appeal
    kind_name: str
    state_name: str
    evaluator_name: str
    trade_name: str
    level_name: str
    batch: ExamBatch | None
    turned_away: str | None
    masked_name: str
    said: str | None
    why_late: str | None
    insisted: str | None
    before: ExamResult | None
    after: ExamResult | None
    is_late: bool


def list_appeals(
    session: Session,
    reached: ColumnElement[bool],
    *,
    states: Collection[str] | None = None,
    overdue_on: date | None = None,
    before_id: int | None = None,
    limit: int = 20,
) -> list[Appeal]:
    """Return the newest appeals within a condition; `overdue_on` asks for those whose last day has passed."""
    query = select(Appeal).where(reached)
    if states is not None:
        query = query.where(Appeal.state.in_(sorted(states)))
    if overdue_on is not None:
        query = query.where(Appeal.state.not_in(OVER), Appeal.due_on < overdue_on)
    if before_id is not None:
        query = query.where(Appeal.id < before_id)
    return list(session.scalars(query.order_by(Appeal.id.desc()).limit(limit)))


def get_appeal(session: Session, appeal_id: int, reached: ColumnElement[bool]) -> Appeal:
    """Return an appeal within a condition. Raises Refused appeal_missing, also for a foreign one."""
    found = session.scalars(select(Appeal).where(Appeal.id == appeal_id, reached)).first()
    if found is None:
        raise APPEAL_MISSING.refused()
    return found


def of_person(person_id: int) -> ColumnElement[bool]:
    """Return the condition that an appeal is a person's own."""
    return Appeal.person_id == person_id


def list_open_numbers(session: Session, person_id: int) -> list[str]:
    """Return the numbers of a person's appeals that are not over, the oldest first."""
    rows = session.scalars(
        select(Appeal).where(of_person(person_id), Appeal.state.not_in(OVER)).order_by(Appeal.id)
    )
    return [each.number for each in rows]


def of_evaluators(evaluator_ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that an appeal is against one of these evaluators."""
    return Appeal.institution_id.in_(sorted(evaluator_ids))


def of_regions(regions: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that an appeal belongs to one of these regions."""
    return Appeal.region_code.in_(sorted(regions))


def count_at_evaluators(session: Session, evaluator_ids: Collection[int]) -> int:
    """Return how many appeals wait for these evaluators."""
    query = select(func.count()).where(of_evaluators(evaluator_ids), Appeal.state.in_(AT_EVALUATOR))
    return session.scalar(query) or 0


def count_at_office(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many appeals of these regions wait for the office, and since when the oldest was filed."""
    row = session.execute(
        select(func.count(), func.min(Appeal.filed_at)).where(
            of_regions(regions), Appeal.state == "escalated"
        )
    ).one()
    return int(row[0]), row[1]


def view_appeals(
    session: Session, keyring: Keyring, rows: Sequence[Appeal], today: date, *, unseal: bool = True
) -> list[AppealView]:
    """Return appeals in words, in the order given; what was said stays sealed in lists."""
    ids = sorted({each.person_id for each in rows})
    named = people.read_people(session, keyring, ids)
    indexes = people.find_subject_indexes(session, ids) if unseal else {}
    keys = subjects.find_keys(session, keyring, list(indexes.values()))
    batches = _read_batches(session, rows)
    houses = select(Institution.id, Institution.name).where(
        Institution.id.in_({each.institution_id for each in rows})
    )
    names = dict(session.execute(houses).all())
    taught = classes_of(session, [each.voucher_id for each in rows if each.voucher_id is not None])
    codes = [each.trade_code for each in batches.values()] + [each.trade_code for each in taught.values()]
    trades = catalogue.name_trades(session, codes)
    results, doors = _read_results(session, rows), _read_doors(session, rows)
    made = []
    for each in rows:
        key = keys.get(indexes.get(each.person_id, ""))
        about = batches.get(each.candidate_id or 0) or taught.get(each.voucher_id or 0)

        def read(sealed: bytes | None, context: str, key: bytes | None = key) -> str | None:
            return keyring.unseal(key, context, sealed) if key is not None and sealed is not None else None

        made.append(
            AppealView(
                appeal=each,
                kind_name=APPEAL_KIND_NAMES[AppealKind(each.kind)],
                state_name=STATE_NAMES[Thing.APPEAL][each.state],
                evaluator_name=names[each.institution_id],
                trade_name=trades.get(about.trade_code, about.trade_code) if about is not None else "",
                level_name=name_level(Level(about.level)) if about is not None and about.level else NO_LEVEL,
                batch=batches.get(each.candidate_id or 0),
                turned_away=doors.get(each.arrival_id or 0),
                masked_name=mask_name(named[each.person_id].name) if each.person_id in named else "已删除",
                said=read(each.said_sealed, SAID_CONTEXT),
                why_late=read(each.why_late_sealed, WHY_LATE_CONTEXT),
                insisted=read(each.insisted_sealed, INSISTED_CONTEXT),
                before=results.get(each.result_id or 0),
                after=results.get(each.settled_result_id or 0),
                is_late=each.due_on is not None and each.due_on < today,
            )
        )
    return made


def _read_batches(session: Session, rows: Sequence[Appeal]) -> dict[int, ExamBatch]:
    """Return the exam behind each appeal by its candidate."""
    ids = {each.candidate_id for each in rows if each.candidate_id is not None}
    query = (
        select(Candidate.id, ExamBatch)
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .where(Candidate.id.in_(ids))
    )
    return dict(session.execute(query).all())


def _read_results(session: Session, rows: Sequence[Appeal]) -> dict[int, ExamResult]:
    """Return the results appealed against and those that met an appeal, by id."""
    ids = {i for each in rows for i in (each.result_id, each.settled_result_id) if i is not None}
    return {each.id: each for each in session.scalars(select(ExamResult).where(ExamResult.id.in_(ids)))}


def _read_doors(session: Session, rows: Sequence[Appeal]) -> dict[int, str | None]:
    """Return in words why people were turned away at doors, by refusal."""
    ids = {each.arrival_id for each in rows if each.arrival_id is not None}
    query = select(ExamArrival.id, ExamArrival.title).where(ExamArrival.id.in_(ids))
    return dict(session.execute(query).all())
