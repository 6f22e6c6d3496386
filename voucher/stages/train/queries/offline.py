"""What a counter takes with it against a lost network, and what became of its scans without one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from voucher.ledger.credentials.beacons import day_key
from voucher.ledger.credentials.devices import Device
from voucher.ledger.credentials.issuing import IssuedCredential
from voucher.ledger.credentials.keys import KeyRow, Purpose
from voucher.ledger.credentials.status import StatusPlace
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing.public import Alg, TrustedKey
from voucher.registry.institutions import Institution
from voucher.registry.people import read_people
from voucher.registry.phones import FieldRules, read_field_rules
from voucher.rules.actor import Actor
from voucher.rules.keys import may_be_believed
from voucher.rules.privacy import mask_name
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.offline import CONFLICT, OfflineScan
from voucher.stages.train.models.places import Enrolment, Redemption
from voucher.stages.train.queries.roster import ERASED_NAME
from voucher.stages.train.reading import CLASS_MISSING, COUNTER, load_class, serves_class
from voucher.stages.train.standing import check_goes_on


@dataclass(frozen=True, slots=True)
class PackRow:
    """One place of a class as a counter needs it; `vid` is None for who has no phone.

    `status` is 0 valid, 1 ended, 2 frozen, of the credential at (`status_list`, `status_place`);
    `last_counter` is the last number its phone was seen with.
    """

    voucher_id: int
    voucher_number: str
    masked_name: str
    redeemed_at: datetime | None
    vid: str | None
    status_list: int | None
    status_place: int | None
    status: int | None
    last_counter: int | None


@dataclass(frozen=True, slots=True)
class Issuer:
    """A key that signs credentials, and since when."""

    key: TrustedKey
    signing_since: datetime


@dataclass(frozen=True, slots=True)
class Pack:
    """What a counter of a class needs for a day without a network."""

    found: TrainingClass
    institution_name: str
    made_at: datetime
    expires_at: datetime
    issuers: tuple[Issuer, ...]
    beacon_keys: dict[date, bytes]
    rows: tuple[PackRow, ...]
    rules: FieldRules


def get_packed_class(session: Session, actor: Actor, class_id: int) -> TrainingClass:
    """Return a class at whose counter the actor works.

    Raises Refused class_missing, institution_suspended.
    """
    found = load_class(session, class_id)
    if not serves_class(actor, found, *COUNTER):
        raise CLASS_MISSING.refused()
    check_goes_on(session, found)
    return found


def pack_class(session: Session, keyring: Keyring, found: TrainingClass, at: datetime) -> Pack:
    """Return the pack of a class; it is good for some hours and never beyond the last day of the class.

    Raises Refused parameter_missing.
    """
    rules = read_field_rules(session, at.astimezone(SHANGHAI).date())
    over = datetime.combine(found.ends_on + timedelta(days=1), time(), SHANGHAI).astimezone(UTC)
    expires_at = max(at, min(at + rules.pack_lasts, over))
    first = (at - rules.window).date()
    days = [first + timedelta(days=each) for each in range((expires_at.date() - first).days + 1)]
    return Pack(
        found=found,
        institution_name=session.get_one(Institution, found.institution_id).name,
        made_at=at,
        expires_at=expires_at,
        issuers=tuple(_list_issuers(session)),
        beacon_keys={day: day_key(keyring, day) for day in days},
        rows=tuple(_list_rows(session, keyring, found.id)),
        rules=rules,
    )


def _list_issuers(session: Session) -> list[Issuer]:
    """Return the issuer keys a browser can check; another algorithm's codes need the network."""
    rows = session.scalars(select(KeyRow).where(KeyRow.purpose == Purpose.ISSUER).order_by(KeyRow.id))
    return [
        Issuer(each.public, each.signing_since)
        for each in rows
        if each.alg == Alg.ES256
        and each.signing_since is not None
        and may_be_believed(each.stands, offline=True)
    ]


