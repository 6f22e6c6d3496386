"""The words of the access matrix: who may reach a route, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from voucher.rules.actor import Role


class Entry(StrEnum):
    """Routes that ask for no role."""

    PUBLIC = "public"
    HALF_WAY = "half_way"  # the password has been given; the second factor or a new password is due
    SIGNED_IN = "signed_in"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may reach one route; `uploads` where a body may be as large as a file."""

    who: frozenset[Role] | Entry
    note: str
    uploads: bool = False


PUBLIC = Entry.PUBLIC
HALF_WAY = Entry.HALF_WAY
SIGNED_IN = Entry.SIGNED_IN

OPERATORS = frozenset({Role.OPERATOR})
OFFICERS = frozenset({Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE})
MAKERS = frozenset({Role.FINANCE_MAKER})
FINANCE = frozenset({Role.FINANCE_APPROVER, Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.FINANCE_RELEASER})
WATCHERS = frozenset({Role.SUPERVISOR, Role.AUDITOR})
DESK = OPERATORS | OFFICERS | FINANCE | WATCHERS  # whoever may look at business data
INSTITUTION_DESK = frozenset({Role.INSTITUTION_ADMIN, Role.REGISTRAR})
INSTITUTION_COUNTER = INSTITUTION_DESK | {Role.SCANNER}
INSTITUTION_ROOM = INSTITUTION_DESK | {Role.TEACHER}
INSTITUTION_STAFF = INSTITUTION_COUNTER | INSTITUTION_ROOM
EVALUATOR_STAFF = frozenset({Role.EVALUATOR_ADMIN, Role.EXAMINER, Role.SCORE_CLERK})
WORKERS = frozenset({Role.WORKER})
PAYEE_STAFF = INSTITUTION_DESK | {Role.EVALUATOR_ADMIN}  # whoever files and collects for an institution
PAYEE_HANDS = PAYEE_STAFF | {Role.SCORE_CLERK}  # whoever may be the second person about its account
