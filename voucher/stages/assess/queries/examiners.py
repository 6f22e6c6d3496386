"""Examiners as their evaluator reads them: masked, with the days in force."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import people
from voucher.rules.privacy import mask_name
from voucher.stages.assess.examiners import list_examiners
from voucher.stages.assess.models_examiners import Examiner


@dataclass(frozen=True, slots=True)
class ExaminerView:
    """An examiner, masked."""

    id: int
    institution_id: int
    masked_name: str
    card_number: str
    since: date
    until: date | None
    filed_at: datetime


def list_views(
    session: Session,
    keyring: Keyring,
    institution_ids: Collection[int],
    *,
    before_id: int | None = None,
    limit: int | None = None,
) -> list[ExaminerView]:
    """Return the examiners these evaluators filed, the newest first."""
    found = list_examiners(session, institution_ids, before_id=before_id, limit=limit)
    return _view(session, keyring, found)


def view_examiner(session: Session, keyring: Keyring, examiner: Examiner) -> ExaminerView:
    """Return one examiner."""
    return _view(session, keyring, [examiner])[0]


def _view(session: Session, keyring: Keyring, found: Sequence[Examiner]) -> list[ExaminerView]:
    named = people.read_people(session, keyring, [each.person_id for each in found])
    return [
        ExaminerView(
            each.id,
            each.institution_id,
            mask_name(named[each.person_id].name) if each.person_id in named else "（已注销）",
            each.card_number,
            each.since,
            each.until,
            each.filed_at,
        )
        for each in found
    ]
