"""Who told somebody confirms no list they stand on; uploads are counted one by one; a case begins with a hold of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0163"
down_revision = "0156"
branch_labels = None
depends_on = None

PAPER, CASE = "filing_paper", "claim_denial"
PLACES = (("code_place", "code"), ("uploader_place", "uploaded_by_person_id"))
# trigger, table, moment, what it refuses, in which words
GUARDS = (
    (
        "retention_run_teller_apart",
        "retention_run",
        "UPDATE OF confirmed_by_person_id",
        (
            "NEW.confirmed_by_person_id IS NOT NULL AND EXISTS (SELECT 1 FROM retention_item i"
            " WHERE i.run_id = NEW.id AND i.code IS NULL"
            " AND i.told_by_person_id = NEW.confirmed_by_person_id)"
        ),
        "who told somebody on a list does not confirm it",
    ),
    (
        "retention_item_teller_apart",
        "retention_item",
        "UPDATE OF told_by_person_id",
        (
            "NEW.told_by_person_id IS NOT NULL AND EXISTS (SELECT 1 FROM retention_run r"
            " WHERE r.id = NEW.run_id AND r.confirmed_by_person_id = NEW.told_by_person_id)"
        ),
        "who confirmed a list tells nobody on it",
    ),
    (
        f"{CASE}_hold_own",
        CASE,
        "INSERT",
        (
            "NEW.hold_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.id = NEW.hold_id"
            " AND hold.thing = 'claim' AND hold.object_id = NEW.claim_id)"
        ),
        "a case takes only a hold of its own claim",
    ),
    *(
        (
            f"{PAPER}_{place}_next",
            PAPER,
            "INSERT",
            (
                f"NEW.{place} IS NULL OR NEW.{place} <> 1 +"  # noqa: S608 — names of our own schema
                f" (SELECT COUNT(*) FROM {PAPER} p WHERE p.{whose} = NEW.{whose})"
            ),
            f"filing_paper.{place} is the next one",
        )
        for place, whose in PLACES
    ),
)


def upgrade() -> None:
    """Refuse these from here on; papers of before have no places, and count."""
    for place, whose in PLACES:
        op.add_column(PAPER, sa.Column(place, t.Int64(), nullable=True))
        op.create_index(f"uq_{PAPER}_{place}", PAPER, [whose, place], unique=True)
    for name, table, moment, when, told in GUARDS:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {moment} ON {table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
            )
            continue
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {when} "
            "THEN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0]; END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {moment} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}('{told}')"
        )
