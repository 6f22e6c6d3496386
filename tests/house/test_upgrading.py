"""An installation of an earlier version is brought up to this one, and loses neither rows nor triggers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from tests.conftest import BACKENDS
from tests.warm import postgres_url
from voucher.plumbing import types as t
from voucher.plumbing.clock import day_of
from voucher.plumbing.db import Database, Model, load_models
from voucher.plumbing.schema import MIGRATIONS, upgrade, upgrading
from voucher.rules.errors import Refused

BEFORE_VOUCHERS = "0011"
# the number of a voucher became a property when the table was made anew, before anybody had one; that of a
# person follows an approved correction, and nothing else
GONE = {"voucher_number_fixed", "person_blind_index_fixed"}
AT, DAY = datetime(2024, 3, 6, 2, 0, tzinfo=UTC), date(2024, 3, 6)
SUBJECT = "0" * 64
NURSE, JIYUAN = "4-10-01-05", "419001"
INTO = "INSERT INTO session_change"
OLD_TRIGGER = "CREATE TRIGGER {} BEFORE UPDATE ON {} BEGIN SELECT RAISE(ABORT, 'old'); END"


@pytest.fixture(params=BACKENDS)
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Yield a database with the schema of the version before vouchers, without any row."""
    load_models()
    name = f"earlier_{uuid4().hex}"
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'earlier.db'}")
    else:
        with psycopg.connect(postgres_url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        database = Database(postgres_url(name))
    config = Config(str(MIGRATIONS / "alembic.ini"))
    with upgrading(database) as connection_up:
        config.attributes["connection"] = connection_up
        command.upgrade(config, BEFORE_VOUCHERS)
    yield database
    database.dispose()
    if request.param == "postgres":
        with psycopg.connect(postgres_url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def filler(kind: object) -> object:
    """Return something a column of a kind takes, where a test does not care what."""
    if isinstance(kind, t.UtcTime):
        return AT
    if isinstance(kind, t.Day):
        return DAY
    if isinstance(kind, t.Bytes):
        return b"sealed"
    if isinstance(kind, t.Json):
        return []
    return 0 if isinstance(kind, t.Int64) else "-"


def put(connection: Connection, table: str, **given: object) -> None:
    """Insert one row into a table as it was then; what the test leaves open is filled in."""
    kinds = {column.name: column.type for column in Model.metadata.tables[table].columns}
    for column in inspect(connection).get_columns(table):
        name = column["name"]
        if name != "id" and name not in given and not column["nullable"]:
            given[name] = filler(kinds.get(name, t.Text()))
    into = sa.table(table, *(sa.column(name, kinds.get(name, t.Text())) for name in given))
    connection.execute(into.insert().values(**given))


def live(connection: Connection, table: str, thing: str, state: str, **given: object) -> None:
    """Insert an object with the one event of its life."""
    moves = {"thing": thing, "from_state": "-", "event": "begin", "to_state": state}
    put(connection, "transition", **moves)
    put(connection, "state_event", object_id=1, seq=1, **moves)
    put(connection, table, id=1, thing=thing, state=state, seq=1, **given)


def settle_one(connection: Connection) -> None:
    """Write one claim that waits for money, with everything it stands on."""
    put(connection, "region", code=JIYUAN, rank="city")
    put(connection, "subject_key", id=1, blind_index=SUBJECT, wrapped_key=b"key")
    put(connection, "person", id=1, blind_index=SUBJECT, region_code=JIYUAN)
    live(connection, "institution", "institution", "listed", region_code=JIYUAN)
    put(connection, "evaluator_filing", id=1, institution_id=1, region_code=JIYUAN)
    live(
        connection, "certificate", "certificate", "verified",
        number="S000041010001235000001", person_id=1, trade_code=NURSE, level=2, institution_id=1,
        filing_id=1, theory_hundredths=8000,
    )  # fmt: skip
    put(connection, "register_entry", id=1, subject_index=SUBJECT, status="valid", trade_code=NURSE, level=2)
    put(
        connection, "verification", id=1, certificate_id=1, register_entry_id=1, person_id=1,
        trade_code=NURSE, level=2, verified=1,
    )  # fmt: skip
    put(connection, "project", id=1, code="EVAL")
    put(connection, "budget", id=1, region_code=JIYUAN, year=2024, granted_fen=100)
    live(connection, "settlement_batch", "batch", "submitted", region_code=JIYUAN, project_id=1, budget_id=1)
    put(connection, "entitlement", id=1, key="evaluation|1", person_id=1, trade_code=NURSE, state="taken")
    live(
        connection, "claim", "claim", "refused",
        kind="evaluation", batch_id=1, budget_id=1, project_id=1, region_code=JIYUAN, person_id=1,
        trade_code=NURSE, level=2, certificate_id=1, verification_id=1, verified=1, institution_id=1,
        entitlement_id=1, entitlement_key="evaluation|1", proposed_fen=20_000, amount_fen=20_000,
        revision=1, submitter_person_id=1,
    )  # fmt: skip
    put(connection, "waiting", id=1, budget_id=1, claim_id=1, amount_fen=20_000)


TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}


def triggers(connection: Connection) -> set[str]:
    return set(connection.scalars(text(TRIGGERS[connection.dialect.name])))


def contents(connection: Connection, tables: dict[str, list[str]]) -> dict[str, list[str]]:
    return {
        table: sorted(map(repr, connection.execute(text(f"SELECT {', '.join(columns)} FROM {table}"))))
        for table, columns in tables.items()
    }


def columns_in_common(connection: Connection) -> dict[str, list[str]]:
    """Return the columns every table of then still has in the models of today."""
    today = Model.metadata.tables
    return {
        table: [
            f'"{c["name"]}"' for c in inspect(connection).get_columns(table) if c["name"] in today[table].c
        ]
        for table in inspect(connection).get_table_names()
        if table in today
    }


def test_rows_and_triggers_come_through(earlier: Database) -> None:
    with earlier.engine.begin() as connection:
        settle_one(connection)
    with earlier.engine.connect() as connection:
        then, shared = triggers(connection), columns_in_common(connection)
        before = contents(connection, shared)
    assert all(before[table] for table in ("waiting", "claim", "certificate"))

    upgrade(earlier)

    with earlier.engine.connect() as connection:
        assert contents(connection, shared) == before
        assert then - triggers(connection) == GONE
        assert triggers(connection) - then
    for change, told in (
        ("DELETE FROM claim", "claim rows are never deleted"),
        ("UPDATE claim SET entitlement_key = 'another'", "entitlement_key never changes"),
        ("UPDATE claim SET voucher_id = 1", "voucher_id never changes"),
        ("DELETE FROM certificate", "certificate rows are never deleted"),
        ("UPDATE certificate SET number = 'another'", "number never changes"),
        ("UPDATE waiting SET claim_id = 2", "(?i)foreign key"),
        ("UPDATE waiting SET claim_id = NULL", "one_object"),
    ):
        with pytest.raises(DBAPIError, match=told), earlier.engine.begin() as connection:
            connection.execute(text(change))


def test_a_voucher_nobody_could_have_issued_stops_the_upgrade(earlier: Database) -> None:
    with earlier.engine.begin() as connection:
        settle_one(connection)
        live(
            connection, "voucher", "voucher", "issued",
            number="Q1", holder_person_id=1, project_id=1, budget_id=1, worth="offset", channel="open",
        )  # fmt: skip
        then = triggers(connection)
    with pytest.raises(RuntimeError, match="not this program"):
        upgrade(earlier)
    with earlier.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == BEFORE_VOUCHERS
        assert connection.scalar(text("SELECT number FROM voucher")) == "Q1"
        assert triggers(connection) == then


def test_options_kept_line_by_line_become_lists(tmp_path: Path) -> None:
    revisions = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    (found,) = (each.module for each in revisions if str(each.path).endswith("_lesson_options.py"))
    with sa.create_engine(f"sqlite:///{tmp_path / 'lines.db'}").begin() as connection:
        connection.execute(text("CREATE TABLE lesson_segment (id INTEGER PRIMARY KEY, options TEXT)"))
        connection.execute(
            text("INSERT INTO lesson_segment (options) VALUES ('洗手' || char(10) || '关灯'), (NULL)")
        )
        connection.execute(text(found.FIXED_AGAIN["sqlite"]))
        with Operations.context(MigrationContext.configure(connection)):
            found.upgrade()
        rows = connection.execute(
            sa.select(sa.column("options", t.Json())).select_from(sa.table("lesson_segment"))
        )
        assert [row.options for row in rows] == [["洗手", "关灯"], None]
        with pytest.raises(DBAPIError, match="append only"):
            connection.execute(text("UPDATE lesson_segment SET options = NULL"))


def test_a_signed_record_tells_of_what_was_revoked_well_before_it(tmp_path: Path) -> None:
    """A revocation of the same minute may have been written after the signing: it is not counted as told."""
    revisions = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    (found,) = (each.module for each in revisions if str(each.path).endswith("_revocations_told.py"))
    load_models()
    with sa.create_engine(f"sqlite:///{tmp_path / 'signed.db'}").begin() as connection:
        for table in ("certificate", "state_event", "archive_credential"):
            kinds = Model.metadata.tables[table].columns
            columns = ", ".join(each.name for each in kinds if each.name != "revocations_told")
            connection.execute(text(f"CREATE TABLE {table} ({columns})"))
        for key, person_id, ago in ((1, 1, 61), (2, 1, 59), (3, 2, 3600)):
            put(connection, "certificate", id=key, person_id=person_id)
            at = AT - timedelta(seconds=ago)
            put(connection, "state_event", thing="certificate", object_id=key, event="revoke", at=at)
        put(connection, "archive_credential", id=1, person_id=1, signed_at=AT)
        with Operations.context(MigrationContext.configure(connection)):
            found.upgrade()
        assert connection.scalar(text("SELECT revocations_told FROM archive_credential")) == 1
        with pytest.raises(DBAPIError, match="never changes"):
            connection.execute(text("UPDATE archive_credential SET revocations_told = 0"))


def test_who_is_to_teach_a_plan_written_before_is_asked_and_nobody_else(tmp_path: Path) -> None:
    revisions = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    (found,) = (each.module for each in revisions if str(each.path).endswith("_subcontracts_asked.py"))
    load_models()
    with sa.create_engine(f"sqlite:///{tmp_path / 'asked.db'}").begin() as connection:
        for table in ("training_class", "subcontract"):
            columns = ", ".join(each.name for each in Model.metadata.tables[table].columns)
            connection.execute(text(f"CREATE TABLE {table} ({columns})"))
        plans = enumerate((("filed", 2), ("returned", 2), ("approved", 2), ("filed", 1), ("draft", 2)), 1)
        for key, (state, taker) in plans:
            put(
                connection, "training_class", id=key, state=state, institution_id=1,
                delivering_institution_id=taker, drafted_by_person_id=7,
            )  # fmt: skip
        put(connection, "subcontract", class_id=5, why="缺少设备")
        with Operations.context(MigrationContext.configure(connection)):
            found.upgrade()
        rows = connection.execute(
            text(
                "SELECT class_id, to_institution_id, asked_by_person_id, agreed_at FROM subcontract "
                "WHERE why <> '缺少设备' ORDER BY class_id"
            )
        )
        assert [tuple(row) for row in rows] == [(1, 2, 7, None), (2, 2, 7, None)]


def test_changes_of_timetables_say_what_they_did_and_a_session_that_went_stays_named(
    earlier: Database,
) -> None:
    config = Config(str(MIGRATIONS / "alembic.ini"))
    with upgrading(earlier) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0107")
    with earlier.engine.begin() as connection:
        put(connection, "region", code=JIYUAN, rank="city")
        live(connection, "institution", "institution", "listed", region_code=JIYUAN)
        put(connection, "project", id=1, code="TRAIN")
        live(
            connection, "training_class", "class", "approved", institution_id=1, project_id=1, mode="offline",
            delivering_institution_id=1, region_code=JIYUAN, level=2, hours_offline=8, capacity=30,
        )  # fmt: skip
        put(
            connection, "class_session", id=7, class_id=1, position=1, mode="offline", topic="护理操作",
            ends_at=AT + timedelta(hours=6), hours=8,
        )  # fmt: skip
        put(connection, "timetable_change", id=1, class_id=1, applied_at=AT, reviewed=False)
        put(
            connection, "session_change", id=1, change_id=1, session_id=7, position=1, hours=8,
            former_hours=8, teacher="周老师",
            ends_at=AT + timedelta(hours=6), former_ends_at=AT + timedelta(hours=5),
        )  # fmt: skip
    with upgrading(earlier) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0129")
    with earlier.engine.begin() as connection:
        _answer_a_question(connection)
        tables = ("audit_join", "audit_join_hit", "audit_join_conclusion", "audit_list", "audit_list_row")
        joined = {table: [f'"{each}"' for each in list_columns(connection, table)] for table in tables}
        before = contents(connection, joined)
    upgrade(earlier)
    with earlier.engine.begin() as connection:
        assert contents(connection, joined) == before
    _what_was_concluded_before_takes_two_too(earlier)
    with earlier.engine.begin() as connection:
        row = connection.execute(text("SELECT kind, mode, topic, teacher FROM session_change")).one()
        assert tuple(row) == ("change", "offline", "护理操作", "周老师")
        connection.execute(text("DELETE FROM class_session"))
        put(
            connection, "session_change", id=2, change_id=1, kind="drop", session_id=8, position=2,
            former_starts_at=AT, former_ends_at=AT, former_hours=8, former_teacher="-", former_place="-",
        )  # fmt: skip
    for sin in (
        "UPDATE session_change SET topic = '-'",
        "DELETE FROM session_change",
        f"{INTO} (id, change_id, kind, session_id, position, mode, topic) SELECT 3, 1, 'drop', 9, 3, '', ''",
        f"{INTO} (id, change_id, kind, position, mode, topic, hours) VALUES (3, 1, 'add', 3, '-', '-', 8)",
    ):
        with pytest.raises(DBAPIError), earlier.engine.begin() as connection:
            connection.execute(text(sin))


def list_columns(connection: Connection, table: str) -> list[str]:
    return [each["name"] for each in inspect(connection).get_columns(table)]


def _answer_a_question(connection: Connection) -> None:
    """Bring a list, put a question to it, and conclude three hits: by one, by two, waiting."""
    digest = "a" * 64
    put(
        connection, "audit_list", id=1, region_code=JIYUAN, kind="pension", sha256=digest, row_count=1
    )  # fmt: skip
    put(connection, "audit_list_row", list_id=1, line=2, blind_index=SUBJECT)
    put(
        connection, "audit_join", id=1, region_code=JIYUAN, kind="pension", list_id=1, sha256=digest, hits=3,
        is_cut=False,
    )  # fmt: skip
    said = {"join_id": 1, "turn": 1, "concluded_by_person_id": 7}
    for place, (outcome, follow_up, by) in enumerate(
        (("dismissed", "nothing", 7), ("upheld", "clawback", 8), ("upheld", "clawback", None)), 1
    ):
        put(connection, "audit_join_hit", join_id=1, position=place)
        decided = {} if by is None else {"agreed": True, "decided_at": AT, "decided_by_person_id": by}
        put(
            connection, "audit_join_conclusion", position=place, outcome=outcome, follow_up=follow_up,
            **said, **decided,
        )  # fmt: skip


def _what_was_concluded_before_takes_two_too(database: Database) -> None:
    again = {
        "join_id": 1, "turn": 2, "concluded_by_person_id": 7, "outcome": "dismissed", "follow_up": "nothing",
        "agreed": True, "decided_at": AT, "decided_by_person_id": 7,
    }  # fmt: skip
    with database.engine.begin() as connection:
        put(connection, "audit_join_conclusion", position=1, **again)
        # a kind of list that was not there before
        put(connection, "audit_list", id=2, region_code=JIYUAN, kind="custody", sha256="b" * 64, row_count=1)
        put(connection, "audit_list_row", list_id=2, line=2, blind_index=SUBJECT, answers="..A")
    with pytest.raises(DBAPIError, match="takes two to overturn"), database.engine.begin() as connection:
        put(connection, "audit_join_conclusion", position=2, **again)
    own = "UPDATE audit_join_conclusion SET agreed = 1, decided_at = concluded_at, decided_by_person_id = 7"
    with pytest.raises(DBAPIError, match="takes two people"), database.engine.begin() as connection:
        connection.execute(text(f"{own} WHERE position = 3"))
    for deed, why in (
        ("DELETE FROM audit_list", "never deleted"), ("UPDATE audit_list_row SET answers = NULL", "never"),
        ("UPDATE audit_list SET kind = 'student'", "never changes"),
    ):  # fmt: skip
        with pytest.raises(DBAPIError, match=why), database.engine.begin() as connection:
            connection.execute(text(deed))


def module_of(ending: str) -> ModuleType:
    """Return the migration whose file ends so."""
    revisions = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    (found,) = (each.module for each in revisions if str(each.path).endswith(ending))
    return found


def test_why_a_credit_is_another_payment_leaves_the_words_of_the_bank(tmp_path: Path) -> None:
    """Only what people wrote there moves: a bank's own remark may say the same."""
    load_models()
    with sa.create_engine(f"sqlite:///{tmp_path / 'credits.db'}").begin() as connection:
        for table in ("bank_credit", "audit_row"):
            named = [each.name for each in Model.metadata.tables[table].columns]
            columns = ", ".join(each for each in named if each != "another_why")
            connection.execute(text(f"CREATE TABLE {table} ({columns})"))
        for name in ("bank_credit_final", "bank_credit_said"):
            connection.execute(text(OLD_TRIGGER.format(name, "bank_credit")))
        kept = (
            (1, 0, "人工登记 A；另一笔：第二期"),
            (2, 4, "退款；另一笔：两次汇款；另一笔：回单两张"),
            (3, 5, "退款；另一笔：付款人写的"),
            (4, 6, "退款"),
        )
        for key, line, remark in kept:
            put(connection, "bank_credit", id=key, line=line, remark=remark)
        for key in (2, 4):
            put(connection, "audit_row", id=key, thing="bank_credit", object_id=key, act="assign")
        with Operations.context(MigrationContext.configure(connection)):
            module_of("_another_why.py").upgrade()
        rows = connection.execute(text("SELECT remark, another_why FROM bank_credit ORDER BY id")).all()
        assert [tuple(row) for row in rows] == [
            ("人工登记 A", "第二期"),
            ("退款", "两次汇款；回单两张"),
            ("退款；另一笔：付款人写的", None),
            ("退款", None),
        ]
        with pytest.raises(DBAPIError, match="bank said"):
            connection.execute(text("UPDATE bank_credit SET remark = 'x'"))


def test_a_hold_that_stood_without_its_case_is_given_back_to_it(tmp_path: Path) -> None:
    load_models()
    with sa.create_engine(f"sqlite:///{tmp_path / 'holds.db'}").begin() as connection:
        for table in ("claim_denial", "hold"):
            columns = ", ".join(each.name for each in Model.metadata.tables[table].columns)
            connection.execute(text(f"CREATE TABLE {table} ({columns})"))
        connection.execute(text(OLD_TRIGGER.format("claim_denial_fixed", "claim_denial")))
        put(connection, "hold", id=1, thing="claim", object_id=7, why="本人反映：不是我", closed_at=AT)
        anew = "本人反映：不是我（FY-2024-000003，退票后停住）"
        put(connection, "hold", id=2, thing="claim", object_id=7, why=anew)
        for key in (3, 4):
            put(connection, "claim_denial", id=key, claim_id=7, hold_id=1 if key == 3 else None)
        with Operations.context(MigrationContext.configure(connection)):
            module_of("_case_held_anew.py").upgrade()
        rows = connection.execute(text("SELECT id, hold_id FROM claim_denial ORDER BY id")).all()
        assert [tuple(row) for row in rows] == [(3, 2), (4, None)]
        with pytest.raises(DBAPIError, match="stays whose"):
            connection.execute(text("UPDATE claim_denial SET hold_id = 1 WHERE id = 3"))


def test_where_there_was_no_cap_it_begins_on_a_day_and_what_somebody_changed_stays(tmp_path: Path) -> None:
    revisions = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    (found,) = (each.module for each in revisions if str(each.path).endswith("_rows_begin_when_used.py"))
    cap = {"name": "yearly_cap_evaluation", "since": date(2021, 10, 28)}
    load_models()
    columns = ", ".join(each.name for each in Model.metadata.tables["parameter"].columns)
    told: list[list[tuple[object, ...]]] = []
    for rows in ((("*", ""), ("410000", "")), (("*", "3"),)):
        with sa.create_engine(f"sqlite:///{tmp_path / f'caps-{len(told)}.db'}").begin() as connection:
            connection.execute(text(f"CREATE TABLE parameter ({columns})"))
            for region, value in rows:
                put(connection, "parameter", **cap, region_code=region, value=value)
            with Operations.context(MigrationContext.configure(connection)):
                found.upgrade()
            kept = connection.execute(text("SELECT region_code, value, since, until FROM parameter"))
            told.append([tuple(row) for row in kept])
    assert told == [
        [
            ("*", "", "2021-10-28", "2026-11-22"),
            ("410000", "", "2021-10-28", None),
            ("*", "3", "2026-11-23", None),
        ],
        [("*", "3", "2021-10-28", None)],
    ]


def test_two_accounts_that_wait_stop_the_upgrade_with_what_to_do_first(tmp_path: Path) -> None:
    revisions = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    (found,) = (each.module for each in revisions if str(each.path).endswith("_one_account_proposed.py"))
    with sa.create_engine(f"sqlite:///{tmp_path / 'accounts.db'}").begin() as connection:
        connection.execute(text("CREATE TABLE payee_account (institution_id, state)"))
        for institution_id, state in ((1, "proposed"), (1, "suggested"), (2, "proposed"), (2, "confirmed")):
            put(connection, "payee_account", institution_id=institution_id, state=state)
        with Operations.context(MigrationContext.configure(connection)):
            with pytest.raises(Refused) as told:
                found.upgrade()
            assert not inspect(connection).get_indexes("payee_account")
            connection.execute(text("UPDATE payee_account SET state = 'refused' WHERE state = 'suggested'"))
            found.upgrade()
        with pytest.raises(DBAPIError, match=r"(?i)unique"):
            put(connection, "payee_account", institution_id=2, state="suggested")
    assert told.value.refusal.code == "upgrade_waits"
    assert told.value.refusal.sentence.startswith("1 家机构各有两份以上收款账户等待确认，还不能升级")
    assert "不予更正" in told.value.refusal.next_step


def test_half_for_direct_recognition_is_dated_by_its_document_and_what_an_office_changed_stays(
    tmp_path: Path,
) -> None:
    shipped = {
        "code": "EV-D",
        "kind": "evaluation",
        "method": "direct",
        "basis_points": 5000,
        "since": date(2021, 10, 28),
        "document": "豫人社规〔2022〕2号（直接认定可按50%给予）",
    }
    cases: list[tuple[dict[str, object], str]] = [
        ({}, "2022-03-31"),
        ({"code": "EV-X"}, "2021-10-28"),
        ({"since": date(2021, 11, 1)}, "2021-11-01"),
        ({"until": date(2025, 12, 31)}, "2021-10-28"),
        ({"region_code": JIYUAN}, "2021-10-28"),
        ({"basis_points": 6000}, "2021-10-28"),
        ({"document": "济人社〔2024〕9号"}, "2021-10-28"),
    ]
    load_models()
    columns = ", ".join(each.name for each in Model.metadata.tables["modifier"].columns)
    with sa.create_engine(f"sqlite:///{tmp_path / 'shares.db'}").begin() as connection:
        connection.execute(text(f"CREATE TABLE modifier ({columns})"))
        for changed, _ in cases:
            open_ended = {"mode": None, "region_code": None, "until": None}
            put(connection, "modifier", **{**open_ended, **shipped, **changed})
        with Operations.context(MigrationContext.configure(connection)):
            module_of("_direct_recognition_dated.py").upgrade()
        kept = connection.scalars(text("SELECT since FROM modifier ORDER BY rowid")).all()
    assert kept == [since for _, since in cases]


def test_a_comprehensive_review_is_asked_of_no_exam_published_before_there_was_one(tmp_path: Path) -> None:
    """A house founded today has the shipped row; one that stands begins after its last exam of 技师 filed.

    One sat and not published yet, or filed and on the slips, asks for nothing nobody was told of.
    """
    load_models()
    tables = ("parameter", "exam_batch")
    made = {each: ", ".join(one.name for one in Model.metadata.tables[each].columns) for each in tables}
    told: list[list[tuple[object, ...]]] = []
    today = day_of(datetime.now(UTC))
    first = max(today, date(2026, 11, 23))
    last = first + timedelta(days=9)
    standing = (
        (5, "published", first - timedelta(days=30)),
        (5, "planned", last),
        (4, "planned", last + timedelta(days=1)),
        (6, "cancelled", last + timedelta(days=2)),
    )
    for batches in ((), standing, standing[:1]):
        with sa.create_engine(f"sqlite:///{tmp_path / f'reviews-{len(told)}.db'}").begin() as connection:
            for table, columns in made.items():
                connection.execute(text(f"CREATE TABLE {table} ({columns})"))
            if batches:
                put(connection, "parameter", name="pass_mark", since=date(2021, 10, 28), value="60")
            for level, state, day in batches:
                put(connection, "exam_batch", level=level, state=state, exam_on=day)
            with Operations.context(MigrationContext.configure(connection)):
                module_of("_reviews_begin.py").upgrade()
            rows = connection.execute(text("SELECT value, since, until FROM parameter WHERE unit = '等级'"))
            told.append([tuple(row) for row in rows])
    assert told == [[], *(
        [("", "2021-10-28", day.isoformat()), ("5", (day + timedelta(days=1)).isoformat(), None)]
        for day in (last, first)
    )]  # fmt: skip


def test_a_hold_the_program_opened_for_an_exit_names_the_institution_and_no_other_does(
    tmp_path: Path,
) -> None:
    load_models()
    told = (
        ("机构 2 自愿退出（停业）", "丙校：自愿退出（停业）", 2),
        ("机构 2 丙校 停业整顿（消防）", "丙校：停业整顿（消防）", 2),
        ("机构 2 未到场核实", "机构 2 未到场核实", None),
        ("机构 2 乙校 停业整顿（消防）", "机构 2 乙校 停业整顿（消防）", None),
        ("机构 9 自愿退出（停业）", "机构 9 自愿退出（停业）", None),
    )
    with sa.create_engine(f"sqlite:///{tmp_path / 'exits.db'}").begin() as connection:
        connection.execute(text("CREATE TABLE institution (id INTEGER PRIMARY KEY, name TEXT)"))
        connection.execute(text("CREATE TABLE hold (id INTEGER PRIMARY KEY, thing TEXT, why TEXT)"))
        connection.execute(text("INSERT INTO institution VALUES (2, '丙校')"))
        for why, _, _ in told:
            connection.execute(text("INSERT INTO hold (thing, why) VALUES ('voucher', :why)"), {"why": why})
        with Operations.context(MigrationContext.configure(connection)):
            module_of("_whose_exit_holds.py").upgrade()
        rows = connection.execute(text("SELECT why, institution_id FROM hold ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [(why, house) for _, why, house in told]


def test_cards_of_one_number_are_told_apart_by_trade_and_stay_what_they_were(tmp_path: Path) -> None:
    load_models()
    with sa.create_engine(f"sqlite:///{tmp_path / 'cards.db'}").begin() as connection:
        for table in ("certificate", "occupation_alias"):
            columns = ", ".join(each.name for each in Model.metadata.tables[table].columns)
            connection.execute(text(f"CREATE TABLE {table} ({columns})"))
        connection.execute(
            text(
                "CREATE UNIQUE INDEX uq_certificate_card ON certificate (number, issued_on)"
                " WHERE kind = 'special_operation'"
            )
        )
        put(connection, "occupation_alias", old_code="former", new_code="welder")
        card = partial(put, connection, "certificate", number="T1", kind="special_operation")
        card(id=1, trade_code="welder", issued_on=DAY)
        with pytest.raises(DBAPIError, match="UNIQUE"), connection.begin_nested():
            card(id=2, renewal=1, trade_code="electrician", issued_on=DAY)
        with Operations.context(MigrationContext.configure(connection)):
            module_of("_cards_of_trades.py").upgrade()
        card(id=2, renewal=1, trade_code="electrician", issued_on=DAY)
        for same, told in (("welder", "UNIQUE"), ("former", "one card")):
            with pytest.raises(DBAPIError, match=told), connection.begin_nested():
                card(id=3, renewal=2, trade_code=same, issued_on=DAY)
        assert connection.scalars(text("SELECT id FROM certificate ORDER BY id")).all() == [1, 2]
