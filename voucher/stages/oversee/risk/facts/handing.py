"""Facts of other institutions' traces in a class: people, rooms, accounts; who was declared leaves none."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session as Reading

from voucher.rules.risk.facts import Outsider
from voucher.stages.oversee.risk.facts.asking import Window, name, stream

# the classes of a window, and who stood at their counters and doors
TAUGHT = """taught AS (
    SELECT t.id, t.institution_id, t.delivering_institution_id, t.place, t.starts_on, t.ends_on
    FROM training_class t WHERE t.ends_on >= :first_on AND t.starts_on <= :last_on
        AND t.state IN ('approved','running','signed_off','closed'))"""
HANDS = """hands AS (
    SELECT DISTINCT s.class_id, m.marked_by_person_id AS person_id
    FROM attendance_mark m JOIN class_session s ON s.id = m.session_id JOIN taught ON taught.id = s.class_id
    WHERE m.way <> 'class_code'
    UNION SELECT DISTINCT r.class_id, r.redeemed_by_person_id
    FROM redemption r JOIN taught ON taught.id = r.class_id WHERE r.reversed_at IS NULL
    UNION SELECT DISTINCT s.class_id, a.recorded_by_person_id
    FROM attendance a JOIN class_session s ON s.id = a.session_id JOIN taught ON taught.id = s.class_id)"""
BOUND = """bound AS (
    SELECT u.person_id, g.institution_id, g.since, g.until FROM role_grant g
    JOIN user_account u ON u.id = g.user_id WHERE g.institution_id IS NOT NULL
    UNION ALL SELECT person_id, institution_id, since, until FROM employment)"""
SITES = """sites AS (
    SELECT id AS class_id, place AS address FROM taught
    UNION SELECT k.id, z.address FROM taught k
    JOIN filing f ON f.institution_id = k.delivering_institution_id AND f.state = 'accepted'
    JOIN filing_room z ON z.filing_id = f.id AND z.name = k.place)"""
APART = "{other} NOT IN (t.institution_id, t.delivering_institution_id)"
TRACES = {
    "people": """JOIN hands h ON h.class_id = t.id JOIN bound o ON o.person_id = h.person_id
            AND o.since <= t.ends_on AND (o.until IS NULL OR o.until >= t.starts_on)""",
    "room": """JOIN sites x ON x.class_id = t.id JOIN filing_room y ON y.address = x.address
        JOIN filing o ON o.id = y.filing_id AND o.state = 'accepted'""",
    "payee": """JOIN payee_account a ON a.institution_id IN (t.institution_id, t.delivering_institution_id)
            AND a.replaced_at IS NULL AND a.confirmed_at IS NOT NULL
        JOIN payee_account o ON o.account_index = a.account_index AND o.replaced_at IS NULL
            AND o.confirmed_at IS NOT NULL""",
}
COUNTED = {"people": "h.person_id", "room": "y.id", "payee": "o.account_index"}


def read_outsiders(session: Reading, window: Window) -> Iterator[Outsider]:
    """Yield, per class and other institution, each kind of trace it left there."""
    for kind, joins in TRACES.items():
        sql = f"""WITH {TAUGHT}, {HANDS}, {BOUND}, {SITES}
            SELECT t.id, t.institution_id, o.institution_id AS other, count(DISTINCT {COUNTED[kind]}) AS times
            FROM taught t {joins}
            WHERE o.institution_id IS NOT NULL AND {APART.format(other="o.institution_id")}
            GROUP BY t.id, t.institution_id, o.institution_id ORDER BY t.id, o.institution_id"""  # noqa: S608 — constants
        for each in stream(session, sql, window):
            key = f"{each.id}-{each.other}-{kind}"
            yield Outsider(
                key, name(each.id), name(each.institution_id), name(each.other), kind, int(each.times)
            )
