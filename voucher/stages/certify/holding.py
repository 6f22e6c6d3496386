"""Certificates locked for a look-up, and what they are held against: each thing read once for all of them.

Plain columns, no objects of the session: a file of certificates is verified in one act, and measured, making
objects of what is read once cost as much as reading and comparing it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from voucher.ledger.states import Snapshot
from voucher.plumbing.bulk import among
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people
from voucher.registry.institutions import Institution
from voucher.stages.certify.models import Certificate, Verification
from voucher.stages.certify.models_look_ups import RegisterLookUp
from voucher.stages.certify.queries.cards import Entries, find_entries
from voucher.stages.certify.queries.register_words import find_newest_words

# what a look-up found: the refusals as they are kept, the trade that was compared, whether all matched
Found = tuple[list[dict[str, object]], str, bool]


@dataclass(slots=True)
class Locked(Snapshot):
    """A certificate as it stands under its lock, with the code of who issued it."""

    number: str
    person_id: int
    name_index: str
    trade_code: str
    level: int
    issued_on: date
    institution_id: int
    evaluator_code: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Certificates in order of their ids, and everything they are compared with."""

    certificates: Sequence[Locked]
    before: Mapping[int, Found]
    entries: Entries
    names: Mapping[int, frozenset[str]]
    numbers: Mapping[int, frozenset[str]]
    words: Mapping[int, RegisterLookUp]
    aliases: dict[str, str]


def hold(work: Work, certificate_ids: Collection[int]) -> Held:
    """Lock certificates in order, then read what they are held against."""
    session = work.session
    certificates = _lock(session, certificate_ids)
    ids, person_ids = [each.id for each in certificates], [each.person_id for each in certificates]
    return Held(
        certificates,
        _read_before(session, ids),
        find_entries(session, [each.number for each in certificates], work.today),
        people.accepted_name_indexes(session, person_ids),
        people.accepted_indexes(session, person_ids),
        find_newest_words(session, ids),
        catalogue.read_aliases(session),
    )


def read_again(session: Session, certificate_ids: Collection[int]) -> None:
    """Bring certificates that the session holds as objects up to what stands in the database."""
    key_of = inspect(Certificate).identity_key_from_primary_key
    loaded = [each for each in certificate_ids if key_of((each,)) in session.identity_map]
    if loaded:
        again = select(Certificate).where(among(session, Certificate.id, loaded))
        session.scalars(again.execution_options(populate_existing=True)).all()


def _lock(session: Session, certificate_ids: Collection[int]) -> list[Locked]:
    """Lock certificates in order of their ids.

    By their ids alone: of a table nobody has looked through yet PostgreSQL takes every other condition for a
    better one, and reads it whole for each piece.
    """
    rows: Iterable[Sequence[Any]] = session.execute(
        select(
            Certificate.id, Certificate.state, Certificate.seq, Certificate.number, Certificate.person_id,
            Certificate.name_index, Certificate.trade_code, Certificate.level, Certificate.issued_on,
            Certificate.institution_id,
        )
        .where(among(session, Certificate.id, certificate_ids))
        .order_by(Certificate.id)
        .with_for_update()
    )  # fmt: skip
    locked = [Locked(*row) for row in rows]
    issuers = {each.institution_id for each in locked}
    codes = select(Institution.id, Institution.code).where(among(session, Institution.id, issuers))
    code_of: dict[int, str] = dict(session.execute(codes).all())
    for each in locked:
        each.evaluator_code = code_of[each.institution_id]
    return locked


def _read_before(session: Session, certificate_ids: Sequence[int]) -> dict[int, Found]:
    """Return what the newest look-up of each certificate found."""
    newest = (
        select(func.max(Verification.id))
        .where(among(session, Verification.certificate_id, certificate_ids))
        .group_by(Verification.certificate_id)
    )
    rows = session.execute(
        select(
            Verification.certificate_id, Verification.codes, Verification.trade_code, Verification.verified
        ).where(Verification.id.in_(newest))
    )
    return {each: (list(codes), trade_code, bool(verified)) for each, codes, trade_code, verified in rows}
