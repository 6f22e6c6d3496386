"""Certificates as their holders, their evaluators and the public read them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import card_numbers, catalogue, people
from voucher.registry.institutions import EvaluatorFiling, Institution
from voucher.rules.card_numbers import find_identity, mask_number
from voucher.rules.errors import Refusal
from voucher.rules.levels import Level, name_level
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.privacy import mask_name
from voucher.rules.spelling import fold_spelling
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, CertificateKind
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.proofs import find_newest_verifications, read_refusal
from voucher.stages.certify.queries.register import CERTIFICATE_NUMBER_UNKNOWN, find_proven

NO_LEVEL = "无等级"


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate with its codes in words, the holder masked, and what the register said last.

    `verified` is None where nobody has asked yet; `voucher_id` is the voucher it turned into money.
    """

    certificate_id: int
    person_id: int
    masked_name: str
    number: str
    kind: str
    kind_name: str
    trade_code: str
    trade_name: str
    level: int
    level_name: str
    issued_on: date
    institution_id: int
    institution_name: str
    state: str
    state_name: str
    verified: bool | None
    refusals: tuple[Refusal, ...]
    voucher_id: int | None


def list_archive(session: Session, keyring: Keyring, person_id: int) -> list[CertificateView]:
    """Return every certificate of a person, the newest first (技能档案)."""
    rows = session.scalars(
        select(Certificate)
        .where(Certificate.person_id == person_id)
        .order_by(Certificate.issued_on.desc(), Certificate.id.desc())
    )
    return view_certificates(session, keyring, list(rows))


def list_certificates(
    session: Session,
    regions: Collection[str],
    institution_ids: Collection[int] = (),
    *,
    person_id: int | None = None,
    state: str | None = None,
    number: str | None = None,
    among_ids: Select[int] | None = None,
    before_id: int | None = None,
    limit: int = 20,
) -> list[Certificate]:
    """Return the newest certificates of these institutions, this person, or issued in these regions.

    `number` is a number as it is kept, `among_ids` selects those that are meant.
    """
    query = _within(regions, institution_ids, person_id)
    if state is not None:
        query = query.where(Certificate.state == state)
    if number is not None:
        query = query.where(Certificate.number == number)
    if among_ids is not None:
        query = query.where(Certificate.id.in_(among_ids))
    if before_id is not None:
        query = query.where(Certificate.id < before_id)
    return list(session.scalars(query.order_by(Certificate.id.desc()).limit(limit)))


def get_certificate(
    session: Session,
    number: str,
    regions: Collection[str],
    institution_ids: Collection[int] = (),
    person_id: int | None = None,
) -> Certificate:
    """Return a certificate by its number; a foreign one is missing, and so is a number that names a person.

    Raises Refused certificate_number_unknown.
    """
    folded = fold_spelling(number).upper()
    found = session.scalars(
        _within(regions, institution_ids, person_id)
        .where(Certificate.number == folded)
        .order_by(Certificate.issued_on.desc())
    ).first()
    if found is None or find_identity(folded) is not None:
        raise CERTIFICATE_NUMBER_UNKNOWN.refused()
    return found


def _within(
    regions: Collection[str], institution_ids: Collection[int], person_id: int | None
) -> Select[Certificate]:
    filed = select(EvaluatorFiling.id).where(EvaluatorFiling.region_code.in_(sorted(regions)))
    seated = select(Institution.id).where(Institution.region_code.in_(sorted(regions)))
    unfiled = Certificate.filing_id.is_(None) & Certificate.institution_id.in_(seated)
    own = Certificate.institution_id.in_(sorted(institution_ids))
    reached = Certificate.filing_id.in_(filed) | unfiled | own
    if person_id is not None:
        reached |= Certificate.person_id == person_id
    return select(Certificate).where(reached)


def select_within(regions: Collection[str]) -> Select[int]:
    """Return the query for the ids of the certificates issued in these regions."""
    return _within(regions, (), None).with_only_columns(Certificate.id)


def select_narrowed(trade_code: str | None, level: int | None) -> list[ColumnElement[bool]]:
    """Return what a certificate has to be of where an occupation or a level is named."""
    found: list[ColumnElement[bool]] = []
    if trade_code is not None:
        found.append(Certificate.trade_code == trade_code)
    if level is not None:
        found.append(Certificate.level == level)
    return found


def find_reached_ids(
    session: Session,
    keyring: Keyring,
    numbers: Collection[str],
    regions: Collection[str],
    institution_ids: Collection[int],
) -> list[int]:
    """Return the certificates among these numbers that are in these regions or of these institutions."""
    wanted = sorted({card_numbers.look_up_as(keyring, each) for each in numbers})
    query = _within(regions, institution_ids, None).where(Certificate.number.in_(wanted))
    return list(session.scalars(query.with_only_columns(Certificate.id)))


def view_certificates(
    session: Session, keyring: Keyring, certificates: Sequence[Certificate]
) -> list[CertificateView]:
    """Return certificates in words, in the order given."""
    ids = [each.id for each in certificates]
    named = people.read_people(session, keyring, [each.person_id for each in certificates])
    trades = catalogue.name_trades(session, [each.trade_code for each in certificates])
    institutions = name_institutions(session, {each.institution_id for each in certificates})
    whole = card_numbers.open_numbers(
        session, keyring, [(each.person_id, each.number) for each in certificates]
    )
    newest, proven = find_newest_verifications(session, ids), find_proven(session, ids)
    return [
        CertificateView(
            certificate_id=each.id,
            person_id=each.person_id,
            masked_name=mask_name(named[each.person_id].name) if each.person_id in named else "（已注销）",
            number=mask_number(whole[each.person_id, each.number]),
            kind=each.kind,
            kind_name=CERTIFICATE_KIND_NAMES[CertificateKind(each.kind)],
            trade_code=each.trade_code,
            trade_name=trades.get(each.trade_code, each.trade_code),
            level=each.level,
            level_name=name_ordinal(each.level),
            issued_on=each.issued_on,
            institution_id=each.institution_id,
            institution_name=institutions[each.institution_id],
            state=each.state,
            state_name=STATE_NAMES[Thing.CERTIFICATE][each.state],
            verified=bool(newest[each.id].verified) if each.id in newest else None,
            refusals=tuple(read_refusal(told) for told in newest[each.id].codes) if each.id in newest else (),
            voucher_id=proven.get(each.id),
        )
        for each in certificates
    ]


def name_ordinal(ordinal: int) -> str:
    """Return the name of a stored level; 0 stands for none."""
    return name_level(Level(ordinal)) if ordinal else NO_LEVEL


def name_institutions(session: Session, institution_ids: Collection[int]) -> dict[int, str]:
    """Return the names of institutions by id."""
    rows = session.execute(
        select(Institution.id, Institution.name).where(Institution.id.in_(sorted(institution_ids)))
    )
    return dict(rows.all())
