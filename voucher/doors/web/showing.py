"""How values are written on a page: money, moments, days, words for states and their colours."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import uuid4

from flask import g, request
from markupsafe import Markup, escape

from voucher.plumbing.clock import SHANGHAI
from voucher.registry.standards import ModifierRow
from voucher.rules.bonuses import name_claim_kind
from voucher.rules.citations import readable_source, readable_words
from voucher.rules.complaints import APPEAL_NAMES
from voucher.rules.dictionaries import TRAINING_MODE_NAMES, TrainingMode
from voucher.rules.levels import Level, name_level
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.money import chinese_capitals, format_yuan
from voucher.rules.shares import shown_share, write_share
from voucher.rules.vocabulary import (
    FUND_SOURCE_NAMES,
    METHOD_NAMES,
    OUTCOME_NAMES,
    FundSource,
    Method,
    Outcome,
)

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# colour says nothing alone: every tag carries its word and a sign as well
GOOD = frozenset(
    {
        *("approved", "cleared", "paid", "succeeded", "confirmed", "met", "closed", "answered", "upheld"),
        *("valid", "published", "settled", "certified", "listed", "overruled", "final"),
    }
)
BAD = frozenset(
    {
        *("rejected", "bounced", "failed", "recovering", "refused", "revoked", "declined"),
        *("suspended", "delisted", "blacklisted"),
    }
)
CAUTION = frozenset(
    {
        *("manual", "returned", "objected", "lodged", "proposed", "opened", "stopped", "asked"),
        *("warned", "rectifying", "refused_late"),
    }
)
MUTE = frozenset(
    {
        *("draft", "open", "withdrawn", "cancelled", "voided", "recovered", "waived", "dismissed", "void"),
        *("discarded", "expired", "lapsed", "dropped", "affirmed", "lifted", "overturned"),
    }
)


def moment(at: datetime | None) -> str:
    """Return a moment as officers write it, in Shanghai: 2026-11-20 14:05."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if at is not None else "—"


def day(on: date | None) -> str:
    """Return a day as 2026-11-20."""
    return on.isoformat() if on is not None else "—"


def days(from_on: date | None, until_on: date | None) -> str:
    """Return a span of days, which is one day where it begins and ends on the same."""
    return day(from_on) if from_on == until_on else f"{day(from_on)} 至 {day(until_on)}"


def whole_days(words: str) -> Markup:
    """Return words for a page in which no day is broken over two lines."""
    return Markup(DAY.sub(r'<span class="nowrap">\g<0></span>', str(escape(words))))  # noqa: S704 — escaped


def lasting(span: timedelta) -> str:
    """Return how long something took, in the two largest units that say something."""
    minutes = max(span, timedelta(0)) // timedelta(minutes=1)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} 天" + (f" {hours} 小时" if hours else "")
    if hours:
        return f"{hours} 小时" + (f" {rest} 分" if rest else "")
    return f"{rest} 分钟" if rest else "不到 1 分钟"


def grouped(count: int) -> str:
    """Return a count with thousands commas."""
    return f"{count:,}"


def state_name(state: str, thing: str) -> str:
    """Return the Chinese word for a state of a thing."""
    return STATE_NAMES[Thing(thing)].get(state, state)


def complaint_state(state: str, kind: str) -> str:
    """Return the Chinese word for a state of a complaint, or of an appeal: those succeed or do not."""
    named = APPEAL_NAMES.get(state) if kind == "appeal" else None
    return named or state_name(state, Thing.COMPLAINT)


def tone(state: str, thing: str) -> str:
    """Return which of five looks a state has."""
    if thing in (Thing.NOTICE, Thing.APPEAL) and state == "closed":
        return "mute"
    for looks, states in (("good", GOOD), ("bad", BAD), ("warn", CAUTION), ("mute", MUTE)):
        if state in states:
            return looks
    return "wait"


def level_name(level: int | str) -> str:
    """Return the name of a level's ordinal; a word is a name already."""
    if isinstance(level, str):
        return level
    return name_level(Level(level)) if level else "不分等级"


def share_name(basis_points: int) -> str:
    """Return ten-thousandths as a percentage: 5000 is 50%."""
    return write_share(basis_points)


def share_of(part: int, whole: int) -> str:
    """Return a part of a whole as a percentage, rounded as every one is."""
    return share_name(shown_share(part, whole))


def change_name(basis_points: int | None) -> str:
    """Return a change against an earlier period: +8.3%, -12%, or that there was nothing to compare with."""
    if basis_points is None:
        return "无可比"
    sign = "+" if basis_points > 0 else "-" if basis_points < 0 else ""
    return sign + share_name(abs(basis_points))


def condition_name(row: ModifierRow) -> str:
    """Return what a modifier goes by: a way of earning, a way of teaching, or a list of 急需紧缺."""
    if row.method is not None:
        return METHOD_NAMES[Method(row.method)]
    return f"{TRAINING_MODE_NAMES[TrainingMode(row.mode)]}培训" if row.mode is not None else "急需紧缺"


def typed(name: str, value: object = "") -> object:
    """Return what was typed into a field of a refused form, else the value the page gives it."""
    return request.form.get(name, value) if g.get("refusal") is not None else value


def new_key() -> str:
    """Return a fresh idempotency key for one form."""
    return str(uuid4())


FILTERS: dict[str, Callable[..., str]] = {
    "moment": moment,
    "day": day,
    "days": days,
    "whole_days": whole_days,
    "lasting": lasting,
    "grouped": grouped,
    "yuan": format_yuan,
    "capitals": chinese_capitals,
    "cited": readable_source,
    "explained": readable_words,
    "state_name": state_name,
    "complaint_state": complaint_state,
    "tone": tone,
    "level_name": level_name,
    "share_name": share_name,
    "share_of": share_of,
    "condition_name": condition_name,
    "method_name": lambda word: METHOD_NAMES[Method(word)],
    "outcome_name": lambda word: OUTCOME_NAMES[Outcome(word)],
    "change_name": change_name,
    "subsidy_name": name_claim_kind,
    "fund_name": lambda word: FUND_SOURCE_NAMES[FundSource(word)],
}
WORDS: dict[str, Callable[..., object]] = {"typed": typed, "new_key": new_key}
