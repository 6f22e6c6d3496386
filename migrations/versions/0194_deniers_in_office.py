"""Only who holds an office on that day denies a claim it has had a hand in: a grant of before is none.

The exception is for taking back what is fraud. Whoever approves for the treasury that day does not come under it.
"""

from __future__ import annotations

from alembic import op

revision = "0194"
down_revision = "0191"
branch_labels = None
depends_on = None

NAME = "claim_denied_apart"
TOLD = "who filed or paid a claim does not deny it"
# days are those of China, as grants count them
DAYS = {"sqlite": "date(NEW.at, '+8 hours')", "postgresql": "(NEW.at AT TIME ZONE 'Asia/Shanghai')::date"}

# of DAY, that of the event
HELD = (
    "EXISTS (SELECT 1 FROM role_grant WHERE role_grant.user_id = NEW.actor_user_id"
    " AND role_grant.since <= DAY AND (role_grant.until IS NULL OR role_grant.until >= DAY)"
    " AND role_grant.role "
)
OFFICER = HELD + "IN ('officer_county','officer_city','officer_province'))"
APPROVER = HELD + "= 'finance_approver')"
DENIED = (
    "EXISTS (SELECT 1 FROM claim_hand WHERE claim_hand.claim_id = NEW.object_id"
    " AND claim_hand.person_id = NEW.actor_person_id AND (claim_hand.step = 'submit'"
    " OR (NEW.from_state IN ('approved','bounced') AND claim_hand.step <> 'approve'"
    " AND (NOT OFFICER OR APPROVER))))"
)


def upgrade() -> None:
    """Replace the guard; what stands is found by the invariants."""
    dialect = op.get_bind().dialect.name
    when = DENIED.replace("OFFICER", OFFICER).replace("APPROVER", APPROVER).replace("DAY", DAYS[dialect])
    if dialect == "sqlite":
        op.execute(f"DROP TRIGGER {NAME}")
        op.execute(
            f"CREATE TRIGGER {NAME} BEFORE INSERT ON state_event WHEN NEW.thing = 'claim'"
            f" AND NEW.event = 'reject' AND {when} BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        return
    op.execute(
        f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {when} "
        f"THEN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0]; END IF; RETURN NEW; END $$"
    )
