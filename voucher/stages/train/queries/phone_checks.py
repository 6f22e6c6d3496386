"""Phone checks as they are looked at: which wait, what came of them, and whether a draw can be repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue, tables
from voucher.registry.letters import read_mobile
from voucher.registry.people import read_people
from voucher.registry.phones import read_keys
from voucher.rules.actor import Actor
from voucher.rules.draws import (
    CheckOutcome,
    RosterChange,
    commitment_of,
    compare_rosters,
    digest_of,
    draw,
    sample_size,
)
from voucher.rules.privacy import mask_name
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.phone_checks import CALL_SAID, PhoneCall, PhoneDraw, PhoneDrawEntry
from voucher.stages.train.phone_calls import PHONE_CHECK_MISSING, shown_until
from voucher.stages.train.phone_draws import select_roster
from voucher.stages.train.queries.call_days import find_last_days
from voucher.stages.train.queries.facts import LOOKUP_CHUNK
from voucher.stages.train.queries.roster import ERASED_NAME

WAITS = "phone_check_before_review"


@dataclass(frozen=True, slots=True)
class DrawView:
    """The phone checks of one class: how many were drawn, and what came of them."""

    found: TrainingClass
    draw: PhoneDraw
    drawn: int
    counts: dict[str, int]
    due_on: date | None = None

    @property
    def waiting(self) -> int:
        """Return how many of those drawn have no conclusion yet."""
        return self.drawn - sum(self.counts.values())

    @property
    def doubted(self) -> int:
        """Return how many gave an unfavourable answer."""
        return self.counts.get(CheckOutcome.DOUBTED, 0)

    def is_late(self, today: date) -> bool:
        """Return whether somebody is still to be called though the last day for it is over."""
        return self.waiting > 0 and self.due_on is not None and today > self.due_on


@dataclass(frozen=True, slots=True)
class CheckedPerson:
    """Somebody drawn, masked, with every call, what was said in it (by call) and the number: while one calls.

    A number that is shown (`is_shown`) and is None was never registered. Left behind is somebody whose call
    another officer opened, and told no result of while it was time.
    """

    entry: PhoneDrawEntry
    masked_name: str
    outcome: CheckOutcome
    calls: tuple[PhoneCall, ...]
    said: Mapping[int, str]
    number: str | None
    is_shown: bool
    may_be_told: bool
    is_left_behind: bool


@dataclass(frozen=True, slots=True)
class Repeated:
    """What comes out when a draw is repeated from its seed, and how the roster has changed since."""

    seed_fits: bool
    roster_fits: bool
    draw_fits: bool
    change: RosterChange

    @property
    def holds(self) -> bool:
        """Return whether seed, roster and list are what they were said to be."""
        return self.seed_fits and self.roster_fits and self.draw_fits


def list_draws(
    session: Session,
    regions: Collection[str],
    *,
    waiting_only: bool = False,
    before_id: int | None = None,
    limit: int = 50,
) -> list[DrawView]:
    """Return the newest draws of these regions that have been made."""
    query = select(PhoneDraw, TrainingClass).join(TrainingClass, TrainingClass.id == PhoneDraw.class_id)
    query = query.where(PhoneDraw.drawn_at.is_not(None), TrainingClass.region_code.in_(sorted(regions)))
    if waiting_only:
        query = query.where(_open_entry())
    if before_id is not None:
        query = query.where(PhoneDraw.id < before_id)
    return _view(session, session.execute(query.order_by(PhoneDraw.id.desc()).limit(limit)).all())


def count_open_draws(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many people of these regions are still to be called, and since when the oldest waits."""
    count, oldest = session.execute(
        select(func.count(), func.min(PhoneDraw.drawn_at))
        .select_from(PhoneDrawEntry)
        .join(PhoneDraw, PhoneDraw.id == PhoneDrawEntry.draw_id)
        .join(TrainingClass, TrainingClass.id == PhoneDraw.class_id)
        .where(
            PhoneDrawEntry.is_drawn.in_((True,)),
            PhoneDrawEntry.outcome.is_(None),
            TrainingClass.region_code.in_(sorted(regions)),
        )
    ).one()
    return count, oldest


def list_waiting_draws(session: Session, regions: Collection[str]) -> list[DrawView]:
    """Return the draws of these regions with people still to be called."""
    query = (
        select(PhoneDraw, TrainingClass)
        .join(TrainingClass, TrainingClass.id == PhoneDraw.class_id)
        .where(PhoneDraw.drawn_at.is_not(None), TrainingClass.region_code.in_(sorted(regions)), _open_entry())
    )
    return _view(session, session.execute(query).all())


def get_draw(session: Session, actor: Actor, draw_id: int) -> DrawView:
    """Return a draw of the actor's regions. Raises Refused phone_check_missing."""
    found = session.execute(
        select(PhoneDraw, TrainingClass)
        .join(TrainingClass, TrainingClass.id == PhoneDraw.class_id)
        .where(
            PhoneDraw.id == draw_id,
            PhoneDraw.drawn_at.is_not(None),
            TrainingClass.region_code.in_(sorted(actor.regions)),
        )
    ).all()  # fmt: skip
    if not found:
        raise PHONE_CHECK_MISSING.refused()
    return _view(session, found)[0]


def find_draw_of(session: Session, class_id: int) -> DrawView | None:
    """Return the draw of a class, made or only committed to; None where it was never approved."""
    found = session.execute(
        select(PhoneDraw, TrainingClass)
        .join(TrainingClass, TrainingClass.id == PhoneDraw.class_id)
        .where(PhoneDraw.class_id == class_id)
    ).all()  # fmt: skip
    return _view(session, found)[0] if found else None


