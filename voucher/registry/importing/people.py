"""People out of a file: who is new is opened, who is known keeps the name; contact and facts may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update

from voucher.ledger import audit
from voucher.plumbing.bulk import among
from voucher.plumbing.spreadsheets import Column, cell_text
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people, subjects
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.importing.places import Places
from voucher.registry.importing.reading import Reading
from voucher.registry.importing.tags import (
    UNDATED,
    read_intent,
    read_pension,
    state_intent,
    state_pension,
    write_tags,
)
from voucher.registry.people import LOOKUP_CHUNK, MOBILE_CONTEXT, Newcomer, Person
from voucher.registry.subjects import SUBJECT_ERASED, SubjectKey
from voucher.rules.eligibility import Tag, read_categories
from voucher.rules.errors import Family, reason
from voucher.rules.identity import normalise_mobile
from voucher.rules.privacy import mask_identity, mask_mobile, mask_name

NAME_DIFFERS = reason(
    "name_differs",
    "该证件号码已登记为另一姓名",
    "请核对姓名；确已更名的，请凭公安机关证明办理更名登记，由两人核准",
    "S2-16c; AC-I3",
    Family.CONFLICT,
)
NAME, NUMBER, MOBILE, CATEGORY = "姓名", "证件号码", "手机号", "人员类别"
HOME, PENSION, INTENT, SINCE = "户籍地区", "养老金", "意愿", "起始日期"
SOURCE = "人员导入文件"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as a file states it, in canonical form."""

    newcomer: Newcomer
    tags: tuple[Tag, ...]


