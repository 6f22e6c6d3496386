"""Bringing a database to the newest schema, and saying plainly when it is not there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
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
DATABASE_UNREACHABLE = reason(
    "database_unreachable",
    "无法连接数据库",
    "请检查 VOUCHER_DATABASE_URL 和数据库服务是否正常，稍后重试；未完成的办理不会生效",
    "【设】连接失败时不作任何改动",
    Family.UNAVAILABLE,
)


def _config() -> Config:
    return Config(str(MIGRATIONS / "alembic.ini"))


def upgrade(database: Database) -> None:
    """Create or upgrade the schema in one transaction; data stays."""
    config = _config()
    with database.engine.execution_options(writes=True).connect() as connection, connection.begin():
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
    head = ScriptDirectory.from_config(_config()).get_current_head()
    try:
        with database.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise DATABASE_UNREACHABLE.refused() from error
    if found != head:
        raise SCHEMA_OLD.refused()
