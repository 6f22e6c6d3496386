"""A renewed 特种作业操作证 keeps its number: both cards are recorded, each is verified by its own row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, cast

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from tests import town_train
from tests.revoking import revoke_certificate
from tests.scene import COOK, ELECTRICIAN, EV2, JIYUAN, LI_SI, NURSE, ZHANG_SAN, Scene, on
from voucher.doors.api.certify.certificates import verify_by_hand
from voucher.doors.schemas.certify.certificates import NewHandVerification
from voucher.plumbing.calling import NoAnswerError
from voucher.plumbing.unit_of_work import Work
from voucher.registry.card_numbers import write_number
from voucher.registry.catalogue import OccupationAlias
from voucher.registry.importing.frame import ImportRefused
from voucher.rules.errors import Refused
from voucher.stages.certify import revoke
from voucher.stages.certify.asking import Answered, write_look_ups
from voucher.stages.certify.extract import RegisterRow, write_entries
from voucher.stages.certify.mass_revocation import find_within
from voucher.stages.certify.models import Certificate, RegisterEntry
from voucher.stages.certify.models_look_ups import RegisterLookUp
from voucher.stages.certify.queries import check_publicly, list_verified_certificates
from voucher.stages.certify.queries.cards import (
    ANY_CARD,
    Entries,
    Meant,
    find_before,
    find_in_force,
)
from voucher.stages.certify.queries.held import Claimed, check_held
from voucher.stages.certify.queries.recorded import find_stored
from voucher.stages.certify.record import verify_certificates
from voucher.stages.certify.register_port import HttpRegister, RegisterQuestion
from voucher.stages.settle.queries.consequences import read_consequences

BUREAU = (EV2[0], EV2[1], "YJ-0001")
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NUMBER = f"T{ZHANG_SAN[1]}"
FORMER = "6-31-98-01"
FIRST, SECOND = "2021-03-01", "2024-02-10"


@pytest.fixture
def filed(scene: Scene) -> Scene:
    scene.hire_everybody()
    scene.at = on("2024-03-20")
    scene.file_evaluator(BUREAU, [ELECTRICIAN, COOK, NURSE], levels=["无等级"], kind="主管部门")
    return scene


def card(scene: Scene, issued: str, person: tuple[str, str] = ZHANG_SAN, **more: str) -> dict[str, object]:
    row = scene.certificate(
        person, ELECTRICIAN, issued=issued, kind="特种作业操作证书", number=NUMBER, evaluator=BUREAU
    )
    return {**row, "等级": "", **more}


def stored(scene: Scene) -> dict[str, Certificate]:
    with scene.database.read() as session:
        return {each.issued_on.isoformat(): each for each in session.scalars(select(Certificate))}


def verified(scene: Scene) -> list[str]:
    scene.do("operator", lambda work: verify_certificates(work, [NUMBER]))
    cards = {each.id: day for day, each in stored(scene).items()}
    with scene.database.read() as session:
        return sorted(cards[each] for each in list_verified_certificates(session, list(cards)))


def test_a_renewed_card_is_recorded_beside_the_first_and_each_stands_on_its_own_row(filed: Scene) -> None:
    first, second = card(filed, FIRST), card(filed, SECOND)
    filed.import_certificates([first])
    filed.import_register([filed.registered(first)])
    assert verified(filed) == [FIRST]
    assert filed.import_certificates([second]).rows_added == 1
    assert verified(filed) == [FIRST], "the row of the former card proves no renewed one"
    filed.import_register([filed.registered(second)])
    assert verified(filed) == [FIRST, SECOND]
    assert {day: each.renewal for day, each in stored(filed).items()} == {FIRST: 0, SECOND: 1}
    again = filed.import_certificates([second, first])
    whole = [filed.registered(first), filed.registered(second)]
    report = filed.import_register(whole)
    assert (again.rows_unchanged, report.rows_unchanged) == (2, 2)
    filed.import_register([filed.registered(first, 状态="撤销"), filed.registered(second)])
    assert verified(filed) == [SECOND]
    assert {day: each.state for day, each in stored(filed).items()} == {FIRST: "revoked", SECOND: "valid"}


@SQLITE
def test_both_cards_in_one_file_and_the_former_one_later(filed: Scene) -> None:
    third = card(filed, "2018-03-01")
    assert filed.import_certificates([card(filed, SECOND), card(filed, FIRST)]).rows_added == 2
    assert filed.import_certificates([third]).rows_added == 1
    assert [each.renewal for each in stored(filed).values()] == [0, 1, 2]


@SQLITE
def test_a_day_too_near_another_person_and_another_content_are_no_renewal(filed: Scene) -> None:
    filed.import_certificates([card(filed, FIRST)])
    for row, column, code in (
        (card(filed, "2021-03-02"), "发证日期", "card_renewed_too_soon"),
        (card(filed, SECOND, LI_SI), "证书编号", "card_number_of_another"),
        (card(filed, FIRST, 取得方式="过程评价"), "证书编号", "certificate_number_taken"),
        (card(filed, SECOND, 证书类型="特种设备作业人员证书"), "证书编号", "certificate_number_taken"),
    ):
        with pytest.raises(ImportRefused) as caught:
            filed.import_certificates([row])
        (problem,) = caught.value.report.problems
        assert (problem.column, problem.refusal.code) == (column, code)
        assert NUMBER not in problem.refusal.sentence


@SQLITE
def test_a_day_the_register_corrects_is_the_same_card_and_proves_the_former_day_no_more(filed: Scene) -> None:
    first = card(filed, FIRST)
    filed.certify(first)
    assert verified(filed) == [FIRST]
    filed.import_register([filed.registered(first, 发证日期="2021-03-02")])
    assert verified(filed) == []


@SQLITE
def test_a_revoked_renewal_revokes_no_former_card(filed: Scene) -> None:
    first, second = card(filed, FIRST), card(filed, SECOND)
    filed.certify(first)
    filed.import_register([filed.registered(second, 状态="撤销")])
    assert (verified(filed), stored(filed)[FIRST].state) == ([FIRST], "valid")


@SQLITE
def test_a_register_that_answers_with_the_other_card_proves_nothing_of_the_one_asked_about(
    filed: Scene,
) -> None:
    first, second = card(filed, FIRST), card(filed, SECOND)
    filed.certify(first, second)
    assert verified(filed) == [FIRST, SECOND]
    filed.at = on("2024-03-21")
    row = RegisterRow(
        ZHANG_SAN[0], ZHANG_SAN[1], ELECTRICIAN, 0, NUMBER, date.fromisoformat(SECOND), BUREAU[1], "valid"
    )
    asked = stored(filed)[FIRST].id
    told = Answered(asked, NUMBER, "found", 1, row=row)
    filed.do("operator", lambda work: write_entries(work, [row]))
    filed.do("operator", lambda work: write_look_ups(work, "省证书登记", "http", [told]))
    assert verified(filed) == [SECOND]
    with filed.database.read() as session:
        assert len(session.scalars(select(RegisterEntry)).all()) == 2


@SQLITE
def test_what_is_asked_by_number_is_answered_by_the_card_in_force(filed: Scene) -> None:
    filed.certify(card(filed, FIRST), card(filed, SECOND))
    cards = stored(filed)
    holder = cards[FIRST].person_id
    with filed.database.read() as session:
        answers = [
            check_publicly(
                session, filed.keyring, NUMBER, ZHANG_SAN[0], ZHANG_SAN[1][-4:], date.fromisoformat(day)
            )
            for day in ("2023-01-01", "2024-03-20")
        ]
        assert [each.issued_on.isoformat() for each in answers if each] == [FIRST, SECOND]
        assert check_held(
            session, filed.keyring, {1: Claimed(holder, 0, NUMBER), 2: Claimed(holder + 1, 0, NUMBER)}
        ) == {
            1: True,
            2: False,
        }
    officer = town_train.reviewer(filed)
    filed.do(officer, lambda work: revoke_certificate(work, NUMBER, "查实替考"))
    assert {day: each.state for day, each in stored(filed).items()} == {
        FIRST: "recorded",
        SECOND: "revoked",
    }


def test_the_database_takes_no_other_certificate_of_a_number(filed: Scene) -> None:
    filed.import_certificates([card(filed, FIRST), card(filed, "2024-02-11", LI_SI, 证书编号="T2")])
    filed.do("operator", _rename)
    kept = stored(filed)
    row = {column.key: getattr(kept[FIRST], column.key) for column in Certificate.__table__.c}
    row |= {"id": 900, "renewal": 1, "issued_on": date(2024, 2, 10)}
    for changed, told in (
        ({"person_id": kept["2024-02-11"].person_id}, "renewed for the person who has it"),
        ({"renewal": 3}, "renewed for the person who has it"),
        ({"kind": "special_skill"}, "renewed for the person who has it|ck_certificate_renewal"),
        ({"issued_on": kept[FIRST].issued_on}, "changed_meanwhile"),
        ({"renewal": 0}, "changed_meanwhile"),
        ({"issued_on": kept[FIRST].issued_on, "trade_code": FORMER}, "trade and day of a number is one card"),
    ):
        written = row | changed
        with pytest.raises((DBAPIError, Refused), match=told):
            filed.do("operator", partial(_insert, row=written))
    assert len(stored(filed)) == 2


def _rename(work: Work) -> None:
    work.session.add(OccupationAlias(old_code=FORMER, new_code=ELECTRICIAN, since=work.today, source="对照"))


def _insert(work: Work, row: dict[str, object]) -> None:
    work.session.execute(insert(Certificate), [row])


class _Told:
    """A register's answers, one after the other."""

    def __init__(self, *rows: dict[str, object]) -> None:
        self._rows = list(rows)

    def ask(self, _question: dict[str, str]) -> dict[str, object]:
        return {"certificates": self._rows}


