"""Whoever denies a claim, or ends it by a decision, is held by person in the database too.

Filing and denying are two people's; after the approval nobody denies who had another hand in the claim, save
an office that takes back what is fraud; a claim ends by an objection or a denial of its person only by whoever
decided that; and who released its money judges nothing said of it.
"""

from __future__ import annotations

from alembic import op

revision = "0181"
down_revision = "0179"
branch_labels = None
depends_on = None

DENIED = (
    "EXISTS (SELECT 1 FROM claim_hand WHERE claim_hand.claim_id = NEW.object_id"
    " AND claim_hand.person_id = NEW.actor_person_id AND (claim_hand.step = 'submit'"
    " OR (NEW.from_state IN ('approved','bounced') AND claim_hand.step <> 'approve'"
    " AND NOT EXISTS (SELECT 1 FROM role_grant WHERE role_grant.user_id = NEW.actor_user_id"
    " AND role_grant.role IN ('officer_county','officer_city','officer_province')))))"
)
UPHELD = (
    "EXISTS (SELECT 1 FROM claim WHERE claim.id = NEW.object_id) AND NOT EXISTS (SELECT 1 FROM objection WHERE objection.claim_id = NEW.object_id"
    " AND objection.decided_by_person_id = NEW.actor_person_id)"
)
DISOWNED = (
    "EXISTS (SELECT 1 FROM claim WHERE claim.id = NEW.object_id) AND NOT EXISTS (SELECT 1 FROM claim_denial WHERE claim_denial.claim_id = NEW.object_id"
    " AND claim_denial.upheld = 1 AND claim_denial.confirmed_by_person_id = NEW.actor_person_id)"
)
RELEASED = (
    "EXISTS (SELECT 1 FROM payment JOIN payment_file ON payment_file.id = payment.payment_file_id"
    " WHERE payment.claim_id = NEW.claim_id AND (payment_file.releaser_person_id = NEW.answered_by_person_id"
    " OR payment_file.releaser_person_id = NEW.confirmed_by_person_id))"
)
# trigger, the event of a claim it looks at, what it refuses, in which words
ENDINGS = (
    ("claim_denied_apart", "reject", DENIED, "who filed or paid a claim does not deny it"),
    ("claim_upheld_by_decider", "uphold", UPHELD, "an objection is upheld by whoever decided it"),
    ("claim_disowned_by_judge", "disown", DISOWNED, "a claim is disowned by whoever confirmed the denial"),
)
JUDGED = "claim_denial_judged_unpaid"
JUDGED_TOLD = "who released the money of a claim judges no denial of it"


def upgrade() -> None:
    """Refuse these from here on; what stands is found by the invariants."""
    small = op.get_bind().dialect.name == "sqlite"
    for name, event, when, told in ENDINGS:
        meant = f"NEW.thing = 'claim' AND NEW.event = '{event}'"
        if small:
            _refuse(name, "INSERT ON state_event", f"{meant} AND {when}", told)
            continue
        _write_function(name, when)
        # asked of the few rows that are meant, since one statement writes a hundred thousand events
        op.execute(
            f"CREATE TRIGGER {name} BEFORE INSERT ON state_event FOR EACH ROW WHEN ({meant}) "
            f"EXECUTE FUNCTION {name}('{told}')"
        )
    moments = ("UPDATE OF answered_by_person_id, confirmed_by_person_id", "INSERT")
    if not small:
        _write_function(JUDGED, RELEASED)
    for name, moment in zip((JUDGED, f"{JUDGED}_again"), moments, strict=True):
        if small:
            _refuse(name, f"{moment} ON claim_denial", RELEASED, JUDGED_TOLD)
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {moment} ON claim_denial "
                f"FOR EACH ROW EXECUTE FUNCTION {JUDGED}('{JUDGED_TOLD}')"
            )


def _write_function(name: str, when: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {when} "
        f"THEN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0]; END IF; RETURN NEW; END $$"
    )


def _refuse(name: str, moment: str, when: str, told: str) -> None:
    op.execute(f"CREATE TRIGGER {name} BEFORE {moment} WHEN {when} BEGIN SELECT RAISE(ABORT, '{told}'); END")
