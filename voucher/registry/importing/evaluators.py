"""Evaluators out of a file, a row per scope: the institution, its filing (备案号), what it is filed for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, select

from voucher.plumbing.spreadsheets import Column
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tables
from voucher.registry.catalogue import Occupation, OccupationAlias, SpecialItem
from voucher.registry.importing.filings import FilingRow, find_filing_holders, write_filings
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.importing.institutions import (
    InstitutionRow,
    clean_title,
    find_stored,
    open_institutions,
    update_institution,
)
from voucher.registry.importing.listings import read_year
from voucher.registry.importing.places import Places, find_foreign
from voucher.registry.importing.reading import Reading
from voucher.registry.majors import list_taught_occupations
from voucher.rules.certificate_numbers import check_province
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.evaluators import check_major, check_standard, parse_standard_kind
from voucher.rules.levels import clean_word, mask_code, mask_word
from voucher.rules.vocabulary import EvaluatorKind, InstitutionKind, parse_evaluator_kind

NAME, CODE, KIND, REGION = "名称", "统一社会信用代码", "类别", "地区"
FILING, TRADE, TRADE_NAME, LEVEL = "备案号", "职业编码", "职业名称", "等级"
SINCE, UNTIL = "有效期起", "有效期止"
STANDARD, DOCUMENT, YEAR = "标准类别", "标准文号", "年度"

OCCUPATION_UNKNOWN = reason(
    "occupation_unknown",
    "职业目录中没有编码 {code}",
    "请核对职业编码（如 6-18-01-01）；新职业请先导入职业表（voucher import occupations）",
    "中办发〔2022〕58号（十二）; DOMAIN C7",
)
FILING_NUMBER_MALFORMED = reason(
    "filing_number_malformed",
    "备案号格式不正确：应为13位，首位 S 或 Y，后12位为数字",
    "备案号是该机构证书编号的前13位，请对照证书填写",
    "职业技能等级证书编码规则 (DOMAIN C1)",
)
FILING_NUMBER_TAKEN = reason(
    "filing_number_taken",
    "备案号 {number} 已登记在另一机构名下",
    "一个备案号只属于一个机构，请核对后重新填写",
    "职业技能等级证书编码规则 (DOMAIN C1); S2-04f",
    Family.CONFLICT,
)
LEVEL_MISSING = reason(
    "scope_level_missing",
    "没有填写等级",
    "请填写等级，如 五级/初级工；专项职业能力考核没有等级的，请填“无等级”",
    "豫办〔2021〕29号 第4项 评价目录清单; S2-04f",
)
LEVEL_NOT_FOR_ITEM = reason(
    "level_not_for_item",
    "专项职业能力项目不分等级",
    "请将等级留空；职业编码写错的请改为 X-XX-XX-XX 形式",
    "S2-04r; S2-Gd",
)

OCCUPATION_SHAPE = re.compile(r"[0-9]-[0-9]{2}-[0-9]{2}-[0-9]{2}")
_FILING_SHAPE = re.compile(r"[SY][0-9]{12}")
_ITEM_SHAPE = re.compile(r"[^\s|]{1,40}")
_OWN_NUMBERING = (EvaluatorKind.APPRAISAL_BODY, EvaluatorKind.SPECIAL_SKILL_BODY, EvaluatorKind.AUTHORITY)
_INSTITUTION_KINDS = {
    EvaluatorKind.EMPLOYER: InstitutionKind.ENTERPRISE,
    EvaluatorKind.SCHOOL: InstitutionKind.VOCATIONAL_COLLEGE,
    EvaluatorKind.AUTHORITY: InstitutionKind.OTHER,
}
_KIND_PARTS: tuple[tuple[str, EvaluatorKind], ...] = (
    ("专项", EvaluatorKind.SPECIAL_SKILL_BODY),
    ("鉴定", EvaluatorKind.APPRAISAL_BODY),
    ("社会", EvaluatorKind.SOCIAL_ORGANISATION),
    ("社评", EvaluatorKind.SOCIAL_ORGANISATION),
    ("评价组织", EvaluatorKind.SOCIAL_ORGANISATION),
    ("院校", EvaluatorKind.SCHOOL),
    ("学校", EvaluatorKind.SCHOOL),
    ("学院", EvaluatorKind.SCHOOL),
    ("高校", EvaluatorKind.SCHOOL),
    ("大学", EvaluatorKind.SCHOOL),
    ("企业", EvaluatorKind.EMPLOYER),
    ("公司", EvaluatorKind.EMPLOYER),
    ("事业单位", EvaluatorKind.EMPLOYER),
    ("第三方", EvaluatorKind.SOCIAL_ORGANISATION),
    ("协会", EvaluatorKind.SOCIAL_ORGANISATION),
    ("培训机构", EvaluatorKind.SOCIAL_ORGANISATION),
    ("评价机构", EvaluatorKind.SOCIAL_ORGANISATION),
    ("认定机构", EvaluatorKind.SOCIAL_ORGANISATION),
)


@dataclass(frozen=True, slots=True)
class EvaluatorRow:
    """One scope of one evaluator as a file states it, in canonical form; level 0 stands for none."""

    institution: InstitutionRow
    filing: FilingRow
    item_name: str | None


def read_kind(text: str) -> EvaluatorKind:
    """Return the kind of evaluator a word means, exactly or by a part. Raises evaluator_kind_unknown."""
    try:
        return parse_evaluator_kind(text)
    except Refused:
        word = clean_word(text)
        for part, kind in _KIND_PARTS:
            if part in word:
                return kind
        raise


def read_trade(text: str) -> str:
    """Return an occupation's or item's code in its one spelling. Raises occupation_unknown."""
    code = clean_word(text).upper().replace("－", "-").replace("—", "-").replace("–", "-")
    if not _ITEM_SHAPE.fullmatch(code):
        raise OCCUPATION_UNKNOWN.refused(code=mask_word(code))
    return code


class Trades:
    """The codes that may stand in the column 职业编码: occupations, their former codes, and items."""

    def __init__(self, work: Work) -> None:
        session = work.session
        self.occupations = set(session.scalars(select(Occupation.code)))
        self.occupations.update(session.scalars(select(OccupationAlias.old_code)))
        self.items = set(session.scalars(select(SpecialItem.code)))

    def read_occupation(self, text: str) -> str:
        """Return the code of a known occupation. Raises occupation_unknown."""
        code = read_trade(text)
        if code not in self.occupations:
            raise OCCUPATION_UNKNOWN.refused(code=mask_code(code))
        return code


class EvaluatorsImporter(Importer[EvaluatorRow]):
    """Columns 名称, 统一社会信用代码, 类别, 地区, 备案号, 职业编码, 等级, 有效期起, 有效期止.

    标准类别, 标准文号 and 年度 may be empty; a school's occupation must be one its majors lead to.
    """

    kind = "evaluators"
    columns = (
        Column(NAME, alias=("机构名称",)),
        Column(CODE),
        Column(KIND, alias=("机构类别",)),
        Column(REGION, text=False),
        Column(FILING),
        Column(TRADE),
        Column(TRADE_NAME, required=False, alias=("项目名称",)),
        Column(LEVEL),
        Column(SINCE),
        Column(UNTIL, required=False),
        Column(STANDARD, required=False),
        Column(DOCUMENT, required=False, alias=("标准编号",)),
        Column(YEAR, required=False, text=False, alias=("清单年度",)),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._places = Places(work.session)
        self._trades = Trades(work)
        self._taught: dict[tuple[str, date], tuple[bool, frozenset[str]]] = {}

    def check(self, reading: Reading) -> EvaluatorRow | None:
        """Return the scope a row states."""
        code, name = reading.organisation(CODE), reading.words(NAME, clean_title)
        kind, region = reading.words(KIND, read_kind), reading.take(REGION, self._places.read)
        filing = reading.words(FILING, lambda text: _read_filing(text, kind))
        since, until = reading.period(SINCE, UNTIL)
        trade, level = self._read_scope(reading, kind)
        standard, document, year = self._read_standard(reading)
        if code is None or name is None or kind is None or region is None:
            return None
        if filing is None or since is None or trade is None:
            return None
        foreign = find_foreign(self.work.actor, region, self.roles)
        if foreign is not None:
            reading.refuse(REGION, foreign)
        institution_kind = _INSTITUTION_KINDS.get(kind, InstitutionKind.EVALUATION_BODY)
        if kind is EvaluatorKind.SCHOOL and OCCUPATION_SHAPE.fullmatch(trade):
            self._check_major(reading, code, trade, since)
        return EvaluatorRow(
            InstitutionRow(code, name, str(institution_kind), region),
            FilingRow(code, str(kind), region, filing, trade, level, since, until, standard, document, year),
            reading.text(TRADE_NAME) or None,
        )

    def _read_scope(self, reading: Reading, kind: EvaluatorKind | None) -> tuple[str | None, int]:
        """Return the trade's code and level; only an item has none, whatever its code looks like."""
        level = reading.level(LEVEL)
        trade = reading.words(TRADE, read_trade)
        if trade is None or reading.is_faulty(LEVEL):
            return None, 0
        is_item = not OCCUPATION_SHAPE.fullmatch(trade) and trade not in self._trades.occupations
        if is_item and level is not None:
            reading.refuse(LEVEL, LEVEL_NOT_FOR_ITEM.refusal())
        elif not is_item and kind is not EvaluatorKind.SPECIAL_SKILL_BODY and not reading.text(LEVEL):
            # a level left out is a mistake; that there is none is said in a word
            reading.refuse(LEVEL, LEVEL_MISSING.refusal())
        elif not is_item:
            reading.words(TRADE, self._trades.read_occupation)
        return trade, int(level) if level is not None else 0

    def _read_standard(self, reading: Reading) -> tuple[str | None, str | None, int | None]:
        """Return what is examined by, its document and the year of the list, each None where unsaid."""
        kind = reading.words(STANDARD, parse_standard_kind, required=False)
        document, year = reading.text(DOCUMENT), reading.take(YEAR, read_year, required=False)
        if not reading.is_faulty(STANDARD):
            try:
                check_standard(kind, document)
            except Refused as refused:
                reading.refuse(STANDARD, refused.refusal)
        return (str(kind) if kind is not None else None), document or None, year

    def _check_major(self, reading: Reading, code: str, trade: str, on: date) -> None:
        """Hold a school's occupation against its majors, from the day the parameter asks for it."""
        session = self.work.session
        if (code, on) not in self._taught:
            required = tables.read_flag(session, "school_majors_required", on, ())
            self._taught[code, on] = required, list_taught_occupations(session, code, on)
        required, taught = self._taught[code, on]
        try:
            check_major(trade, taught, required=required)
        except Refused as refused:
            reading.refuse(TRADE, refused.refusal)

    def keep(self, piece: Sequence[tuple[int, EvaluatorRow]]) -> None:
        """Open unknown institutions and items, then write filings and scopes."""
        holders = find_filing_holders(self.work, [row.filing.number for _, row in piece])
        good: list[EvaluatorRow] = []
        for line, row in piece:
            number = row.filing.number
            if holders.setdefault(number, row.institution.code) != row.institution.code:
                self.report.refuse(line, FILING, number, FILING_NUMBER_TAKEN.refusal(number=number))
            else:
                good.append(row)
        ids = self._open_institutions(good)
        self._introduce_items(good)
        written = write_filings(self.work, [row.filing for row in good], ids)
        self.report.rows_added += written.added
        self.report.rows_changed += written.changed
        self.report.rows_unchanged += len(good) - written.added - written.changed

    def _open_institutions(self, rows: Sequence[EvaluatorRow]) -> dict[str, int]:
        stated = {row.institution.code: row.institution for row in rows}
        known = find_stored(self.work, stated)
        for code, (institution_id, stored) in known.items():
            if stored.name != stated[code].name:
                update_institution(self.work, institution_id, {"name": stated[code].name})
        opened = open_institutions(self.work, [row for code, row in stated.items() if code not in known])
        return {code: institution_id for code, (institution_id, _) in known.items()} | opened

    def _introduce_items(self, rows: Sequence[EvaluatorRow]) -> None:
        """Enter items that stand in a filing for the first time; the filing is their source."""
        fresh: dict[str, dict[str, str]] = {}
        for row in rows:
            code = row.filing.trade_code
            if code not in self._trades.occupations and code not in self._trades.items:
                source = f"评价机构备案 {row.filing.number}"
                fresh[code] = {"code": code, "name": row.item_name or code, "source": source}
        if fresh:
            self.work.session.execute(insert(SpecialItem), list(fresh.values()))
            self._trades.items.update(fresh)


def _read_filing(text: str, kind: EvaluatorKind | None) -> str:
    number = clean_word(text).upper()
    # Numbers of 专项 and of the older 职业资格 have no such beginning, so any text is their filing number.
    if not _FILING_SHAPE.fullmatch(number) and (kind not in _OWN_NUMBERING or len(number) > 64):
        raise FILING_NUMBER_MALFORMED.refused()
    if _FILING_SHAPE.fullmatch(number):
        check_province(number)
    return number
