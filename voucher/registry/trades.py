"""Choosing a trade (职业、工种、专项职业能力项目) from the whole catalogue, by its code or its name."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.registry.catalogue import Occupation, SpecialItem
from voucher.rules.levels import mask_word
from voucher.rules.programmes import TRADE_UNKNOWN


def list_trades(session: Session, on: date) -> list[tuple[str, str]]:
    """Return every occupation in force on a day and every 专项 item with its name, by code."""
    occupations = session.execute(
        select(Occupation.code, Occupation.name)
        .where(
            or_(Occupation.since.is_(None), Occupation.since <= on),
            or_(Occupation.until.is_(None), Occupation.until >= on),
        )
        .order_by(Occupation.code)
    ).all()
    items = session.execute(select(SpecialItem.code, SpecialItem.name).order_by(SpecialItem.code)).all()
    return [(code, name) for code, name in (*occupations, *items)]


def find_trade(session: Session, typed: str, on: date) -> str:
    """Return the code somebody means by a code, a name, or both as a list offers them (代码 名称).

    A part of a name will do where only one trade has it. Raises Refused trade_unknown.
    """
    wanted = typed.strip()
    known = dict(list_trades(session, on))
    code = wanted.split(maxsplit=1)[0].upper() if wanted else ""
    if code in known:
        return code
    named = [each for each, name in known.items() if name == wanted]
    named = named or [each for each, name in known.items() if wanted and wanted in name]
    if len(named) != 1:
        raise TRADE_UNKNOWN.refused(trade=mask_word(wanted), on=on.isoformat())
    return named[0]
