"""Uploading certificates: what an evaluator says it issued; a claim, checked for form, not for truth.

Charges, failed scores and kinds that earn nothing are taken as they are: the settlement refuses those
lines by name. What cannot be read, or contradicts the number or the filing, is refused here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from voucher.ledger import states
from voucher.plumbing.bulk import next_ids, write_many
from voucher.plumbing.spreadsheets import Cell, Column, cell_text
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people, subjects
from voucher.registry.card_numbers import write_number
from voucher.registry.importing.evaluators import Trades, read_trade
from voucher.registry.importing.frame import OFFICE, Importer, Report
from voucher.registry.importing.people import find_erased
from voucher.registry.importing.reading import CELL_MISSING, Reading
from voucher.registry.people import Newcomer
from voucher.registry.subjects import SUBJECT_ERASED
from voucher.rules.actor import Role
from voucher.rules.assessment import parse_score
from voucher.rules.certificate_numbers import (
    CertificateNumber,
    Range,
    check_number_agrees,
    check_number_allocated,
    parse_certificate_number,
)
from voucher.rules.errors import Refused, reason
from voucher.rules.levels import Level, clean_word, mask_word
from voucher.rules.lifecycle import Thing
from voucher.rules.money import parse_yuan
from voucher.rules.privacy import mask_free_text, mask_identity
from voucher.rules.vocabulary import (
    LEVEL_CERTIFICATE_KINDS,
    CertificateKind,
    parse_certificate_kind,
    parse_method,
)
from voucher.stages.certify.bars import Bars
from voucher.stages.certify.filings import Filings
from voucher.stages.certify.models import CERTIFICATE_NAME, Certificate
from voucher.stages.certify.numbering import read_ranges
from voucher.stages.certify.photos import keep_photos, note_later, read_digest, restate_photos
from voucher.stages.certify.queries.cards import CERTIFICATE_NUMBER_TAKEN, find_before
from voucher.stages.certify.queries.recorded import COMPARED, check_own_number, find_present, find_stored

NAME, IDENTITY, KIND, TRADE, LEVEL = "姓名", "证件号码", "证书类型", "职业编码", "等级"
NUMBER, ISSUED, EVALUATOR = "证书编号", "发证日期", "评价机构统一社会信用代码"
METHOD, FEE, BATCH = "取得方式", "收费", "评价批次"
SCORES = THEORY, SKILL, COMPREHENSIVE = "理论成绩", "技能成绩", "综合评审成绩"
PHOTO = "照片摘要"

ITEM_UNKNOWN = reason(
    "special_item_unknown",
    "专项职业能力项目 {code} 没有登记",
    "请核对项目编码；新项目请先在评价机构的备案中导入",
    "S2-04r; S3-12e",
)
# what the column 收费 says where nothing was charged
FREE_WORDS = frozenset({"免费", "无", "不收费"})


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate as a file states it; amounts in fen, scores in hundredths of a point."""

    name: str
    identity: str
    kind: CertificateKind
    trade_code: str
    level: Level | None
    number: CertificateNumber
    kept_number: str
    issued_on: date
    evaluator_code: str
    method: str
    theory_hundredths: int | None
    skill_hundredths: int | None
    comprehensive_hundredths: int | None
    fee_fen: int | None
    evaluation_batch: str | None
    photo: str | None


