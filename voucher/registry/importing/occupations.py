"""Occupations out of a file: the whole catalogue or newly announced ones; former codes become aliases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Cell, Column, cell_text
from voucher.registry.catalogue import Occupation, OccupationAlias
from voucher.registry.importing.evaluators import OCCUPATION_SHAPE, OCCUPATION_UNKNOWN, read_trade
from voucher.registry.importing.frame import Importer
from voucher.registry.importing.reading import Reading
from voucher.registry.people import LOOKUP_CHUNK
from voucher.rules.actor import Role
from voucher.rules.errors import reason
from voucher.rules.levels import clean_word, mask_code, mask_word

CODE, NAME, EDITION, DIGITAL, GREEN = "职业编码", "职业名称", "版本", "数字职业", "绿色职业"
SINCE, UNTIL, FORMER, SOURCE = "有效期起", "有效期止", "原编码", "来源"
PRESENT_EDITION = "2022"
IGNORED = (
    "major_code", "major_name", "mid_code", "mid_name", "minor_code", "minor_name", "crosscheck_jobe",
)  # fmt: skip
COMPARED = ("name", "edition", "is_digital", "is_green", "since", "until")

FLAG_UNKNOWN = reason(
    "flag_unknown", "“{given}”不是“是”或“否”", "请填写 是 或 否（也可填 1 或 0）", "【设】导入表格的填写要求"
)
ALIAS_CIRCULAR = reason(
    "alias_circular",
    "原编码与新编码相同或互为原编码",
    "请核对新旧编码对照；一个原编码只对应一个新编码",
    "中办发〔2022〕58号（十二）; S3-12a",
)

_FLAGS = dict.fromkeys(("1", "是", "TRUE", "true", "S", "L"), True) | dict.fromkeys(
    ("0", "否", "FALSE", "false"), False
)


def read_flag(cell: Cell) -> bool:
    """Return yes or no. Raises flag_unknown."""
    word = clean_word(cell_text(cell))
    if word not in _FLAGS:
        raise FLAG_UNKNOWN.refused(given=mask_word(word))
    return _FLAGS[word]


@dataclass(frozen=True, slots=True)
class OccupationRow:
    """An occupation as a file states it; `former_code` is the one it continues."""

    code: str
    name: str
    edition: str
    is_digital: bool
    is_green: bool
    since: date | None
    until: date | None
    former_code: str | None
    source: str


class OccupationsImporter(Importer[OccupationRow]):
    """Columns 职业编码 and 职业名称; the national table's own headings are read as well."""

    kind = "occupations"
    roles = (Role.OPERATOR, Role.OFFICER_PROVINCE)
    columns = (
        Column(CODE, alias=("code", "编码")),
        Column(NAME, alias=("name", "名称", "职业")),
        Column(EDITION, required=False, text=False, alias=("edition",)),
        Column(DIGITAL, required=False, text=False, alias=("is_digital",)),
        Column(GREEN, required=False, text=False, alias=("is_green",)),
        Column(SINCE, required=False, alias=("since",)),
        Column(UNTIL, required=False, alias=("until",)),
        Column(FORMER, required=False, alias=("former_code",)),
        Column(SOURCE, required=False, alias=("source",)),
        # the classes above an occupation are the first parts of its code
        *(Column(name, required=False, text=False) for name in IGNORED),
    )

    def check(self, reading: Reading) -> OccupationRow | None:
        """Return the occupation a row states."""
        code, name = reading.words(CODE, _read_code), reading.words(NAME, clean_word)
        former = reading.words(FORMER, _read_code, required=False)
        since, until = reading.period(SINCE, UNTIL, required=False)
        digital = reading.take(DIGITAL, read_flag, required=False) or False
        green = reading.take(GREEN, read_flag, required=False) or False
        if code is None or name is None:
            return None
        if former == code:
            reading.refuse(FORMER, ALIAS_CIRCULAR.refusal())
        edition = reading.text(EDITION) or PRESENT_EDITION
        source = reading.text(SOURCE) or "职业表导入文件"
        return OccupationRow(code, name, edition, digital, green, since, until, former, source)

    def keep(self, piece: Sequence[tuple[int, OccupationRow]]) -> None:
        """Add new occupations, bring known ones up to the file, and note whose code they continue."""
        stated = {row.code: row for _, row in piece}
        known = self._find_known(list(stated))
        fresh = [row for code, row in stated.items() if code not in known]
        if fresh:
            columns = ("code", *COMPARED)
            self.work.session.execute(
                insert(Occupation), [{name: getattr(row, name) for name in columns} for row in fresh]
            )
        changed = {code for code, stored in known.items() if self._update(stored, stated[code])}
        for line, row in piece:
            if row.former_code is not None and self._alias(line, row):
                changed.add(row.code)
        opened = {row.code for row in fresh}
        self.report.rows_added += len(opened)
        self.report.rows_changed += len(changed - opened)
        self.report.rows_unchanged += len(piece) - len(opened) - len(changed - opened)

    def _find_known(self, codes: Sequence[str]) -> dict[str, Occupation]:
        found: dict[str, Occupation] = {}
        for start in range(0, len(codes), LOOKUP_CHUNK):
            query = select(Occupation).where(Occupation.code.in_(codes[start : start + LOOKUP_CHUNK]))
            found.update({row.code: row for row in self.work.session.scalars(query)})
        return found

    def _update(self, stored: Occupation, row: OccupationRow) -> bool:
        change: dict[str, Any] = {
            name: value
            for name, value in asdict(row).items()
            if name in COMPARED and value is not None and value != getattr(stored, name)
        }
        if change:
            self.work.session.execute(
                update(Occupation).where(Occupation.code == bindparam("key")), {"key": row.code} | change
            )
            self._tell(row.code, "update", sorted(change))
        return bool(change)

    def _alias(self, line: int, row: OccupationRow) -> bool:
        """Note that a code continues another; return whether that is new."""
        session = self.work.session
        aliases = dict(session.execute(select(OccupationAlias.old_code, OccupationAlias.new_code)).all())
        former = str(row.former_code)
        if aliases.get(former) == row.code:
            return False
        if former in aliases or _leads_back(row.code, former, aliases):
            self.report.refuse(line, FORMER, former, ALIAS_CIRCULAR.refusal())
            return False
        since = row.since if row.since is not None else self.work.today
        session.add(OccupationAlias(old_code=former, new_code=row.code, since=since, source=row.source))
        session.flush()
        self._tell(row.code, "continue", [former])
        return True

    def _tell(self, code: str, act: str, what: Sequence[str]) -> None:
        # Occupations are known by their code; the number for the trail is the code's own digits.
        audit.record_one(self.work, "occupation", int(code.replace("-", "")), act, code=code, what=list(what))


def _leads_back(code: str, target: str, aliases: dict[str, str]) -> bool:
    seen: set[str] = set()
    while code in aliases and code not in seen:
        seen.add(code)
        code = aliases[code]
    return code == target


def _read_code(text: str) -> str:
    code = read_trade(text)
    if not OCCUPATION_SHAPE.fullmatch(code):
        raise OCCUPATION_UNKNOWN.refused(code=mask_code(code))
    return code
