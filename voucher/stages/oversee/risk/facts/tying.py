"""Facts of what ties trainees to a teacher (教师联系): a phone, contact, account, device or help.

That a teacher taught them ties nobody: every class has one.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session as Reading

from voucher.rules.risk.facts import Link
from voucher.stages.oversee.risk.facts import listing
from voucher.stages.oversee.risk.facts.asking import Window, name, stream

TEACHER = "teacher"
# who is filed as a teacher, or has an account that teaches; and whose vouchers are of the window
TEACHERS = """teachers AS (
    SELECT h.person_id AS id FROM filing_teacher h JOIN filing f ON f.id = h.filing_id
    WHERE f.state = 'accepted'
    UNION SELECT u.person_id FROM role_grant g JOIN user_account u ON u.id = g.user_id
    WHERE g.role = 'teacher' AND g.institution_id IS NOT NULL
      AND g.since <= :last_on AND (g.until IS NULL OR g.until >= :first_on))"""
HOLDERS = """holders AS (SELECT DISTINCT v.holder_person_id AS id FROM voucher v
    WHERE v.issued_at >= :since AND v.issued_at < :until)"""
WAYS = {
    "phone": """SELECT DISTINCT h.id AS person_id, t.id AS teacher FROM teachers t
        JOIN person q ON q.id = t.id JOIN person p ON p.mobile_index = q.mobile_index AND p.id <> q.id
        JOIN holders h ON h.id = p.id""",
    "device": """SELECT DISTINCT h.id AS person_id, t.id AS teacher FROM teachers t
        JOIN attendance_mark a ON a.person_id = t.id AND a.browser IS NOT NULL
        JOIN attendance_mark m ON m.browser = a.browser AND m.person_id <> t.id
            AND m.marked_at >= :since AND m.marked_at < :until
        JOIN holders h ON h.id = m.person_id""",
    "help": """SELECT DISTINCT h.id AS person_id, t.id AS teacher FROM teachers t
        JOIN acceptance a ON a.accepted_by_person_id = t.id AND a.person_id <> t.id
            AND a.accepted_at >= :since AND a.accepted_at < :until
        JOIN holders h ON h.id = a.person_id""",
    # a teacher with a voucher of the own stands in the circle, not beside it
    "self": "SELECT h.id AS person_id, t.id AS teacher FROM teachers t JOIN holders h ON h.id = t.id",
}


def read_teacher_links(session: Reading, window: Window) -> Iterator[Link]:
    """Yield who of the holders is tied to a teacher, once for each way; the value says which teacher."""
    for way, asked in WAYS.items():
        sql = f"WITH {TEACHERS}, {HOLDERS} {asked} ORDER BY teacher, person_id"
        for each in stream(session, sql, window):
            yield _tie(way, name(each.person_id), name(each.teacher))
    phones, accounts = _read_own(session, window)
    for link in listing.read_listed_links(session, window):
        known = phones if link.kind in ("phone", "contact") else accounts if link.kind == "account" else {}
        for teacher in known.get(link.value, ()):
            if teacher != link.person:
                yield _tie(link.id, link.person, teacher)


def _tie(way: str, person: str, teacher: str) -> Link:
    return Link(f"teacher-{way}-{person}-{teacher}", person, TEACHER, f"teacher-{teacher}")


def _read_own(session: Reading, window: Window) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the teachers by their own telephones, and by the accounts lists say are theirs."""
    sql = f"""WITH {TEACHERS} SELECT t.id, p.mobile_index
        FROM teachers t JOIN person p ON p.id = t.id ORDER BY t.id"""  # noqa: S608 — constants
    own = {name(each.id): each.mobile_index for each in stream(session, sql, window)}
    phones: dict[str, list[str]] = {}
    for teacher, phone in own.items():
        if phone is not None:
            phones.setdefault(phone[: listing.DIGEST], []).append(teacher)
    accounts: dict[str, list[str]] = {}
    for person, account in listing.read_listed_accounts(session, window):
        if person in own:
            accounts.setdefault(account, []).append(person)
    return phones, accounts