def _said(issued: str, trade: str = ELECTRICIAN) -> dict[str, object]:
    return {
        "name": ZHANG_SAN[0], "identity_number": ZHANG_SAN[1], "occupation_code": trade,
        "level": "无等级", "number": NUMBER, "issued_on": issued, "evaluator_code": BUREAU[1],
        "status": "有效",
    }  # fmt: skip


def _ask(trade: str, issued: str, *told: dict[str, object], former: str = "-") -> tuple[str, str]:
    day = date.fromisoformat(issued)
    question = RegisterQuestion(NUMBER, ZHANG_SAN[1], ZHANG_SAN[0], date(2024, 3, 20), trade, day)
    register = HttpRegister(_Told(*told), {former: ELECTRICIAN})  # type: ignore[arg-type]  # answers as a caller does
    row = register.ask(question)
    assert row is not None
    return row.trade_code, row.issued_on.isoformat()


def test_of_several_cards_a_register_names_the_one_asked_about_is_taken() -> None:
    assert _ask(ELECTRICIAN, FIRST, _said(FIRST), _said(SECOND)) == (ELECTRICIAN, FIRST)
    both = _said(FIRST), _said(FIRST, COOK), _said(SECOND, COOK)
    assert _ask(ELECTRICIAN, FIRST, *both) == (ELECTRICIAN, FIRST)
    assert _ask(COOK, FIRST, *both) == (COOK, FIRST)
    assert _ask(ELECTRICIAN, SECOND, *both) == (ELECTRICIAN, FIRST), "its trade before its day"
    assert _ask(FORMER, FIRST, *both, former=FORMER) == (ELECTRICIAN, FIRST)
    with pytest.raises(NoAnswerError):
        _ask(ELECTRICIAN, FIRST, _said(FIRST), _said(FIRST, FORMER), former=FORMER)


