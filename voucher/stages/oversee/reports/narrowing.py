"""What an indicator is narrowed to: words checked and named, and vouchers counted one by one under them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from voucher.registry.catalogue import name_trades
from voucher.registry.dictionaries import check_word, name_words
from voucher.rules.dictionaries import Dictionary
from voucher.rules.errors import reason
from voucher.rules.issuing import may_belong
from voucher.rules.levels import Level, name_level
from voucher.rules.lifecycle import Thing
from voucher.rules.reports import INDICATOR_SOURCE, Dimension
from voucher.stages.issue.queries import Programme
from voucher.stages.oversee.statistics.facts import NOWHERE
from voucher.stages.oversee.statistics.models import StatisticFact
from voucher.stages.train.queries.counted import select_classes_of_kind

DICTIONARIES = {
    Dimension.TRAINING_KIND: Dictionary.TRAINING_KIND,
    Dimension.FUND: Dictionary.FUND_SOURCE,
    Dimension.GROUP: Dictionary.PERSON_GROUP,
}
NO_LEVELS = "不分等级"
LEVELS = {"0": NO_LEVELS, **{str(int(each)): name_level(each) for each in Level}}
Narrowing = Mapping[str, str]

PROGRAMME_UNKNOWN = reason(
    "indicator_programme_unknown",
    "没有编号为“{given}”的券种",
    "请从“券种”页抄下券种编号，或留空",
    INDICATOR_SOURCE,
)
TRADE_UNKNOWN = reason(
    "indicator_trade_unknown",
    "没有编码为“{given}”的职业（工种）",
    "请填写职业编码，例如 4-10-01-05，或留空",
    INDICATOR_SOURCE,
)
LEVEL_UNFIT = reason(
    "indicator_level_unknown", "没有“{given}”这个等级", "请从等级中选一个，或留空", INDICATOR_SOURCE
)


def check_words(session: Session, wanted: Narrowing, on: date) -> dict[Dimension, str]:
    """Return what is kept of the words somebody chose: codes, of a programme its id.

    Raises Refused word_unknown, indicator_programme_unknown, _trade_unknown, _level_unknown.
    """
    kept: dict[Dimension, str] = {}
    for name, word in wanted.items():
        dimension = Dimension(name)
        if dimension in DICTIONARIES:
            check_word(session, DICTIONARIES[dimension], word, on)
        elif dimension is Dimension.PROGRAMME:
            word = str(_find_programme(session, word).id)
        elif dimension is Dimension.TRADE and word not in name_trades(session, [word]):
            raise TRADE_UNKNOWN.refused(given=word[:40])
        elif dimension is Dimension.LEVEL and word not in LEVELS:
            raise LEVEL_UNFIT.refused(given=word[:40])
        kept[dimension] = word
    return kept


def _find_programme(session: Session, number: str) -> Programme:
    """Return a programme by the number people quote, whose last part is its id."""
    last = number.rpartition("-")[2]
    found = (
        session.get(Programme, int(last)) if last.isascii() and last.isdecimal() and len(last) <= 18 else None
    )
    if found is None or found.number != number:
        raise PROGRAMME_UNKNOWN.refused(given=number[:40])
    return found


def name_narrowing(session: Session, narrowing: Narrowing) -> list[dict[str, str]]:
    """Return each dimension with its word and what that is called, in the order of the dimensions."""
    told = {each: narrowing[each] for each in Dimension if each in narrowing}
    return [
        {"dimension": str(each), "word": word, "name": _name(session, each, word)}
        for each, word in told.items()
    ]


def _name(session: Session, dimension: Dimension, word: str) -> str:
    if dimension in DICTIONARIES:
        return name_words(session, DICTIONARIES[dimension]).get(word, word)
    if dimension is Dimension.PROGRAMME:
        found = session.get_one(Programme, int(word))
        return f"{found.name}（{found.number}）"
    if dimension is Dimension.TRADE:
        return name_trades(session, [word]).get(word, word)
    return LEVELS[word]


def count_narrowed(
    session: Session, regions: Collection[str], step: str, days: tuple[date, date], narrowing: Narrowing
) -> int:
    """Return how many vouchers reached a step between two days, both included, under every word at once.

    Of what was taught, the last class says; of who was in none yet, the programme.
    """
    reached: Any = getattr(StatisticFact, f"{step}_on")
    query = select(func.count()).where(
        StatisticFact.thing == str(Thing.VOUCHER),
        StatisticFact.region_code.in_(sorted(regions)),
        reached >= days[0],
        reached <= days[1],
        *(_match(session, Dimension(name), word) for name, word in narrowing.items()),
    )
    return session.scalar(query) or 0


def _match(session: Session, dimension: Dimension, word: str) -> ColumnElement[bool]:
    match dimension:
        case Dimension.TRAINING_KIND:
            of_kind = select(Programme.id).where(Programme.training_kind == word)
            return or_(
                StatisticFact.class_id.in_(select_classes_of_kind(word)),
                and_(StatisticFact.class_id == NOWHERE, StatisticFact.programme_id.in_(of_kind)),
            )
        case Dimension.PROGRAMME:
            return StatisticFact.programme_id == int(word)
        case Dimension.FUND:
            return StatisticFact.fund == word
        case Dimension.TRADE:
            return StatisticFact.trade_code == word
        case Dimension.LEVEL:
            return StatisticFact.level == int(word)
        case Dimension.GROUP:
            return StatisticFact.person_group.in_(_spellings(session, word))


def _spellings(session: Session, code: str) -> Sequence[str]:
    """Return the words people were recorded under that mean a group of the dictionary."""
    name = name_words(session, Dictionary.PERSON_GROUP).get(code, code)
    seen = session.scalars(select(StatisticFact.person_group).distinct()).all()
    return [each for each in seen if each and may_belong(code, name, [each])]
