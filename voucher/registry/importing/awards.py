"""What files of places and of honours have in common: every line waits with its file for another person."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from voucher.plumbing.unit_of_work import Work
from voucher.registry import people, tables
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.people import Newcomer
from voucher.registry.talents.awarding import (
    AWARD_FOREIGN,
    AWARD_OWN,
    RECORDERS,
    SHAPES,
    SOURCE,
    find_foreign,
    open_file,
    spell,
)
from voucher.registry.talents.awards import AwardFile, AwardKind, AwardLine
from voucher.rules.errors import Family, Reason, reason
from voucher.rules.privacy import mask_identity

LINES_MOST = "award_file_lines_most"
NAME, NUMBER, REVOKED = "姓名", "证件号码", "撤销日期"
AWARD_FILE_LARGE = reason(
    "award_file_large",
    "一份登记文件最多 {most} 行，这份超过了",
    "请拆成几份分别上传；每份各由另一人逐行核对后确认",
    f"{SOURCE}; 【设】确认人要把整份读一遍",
    Family.LIMIT,
)
COLUMNS = ("line", "person_id", "facts", "result_id", "honour_id", "revoked_on", "why")


@dataclass(frozen=True, slots=True)
class Stated:
    """A place or an honour as a line states it, in canonical form."""

    person: Newcomer
    facts: Mapping[str, Any]
    revoked_on: date | None
    why: str | None


def entering_for(importing: type[AwardsImporter], region_code: str | None) -> type[AwardsImporter]:
    """Return the importer as it enters in the name of a region; without one it is the actor's only one."""
    if region_code is None:
        return importing
    return type(importing.__name__, (importing,), {"region_code": region_code})


class AwardsImporter(Importer[Stated]):
    """A file of one kind; what it brings is told as entered and changed, and counts once it is confirmed."""

    award_kind: ClassVar[AwardKind]
    name_differs: ClassVar[Reason]
    fixed: ClassVar[Reason]
    fixed_column: ClassVar[str]
    # in whose name it is entered, where somebody serves in several regions
    region_code: ClassVar[str | None] = None
    roles = RECORDERS

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self.file: AwardFile | None = None
        self._stated: dict[tuple[int, Hashable], dict[str, Any]] = {}
        self._lines = 0

    def keep(self, piece: Sequence[tuple[int, Stated]]) -> None:
        """Keep lines that enter something; of a row that stands nothing changes but that it is taken back."""
        if self._is_too_long(piece):
            return
        session, shape = self.work.session, SHAPES[self.award_kind]
        opened = people.open_people(self.work, [row.person for _, row in piece])
        ids = [opened[people.index_of(self.work.keyring, row.person.number)] for _, row in piece]
        accepted = people.accepted_name_indexes(session, ids)
        rows = shape.list_rows(session, ids)
        known = {(each.person_id, shape.key(shape.tell(each))): each for each in rows}
        foreign = find_foreign(self.work, rows)
        kept: list[tuple[Any, ...]] = []
        for (line, row), person_id in zip(piece, ids, strict=True):
            shown, facts = mask_identity(row.person.number), spell(row.facts)
            if people.name_index_of(self.work.keyring, row.person.name) not in accepted[person_id]:
                self.report.refuse(line, NAME, shown, self.name_differs.refusal())
                continue
            if person_id == self.work.actor.person_id:
                self.report.refuse(line, NUMBER, shown, AWARD_OWN.refusal())
                continue
            key = (person_id, shape.key(facts))
            same, whole = known.get(key), facts | {"revoked_on": row.revoked_on, "why": row.why}
            if key in self._stated:
                self._judge_again(line, shown, self._stated[key] == whole)
                continue
            if same is not None and not shape.is_same(shape.tell(same), facts):
                self.report.refuse(line, self.fixed_column, shown, self.fixed.refusal())
            elif same is not None and (same.revoked_on, same.why) == (row.revoked_on, row.why):
                self.report.rows_unchanged += 1
            elif same is not None and same.revoked_on is not None:
                self.report.refuse(line, REVOKED, shown, self.fixed.refusal())
            elif same is not None and same.id in foreign:
                self.report.refuse(line, REVOKED, shown, AWARD_FOREIGN.refusal())
            else:
                self._stated[key] = whole
                taken_back = {shape.line_column: same.id} if same is not None else {}
                ends = (taken_back.get("result_id"), taken_back.get("honour_id"))
                kept.append((line, person_id, facts, *ends, row.revoked_on, row.why))
                self.report.rows_added += same is None
                self.report.rows_changed += same is not None
        self._write(kept)

    def _is_too_long(self, piece: Sequence[tuple[int, Stated]]) -> bool:
        """Refuse the first line there is no room for: whoever confirms has to read the whole file."""
        most = tables.read_parameter_number(self.work.session, LINES_MOST, self.work.today, ())
        before = self._lines
        self._lines += len(piece)
        if most is None or self._lines <= most:
            return False
        if before <= most:
            line = piece[most - before][0]
            self.report.refuse(line, NAME, "", AWARD_FILE_LARGE.refusal(most=most))
        return True

    def _judge_again(self, line: int, shown: str, is_same: bool) -> None:
        """A second line of a row the file names already: the same once more, or another word on it."""
        if is_same:
            self.report.rows_unchanged += 1
        else:
            self.report.refuse(line, self.fixed_column, shown, self.fixed.refusal())

    def _write(self, kept: Sequence[tuple[Any, ...]]) -> None:
        if not kept:
            return
        if self.file is None:
            self.file = open_file(self.work, self.award_kind, self.region_code)

        self.work.session.add_all(
            AwardLine(award_file_id=self.file.id, **dict(zip(COLUMNS, each, strict=True))) for each in kept
        )
        self.work.session.flush()
