"""The ladder of measures: dated paths, what was proposed and confirmed by two, what is shown to everybody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0093"
down_revision = "0092"
branch_labels = None
depends_on = None

FIXED = (
    *("institution_id", "region_code", "step", "from_state", "is_direct", "facts", "legal_basis", "skip_why"),
    *("demand", "deadline_on", "until_on", "recipient", "ending", "shown", "heard_until"),
    *("proposed_by_person_id", "proposed_at"),
)
ONCE = (
    *("statement", "stated_at", "decided_by_person_id", "decided_at", "appeal_until", "applied"),
    *("proof", "proven_at"),
)
EXPOSED = ("measure_id", "words", "from_on", "until_on", "posted_by_person_id", "posted_at")
FOREIGN = "measure is never confirmed by the institution it is against"
STAFF = (
    "SELECT 1 FROM role_grant g JOIN user_account u ON u.id = g.user_id "
    "WHERE u.person_id = NEW.decided_by_person_id AND g.institution_id = NEW.institution_id"
)
EARLY = "exposure is of a final measure only"
NOT_FINAL = "NOT EXISTS (SELECT 1 FROM measure WHERE id = NEW.measure_id AND state = 'final')"


def upgrade() -> None:
    """Create the tables with their triggers."""
    _create_paths()
    _create_measure()
    op.create_table(
        "measure_ground",
        sa.Column("measure_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("object_id", t.Int64(), autoincrement=False, nullable=False),
        sa.CheckConstraint("kind IN ('flag','inspection','complaint')", name=op.f("ck_measure_ground_kind")),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_measure_ground_measure_id")),
        sa.PrimaryKeyConstraint("measure_id", "kind", "object_id", name=op.f("pk_measure_ground")),
        sqlite_strict=True,
    )
    op.create_table(
        "exposure",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("measure_id", t.Int64(), nullable=False),
        sa.Column("words", t.Text(), nullable=False),
        sa.Column("from_on", t.Day(), nullable=False),
        sa.Column("until_on", t.Day(), nullable=False),
        sa.Column("posted_by_person_id", t.Int64(), nullable=False),
        sa.Column("posted_at", t.UtcTime(), nullable=False),
        sa.Column("removed_at", t.UtcTime(), nullable=True),
        sa.Column("removed_why", t.Text(), nullable=True),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_exposure_period")),
        sa.CheckConstraint("(removed_at IS NULL) = (removed_why IS NULL)", name=op.f("ck_exposure_removed")),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_exposure_measure_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure")),
        sa.UniqueConstraint("measure_id", name=op.f("uq_exposure_measure_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_exposure_until", "exposure", ["until_on"], unique=False)
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table in ("measure", "measure_ground", "exposure"):
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if not sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    _refuse("measure_ground_no_update", "measure_ground", "UPDATE", "measure_ground is append only")
    for table, columns in (("measure", FIXED), ("exposure", EXPOSED)):
        for column in columns:
            # two JSON values have no equality on PostgreSQL but as text
            old, new = (f"CAST({side}.{column} AS TEXT)" for side in ("OLD", "NEW"))
            told = f"{table}.{column} never changes"
            _refuse(f"{table}_{column}_fixed", table, f"UPDATE OF {column}", told, f"{old} {word} {new}")
    for table, columns in (("measure", ONCE), ("exposure", ("removed_at", "removed_why"))):
        for column in columns:
            old, new = (f"CAST({side}.{column} AS TEXT)" for side in ("OLD", "NEW"))
            when = f"OLD.{column} IS NOT NULL AND {old} {word} {new}"
            told = f"{table}.{column} is written once"
            _refuse(f"{table}_{column}_once", table, f"UPDATE OF {column}", told, when)
    _refuse_where("measure_foreign_hands", "measure", "UPDATE OF decided_by_person_id", FOREIGN,
                  f"EXISTS ({STAFF})")  # fmt: skip
    _refuse_where("exposure_of_final", "exposure", "INSERT", EARLY, NOT_FINAL)


def _create_paths() -> None:
    op.create_table(
        "measure_path",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("from_state", t.Text(), nullable=False),
        sa.Column("step", t.Text(), nullable=False),
        sa.Column("is_direct", t.Flag(), nullable=False),
        sa.Column("grounds_least", t.Int64(), nullable=False),
        sa.Column("hearing_workdays", t.Int64(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("source", t.Text(), nullable=False),
        sa.Column("confidence", t.Text(), nullable=False),
        sa.CheckConstraint(
            "grounds_least >= 0 AND hearing_workdays >= 0", name=op.f("ck_measure_path_amounts")
        ),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_measure_path_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_path")),
        sa.UniqueConstraint(
            "from_state", "step", "since", name=op.f("uq_measure_path_from_state_step_since")
        ),
        sqlite_strict=True,
    )


def _create_measure() -> None:
    optional = ("skip_why", "demand")
    op.create_table(
        "measure",
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("step", t.Text(), nullable=False),
        sa.Column("from_state", t.Text(), nullable=False),
        sa.Column("is_direct", t.Flag(), nullable=False),
        sa.Column("facts", t.Text(), nullable=False),
        sa.Column("legal_basis", t.Text(), nullable=False),
        *(sa.Column(name, t.Text(), nullable=True) for name in optional),
        sa.Column("deadline_on", t.Day(), nullable=True),
        sa.Column("until_on", t.Day(), nullable=True),
        sa.Column("recipient", t.Text(), nullable=True),
        sa.Column("ending", t.Text(), nullable=True),
        sa.Column("shown", t.Json(), nullable=False),
        sa.Column("heard_until", t.Day(), nullable=True),
        sa.Column("proposed_by_person_id", t.Int64(), nullable=False),
        sa.Column("proposed_at", t.UtcTime(), nullable=False),
        sa.Column("statement", t.Text(), nullable=True),
        sa.Column("stated_at", t.UtcTime(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("appeal_until", t.Day(), nullable=True),
        sa.Column("applied", t.Json(), nullable=True),
        sa.Column("proof", t.Text(), nullable=True),
        sa.Column("proven_at", t.UtcTime(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        *_checks(),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_measure_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_measure_institution_id")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_measure_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
        sqlite_strict=True,
    )
    waiting = sa.text("state = 'proposed'")
    op.create_index(
        "uq_measure_proposed", "measure", ["institution_id"], unique=True, sqlite_where=waiting,
        postgresql_where=waiting,
    )  # fmt: skip
    op.create_index("ix_measure_institution", "measure", ["institution_id"], unique=False)
    op.create_index("ix_measure_region", "measure", ["region_code", "state"], unique=False)


def _checks() -> list[sa.CheckConstraint]:
    said = {
        "thing": "thing = 'measure'",
        "step": "step IN ('warn','rectify','suspend','delist','blacklist','refer','restore')",
        "two_people": "decided_by_person_id <> proposed_by_person_id",
        "decided_by": "(decided_at IS NULL) = (decided_by_person_id IS NULL)",
        "appealable": "(decided_at IS NULL) = (appeal_until IS NULL)",
        "decided": "state IN ('proposed','dropped') OR decided_at IS NOT NULL",
        "stated": "(stated_at IS NULL) = (statement IS NULL)",
        "proven": "(proven_at IS NULL) = (proof IS NULL)",
        "skipped_with_reason": "is_direct = 0 OR skip_why IS NOT NULL",
        "blacklist_ends": "step <> 'blacklist' OR until_on IS NOT NULL",
        "deadline": "step NOT IN ('rectify','suspend') OR deadline_on IS NOT NULL",
        "recipient": "(step = 'refer') = (recipient IS NOT NULL)",
        "ending": "(step = 'restore') = (ending IS NOT NULL)",
        "ending_word": "ending IN ('accepted','upheld','expired')",
    }
    return [sa.CheckConstraint(words, name=op.f(f"ck_measure_{name}")) for name, words in said.items()]


def _refuse(name: str, table: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {table}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )


def _refuse_where(name: str, table: str, timing: str, told: str, condition: str) -> None:
    """Refuse where a query says so; PostgreSQL allows none in the WHEN of a trigger."""
    if op.get_bind().dialect.name == "sqlite":
        _refuse(name, table, timing, told, condition)
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {condition} THEN RAISE EXCEPTION '{told}' USING ERRCODE = '23514'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
