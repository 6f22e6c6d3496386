"""What a measure may stand on: findings about the institution that somebody has concluded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.rules.complaints import TOPIC_NAMES, Topic
from voucher.rules.inspections import CONCLUSION_NAMES, Conclusion
from voucher.rules.measures import GROUND_NAMES, GroundKind
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.measures.models import MeasureGround
from voucher.stages.oversee.risk.models import RiskFlag
from voucher.stages.train.queries.inspections import list_found_against

LISTED_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class Ground:
    """A concluded finding: what kind, which one, when it was concluded, what it says."""

    kind: GroundKind
    object_id: int
    at: datetime
    words: str

    @property
    def key(self) -> str:
        """Return how a form names it."""
        return f"{self.kind}-{self.object_id}"

    @property
    def kind_name(self) -> str:
        """Return the kind in Chinese."""
        return GROUND_NAMES[self.kind]


def list_grounds(session: Session, institution_id: int) -> list[Ground]:
    """Return what has been found against an institution, the newest first."""
    flags = session.scalars(
        select(RiskFlag)
        .where(RiskFlag.institution_id == institution_id, RiskFlag.state == "upheld")
        .order_by(RiskFlag.id.desc())
        .limit(LISTED_AT_MOST)
    )
    found = [
        Ground(GroundKind.FLAG, each.id, each.concluded_at or each.raised_at, each.sentence) for each in flags
    ]
    for inspection, training_class in list_found_against(session, institution_id, LISTED_AT_MOST):
        conclusion = CONCLUSION_NAMES[Conclusion(inspection.conclusion or "")]
        words = f"{training_class.name}（{training_class.number}）：{conclusion}，{inspection.findings or ''}"
        at = inspection.concluded_at or inspection.opened_at
        found.append(Ground(GroundKind.INSPECTION, inspection.id, at, words))
    complaints = session.scalars(
        select(Complaint)
        .where(
            Complaint.institution_id == institution_id,
            Complaint.kind == "complaint",
            Complaint.state == "upheld",
        )
        .order_by(Complaint.id.desc())
        .limit(LISTED_AT_MOST)
    )
    found += [
        Ground(
            GroundKind.COMPLAINT, each.id, each.concluded_at or each.filed_at,
            f"{TOPIC_NAMES[Topic(each.topic)]}，查实",
        )
        for each in complaints
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.at, each.key), reverse=True)


def choose_grounds(session: Session, institution_id: int, keys: Collection[str]) -> list[Ground]:
    """Return the chosen ones of those findings; what is not among them is left out."""
    return [each for each in list_grounds(session, institution_id) if each.key in set(keys)]


def list_attached(session: Session, measure_id: int, institution_id: int) -> list[Ground]:
    """Return what a measure stands on."""
    rows = session.scalars(select(MeasureGround).where(MeasureGround.measure_id == measure_id))
    keys = {f"{each.kind}-{each.object_id}" for each in rows}
    return choose_grounds(session, institution_id, keys)
