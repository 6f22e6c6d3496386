"""Who decided an objection has no later hand in the claim; a case takes only holds of its own claim.

What bounced is found by its claim: a line that came back twice is owed once.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0152"
down_revision = "0147"
branch_labels = None
depends_on = None

BOUNCED = sa.text("state = 'failed'")

# trigger, what it refuses of a hand, in which words; asked of rows that say who acted on the claim
HANDS = (
    (
        "claim_hand_decider",
        (
            "EXISTS (SELECT 1 FROM objection WHERE objection.claim_id = {row}.claim_id"
            " AND objection.decided_by_person_id = {row}.person_id)"
        ),
        "who decided an objection takes no hand in the claim",
    ),
    (
        "claim_hand_clearer",
        (
            "{row}.step = 'submit' AND EXISTS (SELECT 1 FROM clearing WHERE clearing.claim_id = {row}.claim_id"
            " AND {row}.person_id IN (clearing.proposed_by_person_id, clearing.confirmed_by_person_id))"
        ),
        "who set an amount does not file the claim again",
    ),
)

RELEASED = "payment_file_released_apart"
RELEASER = (
    "NEW.releaser_person_id IS NOT NULL AND (EXISTS (SELECT 1 FROM payment"
    " JOIN claim_hand ON claim_hand.claim_id = payment.claim_id"
    " WHERE payment.payment_file_id = NEW.id AND claim_hand.person_id = NEW.releaser_person_id)"
    " OR EXISTS (SELECT 1 FROM payment JOIN objection ON objection.claim_id = payment.claim_id"
    " WHERE payment.payment_file_id = NEW.id AND objection.decided_by_person_id = NEW.releaser_person_id))"
)
RELEASER_TOLD = "who releases a file has no hand in its claims"

CASE = "claim_denial"
FIXED = (
    "NEW.claim_id <> OLD.claim_id OR NEW.person_id <> OLD.person_id"
    " OR (OLD.hold_id IS NOT NULL AND NEW.hold_id IS NULL)"
    " OR (OLD.hold_id IS NOT NULL AND NEW.hold_id <> OLD.hold_id"
    " AND EXISTS (SELECT 1 FROM hold WHERE hold.id = OLD.hold_id AND hold.closed_at IS NULL))"
    " OR (NEW.hold_id IS NOT NULL AND NEW.hold_id <> COALESCE(OLD.hold_id, 0)"
    " AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.id = NEW.hold_id AND hold.thing = 'claim'"
    " AND hold.object_id = NEW.claim_id))"
    " OR NEW.problem <> OLD.problem OR NEW.opened_at <> OLD.opened_at"
    " OR (NEW.said_sealed IS NULL) <> (OLD.said_sealed IS NULL)"
)
CASE_TOLD = "a case stays whose and what it is"


def upgrade() -> None:
    """Refuse these from here on; what stands is found by the invariants, as before."""
    op.create_index("ix_objection_claim", "objection", ["claim_id"])
    op.create_index(
        "ix_payment_bounced", "payment", ["claim_id"], sqlite_where=BOUNCED, postgresql_where=BOUNCED
    )
    if op.get_bind().dialect.name == "sqlite":
        for name, when, told in HANDS:
            _refuse(name, "INSERT ON claim_hand", when.format(row="NEW"), told)
        op.execute(f"DROP TRIGGER {RELEASED}")
        _refuse(RELEASED, "UPDATE OF releaser_person_id ON payment_file", RELEASER, RELEASER_TOLD)
        op.execute(f"DROP TRIGGER {CASE}_fixed")
        _refuse(f"{CASE}_fixed", f"UPDATE ON {CASE}", FIXED, CASE_TOLD)
        return
    for name, when, told in HANDS:
        # asked once per statement, since one writes a hundred thousand hands
        any_refused = f"IF EXISTS (SELECT 1 FROM fresh WHERE {when.format(row='fresh')})"  # noqa: S608 — constants
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {any_refused} "
            "THEN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0]; END IF; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER INSERT ON claim_hand REFERENCING NEW TABLE AS fresh "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}('{told}')"
        )
    # the triggers stand as they are and ask what their functions now say
    for function, when in ((RELEASED, RELEASER), ("refuse_other_case", FIXED)):
        op.execute(
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {when} THEN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0]; END IF; RETURN NEW; END $$"
        )


def _refuse(name: str, moment: str, when: str, told: str) -> None:
    op.execute(f"CREATE TRIGGER {name} BEFORE {moment} WHEN {when} BEGIN SELECT RAISE(ABORT, '{told}'); END")
