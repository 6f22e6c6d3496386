"""Asking other systems: read who is to be asked, call with no transaction open, write what was answered."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from voucher.plumbing.calling import Caller, NoAnswerError, Patience
from voucher.plumbing.clock import day_of
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import catalogue
from voucher.registry.outside.models import OutsideAnswer, OutsideCall, OutsideQuestion
from voucher.registry.outside.ports import EmbeddedPort, HttpPort, Port, Question, Said
from voucher.registry.outside.systems import list_systems
from voucher.registry.people import accepted_indexes, index_of, name_index_of, read_people
from voucher.rules.actor import Actor
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.outside import FactKind

# asked of one person at the counter, or of so many at once by the clock
MOST_AT_ONCE = 200
# the clock calls once a minute; what is left then waits for the next call
SECONDS_AT_MOST = 40
# somebody is waiting: what is not answered soon is asked again by the clock, or verified by hand
AT_THE_COUNTER = Patience(connect_seconds=2, read_seconds=3, retries=1, failures_before_rest=3)
# how long a question rests after its first, second… try without an answer: every try stays in the log
RESTS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
# lists of these name those of whom the fact holds, and nobody else
NAMES_ONLY_HOLDERS = frozenset(
    {
        FactKind.DECEASED,
        FactKind.PENSION,
        FactKind.STUDENT,
        FactKind.EMPLOYMENT,
        FactKind.POVERTY_WATCH,
        FactKind.SKILL_UPGRADE,
        FactKind.INSURANCE,
        FactKind.WORKPLACE,
    }
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question that has been put, and what came of it."""

    person_id: int
    kind: FactKind
    system: str
    way: str
    milliseconds: int
    outcome: str
    detail: str | None
    said: tuple[Said, ...] = ()


