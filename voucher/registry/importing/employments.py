"""Who works where out of a file: person, employer, days, and what proves it (劳动合同, 社会保险)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Column
from voucher.registry import people
from voucher.registry.employing import (
    EMPLOYMENT_NAME_DIFFERS,
    EMPLOYMENT_STATED_ALREADY,
    lock_houses,
)
from voucher.registry.employments import EVIDENCE_NAMES, Employment
from voucher.registry.importing.frame import Importer
from voucher.registry.importing.places import find_foreign
from voucher.registry.importing.reading import Reading
from voucher.registry.institutions import INSTITUTION_MISSING, Institution
from voucher.registry.insured_staff import ask_insurance
from voucher.registry.people import Newcomer
from voucher.rules.errors import Refusal, reason
from voucher.rules.evaluators import SOURCE
from voucher.rules.levels import clean_word, mask_word
from voucher.rules.privacy import mask_identity

NAME, NUMBER, CODE = "姓名", "证件号码", "用人单位统一社会信用代码"
SINCE, UNTIL, KIND, EVIDENCE = "入职日期", "离职日期", "依据类别", "依据编号"
# by person and employer, then by first day
Known = dict[tuple[int, int], dict[date, Employment]]
_KINDS = {name: kind for kind, name in EVIDENCE_NAMES.items()}

EMPLOYMENT_EVIDENCE_UNKNOWN = reason(
    "employment_evidence_unknown",
    "“{given}”不是规定的依据类别",
    "请填写劳动合同或社会保险",
    SOURCE,
)


@dataclass(frozen=True, slots=True)
class EmploymentRow:
    """One employment as a file states it, in canonical form."""

    person: Newcomer
    code: str
    since: date
    until: date | None
    evidence_kind: str
    evidence: str


class EmploymentsImporter(Importer[EmploymentRow]):
    """Columns 姓名, 证件号码, 用人单位统一社会信用代码, 入职日期, 离职日期, 依据类别, 依据编号."""

    kind = "employments"
    columns: ClassVar[tuple[Column, ...]] = (
        Column(NAME),
        Column(NUMBER),
        Column(CODE, alias=("统一社会信用代码",)),
        Column(SINCE),
        Column(UNTIL, required=False),
        Column(KIND),
        Column(EVIDENCE),
    )

    def check(self, reading: Reading) -> EmploymentRow | None:
        """Return the employment a row states."""
        name, number = reading.name(NAME), reading.identity(NUMBER, self.work.today)
        code, kind = self._read_employer(reading), reading.words(KIND, _read_kind)
        evidence = reading.words(EVIDENCE, str.strip)
        since, until = reading.period(SINCE, UNTIL)
        if name is None or number is None or code is None or kind is None:
            return None
        if evidence is None or since is None:
            return None
        return EmploymentRow(Newcomer(number, name), code, since, until, kind, evidence)

    def _read_employer(self, reading: Reading) -> str | None:
        return reading.organisation(CODE)

    def _find_foreign(self, house: Institution) -> Refusal | None:
        return find_foreign(self.work.actor, house.region_code, self.roles)

    def _find_closed(self, found: Employment, row: EmploymentRow) -> Refusal | None:
        """Return why a row may not change what stands; the office that decides may correct anything."""
        return None

    def keep(self, piece: Sequence[tuple[int, EmploymentRow]]) -> None:
        """Enter employments at known employers; of one that stands its last day and evidence may change."""
        session = self.work.session
        codes = sorted({row.code for _, row in piece})
        houses = {
            each.code: each
            for each in session.scalars(select(Institution).where(Institution.code.in_(codes)))
        }
        good: list[tuple[int, EmploymentRow, Institution]] = []
        for line, row in piece:
            house = houses.get(row.code)
            if house is None:
                self.report.refuse(line, CODE, row.code, INSTITUTION_MISSING.refusal(code=row.code))
            elif (foreign := self._find_foreign(house)) is not None:
                self.report.refuse(line, CODE, row.code, foreign)
            else:
                good.append((line, row, house))
        lock_houses(self.work, {house.id for _, _, house in good})
        opened = people.open_people(self.work, [row.person for _, row, _ in good])
        ids = [opened[people.index_of(self.work.keyring, row.person.number)] for _, row, _ in good]
        accepted = people.accepted_name_indexes(session, ids)
        known: Known = {}
        for each in session.scalars(
            select(Employment)
            .where(Employment.institution_id.in_([each.id for each in houses.values()]))
            .execution_options(populate_existing=True)
        ):
            known.setdefault((each.person_id, each.institution_id), {})[each.since] = each
        for (line, row, house), person_id in zip(good, ids, strict=True):
            if people.name_index_of(self.work.keyring, row.person.name) not in accepted[person_id]:
                told = EMPLOYMENT_NAME_DIFFERS.refusal()
                self.report.refuse(line, NUMBER, mask_identity(row.person.number), told)
            elif _overlaps(known, person_id, house.id, row):
                told = EMPLOYMENT_STATED_ALREADY.refusal()
                self.report.refuse(line, NUMBER, mask_identity(row.person.number), told)
            elif (closed := self._find_change(known, person_id, house.id, row)) is not None:
                self.report.refuse(line, UNTIL, row.until.isoformat() if row.until else "", closed)
            else:
                self._enter(known, person_id, house.id, row)
        session.flush()
        for house in houses.values():
            here = [i for (_, _, at), i in zip(good, ids, strict=True) if at.id == house.id]
            ask_insurance(self.work, house.id, here)

    def _find_change(
        self, known: Known, person_id: int, institution_id: int, row: EmploymentRow
    ) -> Refusal | None:
        found = known.get((person_id, institution_id), {}).get(row.since)
        return self._find_closed(found, row) if found is not None else None

    def _enter(
        self,
        known: Known,
        person_id: int,
        institution_id: int,
        row: EmploymentRow,
    ) -> None:
        present = known.setdefault((person_id, institution_id), {})
        stated = {"until": row.until, "evidence_kind": row.evidence_kind, "evidence": row.evidence}
        found = present.get(row.since)
        if found is not None and all(getattr(found, name) == value for name, value in stated.items()):
            self.report.rows_unchanged += 1
            return
        if found is None:
            present[row.since] = made = Employment(
                person_id=person_id,
                institution_id=institution_id,
                since=row.since,
                recorded_at=self.work.at,
                recorded_by_person_id=self.work.actor.person_id,
                **stated,
            )
            self.work.session.add(made)
            self.report.rows_added += 1
        else:
            for name, value in stated.items():
                setattr(found, name, value)
            self.report.rows_changed += 1
        audit.record_one(
            self.work, "person", person_id, "state_employment",
            institution=institution_id, since=row.since.isoformat(),
            until=row.until.isoformat() if row.until is not None else None,
        )  # fmt: skip


def _overlaps(known: Known, person_id: int, institution_id: int, row: EmploymentRow) -> bool:
    """Return whether somebody is known to work there on some of the same days, since another day."""
    return any(
        since != row.since
        and (each.until is None or row.since <= each.until)
        and (row.until is None or since <= row.until)
        for since, each in known.get((person_id, institution_id), {}).items()
    )


def _read_kind(text: str) -> str:
    word = clean_word(text)
    if word not in _KINDS:
        raise EMPLOYMENT_EVIDENCE_UNKNOWN.refused(given=mask_word(word))
    return _KINDS[word]