def find_draws_behind(session: Session, voucher_ids: Sequence[int]) -> dict[int, DrawView]:
    """Return by voucher the draw of the class it was trained in, where one has been made."""
    behind: dict[int, int] = {}
    for start in range(0, len(voucher_ids), LOOKUP_CHUNK):
        wanted = list(voucher_ids[start : start + LOOKUP_CHUNK])
        rows = session.execute(
            select(PhoneDrawEntry.voucher_id, PhoneDrawEntry.draw_id).where(
                PhoneDrawEntry.voucher_id.in_(wanted)
            )
        )
        behind.update(dict(rows.all()))
    draws = session.execute(
        select(PhoneDraw, TrainingClass)
        .join(TrainingClass, TrainingClass.id == PhoneDraw.class_id)
        .where(PhoneDraw.id.in_(sorted(set(behind.values()))))
    ).all()  # fmt: skip
    views = {each.draw.id: each for each in _view(session, draws)}
    return {voucher_id: views[draw_id] for voucher_id, draw_id in behind.items()}


def is_waited_for(session: Session, view: DrawView, today: date) -> bool:
    """Return whether claims wait until everybody drawn has been called. Raises Refused parameter_missing."""
    regions = catalogue.list_ancestry(session, view.found.region_code)
    return view.waiting > 0 and tables.read_flag(session, WAITS, today, regions)


def list_checked(
    session: Session, keyring: Keyring, view: DrawView, actor: Actor, at: datetime
) -> list[CheckedPerson]:
    """Return everybody drawn; a number only to who opened a call to it a few minutes ago.

    Raises Refused parameter_missing.
    """
    entries = session.scalars(
        select(PhoneDrawEntry)
        .where(PhoneDrawEntry.draw_id == view.draw.id, PhoneDrawEntry.is_drawn.in_((True,)))
        .order_by(PhoneDrawEntry.position)
    ).all()
    calls = session.scalars(
        select(PhoneCall)
        .where(PhoneCall.entry_id.in_([each.id for each in entries]))
        .order_by(PhoneCall.entry_id, PhoneCall.attempt)
    ).all()
    named = read_people(session, keyring, [each.person_id for each in entries])
    keys = read_keys(session, keyring, [each.person_id for each in entries])
    found = []
    for entry in entries:
        who = named.get(entry.person_id)
        mine = [each for each in calls if each.entry_id == entry.id]
        opened = next((each for each in mine if each.result is None), None)
        calling = opened is not None and opened.shown_to_person_id == actor.person_id
        is_over = opened is not None and at >= shown_until(session, opened, view.found)
        shown = calling and not is_over
        found.append(
            CheckedPerson(
                entry=entry,
                masked_name=mask_name(who.name) if who else ERASED_NAME,
                outcome=CheckOutcome(entry.outcome) if entry.outcome else CheckOutcome.WAITING,
                calls=tuple(mine),
                said={
                    each.id: keyring.unseal(keys[entry.person_id], CALL_SAID, each.said_sealed)
                    for each in mine
                    if each.said_sealed is not None and entry.person_id in keys
                },
                number=read_mobile(session, keyring, entry.person_id) if shown else None,
                is_shown=shown,
                may_be_told=calling,
                is_left_behind=is_over and not calling,
            )
        )
    return found


def repeat_draw(session: Session, view: DrawView) -> Repeated:
    """Draw again from the seed kept, and compare with the list and with the roster of today."""
    entries = session.scalars(
        select(PhoneDrawEntry).where(PhoneDrawEntry.draw_id == view.draw.id).order_by(PhoneDrawEntry.position)
    ).all()
    numbers = [each.voucher_number for each in entries]
    size = sample_size(len(numbers), view.draw.share_bp or 0)
    return Repeated(
        seed_fits=commitment_of(view.draw.seed) == view.draw.commitment,
        roster_fits=digest_of(numbers) == view.draw.roster_digest,
        draw_fits=draw(view.draw.seed, view.found.number, numbers, size)
        == [each.voucher_number for each in entries if each.is_drawn],
        change=compare_rosters(numbers, list_numbers(session, view.found.id)),
    )


def list_drawn_from(session: Session, view: DrawView) -> list[str]:
    """Return the voucher numbers a draw was made from, in the order of their scores."""
    return list(
        session.scalars(
            select(PhoneDrawEntry.voucher_number)
            .where(PhoneDrawEntry.draw_id == view.draw.id)
            .order_by(PhoneDrawEntry.position)
        )
    )


def list_numbers(session: Session, class_id: int) -> list[str]:
    """Return the numbers of the redeemed vouchers that stand on the roster of a class today."""
    return [each.number for each in session.scalars(select_roster(class_id))]


def _open_entry() -> ColumnElement[bool]:
    return exists().where(
        PhoneDrawEntry.draw_id == PhoneDraw.id,
        PhoneDrawEntry.is_drawn.in_((True,)),
        PhoneDrawEntry.outcome.is_(None),
    )


def _view(session: Session, rows: Sequence[tuple[PhoneDraw, TrainingClass]]) -> list[DrawView]:
    counted: dict[int, Counter[str | None]] = {each.id: Counter() for each, _ in rows}
    for draw_id, outcome, count in session.execute(
        select(PhoneDrawEntry.draw_id, PhoneDrawEntry.outcome, func.count())
        .where(PhoneDrawEntry.draw_id.in_(sorted(counted)), PhoneDrawEntry.is_drawn.in_((True,)))
        .group_by(PhoneDrawEntry.draw_id, PhoneDrawEntry.outcome)
    ):
        counted[draw_id][outcome] = count
    last = find_last_days(session, rows)
    return [
        DrawView(
            found=found,
            draw=each,
            drawn=counted[each.id].total(),
            counts={word: count for word, count in counted[each.id].items() if word is not None},
            due_on=last[each.id],
        )
        for each, found in rows
    ]
