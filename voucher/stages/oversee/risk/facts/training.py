"""Facts of training: classes, sessions, places, sign-ins, online lessons, recall calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy.orm import Session as Reading

from voucher.plumbing.secrets import Keyring
from voucher.registry.people import name_index_of
from voucher.rules.errors import Refused
from voucher.rules.names import normalise_name
from voucher.rules.risk.facts import Contact, Mark, Place, Session, Study, TrainingClass
from voucher.rules.risk.measures import DAY_SECONDS, share_bp
from voucher.stages.oversee.risk.facts.asking import Window, midnight, name, seconds, stream

CONTACT_WORDS = {"confirmed": "confirmed", "doubted": "denied", "unreachable": "silent"}


def read_classes(session: Reading, window: Window) -> Iterator[TrainingClass]:
    """Yield the classes taught in a window."""
    sql = """SELECT t.id, t.institution_id, t.trade_code, t.level, t.capacity, t.starts_on, t.ends_on
        FROM training_class t
        WHERE t.ends_on >= :first_on AND t.starts_on <= :last_on AND t.state <> 'cancelled'
        ORDER BY t.id"""
    for each in stream(session, sql, window, days=("starts_on", "ends_on")):
        yield TrainingClass(
            name(each.id), name(each.institution_id), each.trade_code, str(each.level), each.capacity, None,
            midnight(each.starts_on), midnight(each.ends_on) + DAY_SECONDS - 1,
        )  # fmt: skip


def read_sessions(session: Reading, window: Window, keyring: Keyring) -> Iterator[Session]:
    """Yield the sessions of those classes; a teacher filed by the institution is one person wherever.

    The timetable holds a typed name: it is whoever of that name the institution that teaches has filed, where
    that is one; else a teacher is known by institution and name. A session without a teacher of its own is
    taught by that of its class.
    """
    filed = _read_filed_teachers(session, window)
    sql = """SELECT s.id, s.class_id, t.institution_id, t.delivering_institution_id, s.starts_at, s.ends_at,
            coalesce(s.teacher, t.teacher) AS teacher
        FROM class_session s JOIN training_class t ON t.id = s.class_id
        WHERE t.ends_on >= :first_on AND t.starts_on <= :last_on AND t.state <> 'cancelled'
        ORDER BY s.id"""
    known: dict[tuple[int, int, str], str] = {}
    for each in stream(session, sql, window, moments=("starts_at", "ends_at")):
        teacher, taught_by = each.teacher or "", each.delivering_institution_id or each.institution_id
        key = (each.institution_id, taught_by, teacher)
        if key not in known:
            spelt = _spell(teacher)
            people = filed.get((taught_by, name_index_of(keyring, spelt)), set()) if spelt else set()
            named = f"{each.institution_id}/{spelt}" if spelt else ""
            # in one spelling: two houses that write the name in two ways speak of one person
            known[key] = f"{min(people)}/{spelt}" if len(people) == 1 else named
        yield Session(
            name(each.id), name(each.class_id), known[key], seconds(each.starts_at) or 0,
            seconds(each.ends_at) or 0,
        )  # fmt: skip


def _spell(teacher: str) -> str:
    """Return the one spelling of a typed name; what is no name stays as typed."""
    with suppress(Refused):
        return normalise_name(teacher)
    return teacher


def _read_filed_teachers(session: Reading, window: Window) -> dict[tuple[int, str], set[str]]:
    """Return whom institutions have filed as teachers, by institution and name."""
    sql = """SELECT DISTINCT f.institution_id, p.name_index, p.id
        FROM filing_teacher h JOIN filing f ON f.id = h.filing_id JOIN person p ON p.id = h.person_id
        WHERE f.state = 'accepted' ORDER BY f.institution_id, p.id"""
    found: dict[tuple[int, str], set[str]] = defaultdict(set)
    for each in stream(session, sql, window):
        found[each.institution_id, each.name_index].add(f"person-{each.id}")
    return found


def read_places(session: Reading, window: Window) -> Iterator[Place]:
    """Yield who sits in those classes, and the share of the hours of who has finished."""
    sql = """SELECT e.id, e.class_id, e.person_id, c.hours_attended, c.hours_planned
        FROM enrolment e JOIN training_class t ON t.id = e.class_id
        LEFT JOIN completion c ON c.voucher_id = e.voucher_id AND c.class_id = e.class_id
        WHERE t.ends_on >= :first_on AND t.starts_on <= :last_on AND t.state <> 'cancelled'
          AND e.ended_at IS NULL ORDER BY e.id"""
    for each in stream(session, sql, window):
        share = None if each.hours_planned is None else share_bp(each.hours_attended, each.hours_planned)
        yield Place(name(each.id), name(each.class_id), name(each.person_id), share)


def read_marks(session: Reading, window: Window) -> Iterator[Mark]:
    """Yield sign-ins and sign-outs by phone or scanner in order; what staff typed has no moment."""
    sql = """SELECT m.id, m.session_id, s.class_id, m.person_id, m.direction, m.way, m.browser,
            m.marked_by_person_id, m.marked_at, m.distance_m, m.accuracy_m
        FROM attendance_mark m JOIN class_session s ON s.id = m.session_id
        WHERE m.marked_at >= :since AND m.marked_at < :until AND m.way <> 'typed'
        ORDER BY m.marked_at, m.id"""
    for each in stream(session, sql, window, moments=("marked_at",)):
        is_own = each.way == "class_code"
        yield Mark(
            name(each.id), name(each.session_id), name(each.class_id), name(each.person_id), each.direction,
            each.browser if is_own else f"staff-{each.marked_by_person_id}", int(not is_own),
            seconds(each.marked_at) or 0, None, None, each.accuracy_m, each.distance_m, None,
        )  # fmt: skip


def read_studies(session: Reading, window: Window) -> Iterator[Study]:
    """Yield the segments of online lessons played to their end."""
    sql = """SELECT y.id, y.person_id, s.class_id, y.segment_id, g.minutes, y.started_at, y.ended_at
        FROM study y JOIN lesson_segment g ON g.id = y.segment_id JOIN lesson l ON l.id = g.lesson_id
        JOIN class_session s ON s.id = l.session_id
        WHERE y.ended_at IS NOT NULL AND y.started_at >= :since AND y.started_at < :until ORDER BY y.id"""
    for each in stream(session, sql, window, moments=("started_at", "ended_at")):
        began, ended = seconds(each.started_at) or 0, seconds(each.ended_at) or 0
        yield Study(
            name(each.id), name(each.person_id), name(each.class_id), name(each.segment_id),
            each.minutes * 60, ended - began, None, began,
        )  # fmt: skip


def read_contacts(session: Reading, window: Window) -> Iterator[Contact]:
    """Yield what came of the recall calls to people drawn in those classes.

    Who signed in by phone or played a lesson of the class had the app open.
    """
    sql = """SELECT n.id, d.class_id, n.person_id, n.outcome,
            CASE WHEN EXISTS (SELECT 1 FROM attendance_mark m JOIN class_session s ON s.id = m.session_id
                              WHERE s.class_id = d.class_id AND m.person_id = n.person_id
                                AND m.way = 'class_code')
                   OR EXISTS (SELECT 1 FROM study y JOIN lesson_segment g ON g.id = y.segment_id
                              JOIN lesson l ON l.id = g.lesson_id JOIN class_session s ON s.id = l.session_id
                              WHERE s.class_id = d.class_id AND y.person_id = n.person_id)
                 THEN 1 ELSE 0 END AS opened
        FROM phone_draw_entry n JOIN phone_draw d ON d.id = n.draw_id
        JOIN training_class t ON t.id = d.class_id
        WHERE t.ends_on >= :first_on AND t.starts_on <= :last_on AND t.state <> 'cancelled'
          AND n.outcome IN ('confirmed','doubted','unreachable') ORDER BY n.id"""
    for each in stream(session, sql, window):
        yield Contact(
            name(each.id),
            name(each.class_id),
            name(each.person_id),
            CONTACT_WORDS[each.outcome],
            int(each.opened),
        )
