"""Alembic's environment: takes the connection it is given, or opens the configured database itself."""

from __future__ import annotations

import os

from alembic import context

from voucher.config import read_config
from voucher.plumbing.db import Database, Model
from voucher.plumbing.schema import upgrading


def run() -> None:
    """Run the migrations, one transaction for all of them."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        context.configure(connection=connection)
        context.run_migrations()
        return
    with upgrading(Database(read_config(os.environ).database_url)) as opened:
        context.configure(connection=opened, target_metadata=Model.metadata)
        context.run_migrations()


run()
