"""The holder's own vouchers as cards: what it is worth, which tab it lies under, what happened to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.holds import Hold, select_held
from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher
from voucher.registry.catalogue import Region, name_trades
from voucher.registry.phones import read_field_rules
from voucher.rules.lifecycle import EVENT_NAMES, STATE_NAMES, Thing
from voucher.rules.money import format_yuan
from voucher.rules.programmes import CHANNEL_NAMES, Channel, Worth
from voucher.stages.issue.models import Programme

TABS: dict[str, tuple[str, ...]] = {
    "待使用": ("issued", "accepted"),
    "使用中": ("enrolled", "training", "trained", "assessed", "certified"),
    "已核销": ("settled", "completed"),
}
ENDED_TAB, ENROLLED = "已失效", "enrolled"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a voucher's life, as its holder reads it."""

    at: datetime
    event: str
    event_name: str
    state: str
    state_name: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """One voucher as its holder sees it; both last days are included.

    `heard_until` is when a scan of the last day can arrive no more: only for one that sits in a class.
    """

    id: int
    number: str
    programme_id: int
    programme_name: str
    region_name: str
    worth: str
    worth_words: str
    channel_name: str
    trade_name: str | None
    level: int | None
    certificate_kind: str
    state: str
    state_name: str
    tab: str
    held: bool
    redeem_by: date
    certify_by: date | None
    issued_at: datetime
    replaces_voucher_id: int | None
    timeline: tuple[Step, ...]
    heard_until: datetime | None


def worth_words(voucher: Voucher) -> str:
    """Return what a voucher says of its worth: 面值 1,200.00, 抵用券，无面值, or 签到券."""
    if voucher.worth == Worth.SIGN_IN:
        return "签到券"
    if voucher.worth == Worth.OFFSET:
        return "抵用券，无面值"
    if voucher.face_value_fen is None:
        return "面值待定，报名时按标准确定"
    return f"面值 {format_yuan(voucher.face_value_fen)}"


def tab_of(state: str) -> str:
    """Return the tab a voucher in this state lies under."""
    return next((tab for tab, states in TABS.items() if state in states), ENDED_TAB)


def list_wallet(session: Session, person_id: int, *, limit: int = 100) -> list[Card]:
    """Return a person's vouchers as cards, the newest first."""
    vouchers = session.scalars(
        select(Voucher).where(Voucher.holder_person_id == person_id).order_by(Voucher.id.desc()).limit(limit)
    ).all()
    return _cards(session, list(vouchers))


def show_card(session: Session, person_id: int, voucher_id: int) -> Card:
    """Return one of a person's vouchers. Raises Refused voucher_missing, also for somebody else's."""
    voucher = session.get(Voucher, voucher_id)
    if voucher is None or voucher.holder_person_id != person_id:
        raise VOUCHER_MISSING.refused()
    return _cards(session, [voucher])[0]


def _cards(session: Session, vouchers: list[Voucher]) -> list[Card]:
    ids = [each.id for each in vouchers]
    programmes = {
        each.id: each
        for each in session.scalars(
            select(Programme).where(Programme.id.in_(sorted({each.programme_id for each in vouchers})))
        )
    }
    trades = name_trades(session, [each.trade_code for each in programmes.values() if each.trade_code])
    codes = sorted({each.region_code for each in vouchers})
    regions: dict[str, str] = dict(
        session.execute(select(Region.code, Region.name).where(Region.code.in_(codes))).all()
    )
    held = set(session.scalars(select_held(Thing.VOUCHER).where(Hold.object_id.in_(ids))))
    steps, heard = _timelines(session, ids), _read_heard(session, vouchers)
    cards = [
        _card(each, programmes[each.programme_id], regions, trades, each.id in held, steps.get(each.id, ()))
        for each in vouchers
    ]
    return [
        replace(each, heard_until=heard.get(each.redeem_by)) if each.state == ENROLLED else each
        for each in cards
    ]


def _read_heard(session: Session, vouchers: Sequence[Voucher]) -> dict[date, datetime]:
    """Return, per last day of what sits in a class, until when a scan of that day may arrive."""
    days = {each.redeem_by for each in vouchers if each.state == ENROLLED}
    return {each: read_field_rules(session, each).heard_until(each) for each in sorted(days)}


def _card(
    voucher: Voucher,
    programme: Programme,
    regions: Mapping[str, str],
    trades: Mapping[str, str],
    held: bool,
    timeline: Sequence[Step],
) -> Card:
    code = programme.trade_code
    return Card(
        id=voucher.id,
        number=voucher.number,
        programme_id=programme.id,
        programme_name=programme.name,
        region_name=regions[voucher.region_code],
        worth=voucher.worth,
        worth_words=worth_words(voucher),
        channel_name=CHANNEL_NAMES[Channel(voucher.channel)],
        trade_name=trades.get(code, code) if code else None,
        level=programme.level,
        certificate_kind=programme.certificate_kind,
        state=voucher.state,
        state_name=STATE_NAMES[Thing.VOUCHER][voucher.state],
        tab=tab_of(voucher.state),
        held=held,
        redeem_by=voucher.redeem_by,
        certify_by=voucher.certify_by,
        issued_at=voucher.issued_at,
        replaces_voucher_id=voucher.replaces_voucher_id,
        timeline=tuple(timeline),
        heard_until=None,
    )


def _timelines(session: Session, voucher_ids: Sequence[int]) -> dict[int, list[Step]]:
    events = session.scalars(
        select(StateEvent)
        .where(StateEvent.thing == str(Thing.VOUCHER), StateEvent.object_id.in_(voucher_ids))
        .order_by(StateEvent.object_id, StateEvent.seq)
    )
    found: dict[int, list[Step]] = {}
    for each in events:
        found.setdefault(each.object_id, []).append(
            Step(
                at=each.at,
                event=each.event,
                event_name=EVENT_NAMES[Thing.VOUCHER][each.event],
                state=each.to_state,
                state_name=STATE_NAMES[Thing.VOUCHER][each.to_state],
                why=each.reason,
            )
        )
    return found
