"""Tariffs to come: what a new row must say before it may be written down, and what changes on which day."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from unicodedata import normalize

from voucher.rules.dictionaries import TrainingMode
from voucher.rules.errors import Family, reason
from voucher.rules.modifiers import (
    Circumstances,
    Condition,
    Modifier,
    earns_unmodified,
    find_modifiers,
    name_condition,
)
from voucher.rules.money import WHOLE_BASIS_POINTS, check_fen
from voucher.rules.periods import in_force
from voucher.rules.register import rule
from voucher.rules.subsidy import Form, Standard
from voucher.rules.vocabulary import FOUNDED, CertificateKind, Level, Method, SubsidyKind

SOURCE = "豫办〔2021〕29号 第4项; S2-04h–m; 【设】标准只增不改，按生效日期取用 (DESIGN 4)"
MOST_BASIS_POINTS = 100_000
LEVEL_FORMS = (
    Form.LEVEL_CERTIFICATE,
    CertificateKind.SKILL_LEVEL,
    CertificateKind.QUALIFICATION,
)
FORMS = (Form.LEVEL_CERTIFICATE, *(each for each in Form if each is not Form.LEVEL_CERTIFICATE))
_PERCENT = re.compile(r"([0-9]{1,4})(?:\.([0-9]{1,2}))?")
Ancestry = Callable[[str], tuple[str, ...]]


class Subject(StrEnum):
    """What a proposed row is: an amount, a share of it, or an occupation on a list of 急需紧缺."""

    STANDARD = "standard"
    MODIFIER = "modifier"
    SHORTAGE = "shortage"


SUBJECT_NAMES: dict[Subject, str] = {
    Subject.STANDARD: "补贴标准",
    Subject.MODIFIER: "比例",
    Subject.SHORTAGE: "急需紧缺目录",
}

TARIFF_NOT_AHEAD = reason(
    "tariff_not_ahead",
    "生效日期 {since} 不在今日（{today}）之后",
    "请填写今日之后的日期：已按旧标准办理的不追溯；文件要求追溯的，由省级按文件逐件处理",
    SOURCE,
)
TARIFF_DATES = reason(
    "tariff_dates", "截止日期 {until} 早于生效日期 {since}", "请核对起止日期，首尾两日计入", SOURCE
)
TARIFF_WITHOUT_DOCUMENT = reason(
    "tariff_without_document",
    "没有填写文号",
    "请填写公布该标准的文件名称和文号：每一行标准都须有依据，并对外公开",
    SOURCE,
)
TARIFF_INCOMPLETE = reason(
    "tariff_incomplete",
    "没有填写{what}，或填写的不在规定范围内",
    "请补填{what}；等级证书的标准须写明等级，急需紧缺目录须写明职业",
    SOURCE,
)
TARIFF_STANDS = reason(
    "tariff_stands_already",
    "同一范围、同一天生效的{subject}已经登记：{document}",
    "请核对生效日期；已登记的不能改写，以后一天生效的新行接替旧行",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Tariff:
    """A row somebody proposes; what does not belong to its subject is empty, amounts in fen."""

    subject: Subject
    since: date
    until: date | None
    document: str
    kind: SubsidyKind | None = None
    form: str | None = None
    occupation_code: str | None = None
    level: Level | None = None
    region_code: str | None = None
    amount_fen: int | None = None
    basis_points: int | None = None
    method: Method | None = None
    mode: TrainingMode | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is another from a day on: an amount in fen, or a share in ten-thousandths; None is none at all."""

    on: date
    subject: Subject
    kind: SubsidyKind
    form: str | None
    level: Level | None
    occupation_code: str | None
    region_code: str | None
    condition: str | None
    before: int | None
    after: int | None
    document: str | None


@rule(number="TRF-01", stage="通用", source=SOURCE, since=FOUNDED)
def check_tariff(new: Tariff, today: date) -> None:
    """Refuse a row that cannot be one, whatever the registers hold.

    Raises tariff_without_document, tariff_not_ahead, tariff_dates, tariff_incomplete, amount_not_fen.
    """
    if not new.document.strip():
        raise TARIFF_WITHOUT_DOCUMENT.refused()
    if new.since <= today:
        raise TARIFF_NOT_AHEAD.refused(since=new.since.isoformat(), today=today.isoformat())
    if new.until is not None and new.until < new.since:
        raise TARIFF_DATES.refused(since=new.since.isoformat(), until=new.until.isoformat())
    missing = _find_missing(new)
    if missing is not None:
        raise TARIFF_INCOMPLETE.refused(what=missing)


@rule(number="TRF-03", stage="通用", source=SOURCE, since=FOUNDED)
def parse_percent(text: str) -> int:
    """Read a percentage with at most two decimals, as ten-thousandths. Raises tariff_incomplete."""
    match = _PERCENT.fullmatch(normalize("NFKC", text).strip().removesuffix("%").strip())
    if match is None:
        raise TARIFF_INCOMPLETE.refused(what="比例（例如 50 或 112.5）")
    whole, part = match.groups()
    return int(whole) * 100 + int((part or "").ljust(2, "0"))


