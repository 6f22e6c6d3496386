"""Logs: whatever is logged, by us or by a library, nobody's number or name comes out."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import CheckConstraint, Column, MetaData, Table, insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from voucher.plumbing.db import CONVENTION, Database
from voucher.plumbing.logs import configure_logs, describe_database_error, describe_error
from voucher.plumbing.types import Int64, Text
from voucher.rules.errors import Family, Reason

IDENTITY = "11010519491231002X"
NAME = "金丝雀"
MOBILE = "13800001234"
ACCOUNT = "6222021234567890123"
CANARIES = (IDENTITY, NAME, MOBILE, ACCOUNT)


# A table of the test only, to make a real database complain about real values.
CANARY_TABLE = Table(
    "test_canary",
    MetaData(naming_convention=CONVENTION),
    Column("id", Int64, primary_key=True),
    Column("name", Text, unique=True),
    CheckConstraint("length(name) > 5", name="name_long"),
    sqlite_strict=True,
)


@dataclass
class Person:
    name: str


class Lines:
    """What was logged."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def last(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.text.splitlines()[-1])
        return told


@pytest.fixture
def lines() -> Iterator[Lines]:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    lines = Lines()
    configure_logs(lines.stream)
    yield lines
    root.handlers, root.level = kept, level
    structlog.reset_defaults()


def test_a_log_is_one_json_object_a_line(lines: Lines) -> None:
    structlog.stdlib.get_logger("test").info("batch drafted", batch_id=12, lines=9637, region="419001")
    assert len(lines.text.splitlines()) == 1
    assert lines.last["event"] == "batch drafted"
    assert (lines.last["batch_id"], lines.last["region"], lines.last["level"]) == (12, "419001", "info")
    assert lines.last["timestamp"].endswith("Z")


def test_numbers_of_persons_are_masked_wherever_they_stand(lines: Lines) -> None:
    structlog.stdlib.get_logger("test").info(
        f"claim of {IDENTITY}",
        note=f"call {MOBILE}",
        deep={"list": [{"account": ACCOUNT, IDENTITY: [ACCOUNT]}], "seen": (MOBILE,)},
        number=int(ACCOUNT),
        raw=IDENTITY.encode(),
        url=f"/people?identity={IDENTITY}&x=1",
    )
    for canary in CANARIES:
        assert canary not in lines.text
    assert "110105********002X" in lines.text


def test_what_cannot_be_recognised_is_dropped_by_its_key_and_objects_by_their_kind(lines: Lines) -> None:
    structlog.stdlib.get_logger("test").info(
        "seen", name=NAME, row=[NAME], Params={"a": NAME}, person=Person(NAME)
    )
    assert NAME not in lines.text
    assert lines.last["name"] == "[dropped]"
    assert lines.last["person"] == "<Person>"


def test_an_exception_leaves_its_kind_and_place_but_not_its_text(lines: Lines) -> None:
    try:
        raise RuntimeError(f"{NAME} {IDENTITY}")
    except RuntimeError:
        structlog.stdlib.get_logger("test").exception("failed")
        logging.getLogger("some.library").exception("failed too")
    first, second = (json.loads(line) for line in lines.text.splitlines())
    assert first["error"]["kind"] == second["error"]["kind"] == "RuntimeError"
    assert "test_logs.py" in first["error"]["where"][0]
    for canary in CANARIES:
        assert canary not in lines.text


def test_the_logs_of_libraries_are_masked_as_well(lines: Lines) -> None:
    logging.getLogger("werkzeug").info('"GET /people?identity=%s" 200', IDENTITY)
    logging.getLogger("some.library").warning("number %(number)s", {"number": ACCOUNT})
    assert "GET /people" in lines.text
    for canary in CANARIES:
        assert canary not in lines.text


def test_statements_and_their_values_are_never_logged(lines: Lines, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'canary.db'}")
    CANARY_TABLE.create(database.engine)
    with database.open_write() as session:
        session.execute(insert(CANARY_TABLE).values(id=1, name=NAME * 3))
        session.rollback()
    assert NAME not in lines.text
    assert "INSERT" not in lines.text


def complaints(database: Database) -> list[SQLAlchemyError]:
    """Return what the database says to a key taken twice and to a check not met."""
    CANARY_TABLE.create(database.engine)
    said: list[SQLAlchemyError] = []
    for name in (NAME * 3, NAME):
        with database.open_write() as session:
            session.execute(insert(CANARY_TABLE).values(id=1, name=NAME * 3))
            with pytest.raises(SQLAlchemyError) as caught:
                session.execute(insert(CANARY_TABLE).values(id=2, name=name))
        said.append(caught.value)
    return said


def test_a_database_error_is_described_without_a_value(lines: Lines, tmp_path: Path) -> None:
    key, check = complaints(Database(f"sqlite:///{tmp_path / 'canary.db'}"))
    assert describe_database_error(key) == {
        "kind": "IntegrityError",
        "driver_kind": "IntegrityError",
        "sqlstate": "SQLITE_CONSTRAINT_UNIQUE",
        "constraint": "test_canary.name",
    }
    assert describe_database_error(check)["constraint"] == "ck_test_canary_name_long"
    for error in (key, check):
        structlog.stdlib.get_logger("test").error("not stored", exc_info=error)
    assert "test_canary.name" in lines.text
    assert NAME not in lines.text


def test_a_constraint_s_text_that_could_be_a_value_is_left_out() -> None:
    error = IntegrityError("INSERT", {"name": NAME}, sqlite3.IntegrityError(f"bad value: {NAME}"))
    assert NAME not in str(describe_database_error(error))


def test_a_refusal_is_logged_by_its_code_only() -> None:
    told = Reason("test_logged", "{name} 不符合条件", "", "test", Family.INVALID).refused(name=NAME)
    assert describe_error(told) == {"refusal": "test_logged"}
