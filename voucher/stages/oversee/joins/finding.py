"""Put a question: a list held against what was used, or the house's own rows held against each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from voucher.plumbing.clock import SHANGHAI, day_of
from voucher.rules.joins import (
    LIST_NAMES,
    JoinKind,
    Listed,
    ListKind,
    speaks_of,
    tell_burst,
    tell_listed,
    tell_overlap,
    tell_shared,
)
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.facts import Link
from voucher.rules.risk.findings import Thresholds, tell
from voucher.rules.risk.money import find_bursts
from voucher.rules.risk.people import find_shared_links
from voucher.stages.oversee.joins.using import (
    NUMBERS,
    USED,
    Scope,
    ask,
    days_of,
    name_vouchers,
    rows_of,
    used_of,
)
from voucher.stages.oversee.risk.facts.paying import read_claims
from voucher.stages.oversee.risk.naming import name_tokens

WORD = 16  # so much of a digest tells links apart
# what stands of a presence: a revision that says of no hours takes back the one before
STANDS = """
    a.hours > 0 AND a.revision = (SELECT max(b.revision) FROM attendance b
                                  WHERE b.session_id = a.session_id AND b.voucher_id = a.voucher_id)
"""
PRESENT = f"""
    SELECT a.person_id, a.voucher_id, s.class_id, s.id AS session_id, s.starts_at, s.ends_at, t.name,
        i.name AS house
    FROM attendance a JOIN class_session s ON s.id = a.session_id
    JOIN training_class t ON t.id = s.class_id JOIN institution i ON i.id = t.institution_id
    WHERE s.starts_at >= :since AND s.starts_at < :until AND {STANDS}
"""  # noqa: S608 — words of our own


@dataclass(frozen=True, slots=True)
class Part:
    """One claim of a hit that is about several; amounts in fen."""

    claim_id: int
    person_id: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found, as it is kept; `parts` are its claims where it is about several."""

    person_id: int | None
    voucher_id: int | None
    claim_id: int | None
    institution_id: int | None
    amount_fen: int
    sentence: str
    rows: tuple[Mapping[str, str], ...]
    parts: tuple[Part, ...] = ()


def find_hits(session: Session, kind: JoinKind, scope: Scope, most: Thresholds) -> list[Hit]:
    """Return what a question finds, by person, voucher and claim; the same again finds the same."""
    ways: dict[JoinKind, Callable[[], Iterator[Hit]]] = {
        JoinKind.SHARED: lambda: _find_shared(session, scope, most),
        JoinKind.OVERLAP: lambda: _find_overlaps(session, scope),
        JoinKind.BURST: lambda: _find_bursts(session, scope, most),
    }
    found = list(ways.get(kind, lambda: _find_listed(session, kind, ListKind(str(kind)), scope))())
    return sorted(
        found, key=lambda each: (each.person_id or 0, each.voucher_id or 0, each.claim_id or 0, each.sentence)
    )


def _hit(row: Any, sentence: str, rows: list[dict[str, str]]) -> Hit:
    return Hit(
        row.person_id, row.voucher_id, row.claim_id, row.institution_id, row.amount_fen, sentence, tuple(rows)
    )


def _find_listed(session: Session, kind: JoinKind, list_kind: ListKind, scope: Scope) -> Iterator[Hit]:
    """Yield what a list of people speaks against."""
    sql = f"""WITH used AS ({USED}), numbers AS ({NUMBERS})
        SELECT u.*, w.line, w.since AS list_since, w.until AS list_until,
            w.name_index AS listed_name, n.name_index,
            (SELECT max(s.starts_at) FROM attendance a JOIN class_session s ON s.id = a.session_id
             WHERE a.voucher_id = u.voucher_id AND {STANDS}) AS last_present_at
        FROM audit_list_row w JOIN numbers n ON n.blind_index = w.blind_index
        JOIN used u ON u.person_id = n.person_id
        WHERE w.list_id = :list_id"""  # noqa: S608 — constants
    rows = []
    for row in ask(session, scope, sql):
        first, last = days_of(row)
        present = None if row.last_present_at is None else day_of(row.last_present_at)
        listed = Listed(
            row.line, row.list_since, row.list_until,
            row.listed_name is not None and row.listed_name != row.name_index,
        )  # fmt: skip
        if speaks_of(kind, listed, first, last, present):
            rows.append((row, listed))
    numbers = name_vouchers(session, [row.voucher_id for row, _ in rows if row.voucher_id is not None])
    name = LIST_NAMES[list_kind]
    for row, listed in rows:
        behind = [{"table": name, "key": f"第 {listed.line} 行"}, *rows_of(row, numbers)]
        yield _hit(row, tell_listed(kind, name, listed, used_of(row)), behind)


def _read_used(session: Session, scope: Scope) -> dict[int, list[Any]]:
    """Return what was used in the span by person."""
    used: dict[int, list[Any]] = defaultdict(list)
    for row in ask(session, scope, USED):
        used[row.person_id].append(row)
    return used


