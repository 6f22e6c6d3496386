"""What a planted sin is: what to write, which tables to strip of their guards, and who refuses it.

`refused` says that the database alone refuses the sin; where it does not, the query is the only guard.
"""

from __future__ import annotations

from dataclasses import dataclass

AT = "'2024-06-01T00:00:00.000000Z'"
SOMEBODY = "(SELECT MAX(id) FROM person)"
APPROVED = "(SELECT MIN(id) FROM claim WHERE state = 'approved')"
PAID = "(SELECT MIN(id) FROM claim WHERE state = 'paid')"


@dataclass(frozen=True, slots=True)
class Plant:
    """Statements that break the invariant of this number and title."""

    number: int
    title: str
    statements: tuple[str, ...]
    bare: tuple[str, ...] = ()
    refused: bool = False


def transfer(act: str, source: str, target: str, claim: str = "NULL", budget: str = "MIN(budget_id)") -> str:
    """Return a movement between two accounts of one budget that nobody booked on the balances."""
    fund = f"(SELECT {budget} FROM account)"
    line = "project_id, institution_id" if claim != "NULL" else "NULL, NULL"
    origin = f"FROM claim WHERE id = {claim}" if claim != "NULL" else ""
    return f"""
        INSERT INTO transfer (from_account_id, to_account_id, amount_fen, act, claim_id, project_id,
                              institution_id, actor_person_id, at)
        SELECT (SELECT id FROM account WHERE role = '{source}' AND budget_id = {fund}),
               (SELECT id FROM account WHERE role = '{target}' AND budget_id = {fund}),
               1, '{act}', {claim}, {line}, 1, {AT} {origin}
    """


def offset(payment_state: str) -> str:
    """Return an offset of a payment in this state against a receivable that is met, which nobody planned."""
    return f"""
        INSERT INTO payment_offset (payment_id, clawback_id, institution_id, amount_fen)
        SELECT MIN(p.id), k.id, k.institution_id, 1 FROM clawback k
        JOIN payment p ON p.institution_id = k.institution_id AND p.state = '{payment_state}'
        WHERE k.state = 'met' GROUP BY k.id, k.institution_id
    """


def answered(first: str, second: str, claim: str = APPROVED, hold: str = "NULL") -> str:
    """Return what the person of a claim said of it, answered by one, confirmed by another; NULL by nobody."""
    upheld, answered_at = ("NULL", "NULL") if first == "NULL" else ("0", AT)
    confirmed_at = "NULL" if second == "NULL" else AT
    return f"""
        INSERT INTO claim_denial (id, claim_id, person_id, problem, opened_at, hold_id, upheld,
                                  answered_by_person_id, answered_at, confirmed_by_person_id, confirmed_at)
        SELECT 900001, id, person_id, 'not_me', {AT}, {hold}, {upheld}, ({first}), {answered_at},
               ({second}), {confirmed_at}
        FROM claim WHERE id = {claim}
    """


def event(object_id: str, seq: int, previous: str, from_state: str, name: str, to_state: str) -> str:
    """Return an event of a claim written past the one writer of state."""
    return f"""
        INSERT INTO state_event (id, thing, object_id, seq, previous_seq, from_state, event, to_state, at,
                                 actor_user_id, actor_person_id)
        SELECT 900001, 'claim', {object_id}, {seq}, {previous}, '{from_state}', '{name}', '{to_state}', {AT},
               1, 1
    """
