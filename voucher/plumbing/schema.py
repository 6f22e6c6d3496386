"""Bringing a database to the newest schema, and saying plainly when it is not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from voucher.plumbing.db import Database
from voucher.rules.errors import Family, reason

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

SCHEMA_OLD = reason(
    "schema_not_current",
    "数据库尚未建立或不是最新结构",
    "请先运行“voucher init”建立或升级数据库，已有数据不会丢失",
    "【设】数据库结构与程序版本一致",
    Family.UNAVAILABLE,
)
UPGRADE_WAITS = reason(
    "upgrade_waits",
    "{what}，还不能升级",
    "{first}，再运行“voucher init”；数据没有改动，升级前的程序照常使用",
    "【设】升级不替人决定留下哪一份",
    Family.CONFLICT,
)
DATABASE_UNREACHABLE = reason(
    "database_unreachable",
    "无法连接数据库",
    "请检查 VOUCHER_DATABASE_URL 和数据库服务是否正常，稍后重试；未完成的办理不会生效",
    "【设】连接失败时不作任何改动",
    Family.UNAVAILABLE,
)


def _config() -> Config:
    return Config(str(MIGRATIONS / "alembic.ini"))


@contextmanager
def upgrading(database: Database) -> Iterator[Connection]:
    """Yield a connection to change the schema in, all in one transaction.

    On SQLite foreign keys are off meanwhile, since a table is changed by putting another in its place, and
    every one of them is checked before the commit. Raises RuntimeError where one would point nowhere.
    """
    with database.engine.execution_options(writes=True).connect() as connection:
        if database.is_sqlite:
            # this one is closed afterwards and never lent to an act, whatever becomes of the upgrade
            connection.detach()
            raw = connection.connection.dbapi_connection
            if raw is not None:
                # before the transaction begins: within one SQLite ignores it
                raw.cursor().execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            yield connection
            if "transaction_id" in _columns_of(connection, "row_touch"):
                # what an upgrade touches is bound as it stands: it is no act of anybody
                connection.exec_driver_sql(
                    "UPDATE row_touch SET transaction_id = NULL WHERE transaction_id = current_act()"
                )
            if database.is_sqlite:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(5)
                if broken:
                    raise RuntimeError(f"the upgrade leaves references that point nowhere: {broken}")


def _columns_of(connection: Connection, table: str) -> set[str]:
    looked = inspect(connection)
    return {each["name"] for each in looked.get_columns(table)} if looked.has_table(table) else set()


def upgrade(database: Database) -> None:
    """Create or upgrade the schema in one transaction; data stays.

    Raises Refused upgrade_waits where somebody has to decide something first.
    """
    config = _config()
    with upgrading(database) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_reachable(database: Database) -> None:
    """Refuse where nobody answers, before anything is made for this database. Raises database_unreachable."""
    try:
        database.engine.connect().close()
    except SQLAlchemyError as error:
        raise DATABASE_UNREACHABLE.refused() from error


def check_current(database: Database) -> None:
    """Refuse to work on a database of another version.

    Raises Refused schema_not_current, database_unreachable.
    """
    try:
        with database.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise DATABASE_UNREACHABLE.refused() from error
    if found != _newest_revision():
        raise SCHEMA_OLD.refused()


@cache
def _newest_revision() -> str | None:
    """Return the revision this program is written for; every migration is read to find it, once."""
    return ScriptDirectory.from_config(_config()).get_current_head()
