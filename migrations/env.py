"""Alembic's environment: takes the connection it is given, or opens the configured database itself."""

from __future__ import annotations

import os
from importlib import import_module
from pkgutil import walk_packages

from alembic import context

from voucher.config import read_config
from voucher.plumbing.db import Database, Model


def load_models() -> None:
    """Import every module that may declare a table, so that autogenerate compares with all of them."""
    for floor in ("plumbing", "ledger", "registry", "stages"):
        package = import_module(f"voucher.{floor}")
        for module in walk_packages(package.__path__, prefix=f"voucher.{floor}."):
            import_module(module.name)


def run() -> None:
    """Run the migrations, one transaction for all of them."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        context.configure(connection=connection)
        context.run_migrations()
        return
    load_models()
    database = Database(read_config(os.environ).database_url)
    with database.engine.execution_options(writes=True).connect() as opened, opened.begin():
        context.configure(connection=opened, target_metadata=Model.metadata)
        context.run_migrations()


run()
