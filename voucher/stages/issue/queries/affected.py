"""Whom a change of the standards affects: programmes of a fixed trade, their vouchers by how far they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.registry import catalogue
from voucher.registry.tables import read_modifiers, read_standards
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.levels import Level
from voucher.rules.programmes import Channel, Worth, price_at_most
from voucher.rules.subsidy import Case, Price
from voucher.rules.vocabulary import CertificateKind, Method, SubsidyKind
from voucher.stages.issue.models import Programme

STATES = ("draft", "published", "stopped", "closed")
UNLOCKED = ("issued", "accepted")
LOCKED = ("enrolled", "training", "trained", "assessed", "certified")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AffectedProgramme:
    """A programme whose standard is another from a day on; amounts in fen, None where nothing is payable.

    `fixed` vouchers keep the price of their issue, `unlocked` ones are priced when they enrol, `locked`
    ones by their certificate and never above what they locked. `short` says that an unlocked voucher would
    need more than was kept for it.
    """

    programme_id: int
    programme_number: str
    programme_name: str
    region_code: str
    kind: SubsidyKind
    before_fen: int | None
    after_fen: int | None
    fixed: int
    unlocked: int
    locked: int
    short: bool


def list_affected_programmes(session: Session, regions: Collection[str], on: date) -> list[AffectedProgramme]:
    """Return the programmes of these regions one voucher of which is worth another amount from a day on."""
    programmes = session.scalars(
        select(Programme)
        .where(
            Programme.region_code.in_(sorted(regions)),
            Programme.state.in_(STATES),
            Programme.trade_code.is_not(None),
            Programme.worth != str(Worth.SIGN_IN),
        )
        .order_by(Programme.id)
    ).all()
    counted = _count_states(session, [each.id for each in programmes])
    standards, modifiers = read_standards(session), read_modifiers(session)
    found: list[AffectedProgramme] = []
    for programme in programmes:
        states = counted.get(programme.id, {})
        if programme.state == "closed" and not any(states.get(each) for each in (*UNLOCKED, *LOCKED)):
            continue
        base = _case(session, programme, on)
        prices: dict[SubsidyKind, tuple[int | None, int | None]] = {}
        for kind in SubsidyKind:
            case = _on(base, kind, on - DAY), _on(base, kind, on)
            before, after = (_payable(price_at_most(each, standards, modifiers)) for each in case)
            prices[kind] = before, after
        needed_fen = sum(after or 0 for _, after in prices.values())
        found += [
            _row(programme, kind, before, after, states, needed_fen)
            for kind, (before, after) in prices.items()
            if before != after
        ]
    return found


def _row(
    programme: Programme,
    kind: SubsidyKind,
    before: int | None,
    after: int | None,
    states: dict[str, int],
    needed_fen: int,
) -> AffectedProgramme:
    fixed = programme.worth == Worth.FACE_VALUE and programme.channel == Channel.DIRECTED
    unlocked, locked = (sum(states.get(each, 0) for each in group) for group in (UNLOCKED, LOCKED))
    return AffectedProgramme(
        programme_id=programme.id,
        programme_number=programme.number,
        programme_name=programme.name,
        region_code=programme.region_code,
        kind=kind,
        before_fen=before,
        after_fen=after,
        fixed=unlocked + locked if fixed else 0,
        unlocked=0 if fixed else unlocked,
        locked=0 if fixed else locked,
        short=not fixed and needed_fen > programme.cap_fen,
    )


def _count_states(session: Session, programme_ids: Collection[int]) -> dict[int, dict[str, int]]:
    rows = session.execute(
        select(Voucher.programme_id, Voucher.state, func.count())
        .where(Voucher.programme_id.in_(sorted(programme_ids)), Voucher.state.in_((*UNLOCKED, *LOCKED)))
        .group_by(Voucher.programme_id, Voucher.state)
    )
    found: dict[int, dict[str, int]] = {}
    for programme_id, state, count in rows:
        found.setdefault(programme_id, {})[state] = count
    return found


def _case(session: Session, programme: Programme, on: date) -> Case:
    code = programme.trade_code or ""
    special = session.get(catalogue.SpecialItem, code) is not None
    return Case(
        kind=SubsidyKind.TRAINING,
        certificate_kind=CertificateKind(programme.certificate_kind),
        level=Level(programme.level) if programme.level else None,
        occupation_code=None if special else canonical_occupation(code, catalogue.read_aliases(session)),
        item_code=code if special else None,
        method=Method.EXAM,
        issued_on=on,
        region_codes=tuple(catalogue.list_ancestry(session, programme.region_code)),
        training_kind=programme.training_kind,
    )


def _on(case: Case, kind: SubsidyKind, on: date) -> Case:
    return replace(case, kind=kind, issued_on=on)


def _payable(price: Price) -> int | None:
    return price.amount_fen if price.refusal is None else None
