"""Trying a programme out (试算): who may have a voucher, who not and why, and what it would reserve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget, Waiting
from voucher.ledger.year_ends import home_of, select_family
from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue
from voucher.registry.facts import read_facts
from voucher.registry.people import Person, PersonTag
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.actor import Role
from voucher.rules.eligibility import FACTS_UNKNOWN, Tag, TagKind
from voucher.rules.errors import Refusal
from voucher.rules.periods import in_force
from voucher.stages.issue.judging import Verdict, count_room, judge_people
from voucher.stages.issue.models import Programme
from voucher.stages.issue.telling import title_of

CHUNK = 2000
NO_CATEGORY = "没有登记人员类别"


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many people one reason stands for, in words that name nobody."""

    code: str
    title: str
    next_step: str
    count: int


@dataclass(frozen=True, slots=True)
class GroupCount:
    """What comes of the people of one category (人员类别): each person counts in every category recorded.

    `lapsed` had it recorded until a day that is over; `sources` say who recorded it, the most first.
    """

    name: str
    people: int
    may: int
    to_decide: int
    lapsed: int
    refused: list[ReasonCount]
    sources: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Trial:
    """What would come of a programme on a day: people by verdict, the vouchers, the money in fen.

    `may` have everything recorded; `to_promise` may have one on their own promise, `to_decide` by an
    officer; `elsewhere` are registered in other regions and not counted.
    """

    on: str
    people: int
    elsewhere: int
    may: int
    to_promise: int
    to_decide: int
    refused: list[ReasonCount]
    groups: list[GroupCount]
    room: int
    affordable: int
    waiting: int
    cap_fen: int
    available_fen: int

    @property
    def wanted(self) -> int:
        """Return how many may claim, what an officer still has to decide aside."""
        return self.may + self.to_promise

    @property
    def issued(self) -> int:
        """Return how many could have a voucher now: there is room and money for them."""
        return min(self.wanted, self.room, self.affordable)


@dataclass(slots=True)
class _Reasons:
    """Refusals counted by code; what differs by person is told without what differs."""

    counts: Counter[str] = field(default_factory=Counter)
    told: dict[str, Refusal] = field(default_factory=dict)
    varied: set[str] = field(default_factory=set)
    varied_steps: set[str] = field(default_factory=set)

    def add(self, refusal: Refusal) -> None:
        self.counts[refusal.code] += 1
        first = self.told.setdefault(refusal.code, refusal)
        if first.title != refusal.title:
            self.varied.add(refusal.code)
        if first.next_step != refusal.next_step:
            self.varied_steps.add(refusal.code)

    def counted(self) -> list[ReasonCount]:
        return [
            ReasonCount(
                code,
                title_of(code) if code in self.varied else self.told[code].title,
                self.told[code].next_step if code not in self.varied_steps else "",
                count,
            )
            for code, count in self.counts.most_common()
        ]


@dataclass(slots=True)
class _Group:
    """One category as it is counted."""

    people: int = 0
    may: int = 0
    to_decide: int = 0
    lapsed: int = 0
    refused: _Reasons = field(default_factory=_Reasons)
    sources: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Tally:
    """What has been counted so far."""

    people: int = 0
    may: int = 0
    to_promise: int = 0
    to_decide: int = 0
    refused: _Reasons = field(default_factory=_Reasons)
    groups: dict[str, _Group] = field(default_factory=dict)

    def add(self, verdict: Verdict, tags: Sequence[Tag], on: date) -> None:
        self.people += 1
        promised = verdict.doubt is not None and verdict.doubt.code == FACTS_UNKNOWN.code
        may = verdict.refusal is None and (verdict.doubt is None or promised)
        if verdict.refusal is not None:
            self.refused.add(verdict.refusal)
        elif verdict.doubt is None:
            self.may += 1
        elif promised:
            self.to_promise += 1
        else:
            self.to_decide += 1
        categories = [each for each in tags if each.kind == TagKind.CATEGORY]
        present = {each.value: each for each in categories if in_force(on, each.since, each.until)}
        for name in list(present) or [NO_CATEGORY]:
            group = self.groups.setdefault(name, _Group())
            group.people += 1
            if verdict.refusal is not None:
                group.refused.add(verdict.refusal)
            else:
                group.may += may
                group.to_decide += not may
            if name in present:
                group.sources[present[name].source] += 1
        for name in {each.value for each in categories if each.until is not None and each.until < on}:
            if name not in present:
                self.groups.setdefault(name, _Group()).lapsed += 1