class Outside:
    """The systems of one process; their breakers live as long as it does."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        token: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._token = token
        self._patience = patience
        self._callers: dict[str, Caller] = {}

    def ask(
        self,
        actor: Actor,
        at: datetime,
        wanted: Mapping[int, Iterable[FactKind]],
        region_codes: Mapping[int, str] | None = None,
    ) -> dict[tuple[int, FactKind], bool]:
        """Ask about people, keep every answer and every call, and return which questions were answered.

        A kind nobody is connected for is not asked. Calls are made with no transaction open. The log of a
        person's calls is the region's that asks about them, by `region_codes`.
        """
        on = day_of(at)
        with self._database.read() as session:
            systems = list_systems(session, on)
            named = read_people(session, self._keyring, sorted(wanted))
            indexes = accepted_indexes(session, sorted(wanted))
            known = {each.kind: _Known(each.name, each.way, each.address) for each in systems.values()}
        asked: list[_Asked] = []
        for person_id, kinds in wanted.items():
            person = named.get(person_id)
            for kind in kinds:
                system = known.get(str(kind))
                if system is None or person is None or person.number is None:
                    continue
                question = Question(
                    kind,
                    person.number,
                    person.name,
                    index_of(self._keyring, person.number),
                    name_index_of(self._keyring, person.name),
                    on,
                    indexes[person_id],
                )
                asked.append(_put(self._port(kind, system), question, person_id, system))
        if asked:
            perform(
                self._database, self._keyring, actor, at, lambda work: _keep(work, asked, region_codes or {})
            )
        return {(each.person_id, each.kind): each.outcome == "answered" for each in asked}

    def ask_due(self, actor: Actor, at: datetime, *, most: int = MOST_AT_ONCE) -> int:
        """Ask what acts have left to be asked, and return how many were answered.

        What was never asked comes first, then what was asked longest ago. So many at once, and again while
        there is time before the clock calls next.
        """
        began, answered = time.monotonic(), 0
        while True:
            due, said = self._ask_some(actor, at, most)
            answered += said
            if due < most or time.monotonic() - began > SECONDS_AT_MOST:
                return answered

    def _ask_some(self, actor: Actor, at: datetime, most: int) -> tuple[int, int]:
        """Return how many questions were put, and how many of them answered."""
        with self._database.read() as session:
            due = _list_due(session, at, most)
        wanted: dict[int, list[FactKind]] = {}
        for person_id, kind, _ in due:
            wanted.setdefault(person_id, []).append(kind)
        regions = {person_id: region_code for person_id, _, region_code in due}
        answered = self.ask(actor, at, wanted, regions) if wanted else {}
        if due:
            perform(self._database, self._keyring, actor, at, lambda work: _tick(work, due, answered))
        return len(due), sum(answered.values())

    def _port(self, kind: FactKind, system: _Known) -> Port:
        if system.address is None:
            return EmbeddedPort(self._database.read, absent_is_no=kind in NAMES_ONLY_HOLDERS)
        caller = self._callers.get(system.address)
        if caller is None:
            caller = Caller(system.address, token=self._token, patience=self._patience, name=system.name)
            self._callers[system.address] = caller
        return HttpPort(caller)


@dataclass(frozen=True, slots=True)
class _Known:
    """A connected system, read once and used after its session is closed."""

    name: str
    way: str
    address: str | None


def wish_for(work: Work, region_code: str, wanted: Mapping[int, Iterable[FactKind]]) -> None:
    """Leave questions to be asked after the commit; one that is open already is not left twice."""
    people = sorted(wanted)
    if not people:
        return
    rows = work.session.execute(
        select(OutsideQuestion.person_id, OutsideQuestion.kind).where(
            OutsideQuestion.person_id.in_(people), OutsideQuestion.done_at.is_(None)
        )
    )
    standing = {(person_id, kind) for person_id, kind in rows}
    work.session.add_all(
        OutsideQuestion(
            person_id=person_id, kind=str(kind), region_code=region_code, asked_at=work.at, tries=0
        )
        for person_id in people
        for kind in wanted[person_id]
        if (person_id, str(kind)) not in standing
    )
    work.session.flush()


def _put(port: Port, question: Question, person_id: int, system: _Known) -> _Asked:
    began = time.monotonic()
    outcome, detail = "answered", None
    said: tuple[Said, ...] = ()
    try:
        said = tuple(port.ask(question))
        outcome = "answered" if said else "unknown"
    except NoAnswerError as failed:
        outcome, detail = str(failed.failure), failed.detail
    taken = round((time.monotonic() - began) * 1000)
    return _Asked(person_id, question.kind, system.name, system.way, taken, outcome, detail, said)


def _keep(work: Work, asked: Sequence[_Asked], region_codes: Mapping[int, str]) -> None:
    """Write every call, and the answers of those that brought one."""
    aliases = catalogue.read_aliases(work.session)
    for each in asked:
        call = OutsideCall(
            kind=str(each.kind),
            system=each.system,
            way=each.way,
            person_id=each.person_id,
            region_code=region_codes.get(each.person_id),
            asked_by_person_id=work.actor.person_id,
            asked_at=work.at,
            milliseconds=each.milliseconds,
            outcome=each.outcome,
            detail=each.detail,
        )
        work.session.add(call)
        work.session.flush()
        work.session.add_all(
            OutsideAnswer(
                person_id=each.person_id,
                kind=str(each.kind),
                held=said.held,
                since=said.since,
                until=said.until,
                amount=said.amount,
                trade_code=canonical_occupation(said.trade_code, aliases) if said.trade_code else None,
                level=said.level,
                number=said.number,
                system=each.system,
                as_of=said.as_of or work.today,
                told_at=work.at,
                call_id=call.id,
            )
            for said in each.said
        )
    work.session.flush()


def _rested(at: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions under each of which a question that was tried may be tried again."""
    sooner = [
        and_(OutsideQuestion.tries <= tries, OutsideQuestion.tried_at <= at - rest)
        for tries, rest in enumerate(RESTS[:-1], start=1)
    ]
    return [*sooner, OutsideQuestion.tried_at <= at - RESTS[-1]]


def _list_due(session: Session, at: datetime, most: int) -> list[tuple[int, FactKind, str]]:
    rows = session.execute(
        select(OutsideQuestion.person_id, OutsideQuestion.kind, OutsideQuestion.region_code)
        .where(
            OutsideQuestion.done_at.is_(None),
            or_(OutsideQuestion.tried_at.is_(None), *_rested(at)),
        )
        .order_by(OutsideQuestion.tried_at.nulls_first(), OutsideQuestion.id)
        .limit(most)
    )
    return [(person_id, FactKind(kind), region_code) for person_id, kind, region_code in rows]


def _tick(
    work: Work, due: Sequence[tuple[int, FactKind, str]], answered: Mapping[tuple[int, FactKind], bool]
) -> None:
    """Write down what was tried; what nobody is connected for has not been tried, and rests all the same."""
    for person_id, kind, _ in due:
        put, done = (person_id, kind) in answered, answered.get((person_id, kind), False)
        work.session.execute(
            update(OutsideQuestion)
            .where(
                OutsideQuestion.person_id == person_id,
                OutsideQuestion.kind == str(kind),
                OutsideQuestion.done_at.is_(None),
            )
            .values(
                tries=OutsideQuestion.tries + int(put), tried_at=work.at, done_at=work.at if done else None
            )
        )
