"""What may only be added to, and what may never change, kept by triggers on both databases."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "audit_row",
    "audit_seal",
    "audit_checkpoint",
    "state_event",
    "transfer",
    "register_entry",
    "verification",
    "signature",
    "claim_hand",
    "bank_result",
    "repayment",
)
NEVER_DELETED = (
    "person",
    "subject_key",
    "voucher",
    "entitlement",
    "budget",
    "account",
    "certificate",
    "claim",
    "settlement_batch",
    "settlement_line",
    "notice",
    "objection",
    "payment_file",
    "payment_line",
    "payment",
    "clawback",
    "former_name",
    "payee_account",
    "hold",
)
FIXED_COLUMNS = {
    "voucher": ("holder_person_id", "number", "project_id", "budget_id"),
    "claim": (
        "person_id",
        "entitlement_key",
        "kind",
        "institution_id",
        "certificate_id",
        "submitter_person_id",
    ),
    "certificate": ("number", "person_id", "trade_code", "level", "issued_on", "institution_id"),
    "entitlement": ("key", "person_id", "kind"),
    "person": ("blind_index",),
    "payment": ("claim_id", "amount_fen", "computed_fen", "offset_fen", "payment_file_id", "payment_line_id"),
    "payment_line": ("payment_file_id", "institution_id", "payee_account_id", "amount_fen", "reference"),
    "payment_file": ("budget_id", "line_count", "total_fen", "sha256", "maker_person_id"),
}


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


def upgrade() -> None:
    """Create the triggers."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'raise_exception', MESSAGE = TG_ARGV[0]; END $$"
        )
        op.execute(
            "CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'append only'; END $$"
        )
    for table in APPEND_ONLY:
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} is append only")
    for table in NEVER_DELETED:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
    if op.get_bind().dialect.name == "postgresql":
        for table in (*APPEND_ONLY, *NEVER_DELETED):
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    for table, columns in FIXED_COLUMNS.items():
        for column in columns:
            different = (
                f"OLD.{column} IS NOT NEW.{column}"
                if op.get_bind().dialect.name == "sqlite"
                else f"OLD.{column} IS DISTINCT FROM NEW.{column}"
            )
            _refuse(
                f"{table}_{column}_fixed",
                table,
                f"UPDATE OF {column}",
                f"{table}.{column} never changes",
                different,
            )