def _find_missing(new: Tariff) -> str | None:
    if new.subject is Subject.SHORTAGE:
        return None if new.occupation_code else "职业"
    if new.kind is None:
        return "补贴"
    if new.subject is Subject.STANDARD:
        if new.form not in {str(each) for each in (*FORMS, *CertificateKind)}:
            return "证书类型"
        if (new.form in {str(each) for each in LEVEL_FORMS}) != (new.level is not None):
            return "等级"
        return None if new.amount_fen is not None and check_fen(new.amount_fen) >= 0 else "金额"
    if new.method is not None and new.mode is not None:
        return "适用情形（只选一种）"
    fits = new.basis_points is not None and 0 <= new.basis_points <= MOST_BASIS_POINTS
    return None if fits else "比例"


@rule(number="TRF-02", stage="通用", source=SOURCE, since=FOUNDED)
def list_changes(
    standards: Sequence[Standard], modifiers: Sequence[Modifier], today: date, ancestry: Ancestry
) -> list[Change]:
    """Return what the rows known today change after today, the first day first.

    `ancestry` gives the codes from a region up to the province. A row that only repeats what was in
    force already changes nothing.
    """
    found: dict[tuple[object, ...], Change] = {}
    for standard in standards:
        for on in _days(standard.since, standard.until, today):
            change = _standard_change(standard, standards, on, ancestry)
            if change.before != change.after:
                found[_scope(change)] = change
    for modifier in modifiers:
        days = set(_days(modifier.since, modifier.until, today))
        if modifier.listed_since is not None:
            days.update(_days(modifier.listed_since, modifier.listed_until, today))
        for on in sorted(days):
            change = _modifier_change(modifier, modifiers, on, ancestry)
            if change.before != change.after:
                found[_scope(change)] = change
    return sorted(found.values(), key=lambda each: tuple(str(part) for part in _scope(each)))


def _days(since: date, until: date | None, today: date) -> list[date]:
    turns = [since] if until is None else [since, until + timedelta(days=1)]
    return [each for each in turns if each > today]


def _scope(change: Change) -> tuple[object, ...]:
    return (
        change.on,
        change.subject,
        change.kind,
        change.form,
        change.level,
        change.occupation_code,
        change.region_code,
        change.condition,
    )


def _standard_change(row: Standard, standards: Iterable[Standard], on: date, ancestry: Ancestry) -> Change:
    regions = ancestry(row.region_code) if row.region_code else ()
    fitting = [each for each in standards if _covers(each, row, regions)]
    before, after = (_strongest(fitting, each, regions) for each in (on - timedelta(days=1), on))
    return Change(
        on=on,
        subject=Subject.STANDARD,
        kind=row.kind,
        form=row.form,
        level=row.level,
        occupation_code=row.occupation_code,
        region_code=row.region_code,
        condition=None,
        before=before.amount_fen if before is not None else None,
        after=after.amount_fen if after is not None else None,
        document=after.document if after is not None else None,
    )


def _covers(wider: Standard, row: Standard, regions: tuple[str, ...]) -> bool:
    return (
        wider.kind is row.kind
        and wider.form == row.form
        and wider.level == row.level
        and wider.occupation_code in (None, row.occupation_code)
        and (wider.region_code is None or wider.region_code in regions)
    )


def _strongest(standards: Iterable[Standard], on: date, regions: tuple[str, ...]) -> Standard | None:
    """Return the row that counts on a day, in the order `price_subsidy` has."""
    return max(
        (each for each in standards if in_force(on, each.since, each.until)),
        key=lambda each: (
            each.occupation_code is not None,
            -regions.index(each.region_code) if each.region_code is not None else -len(regions),
            each.since,
        ),
        default=None,
    )


def _modifier_change(row: Modifier, modifiers: Iterable[Modifier], on: date, ancestry: Ancestry) -> Change:
    known = [each for each in modifiers if each.condition is row.condition]
    case = Circumstances(
        kind=row.kind,
        method=row.method or Method.EXAM,
        mode=row.mode,
        occupation_code=row.occupation_code,
        level=row.level,
        region_codes=ancestry(row.region_code) if row.region_code else (),
        on=on,
    )
    before = find_modifiers(replace(case, on=on - timedelta(days=1)), known)
    after = find_modifiers(case, known)
    return Change(
        on=on,
        subject=Subject.SHORTAGE if row.condition is Condition.SHORTAGE else Subject.MODIFIER,
        kind=row.kind,
        form=None,
        level=row.level,
        occupation_code=row.occupation_code,
        region_code=row.region_code,
        condition=name_condition(row),
        before=_share(row, before),
        after=_share(row, after),
        document=after[0].document if after else None,
    )


def _share(row: Modifier, found: Sequence[Modifier]) -> int | None:
    """Return the share that counts; without any row the whole, or None where a person decides."""
    if found:
        return found[0].basis_points
    decided = row.method is not None and not earns_unmodified(row.method)
    return None if decided else WHOLE_BASIS_POINTS