class CertificatesImporter(Importer[CertificateRow]):
    """The columns of the upload; scores, fee and 评价批次 where they are known."""

    kind = "certificates"
    roles = (*OFFICE, Role.EVALUATOR_ADMIN)
    columns = (
        Column(NAME),
        Column(IDENTITY, alias=("身份证号", "身份证号码")),
        Column(KIND),
        Column(TRADE),
        Column(LEVEL),
        Column(NUMBER),
        Column(ISSUED),
        Column(EVALUATOR),
        Column(METHOD),
        *(Column(each, required=False) for each in SCORES),
        Column(FEE, required=False, text=False),
        Column(BATCH, required=False, text=False, alias=("评价批次号", "批次号")),
        Column(PHOTO, required=False, alias=("照片SHA-256",)),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._trades = Trades(work)
        self._filings = Filings(work)
        self._ranges: dict[tuple[str, int], list[Range]] = {}

    def check(self, reading: Reading) -> CertificateRow | None:
        """Return the certificate a row states."""
        name, identity = reading.name(NAME), reading.identity(IDENTITY, self.work.today)
        kind, method = reading.words(KIND, parse_certificate_kind), reading.words(METHOD, parse_method)
        issued_on, evaluator = reading.day(ISSUED), reading.organisation(EVALUATOR)
        theory, skill, comprehensive = (reading.take(each, parse_score, required=False) for each in SCORES)
        fee_fen = reading.take(FEE, _read_fee, required=False)
        photo = reading.words(PHOTO, read_digest, required=False)
        if kind is None:
            return None
        trade, level = self._read_trade(reading, kind), _read_level(reading, kind)
        number = reading.words(NUMBER, lambda text: parse_certificate_number(text, kind))
        if number is None or issued_on is None or name is None or identity is None:
            return None
        if evaluator is None or method is None or trade is None or reading.problems:
            return None
        try:
            check_number_agrees(number, level=level, issued_on=issued_on, evaluator_filing_number=None)
        except Refused as refused:
            reading.refuse(NUMBER, refused.refusal)
        return CertificateRow(
            name, identity, kind, trade, level, number, write_number(self.work.keyring, number.text),
            issued_on, evaluator, str(method), theory, skill, comprehensive, fee_fen,
            reading.text(BATCH) or None, photo,
        )  # fmt: skip

    def _read_trade(self, reading: Reading, kind: CertificateKind) -> str | None:
        """Return the occupation's or item's code; kinds without an evaluation may leave it out."""
        if kind in LEVEL_CERTIFICATE_KINDS:
            return reading.words(TRADE, self._trades.read_occupation)
        if kind is CertificateKind.SPECIAL_SKILL:
            return reading.words(TRADE, self._read_item)
        code = reading.words(TRADE, read_trade, required=False)
        return None if reading.is_faulty(TRADE) else code or ""

    def _read_item(self, text: str) -> str:
        code = read_trade(text)
        if code not in self._trades.items and code not in self._trades.occupations:
            raise ITEM_UNKNOWN.refused(code=mask_word(code))
        return code

    def keep(self, piece: Sequence[tuple[int, CertificateRow]]) -> None:
        """Write the certificates nobody has recorded yet, opening the people they name."""
        self._filings.load({row.evaluator_code for _, row in piece})
        prefixes = {row.number.evaluator_prefix for _, row in piece if row.number.evaluator_prefix}
        self._ranges = read_ranges(self.work.session, prefixes)
        indexes = {row.identity: people.index_of(self.work.keyring, row.identity) for _, row in piece}
        erased = find_erased(self.work, list(indexes.values()))
        present = find_present(self.work.session, list(indexes.values()))
        stored = find_stored(self.work.session, [row.kept_number for _, row in piece])
        bars = Bars(self.work, list(indexes.values()))
        fresh: list[dict[str, Any]] = []
        named: list[tuple[str, str]] = []
        restated: dict[int, str] = {}
        for line, row in piece:
            if indexes[row.identity] in erased:
                self.report.refuse(line, IDENTITY, mask_identity(row.identity), SUBJECT_ERASED.refusal())
                continue
            try:
                filing = self._filings.choose(
                    row.evaluator_code, row.number, row.kind, row.trade_code, row.level, row.issued_on
                )
                if row.number.evaluator_prefix is not None and row.number.year is not None:
                    given = self._ranges.get((row.number.evaluator_prefix, row.number.year), ())
                    check_number_allocated(row.number, given)
                known = stored.setdefault(row.kept_number, [])
                check_own_number(
                    self.work.session, row.kept_number, present[indexes[row.identity]],
                    known, (row.trade_code, row.issued_on),
                )  # fmt: skip
            except Refused as refused:
                column, masked = _place(refused.refusal.code, row)
                self.report.refuse(line, column, masked, refused.refusal)
                continue
            facts = _facts(self.work, row, filing.institution_id, filing.id)
            facts["subject"] = present[indexes[row.identity]]
            try:
                before = find_before(self.work.session, known, facts, self.work.today) if known else None
            except Refused as refused:
                self.report.refuse(line, ISSUED, row.issued_on.isoformat(), refused.refusal)
                continue
            told = bars.find(filing, indexes[row.identity], facts) if before is None else None
            if told is not None:
                self.report.refuse(line, IDENTITY, mask_identity(row.identity), told)
            elif before is None:
                fresh.append(facts)
                named.append((row.identity, row.name))
                facts["renewal"], facts["photo"] = len(known), row.photo
                known.append(facts)
            elif all(before[name] == facts[name] for name in ("subject", *COMPARED)):
                self.report.rows_unchanged += 1
                note_later(restated, before, row.photo)
            else:
                shown = mask_free_text(row.number.text)
                self.report.refuse(line, NUMBER, shown, CERTIFICATE_NUMBER_TAKEN.refusal(number=shown))
        self._write(fresh, named)
        changed = restate_photos(self.work, restated)
        self.report.rows_changed, self.report.rows_unchanged = (
            self.report.rows_changed + changed, self.report.rows_unchanged - changed,
        )  # fmt: skip

    def _write(self, fresh: Sequence[dict[str, Any]], named: Sequence[tuple[str, str]]) -> None:
        if not fresh:
            return
        work = self.work
        # Of one person under two names the first is kept; the other certificate fails at the comparison.
        newcomers: dict[str, Newcomer] = {}
        for identity, name in named:
            newcomers.setdefault(identity, Newcomer(identity, name))
        opened = people.open_people(work, list(newcomers.values()))
        ids = {
            index: person_id
            for person_id, index in people.find_subject_indexes(work.session, list(opened.values())).items()
        }
        keys = subjects.open_keys(work, [facts["subject"] for facts in fresh])
        made = next_ids(work.session, Certificate, len(fresh))
        rows = [
            (
                certificate_id,
                ids[facts["subject"]],
                work.keyring.seal(keys[facts["subject"]], CERTIFICATE_NAME, name),
                facts["renewal"],
                *(facts[each].isoformat() if each == "issued_on" else facts[each] for each in COMPARED),
            )
            for certificate_id, facts, (_, name) in zip(made, fresh, named, strict=True)
        ]
        same = states.first_state(Thing.CERTIFICATE, "record") | {
            "uploaded_at": work.at,
            "uploaded_by_person_id": work.actor.person_id,
        }
        write_many(
            work.session, Certificate, ("id", "person_id", "name_sealed", "renewal", *COMPARED), rows, same
        )
        keep_photos(work, {i: facts["photo"] for i, facts in zip(made, fresh, strict=True) if facts["photo"]})
        told: dict[int, dict[str, object]] = {
            i: {"number": mask_free_text(facts["number"]), "institution": facts["institution_id"]}
            for i, facts in zip(made, fresh, strict=True)
        }
        states.begin(work, Thing.CERTIFICATE, made, "record", content=told, unheard_of=True)
        self.report.rows_added += len(rows)


def _facts(work: Work, row: CertificateRow, institution_id: int, filing_id: int) -> dict[str, Any]:
    return {
        "number": row.kept_number,
        "name_index": people.name_index_of(work.keyring, row.name),
        "kind": str(row.kind),
        "trade_code": row.trade_code,
        "level": int(row.level) if row.level is not None else 0,
        "issued_on": row.issued_on,
        "institution_id": institution_id,
        "filing_id": filing_id,
        "method": row.method,
        "theory_hundredths": row.theory_hundredths,
        "skill_hundredths": row.skill_hundredths,
        "comprehensive_hundredths": row.comprehensive_hundredths,
        "fee_fen": row.fee_fen,
        "evaluation_batch": row.evaluation_batch,
    }


def _read_fee(cell: Cell) -> int:
    text = clean_word(cell_text(cell))
    return 0 if text in FREE_WORDS else parse_yuan(text.removesuffix("元"))


def _read_level(reading: Reading, kind: CertificateKind) -> Level | None:
    level = reading.level(LEVEL)
    if level is None and kind in LEVEL_CERTIFICATE_KINDS and not reading.is_faulty(LEVEL):
        reading.refuse(LEVEL, CELL_MISSING.refusal(column=LEVEL))
    return level


def _place(code: str, row: CertificateRow) -> tuple[str, str]:
    """Return the column a refusal by the filing speaks of, and what may be shown of it."""
    if code.startswith(("certificate_evaluator", "certificate_number", "card_number")):
        return NUMBER, mask_free_text(row.number.text)
    if code == "evaluator_out_of_scope":
        return TRADE, row.trade_code
    if code == "evaluator_out_of_date":
        return ISSUED, row.issued_on.isoformat()
    return EVALUATOR, row.evaluator_code
