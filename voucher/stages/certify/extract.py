"""The register extract: what the issuer's own record says; append-only, the newest revision counts.

A row needs no known person: name and number are kept under the subject's own key and blind index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from voucher.ledger import audit
from voucher.plumbing.bulk import among, next_ids, write_many
from voucher.plumbing.spreadsheets import Column
from voucher.plumbing.types import canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.registry import card_numbers, catalogue, people, subjects
from voucher.registry.importing.evaluators import read_trade
from voucher.registry.importing.frame import Importer
from voucher.registry.importing.people import find_erased
from voucher.registry.importing.reading import Reading
from voucher.registry.subjects import SUBJECT_ERASED
from voucher.rules.certificate_numbers import parse_certificate_number
from voucher.rules.errors import reason
from voucher.rules.levels import clean_word, mask_word
from voucher.rules.privacy import mask_identity
from voucher.rules.renewals import Card, carries_over, is_same_card
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.certify.models import RegisterEntry
from voucher.stages.certify.queries.cards import fold_card, read_months_apart
from voucher.stages.certify.verify import verify_numbers

NAME, IDENTITY, TRADE, LEVEL, NUMBER = "姓名", "证件号码", "职业编码", "等级", "证书编号"
ISSUED, EVALUATOR, STATUS = "发证日期", "评价机构统一社会信用代码", "状态"
NAME_CONTEXT = "register_entry.name"
COMPARED = ("subject_index", "name_index", "trade_code", "level", "issued_on", "evaluator_code", "status")

WRITTEN = ("number", "revision", *COMPARED)

STATUS_UNKNOWN = reason(
    "register_status_unknown",
    "“{given}”不是规定的状态",
    "请填写 有效 或 撤销",
    "S2-16f; AC-I1",
)
_STATUSES = {
    **dict.fromkeys(("有效", "正常"), "valid"),
    **dict.fromkeys(("撤销", "已撤销", "注销", "已注销", "作废", "无效"), "revoked"),
}


def read_status(text: str) -> str:
    """Return whether the register holds a certificate valid or revoked. Raises register_status_unknown."""
    word = clean_word(text)
    if word not in _STATUSES:
        raise STATUS_UNKNOWN.refused(given=mask_word(word))
    return _STATUSES[word]


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A register row as a file states it, in canonical form; level 0 stands for none."""

    name: str
    identity: str
    trade_code: str
    level: int
    number: str
    issued_on: date
    evaluator_code: str
    status: str


