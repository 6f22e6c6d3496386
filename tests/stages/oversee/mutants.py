"""Sins against single guards of the money tables: what each guard alone stands against.

A mutant is the schema without one guard. Each sin is refused by its guard where everything stands; where the
guard is away it goes in, or meets the other guard that `NEXT` names.
"""

from __future__ import annotations

from tests.stages.oversee.mutants_back import BACK
from tests.stages.oversee.sins import NOBODY, Sin, change, copy

SOMEBODY = "(SELECT MAX(id) FROM person)"
THEN = "(SELECT MIN(at) FROM transfer)"


def answer(claim: str, by: str = SOMEBODY) -> str:
    """Return a statement that has somebody answer what the person of a claim said of it."""
    return (
        "INSERT INTO claim_denial (id, claim_id, person_id, problem, opened_at, upheld,"
        f" answered_by_person_id, answered_at) SELECT 900001, id, person_id, 'not_me', {THEN}, 0, {by},"
        f" {THEN} FROM claim WHERE id = ({claim})"
    )


def price(claim: str) -> str:
    """Return a statement that has somebody propose an amount of a claim."""
    return (
        "INSERT INTO clearing (id, claim_id, revision, amount_fen, opinion, submitter_person_id,"
        f" proposed_by_person_id, proposed_at) SELECT 900001, id, revision + 50, 1, '-', submitter_person_id,"
        f" {SOMEBODY}, {THEN} FROM claim WHERE id = ({claim})"
    )


def move(state: str, event: str, to: str, *, by: str = SOMEBODY, number: int = 0) -> str:
    """Return a statement that has somebody give a claim that stands in a state its next event."""
    return (
        "INSERT INTO state_event (id, thing, object_id, seq, previous_seq, from_state, event, to_state, at,"
        f" actor_user_id, actor_person_id) SELECT {900010 + number}, 'claim', claim.id, e.seq + 1, e.seq,"
        f" '{state}', '{event}', '{to}', {THEN}, 1, {by}"
        " FROM claim JOIN state_event e ON e.thing = 'claim' AND e.object_id = claim.id"
        f" AND e.to_state = '{state}' WHERE e.seq = (SELECT MAX(l.seq) FROM state_event l"
        " WHERE l.thing = 'claim' AND l.object_id = claim.id) ORDER BY claim.id LIMIT 1"
    )


OBJECTED_NOW = (
    move("submitted", "review_first", "first_reviewed", number=1),
    move("first_reviewed", "review_second", "second_reviewed", number=2),
    move("second_reviewed", "post", "noticed", number=3),
    move("noticed", "object", "objected", number=4),
)
PAID_CLAIM = (
    "SELECT MIN(claim_id) FROM payment WHERE payment_file_id ="
    " (SELECT MIN(id) FROM payment_file WHERE state = 'closed')"
)
CLOSED = "SELECT MIN(id) FROM payment_file WHERE state = 'closed'"
OBJECTED = "SELECT claim_id FROM objection WHERE id = (SELECT MIN(id) FROM objection)"
RELEASE = (
    f"UPDATE payment_file SET releaser_person_id = {SOMEBODY}"
    " WHERE id = (SELECT MIN(id) FROM payment_file WHERE state = 'closed')"
)
DECIDE = f"UPDATE objection SET decided_by_person_id = {SOMEBODY} WHERE id = (SELECT MIN(id) FROM objection)"
APPROVE = f"INSERT INTO claim_hand (claim_id, person_id, step) VALUES (({PAID_CLAIM}), {SOMEBODY}, 'approve')"
PAID, LIVE = "state = 'paid'", "state IN ('pending','released','succeeded')"