def _list_rows(session: Session, keyring: Keyring, class_id: int) -> list[PackRow]:
    live = IssuedCredential
    rows = session.execute(
        select(Voucher, Redemption.redeemed_at, live, StatusPlace.value, Device.counter)
        .join(Enrolment, Enrolment.voucher_id == Voucher.id)
        .outerjoin(Redemption, and_(Redemption.voucher_id == Voucher.id, Redemption.reversed_at.is_(None)))
        .outerjoin(live, and_(live.voucher_id == Voucher.id, live.ended_at.is_(None)))
        .outerjoin(StatusPlace, and_(StatusPlace.sl == live.status_list, StatusPlace.si == live.status_place))
        .outerjoin(Device, Device.id == live.device_id)
        .where(Enrolment.class_id == class_id, Enrolment.ended_at.is_(None))
        .order_by(Voucher.id)
    ).all()
    named = read_people(session, keyring, [voucher.holder_person_id for voucher, *_ in rows])
    return [
        PackRow(
            voucher_id=voucher.id,
            voucher_number=voucher.number,
            masked_name=mask_name(who.name) if (who := named.get(voucher.holder_person_id)) else ERASED_NAME,
            redeemed_at=redeemed_at,
            vid=held.vid if held is not None else None,
            status_list=held.status_list if held is not None else None,
            status_place=held.status_place if held is not None else None,
            status=status,
            last_counter=counter,
        )
        for voucher, redeemed_at, held, status, counter in rows
    ]


def list_offline_scans(
    session: Session, class_id: int, *, before_id: int | None = None, limit: int = 50
) -> list[OfflineScan]:
    """Return the newest scans a class's counters made without a network."""
    query = select(OfflineScan).where(OfflineScan.class_id == class_id)
    if before_id is not None:
        query = query.where(OfflineScan.id < before_id)
    return list(session.scalars(query.order_by(OfflineScan.id.desc()).limit(limit)))


def list_offline_cases(
    session: Session, regions: Collection[str], *, before_id: int | None = None, limit: int = 50
) -> list[OfflineScan]:
    """Return the newest conflicts of these regions that nobody has concluded."""
    query = select(OfflineScan).join(TrainingClass, TrainingClass.id == OfflineScan.class_id)
    query = query.where(_open_within(regions))
    if before_id is not None:
        query = query.where(OfflineScan.id < before_id)
    return list(session.scalars(query.order_by(OfflineScan.id.desc()).limit(limit)))


def count_offline_cases(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many conflicts of these regions nobody has concluded, and since when the oldest waits."""
    count, oldest = session.execute(
        select(func.count(), func.min(OfflineScan.received_at))
        .join(TrainingClass, TrainingClass.id == OfflineScan.class_id)
        .where(_open_within(regions))
    ).one()
    return count, oldest


def _open_within(regions: Collection[str]) -> ColumnElement[bool]:
    return and_(
        OfflineScan.outcome == CONFLICT,
        OfflineScan.closed_at.is_(None),
        TrainingClass.region_code.in_(sorted(regions)),
    )


def name_scanned(
    session: Session, keyring: Keyring, scans: Sequence[OfflineScan]
) -> dict[int, tuple[str, str]]:
    """Return voucher number and masked holder by scan, of those that are somebody's."""
    ids = {each.voucher_id for each in scans if each.voucher_id is not None}
    vouchers = {each.id: each for each in session.scalars(select(Voucher).where(Voucher.id.in_(ids)))}
    named = read_people(session, keyring, [each.holder_person_id for each in vouchers.values()])
    found: dict[int, tuple[str, str]] = {}
    for each in scans:
        if each.voucher_id is not None:
            voucher = vouchers[each.voucher_id]
            who = named.get(voucher.holder_person_id)
            found[each.id] = (voucher.number, mask_name(who.name) if who else ERASED_NAME)
    return found