def by_trade(scene: Scene) -> dict[str, str]:
    with scene.database.read() as session:
        return {each.trade_code: each.state for each in session.scalars(select(Certificate))}


def test_cards_of_two_trades_have_one_number_and_each_stands_on_its_own_row(filed: Scene) -> None:
    electrician, welder = card(filed, FIRST), card(filed, FIRST, 职业编码=COOK)
    filed.certify(electrician)
    assert filed.import_certificates([welder]).rows_added == 1, "of one person and day"
    assert filed.import_certificates([card(filed, "2021-09-01", 职业编码=NURSE)]).rows_added == 1
    filed.do("operator", lambda work: verify_certificates(work, [NUMBER]))
    assert by_trade(filed) == {ELECTRICIAN: "valid", COOK: "recorded", NURSE: "recorded"}
    filed.import_register([filed.registered(welder)])
    filed.do("operator", lambda work: verify_certificates(work, [NUMBER]))
    assert by_trade(filed) == {ELECTRICIAN: "valid", COOK: "valid", NURSE: "recorded"}
    again = filed.import_register([filed.registered(electrician), filed.registered(welder)])
    assert again.rows_unchanged == 2
    filed.import_register([filed.registered(welder, 状态="撤销")])
    assert by_trade(filed) == {ELECTRICIAN: "valid", COOK: "revoked", NURSE: "recorded"}


@SQLITE
def test_a_renamed_trade_is_the_same_card(filed: Scene) -> None:
    filed.do("operator", _rename)
    first = card(filed, FIRST)
    filed.import_certificates([first])
    filed.import_register([filed.registered(first, 职业编码=FORMER)])
    assert verified(filed) == [FIRST]
    filed.import_register([filed.registered(first, 职业编码=FORMER, 状态="撤销")])
    assert stored(filed)[FIRST].state == "revoked"
    with filed.database.read() as session:
        kept = write_number(filed.keyring, NUMBER)
        (known,) = find_stored(session, [kept])[kept]
        near = known | {"trade_code": FORMER, "issued_on": date(2022, 3, 1)}
        assert find_before(session, [known], known | {"trade_code": FORMER}, date(2024, 3, 20)) is known
        assert refused(
            lambda: find_before(session, [known | {"state": "valid"}], near, date(2024, 3, 20))
        ) == ("card_renewed_too_soon")


