"""Facts of lists brought along for the yearly questions (审计名单): one import serves both.

A list speaks of people with a claim or a voucher where it was brought along, or below. A line whose name is
not the registered one may speak of somebody else: the questions tell of it, the rules are silent; so are
those that hold money of a line without a name. What a list does not date holds on the day it was drawn up;
death and a pension hold from then on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import column, table
from sqlalchemy.orm import Session as Reading

from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.rules.joins import FOR_GOOD, LIST_NAMES, ListKind
from voucher.rules.outside import GROUP_FACTS, STUDENT_GROUPS, FactKind
from voucher.rules.risk.facts import Backflow, History, Link, OutsideFact
from voucher.stages.oversee.risk.facts.asking import Window, day, midnight, name, stream

# the lists as the rules read them: the questions, whose rows they are, look at the rules and never back
LISTS = table(
    "audit_list",
    column("id", Int64),
    column("kind", Text),
    column("region_code", Text),
    column("imported_at", UtcTime),
    column("imported_by_person_id", Int64),
    column("forgotten_at", UtcTime),
    column("withdrawn_at", UtcTime),
)
# a person is reached by the present number and by every one had before
NUMBERS = """
    SELECT p.id AS person_id, p.blind_index, p.name_index FROM person p
    UNION ALL
    SELECT p.id, f.blind_index, p.name_index FROM former_number f
    JOIN person p ON p.blind_index = f.present_index WHERE f.ended_at IS NULL