class PeopleImporter(Importer[PersonRow]):
    """Columns 姓名, 证件号码, 手机号, 人员类别, 户籍地区; where known 养老金, 意愿, 起始日期."""

    kind = "people"
    columns = (
        Column(NAME),
        Column(NUMBER, alias=("身份证号", "身份证号码", "公民身份号码")),
        Column(MOBILE, required=False, alias=("手机号码", "电话", "联系电话")),
        Column(CATEGORY, required=False),
        Column(HOME, required=False, text=False, alias=("户籍地", "户籍")),
        Column(PENSION, required=False, alias=("是否领取养老金",)),
        Column(INTENT, required=False, alias=("培训意愿",)),
        Column(SINCE, required=False, alias=("类别起始日期",)),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._places = Places(work.session)

    def check(self, reading: Reading) -> PersonRow | None:
        """Return the person a row states."""
        name = reading.name(NAME)
        number = reading.identity(NUMBER, self.work.today)
        mobile = reading.take(MOBILE, normalise_mobile, required=False, mask=mask_mobile)
        home = reading.take(HOME, self._places.read_home, required=False)
        since = reading.day(SINCE, required=False) or UNDATED
        categories = reading.take(
            CATEGORY, lambda cell: read_categories(cell_text(cell), since, SOURCE), required=False
        )
        pension = reading.take(PENSION, read_pension, required=False)
        intent = reading.take(INTENT, read_intent, required=False)
        if name is None or number is None:
            return None
        tags = list(categories or ())
        if pension is not None:
            tags.append(state_pension(pension, since, SOURCE))
        if intent is not None:
            tags.append(state_intent(intent, since, SOURCE))
        return PersonRow(Newcomer(number, name, mobile, home), tuple(tags))

    def keep(self, piece: Sequence[tuple[int, PersonRow]]) -> None:
        """Open who is new; bring contact and facts of the known up to the file."""
        good = self._accept(piece)
        ids_before = people.find_ids(self.work.session, good)
        ids = people.open_people(self.work, [row.newcomer for row in good.values()])
        newcomers = frozenset(person_id for index, person_id in ids.items() if index not in ids_before)
        known = {ids[index]: row.newcomer for index, row in good.items() if ids[index] not in newcomers}
        changed = set(self._update_contacts(known))
        changed |= write_tags(
            self.work, {ids[index]: row.tags for index, row in good.items() if row.tags}, newcomers
        )
        self.report.rows_added += len(newcomers)
        self.report.rows_changed += len(changed - newcomers)
        self.report.rows_unchanged += len(good) - len(newcomers) - len(changed - newcomers)

    def _accept(self, piece: Sequence[tuple[int, PersonRow]]) -> dict[str, PersonRow]:
        """Return the rows to write by blind index; of a person named twice the later row."""
        keyring = self.work.keyring
        indexed = [(line, people.index_of(keyring, row.newcomer.number), row) for line, row in piece]
        indexes = [index for _, index, _ in indexed]
        accepted = _read_names(self.work, indexes)
        erased = find_erased(self.work, indexes)
        good: dict[str, PersonRow] = {}
        for line, index, row in indexed:
            name_index = people.name_index_of(keyring, row.newcomer.name)
            if index in erased:
                masked = mask_identity(row.newcomer.number)
                self.report.refuse(line, NUMBER, masked, SUBJECT_ERASED.refusal())
            elif name_index not in accepted.setdefault(index, frozenset({name_index})):
                self.report.refuse(line, NAME, mask_name(row.newcomer.name), NAME_DIFFERS.refusal())
            else:
                self.report.rows_unchanged += index in good
                good[index] = row
        return good

    def _update_contacts(self, known: dict[int, Newcomer]) -> list[int]:
        """Write mobile numbers and home regions that differ from the stored ones."""
        keyring = self.work.keyring
        stated = {i: each for i, each in known.items() if each.mobile or each.region_code}
        stored = _read_contacts(self.work, list(stated))
        differing: dict[int, dict[str, Any]] = {}
        for person_id, each in stated.items():
            index, mobile_index, region_code = stored[person_id]
            change: dict[str, Any] = {}
            if each.mobile and keyring.blind_index("mobile", each.mobile) != mobile_index:
                index = people.hold_person(self.work, person_id).blind_index
                key = subjects.open_keys(self.work, [index])[index]
                change["mobile_sealed"] = keyring.seal(key, MOBILE_CONTEXT, each.mobile)
                change["mobile_index"] = keyring.blind_index("mobile", each.mobile)
            if each.region_code and each.region_code != region_code:
                change["region_code"] = each.region_code
            if change:
                differing[person_id] = change
        for person_id, change in differing.items():
            self.work.session.execute(
                update(Person).where(Person.id == bindparam("key")), {"key": person_id} | change
            )
        told = [audit.Entry("person", i, "update", {"columns": sorted(c)}) for i, c in differing.items()]
        audit.record(self.work, told)
        return list(differing)


def _read_names(work: Work, indexes: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return the accepted names of the known among these people."""
    ids = people.find_ids(work.session, indexes)
    names = people.accepted_name_indexes(work.session, list(ids.values()))
    return {index: names[person_id] for index, person_id in ids.items()}


def _read_contacts(work: Work, person_ids: Sequence[int]) -> dict[int, tuple[str, str | None, str | None]]:
    found: dict[int, tuple[str, str | None, str | None]] = {}
    for start in range(0, len(person_ids), LOOKUP_CHUNK):
        rows = work.session.execute(
            select(Person.id, Person.blind_index, Person.mobile_index, Person.region_code).where(
                Person.id.in_(person_ids[start : start + LOOKUP_CHUNK])
            )
        )
        found.update({person_id: (index, mobile, region) for person_id, index, mobile, region in rows})
    return found


def find_erased(work: Work, indexes: Sequence[str]) -> frozenset[str]:
    """Return the subjects whose key has been destroyed; nothing can be written of them any more."""
    erased = select(SubjectKey.blind_index).where(
        among(work.session, SubjectKey.blind_index, indexes), SubjectKey.destroyed_at.is_not(None)
    )
    return frozenset(work.session.scalars(erased))
