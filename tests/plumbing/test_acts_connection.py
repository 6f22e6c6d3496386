"""An act's connection is begun without the session: whichever of the two writes, one commit keeps both."""

from __future__ import annotations

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from tests.conftest import FOUNDED_AT
from voucher.plumbing.db import Database
from voucher.registry.standards import Parameter

SAID = {"region_code": "", "unit": "", "since": FOUNDED_AT.date(), "source": "测试", "confidence": "default"}


def _count(database: Database, *names: str) -> int:
    with database.read() as session:
        wanted = select(func.count()).select_from(Parameter).where(Parameter.name.in_(names))
        return session.scalar(wanted) or 0


def test_what_is_said_to_the_connection_and_what_the_session_holds_are_kept_together(
    database: Database,
) -> None:
    with database.open_write() as session:
        # nothing but the connection, then both in either order, in one session one after the other
        session.connection().execute(insert(Parameter).values(name="alone", value="1", **SAID))
        session.commit()
        session.connection().execute(insert(Parameter).values(name="before", value="1", **SAID))
        session.add(Parameter(name="held", value="1", **SAID))
        session.commit()
        session.add(Parameter(name="first", value="1", **SAID))
        session.connection().execute(insert(Parameter).values(name="after", value="1", **SAID))
        session.commit()
        # a change of what was loaded is written with the commit
        session.connection()
        found = session.scalars(select(Parameter).where(Parameter.name == "held")).one()
        found.value = "2"
        session.commit()
    assert _count(database, "alone", "before", "held", "first", "after") == 5
    with database.read() as session:
        assert session.scalar(select(Parameter.value).where(Parameter.name == "held")) == "2"


def test_what_is_given_up_or_never_committed_is_gone_from_both(database: Database) -> None:
    with database.open_write() as session:
        session.connection().execute(insert(Parameter).values(name="alone", value="1", **SAID))
        session.rollback()
        session.connection().execute(insert(Parameter).values(name="said", value="1", **SAID))
        session.add(Parameter(name="held", value="1", **SAID))
        session.flush()
        session.rollback()
        session.connection().execute(insert(Parameter).values(name="left", value="1", **SAID))
    assert _count(database, "alone", "said", "held", "left") == 0
    # the connection that was given back carries nothing over into the next act
    with database.open_write() as session:
        session.connection().execute(insert(Parameter).values(name="next", value="1", **SAID))
        session.commit()
    assert _count(database, "next", "left") == 1


def test_a_commit_the_database_refuses_leaves_no_lock_and_no_transaction_behind(database: Database) -> None:
    with database.open_write() as session:
        for each in (
            "CREATE TABLE later (id INTEGER PRIMARY KEY)",
            "CREATE TABLE sooner (id INTEGER REFERENCES later (id) DEFERRABLE INITIALLY DEFERRED)",
        ):
            session.connection().execute(text(each))
        session.commit()
    with database.open_write() as session:
        session.connection().execute(text("INSERT INTO sooner VALUES (1)"))
        with pytest.raises(IntegrityError):
            session.commit()
    # whoever is lent the connection next writes as if nothing had been
    for name in ("next", "over"):
        with database.open_write() as session:
            session.connection().execute(insert(Parameter).values(name=name, value="1", **SAID))
            session.commit()
    assert _count(database, "next", "over") == 2