Reader = Callable[[], AbstractContextManager[Session]]


def try_programme(
    reader: Reader,
    keyring: Keyring,
    programme_id: int,
    on: date,
    progress: Callable[[int, int | None], None] | None = None,
) -> Trial:
    """Return what would come of a programme on a day for everybody registered in its region, or nowhere.

    Read in chunks, each in a session of its own, so that a province does not stand in memory.
    """
    tally = _Tally()
    with reader() as session:
        programme = session.get_one(Programme, programme_id)
        total, elsewhere = count_people(session, programme)
    after_id = 0
    while True:
        with reader() as session:
            programme = session.get_one(Programme, programme_id)
            ids = session.scalars(
                select(Person.id)
                .where(Person.id > after_id, _within(session, programme))
                .order_by(Person.id)
                .limit(CHUNK)
            ).all()
            if not ids:
                return _conclude(session, programme, tally, on, elsewhere)
            judged = judge_people(session, keyring, programme, ids, on)
            facts = read_facts(session, ids)
            for person_id in ids:
                tally.add(judged[person_id], facts.tags.get(person_id, ()), on)
        after_id = ids[-1]
        if progress is not None:
            progress(tally.people, total)


def _within(session: Session, programme: Programme) -> ColumnElement[bool]:
    codes = catalogue.list_subtree(session, programme.region_code)
    return and_(or_(Person.region_code.is_(None), Person.region_code.in_(codes)), ~_only_staff())


def _only_staff() -> ColumnElement[bool]:
    """Return whether nothing is known of somebody but an account they work with."""
    accounts = select(RoleGrant.id).join(UserAccount, UserAccount.id == RoleGrant.user_id)
    mine = accounts.where(UserAccount.person_id == Person.id)
    tagged = select(PersonTag.id).where(PersonTag.person_id == Person.id)
    return and_(
        mine.where(RoleGrant.role != str(Role.WORKER)).exists(),
        ~mine.where(RoleGrant.role == str(Role.WORKER)).exists(),
        ~tagged.exists(),
    )


def count_people(session: Session, programme: Programme) -> tuple[int, int]:
    """Return how many people a programme would be tried out on, and how many are registered elsewhere."""
    within = _within(session, programme)
    everybody = select(func.count()).select_from(Person).where(~_only_staff())
    total = session.scalar(everybody) or 0
    here = session.scalar(select(func.count()).select_from(Person).where(within)) or 0
    return here, total - here


def _conclude(session: Session, programme: Programme, tally: _Tally, on: date, elsewhere: int) -> Trial:
    budget = session.get_one(Budget, home_of(session, programme.budget_id))
    queued = select(func.count()).where(
        Waiting.budget_id.in_(select_family(budget.id)), Waiting.ended_at.is_(None)
    )
    waiting = session.scalar(queued) or 0
    room = max(0, count_room(session, programme))
    affordable = room if programme.cap_fen == 0 else max(0, budget.available_fen) // programme.cap_fen
    return Trial(
        on=on.isoformat(),
        people=tally.people,
        elsewhere=elsewhere,
        may=tally.may,
        to_promise=tally.to_promise,
        to_decide=tally.to_decide,
        refused=tally.refused.counted(),
        groups=[
            GroupCount(
                name=name,
                people=each.people,
                may=each.may,
                to_decide=each.to_decide,
                lapsed=each.lapsed,
                refused=each.refused.counted(),
                sources=each.sources.most_common(),
            )
            for name, each in sorted(tally.groups.items(), key=lambda item: (-item[1].people, item[0]))
        ],
        room=room,
        # who stands in the queue already comes first
        affordable=0 if waiting and programme.cap_fen else affordable,
        waiting=waiting,
        cap_fen=programme.cap_fen,
        available_fen=budget.available_fen,
    )