"""
DIGEST = 16
# what the number of a fact begins with that a list says, then the list's own
LISTED = "list-"
OUTSIDE_KINDS: dict[ListKind, str] = {
    ListKind.DECEASED: "deceased",
    ListKind.PENSION: "pension",
    ListKind.STUDENT: "student",
    ListKind.CUSTODY: "custody",
    ListKind.INSURED: "employed",
}
PAID_KINDS: dict[ListKind, str] = {ListKind.CERTIFICATE: "certificate", ListKind.PAID: ""}
LINKED = {"account": "account_index", "phone": "mobile_index", "address": "address_index",
          "contact": "contact_index"}  # fmt: skip
DAYS = ("since", "until", "as_of")
# vouchers for students bar no student, and only those for the unemployed alone bar who is employed
OF_STUDENTS = f"""EXISTS (SELECT 1 FROM programme_group g WHERE g.programme_id = v.programme_id
    AND g.group_code IN ({",".join(repr(each) for each in sorted(STUDENT_GROUPS))}))"""  # noqa: S608 — constants
UNEMPLOYED = repr(GROUP_FACTS[FactKind.EMPLOYMENT])
OF_UNEMPLOYED = f"""EXISTS (SELECT 1 FROM programme_group g WHERE g.programme_id = v.programme_id)
    AND NOT EXISTS (SELECT 1 FROM programme_group g WHERE g.programme_id = v.programme_id
                    AND g.group_code <> {UNEMPLOYED})"""  # noqa: S608 — constants
BARRED = f"(l.kind <> 'student' OR NOT {OF_STUDENTS}) AND (l.kind <> 'insured' OR ({OF_UNEMPLOYED}))"
# claim by claim: what bars one of somebody's claims need not bar the other
OF_CLAIMS = """JOIN claim c ON c.person_id = n.person_id AND c.filed_at >= :since AND c.filed_at < :until
        AND c.region_code IN (SELECT w.code FROM within w WHERE w.list_id = l.id)
    LEFT JOIN voucher v ON v.id = c.voucher_id"""
HELD = """SELECT 1 FROM voucher v WHERE v.holder_person_id = n.person_id
    AND v.region_code IN (SELECT w.code FROM within w WHERE w.list_id = l.id)"""
HOLDS = f"EXISTS ({HELD})"
TAKES = f"EXISTS ({HELD} AND v.issued_at >= :since AND v.issued_at < :until)"
DATED = f"{HOLDS} AND x.since >= :first_on AND x.since <= :last_on"
# an officer who found out since that it is not so is believed: of who is said to be insured at work, that
# the person is registered as unemployed
DENIED = """EXISTS (SELECT 1 FROM outside_answer a WHERE a.person_id = n.person_id
    AND a.told_at >= l.imported_at AND a.verified_by_person_id IS NOT NULL
    AND ((a.kind = l.kind AND a.held = 0)
         OR (l.kind = 'insured' AND a.kind = 'employment' AND a.held = 1)))"""
# a number without a name may be somebody else's: what holds money takes no line that does not name its person
NAMED = "x.name_index IS NOT NULL"


def _ask_of_claims(
    session: Reading, window: Window, kinds: Sequence[ListKind], condition: str
) -> Iterator[Any]:
    """Yield the lines that name their person, once for each claim they speak of."""
    return _ask(session, window, kinds, f"{NAMED} AND {condition}", OF_CLAIMS, "c.id")


def number_list(region_code: str, list_id: int) -> str:
    """Return the number by which people quote a list, e.g. MD-410000-0012."""
    return f"MD-{region_code}-{list_id:04d}"


def _ask(
    session: Reading,
    window: Window,
    kinds: Sequence[ListKind],
    condition: str,
    joined: str = "",
    claim: str = "NULL",
) -> Iterator[Any]:
    """Yield the lines of standing lists of some kinds that speak of our people, oldest list first."""
    listed = ",".join(repr(str(each)) for each in kinds)
    sql = f"""WITH RECURSIVE within AS (
            SELECT l.id AS list_id, l.region_code AS code FROM audit_list l
            WHERE l.forgotten_at IS NULL AND l.withdrawn_at IS NULL AND l.keep_until >= :last_on
                AND l.kind IN ({listed})
            UNION ALL SELECT w.list_id, r.code FROM within w JOIN region r ON r.parent_code = w.code
        ), numbers AS ({NUMBERS})
        SELECT l.id AS list_id, l.kind, l.as_of, l.source, x.line, n.person_id, x.since, x.until,
            x.account_index, x.mobile_index, x.address_index, x.contact_index, x.trade_code, x.level,
            x.subsidy, x.amount_fen, x.answers, {claim} AS claim_id,
            (SELECT i.id FROM institution i WHERE i.code = x.house_code) AS institution_id
        FROM audit_list l JOIN audit_list_row x ON x.list_id = l.id
        JOIN numbers n ON n.blind_index = x.blind_index
            AND (x.name_index IS NULL OR x.name_index = n.name_index)
        {joined}
        WHERE l.id IN (SELECT w.list_id FROM within w) AND {condition}
        ORDER BY l.id, x.line, n.person_id, claim_id"""  # noqa: S608 — words of our own
    yield from stream(session, sql, window, days=DAYS)


def _id_of(row: Any) -> str:
    found = f"{LISTED}{row.list_id}-{row.line}-{row.person_id}"
    return found if row.claim_id is None else f"{found}-{row.claim_id}"


def read_listed_outside(session: Reading, window: Window) -> Iterator[OutsideFact]:
    """Yield what excludes by a list brought along, of the people who claim, claim by claim."""
    for row in _ask_of_claims(session, window, tuple(OUTSIDE_KINDS), f"{BARRED} AND NOT {DENIED}"):
        kind = ListKind(row.kind)
        since, until = _span(kind, row)
        yield OutsideFact(
            _id_of(row), name(row.person_id), OUTSIDE_KINDS[kind], day(since) or 0, day(until),
            name(row.claim_id), row.source,
        )  # fmt: skip


def _span(kind: ListKind, row: Any) -> tuple[date, date | None]:
    """Return from when to when a line holds, as far as it says."""
    since: date = row.since or row.as_of
    until: date | None = row.until
    if until is None and kind not in FOR_GOOD:
        until = max(since, row.as_of)
    return since, until


def read_listed_history(session: Reading, window: Window) -> Iterator[History]:
    """Yield subsidies paid elsewhere and certificates had before, of the people who claim, claim by claim."""
    for row in _ask_of_claims(session, window, tuple(PAID_KINDS), "TRUE"):
        kind = ListKind(row.kind)
        yield History(
            _id_of(row), name(row.person_id), PAID_KINDS[kind] or row.subsidy, row.trade_code,
            str(row.level), day(row.since) or 0, f"{row.source}（{LIST_NAMES[kind]}）",
            name(row.claim_id),
        )  # fmt: skip


def read_listed_links(session: Reading, window: Window) -> Iterator[Link]:
    """Yield accounts, phones, addresses and contacts of a list, of the people who hold a voucher."""
    for row in _ask(session, window, (ListKind.CONTACTS,), TAKES):
        for kind, place in LINKED.items():
            value = getattr(row, place)
            if value is not None:
                yield Link(f"{kind}-{_id_of(row)}", name(row.person_id), kind, value[:DIGEST])


def read_listed_accounts(session: Reading, window: Window) -> Iterator[tuple[str, str]]:
    """Yield whose an account is by a list, whether they hold a voucher or not: person and digest."""
    for row in _ask(session, window, (ListKind.CONTACTS,), "x.account_index IS NOT NULL"):
        yield name(row.person_id), row.account_index[:DIGEST]


def read_backflows(session: Reading, window: Window) -> Iterator[Backflow]:
    """Yield what people who hold a voucher paid to institutions or recruiters, by a list, in a window."""
    for row in _ask(session, window, (ListKind.BACKFLOW,), DATED):
        yield Backflow(
            _id_of(row), name(row.person_id), name(row.institution_id), row.amount_fen, midnight(row.since)
        )


def read_answers(session: Reading, window: Window) -> dict[tuple[int, str, int, date], tuple[str, str]]:
    """Return answers of a window by person, occupation, level and day of exam, each with their line.

    The newest list counts.
    """
    return {
        (row.person_id, row.trade_code, row.level, row.since): (row.answers, _id_of(row))
        for row in _ask(session, window, (ListKind.ANSWERS,), DATED)
    }
