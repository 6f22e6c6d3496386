"""The way somebody without a voucher entered an exam by: checked, kept with its evidence, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among, write_many
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.card_numbers import write_number
from voucher.registry.dictionaries import list_words, name_words
from voucher.registry.people import Newcomer
from voucher.registry.talents import competitions, ladder
from voucher.rules.card_numbers import mask_number
from voucher.rules.competitions import (
    ENTRY_CONTESTED,
    RECORDED_WAYS,
    check_recorded,
    check_still_recorded,
)
from voucher.rules.dictionaries import Dictionary
from voucher.rules.entries import EDUCATION_NAMES, Education, Entry, EntryWay, OpenWays, check_entry
from voucher.rules.errors import Refused
from voucher.rules.levels import Level, name_level
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.models_examiners import CandidateEntry

OPENED = {
    Education.SECONDARY: "entry_level_secondary",
    Education.HIGHER: "entry_level_higher",
    Education.BACHELOR: "entry_level_higher",
}
AT_THE_DOOR = "入场考试"
# what an entry tells besides its way, schooling and paper
FACTS = ("years", "held_level", "held_number", "award", "competition", "team", "place")


@dataclass(frozen=True, slots=True)
class Direct:
    """Somebody without a voucher in canonical form, and the way in; an item asks for none."""

    person: Newcomer
    entry: Entry | None = None


def check_entries(work: Work, batch: ExamBatch, entries: Mapping[int, Entry | None]) -> None:
    """Check the ways of people by person, and that places and honours are ones the office has entered.

    Raises Refused what `check_entry` and `check_recorded` raise, parameter_missing.
    """
    if not entries:
        return
    ways = read_open_ways(work.session, batch)
    for entry in entries.values():
        check_entry(entry, batch.level, ways)
    for refused in find_unrecorded(work, batch, entries, ways).values():
        raise refused


def check_entry_stands(work: Work, batch: ExamBatch, candidate: Candidate) -> None:
    """Refuse at the door whose place or honour was taken back since they were listed.

    Raises Refused entry_taken_back, entry_contested.
    """
    for refused in find_taken_back(work, batch, [candidate]).values():
        raise refused


def find_taken_back(work: Work, batch: ExamBatch, candidates: Sequence[Candidate]) -> dict[int, Refused]:
    """Return, by candidate, why `check_entry_stands` refuses some of many, read together."""
    session = work.session
    direct = {each.id: each.person_id for each in candidates if each.voucher_id is None}
    entries = {
        key: each for key, each in read_entries(session, list(direct)).items() if each.way in RECORDED_WAYS
    }
    if not entries:
        return {}
    found = _find_fallen(session, batch, entries, direct, contested=False)
    if found:
        # what somebody asks to take back, and nobody has decided yet, is not taken back
        gone = _find_fallen(session, batch, {key: entries[key] for key in found}, direct, contested=True)
        for key in found.keys() - gone.keys():
            is_place = entries[key].way is EntryWay.COMPETITION
            found[key] = ENTRY_CONTESTED.refused(what="竞赛成绩" if is_place else "荣誉", act=AT_THE_DOOR)
    return found


def _find_fallen(
    session: Session,
    batch: ExamBatch,
    entries: Mapping[int, Entry],
    direct: Mapping[int, int],
    *,
    contested: bool,
) -> dict[int, Refused]:
    """Return whose place or honour does not stand; what is contested stands only if told."""
    persons = [direct[key] for key in entries]
    aliases, on = catalogue.read_aliases(session), batch.exam_on
    placed = competitions.read_placed(session, persons, contested=contested)
    honours = competitions.list_held(session, persons, on, contested=contested)
    found: dict[int, Refused] = {}
    for key, entry in entries.items():
        held = placed.get(direct[key], ()), {each.honour for each in honours.get(direct[key], ())}
        try:
            check_still_recorded(entry, batch.trade_code, on, *held, aliases, AT_THE_DOOR)
        except Refused as refused:
            found[key] = refused
    return found


def find_unrecorded(
    work: Work, batch: ExamBatch, entries: Mapping[int, Entry | None], ways: OpenWays | None = None
) -> dict[int, Refused]:
    """Return, by person, why the place or the honour somebody enters by does not let them in.

    It stands with the office, and a place earns the level by the table of its own day, where `ways` are told.
    """
    rest = [
        person_id for person_id, each in entries.items() if each is not None and each.way in RECORDED_WAYS
    ]
    if not rest or not batch.level:
        return {}
    session, aliases = work.session, catalogue.read_aliases(work.session)
    placed = competitions.read_placed(session, rest)
    honours = competitions.read_honours(session, rest, batch.exam_on)
    found: dict[int, Refused] = {}
    for person_id in rest:
        try:
            days = check_recorded(
                entries[person_id], batch.trade_code, batch.exam_on,
                placed.get(person_id, ()), honours.get(person_id, ()), aliases,
            )  # fmt: skip
            if ways is not None:
                check_entry(entries[person_id], batch.level, ways, days)
        except Refused as refused:
            found[person_id] = refused
    return found


def read_open_ways(session: Session, batch: ExamBatch) -> OpenWays:
    """Return the ways into exams that are open on the day of one. Raises parameter_missing."""
    regions = catalogue.list_ancestry(session, batch.region_code)
    return OpenWays(
        on=batch.exam_on,
        by_education={
            education: tables.read_parameter_number(session, name, batch.exam_on, regions) or 0
            for education, name in OPENED.items()
        },
        conditions=ladder.list_conditions(session, batch.exam_on),
        placings=ladder.read_placings(ladder.list_placings(session, None)),
        honours={each.code: each.name for each in list_words(session, Dictionary.HONOUR, batch.exam_on)},
    )


def write_entries(work: Work, candidates: Sequence[Candidate], entries: Mapping[int, Entry | None]) -> None:
    """Keep the ways of candidates who have one."""
    chosen = [(each.id, entries.get(each.person_id)) for each in candidates]
    rows = [
        (
            candidate_id,
            str(entry.way),
            str(entry.education) if entry.education is not None else None,
            entry.evidence.strip(),
            *(_as_kept(work, name, getattr(entry, name)) for name in FACTS),
        )
        for candidate_id, entry in chosen
        if entry is not None
    ]
    same = {"declared_at": work.at, "declared_by_person_id": work.actor.person_id}
    columns = ("candidate_id", "way", "education", "evidence", *FACTS)
    write_many(work.session, CandidateEntry, columns, rows, same)


def _as_kept(work: Work, name: str, told: int | str | None) -> int | str | None:
    """Return a fact as it is kept: a certificate's number may carry its holder's identity number."""
    return write_number(work.keyring, told) if name == "held_number" and isinstance(told, str) else told


def read_entries(session: Session, candidate_ids: Sequence[int]) -> dict[int, Entry]:
    """Return the way of each candidate who declared one."""
    rows = session.scalars(
        select(CandidateEntry).where(among(session, CandidateEntry.candidate_id, candidate_ids))
    )
    return {
        each.candidate_id: Entry(
            EntryWay(each.way),
            each.evidence,
            Education(each.education) if each.education is not None else None,
            **{name: getattr(each, name) for name in FACTS},
        )
        for each in rows
    }


def tell_entries(session: Session, entries: Mapping[int, Entry]) -> dict[int, tuple[str, ...]]:
    """Return what each entry tells besides its way and its paper, in words."""
    if not entries:
        return {}
    honours = name_words(session, Dictionary.HONOUR)
    competitions = ladder.name_competitions(session)
    return {key: tuple(_tell(entry, honours, competitions)) for key, entry in entries.items()}


def _tell(entry: Entry, honours: Mapping[str, str], competitions: Mapping[str, str]) -> Iterator[str]:
    if entry.education is not None:
        yield EDUCATION_NAMES[entry.education]
    if entry.years is not None:
        yield f"从业满 {entry.years} 年"
    if entry.held_level is not None:
        yield f"原证书 {name_level(Level(entry.held_level))} {mask_number(entry.held_number or '')}"
    if entry.award is not None:
        yield honours.get(entry.award, entry.award)
    if entry.competition is not None:
        yield f"{competitions.get(entry.competition, entry.competition)} 第 {entry.place} 名"
