"""What a scan has to know once the voucher is locked, read in one statement: each trip costs a queue time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Select, and_, bindparam, select

from voucher.ledger.audit import NEWEST_HASH
from voucher.ledger.credentials.issuing import IssuedCredential
from voucher.ledger.credentials.presented import Counter, Presented
from voucher.ledger.credentials.seen import SeenPresentation
from voucher.ledger.holds import STOPPED_WHY, Before
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.bulk import select_next_id
from voucher.plumbing.db import Model
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.registry.people import NAMED, Named, Person, open_named
from voucher.registry.standards import IN_FORCE_AT, PARAMETER_MISSING
from voucher.registry.subjects import SubjectKey
from voucher.rules.lifecycle import Thing
from voucher.stages.train.cards import TRIES_MOST, WRONG_TRIES, Card, midnight_of
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment, Redemption
from voucher.stages.train.standing import DELIVERING, SEATED, Seat, seat_of

_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True, slots=True)
class ScanFacts:
    """What is true of a locked voucher and a code; ids are those of the rows this scan would write.

    `done` is the redemption this device and nonce already made, `seen` the use of this very code,
    `superseded` that the credential it was signed over has ended.
    """

    done: Redemption | None
    seen: SeenPresentation | None
    seat: Seat | None
    stopped_why: str | None
    holder: Named | Card | None
    wrong_tries: int
    tries_most: int | None
    seen_id: int
    redemption_id: int
    before: Before
    superseded: bool


@dataclass(frozen=True, slots=True)
class ScanSeen:
    """A code at the counter of a class, its voucher locked, and everything it is judged by."""

    training_class: TrainingClass
    counter: Counter
    shown: Presented
    voucher: Voucher
    facts: ScanFacts


@dataclass(frozen=True, slots=True)
class Redeeming:
    """One scan: the digits, for which class, the last four of the card; device and nonce name it for ever.

    `scanner` is the secret of the device in use, as `come_to_counter` asks for it.
    """

    digits: str
    class_id: int
    last4: str
    device: str
    nonce: str
    scanner: str | None = None


# how many columns are read of the seat, and before those of the holder
OF_SEAT = len(SEATED)
LOOKED_UP = OF_SEAT + 9
_CREDENTIAL_ENDED = select(IssuedCredential.ended_at).where(IssuedCredential.id == bindparam("credential_id"))


@cache
def _select_facts(dialect: str) -> Select[Any]:
    return (
        select(
            *SEATED,
            Redemption.id,
            SeenPresentation.id,
            STOPPED_WHY.scalar_subquery(),
            WRONG_TRIES.scalar_subquery(),
            IN_FORCE_AT.scalar_subquery(),
            select_next_id(SeenPresentation, dialect),
            select_next_id(Redemption, dialect),
            NEWEST_HASH.scalar_subquery(),
            _CREDENTIAL_ENDED.scalar_subquery(),
            *NAMED,
        )
        .select_from(Voucher)
        .outerjoin(
            Redemption,
            and_(Redemption.device == bindparam("scanner"), Redemption.nonce == bindparam("nonce")),
        )
        .outerjoin(
            SeenPresentation,
            and_(
                SeenPresentation.device_id == bindparam("phone_id"),
                SeenPresentation.counter == bindparam("counter"),
            ),
        )
        .outerjoin(Enrolment, and_(Enrolment.voucher_id == Voucher.id, Enrolment.ended_at.is_(None)))
        .outerjoin(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .outerjoin(Institution, Institution.id == TrainingClass.institution_id)
        .outerjoin(DELIVERING, DELIVERING.id == TrainingClass.delivering_institution_id)
        .outerjoin(Person, Person.id == Voucher.holder_person_id)
        .outerjoin(SubjectKey, SubjectKey.blind_index == Person.blind_index)
        .where(Voucher.id == bindparam("voucher_id"))
        .execution_options(populate_existing=True)
    )


def read_scan_facts(work: Work, scanner: str, nonce: str, shown: Presented, voucher: Voucher) -> ScanFacts:
    """Return what is true now of a voucher locked by this act. Raises Refused parameter_missing."""
    signed = shown.signed
    row = work.session.execute(
        _select_facts(work.session.connection().dialect.name),
        {
            "voucher_id": voucher.id,
            "scanner": scanner,
            "nonce": nonce,
            "phone_id": signed.device.id if signed is not None else None,
            "credential_id": signed.credential.id if signed is not None else None,
            "counter": signed.presentation.counter if signed is not None else None,
            "thing": str(Thing.VOUCHER),
            "object_id": voucher.id,
            "midnight": midnight_of(work),
            "name": TRIES_MOST,
            "on": work.today,
            "code": voucher.region_code,
        },
    ).one()
    done_id, used_id, why, wrong, most, seen_id, redemption_id, newest, ended_at = row[OF_SEAT:LOOKED_UP]
    if most is None:
        raise PARAMETER_MISSING.refused(name=TRIES_MOST, on=work.today.isoformat())
    return ScanFacts(
        # hardly ever there: read whole only then
        done=_find(work, Redemption, done_id),
        seen=_find(work, SeenPresentation, used_id),
        seat=seat_of(row[:OF_SEAT]),
        stopped_why=why,
        holder=open_named(work.keyring, row[LOOKED_UP:]),
        wrong_tries=wrong,
        tries_most=int(most) if most else None,
        seen_id=seen_id,
        redemption_id=redemption_id,
        before=Before(newest, why),
        superseded=ended_at is not None,
    )


def _find(work: Work, model: type[_Row], row_id: int | None) -> _Row | None:
    return work.session.get_one(model, row_id, populate_existing=True) if row_id is not None else None
