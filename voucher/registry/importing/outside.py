"""Lists other departments hand over (部门名单): who is dead, studies, is insured; asked as a system is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Cell, Column, cell_text
from voucher.registry import catalogue
from voucher.registry.importing.frame import Importer
from voucher.registry.importing.reading import Reading
from voucher.registry.outside.models import OutsideRecord
from voucher.registry.people import index_of, name_index_of
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import reason
from voucher.rules.levels import Level, clean_word, mask_word, parse_level
from voucher.rules.outside import FACT_NAMES, FactKind

NAME, NUMBER, KIND, HELD, SINCE, UNTIL = "姓名", "证件号码", "事项", "是否", "起始日期", "截止日期"
MONTHS, TRADE, LEVEL, SERIAL, LISTED, SOURCE = "累计月数", "职业编码", "等级", "编号", "名单日期", "来源"
MONTHS_MOST = 1200

OUTSIDE_WORD_UNKNOWN = reason(
    "outside_word_unknown",
    "“{given}”不是规定的填写内容",
    "请填写以下之一：{accepted}",
    "【设】部门名单的填写; S3-07c",
)
_KINDS = {clean_word(name): kind for kind, name in FACT_NAMES.items()}
_KINDS |= {str(kind): kind for kind in FactKind}
_HELD = dict.fromkeys(("是", "有", "1"), True) | dict.fromkeys(("否", "无", "0"), False)


@dataclass(frozen=True, slots=True)
class OutsideRow:
    """What a list says of one person."""

    kind: FactKind
    number: str
    name: str
    held: bool
    since: date | None
    until: date | None
    months: int | None
    trade_code: str | None
    level: Level | None
    serial: str | None
    source: str
    listed_on: date


class OutsideImporter(Importer[OutsideRow]):
    """Columns 姓名, 证件号码, 事项, 名单日期, 来源; 是否, 起止日期, 累计月数, 职业编码, 等级, 编号."""

    kind = "outside"
    columns = (
        Column(NAME),
        Column(NUMBER, alias=("身份证号", "身份证号码", "公民身份号码")),
        Column(KIND),
        Column(LISTED),
        Column(SOURCE),
        Column(HELD, required=False),
        Column(SINCE, required=False),
        Column(UNTIL, required=False),
        Column(MONTHS, required=False, text=False),
        Column(TRADE, required=False),
        Column(LEVEL, required=False),
        Column(SERIAL, required=False),
    )

    def check(self, reading: Reading) -> OutsideRow | None:
        """Return what a row says of a person."""
        name = reading.name(NAME)
        number = reading.identity(NUMBER, self.work.today)
        kind = reading.take(KIND, _read_kind)
        held = reading.take(HELD, _read_held, required=False)
        months = reading.take(MONTHS, _read_months, required=False)
        level = reading.words(LEVEL, parse_level, required=False)
        since, until = reading.period(SINCE, UNTIL, required=False)
        listed_on = reading.day(LISTED)
        source = reading.take(SOURCE, lambda cell: cell_text(cell).strip())
        if name is None or number is None or kind is None or listed_on is None or source is None:
            return None
        return OutsideRow(
            kind, number, name, held is not False, since, until, months,
            reading.text(TRADE) or None, level, reading.text(SERIAL) or None, source, listed_on,
        )  # fmt: skip

    def keep(self, piece: Sequence[tuple[int, OutsideRow]]) -> None:
        """Write the lines; nobody is opened for standing on a list."""
        keyring, aliases = self.work.keyring, catalogue.read_aliases(self.work.session)
        rows = [
            {
                "kind": str(row.kind),
                "blind_index": index_of(keyring, row.number),
                "name_index": name_index_of(keyring, row.name),
                "held": row.held,
                "since": row.since,
                "until": row.until,
                "amount": row.months,
                "trade_code": canonical_occupation(row.trade_code, aliases) if row.trade_code else None,
                "level": int(row.level) if row.level else None,
                "number": row.serial,
                "source": row.source,
                "listed_on": row.listed_on,
                "imported_at": self.work.at,
            }
            for _, row in piece
        ]
        self.work.session.execute(insert(OutsideRecord), rows)
        self.report.rows_added += len(rows)
        kinds = sorted({str(row.kind) for _, row in piece})
        audit.record_one(
            self.work, "person", self.work.actor.person_id, "import_outside", kinds=kinds, rows=len(rows)
        )


def _read_kind(cell: Cell) -> FactKind:
    word = clean_word(cell_text(cell))
    if word not in _KINDS:
        raise OUTSIDE_WORD_UNKNOWN.refused(given=mask_word(word), accepted="、".join(FACT_NAMES.values()))
    return _KINDS[word]


def _read_held(cell: Cell) -> bool:
    word = clean_word(cell_text(cell))
    if word not in _HELD:
        raise OUTSIDE_WORD_UNKNOWN.refused(given=mask_word(word), accepted="是、否")
    return _HELD[word]


def _read_months(cell: Cell) -> int:
    word = clean_word(cell_text(cell))
    if not (word.isascii() and word.isdigit() and int(word) <= MONTHS_MOST):
        raise OUTSIDE_WORD_UNKNOWN.refused(given=mask_word(word), accepted="整月数，例如 36")
    return int(word)