class RegisterImporter(Importer[RegisterRow]):
    """Columns 姓名, 证件号码, 职业编码, 等级, 证书编号, 发证日期, 评价机构统一社会信用代码, 状态."""

    kind = "register"
    columns = (
        Column(NAME),
        Column(IDENTITY, alias=("身份证号", "身份证号码")),
        Column(TRADE),
        Column(LEVEL),
        Column(NUMBER),
        Column(ISSUED),
        Column(EVALUATOR),
        Column(STATUS),
    )

    def check(self, reading: Reading) -> RegisterRow | None:
        """Return the register row; the register may know occupations that our catalogue does not."""
        name, identity = reading.name(NAME), reading.identity(IDENTITY, self.work.today)
        trade = reading.words(TRADE, read_trade, required=False)
        level, issued_on = reading.level(LEVEL), reading.day(ISSUED)
        # Every form is taken: whether number and facts fit together is the evaluator's to answer for.
        number = reading.words(
            NUMBER, lambda text: parse_certificate_number(text, CertificateKind.SPECIAL_OPERATION).text
        )
        evaluator, status = reading.organisation(EVALUATOR), reading.words(STATUS, read_status)
        if name is None or identity is None or issued_on is None:
            return None
        if number is None or evaluator is None or status is None:
            return None
        ordinal = int(level) if level is not None else 0
        return RegisterRow(name, identity, trade or "", ordinal, number, issued_on, evaluator, status)

    def keep(self, piece: Sequence[tuple[int, RegisterRow]]) -> None:
        """Append a revision where the register says something new, and verify again what relied on it."""
        indexes = {row.identity: people.index_of(self.work.keyring, row.identity) for _, row in piece}
        erased = find_erased(self.work, list(indexes.values()))
        rows: list[RegisterRow] = []
        for line, row in piece:
            if indexes[row.identity] in erased:
                self.report.refuse(line, IDENTITY, mask_identity(row.identity), SUBJECT_ERASED.refusal())
            else:
                rows.append(row)
        written = write_entries(self.work, rows)
        self.report.rows_added += written.added
        self.report.rows_changed += written.changed
        self.report.rows_unchanged += len(rows) - written.added - written.changed
        # money may stand on what the register said before: ask again at once
        verify_numbers(self.work, written.numbers)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of register rows: how many are new, how many say something else, and their numbers."""

    added: int
    changed: int
    numbers: Sequence[str]


def write_entries(work: Work, told: Sequence[RegisterRow]) -> Written:
    """Append a revision where the register says something new; nobody among them has been forgotten."""
    keyring = work.keyring
    kept = [card_numbers.write_number(keyring, row.number) for row in told]
    newest = _find_newest(work, kept)
    cards = _find_cards(work, [number for number in newest if carries_over(number)])
    apart = read_months_apart(work.session, work.today) if cards else None
    aliases = catalogue.read_aliases(work.session) if cards else {}
    rows: list[dict[str, Any]] = []
    names: list[str] = []
    added = 0
    for row, number in zip(told, kept, strict=True):
        facts = {
            "subject_index": people.index_of(keyring, row.identity),
            "name_index": people.name_index_of(keyring, row.name),
            "trade_code": row.trade_code,
            "level": row.level,
            "issued_on": row.issued_on,
            "evaluator_code": row.evaluator_code,
            "status": row.status,
        }
        revision, before = newest.get(number, (0, None))
        if number in cards:
            card = fold_card(row.trade_code, row.issued_on, aliases)
            before = _newest_of_card(cards[number], card, apart, aliases)
            cards[number].append(facts)
        if before == facts:
            continue
        newest[number] = (revision + 1, facts)
        rows.append({"number": number, "revision": revision + 1} | facts)
        names.append(row.name)
        added += revision == 0
    if rows:
        keys = subjects.open_keys(work, [row["subject_index"] for row in rows])
        ids = next_ids(work.session, RegisterEntry, len(rows))
        written = [
            (
                entry_id,
                keyring.seal(keys[made["subject_index"]], NAME_CONTEXT, name),
                *(made[column].isoformat() if column == "issued_on" else made[column] for column in WRITTEN),
            )
            for entry_id, made, name in zip(ids, rows, names, strict=True)
        ]
        same = {"recorded_at": work.at, "recorded_by_person_id": work.actor.person_id}
        write_many(work.session, RegisterEntry, ("id", "name_sealed", *WRITTEN), written, same)
        _record(work, ids, rows)
    return Written(added, len(rows) - added, [row["number"] for row in rows])


def _find_newest(work: Work, numbers: Sequence[str]) -> dict[str, tuple[int, dict[str, Any] | None]]:
    """Return the newest revision and what it says of each known number."""
    columns = [getattr(RegisterEntry, name) for name in COMPARED]
    last = (
        select(RegisterEntry.number, func.max(RegisterEntry.revision).label("revision"))
        .where(among(work.session, RegisterEntry.number, numbers))
        .group_by(RegisterEntry.number)
        .subquery()
    )
    rows = work.session.execute(
        select(RegisterEntry.number, RegisterEntry.revision, *columns).join(
            last,
            (last.c.number == RegisterEntry.number) & (last.c.revision == RegisterEntry.revision),
        )
    )
    return {
        number: (revision, dict(zip(COMPARED, values, strict=True))) for number, revision, *values in rows
    }


def _find_cards(work: Work, numbers: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return everything the register has said of numbers that renewed cards keep, in the order it did."""
    if not numbers:
        return {}
    columns = [getattr(RegisterEntry, name) for name in COMPARED]
    told: dict[str, list[dict[str, Any]]] = {}
    for number, *values in work.session.execute(
        select(RegisterEntry.number, *columns)
        .where(among(work.session, RegisterEntry.number, numbers))
        .order_by(RegisterEntry.revision)
    ):
        told.setdefault(number, []).append(dict(zip(COMPARED, values, strict=True)))
    return told


def _newest_of_card(
    told: Sequence[dict[str, Any]], card: Card, months_apart: int | None, aliases: Mapping[str, str]
) -> dict[str, Any] | None:
    def is_same(each: Mapping[str, Any]) -> bool:
        return is_same_card(fold_card(each["trade_code"], each["issued_on"], aliases), card, months_apart)

    return next((each for each in reversed(told) if is_same(each)), None)


def _record(work: Work, ids: Sequence[int], rows: Sequence[dict[str, Any]]) -> None:
    """Leave a piece of the extract in the trail: one row with a digest over all, not one per certificate."""
    digest = hashlib.sha256()
    for entry_id, row in zip(ids, rows, strict=True):
        told = [row[name] for name in ("number", "revision", *COMPARED) if name != "issued_on"]
        digest.update(canonical_json([entry_id, row["issued_on"].isoformat(), *told]).encode())
    content = {"until": ids[-1], "rows": len(ids), "sha256": digest.hexdigest()}
    audit.record_one(work, "register_entry", ids[0], "extract", **content)
