"""Somebody may act for somebody else: consents, codes asked for them, refused tries; acceptances name theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

APPEND_ONLY = ("consent_refusal",)
NEVER_DELETED = ("consent", "consent_request")
FIXED = {
    "consent": (
        *("principal_person_id", "helper_person_id", "way", "mandate", "request_id", "until_on"),
        *("may_accept", "may_enrol", "may_paper", "granted_at", "granted_by_person_id"),
    ),
    "consent_request": (
        "helper_person_id",
        "principal_person_id",
        "mobile_index",
        "code_index",
        "expires_at",
    ),
}
# what has ended, and what was used, is never taken back
ONE_WAY = {
    "consent_stays_ended": ("consent", "ended_at", "OLD.ended_at IS NOT NULL"),
    "consent_request_stays_used": ("consent_request", "used_at", "OLD.used_at IS NOT NULL"),
}
COPIED = (
    *("voucher_id", "person_id", "channel", "consent", "accepted_by_person_id", "accepted_at"),
)  # fmt: skip
NAMED_ONCE = (
    "(channel = 'page' AND consent IS NULL AND consent_id IS NULL)"
    " OR (channel = 'helper' AND (consent IS NULL) <> (consent_id IS NULL))"
)
OF_CONSENT = ["consent_id", "person_id", "accepted_by_person_id"]
CONSENT = ["id", "principal_person_id", "helper_person_id"]


def upgrade() -> None:
    """Create the tables, and let an acceptance name the consent it stands on."""
    _create_consent_request()
    _create_consent()
    _create_consent_refusal()
    if op.get_bind().dialect.name == "postgresql":
        _widen_acceptance()
    else:
        _rebuild_acceptance()
    for table in APPEND_ONLY:
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
    for table in (*APPEND_ONLY, *NEVER_DELETED):
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    for table, columns in FIXED.items():
        for column in columns:
            _refuse(
                f"{table}_{column}_fixed",
                table,
                f"UPDATE OF {column}",
                f"{table}.{column} never changes",
                _changed(column),
            )
    for name, (table, column, when) in ONE_WAY.items():
        _refuse(name, table, f"UPDATE OF {column}", f"{table}.{column} goes one way", when)


def _changed(column: str) -> str:
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    return f"OLD.{column} {word} NEW.{column}"


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


def _widen_acceptance() -> None:
    op.add_column("acceptance", sa.Column("consent_id", t.Int64(), nullable=True))
    op.drop_constraint(op.f("ck_acceptance_consent"), "acceptance", type_="check")
    op.create_check_constraint(op.f("ck_acceptance_consent"), "acceptance", NAMED_ONCE)
    op.create_foreign_key("fk_acceptance_consent", "acceptance", "consent", OF_CONSENT, CONSENT)


def _rebuild_acceptance() -> None:
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'acceptance'")
    )
    kept = [row.sql for row in triggers]
    rebuild(connection, "acceptance", COPIED, _create_acceptance)
    for trigger in kept:
        op.execute(trigger)


def _create_acceptance(name: str) -> None:
    op.create_table(
        name,
        sa.Column("voucher_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("channel", t.Text(), nullable=False),
        sa.Column("consent", t.Text(), nullable=True),
        sa.Column("consent_id", t.Int64(), nullable=True),
        sa.Column("accepted_by_person_id", t.Int64(), nullable=False),
        sa.Column("accepted_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint(NAMED_ONCE, name=op.f("ck_acceptance_consent")),
        sa.CheckConstraint("channel IN ('page','helper')", name=op.f("ck_acceptance_channel")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_acceptance_person_id")),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_acceptance_holder",
        ),
        sa.ForeignKeyConstraint(
            OF_CONSENT, [f"consent.{each}" for each in CONSENT], name="fk_acceptance_consent"
        ),
        sa.PrimaryKeyConstraint("voucher_id", name=op.f("pk_acceptance")),
        sqlite_strict=True,
    )


def _scopes() -> list[sa.Column[bool]]:
    return [sa.Column(name, t.Flag(), nullable=False) for name in ("may_accept", "may_enrol", "may_paper")]


def _create_consent_request() -> None:
    op.create_table(
        "consent_request",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("helper_person_id", t.Int64(), nullable=False),
        sa.Column("principal_person_id", t.Int64(), nullable=True),
        sa.Column("mobile_index", t.Text(), nullable=False),
        sa.Column("code_index", t.Text(), nullable=False),
        sa.Column("relationship", t.Text(), nullable=False),
        sa.Column("until_on", t.Day(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("expires_at", t.UtcTime(), nullable=False),
        sa.Column("used_at", t.UtcTime(), nullable=True),
        *_scopes(),
        sa.CheckConstraint("expires_at > asked_at", name=op.f("ck_consent_request_expires_later")),
        sa.CheckConstraint(
            "principal_person_id <> helper_person_id", name=op.f("ck_consent_request_two_people")
        ),
        sa.CheckConstraint(
            "used_at IS NULL OR principal_person_id IS NOT NULL",
            name=op.f("ck_consent_request_used_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["helper_person_id"], ["person.id"], name=op.f("fk_consent_request_helper_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["principal_person_id"], ["person.id"], name=op.f("fk_consent_request_principal_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_request")),
        sqlite_strict=True,
    )
    op.create_index("ix_consent_request_mobile", "consent_request", ["mobile_index", "asked_at"])
    op.create_index("ix_consent_request_helper", "consent_request", ["helper_person_id", "asked_at"])


def _create_consent() -> None:
    op.create_table(
        "consent",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("principal_person_id", t.Int64(), nullable=False),
        sa.Column("helper_person_id", t.Int64(), nullable=False),
        sa.Column("relationship", t.Text(), nullable=False),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("mandate", t.Text(), nullable=True),
        sa.Column("request_id", t.Int64(), nullable=True),
        sa.Column("until_on", t.Day(), nullable=False),
        sa.Column("granted_at", t.UtcTime(), nullable=False),
        sa.Column("granted_by_person_id", t.Int64(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("ended_by", t.Text(), nullable=True),
        sa.Column("ended_by_person_id", t.Int64(), nullable=True),
        *_scopes(),
        sa.CheckConstraint("principal_person_id <> helper_person_id", name=op.f("ck_consent_two_people")),
        sa.CheckConstraint("way IN ('own','code','counter')", name=op.f("ck_consent_way")),
        sa.CheckConstraint("(way = 'counter') = (mandate IS NOT NULL)", name=op.f("ck_consent_mandate")),
        sa.CheckConstraint("(way = 'code') = (request_id IS NOT NULL)", name=op.f("ck_consent_request")),
        sa.CheckConstraint(
            "(way = 'own' AND granted_by_person_id = principal_person_id)"
            " OR (way = 'code' AND granted_by_person_id = helper_person_id)"
            " OR (way = 'counter' AND granted_by_person_id <> principal_person_id"
            " AND granted_by_person_id <> helper_person_id)",
            name=op.f("ck_consent_granted_by"),
        ),
        sa.CheckConstraint(
            "ended_by IN ('principal','helper','office','renewed')", name=op.f("ck_consent_ended_by")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (ended_by_person_id IS NULL)",
            name=op.f("ck_consent_ended_with_hand"),
        ),
        sa.ForeignKeyConstraint(
            ["principal_person_id"], ["person.id"], name=op.f("fk_consent_principal_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["helper_person_id"], ["person.id"], name=op.f("fk_consent_helper_person_id")
        ),
        sa.ForeignKeyConstraint(["request_id"], ["consent_request.id"], name=op.f("fk_consent_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("request_id", name=op.f("uq_consent_request_id")),
        sa.UniqueConstraint(*CONSENT, name=op.f("uq_consent_id_principal_person_id_helper_person_id")),
        sqlite_strict=True,
    )
    open_ones = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_consent_pair",
        "consent",
        ["principal_person_id", "helper_person_id"],
        unique=True,
        sqlite_where=open_ones,
        postgresql_where=open_ones,
    )
    op.create_index("ix_consent_helper", "consent", ["helper_person_id"], unique=False)


def _create_consent_refusal() -> None:
    op.create_table(
        "consent_refusal",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("tried_by_person_id", t.Int64(), nullable=False),
        sa.Column("mobile_index", t.Text(), nullable=False),
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("at", t.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_refusal")),
        sqlite_strict=True,
    )
    op.create_index("ix_consent_refusal_mobile", "consent_refusal", ["mobile_index", "at"])
    op.create_index("ix_consent_refusal_tried_by", "consent_refusal", ["tried_by_person_id", "at"])
