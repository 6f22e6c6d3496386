"""Bring a list along: every row checked and named if bad; of a person only blind indexes are kept."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.bulk import write_many
from voucher.plumbing.spreadsheets import Cell, Column, Limits, cell_text, open_table
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.importing.evaluators import Trades
from voucher.registry.importing.frame import ImportRefused, Report, RowProblem
from voucher.registry.importing.reading import CELL_MISSING, Reading
from voucher.registry.institutions import get_institution
from voucher.registry.people import index_of, name_index_of
from voucher.registry.tables import require_parameter_number
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.identity import (
    AccountKind,
    normalise_bank_account,
    normalise_mobile,
    normalise_organisation_code,
)
from voucher.rules.joins import (
    LIST_AHEAD,
    LIST_EMPTY,
    LIST_ROW_BARE,
    LIST_TWICE,
    LIST_WORD_UNKNOWN,
    ListKind,
)
from voucher.rules.levels import clean_word, mask_word
from voucher.rules.money import parse_yuan
from voucher.rules.privacy import mask_account, mask_mobile
from voucher.rules.windows import add_months
from voucher.rules.words import check_why
from voucher.stages.oversee.joins.models import AuditList, AuditListRow
from voucher.stages.oversee.joins.reaching import reach

THING = "audit_list"
KEPT_MONTHS = "audit_list_kept_months"
NUMBER, NAME, SINCE, UNTIL = "证件号码", "姓名", "起始日期", "截止日期"
ACCOUNT, MOBILE, ADDRESS, CONTACT = "账号", "手机号", "住址", "紧急联系人电话"
TRADE, LEVEL, SUBSIDY, HOUSE, AMOUNT, ANSWERS = (
    "职业编码", "等级", "补贴种类", "收款机构代码", "金额", "答案"
)  # fmt: skip
COLUMNS = (
    Column(NUMBER, alias=("身份证号", "身份证号码", "公民身份号码")),
    Column(NAME, required=False),
    Column(
        SINCE, required=False,
        alias=(
            "死亡日期", "入学日期", "退休日期", "参保日期", "发放日期", "取证日期", "付款日期", "考试日期",
        ),
    ),
    Column(UNTIL, required=False, alias=("毕业日期", "停保日期")),
    Column(ACCOUNT, required=False, alias=("银行账号", "银行卡号")),
    Column(MOBILE, required=False, alias=("电话", "联系电话", "手机号码"), text=False),
    Column(ADDRESS, required=False, alias=("家庭住址",)),
    Column(CONTACT, required=False, text=False),
    Column(TRADE, required=False),
    Column(LEVEL, required=False),
    Column(SUBSIDY, required=False),
    Column(HOUSE, required=False, alias=("统一社会信用代码",)),
    Column(AMOUNT, required=False, text=False),
    Column(ANSWERS, required=False),
)  # fmt: skip
# what a kind of list is nothing without, beside the person
NEEDED: dict[ListKind, tuple[str, ...]] = {
    ListKind.CERTIFICATE: (TRADE, LEVEL, SINCE),
    ListKind.PAID: (TRADE, LEVEL, SINCE, SUBSIDY),
    ListKind.BACKFLOW: (HOUSE, AMOUNT, SINCE),
    ListKind.ANSWERS: (TRADE, LEVEL, SINCE, ANSWERS),
}
# what a kind of list may say besides; name and days always
WELCOME: dict[ListKind, tuple[str, ...]] = {
    ListKind.CONTACTS: (ACCOUNT, MOBILE, ADDRESS, CONTACT),
}
SUBSIDIES = {"培训补贴": "training", "培训": "training", "评价补贴": "evaluation", "评价": "evaluation"}
WRITTEN = (
    *("line", "blind_index", "name_index", "since", "until", "account_index", "mobile_index"),
    *("address_index", "contact_index", "trade_code", "level", "subsidy", "house_code", "amount_fen"),
    "answers",
)
DIGEST_BYTES = 1 << 20
_Row = tuple[int | str | None, ...]


@dataclass(frozen=True, slots=True)
class Brought:
    """A list that was taken in, and what became of its rows."""

    made: AuditList
    report: Report


def bring_list(
    work: Work, kind: ListKind, source: str, as_of: date, why: str, path: Path, *, limits: Limits
) -> Brought:
    """Take a list in for the highest region one oversees; one bad row and nothing is kept.

    Raises Refused role_missing, why_missing, audit_list_ahead, audit_list_twice, audit_list_empty,
    parameter_missing, ImportRefused, and whatever a file as a whole is refused for (see open_table).
    """
    region, _ = reach(work)
    said, whose = check_why(why), check_why(source)
    if as_of > work.today:
        raise LIST_AHEAD.refused(as_of=as_of)
    digest = _digest(path)
    twin = work.session.scalars(
        select(AuditList).where(
            AuditList.region_code == region,
            AuditList.kind == str(kind),
            AuditList.sha256 == digest,
            AuditList.forgotten_at.is_(None),
            AuditList.withdrawn_at.is_(None),
        )
    ).first()
    if twin is not None:
        raise LIST_TWICE.refused(number=twin.number)
    report = Report(f"audit_list_{kind}")
    rows = _read(work, kind, path, limits, report)
    if report.rows_refused:
        raise ImportRefused(report)
    if not rows:
        raise LIST_EMPTY.refused()
    months = require_parameter_number(work.session, KEPT_MONTHS, work.today, ())
    made = AuditList(
        region_code=region, kind=str(kind), source=whose, as_of=as_of, why=said, sha256=digest,
        row_count=len(rows), keep_until=add_months(work.today, months), imported_at=work.at,
        imported_by_person_id=work.actor.person_id,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    write_many(work.session, AuditListRow, WRITTEN, rows, {"list_id": made.id})
    report.rows_added = len(rows)
    audit.record_one(
        work, THING, made.id, "bring",
        kind=str(kind), source=whose, as_of=as_of.isoformat(), why=said, sha256=digest, rows=len(rows),
    )  # fmt: skip
    return Brought(made, report)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(DIGEST_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _read(work: Work, kind: ListKind, path: Path, limits: Limits, report: Report) -> list[_Row]:
    rows: list[_Row] = []
    aliases, trades = catalogue.read_aliases(work.session), Trades(work)
    with open_table(path, columns=COLUMNS, limits=limits) as table:
        for row in table:
            report.rows_read += 1
            reading = Reading(row)
            made = _row(work, kind, row.line, reading, aliases, trades) if reading.readable else None
            if reading.problems or made is None:
                report.refuse_row([RowProblem(row.line, *problem) for problem in reading.problems])
            else:
                rows.append(made)
    return rows


def _row(
    work: Work, kind: ListKind, line: int, reading: Reading, aliases: Mapping[str, str], trades: Trades
) -> _Row | None:
    number = reading.identity(NUMBER, work.today)
    named = reading.name(NAME) if reading.text(NAME) else None
    since, until = reading.period(SINCE, UNTIL, required=SINCE in NEEDED.get(kind, ()))
    links = _read_links(work, kind, reading)
    said = _read_said(work, kind, reading, aliases, trades)
    if number is None:
        return None
    return (
        line,
        index_of(work.keyring, number),
        name_index_of(work.keyring, named) if named else None,
        since.isoformat() if since else None,
        until.isoformat() if until else None,
        *links,
        *said,
    )


def _read_links(work: Work, kind: ListKind, reading: Reading) -> tuple[str | None, ...]:
    """Return account, phone, address and contact of a row, by blind index."""
    account = reading.take(
        ACCOUNT, lambda cell: normalise_bank_account(cell, AccountKind.CORPORATE), required=False,
        mask=mask_account,
    )  # fmt: skip
    mobile = reading.take(MOBILE, normalise_mobile, required=False, mask=mask_mobile)
    contact = reading.take(CONTACT, normalise_mobile, required=False, mask=mask_mobile)
    address = "".join(unicodedata.normalize("NFKC", reading.text(ADDRESS)).split())
    is_bare = not (account or mobile or contact or address)
    if kind is ListKind.CONTACTS and is_bare and not reading.is_faulty(ACCOUNT, MOBILE, CONTACT, ADDRESS):
        reading.refuse(ACCOUNT, LIST_ROW_BARE.refusal())
    index = work.keyring.blind_index
    return (
        index("account", account) if account else None,
        index("mobile", mobile) if mobile else None,
        index("home_address", address) if address else None,
        index("mobile", contact) if contact else None,
    )


def _read_said(
    work: Work, kind: ListKind, reading: Reading, aliases: Mapping[str, str], trades: Trades
) -> tuple[int | str | None, ...]:
    """Return occupation, level, subsidy, institution, amount and answers of a row, as its kind needs them."""
    needed = NEEDED.get(kind, ())
    trade = reading.words(TRADE, trades.read_occupation) if TRADE in needed else None
    if LEVEL in needed and not reading.text(LEVEL):
        # blank is forgotten; without a level is said in words
        reading.refuse(LEVEL, CELL_MISSING.refusal(column=LEVEL))
    level = int(reading.level(LEVEL) or 0) if LEVEL in needed else None
    subsidy = reading.take(SUBSIDY, _read_subsidy) if SUBSIDY in needed else None
    house = reading.take(HOUSE, lambda cell: _read_house(work, cell), required=HOUSE in needed)
    amount = reading.take(AMOUNT, lambda cell: parse_yuan(cell_text(cell)), required=AMOUNT in needed)
    answers = reading.take(ANSWERS, cell_text, required=ANSWERS in needed)
    return (
        canonical_occupation(trade, aliases) if trade else None,
        level,
        subsidy,
        house,
        amount,
        "".join(answers.split()) if answers else None,
    )


def _read_subsidy(cell: Cell) -> str:
    word = clean_word(cell_text(cell))
    if word not in SUBSIDIES:
        raise LIST_WORD_UNKNOWN.refused(given=mask_word(word), accepted="培训补贴、评价补贴")
    return SUBSIDIES[word]


def _read_house(work: Work, cell: Cell) -> str:
    return get_institution(work.session, normalise_organisation_code(cell_text(cell))).code
