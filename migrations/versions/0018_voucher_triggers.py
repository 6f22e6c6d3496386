"""What of the voucher's life may only be added to, and what may never change, kept by triggers as before."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

APPEND_ONLY = ("scan", "attendance", "completion", "voucher_proof", "acceptance")
NEVER_DELETED = (
    "programme",
    "issue",
    "issue_line",
    "voucher",
    "commitment",
    "screen_code",
    "training_class",
    "enrolment",
    "redemption",
    "exam_batch",
    "candidate",
    "exam_result",
)
FIXED_COLUMNS = {
    "voucher": ("holder_person_id", "programme_id", "project_id", "budget_id", "replaces_voucher_id"),
    "claim": ("voucher_id",),
    "issue_line": ("issue_id", "person_id"),
    "commitment": ("voucher_id", "kind", "entitlement_id", "amount_fen"),
    "enrolment": ("voucher_id", "person_id", "class_id"),
    "redemption": ("voucher_id", "person_id", "class_id", "institution_id", "redeemed_at"),
    "training_class": ("institution_id",),
    "candidate": ("batch_id", "person_id", "voucher_id"),
    "exam_result": ("candidate_id", "revision", "theory_hundredths", "skill_hundredths", "passed"),
}
# once a programme is published its terms stand
TERMS = (
    "worth",
    "channel",
    "certificate_kind",
    "trade_code",
    "level",
    "training_cap_fen",
    "evaluation_cap_fen",
    "project_id",
    "budget_id",
    "region_code",
)


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


def _changed(column: str) -> str:
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    return f"OLD.{column} {word} NEW.{column}"


def upgrade() -> None:
    """Create the triggers."""
    for table in APPEND_ONLY:
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
    for table in (*APPEND_ONLY, *NEVER_DELETED):
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    for table, columns in FIXED_COLUMNS.items():
        for column in columns:
            _refuse(
                f"{table}_{column}_fixed",
                table,
                f"UPDATE OF {column}",
                f"{table}.{column} never changes",
                _changed(column),
            )
    for column in TERMS:
        _refuse(
            f"programme_{column}_fixed",
            "programme",
            f"UPDATE OF {column}",
            f"programme.{column} stands once published",
            f"OLD.state <> 'draft' AND {_changed(column)}",
        )
