"""What a person was given and won: honours and places in contests, as entries of the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from voucher.plumbing.clock import SHANGHAI
from voucher.registry.catalogue import name_trades
from voucher.registry.dictionaries import name_words
from voucher.registry.talents import ladder
from voucher.registry.talents.competitions import list_results
from voucher.registry.talents.honours import list_given
from voucher.rules.archive import Entry, EntryKind, Mark
from voucher.rules.dictionaries import Dictionary
from voucher.rules.levels import name_level
from voucher.rules.talents import find_level_of_place


def begin(on: date) -> datetime:
    """Return the first moment of a day, for what is dated by the day only."""
    return datetime.combine(on, time.min, SHANGHAI).astimezone(UTC)


def tell_honours(session: Session, person_id: int) -> Iterator[Entry]:
    """Yield honours by their day; the province, which enters them, answers for them."""
    names = name_words(session, Dictionary.HONOUR)
    for each in list_given(session, [person_id]):
        facts = [("荣誉", names.get(each.honour, each.honour)), ("文件", each.document)]
        if each.revoked_on is not None:
            facts.append(("撤销日期", each.revoked_on.isoformat()))
        yield Entry(
            ref=f"honour-{each.id}",
            kind=EntryKind.HONOUR,
            at=begin(each.awarded_on),
            title=f"获得荣誉：{facts[0][1]}",
            facts=tuple(facts),
            mark=Mark.STANDS if each.revoked_on is None else Mark.REVOKED,
            why=each.why,
            by_day=True,
        )


def tell_places(session: Session, person_id: int) -> Iterator[Entry]:
    """Yield places taken in contests, with the level the table of the day gives; the province answers too."""
    rows = list_results(session, [person_id])
    if not rows:
        return
    classes, titles = (name_words(session, each) for each in (Dictionary.COMPETITION, Dictionary.HONOUR))
    trades = name_trades(session, [each.trade_code for each in rows])
    placings = ladder.read_placings(ladder.list_placings(session, None))
    for each in rows:
        earned = find_level_of_place(each.competition, each.team, each.place, each.awarded_on, placings)
        facts = [
            ("赛事类别", classes.get(each.competition, each.competition)),
            ("职业", trades.get(each.trade_code, each.trade_code)),
            ("名次", f"第 {each.place} 名"),
            ("获奖证书编号", each.award_number),
            ("文件", each.document),
        ]
        if earned is not None and each.revoked_on is None:
            facts.append(("可申报等级", name_level(earned.level)))
        if each.honour is not None:
            facts.append(("荣誉", titles.get(each.honour, each.honour)))
        if each.revoked_on is not None:
            facts.append(("撤销日期", each.revoked_on.isoformat()))
        yield Entry(
            ref=f"contest-{each.id}",
            kind=EntryKind.HONOUR,
            at=begin(each.awarded_on),
            title=f"竞赛获奖：{each.contest}",
            facts=tuple(facts),
            mark=Mark.STANDS if each.revoked_on is None else Mark.REVOKED,
            why=each.why,
            by_day=True,
        )