def _find_shared(session: Session, scope: Scope, most: Thresholds) -> Iterator[Hit]:
    """Yield the people who share an account or a phone and are no family, by the house and by the list."""
    used = _read_used(session, scope)
    links = [
        Link(f"{each.kind}-{each.person_id}-{each.value[:WORD]}", str(each.person_id), each.kind,
             each.value[:WORD], str(used[each.person_id][0].institution_id))
        for each in _read_links(session, scope)
        if each.person_id in used
    ]  # fmt: skip
    links += [
        Link(f"family-{each.id}-{person}", str(person), "family", str(each.helper_person_id))
        for each in ask(
            session,
            scope,
            "SELECT c.id, c.principal_person_id, c.helper_person_id FROM consent c "
            "WHERE c.way <> 'counter' ORDER BY c.id",
        )
        for person in (each.principal_person_id, each.helper_person_id)
    ]
    unique = {each.id: each for each in links}
    numbers = name_vouchers(
        session, [row.voucher_id for rows in used.values() for row in rows if row.voucher_id is not None]
    )
    for finding in find_shared_links(Facts(links=tuple(unique.values())), most):
        said = tell(finding.words, name_tokens(session, [finding.words]))
        for person in finding.people:
            others = len(finding.people) - 1
            for row in used[int(person)]:
                behind = [{"table": "联系", "key": f"{finding.subject}，另有 {others} 人"}]
                behind += rows_of(row, numbers)
                yield _hit(row, tell_shared(said, used_of(row)), behind)


def _read_links(session: Session, scope: Scope) -> Iterator[Any]:
    yield from ask(
        session, scope,
        "SELECT p.id AS person_id, 'phone' AS kind, p.mobile_index AS value FROM person p "
        "WHERE p.mobile_index IS NOT NULL ORDER BY p.id",
    )  # fmt: skip
    if scope.list_id is None:
        return
    for kind, column in (("account", "account_index"), ("phone", "mobile_index")):
        yield from ask(
            session, scope,
            f"WITH numbers AS ({NUMBERS}) SELECT DISTINCT n.person_id, '{kind}' AS kind, "  # noqa: S608 — constants
            f"w.{column} AS value FROM audit_list_row w JOIN numbers n ON n.blind_index = w.blind_index "
            f"WHERE w.list_id = :list_id AND w.{column} IS NOT NULL ORDER BY n.person_id, w.{column}",
        )  # fmt: skip


def _find_overlaps(session: Session, scope: Scope) -> Iterator[Hit]:
    """Yield who was present at two places at one time, and who trained elsewhere meanwhile."""
    if scope.list_id is not None:
        yield from _find_listed(session, JoinKind.OVERLAP, ListKind.ELSEWHERE, scope)
    sql = f"""WITH present AS ({PRESENT})
        SELECT x.person_id, x.voucher_id, y.voucher_id AS other_voucher_id, x.name AS class_name, x.house,
            y.name AS other_name, y.house AS other_house, x.class_id, y.class_id AS other_class_id,
            x.starts_at, x.ends_at, y.starts_at AS other_starts_at, y.ends_at AS other_ends_at
        FROM present x JOIN present y ON y.person_id = x.person_id AND y.class_id > x.class_id
            AND y.starts_at < x.ends_at AND x.starts_at < y.ends_at
        ORDER BY x.person_id, x.class_id, y.class_id, x.starts_at, y.starts_at"""  # noqa: S608 — constants
    pairs: dict[tuple[int, int, int], list[Any]] = defaultdict(list)
    for row in ask(session, scope, sql):
        pairs[row.person_id, row.class_id, row.other_class_id].append(row)
    if not pairs:
        return
    used = _read_used(session, scope)
    numbers = name_vouchers(
        session, [each for rows in pairs.values() for each in (rows[0].voucher_id, rows[0].other_voucher_id)]
    )
    for (person, _, _), rows in pairs.items():
        one = rows[0]
        first = f"{one.house}“{one.class_name}”{_time(one.starts_at, one.ends_at)}"
        second = f"{one.other_house}“{one.other_name}”{_time(one.other_starts_at, one.other_ends_at)}"
        for row in used.get(person, ()):
            if row.voucher_id in (one.voucher_id, one.other_voucher_id):
                behind = [{"table": "班级", "key": f"{one.class_id} {one.class_name}"},
                          {"table": "班级", "key": f"{one.other_class_id} {one.other_name}"}]  # fmt: skip
                behind += [each for each in rows_of(row, numbers) if each["table"] != "班级"]
                yield _hit(row, tell_overlap(first, second, len(rows), used_of(row)), behind)


def _time(starts_at: Any, ends_at: Any) -> str:
    begun, ended = starts_at.astimezone(SHANGHAI), ends_at.astimezone(SHANGHAI)
    return f"（{begun:%Y-%m-%d %H:%M} 至 {ended:%H:%M}）"


def _find_bursts(session: Session, scope: Scope, most: Thresholds) -> Iterator[Hit]:
    """Yield the institutions whose claims came in bursts, each claim of the burst among the rows."""
    mine = {row.claim_id: row for rows in _read_used(session, scope).values() for row in rows if row.claim_id}
    claims = tuple(each for each in read_claims(session, scope.window) if int(each.id) in mine)
    for finding in find_bursts(Facts(claims=claims), most):
        said = tell(finding.words, name_tokens(session, [finding.words]))
        rows = [mine[int(key)] for table, key in finding.rows if table == "claims"]
        if not rows:
            continue
        behind = [
            {"table": "申领", "key": each["key"]}
            for row in rows
            for each in rows_of(row, {})
            if each["table"] == "申领"
        ]
        house = rows[0].institution_id if len({each.institution_id for each in rows}) == 1 else None
        total = sum(each.amount_fen for each in rows)
        parts = tuple(Part(each.claim_id, each.person_id, each.amount_fen) for each in rows)
        yield Hit(None, None, None, house, total, tell_burst(said), tuple(behind), parts)
