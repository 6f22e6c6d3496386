"""An ordinary scan foreseen: all it has to know is asked in one trip, its voucher and phone locked first.

Ordinary is a code S of the newest credential of its voucher, held to the counter of the class it is locked
to, by somebody whose device need not be asked about. Whatever else it is, also whatever is refused, is left
to the long way, which reads the same once more and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, select, true

from voucher.ledger.audit import select_newest_hash
from voucher.ledger.credentials.devices import Device
from voucher.ledger.credentials.genuine import Signed, check_signed
from voucher.ledger.credentials.issuing import IssuedCredential
from voucher.ledger.credentials.keys import KeyRow
from voucher.ledger.credentials.presented import judge_signed
from voucher.ledger.credentials.seen import SeenPresentation
from voucher.ledger.holds import Before, select_stopped_why
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.bulk import know, select_next_id
from voucher.plumbing.idempotency import IS_ASKED, KEPT, IdempotencyKey
from voucher.plumbing.trips import Answers, ask
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.wire import Row
from voucher.registry.institutions import Institution
from voucher.registry.people import Person
from voucher.registry.phones import SHOWING, find_showing
from voucher.registry.standards import read_told, select_told
from voucher.registry.subjects import SubjectKey
from voucher.registry.systems.tokens import STANDING
from voucher.rules.actor import check_role
from voucher.rules.code_format import Kind, Presentation, parse_presentation
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.rules.presenting import ShowingLimits
from voucher.stages.train.cards import CARDED, TRIES_MOST, midnight_of, open_card, select_wrong_tries
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment, Redemption
from voucher.stages.train.presenting import counter_of
from voucher.stages.train.reading import COUNTER, serves_class
from voucher.stages.train.scan_facts import Redeeming, ScanFacts, ScanSeen
from voucher.stages.train.standing import DELIVERING, House, Seat

_Columns = tuple[Any, ...]
_CREDENTIAL: _Columns = (
    IssuedCredential.id, IssuedCredential.voucher_id, IssuedCredential.device_id, IssuedCredential.digest,
    IssuedCredential.institution_id, IssuedCredential.not_before, IssuedCredential.expires_at,
    IssuedCredential.ended_at,
)  # fmt: skip
_DEVICE: _Columns = (
    Device.id, Device.public_key, Device.counter, Device.shown_at, Device.ended_at, Device.ended_why,
)  # fmt: skip
_KEY: _Columns = (
    KeyRow.id, KeyRow.purpose, KeyRow.made_at, KeyRow.signing_since, KeyRow.verify_only_since,
    KeyRow.removed_at,
)  # fmt: skip
_VOUCHER: _Columns = (
    Voucher.id, Voucher.state, Voucher.seq, Voucher.redeem_by, Voucher.region_code, Voucher.holder_person_id,
)  # fmt: skip
_ENROLMENT: _Columns = (Enrolment.id, Enrolment.voucher_id, Enrolment.person_id, Enrolment.class_id)
_CLASS: _Columns = (
    TrainingClass.id, TrainingClass.institution_id, TrainingClass.delivering_institution_id,
    TrainingClass.state, TrainingClass.starts_on, TrainingClass.ends_on,
)  # fmt: skip
_HOUSES: _Columns = tuple(
    column for each in (Institution, DELIVERING) for column in (each.name, each.state, each.licensed_until)
)
_Parts = tuple[tuple[type[Any], _Columns], ...]
# whose columns stand where in an answer, in this order: what is locked is read as it was locked, since nobody
# changes it afterwards, and what is not locked after that
_LOCKED: _Parts = ((Voucher, _VOUCHER), (Device, _DEVICE))
_READ: _Parts = (
    (IssuedCredential, _CREDENTIAL),
    (KeyRow, _KEY),
    (Enrolment, _ENROLMENT),
    (TrainingClass, _CLASS),
)


def _name(parts: _Parts) -> tuple[tuple[type[Any], tuple[str, ...]], ...]:
    return tuple((model, tuple(each.key for each in columns)) for model, columns in parts)


_LOCKED_NAMES, _NAMES = _name(_LOCKED), _name(_READ)
# the newest credential of the voucher's name; which it was signed over, its signature says
_LOCK = (
    select(*(column for _, columns in _LOCKED for column in columns))
    .join(IssuedCredential, IssuedCredential.voucher_id == Voucher.id)
    .join(Device, Device.id == IssuedCredential.device_id)
    .where(IssuedCredential.vid == bindparam("vid"))
    .order_by(IssuedCredential.revision.desc())
    .limit(1)
    .with_for_update(of=(Voucher, Device))
)


@lru_cache(maxsize=64)
def _read_limits(told: str | None) -> tuple[ShowingLimits | None, str | None]:
    """Return how codes are judged and how many tries there are; one text always says the same."""
    values = read_told(told)
    return find_showing(values), values.get(TRIES_MOST)


@dataclass(frozen=True, slots=True)
class AskedAhead:
    """What was asked of a scan before anything was answered."""

    asked: Redeeming
    shown: Presentation
    locked: Answers
    facts: Answers

    @property
    def is_proven(self) -> bool:
        """Return whether the lock was given, and whoever asked for it stood even then."""
        rows = self.facts() if self.locked() else []
        return bool(rows and rows[0][_STANDS])

    def find_kept(self) -> list[Row] | None:
        """Return what is kept under the key of the request; None where there was no row to ask it beside."""
        rows = self.facts()
        if not rows:
            return None
        kept = rows[0][: len(KEPT)]
        return [kept] if kept[0] is not None else []


# where in the row of facts it says whether the bearer stands
_STANDS = -1


@cache
def _select_ahead(dialect: str, *, is_remembered: bool) -> Select[Any]:
    stands: ColumnElement[bool] = STANDING if is_remembered else true()
    voucher_id = IssuedCredential.voucher_id
    return (
        select(
            *KEPT,
            *(column for _, columns in _READ for column in columns),
            *_HOUSES,
            *CARDED,
            Redemption.id,
            select_stopped_why(voucher_id).scalar_subquery(),
            select_wrong_tries(voucher_id).scalar_subquery(),
            select_told((*SHOWING, TRIES_MOST), dialect),
            select_next_id(SeenPresentation, dialect),
            select_next_id(Redemption, dialect),
            select_newest_hash(voucher_id).scalar_subquery(),
            stands,
        )
        .select_from(IssuedCredential)
        .join(KeyRow, KeyRow.kid == IssuedCredential.kid)
        .join(Enrolment, and_(Enrolment.voucher_id == voucher_id, Enrolment.ended_at.is_(None)))
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Institution, Institution.id == TrainingClass.institution_id)
        .join(DELIVERING, DELIVERING.id == TrainingClass.delivering_institution_id)
        # who is enrolled is the holder of the voucher, by foreign key
        .join(Person, Person.id == Enrolment.person_id)
        .join(SubjectKey, SubjectKey.blind_index == Person.blind_index)
        .outerjoin(
            Redemption,
            and_(Redemption.device == bindparam("scanner"), Redemption.nonce == bindparam("nonce")),
        )
        # what is read here sees what the lock waited for: also the answer of whoever had the same key
        .outerjoin(IdempotencyKey, IS_ASKED)
        .where(IssuedCredential.vid == bindparam("vid"))
        .order_by(IssuedCredential.revision.desc())
        .limit(1)
    )


def ask_ahead(
    work: Work, asked: Redeeming, key: str = "", standing: Mapping[str, Any] | None = None
) -> AskedAhead | None:
    """Lock voucher and phone of a code S and ask everything an ordinary scan has to know, hearing nothing.

    The key of the request is asked along. A bearer of whom what is `standing` is so no more once the lock was
    given is not proven, and the act lets go of it. None where it is not an ordinary scan, or where this act
    has read something already.
    """
    if asked.scanner is not None or work.session.identity_map.keys():
        return None
    try:
        shown = parse_presentation(asked.digits)
    except Refused:
        return None
    if shown.kind is not Kind.S:
        return None
    connection = work.session.connection()
    named = {"vid": shown.vid.hex()}
    more = {
        "scanner": asked.device,
        "nonce": asked.nonce,
        "thing": str(Thing.VOUCHER),
        "midnight": midnight_of(work),
        "on": work.today,
        "whose": work.actor.user_id,
        "which": key,
    }
    # in this order: what is read, whether the bearer stands with it, sees whatever was committed before the
    # lock was given
    stood = dict(standing or {})
    locked = ask(connection, _LOCK, named)
    facts = _select_ahead(connection.dialect.name, is_remembered=bool(stood))
    return AskedAhead(asked, shown, locked, ask(connection, facts, named | more | stood))


def _know_parts(
    parts: tuple[tuple[type[Any], tuple[str, ...]], ...], row: Row, place: int
) -> tuple[list[Any], int]:
    """Return whose columns stand in a row from a place on, and the place after them."""
    known = []
    for model, names in parts:
        known.append(know(model, dict(zip(names, row[place : place + len(names)], strict=True))))
        place += len(names)
    return known, place


def foresee(work: Work, asked: AskedAhead, class_id: int) -> ScanSeen | None:
    """Return what was asked ahead, where it is an ordinary scan in this class; None for the long way."""
    if not asked.is_proven:
        # nothing was found, or it was let go of while the bearer was judged anew
        return None
    row = asked.facts()[0]
    (voucher, device), _ = _know_parts(_LOCKED_NAMES, asked.locked()[0], 0)
    (credential, key, enrolment, found), place = _know_parts(_NAMES, row, len(KEPT))
    houses, place = row[place : place + len(_HOUSES)], place + len(_HOUSES)
    card, place = row[place : place + len(CARDED)], place + len(CARDED)
    done_id, why, wrong, told, next_seen, next_redemption, newest = row[place:_STANDS]
    limits, most = _read_limits(told)
    is_ordinary = (
        (credential.voucher_id, credential.device_id) == (voucher.id, device.id)
        and found.id == class_id
        and done_id is None
    )
    if not is_ordinary or limits is None or most is None:
        return None
    try:
        check_role(work.actor, *COUNTER)
        if not serves_class(work.actor, found, *COUNTER):
            return None
        counter = counter_of(work, found, "redeem", limits)
        check_signed(work.keyring, asked.shown, device.public_key, credential.digest, work.at)
        signed = Signed(asked.shown, credential, device, None, key)
        # whether the code was used is not asked: where it was, the counter of its phone, which is locked, has
        # come as far
        shown = judge_signed(work.session, signed, work.at, counter)
    except Refused:
        return None
    facts = ScanFacts(
        done=None,
        seen=None,
        seat=Seat(enrolment, found, (House(*houses[:3]), House(*houses[3:]))),
        stopped_why=why,
        holder=open_card(work.keyring, card),
        wrong_tries=wrong,
        tries_most=int(most) if most else None,
        seen_id=next_seen,
        redemption_id=next_redemption,
        before=Before(newest, why),
        superseded=credential.ended_at is not None,
    )
    return ScanSeen(found, counter, shown, voucher, facts)
