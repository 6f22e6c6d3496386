"""The people of a class: masked, with state, hours and result; the scans; the counters of the scan page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import select_held
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry.people import Named, read_people
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.privacy import mask_identity_end, mask_name
from voucher.stages.train.models.places import Completion, Enrolment, Redemption, Scan
from voucher.stages.train.queries.facts import completions_of, hours_of
from voucher.stages.train.reading import SEATED
from voucher.stages.train.standing import USED

ERASED_NAME = "（已注销）"


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One place of a class; `is_over` where the voucher ended otherwise and only the row is left.

    The number stops before its end: who reads a roster also types people present, by the end of their card.
    """

    voucher_id: int
    voucher_number: str
    masked_name: str
    masked_number: str
    state: str
    state_name: str
    is_over: bool
    on_hold: bool
    enrolled_at: datetime
    redemption_id: int | None
    redeemed_at: datetime | None
    reversal_asked_at: datetime | None
    hours_attended: int
    exam_hundredths: int | None
    passed: bool | None
    why: str | None


def roster(
    session: Session,
    keyring: Keyring,
    class_id: int,
    *,
    state: str | None = None,
    after_id: int = 0,
    limit: int | None = None,
) -> list[RosterRow]:
    """Return the open places of a class in the order of enrolment, after an enrolment's voucher id."""
    query = (
        select(Enrolment, Voucher, Redemption)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .outerjoin(
            Redemption, (Redemption.voucher_id == Enrolment.voucher_id) & Redemption.reversed_at.is_(None)
        )
        .where(Enrolment.class_id == class_id, Enrolment.ended_at.is_(None), Voucher.id > after_id)
        .order_by(Voucher.id)
    )
    if state is not None:
        query = query.where(Voucher.state == state)
    if limit is not None:
        query = query.limit(limit)
    rows = [(place, voucher, redemption) for place, voucher, redemption in session.execute(query)]
    ids = [voucher.id for _, voucher, _ in rows]
    named = read_people(session, keyring, [voucher.holder_person_id for _, voucher, _ in rows])
    hours = hours_of(session, ids)
    completions = completions_of(session, ids)
    held = set(session.scalars(select_held(Thing.VOUCHER)))
    return [
        _row(
            place,
            voucher,
            redemption,
            named.get(voucher.holder_person_id),
            hours.get(voucher.id, 0),
            completions.get(voucher.id),
            voucher.id in held,
        )
        for place, voucher, redemption in rows
    ]


def _row(
    place: Enrolment,
    voucher: Voucher,
    redemption: Redemption | None,
    who: Named | None,
    hours: int,
    completion: Completion | None,
    on_hold: bool,
) -> RosterRow:
    return RosterRow(
        voucher_id=voucher.id,
        voucher_number=voucher.number,
        masked_name=mask_name(who.name) if who else ERASED_NAME,
        masked_number=mask_identity_end(who.number) if who and who.number else "",
        state=voucher.state,
        state_name=STATE_NAMES[Thing.VOUCHER][voucher.state],
        is_over=voucher.state not in (*SEATED, *USED, "completed"),
        on_hold=on_hold,
        enrolled_at=place.enrolled_at,
        redemption_id=redemption.id if redemption else None,
        redeemed_at=redemption.redeemed_at if redemption else None,
        reversal_asked_at=redemption.reversal_asked_at if redemption else None,
        hours_attended=hours,
        exam_hundredths=completion.exam_hundredths if completion else None,
        passed=completion.passed if completion else None,
        why=completion.why if completion else None,
    )


def list_scans(
    session: Session, class_id: int, *, before_id: int | None = None, limit: int = 20
) -> list[Scan]:
    """Return the newest scans for a class, the refused ones too."""
    query = select(Scan).where(Scan.class_id == class_id)
    if before_id is not None:
        query = query.where(Scan.id < before_id)
    return list(session.scalars(query.order_by(Scan.id.desc()).limit(limit)))


def name_vouchers(
    session: Session, keyring: Keyring, voucher_ids: Collection[int]
) -> dict[int, tuple[str, str]]:
    """Return number and masked holder of vouchers."""
    rows = session.scalars(select(Voucher).where(Voucher.id.in_(sorted(voucher_ids)))).all()
    named = read_people(session, keyring, [each.holder_person_id for each in rows])
    return {
        each.id: (
            each.number,
            mask_name(who.name) if (who := named.get(each.holder_person_id)) else ERASED_NAME,
        )
        for each in rows
    }


def name_accepted(session: Session, keyring: Keyring, scans: Sequence[Scan]) -> dict[int, str]:
    """Return the masked holder by scan id; of a refused scan nobody learns whose voucher it was."""
    accepted = {each.id: each.voucher_id for each in scans if each.code is None and each.voucher_id}
    holders = dict(
        session.execute(
            select(Voucher.id, Voucher.holder_person_id).where(Voucher.id.in_(set(accepted.values())))
        ).all()
    )
    named = read_people(session, keyring, list(holders.values()))
    found = {scan_id: named.get(holders[voucher_id]) for scan_id, voucher_id in accepted.items()}
    return {scan_id: mask_name(who.name) if who else ERASED_NAME for scan_id, who in found.items()}


def counters(session: Session, class_id: int) -> dict[str, int]:
    """Return the counters of a class: seated, redeemed, expected (redeemed and still to be), finished."""
    rows = session.execute(
        select(Voucher.state, func.count())
        .join(Enrolment, Enrolment.voucher_id == Voucher.id)
        .where(Enrolment.class_id == class_id, Enrolment.ended_at.is_(None))
        .group_by(Voucher.state)
    )
    states: dict[str, int] = dict(rows.all())
    completed = dict(
        session.execute(
            select(Completion.passed, func.count())
            .where(Completion.class_id == class_id)
            .group_by(Completion.passed)
        ).all()
    )
    redeemed = sum(count for state, count in states.items() if state in USED or state == "completed")
    enrolled = states.get("enrolled", 0)
    return {
        "enrolled": enrolled,
        "in_training": states.get("training", 0),
        "redeemed": redeemed,
        "expected": redeemed + enrolled,
        "finished": completed.get(True, 0),
        "failed": completed.get(False, 0),
    }
