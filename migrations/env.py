"""Alembic's environment: takes the connection it is given, or opens the configured database itself."""

from __future__ import annotations

import os

from alembic import context

from voucher.config import read_config
from voucher.plumbing.db import Database, Model


def run() -> None:
    """Run the migrations, one transaction for all of them."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        context.configure(connection=connection)
        context.run_migrations()
        return
    database = Database(read_config(os.environ).database_url)
    with database.engine.execution_options(writes=True).connect() as opened, opened.begin():
        context.configure(connection=opened, target_metadata=Model.metadata)
        context.run_migrations()


run()
