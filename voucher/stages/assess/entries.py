"""The way somebody without a voucher entered an exam by: checked, kept with its evidence, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import write_many
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.people import Newcomer
from voucher.rules.entries import Education, Entry, EntryWay, check_entry
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.models_examiners import CandidateEntry

OPENED = {
    Education.SECONDARY: "entry_level_secondary",
    Education.HIGHER: "entry_level_higher",
    Education.BACHELOR: "entry_level_higher",
}


@dataclass(frozen=True, slots=True)
class Direct:
    """Somebody without a voucher in canonical form, and the way in; an item asks for none."""

    person: Newcomer
    entry: Entry | None = None


def check_entries(work: Work, batch: ExamBatch, entries: Mapping[int, Entry | None]) -> None:
    """Check the ways of people by person.

    Raises Refused entry_way_missing, entry_evidence_missing, entry_education_missing, entry_level_too_high,
    parameter_missing.
    """
    regions = catalogue.list_ancestry(work.session, batch.region_code)
    opened = {
        education: tables.read_parameter_number(work.session, name, batch.exam_on, regions) or 0
        for education, name in OPENED.items()
    }
    for entry in entries.values():
        check_entry(entry, batch.level, opened)


def write_entries(work: Work, candidates: Sequence[Candidate], entries: Mapping[int, Entry | None]) -> None:
    """Keep the ways of candidates who have one."""
    chosen = [(each.id, entries.get(each.person_id)) for each in candidates]
    rows = [
        (
            candidate_id,
            str(entry.way),
            str(entry.education) if entry.education is not None else None,
            entry.evidence.strip(),
        )
        for candidate_id, entry in chosen
        if entry is not None
    ]
    same = {"declared_at": work.at, "declared_by_person_id": work.actor.person_id}
    write_many(work.session, CandidateEntry, ("candidate_id", "way", "education", "evidence"), rows, same)


def read_entries(session: Session, candidate_ids: Sequence[int]) -> dict[int, Entry]:
    """Return the way of each candidate who declared one."""
    rows = session.scalars(select(CandidateEntry).where(CandidateEntry.candidate_id.in_(candidate_ids)))
    return {
        each.candidate_id: Entry(
            EntryWay(each.way),
            each.evidence,
            Education(each.education) if each.education is not None else None,
        )
        for each in rows
    }
