"""The cases of classes that were taken back: one per payee, with the letter that names its receivables."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.plumbing.clock import day_of
from voucher.registry import catalogue
from voucher.registry.institutions import Institution
from voucher.rules.clawback import due_on
from voucher.stages.settle.clawback import CLAWBACK_MISSING
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.class_clawbacks import ClassClawback, ClawbackCase, ClawbackCaseLine
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.offset_plans import letter_number
from voucher.stages.settle.queries.letters import read_days
from voucher.stages.settle.queries.reach import Payees
from voucher.stages.train.queries import TrainingClass


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case: its payee, how many receivables, asked and back in fen."""

    case_id: int
    class_id: int
    class_name: str
    payee_name: str
    count: int
    asked_fen: int
    recovered_fen: int


@dataclass(frozen=True, slots=True)
class CaseLetter:
    """One letter to a payee for a class; `lines` are letter number, claim number, asked and back in fen."""

    number: str
    region_name: str
    payee_name: str
    class_name: str
    why: str
    lines: list[tuple[str, str, int, int]]
    opened_on: date
    due_on: date
    days: int

    @property
    def asked_fen(self) -> int:
        """Return what is asked back."""
        return sum(asked for _, _, asked, _ in self.lines)

    @property
    def recovered_fen(self) -> int:
        """Return what has come back."""
        return sum(back for _, _, _, back in self.lines)


def _within(regions: Collection[str], payees: Payees) -> ColumnElement[bool]:
    return TrainingClass.region_code.in_(sorted(regions)) | ClawbackCase.institution_id.in_(sorted(payees))


def list_cases(
    session: Session, regions: Collection[str], payees: Payees = (), *, class_id: int | None = None
) -> list[CaseRow]:
    """Return the newest cases of these regions or against these payees, or of one class."""
    query = (
        select(
            ClawbackCase.id, TrainingClass.id, TrainingClass.name, Institution.name, func.count(),
            func.sum(Clawback.amount_fen), func.sum(Clawback.recovered_fen),
        )
        .join(ClassClawback, ClassClawback.id == ClawbackCase.class_clawback_id)
        .join(TrainingClass, TrainingClass.id == ClassClawback.class_id)
        .join(Institution, Institution.id == ClawbackCase.institution_id)
        .join(ClawbackCaseLine, ClawbackCaseLine.case_id == ClawbackCase.id)
        .join(Clawback, Clawback.id == ClawbackCaseLine.clawback_id)
        .where(_within(regions, payees))
        .group_by(ClawbackCase.id, TrainingClass.id, TrainingClass.name, Institution.name)
        .order_by(ClawbackCase.id.desc())
        .limit(50)
    )  # fmt: skip
    if class_id is not None:
        query = query.where(TrainingClass.id == class_id)
    rows = session.execute(query)
    return [
        CaseRow(case_id, of_class, name, payee, count, int(asked), int(back))
        for case_id, of_class, name, payee, count, asked, back in rows
    ]


def read_case_letter(
    session: Session, case_id: int, regions: Collection[str], payees: Payees = ()
) -> CaseLetter:
    """Return the letter of a case of these regions or against these payees.

    Raises Refused clawback_missing, the same for a foreign one, parameter_missing.
    """
    found = session.execute(
        select(ClawbackCase, ClassClawback, TrainingClass, Institution.name)
        .join(ClassClawback, ClassClawback.id == ClawbackCase.class_clawback_id)
        .join(TrainingClass, TrainingClass.id == ClassClawback.class_id)
        .join(Institution, Institution.id == ClawbackCase.institution_id)
        .where(ClawbackCase.id == case_id, _within(regions, payees))
    ).first()
    if found is None:
        raise CLAWBACK_MISSING.refused()
    case, asked, of_class, payee = found
    owed = session.execute(
        select(Clawback, Claim)
        .join(ClawbackCaseLine, ClawbackCaseLine.clawback_id == Clawback.id)
        .join(Claim, Claim.id == Clawback.claim_id)
        .where(ClawbackCaseLine.case_id == case.id)
        .order_by(Clawback.id)
    )
    opened_on = day_of(case.opened_at)
    days = read_days(session, of_class.region_code, opened_on)
    return CaseLetter(
        number=f"ZB-{of_class.region_code}-{opened_on.year}-{case.id:06d}",
        region_name=catalogue.get_region(session, of_class.region_code).name,
        payee_name=payee,
        class_name=of_class.name,
        why=asked.why,
        lines=[
            (letter_number(each, claim.region_code), claim.number, each.amount_fen, each.recovered_fen)
            for each, claim in owed
        ],
        opened_on=opened_on,
        due_on=due_on(opened_on, days),
        days=days,
    )