@SQLITE
def test_a_card_told_with_a_wrong_day_bars_the_right_one_until_the_office_has_revoked_it(
    filed: Scene,
) -> None:
    wrong, right = card(filed, "2021-03-01"), card(filed, "2022-03-01")
    filed.import_certificates([wrong])
    with pytest.raises(ImportRefused) as caught:
        filed.import_certificates([right])
    assert "请人社部门撤销那张" in caught.value.report.problems[0].refusal.sentence
    officer = town_train.reviewer(filed)
    filed.do(officer, lambda work: revoke_certificate(work, NUMBER, "发证日期录错"))
    filed.certify(right)
    assert verified(filed) == ["2022-03-01"]
    meant = Meant(date(2022, 3, 1))
    filed.do(officer, lambda work: revoke_card(work, meant))
    assert stored(filed)["2022-03-01"].state == "revoked"
    with pytest.raises(ImportRefused, match="import_refused"):
        filed.import_certificates([card(filed, "2023-03-01")])


def revoke_card(work: Work, meant: Meant) -> None:
    ids = find_within(work.session, work.keyring, [(NUMBER, meant)], [JIYUAN])
    seen = read_consequences(work.session, ids).digest
    revoke.revoke_certificate(work, NUMBER, "查实", read=read_consequences, seen=seen, meant=meant)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.refusal.code


@SQLITE
def test_of_several_cards_nothing_is_done_to_one_nobody_named(filed: Scene) -> None:
    filed.certify(card(filed, FIRST), card(filed, FIRST, 职业编码=COOK), card(filed, SECOND))
    officer = town_train.reviewer(filed)
    days = {each: date.fromisoformat(each) for each in (FIRST, SECOND)}
    with filed.database.read() as session:
        for meant in (ANY_CARD, Meant(days[FIRST]), Meant(trade_code=ELECTRICIAN)):
            assert (
                refused(partial(find_within, session, filed.keyring, [(NUMBER, meant)], [JIYUAN]))
                == "card_unclear"
            )
        assert len(find_within(session, filed.keyring, [(NUMBER, Meant(days[SECOND]))], [JIYUAN])) == 1
        one = Meant(days[FIRST], COOK)
        assert (
            len(find_within(session, filed.keyring, [(NUMBER, one), (NUMBER, Meant(days[SECOND]))], [JIYUAN]))
            == 2
        )
    unnamed = partial(revoke.ask_reinstatement, number=NUMBER, why="申诉成立")
    assert town_train.code(filed, officer, unnamed) == "card_unclear"
    filed.do(officer, lambda work: revoke_card(work, one))
    assert by_trade(filed)[COOK] == "revoked"
    read = {
        "number": NUMBER, "identity_number": ZHANG_SAN[1], "name": ZHANG_SAN[0], "trade_code": ELECTRICIAN,
        "level": 0, "issued_on": SECOND, "evaluator_code": BUREAU[1], "status": "有效", "evidence": "回执",
    }  # fmt: skip
    for named, code in (({}, "card_unclear"), ({"card_issued_on": FIRST, "card_trade_code": COOK}, "barred")):
        given = cast("dict[str, Any]", NewHandVerification().load(read | named))
        assert code in town_train.code(filed, officer, partial(verify_by_hand, given=given))
    given = cast("dict[str, Any]", NewHandVerification().load(read | {"card_issued_on": SECOND}))
    assert filed.do(officer, partial(verify_by_hand, given=given))["second"] is False


@SQLITE
def test_a_renewal_nobody_verified_hides_no_card_that_stands(filed: Scene) -> None:
    first = card(filed, FIRST)
    filed.certify(first)
    assert verified(filed) == [FIRST]
    filed.import_certificates([card(filed, SECOND)])
    with filed.database.read() as session:
        told = check_publicly(
            session, filed.keyring, NUMBER, ZHANG_SAN[0], ZHANG_SAN[1][-4:], date(2024, 3, 20)
        )
        assert told is not None
        assert (told.valid, told.issued_on.isoformat()) == (True, FIRST)
        standing = find_in_force(session.scalars(select(Certificate)).all(), date(2024, 3, 20))
        assert standing is not None
        assert standing.issued_on.isoformat() == FIRST


def test_a_look_up_of_a_row_that_is_not_there_leaves_the_cards_own() -> None:
    at = datetime(2024, 3, 20, tzinfo=UTC)
    own = RegisterEntry(
        id=1, number=NUMBER, trade_code=ELECTRICIAN, issued_on=date(2021, 3, 1), recorded_at=at
    )
    heard = RegisterLookUp(register_entry_id=2, asked_at=at + timedelta(days=1))
    entries = Entries({NUMBER: own}, {NUMBER: [own]}, 30, {})
    assert entries.find(NUMBER, ELECTRICIAN, date(2021, 3, 1), heard) is own
