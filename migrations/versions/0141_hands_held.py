"""Hands of different tables differ by person in the database too; the lines of one month are found at once."""

from __future__ import annotations

from alembic import op

revision = "0141"
down_revision = "0140"
branch_labels = None
depends_on = None

# trigger, table, the moments it looks, what it refuses, and in which words
HANDS = (
    (
        "payment_file_released_apart",
        "payment_file",
        ("UPDATE OF releaser_person_id",),
        (
            "NEW.releaser_person_id IS NOT NULL AND EXISTS (SELECT 1 FROM payment"
            " JOIN claim_hand ON claim_hand.claim_id = payment.claim_id"
            " WHERE payment.payment_file_id = NEW.id AND claim_hand.person_id = NEW.releaser_person_id)"
        ),
        "who releases a file has no hand in its claims",
    ),
    (
        "clearing_apart",
        "clearing",
        ("INSERT", "UPDATE OF proposed_by_person_id, confirmed_by_person_id"),
        # the submitter a claim names is kept out by its own check; a later revision may have another one
        (
            "EXISTS (SELECT 1 FROM claim_hand WHERE claim_hand.claim_id = NEW.claim_id"
            " AND claim_hand.step = 'submit' AND claim_hand.person_id <> NEW.submitter_person_id"
            " AND claim_hand.person_id IN (NEW.proposed_by_person_id, NEW.confirmed_by_person_id))"
        ),
        "who filed a claim has no hand in its amount",
    ),
    (
        "objection_decided_apart",
        "objection",
        ("UPDATE OF decided_by_person_id",),
        (
            "NEW.decided_by_person_id IS NOT NULL AND EXISTS (SELECT 1 FROM claim_hand"
            " WHERE claim_hand.claim_id = NEW.claim_id AND claim_hand.person_id = NEW.decided_by_person_id)"
        ),
        "who signed a claim decides no objection to it",
    ),
)


def upgrade() -> None:
    """Refuse the second hand from here on; what stands is found by the invariants, as before."""
    for name, table, moments, when, told in HANDS:
        small = op.get_bind().dialect.name == "sqlite"
        if not small:
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {when} THEN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0]; END IF; RETURN NEW; END $$"
            )
        for place, moment in enumerate(moments):
            does = (
                f"WHEN {when} BEGIN SELECT RAISE(ABORT, '{told}'); END"
                if small
                else f"FOR EACH ROW EXECUTE FUNCTION {name}('{told}')"
            )
            one = name if place == 0 else f"{name}_again"
            op.execute(f"CREATE TRIGGER {one} BEFORE {moment} ON {table} {does}")
    # written in the order of time: where there is one, a range of blocks costs a posting next to nothing
    op.create_index(
        "ix_transfer_at", "transfer", ["at"],
        postgresql_using="brin", postgresql_with={"autosummarize": "on"},
    )  # fmt: skip
