"""Who answers for a fact: lists kept in this house (embedded), or another department's system over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.plumbing.calling import Caller, Failure, NoAnswerError
from voucher.registry.outside.models import OutsideRecord
from voucher.rules.levels import Level
from voucher.rules.outside import FactKind

# said with every answer of the embedded implementation, so that nobody takes a list for a live system
EMBEDDED_NAME = "本系统内置名单（非实时联网）"
LONGEST_NUMBER = 60
MOST_LINES = 50


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one person; the number and name leave this house only towards that system.

    `former_indexes` are of the numbers had before, under which an older list may still name the person.
    """

    kind: FactKind
    number: str
    name: str
    blind_index: str
    name_index: str
    on: date
    former_indexes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Said:
    """One line of an answer; `amount` counts insured months, trade, level and number are of a subsidy paid.

    `as_of` is the day of the list it was read from; None means now.
    """

    held: bool
    since: date | None = None
    until: date | None = None
    amount: int | None = None
    trade_code: str | None = None
    level: int | None = None
    number: str | None = None
    as_of: date | None = None


class Port(Protocol):
    """What every implementation offers."""

    def ask(self, question: Question) -> Sequence[Said]:
        """Return what is known of a person; nothing where the system does not know. Raises NoAnswerError."""


class EmbeddedPort:
    """The lists imported into this house, asked like a system; it says of itself that it is no live one.

    Somebody who stands on no list of a kind is unknown, unless lists of that kind name only those of whom
    the fact holds (`absent_is_no`): then not to stand there says that it does not hold.
    """

    def __init__(self, open_session: Callable[[], Any], *, absent_is_no: bool) -> None:
        self._open_session = open_session
        self._absent_is_no = absent_is_no

    def ask(self, question: Question) -> Sequence[Said]:
        """Return the newest lines of the person; for the identity only where the name is the same."""
        with self._open_session() as session:
            rows = _read_records(session, question)
            if not rows:
                listed_on = session.scalar(
                    select(func.max(OutsideRecord.listed_on)).where(OutsideRecord.kind == str(question.kind))
                )
                is_no = self._absent_is_no and listed_on is not None
                return [Said(held=False, as_of=listed_on)] if is_no else []
        if question.kind is FactKind.IDENTITY:
            same = any(each.held and each.name_index == question.name_index for each in rows)
            return [Said(held=same, as_of=rows[0].listed_on)]
        return [
            Said(
                each.held, each.since, each.until, each.amount, each.trade_code, each.level, each.number,
                each.listed_on,
            )
            for each in rows
        ]  # fmt: skip


def _read_records(session: Session, question: Question) -> list[OutsideRecord]:
    rows = session.scalars(
        select(OutsideRecord)
        .where(
            OutsideRecord.kind == str(question.kind),
            OutsideRecord.blind_index.in_(sorted({question.blind_index, *question.former_indexes})),
        )
        .order_by(OutsideRecord.listed_on.desc(), OutsideRecord.id.desc())
    ).all()
    # a subsidy may have been paid more than once; of a state only the newest list speaks
    if question.kind is FactKind.SKILL_UPGRADE:
        return list(rows)
    return list(rows[:1])


class HttpPort:
    """Another department's system: asked in JSON, answered in lines; what it says is read strictly."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def ask(self, question: Question) -> Sequence[Said]:
        """Return the lines of the answer. Raises NoAnswerError, also for an answer that cannot be read."""
        answer = self._caller.ask(
            {
                "kind": str(question.kind),
                "number": question.number,
                "name": question.name,
                "on": question.on.isoformat(),
            }
        )
        lines = answer.get("facts")
        if not isinstance(lines, list) or len(lines) > MOST_LINES:
            raise NoAnswerError(Failure.MALFORMED, "facts")
        return [_read_line(each) for each in lines]


def _read_line(line: Any) -> Said:
    if not isinstance(line, Mapping) or not isinstance(line.get("held"), bool):
        raise NoAnswerError(Failure.MALFORMED, "held")
    try:
        return Said(
            held=line["held"],
            since=_read_day(line.get("since")),
            until=_read_day(line.get("until")),
            amount=_read_whole(line.get("amount"), 0, 1200),
            trade_code=_read_word(line.get("trade_code")),
            level=_read_whole(line.get("level"), min(Level), max(Level)),
            number=_read_word(line.get("number")),
        )
    except (TypeError, ValueError):
        raise NoAnswerError(Failure.MALFORMED, "line") from None


def _read_day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _read_whole(value: Any, least: int, most: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError
    return value


def _read_word(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NUMBER:
        raise ValueError
    return value
