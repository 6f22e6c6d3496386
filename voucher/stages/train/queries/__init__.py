"""What doors and later stages may ask about training; reads only."""

from __future__ import annotations

from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.places import Attendance, Completion, Enrolment, Redemption, Scan
from voucher.stages.train.queries.classes import (
    ClassView,
    find_classes,
    get_class,
    get_class_for,
    get_own_class_for,
    list_classes,
    view_classes,
)
from voucher.stages.train.queries.desk import (
    DeskCounters,
    count_to_review,
    desk_counters,
    list_taught_stopped,
    sessions_on,
)
from voucher.stages.train.queries.facts import (
    completion_of,
    completions_of,
    hours_of,
    list_attendance,
    list_completions,
)
from voucher.stages.train.queries.learning import (
    Lesson,
    OpenClass,
    OpenFilter,
    list_lessons,
    list_open_classes,
    list_open_kinds,
    list_stopped_classes,
    next_sessions,
)
from voucher.stages.train.queries.roster import (
    RosterRow,
    counters,
    list_scans,
    name_accepted,
    name_vouchers,
    roster,
)
from voucher.stages.train.queries.trained import (
    classes_of,
    list_passed,
    list_trained,
    select_class_day,
    select_examined_elsewhere,
)
from voucher.stages.train.reading import find_enrolment as enrolment_of
from voucher.stages.train.reading import find_redemption as redemption_of
from voucher.stages.train.reading import list_sessions

__all__ = [
    "Attendance",
    "ClassSession",
    "ClassView",
    "Completion",
    "DeskCounters",
    "Enrolment",
    "Lesson",
    "OpenClass",
    "OpenFilter",
    "Redemption",
    "RosterRow",
    "Scan",
    "TrainingClass",
    "classes_of",
    "completion_of",
    "completions_of",
    "count_to_review",
    "counters",
    "desk_counters",
    "enrolment_of",
    "find_classes",
    "get_class",
    "get_class_for",
    "get_own_class_for",
    "hours_of",
    "list_attendance",
    "list_classes",
    "list_completions",
    "list_lessons",
    "list_open_classes",
    "list_open_kinds",
    "list_passed",
    "list_scans",
    "list_sessions",
    "list_stopped_classes",
    "list_taught_stopped",
    "list_trained",
    "name_accepted",
    "name_vouchers",
    "next_sessions",
    "redemption_of",
    "roster",
    "select_class_day",
    "select_examined_elsewhere",
    "sessions_on",
    "view_classes",
]
