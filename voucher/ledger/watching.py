"""Which tables are watched: every change of a row leaves a line in `row_touch`, in the same transaction.

Triggers write it, so that no act has to remember; `voucher.ledger.binding` reads the lines and binds the rows
to the trail. Whoever takes the triggers away and then changes a row leaves a row that is not what was bound.
"""

from __future__ import annotations

from sqlalchemy import Connection, Inspector, inspect, text

from voucher.plumbing.db import Database

# what is not evidence, or is held otherwise; every other table is watched, also one that is made tomorrow
UNWATCHED: dict[str, str] = {
    "alembic_version": "结构版本，由程序核对",
    "audit_row": "留痕本身，由封存链核对",
    "audit_seal": "留痕本身，由封存链核对",
    "audit_checkpoint": "留痕本身，由签名和留存文件核对",
    "row_touch": "待登记的行，登记后即清除",
    "row_page": "登记页，由留痕中的摘要核对",
    "transition": "状态表，由程序核对",
    "statistic_fact": "汇总数，可由业务数据重算核对",
    "statistic_cell": "汇总数，可由业务数据重算核对",
    "statistic_slice": "汇总数，可由业务数据重算核对",
    "statistic_cuboid": "汇总数，可由业务数据重算核对",
    "statistic_cuboid_loss": "汇总数，可由业务数据重算核对",
    "statistic_loss": "汇总数，可由业务数据重算核对",
    "statistic_flow": "汇总数，可由业务数据重算核对",
    "statistic_heads": "汇总数，可由业务数据重算核对",
    "statistic_position": "汇总进度",
    "audit_join_turn": "轮到谁做比对，只用来加锁",
    "outbox": "待发消息，发出后清理",
    "job": "后台任务",
    "idempotency_key": "短期去重",
    "web_session": "登录会话",
    "web_session_origin": "登录会话",
    "login_code": "短期验证码",
    "login_refusal": "短期计数",
    "mailbox_letter": "演示短信箱",
    "system_token": "短期令牌",
    "webhook_attempt": "通知尝试，定期清理",
    "mark_position": "签到的经纬度，加密，定期清理",
    "study_focus": "学习页面逐分钟的情况，学习中一直更新，定期清理",
    "voucher_origin": "领取、核销的设备和网络摘要，定期清理",
    "webhook_delivery": "通知进度",
    "webhook_position": "通知进度",
    "presentation_look": "短期出示记录，定期清理",
    "presentation_seen": "短期去重，定期清理",
    "challenge": "短期随机数",
    "screen_code": "短期码",
    "texted_code": "短期码",
    "status_list": "由签名核对",
    "status_place": "由签名核对",
    "attachment_content": "内容由附件行中的摘要核对",
    "lesson_video_part": "内容由影片行中的摘要核对",
}
# rows of these may go by an act of the house; of all others none ever does
ROWS_MAY_GO = frozenset(
    {
        *("class_session", "programme_demand", "listing_scope", "audit_list_row", "audit_join_hit"),
        *("audit_join_conclusion", "page_opening", "network_seen"),
    }
)
ROWS_MAY_GO_BY_PREFIX = "filing"
# money, promises, people, proofs, powers and dated rows: whatever writes one of these writes an act along, in
# the same transaction. Of the others some are written without (a lesson's minutes, a code shown, a call)
ACTED = frozenset(
    {
        *("claim", "claim_hand", "signature", "payment", "payment_file", "payment_line", "payee_account"),
        *("transfer", "account", "budget", "voucher", "entitlement", "redemption", "state_event"),
        *("certificate", "register_entry", "exam_result", "attendance", "completion"),
        *("person", "institution", "role_grant", "parameter", "standard", "project"),
        *("measure", "exposure", "exposure_draft", "risk_flag", "audit_list", "audit_join", "audit_join_hit"),
        "audit_join_conclusion",
    }
)
DEEDS = ("insert", "update", "delete")


def list_watched(inspector: Inspector) -> list[str]:
    """Return the tables of a database that are watched."""
    return sorted(set(inspector.get_table_names()) - UNWATCHED.keys())


def deeds_of(table: str, triggers: set[str]) -> tuple[str, ...]:
    """Return which deeds on a table are watched: what other triggers refuse anyway is not."""
    may_go = table in ROWS_MAY_GO or table.startswith(ROWS_MAY_GO_BY_PREFIX)
    refused = {"update": f"{table}_no_update" in triggers, "delete": not may_go}
    return tuple(deed for deed in DEEDS if not refused.get(deed, False))


def list_triggers(connection: Connection) -> set[str]:
    """Return the names of the triggers that stand and are not switched off."""
    if connection.dialect.name == "sqlite":
        sql = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        sql = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    return set(connection.execute(text(sql)).scalars())


def find_unwatched(connection: Connection) -> list[str]:
    """Return the tables that should be watched and are not, entirely."""
    triggers = list_triggers(connection)
    return [
        table
        for table in list_watched(inspect(connection))
        if not {f"{table}_touch_{deed}" for deed in deeds_of(table, triggers)} <= triggers
    ]


def watch_tables(database: Database) -> list[str]:
    """Watch whatever is not watched yet, note its rows as touched, and return the tables.

    A table of an earlier release, or one that a migration has put in another's place, is bound anew as it
    stands: the trail is to be verified before an upgrade, not after.
    """
    with database.engine.execution_options(writes=True).connect() as connection, connection.begin():
        missing = find_unwatched(connection)
        if missing:
            triggers, inspector = list_triggers(connection), inspect(connection)
            for table in missing:
                keys = list(inspector.get_pk_constraint(table)["constrained_columns"])
                for deed in deeds_of(table, triggers):
                    _watch(connection, table, keys, deed)
                _touch_all(connection, table, keys)
            leave_as_it_stands(connection)
    return missing


def leave_as_it_stands(connection: Connection) -> None:
    """Let what this transaction has touched be bound as it stands: an upgrade, which is no act of anybody."""
    connection.exec_driver_sql(
        "UPDATE row_touch SET transaction_id = NULL WHERE transaction_id = current_act()"
    )


def _watch(connection: Connection, table: str, keys: list[str], deed: str) -> None:
    name, row = f"{table}_touch_{deed}", "OLD" if deed == "delete" else "NEW"
    into = "INSERT INTO row_touch (table_name, key_columns, row_key)"
    told = f"'{table}', '{','.join(keys)}'"
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(
            f"CREATE TRIGGER {name} AFTER {deed.upper()} ON {table} "
            f"BEGIN {into} VALUES ({told}, {_key_of(keys, f'{row}.')}); END"
        )
        return
    connection.exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION touch_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # noqa: S608 — names of our own schema
        f"{into} SELECT {told}, {_key_of(keys)} FROM changed; RETURN NULL; END $$"
    )
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
    # once per statement: a COPY of a million rows is one call
    connection.exec_driver_sql(
        f"CREATE TRIGGER {name} AFTER {deed.upper()} ON {table} REFERENCING {row} TABLE AS changed "
        f"FOR EACH STATEMENT EXECUTE FUNCTION touch_{table}()"
    )


def _touch_all(connection: Connection, table: str, keys: list[str]) -> None:
    connection.exec_driver_sql(
        "INSERT INTO row_touch (table_name, key_columns, row_key) "  # noqa: S608 — names of our own schema
        f"SELECT '{table}', '{','.join(keys)}', {_key_of(keys)} FROM {table}"
    )


def _key_of(keys: list[str], prefix: str = "") -> str:
    return " || '/' || ".join(f"CAST({prefix}{each} AS TEXT)" for each in keys)
