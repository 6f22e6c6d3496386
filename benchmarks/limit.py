"""The least a server can do to use something once: one conditional update, one insert, one commit.

Flask and SQLAlchemy Core on the same engine the house opens: its pool, its connections, its settings.
"""

from __future__ import annotations

import os

from flask import Flask, Response, jsonify, request
from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, Text, bindparam, func, insert
from sqlalchemy import update as set_row

from voucher.plumbing.db import Database

tables = MetaData()
bare_voucher = Table(
    "bare_voucher",
    tables,
    Column("id", BigInteger, primary_key=True),
    Column("state", Text, nullable=False),
)
bare_use = Table(
    "bare_use",
    tables,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("voucher_id", BigInteger, nullable=False, unique=True),
    Column("nonce", Text, nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
USE = (
    set_row(bare_voucher)
    .where(bare_voucher.c.id == bindparam("wanted"), bare_voucher.c.state == "open")
    .values(state="used")
)
NOTE = insert(bare_use)


def create_app() -> Flask:
    """Return the application on the database the environment names."""
    app = Flask("limit")
    database = Database(os.environ["VOUCHER_DATABASE_URL"])

    @app.post("/uses")
    def use() -> tuple[Response, int]:
        asked = request.get_json()
        with database.engine.begin() as connection:
            used = connection.execute(USE, {"wanted": asked["id"]}).rowcount == 1
            if used:
                connection.execute(NOTE, {"voucher_id": asked["id"], "nonce": asked["nonce"]})
        return jsonify(id=asked["id"], used=used), 201 if used else 409

    return app
