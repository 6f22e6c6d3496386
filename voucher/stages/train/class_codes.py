"""The class code (班级码): what the screen of a classroom shows, new every few seconds, stored nowhere.

It follows from the session, the moment and a key outside the database, and nobody can know it ahead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from voucher.plumbing.clock import day_of
from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Actor
from voucher.rules.attendance import MarkRules, check_mark_time, class_code_number, class_code_steps
from voucher.rules.classes import Slot
from voucher.rules.code_format import Challenge, encode_challenge
from voucher.rules.errors import Refused
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.reading import SESSION_MISSING, STAFF, load_class, serves_class

DOMAIN = "class_code"
STEP = "class_code_seconds"
DIGITS = 8


@dataclass(frozen=True, slots=True)
class ClassCode:
    """What the screen shows now: eight digits to type, the same as a code to scan, and until when."""

    number: str
    digits: str
    until: datetime


def read_mark_rules(session: Session, found: TrainingClass, at: datetime) -> MarkRules:
    """Return how marks of a class are judged on a day. Raises Refused parameter_missing."""
    read = _reader(session, found, at)
    before, after, late, early, lesson = (
        read(name)
        for name in (
            *("sign_in_before_minutes", "sign_out_after_minutes"),
            *("forgiven_late_minutes", "forgiven_early_minutes", "lesson_minutes"),
        )
    )
    return MarkRules(
        opens_before=timedelta(minutes=before),
        closes_after=timedelta(minutes=after),
        forgiven_late=timedelta(minutes=late),
        forgiven_early=timedelta(minutes=early),
        lesson_minutes=lesson,
    )


def _reader(session: Session, found: TrainingClass, at: datetime) -> Callable[[str], int]:
    """Return what reads a parameter of a class's region; where that lies is asked once."""
    regions, on = catalogue.list_ancestry(session, found.region_code), day_of(at)
    return lambda name: require_parameter_number(session, name, on, regions)


def slot_of(held: ClassSession) -> Slot:
    """Return when a session is taught."""
    return Slot(held.starts_at, held.ends_at)


def find_marked(
    session: Session, session_id: int, *, lock: bool = False
) -> tuple[ClassSession, TrainingClass]:
    """Return a session and its class, locked where asked. Raises Refused class_session_missing."""
    held = session.get(ClassSession, session_id)
    if held is None:
        raise SESSION_MISSING.refused()
    return held, load_class(session, held.class_id, lock=lock)


def get_room(session: Session, actor: Actor, session_id: int) -> tuple[ClassSession, TrainingClass]:
    """Return a session taught at the actor's institution. Raises Refused class_session_missing."""
    held, found = find_marked(session, session_id)
    if not serves_class(actor, found, *STAFF):
        raise SESSION_MISSING.refused()
    return held, found


def list_numbers(
    session: Session, keyring: Keyring, held: ClassSession, found: TrainingClass, at: datetime
) -> tuple[int, int]:
    """Return the numbers that may be answered now: the one shown, and the one before it."""
    step = timedelta(seconds=_reader(session, found, at)(STEP))
    current, former = (_number_of(keyring, held, each) for each in class_code_steps(at, step))
    return current, former


def show_class_code(
    session: Session, keyring: Keyring, held: ClassSession, found: TrainingClass, at: datetime
) -> ClassCode:
    """Return what the screen of a session shows now.

    Raises Refused mark_outside_timetable, parameter_missing.
    """
    _check_open(held, at, read_mark_rules(session, found, at))
    seconds = _reader(session, found, at)(STEP)
    current, _ = class_code_steps(at, timedelta(seconds=seconds))
    number = _number_of(keyring, held, current)
    asked = Challenge(found.delivering_institution_id, number, current * seconds)
    until = datetime.fromtimestamp((current + 1) * seconds, UTC)
    return ClassCode(f"{number:0{DIGITS}d}", encode_challenge(asked), until)


def _check_open(held: ClassSession, at: datetime, rules: MarkRules) -> None:
    """Refuse a code outside the time in which anybody may sign in or out."""
    try:
        check_mark_time("in", slot_of(held), at, rules)
    except Refused:
        if at < held.starts_at:
            raise
        check_mark_time("out", slot_of(held), at, rules)


def _number_of(keyring: Keyring, held: ClassSession, step: int) -> int:
    return class_code_number(keyring.blind_index(DOMAIN, f"{held.id}:{step}"))
