"""Facts of training: classes, sessions, places, sign-ins, online lessons, recall calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy.orm import Session as Reading

from voucher.plumbing.secrets import Keyring
from voucher.registry.people import name_index_of
from voucher.rules.actor import Role
from voucher.rules.classes import Slot
from voucher.rules.errors import Refused
from voucher.rules.lessons import is_heard_throughout
from voucher.rules.names import normalise_name
from voucher.rules.risk.facts import Contact, Mark, Place, Session, Study, TrainingClass
from voucher.rules.risk.measures import DAY_SECONDS, share_bp
from voucher.stages.oversee.risk.facts.asking import Window, day, midnight, name, seconds, stream
from voucher.stages.train.queries.positions import NOWHERE, read_positions

# whom institutions have filed as teachers, and who has had a teacher's account there that was open
FILED = """SELECT DISTINCT f.institution_id, p.name_index, p.id
    FROM filing_teacher h JOIN filing f ON f.id = h.filing_id JOIN person p ON p.id = h.person_id
    WHERE f.state = 'accepted' ORDER BY f.institution_id, p.id"""
HIRED = f"""SELECT DISTINCT g.institution_id, p.name_index, p.id
    FROM role_grant g JOIN user_account u ON u.id = g.user_id JOIN person p ON p.id = u.person_id
    WHERE g.institution_id IS NOT NULL AND g.role = '{Role.TEACHER}'
      AND (u.disabled_at IS NULL OR u.disabled_at >= :since)
      AND g.since <= :last_on AND (g.until IS NULL OR g.until >= :first_on)
    ORDER BY g.institution_id, p.id"""  # noqa: S608 — constants
CONTACT_WORDS = {"confirmed": "confirmed", "doubted": "denied", "unreachable": "silent"}


def read_classes(session: Reading, window: Window) -> Iterator[TrainingClass]:
    """Yield the classes taught in a window."""
    sql = """SELECT t.id, t.institution_id, t.trade_code, t.level, t.capacity, t.starts_on, t.ends_on,
            s.is_in_scope, s.since
        FROM training_class t LEFT JOIN class_scope s ON s.class_id = t.id
        WHERE t.ends_on >= :first_on AND t.starts_on <= :last_on AND t.state <> 'cancelled'
        ORDER BY t.id"""
    for each in stream(session, sql, window, days=("starts_on", "ends_on", "since")):
        is_in = None if each.is_in_scope is None else int(each.is_in_scope)
        yield TrainingClass(
            name(each.id), name(each.institution_id), each.trade_code, str(each.level), each.capacity, is_in,
            midnight(each.starts_on), midnight(each.ends_on) + DAY_SECONDS - 1,
            day(each.since) if is_in == 0 else None,
        )  # fmt: skip


def read_sessions(session: Reading, window: Window, keyring: Keyring) -> Iterator[Session]:
    """Yield the sessions of those classes; a teacher filed by the institution is one person wherever.

    The timetable holds a typed name: it is whoever of that name the institution that teaches has filed, or
    has given a teacher's account, where that is one; where `class_teacher_known` asks for it nobody else may
    be named. What was typed without that is known by institution and name. A session without a teacher of
    its own is taught by that of its class.
    """
    filed, hired = _read_teachers(session, window, FILED), _read_teachers(session, window, HIRED)
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
            whom = (taught_by, name_index_of(keyring, spelt)) if spelt else (taught_by, "")
            people = filed.get(whom) or hired.get(whom) or set()
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


def _read_teachers(session: Reading, window: Window, sql: str) -> dict[tuple[int, str], set[str]]:
    """Return who teaches at institutions, by institution and name."""
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


def read_marks(session: Reading, window: Window, keyring: Keyring) -> Iterator[Mark]:
    """Yield sign-ins and sign-outs by phone or scanner in order; what staff typed has no moment.

    A position is known where the policy asks for it and its days are not over.
    """
    positions = read_positions(session, keyring, window.since, window.until)
    sql = """SELECT m.id, m.session_id, s.class_id, m.person_id, m.direction, m.way, m.browser,
            m.marked_by_person_id, m.marked_at, m.distance_m, m.accuracy_m
        FROM attendance_mark m JOIN class_session s ON s.id = m.session_id
        WHERE m.marked_at >= :since AND m.marked_at < :until AND m.way <> 'typed'
        ORDER BY m.marked_at, m.id"""
    for each in stream(session, sql, window, moments=("marked_at",)):
        is_own, at = each.way == "class_code", positions.get(each.id, NOWHERE)
        yield Mark(
            name(each.id), name(each.session_id), name(each.class_id), name(each.person_id), each.direction,
            each.browser if is_own else f"staff-{each.marked_by_person_id}", int(not is_own),
            seconds(each.marked_at) or 0, at.latitude_e6, at.longitude_e6, each.accuracy_m, each.distance_m,
            at.is_mocked,
        )  # fmt: skip


def read_studies(session: Reading, window: Window) -> Iterator[Study]:
    """Yield the segments of online lessons played to their end.

    A page that said nothing, or fell silent on the way, is not one that saw nobody.
    """
    sql = """SELECT y.id, y.person_id, s.class_id, y.segment_id, g.minutes, y.started_at, y.ended_at,
            f.open_minutes + f.acts AS seen, f.first_heard_at, f.heard_at, f.ticks
        FROM study y LEFT JOIN study_focus f ON f.study_id = y.id
        JOIN lesson_segment g ON g.id = y.segment_id JOIN lesson l ON l.id = g.lesson_id
        JOIN class_session s ON s.id = l.session_id
        WHERE y.ended_at IS NOT NULL AND y.started_at >= :since AND y.started_at < :until ORDER BY y.id"""
    moments = ("started_at", "ended_at", "first_heard_at", "heard_at")
    for each in stream(session, sql, window, moments=moments):
        began, ended = seconds(each.started_at) or 0, seconds(each.ended_at) or 0
        is_heard = each.ticks is not None and is_heard_throughout(
            Slot(each.started_at, each.ended_at), Slot(each.first_heard_at, each.heard_at), each.ticks
        )
        yield Study(
            name(each.id), name(each.person_id), name(each.class_id), name(each.segment_id),
            each.minutes * 60, ended - began, each.seen if is_heard else None, began,
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
