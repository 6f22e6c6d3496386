"""A card's number is T and its holder's identity number, which no column holds unsealed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import Connection, String, Text, cast, func, insert, inspect, select, table, text, update
from sqlalchemy import column as column_of
from sqlalchemy.exc import DBAPIError

from tests.scene import COOK, ELECTRICIAN, EV2, LI_SI, ZHANG_SAN, Scene, on, staff_number
from voucher.doors.web.saved import SAVABLE
from voucher.plumbing.bulk import write_many
from voucher.plumbing.db import Database
from voucher.plumbing.rebuilding import without_trigger
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.blank_filters import blank_filters
from voucher.registry.card_numbers import look_up_as, open_numbers, write_number
from voucher.registry.filing.mask_numbers import mask_teachers_numbers
from voucher.registry.importing.frame import ImportRefused
from voucher.registry.renumbering import propose_number
from voucher.rules.actor import Role
from voucher.rules.corrections import FormerUse
from voucher.rules.errors import Refused
from voucher.stages.assess.models_examiners import CandidateEntry
from voucher.stages.assess.seal_numbers import seal_held_numbers
from voucher.stages.certify.asking import Registers, _read_questions
from voucher.stages.certify.connecting import ask_register, confirm_register
from voucher.stages.certify.extract import COMPARED
from voucher.stages.certify.hand_verification import Read, read_by_hand
from voucher.stages.certify.models import Certificate, RegisterEntry
from voucher.stages.certify.queries import check_publicly, list_archive, list_unanswered, read_word_since
from voucher.stages.certify.queries.archive import list_certificates
from voucher.stages.certify.queries.certificate_papers import show_certificate_paper
from voucher.stages.certify.queries.register_uploads import list_closed
from voucher.stages.certify.record import verify_certificates
from voucher.stages.certify.renumber import approve_number
from voucher.stages.certify.seal_numbers import seal_numbers
from voucher.stages.certify.uploads import tell
from voucher.stages.settle.models.claims import SettlementLine
from voucher.stages.settle.seal_numbers import mask_told_numbers

BUREAU = (EV2[0], EV2[1], "YJ-0001")
NUMBER = f"T{ZHANG_SAN[1]}"
ISSUED = "2024-02-10"
WARDED = r"never changes|append only|kept sealed"


def list_unsealed(database: Database, identity: str) -> list[str]:
    """Return every column of text in which an identity number stands, wherever it does."""
    found: list[str] = []
    with database.read() as session:
        described = inspect(session.connection()).get_multi_columns()
        for (_, name), columns in described.items():
            held = [column_of(each["name"], Text) for each in columns if _may_tell(str(each["type"]))]
            if not held:
                continue
            stands = [func.lower(cast(each, Text)).contains(identity.lower()) for each in held]
            hits = [func.count().filter(each) for each in stands]
            counts = session.execute(select(*hits).select_from(table(name, *held))).one()
            found += [f"{name}.{each.name}" for each, count in zip(held, counts, strict=True) if count]
    return sorted(found)


@contextmanager
def writing(database: Database) -> Iterator[Connection]:
    with database.engine.execution_options(writes=True).connect() as connection, connection.begin():
        yield connection


def plant(database: Database, number: str) -> None:
    """Have every card and every register row bear a number, past what keeps it as it is."""
    whole = [(Certificate, "certificate_number_fixed"), (RegisterEntry, "register_entry_no_update")]
    with writing(database) as connection:
        for model, guard in whole:
            with without_trigger(connection, model.__tablename__, guard):
                connection.execute(update(model).values(number=number))


def plant_rows(database: Database, *rows: tuple[str, dict[str, object]]) -> None:
    """Write rows of an earlier version, of which none that they refer to stands."""
    if database.engine.dialect.name == "postgresql":
        with writing(database) as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for name, values in rows:
                connection.execute(insert(table(name, *(column_of(each) for each in values))).values(values))
        return
    pooled = database.engine.raw_connection()
    driver = pooled.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")
    for name, values in rows:
        made = insert(table(name, *(column_of(each) for each in values))).values(values)
        told = made.compile(database.engine)
        driver.execute(str(told), [told.params[each] for each in told.positiontup or ()])
    driver.commit()
    driver.execute("PRAGMA foreign_keys=ON")
    pooled.close()


def _may_tell(kind: str) -> bool:
    return kind.startswith(("TEXT", "VARCHAR", "JSON", str(String())))


def card(scene: Scene, **more: str) -> dict[str, object]:
    row = scene.certificate(
        ZHANG_SAN, ELECTRICIAN, issued=ISSUED, kind="特种作业操作证书", number=NUMBER, evaluator=BUREAU
    )
    return {**row, "等级": "", **more}


@pytest.fixture
def carded(scene: Scene) -> Scene:
    scene.hire_everybody()
    scene.at = on("2024-03-20")
    scene.file_evaluator(BUREAU, [ELECTRICIAN, COOK], levels=["无等级"], kind="主管部门")
    row = card(scene)
    scene.import_certificates([row])
    scene.import_register([scene.registered(row)])
    scene.do("operator", lambda work: verify_certificates(work, [NUMBER.lower()]))
    return scene


def test_no_column_holds_the_number_and_the_holder_reads_it(carded: Scene) -> None:
    assert list_unsealed(carded.database, ZHANG_SAN[1]) == []
    with carded.database.read() as session:
        (held,) = session.scalars(select(Certificate))
        assert held.state == "valid", "the register's row is found by its digest as well"
        card = (held.person_id, held.number)
        assert open_numbers(session, carded.keyring, [card]) == {card: NUMBER}
        (view,) = list_archive(session, carded.keyring, held.person_id)
        assert view.number == f"T{ZHANG_SAN[1][:6]}********{ZHANG_SAN[1][-4:]}"
        paper = show_certificate_paper(session, carded.keyring, held.id, person_id=held.person_id)
        assert paper.number == NUMBER
        (asked,), closed = _read_questions(session, carded.keyring, [held.id], date(2024, 3, 20))
        assert (asked[1].number, closed) == (NUMBER, [])
        typed = look_up_as(carded.keyring, f" {NUMBER.lower()} ")
        assert list_certificates(session, ["419001"], number=typed) == [held]
        last = ZHANG_SAN[1][-4:]
        answers = [
            check_publicly(session, carded.keyring, number, name, last, date(2024, 3, 20))
            for number, name in (
                (NUMBER, ZHANG_SAN[0]), (NUMBER, LI_SI[0]), (held.number, "李四"), (f"T{LI_SI[1]}", "张三"),
            )
        ]  # fmt: skip
        assert [each is not None for each in answers] == [True, False, False, False]


@pytest.mark.long
def test_an_unsealed_number_is_found_refused_and_rewritten(carded: Scene) -> None:
    with carded.database.read() as session:
        (before,) = session.scalars(select(Certificate.number))
    plant(carded.database, NUMBER)
    told = list_unsealed(carded.database, ZHANG_SAN[1])
    assert told == ["certificate.number", "register_entry.number"]
    assert seal_numbers(carded.database, carded.keyring) == 2
    assert list_unsealed(carded.database, ZHANG_SAN[1]) == []
    assert seal_numbers(carded.database, carded.keyring) == 0
    with carded.database.read() as session:
        numbers = select(Certificate.number).union(select(RegisterEntry.number))
        assert session.scalars(numbers).all() == [before]
        touched = text("SELECT table_name FROM row_touch WHERE transaction_id IS NULL")
        assert {"certificate", "register_entry"} <= set(session.scalars(touched))
    columns = ", ".join(
        each.name for each in RegisterEntry.__table__.columns if each.name not in ("id", "number", "revision")
    )
    again = f"SELECT '{NUMBER}', revision, {columns} FROM register_entry"
    for sql in (
        f"UPDATE certificate SET number = '{NUMBER}'",
        f"UPDATE register_entry SET number = '{NUMBER}'",
        f"INSERT INTO register_entry (number, revision, {columns}) {again}",
    ):
        with pytest.raises(DBAPIError, match=WARDED), writing(carded.database) as connection:
            connection.execute(text(sql))
    assert write_number(carded.keyring, before) == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_public_is_told_of_every_trade_that_stands_under_one_number(carded: Scene) -> None:
    cook, former = card(carded, 职业编码=COOK), card(carded, 发证日期="2018-02-10")
    for more in (cook, former):
        carded.import_certificates([more])
        carded.import_register([carded.registered(more)])
    carded.do("operator", lambda work: verify_certificates(work, [NUMBER]))
    with carded.database.read() as session:
        told = check_publicly(
            session, carded.keyring, NUMBER, ZHANG_SAN[0], ZHANG_SAN[1][-4:], date(2024, 3, 20)
        )
        assert told is not None
        assert told.valid
        assert [each.issued_on.isoformat() for each in (told, *told.others)] == [ISSUED, ISSUED]
        assert len({told.trade_name, *(each.trade_name for each in told.others)}) == 2


@pytest.mark.plants_violation
@pytest.mark.long
def test_what_an_earlier_version_wrote_down_is_found_wherever_it_stands(carded: Scene) -> None:
    database, identity = carded.database, ZHANG_SAN[1]
    # a row changed twice is held against what it refers to once more
    batch_id = carded.settle(carded.open_budget()).batch_id
    # as long as nearly every number is, which carries none
    plant(database, f"AQ-T{identity}")
    told = {
        "title": f"首次申领编号 本批 {NUMBER}",
        "facts": {"earlier": f"本批 {NUMBER}", "certificate": NUMBER},
    }
    with database.read() as session:
        (held,) = session.scalars(select(Certificate))
        line = {
            "batch_id": batch_id, "position": 9, "certificate_id": held.id, "person_id": held.person_id,
            "outcome": "refused", "amount_fen": 0, "explanation": f"已申领：本批 {NUMBER}",
            "findings": json.dumps([{"mark": "!", "text": NUMBER}]), "refusal": json.dumps(told),
        }  # fmt: skip
        entry = {
            "candidate_id": 1, "way": "promotion", "evidence": "原件", "held_level": 3,
            "held_number": f"t{identity.lower()}", "declared_at": "2024-01-01T00:00:00Z",
            "declared_by_person_id": 1,
        }  # fmt: skip
        teacher = {
            "filing_id": 1, "person_id": held.person_id, "qualification": "高级技师",
            "certificate_number": f"{identity[:6]} {identity[6:]}", "trade_codes": COOK,
        }  # fmt: skip
        saved = {
            "user_id": 1, "place": "web.office.certificates", "name": "一张",
            "saved_at": "2024-01-01T00:00:00Z", "query": f"state=valid&number={NUMBER}",
        }  # fmt: skip
    plant_rows(
        database, ("settlement_line", line), ("candidate_entry", entry), ("filing_teacher", teacher),
        ("saved_filter", saved),
    )  # fmt: skip
    assert len(list_unsealed(database, identity)) == 7
    assert seal_numbers(database, carded.keyring) == 2
    assert seal_held_numbers(database, carded.keyring) == 1
    assert mask_teachers_numbers(database) == 1
    assert mask_told_numbers(database) == 3
    fields = {place: names for place, (_, names) in SAVABLE.items()}
    assert blank_filters(database, fields) == 1
    assert list_unsealed(database, identity) == []
    masked = f"{identity[:6]}********{identity[-4:]}"
    with database.read() as session:
        kept = session.scalars(select(SettlementLine).where(SettlementLine.position == 9)).one()
        assert kept.refusal is not None
        assert kept.refusal["facts"] == {"earlier": f"本批 T{masked}", "certificate": f"T{masked}"}
        assert (kept.refusal["title"], kept.explanation) == (
            f"首次申领编号 本批 T{masked}",
            f"已申领：本批 T{masked}",
        )
        assert kept.findings == [{"mark": "!", "text": f"T{masked}"}]
        assert session.scalars(text("SELECT query FROM saved_filter")).all() == ["state=valid&number="]
        whole = session.scalars(select(CandidateEntry.held_number)).one()
        assert whole == write_number(carded.keyring, NUMBER)
    rest = (
        seal_numbers(database, carded.keyring),
        mask_told_numbers(database),
        mask_teachers_numbers(database),
    )
    assert rest == (0, 0, 0)


def test_many_rows_at_once_bring_no_whole_number_in(carded: Scene) -> None:
    with carded.database.read() as session:
        (entry,) = session.scalars(select(RegisterEntry))
    told = [getattr(entry, each) for each in COMPARED if each != "issued_on"]
    columns = ("id", "name_sealed", "revision", "number", "issued_on")
    same = {"recorded_at": entry.recorded_at, "recorded_by_person_id": entry.recorded_by_person_id}

    def act(work: Work) -> None:
        numbers = [NUMBER if each == 77 else entry.number for each in range(2, 80)]
        rows = [
            (100 + each, entry.name_sealed, each, number, entry.issued_on.isoformat(), *told)
            for each, number in enumerate(numbers, 2)
        ]
        written = (*columns, *(each for each in COMPARED if each != "issued_on"))
        write_many(work.session, RegisterEntry, written, rows, same)

    with pytest.raises(DBAPIError, match="kept sealed"):
        carded.do("operator", act)


def test_a_number_that_is_not_its_holders_is_told_to_nobody_and_read_by_two(carded: Scene) -> None:
    """It was recorded before anybody asked whose number it carries, or never was its holder's."""
    scene, database = carded, carded.database
    of_another = f"T{LI_SI[1]}"
    kept = write_number(scene.keyring, of_another)
    plant(database, kept)
    row = card(scene, 证书编号=of_another)
    again = scene.import_certificates([row])
    assert (again.rows_unchanged, again.problems) == (1, []), "what stands recorded is sent again as before"
    with pytest.raises(ImportRefused) as caught:
        scene.import_certificates([{**row, "职业编码": COOK}])
    assert "card_number_of_another" in str(caught.value.report.problems)
    with database.read() as session:
        (held,) = session.scalars(select(Certificate))
        with pytest.raises(Refused) as refused:
            show_certificate_paper(session, scene.keyring, held.id, person_id=held.person_id)
        assert refused.value.refusal.code == "certificate_paper_number_closed"
        assert tell(session, scene.keyring, [held]) == {}
        assert list_closed(session, scene.keyring, held.institution_id) == [held]
    scene.hire("接入员", Role.OFFICER_PROVINCE, "310101199001010330")
    scene.hire("接入员二", Role.ADMINISTRATOR, "310101199001010250")
    address = "http://127.0.0.1:9"
    scene.do("接入员", lambda work: ask_register(work, "省厅通知", name="省证书登记", address=address))
    scene.do("接入员二", confirm_register)
    read = Read(ZHANG_SAN[1], ZHANG_SAN[0], ELECTRICIAN, 0, held.issued_on, EV2[1], "有效")

    def by_hand(work: Work) -> bool:
        return read_by_hand(work, of_another, read, "原件和查询页面").verified

    with pytest.raises(Refused) as refused:
        scene.do("复核员", by_hand)
    assert refused.value.refusal.code == "register_unasked"
    clock = scene.actor("clock")
    registers = Registers(database, scene.keyring)
    assert registers.ask(clock, scene.at, [held.id]) == {held.id: "unaskable"}, "and no call was made"
    assert [scene.do("复核员", by_hand), scene.do("初审员", by_hand)] == [False, True]
    with database.read() as session:
        since = read_word_since(session, scene.at)
        assert list_unanswered(session, [held.id], since) == [], "money may stand on it"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_card_shows_the_last_four_of_the_number_it_was_issued_under(carded: Scene) -> None:
    new = staff_number("410105199003150010")
    asked = carded.do(
        "初审员", lambda work: propose_number(work, ZHANG_SAN[1], new, FormerUse.CHANGED, "公证书 12 号").id
    )
    carded.do("复核员", lambda work: approve_number(work, asked, new))
    with carded.database.read() as session:
        answers = [
            check_publicly(session, carded.keyring, NUMBER, ZHANG_SAN[0], last, date(2024, 3, 20)) is not None
            for last in (ZHANG_SAN[1][-4:], new[-4:], LI_SI[1][-4:], "")
        ]
    assert answers == [True, True, False, False], "what is on the card, or what its holder shows now"
