"""Applications as their person and the office read them: items, questions, answers, deadlines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry.people import read_people
from voucher.rules.applications import APPLICATION_MISSING, Demand
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.outside import FactKind
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.issue.models import Programme
from voucher.stages.issue.models_applications import (
    Application,
    ApplicationItem,
    ApplicationQuestion,
    ProgrammeDemand,
)
from voucher.stages.issue.queries.attachments import AttachmentView, list_attachments


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question of the office and its answer."""

    id: int
    question: str
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None
    attachments: tuple[AttachmentView, ...]


@dataclass(frozen=True, slots=True)
class ItemView:
    """One thing asked, what was said and shown, and what was asked about it since."""

    id: int
    label: str
    said: str
    attachments: tuple[AttachmentView, ...]
    questions: tuple[QuestionView, ...]

    def list_attachments(self) -> list[AttachmentView]:
        """Return everything attached to the item and to answers about it."""
        return [*self.attachments, *(each for asked in self.questions for each in asked.attachments)]


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application as lists show it; the person is masked."""

    id: int
    number: str
    state: str
    state_name: str
    programme_id: int
    programme_name: str
    region_code: str
    masked_name: str
    masked_number: str
    cause: dict[str, Any]
    filed_at: datetime
    due_on: date
    answer_by: date | None
    decided_at: datetime | None
    opinion: str | None


@dataclass(frozen=True, slots=True)
class ApplicationDetail:
    """An application with its items."""

    view: ApplicationView
    person_id: int
    items: tuple[ItemView, ...]

    def list_attachments(self) -> list[AttachmentView]:
        """Return everything attached, to items and to answers."""
        return [each for item in self.items for each in item.list_attachments()]


def list_applications(
    session: Session,
    keyring: Keyring,
    regions: Iterable[str],
    *,
    state: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[ApplicationView]:
    """Return the applications of regions, the newest first."""
    wanted = select(Application).where(Application.region_code.in_(sorted(regions)))
    if state is not None:
        wanted = wanted.where(Application.state == state)
    if before_id is not None:
        wanted = wanted.where(Application.id < before_id)
    return _view(session, keyring, session.scalars(wanted.order_by(Application.id.desc()).limit(limit)).all())


def list_own_applications(session: Session, keyring: Keyring, person_id: int) -> list[ApplicationView]:
    """Return a person's own applications, the newest first."""
    rows = session.scalars(
        select(Application).where(Application.person_id == person_id).order_by(Application.id.desc())
    ).all()
    return _view(session, keyring, rows)


def count_asked_back(session: Session, person_id: int) -> int:
    """Return how many of a person's own applications wait for the person's answer."""
    count = session.scalar(
        select(func.count()).where(Application.person_id == person_id, Application.state == "asked")
    )
    return count or 0


def count_open_applications(session: Session, regions: Iterable[str]) -> tuple[int, datetime | None]:
    """Return how many applications of regions wait for the office, and since when the oldest does."""
    count, oldest_at = session.execute(
        select(func.count(), func.min(Application.filed_at)).where(
            Application.region_code.in_(sorted(regions)), Application.state == "filed"
        )
    ).one()
    return count, oldest_at


def get_application(
    session: Session,
    keyring: Keyring,
    application_id: int,
    *,
    regions: Iterable[str] = (),
    person_id: int | None = None,
) -> ApplicationDetail:
    """Return an application of these regions, or a person's own.

    Raises Refused application_missing, also for a foreign one.
    """
    found = session.get(Application, application_id)
    if found is None or not (found.region_code in frozenset(regions) or found.person_id == person_id):
        raise APPLICATION_MISSING.refused()
    return ApplicationDetail(
        _view(session, keyring, [found])[0], found.person_id, _items(session, application_id)
    )


def demands_of(session: Session, programme_id: int) -> list[Demand]:
    """Return what a programme wants proven, in order."""
    rows = session.scalars(
        select(ProgrammeDemand)
        .where(ProgrammeDemand.programme_id == programme_id)
        .order_by(ProgrammeDemand.position)
    )
    return [Demand(each.label, FactKind(each.fact) if each.fact else None) for each in rows]


def _items(session: Session, application_id: int) -> tuple[ItemView, ...]:
    items = session.scalars(
        select(ApplicationItem)
        .where(ApplicationItem.application_id == application_id)
        .order_by(ApplicationItem.position)
    ).all()
    shown: dict[tuple[int | None, int | None], list[AttachmentView]] = {}
    for each in list_attachments(session, application_id):
        shown.setdefault((each.item_id, each.question_id), []).append(each)
    asked: dict[int, list[QuestionView]] = {}
    rows = session.scalars(
        select(ApplicationQuestion)
        .where(ApplicationQuestion.item_id.in_([each.id for each in items]))
        .order_by(ApplicationQuestion.id)
    )
    for row in rows:
        asked.setdefault(row.item_id, []).append(
            QuestionView(
                row.id,
                row.question,
                row.asked_at,
                row.answer,
                row.answered_at,
                tuple(shown.get((row.item_id, row.id), ())),
            )
        )
    return tuple(
        ItemView(
            item.id,
            item.label,
            item.said,
            tuple(shown.get((item.id, None), ())),
            tuple(asked.get(item.id, ())),
        )
        for item in items
    )


def _view(session: Session, keyring: Keyring, rows: Sequence[Application]) -> list[ApplicationView]:
    people = read_people(session, keyring, [each.person_id for each in rows])
    names = dict(
        session.execute(
            select(Programme.id, Programme.name).where(
                Programme.id.in_(sorted({each.programme_id for each in rows}))
            )
        ).all()
    )
    return [
        ApplicationView(
            id=each.id,
            number=each.number,
            state=each.state,
            state_name=STATE_NAMES[Thing.APPLICATION][each.state],
            programme_id=each.programme_id,
            programme_name=names[each.programme_id],
            region_code=each.region_code,
            masked_name=mask_name(people[each.person_id].name),
            masked_number=mask_identity(people[each.person_id].number or ""),
            cause=each.cause,
            filed_at=each.filed_at,
            due_on=each.due_on,
            answer_by=each.answer_by,
            decided_at=each.decided_at,
            opinion=each.opinion,
        )
        for each in rows
    ]
