"""Dated facts of people out of a file: a new statement of a kind takes the place of the standing one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import bindparam, insert, select, update

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Cell, cell_text
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import LOOKUP_CHUNK, PersonTag
from voucher.rules.eligibility import DRAWING_PENSION, NO_PENSION, Tag, TagKind
from voucher.rules.errors import reason
from voucher.rules.levels import clean_word, mask_word

# A statement without a first day holds for any day until it is corrected.
UNDATED = date(1900, 1, 1)
INTENT = "intent"

WORD_UNKNOWN = reason(
    "statement_unknown",
    "“{given}”不是规定的填写内容",
    "请填写以下之一：{accepted}；不清楚的请留空，显示为“未核”",
    "【设】人员事实的填写; DOMAIN H-d",
)


class Intent(StrEnum):
    """Whether a person has declared the wish to be trained."""

    DECLARED = "yes"
    DENIED = "no"


_PENSION_WORDS = {
    **dict.fromkeys(("是", "有", "领取", "已领取", "领取养老金", "已领取养老金"), DRAWING_PENSION),
    **dict.fromkeys(("否", "无", "未领取", "没有领取", "未领取养老金"), NO_PENSION),
}
_INTENT_WORDS = {
    **dict.fromkeys(("是", "有", "愿意", "有意愿", "有培训意愿"), Intent.DECLARED),
    **dict.fromkeys(("否", "无", "不愿意", "无意愿", "无培训意愿"), Intent.DENIED),
}


def read_pension(cell: Cell) -> str:
    """Return which of the two pension statements a cell makes. Raises statement_unknown."""
    return _read(cell, _PENSION_WORDS, "是、否、领取养老金、未领取养老金")


def read_intent(cell: Cell) -> str:
    """Return the declared intent. Raises statement_unknown."""
    return str(_read(cell, _INTENT_WORDS, "是、否、有意愿、无意愿"))


def _read(cell: Cell, words: Mapping[str, str], accepted: str) -> str:
    word = clean_word(cell_text(cell))
    if word not in words:
        raise WORD_UNKNOWN.refused(given=mask_word(word), accepted=accepted)
    return words[word]


def state_pension(value: str, since: date, source: str) -> Tag:
    """Return the tag of a pension statement."""
    return Tag(TagKind.PENSION, value, since, None, source)


def state_intent(value: str, since: date, source: str) -> Tag:
    """Return the tag of a declared intent."""
    return Tag(INTENT, value, since, None, source)


@dataclass(frozen=True, slots=True)
class _Standing:
    id: int
    kind: str
    value: str
    since: date


def write_tags(work: Work, stated: Mapping[int, Sequence[Tag]], newcomers: frozenset[int]) -> frozenset[int]:
    """Write what a file states of people and return those of whom something changed.

    All values of a kind are stated together; the same ones again change nothing.
    """
    standing = _read_standing(work, [person_id for person_id in stated if person_id not in newcomers])
    ends: list[dict[str, object]] = []
    rows: list[dict[str, object]] = []
    changed: dict[int, list[str]] = {}
    for person_id, tags in stated.items():
        for kind in dict.fromkeys(str(tag.kind) for tag in tags):
            fresh = [tag for tag in tags if str(tag.kind) == kind]
            known = [tag for tag in standing.get(person_id, []) if tag.kind == kind]
            if {tag.value for tag in known} == {tag.value for tag in fresh}:
                continue
            changed.setdefault(person_id, []).append(kind)
            # What was wrong from its first day keeps that day only: there is no earlier end to give it.
            ends += [
                {"key": tag.id, "end": max(tag.since, fresh[0].since - timedelta(days=1))} for tag in known
            ]
            rows += [_row(work, person_id, tag) for tag in fresh]
    if ends:
        table = PersonTag.__table__
        work.session.connection().execute(
            update(PersonTag).where(table.c.id == bindparam("key")).values(until=bindparam("end")), ends
        )
    if rows:
        work.session.execute(insert(PersonTag), rows)
        audit.record(
            work, [audit.Entry("person", i, "state", {"kinds": kinds}) for i, kinds in changed.items()]
        )
    return frozenset(changed)


def _row(work: Work, person_id: int, tag: Tag) -> dict[str, object]:
    return {
        "person_id": person_id,
        "kind": str(tag.kind),
        "value": tag.value,
        "since": tag.since,
        "until": None,
        "source": tag.source,
        "recorded_at": work.at,
    }


def _read_standing(work: Work, person_ids: Iterable[int]) -> dict[int, list[_Standing]]:
    standing: dict[int, list[_Standing]] = {}
    ordered = sorted(person_ids)
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = work.session.execute(
            select(PersonTag.person_id, PersonTag.id, PersonTag.kind, PersonTag.value, PersonTag.since).where(
                PersonTag.person_id.in_(ordered[start : start + LOOKUP_CHUNK]), PersonTag.until.is_(None)
            )
        )
        for person_id, tag_id, kind, value, since in rows:
            standing.setdefault(person_id, []).append(_Standing(tag_id, kind, value, since))
    return standing
