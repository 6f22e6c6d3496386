"""电子档案: what stands in a worker's lifelong record, how an entry is marked, and who may be shown what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = "中办发〔2022〕58号（七）终身职业技能培训电子档案; S3-07d; S2-15k"
SHARING_SOURCE = f"{SOURCE}; 个人信息保护法 第十四条、第十五条; 【参】期限和份数"
SINCE = date(2021, 10, 28)


class EntryKind(StrEnum):
    """What an entry of the record is about."""

    VOUCHER = "voucher"
    TRAINING = "training"
    EXAM = "exam"
    CERTIFICATE = "certificate"
    HONOUR = "honour"
    PAYMENT = "payment"
    CORRECTION = "correction"


class Mark(StrEnum):
    """How an entry stands today; none is ever taken out."""

    STANDS = "stands"
    UNVERIFIED = "unverified"
    CORRECTED = "corrected"
    REVOKED = "revoked"
    ENDED = "ended"


class Extent(StrEnum):
    """How much of the record its owner lets somebody see."""

    CERTIFICATES = "certificates"
    TRAININGS = "trainings"


ENTRY_KIND_NAMES: dict[EntryKind, str] = {
    EntryKind.VOUCHER: "培训券",
    EntryKind.TRAINING: "培训",
    EntryKind.EXAM: "评价",
    EntryKind.CERTIFICATE: "证书",
    EntryKind.HONOUR: "荣誉",
    EntryKind.PAYMENT: "补贴",
    EntryKind.CORRECTION: "更正",
}
MARK_NAMES: dict[Mark, str] = {
    Mark.STANDS: "有效",
    Mark.UNVERIFIED: "待登记核验",
    Mark.CORRECTED: "已更正",
    Mark.REVOKED: "已撤销",
    Mark.ENDED: "已终止",
}
EXTENT_NAMES: dict[Extent, str] = {
    Extent.CERTIFICATES: "只看证书",
    Extent.TRAININGS: "证书，连同培训和评价",
}
_SHOWN: dict[Extent, frozenset[EntryKind]] = {
    Extent.CERTIFICATES: frozenset({EntryKind.CERTIFICATE}),
    # honours are shown to oneself: nobody was asked for them when a share was opened
    Extent.TRAININGS: frozenset({EntryKind.CERTIFICATE, EntryKind.TRAINING, EntryKind.EXAM}),
}

SHARE_TERM_UNFIT = reason(
    "archive_share_term_unfit",
    "出示的截止日不在可选范围内",
    "请选 {earliest} 到 {latest} 之间的一天；要更久的，到期后再出示一次",
    SHARING_SOURCE,
)
SHARES_MOST_REACHED = reason(
    "archive_shares_most_reached",
    "同时有效的出示已有 {most} 份，不能再加",
    "请先停止其中一份，停止立即生效",
    SHARING_SOURCE,
    Family.LIMIT,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: what happened when, in words, how it stands and why; `ref` is its name in an objection.

    `by_day` says that only the day is known; `region_code` is where the office answers for the entry.
    """

    ref: str
    kind: EntryKind
    at: datetime
    title: str
    facts: tuple[tuple[str, str], ...]
    mark: Mark = Mark.STANDS
    mark_words: str | None = None
    why: str | None = None
    by_day: bool = False
    region_code: str | None = field(default=None, repr=False)

    @property
    def kind_name(self) -> str:
        """Return what the entry is about in Chinese."""
        return ENTRY_KIND_NAMES[self.kind]

    @property
    def mark_name(self) -> str:
        """Return how the entry stands in Chinese."""
        return self.mark_words or MARK_NAMES[self.mark]


@rule(number="ARC-01", stage="持证", source=SOURCE, since=SINCE)
def order_entries(entries: Collection[Entry]) -> list[Entry]:
    """Return a record in order of time; what happened at one moment stands in the order of the stages."""
    stages = list(EntryKind)
    return sorted(entries, key=lambda each: (each.at, stages.index(each.kind), each.ref))


@rule(number="ARC-02", stage="持证", source=SHARING_SOURCE, since=SINCE)
def choose_shown(entries: Sequence[Entry], extent: Extent) -> list[Entry]:
    """Return what the owner lets be seen: never money, vouchers or corrections; what is marked stays so.

    Why something was corrected or revoked was written for the office and may name others: it stays there.
    """
    return [replace(each, why=None) for each in entries if each.kind in _SHOWN[extent]]


@rule(number="ARC-03", stage="持证", source=SHARING_SOURCE, since=SINCE)
def choose_share_term(until_on: date | None, today: date, days: int, days_most: int) -> date:
    """Return the last day somebody may look, the usual one where none is named.

    Raises archive_share_term_unfit.
    """
    latest = today + timedelta(days=days_most)
    if until_on is None:
        return min(today + timedelta(days=days), latest)
    if not today <= until_on <= latest:
        raise SHARE_TERM_UNFIT.refused(earliest=today.isoformat(), latest=latest.isoformat())
    return until_on


@rule(number="ARC-04", stage="持证", source=SHARING_SOURCE, since=SINCE)
def check_share_number(open_shares: int, most: int) -> None:
    """Refuse one more share where its owner has enough open. Raises archive_shares_most_reached."""
    if open_shares >= most:
        raise SHARES_MOST_REACHED.refused(most=most)
