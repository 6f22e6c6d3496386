"""Sins against the guards of money that comes back: told by a bank, met by a payment, stayed by two."""

from __future__ import annotations

from collections.abc import Mapping

from tests.stages.oversee.sins import NOBODY, Sin, change, copy

NEW = {"source_sha256": "'new'", "bank_reference": "'new'"}
OPEN = {
    **NEW,
    "decision": "NULL",
    "decided_by_person_id": "NULL",
    "decided_at": "NULL",
    "applied_fen": "NULL",
}


def insert(table: str, values: Mapping[str, object], source: str) -> str:
    """Return the statement that writes one row of a table no act of the town has written."""
    columns, taken = ", ".join(values), ", ".join(str(each) for each in values.values())
    return f"INSERT INTO {table} ({columns}) SELECT {taken} FROM {source} ORDER BY 1, 2 LIMIT 1"


def credit(guard: str, **changed: object) -> Sin:
    """Return a sin that tells a credit, which nobody has decided about, once more."""
    return copy("bank_credit", guard, **{**OPEN, **changed})


def decided(guard: str, **changed: object) -> Sin:
    """Return a sin that tells a booked credit once more."""
    return copy("bank_credit", guard, **{**NEW, **changed})


STAY = {
    "id": 900_001,
    "clawback_id": "c.id",
    "stays": 1,
    "why": "'分期'",
    "asked_by_person_id": "(SELECT MIN(id) FROM person)",
    "asked_at": "c.opened_at",
}
AGREED = {"agreed_by_person_id": "(SELECT MAX(id) FROM person)", "agreed_at": "c.opened_at"}


def stay(guard: str, *more: str, **changed: object) -> Sin:
    """Return a sin that keeps the oldest receivable out of offsets, and what is done to that row after it."""
    return Sin(guard, "offset_stay", (insert("offset_stay", {**STAY, **changed}, "clawback c"), *more))


def offset(guard: str, *more: str, payee: str = "=", **changed: object) -> Sin:
    """Return a sin that has a payment meet a receivable, of the same payee or of another."""
    row = {"payment_id": "p.id", "clawback_id": "c.id", "institution_id": "c.institution_id", "amount_fen": 1}
    pairs = f"payment p JOIN clawback c ON p.institution_id {payee} c.institution_id"
    return Sin(guard, "payment_offset", (insert("payment_offset", {**row, **changed}, pairs), *more))


def met_by_payment(serial: int) -> str:
    """Return the statement that has the first payment meet the first receivable."""
    row = copy("repayment", "", id=serial, way="'offset'", payment_id="(SELECT MIN(id) FROM payment)")
    return row.statements[0]


CREDITS = (
    decided("uq_bank_credit_reference", bank_reference="bank_reference"),
    decided("uq_bank_credit_source_sha256_line", source_sha256="source_sha256"),
    decided("ck_bank_credit_decision", decision="'perhaps'"),
    decided("ck_bank_credit_two_people", decided_by_person_id="proposed_by_person_id"),
    decided("ck_bank_credit_booked_on_a_receivable", applied_fen="NULL"),
    decided("ck_bank_credit_applied", applied_fen="amount_fen + 1"),
    decided("ck_bank_credit_set_aside_with_words", decision="'set_aside'", clawback_id="NULL",
            problem="'对不上'", applied_fen="NULL"),
    credit("ck_bank_credit_amount_above_zero", amount_fen=0),
    credit("ck_bank_credit_matched_or_why_not", problem="'对不上'"),
    credit("ck_bank_credit_decided_by_somebody", decided_at="decided_at"),
    credit("fk_bank_credit_clawback_id", clawback_id=NOBODY),
    credit("fk_bank_credit_region_code", region_code="'000000'"),
    credit("fk_bank_credit_proposed_by_person_id", proposed_by_person_id=NOBODY),
    decided("fk_bank_credit_decided_by_person_id", decided_by_person_id=NOBODY),
    credit("a bank_credit stands with one proposal", note="'货款'"),
    Sin("bank_credit rows are never deleted", "bank_credit", ("DELETE FROM bank_credit",)),
    change("bank_credit", "another_why = 'another'", "what two people decided stays"),
    Sin("what the bank said never changes", "bank_credit", (
        *credit("").statements, "UPDATE bank_credit SET amount_fen = 1 WHERE bank_reference = 'new'")),
)  # fmt: skip
STAYS = (
    stay("ck_offset_stay_why", why="''"),
    stay("ck_offset_stay_agreed_by_somebody", agreed_at="c.opened_at"),
    stay("ck_offset_stay_two_people", **{**AGREED, "agreed_by_person_id": STAY["asked_by_person_id"]}),
    stay("uq_offset_stay_open", insert("offset_stay", {**STAY, "id": 900_002}, "clawback c")),
    stay("fk_offset_stay_clawback_id", clawback_id=NOBODY),
    stay("fk_offset_stay_asked_by_person_id", asked_by_person_id=NOBODY),
    stay("fk_offset_stay_agreed_by_person_id", **{**AGREED, "agreed_by_person_id": NOBODY}),
    stay("offset_stay rows are never deleted", "DELETE FROM offset_stay"),
    stay("what two people agreed on stays", "UPDATE offset_stay SET why = 'another'", **AGREED),
)
OFFSETS = (
    offset("ck_payment_offset_amount_above_zero", amount_fen=0),
    offset("pk_payment_offset", offset("").statements[0]),
    offset("fk_payment_offset_payment", payee="<>"),
    offset("fk_payment_offset_clawback", payee="<>", institution_id="p.institution_id"),
    offset("payment_offset is append only", "UPDATE payment_offset SET amount_fen = 2"),
    change("clawback", "planned_fen = 1, amount_fen = amount_fen + 1", "ck_clawback_planned_while_open",
           "state = 'met'"),
    Sin("uq_repayment_offset", "repayment", (met_by_payment(900_001), met_by_payment(900_002))),
)  # fmt: skip
BACK = (*CREDITS, *STAYS, *OFFSETS)
