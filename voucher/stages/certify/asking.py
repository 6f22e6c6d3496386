"""Asking the register: read who is asked about, call with no transaction open, write what was answered.

Every question leaves a row, also one without an answer. No answer changes nothing: what was not verified
stays so, and who pays sees that the register has not spoken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from voucher.plumbing.calling import Caller, Failure, NoAnswerError, Patience
from voucher.plumbing.clock import day_of
from voucher.plumbing.db import Database, insert_rows
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import catalogue
from voucher.registry.card_numbers import Card, open_numbers, write_number
from voucher.registry.people import accepted_indexes, index_of, read_people
from voucher.rules.actor import Actor
from voucher.rules.card_numbers import find_digest
from voucher.stages.certify.extract import RegisterRow, write_entries
from voucher.stages.certify.models_look_ups import RegisterLookUp
from voucher.stages.certify.queries.candidates import find_candidates
from voucher.stages.certify.queries.cards import find_entries
from voucher.stages.certify.queries.register_words import (
    find_register,
    list_due,
    list_never_confirmed,
    list_unanswered,
)
from voucher.stages.certify.register_port import HttpRegister, RegisterQuestion
from voucher.stages.certify.verify import verify

# written together: what a slow register has answered until now is not lost with what comes after
PIECE, SECONDS_AT_MOST = 50, 40
RESTING = str(Failure.RESTING)
UNASKABLE = "unaskable"


@dataclass(frozen=True, slots=True)
class Answered:
    """One question that has been put, and what came of it."""

    certificate_id: int
    number: str
    outcome: str
    milliseconds: int
    detail: str | None = None
    row: RegisterRow | None = None


class Registers:
    """The register of one process; its breaker lives as long as it does."""

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

    def ask(self, actor: Actor, at: datetime, certificate_ids: Collection[int]) -> dict[int, str]:
        """Ask about certificates, in the order given, and return what came of each.

        Nothing is asked where no register is connected.
        """
        began, told = time.monotonic(), dict[int, str]()

        def is_late() -> bool:
            return time.monotonic() - began > SECONDS_AT_MOST

        ordered = list(dict.fromkeys(certificate_ids))
        for start in range(0, len(ordered), PIECE):
            if is_late():
                break
            piece, went_on = self._ask_some(actor, at, ordered[start : start + PIECE], is_late)
            told |= piece
            if not went_on:
                break
        return told

    def ask_stale(
        self, actor: Actor, at: datetime, since: datetime, list_ids: Callable[[Session], Collection[int]]
    ) -> dict[int, str]:
        """Ask about those of some certificates the register has not spoken of since a moment."""
        with self._database.read() as session:
            if find_register(session, day_of(at)) is None:
                return {}
            # what two people read by hand lets money go on, and keeps nobody from asking the register itself
            waiting = list_unanswered(session, list_ids(session), since, ways=("http",))
        return self.ask(actor, at, waiting)

    def ask_due(
        self, actor: Actor, at: datetime, since: datetime, list_ids: Callable[[Session], Collection[int]]
    ) -> int:
        """Ask about what waits to be paid and what was never confirmed; return how many were answered."""
        with self._database.read() as session:
            if find_register(session, day_of(at)) is None:
                return 0
            unpaid = list_due(session, list_unanswered(session, list_ids(session), since, ways=("http",)), at)
            new = list_never_confirmed(session, at, PIECE)
        told = self.ask(actor, at, unpaid)
        told |= self.ask(actor, at, [each for each in new if each not in told])
        return sum(outcome in ("found", "absent", "other_person") for outcome in told.values())

    def _ask_some(
        self, actor: Actor, at: datetime, ids: Sequence[int], is_late: Callable[[], bool]
    ) -> tuple[dict[int, str], bool]:
        """Return what came of a piece, and whether there is time and a register for the next one."""
        with self._database.read() as session:
            system = find_register(session, day_of(at))
            if system is None or system.address is None:
                return {}, False
            name, address = system.name, system.address
            questions, closed = _read_questions(session, self._keyring, ids, day_of(at))
            aliases = catalogue.read_aliases(session)
        port = HttpRegister(self._caller(name, address), aliases)
        # nobody can be asked: a row says so, it rests like the others, and two people may read it by hand
        answered = [Answered(each, number, UNASKABLE, 0) for each, number in closed]
        went_on = True
        for each in questions:
            # a piece may be slow enough for all of the time; what was answered until then is written
            if is_late():
                went_on = False
                break
            put = _put(port, self._keyring, *each)
            if put.outcome == RESTING:
                # nobody was asked: no row, and nobody else is asked until the register has had its rest
                went_on = False
                break
            answered.append(put)
        if answered:
            perform(self._database, self._keyring, actor, at, lambda work: _keep(work, name, answered))
        return {each.certificate_id: each.outcome for each in answered}, went_on

    def _caller(self, name: str, address: str) -> Caller:
        caller = self._callers.get(address)
        if caller is None:
            caller = Caller(address, token=self._token, patience=self._patience, name=name)
            self._callers[address] = caller
        return caller


def _read_questions(
    session: Session, keyring: Keyring, ids: Sequence[int], on: date
) -> tuple[list[tuple[int, RegisterQuestion, frozenset[str]]], list[Card]]:
    """Return what is asked of each certificate, and the indexes under which its holder is known.

    Beside it those nobody can be asked about, by certificate and number as kept: the number carries one that
    is not its holder's, which can be told to nobody. A 培训合格证书 stands in no register: an answer about it
    would be none.
    """
    candidates = find_candidates(session, ids)
    found = [candidates[each].certificate for each in ids if each in candidates]
    found = [each for each in found if each.filing_id is not None]
    people = read_people(session, keyring, [each.person_id for each in found])
    indexes = accepted_indexes(session, [each.person_id for each in found])
    whole = open_numbers(session, keyring, [(each.person_id, each.number) for each in found])
    questions, closed = [], list[Card]()
    for each in found:
        person = people.get(each.person_id)
        number = whole[each.person_id, each.number]
        if person is None or person.number is None:
            continue
        if find_digest(number) is not None:
            closed.append((each.id, each.number))
            continue
        card = each.trade_code, each.issued_on
        question = RegisterQuestion(number, person.number, person.name, on, *card)
        questions.append((each.id, question, indexes[each.person_id]))
    return questions, closed


def _put(
    port: HttpRegister,
    keyring: Keyring,
    certificate_id: int,
    question: RegisterQuestion,
    ours: frozenset[str],
) -> Answered:
    """Put a question; an answer of another number is none, of one about another person nothing is kept."""
    began = time.monotonic()
    outcome, detail, row = "absent", None, None
    try:
        row = port.ask(question)
    except NoAnswerError as failed:
        outcome, detail = str(failed.failure), failed.detail
    if row is not None:
        if row.number != question.number:
            outcome, detail, row = "malformed", "other number", None
        elif index_of(keyring, row.identity) not in ours:
            outcome, row = "other_person", None
        else:
            outcome = "found"
    taken = round((time.monotonic() - began) * 1000)
    return Answered(certificate_id, question.number, outcome, taken, detail, row)


def _keep(work: Work, system: str, answered: Sequence[Answered]) -> None:
    """Write every question with its answer, and hold the certificates against what was said."""
    write_entries(work, [each.row for each in answered if each.row is not None])
    write_look_ups(work, system, "http", answered)


def write_look_ups(work: Work, system: str, way: str, answered: Sequence[Answered]) -> None:
    """Write look-ups whose register rows are written, and verify the certificates anew."""
    told = {each.certificate_id: each.row for each in answered if each.row is not None}
    kept = {key: write_number(work.keyring, row.number) for key, row in told.items()}
    entries = find_entries(work.session, list(kept.values()), work.today)
    found = {key: entries.find(kept[key], row.trade_code, row.issued_on) for key, row in told.items()}
    ids = {key: entry.id for key, entry in found.items() if entry is not None}
    insert_rows(
        work.session,
        RegisterLookUp,
        [
            {
                "certificate_id": each.certificate_id,
                "system": system,
                "way": way,
                "outcome": each.outcome,
                "detail": each.detail,
                "answered": _tell(each.row) if each.row is not None else None,
                "register_entry_id": ids.get(each.certificate_id),
                "milliseconds": each.milliseconds,
                "asked_at": work.at,
                "asked_by_person_id": work.actor.person_id,
            }
            for each in answered
        ],
    )
    verify(work, [each.certificate_id for each in answered])


def _tell(row: RegisterRow) -> dict[str, object]:
    """Return an answer without the person in it."""
    return {
        "trade_code": row.trade_code,
        "level": row.level,
        "issued_on": row.issued_on.isoformat(),
        "evaluator_code": row.evaluator_code,
        "status": row.status,
    }