CLAIMS = (
    change("claim", "verified = 0", "ck_claim_verified", PAID),
    change("claim", "reserved_fen = -1", "ck_claim_nothing_below_zero", PAID),
    change("claim", "amount_fen = proposed_fen + 1", "ck_claim_never_above_the_standard", PAID),
    change("claim", "revision = 0", "ck_claim_revision"),
    change("claim", "thing = 'voucher'", "ck_claim_thing", PAID),
    change("claim", "state = 'approved'", "fk_claim_last_event", PAID),
    change("claim", "level = level + 1", "fk_claim_basis", "state = 'submitted'"),
    change("claim", f"budget_id = {NOBODY}", "fk_claim_batch_fund"),
    change("claim", f"project_id = {NOBODY}", "fk_claim_project_id"),
    change("claim", "region_code = '000000'", "fk_claim_region_code"),
    change("claim", f"entitlement_id = {NOBODY}", "fk_claim_entitlement_id"),
    change("claim", "kind = 'training'", "claim.kind never changes", PAID),
    change("claim", f"basis_id = {NOBODY}", "claim.basis_id never changes", PAID),
    change("claim", f"submitter_person_id = {NOBODY}", "claim.submitter_person_id never changes"),
    Sin("claim rows are never deleted", "claim", ("DELETE FROM claim",)),
    copy("claim", "uq_claim_live_key", PAID, entitlement_id=NOBODY),
    copy("claim", "uq_claim_entitlement", PAID, entitlement_key="'another'"),
    copy("claim", "ck_claim_training_by_voucher", PAID, kind="'training'"),
    copy("claim", "ck_claim_basis_of_kind", PAID, kind="'absorption'"),
    copy("claim", "ck_claim_one_basis", PAID, certificate_id="NULL"),
    copy("claim", "uq_claim_live_voucher", "voucher_id IS NOT NULL", entitlement_id=NOBODY,
         entitlement_key="'another'"),
)  # fmt: skip
HANDS = (
    copy("signature", "ck_signature_not_the_submitter", signer_person_id="submitter_person_id"),
    copy("signature", "ck_signature_decision", decision="'perhaps'"),
    copy("signature", "uq_signature_claim_id_revision_signer_person_id"),
    copy("signature", "fk_signature_hand", signer_person_id="signer_person_id + 1000000"),
    copy("signature", "fk_signature_submitter", revision="77", submitter_person_id="submitter_person_id + 1"),
    Sin("signature is append only", "signature", ("UPDATE signature SET opinion = 'another'",)),
    Sin("claim_hand is append only", "claim_hand", ("UPDATE claim_hand SET step = 'approve'",)),
    change("clearing", "confirmed_by_person_id = proposed_by_person_id", "ck_clearing_two_people"),
    change("clearing", "proposed_by_person_id = submitter_person_id", "ck_clearing_not_the_submitter"),
    change(
        "clearing", "confirmed_by_person_id = submitter_person_id", "ck_clearing_not_the_submitter_either"
    ),
    change("clearing", "amount_fen = 0", "ck_clearing_amount_above_zero"),
    copy("clearing", "uq_clearing_claim_id_revision"),
    Sin("who filed a claim has no hand in its amount", "clearing", (
        ("INSERT INTO claim_hand (claim_id, person_id, step) SELECT claim_id, (SELECT MAX(id) FROM person),"
        " 'submit' FROM clearing ORDER BY id LIMIT 1"),
        ("UPDATE clearing SET confirmed_by_person_id = (SELECT MAX(id) FROM person)"
        " WHERE id = (SELECT MIN(id) FROM clearing)"))),
    Sin("who set an amount does not file the claim again", "claim_hand", (
        ("UPDATE clearing SET confirmed_by_person_id = (SELECT MAX(id) FROM person)"
         " WHERE id = (SELECT MIN(id) FROM clearing)"),
        ("INSERT INTO claim_hand (claim_id, person_id, step)"
         " SELECT claim_id, confirmed_by_person_id, 'submit' FROM clearing ORDER BY id LIMIT 1"))),
    Sin("who decided an objection takes no hand in the claim", "claim_hand", (
        ("INSERT INTO claim_hand (claim_id, person_id, step) SELECT claim_id, decided_by_person_id, 'approve'"
         " FROM objection WHERE decided_by_person_id IS NOT NULL ORDER BY id LIMIT 1"),)),
    Sin("who judged a denial takes no hand in the claim", "claim_hand", (answer(PAID_CLAIM), APPROVE)),
    Sin("who set an amount does not approve the claim", "claim_hand", (price(PAID_CLAIM), APPROVE)),
    Sin("who judged a denial of a claim does not release its file", "payment_file",
        (answer(PAID_CLAIM), RELEASE)),
    Sin("who set an amount does not release its file", "payment_file", (price(PAID_CLAIM), RELEASE)),
    Sin("who judged a denial decides no objection to the claim", "objection", (answer(OBJECTED), DECIDE)),
    Sin("who set an amount decides no objection to the claim", "objection", (price(OBJECTED), DECIDE)),
    Sin("who has a hand in a claim judges no denial of it", "claim_denial",
        (answer(PAID_CLAIM, f"(SELECT MIN(person_id) FROM claim_hand WHERE claim_id = ({PAID_CLAIM}))"),)),
    Sin("who released the money of a claim judges no denial of it", "claim_denial",
        (answer(PAID_CLAIM, f"(SELECT MIN(releaser_person_id) FROM payment_file WHERE id = ({CLOSED}))"),)),
    Sin("who filed or paid a claim does not deny it", "state_event",
        (move("approved", "reject", "rejected", by="claim.submitter_person_id"),)),
    Sin("a claim is disowned by whoever confirmed the denial", "state_event",
        (move("draft", "disown", "rejected"),)),
    Sin("an objection is upheld by whoever decided it", "state_event",
        (*OBJECTED_NOW, move("objected", "uphold", "rejected"))),
    change("objection", "decided_by_person_id ="
           " (SELECT submitter_person_id FROM claim WHERE claim.id = objection.claim_id)",
           "who signed a claim decides no objection to it"),
)  # fmt: skip
BATCHES = (
    change("settlement_batch", "declared_total_fen = -1", "ck_settlement_batch_declared"),
    change("settlement_batch", "until_on = '2000-01-01'", "ck_settlement_batch_period"),
    change("settlement_batch", "state = 'open'", "fk_settlement_batch_last_event"),
    change("settlement_line", "amount_fen = 1", "ck_settlement_line_only_payable_has_amount",
           "outcome = 'refused'"),
    change("settlement_line", "refusal = NULL", "ck_settlement_line_refused_with_reason",
           "outcome = 'refused'"),
    change("settlement_line", "claim_id = NULL", "ck_settlement_line_claimed", "outcome = 'payable'"),
    change("settlement_line", "outcome = 'perhaps'", "ck_settlement_line_outcome", "outcome = 'manual'"),
    change("settlement_line", f"claim_id = {NOBODY}", "fk_settlement_line_claim_id"),
    change("settlement_line", "certificate_id = NULL", "ck_settlement_line_one_basis"),
    copy("settlement_line", "uq_settlement_line_batch_id_position", certificate_id=NOBODY),
    copy("settlement_line", "uq_settlement_line_batch_id_certificate_id", position="777"),
)  # fmt: skip
FILES = (
    change("payment_file", "checker_person_id = maker_person_id", "ck_payment_file_checker_not_maker"),
    change("payment_file", "releaser_person_id = checker_person_id",
           "ck_payment_file_releaser_not_maker_nor_checker", "checker_person_id IS NOT NULL"),
    change("payment_file", "releaser_person_id = (SELECT MIN(h.person_id) FROM claim_hand h"
           " JOIN payment p ON p.claim_id = h.claim_id WHERE p.payment_file_id = payment_file.id)",
           "who releases a file has no hand in its claims", "state = 'closed'"),
    change("payment_file", "total_fen = 0", "payment_file.total_fen never changes"),
    copy("payment_file", "ck_payment_file_not_empty", total_fen=0, offset_fen=0),
    copy("payment_file", "ck_payment_file_sha256_length", sha256="'short'"),
    copy("payment_file", "uq_payment_file_number"),
    change("payment_file", "offset_fen = offset_fen + 1", "payment_file.offset_fen never changes"),
    copy("payment_line", "ck_payment_line_amount_or_offset", amount_fen=0, offset_fen=0),
    copy("payment_line", "uq_payment_line_reference", position="777", institution_id=NOBODY),
    copy("payment_line", "uq_payment_line_payment_file_id_institution_id", position="777",
         reference="'another'"),
    copy("payment_line", "uq_payment_line_payment_file_id_position", reference="'another'",
         institution_id=NOBODY),
    copy("payment", "uq_payment_live_claim", LIVE),
    copy("payment", "ck_payment_computed_less_offset", LIVE, amount_fen="amount_fen - 1"),
    copy("payment", "ck_payment_nothing_below_zero", LIVE, offset_fen=-1, amount_fen="computed_fen + 1"),
    copy("payment", "ck_payment_verified", LIVE, verified=0),
    copy("payment", "ck_payment_one_basis", LIVE, verification_id="NULL"),
    change("payment", "state = 'failed'", "fk_payment_last_event", "state = 'succeeded'"),
    change("payment", "level = level + 1", "fk_payment_claim", LIVE),
    change("payment", "amount_fen = amount_fen + 1", "payment.amount_fen never changes", LIVE),
)  # fmt: skip
BANK = (
    copy("bank_result", "uq_bank_result_payment_line_id"),
    copy("bank_result", "ck_bank_result_outcome", outcome="'perhaps'"),
    Sin("bank_result is append only", "bank_result", ("UPDATE bank_result SET outcome = 'failed'",)),
    change("clawback", "recovered_fen = -1", "ck_clawback_never_more_than_owed"),
    change("clawback", "planned_fen = amount_fen - recovered_fen + 1", "ck_clawback_never_more_planned"),
    change("clawback", "amount_fen = 0, recovered_fen = 0", "ck_clawback_amount_above_zero", "state = 'met'"),
    copy("clawback", "uq_clawback_claim_id"),
    change("clawback", f"payment_id = {NOBODY}", "fk_clawback_payment_id"),
    copy("repayment", "ck_repayment_amount_above_zero", amount_fen=0),
    copy("repayment", "ck_repayment_way", way="'cash'"),
    copy("repayment", "ck_repayment_offset_names_payment", way="'offset'"),
    copy("repayment", "fk_repayment_clawback_id", clawback_id=NOBODY),
    Sin("repayment is append only", "repayment", ("UPDATE repayment SET amount_fen = 1",)),
)
LEDGER = (
    change("budget", "reserved_fen = granted_fen + 1", "ck_budget_never_overdrawn"),
    change("budget", "spent_fen = -1", "ck_budget_nothing_below_zero"),
    copy("budget", "uq_budget_region_code_year_source"),
    change("account", "balance_fen = -1", "ck_account_not_below_zero", "role = 'available'"),
    change("account", "role = 'pocket'", "ck_account_role", "role = 'available'"),
    copy("account", "uq_account_budget_id_role"),
    copy("transfer", "ck_transfer_amount_above_zero", amount_fen=0),
    copy("transfer", "ck_transfer_two_accounts", to_account_id="from_account_id"),
    copy(
        "transfer", "ck_transfer_line_has_project_and_institution", "claim_id IS NOT NULL", project_id="NULL"
    ),
    copy("transfer", "fk_transfer_claim_id", "claim_id IS NOT NULL", claim_id=NOBODY),
    copy("transfer", "fk_transfer_to_account_id", to_account_id=NOBODY),
    Sin("transfer is append only", "transfer", ("UPDATE transfer SET amount_fen = amount_fen + 1",)),
    copy("entitlement", "uq_entitlement_live_key", "state IN ('taken','consumed')"),
    change("entitlement", "state = 'lent'", "ck_entitlement_state"),
    change("entitlement", "key = 'another'", "entitlement.key never changes"),
    copy("waiting", "uq_waiting_claim", "ended_at IS NULL AND claim_id IS NOT NULL"),
    change("waiting", "amount_fen = 0", "ck_waiting_amount_above_zero"),
    copy("waiting", "ck_waiting_one_object", "claim_id IS NOT NULL", claim_id="NULL"),
)
SINS = (*CLAIMS, *HANDS, *BATCHES, *FILES, *BANK, *LEDGER, *BACK)
# who is met where the guard itself is away; every other sin goes in
NEXT: dict[str, str] = {
    "ck_bank_result_outcome": "uq_bank_result_payment_line_id",
    "ck_claim_basis_of_kind": "uq_claim_entitlement",
    "ck_claim_one_basis": "uq_claim_entitlement",
    "ck_claim_thing": "fk_claim_last_event",
    "ck_claim_training_by_voucher": "uq_claim_entitlement",
    "ck_claim_verified": "fk_claim_basis",
    "ck_payment_computed_less_offset": "uq_payment_live_claim",
    "ck_payment_file_not_empty": "uq_payment_file_number",
    "ck_payment_file_sha256_length": "uq_payment_file_number",
    "ck_payment_line_amount_or_offset": "uq_payment_line_payment_file_id_institution_id",
    "ck_payment_nothing_below_zero": "uq_payment_live_claim",
    "ck_payment_one_basis": "uq_payment_live_claim",
    "ck_payment_verified": "uq_payment_live_claim",
    "ck_signature_decision": "uq_signature_claim_id_revision_signer_person_id",
    "ck_signature_not_the_submitter": "fk_signature_hand",
    "claim rows are never deleted": "fk_claim_hand_claim_id",
    "claim.basis_id never changes": "ck_claim_basis_of_kind",
    "claim.kind never changes": "ck_claim_training_by_voucher",
    "claim.submitter_person_id never changes": "fk_signature_submitter",
    "claim_hand is append only": "fk_signature_hand",
    "fk_claim_batch_fund": "fk_claim_budget_id",
    "fk_payment_claim": "fk_payment_basis",
    "fk_signature_hand": "fk_signature_signer_person_id",
    "payment.amount_fen never changes": "ck_payment_computed_less_offset",
    "payment_file.total_fen never changes": "ck_payment_file_not_empty",
    "uq_claim_entitlement": "fk_claim_last_event",
    "uq_claim_live_key": "fk_claim_entitlement_id",
    "uq_claim_live_voucher": "fk_claim_entitlement_id",
    "uq_clawback_claim_id": "fk_clawback_last_event",
    "uq_payment_file_number": "fk_payment_file_last_event",
    "uq_payment_line_payment_file_id_position": "fk_payment_line_institution_id",
    "uq_payment_line_reference": "fk_payment_line_institution_id",
    "uq_payment_live_claim": "fk_payment_last_event",
    "uq_settlement_line_batch_id_position": "fk_settlement_line_certificate_id",
}
