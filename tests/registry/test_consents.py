"""亲情代办: consent given three ways, ended at once, for so many people, so long; guessing is counted."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests import town_helping as helping
from tests import town_issue as issue
from tests.loop.telling import person
from tests.scene import LI_SI, SUN_BA, XINXIANG, ZHANG_SAN, ZHAO_LIU, Scene, on
from tests.stages.issue.test_reminding import words
from tests.town_train import code, refusal, staff, train_institution
from voucher.ledger.audit import AuditRow
from voucher.registry.consents import codes, granting
from voucher.registry.consents.reading import find_living, list_consents
from voucher.registry.consents.rows import Consent, ConsentRefusal, ConsentRequest
from voucher.registry.people import Newcomer, open_people
from voucher.rules.actor import Role
from voucher.rules.helping import Scope

OLD, CHILD = "13800138000", "13900139000"


@pytest.fixture
def two(scene: Scene) -> tuple[str, str]:
    """Return the logins of 李四, who is helped, and 孙八, who helps, each with a telephone."""
    scene.at = on("2024-03-01")
    return helping.telephone(scene, LI_SI, OLD), helping.telephone(scene, SUN_BA, CHILD)


def lives(scene: Scene) -> Consent | None:
    today = scene.at.date()
    with scene.database.read() as session:
        return find_living(session, issue.person_id(scene, SUN_BA), issue.person_id(scene, LI_SI), today)


def test_from_the_own_account_until_a_day_renewed_and_ended_by_either(
    scene: Scene, two: tuple[str, str]
) -> None:
    old, child = two
    given = scene.do(old, helping.grant_own(CHILD, SUN_BA, frozenset({Scope.ACCEPT})))
    assert (given.way, given.until_on) == ("own", date(2024, 5, 30))
    assert given.scopes == {Scope.ACCEPT}
    told = words(scene)[-1]
    assert told[0] == "138****8000"
    assert "本人在自己的账号里同意" in told[1]
    assert "查看我的券、代为领取" in told[1]
    # the same two again: the new one takes the old one's place
    again = scene.do(old, helping.grant_own(CHILD, SUN_BA, until_on=date(2024, 3, 10)))
    living = lives(scene)
    assert living is not None
    assert living.id == again.id
    stranger = issue.worker(scene, ZHANG_SAN)
    assert code(scene, stranger, lambda w: granting.end_consent(w, again.id)) == "consent_unknown"
    assert code(scene, stranger, lambda w: granting.end_consent(w, 999_999)) == "consent_unknown"
    scene.do(child, lambda work: granting.end_consent(work, again.id))
    assert lives(scene) is None
    assert "已于 2024-03-01 停止" in words(scene)[-1][1]
    assert code(scene, old, lambda w: granting.end_consent(w, again.id)) == "consent_over"
    third = scene.do(old, helping.grant_own(CHILD, SUN_BA, until_on=date(2024, 3, 10)))
    scene.at = on("2024-03-10", 23)
    assert lives(scene) is not None, "the last day is included"
    scene.at = on("2024-03-11")
    assert lives(scene) is None
    assert code(scene, old, lambda w: granting.end_consent(w, third.id)) == "consent_over"
    with scene.database.read() as session:
        history = list_consents(
            session, scene.keyring, date(2024, 3, 11), principal_person_id=issue.person_id(scene, LI_SI)
        )
        rows = session.scalars(select(AuditRow).where(AuditRow.thing == "consent")).all()
    assert [each.ended_words for each in history] == ["期限已到", "代办人退出", "换成了新的授权"]
    assert {(each.principal_name, each.helper_name, each.lives) for each in history} == {
        ("李*", "孙*", False)
    }
    assert [each.act for each in rows] == ["grant", "end", "grant", "end", "grant"]
    scene.do(old, helping.grant_own(CHILD, SUN_BA))
    bad = date(2025, 3, 12)
    unfit = refusal(scene, old, helping.grant_own(CHILD, SUN_BA, until_on=bad))
    assert (unfit.code, unfit.facts["latest"]) == ("consent_term_unfit", "2025-03-11")


def test_a_helper_is_named_by_name_and_number_and_misses_are_counted(
    scene: Scene, two: tuple[str, str]
) -> None:
    old, child = two

    def miss(login: str, mobile: str, name: str) -> str | None:
        refused = scene.do(login, lambda work: codes.try_helper(work, mobile, name))
        return refused.code if refused is not None else None

    assert miss(old, CHILD, "孙八") is None
    assert code(scene, old, lambda w: codes.try_helper(w, OLD, "李四")) == "helper_is_self"
    # no such name, no such number, and a person without an account are the same answer
    helping.telephone(scene, ZHAO_LIU, "13700137000")
    scene.import_people([{"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "手机号": "13600136000"}])
    for mobile, name in ((CHILD, "孙九"), ("13500135000", "孙八"), ("13600136000", "张三")):
        assert miss(old, mobile, name) == "helper_unknown"
    assert code(scene, old, helping.grant_own("13600136000", ZHANG_SAN)) == "helper_unknown"
    for _ in range(2):
        assert miss(old, CHILD, "孙九") == "helper_unknown"
    assert miss(old, CHILD, "孙八") == "helper_unknown", "five misses close the door for the right one too"
    assert miss(child, OLD, "李四") is None, "and for nobody else"
    scene.at += timedelta(minutes=61)
    assert miss(old, CHILD, "孙八") is None
    with scene.database.read() as session:
        assert len(session.scalars(select(ConsentRefusal)).all()) == 6


def test_a_code_rings_at_whoever_is_helped_and_is_good_once_for_who_asked(
    scene: Scene, two: tuple[str, str]
) -> None:
    _, child = two
    assert code(scene, child, helping.ask(CHILD, SUN_BA)) == "consent_mobile_shared"
    assert code(scene, child, helping.ask(OLD, LI_SI, has_sms=False)) == "sms_closed"
    # whether anybody of that name has that number is never said
    nobody = scene.do(child, helping.ask(OLD, ZHANG_SAN))
    assert (nobody.masked_mobile, nobody.good_minutes) == ("138****8000", 15)
    assert words(scene) == []
    assert code(scene, child, helping.ask(OLD, LI_SI)) == "consent_code_rests"
    scene.at += timedelta(minutes=1)
    asked = scene.do(child, helping.ask(OLD, LI_SI))
    mobile, told = words(scene)[-1]
    assert mobile == "138****8000"
    assert "孙*（手机尾号 9000，子女）" in told
    assert LI_SI[1] not in told
    right = helping.read_out(scene)
    stranger = helping.telephone(scene, ZHAO_LIU, "13700137000")
    assert helping.prove(scene, stranger, asked.id, right) == "consent_code_refused"
    assert helping.prove(scene, child, nobody.id, right) == "consent_code_refused"
    given = helping.prove(scene, child, asked.id, right)
    assert isinstance(given, Consent)
    assert (given.way, given.request_id) == ("code", asked.id)
    assert helping.prove(scene, child, asked.id, right) == "consent_code_refused", "once"
    scene.at += timedelta(minutes=2)
    late = scene.do(child, helping.ask(OLD, LI_SI))
    old_code = helping.read_out(scene)
    scene.at += timedelta(minutes=15)
    assert helping.prove(scene, child, late.id, old_code) == "consent_code_refused"


def test_guessing_a_code_and_asking_all_day_come_to_an_end(scene: Scene, two: tuple[str, str]) -> None:
    _, child = two
    asked = scene.do(child, helping.ask(OLD, LI_SI))
    right = helping.read_out(scene)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _ in range(5):
        assert helping.prove(scene, child, asked.id, wrong) == "consent_code_refused"
    assert helping.prove(scene, child, asked.id, right) == "consent_code_refused"
    with scene.database.read() as session:
        assert session.get_one(ConsentRequest, asked.id).used_at is None
        assert lives(scene) is None
    for _ in range(4):
        scene.at += timedelta(minutes=2)
        scene.do(child, helping.ask(OLD, LI_SI))
    scene.at += timedelta(minutes=2)
    assert code(scene, child, helping.ask(OLD, LI_SI)) == "consent_codes_enough"
    # the telephone is left in peace whoever asks, and so is everybody else of whom this one asks
    other = helping.telephone(scene, ZHAO_LIU, "13700137000")
    assert code(scene, other, helping.ask(OLD, LI_SI)) == "consent_codes_enough"
    assert code(scene, child, helping.ask("13700137000", ZHAO_LIU)) == "consent_codes_enough"
    scene.at += timedelta(days=1)
    asked = scene.do(child, helping.ask(OLD, LI_SI))
    assert isinstance(helping.prove(scene, child, asked.id, helping.read_out(scene)), Consent)


def test_a_number_only_an_institution_gave_proves_nobody(scene: Scene, two: tuple[str, str]) -> None:
    _, child = two
    clerk = staff(scene, train_institution(scene), Role.REGISTRAR)
    scene.do(clerk, lambda w: open_people(w, [Newcomer(ZHANG_SAN[1], ZHANG_SAN[0], "13600136000")]))
    before = words(scene)
    scene.do(child, helping.ask("13600136000", ZHANG_SAN))
    assert words(scene) == before


def test_the_counter_registers_a_paper_and_more_people_than_the_page(
    scene: Scene, two: tuple[str, str]
) -> None:
    old, child = two
    people = [person(serial) for serial in range(1, 5)]
    for serial, each in enumerate(people):
        login = helping.telephone(scene, each, f"1370013700{serial}")
        if serial < 3:
            scene.do(login, helping.grant_own(CHILD, SUN_BA))
    full = refusal(scene, old, helping.grant_own(CHILD, SUN_BA))
    assert (full.code, full.facts["most"]) == ("helped_most_reached", 3)
    assert "人社服务窗口" in (full.next_step or "")
    assert code(scene, child, helping.ask(OLD, LI_SI)) == "helped_most_reached"
    assert code(scene, child, helping.mandate(LI_SI, SUN_BA)) == "role_missing"
    assert code(scene, "operator", helping.mandate(LI_SI, SUN_BA, " ")) == "mandate_missing"
    assert code(scene, "operator", helping.mandate(LI_SI, LI_SI)) == "helper_is_self"
    assert code(scene, "operator", helping.mandate((LI_SI[0], ZHANG_SAN[1]), SUN_BA)) == "person_missing"
    assert code(scene, "operator", helping.mandate(("李五", LI_SI[1]), SUN_BA)) == "worker_name_differs"
    given = scene.do("operator", helping.mandate(LI_SI, SUN_BA))
    assert (given.way, given.mandate) == ("counter", "委托书 12 号")
    # a helper nobody knew yet is a person from now on, with the telephone to sign in with
    scene.do("operator", helping.mandate(LI_SI, ZHANG_SAN, "委托书 13 号", "13600136000"))
    assert code(scene, old, helping.grant_own("13700137003", people[3])) == "helpers_most_reached"
    # another region's counter knows nobody of this one, and nobody registers for themselves
    issue.eligible(scene, LI_SI)
    issue.issue_to(scene, issue.programme(scene, scene.open_budget(10_000)), LI_SI)
    scene.hire("新乡经办", Role.OPERATOR, "310101199001010340", XINXIANG)
    assert code(scene, "新乡经办", helping.mandate(LI_SI, ZHAO_LIU)) == "person_missing"
    assert code(scene, "新乡经办", lambda w: granting.end_consent(w, given.id)) == "consent_unknown"
    scene.hire("孙经办", Role.OPERATOR, SUN_BA[1])
    assert code(scene, "孙经办", helping.mandate(LI_SI, SUN_BA)) == "consent_own_hand"
    assert scene.do("operator", lambda work: granting.end_consent(work, given.id)).ended_by == "office"


def test_the_database_keeps_what_python_might_forget(scene: Scene, two: tuple[str, str]) -> None:
    old, child = two
    given = scene.do(old, helping.grant_own(CHILD, SUN_BA))
    columns = (
        "principal_person_id, helper_person_id, relationship, way, mandate, until_on, granted_at, "
        "granted_by_person_id, may_accept, may_enrol, may_paper"
    )
    copied = f"INSERT INTO consent ({columns}) SELECT {columns} FROM consent WHERE id = {given.id}"
    for sin in (
        copied,
        f"UPDATE consent SET until_on = '2030-01-01' WHERE id = {given.id}",
        f"UPDATE consent SET helper_person_id = principal_person_id WHERE id = {given.id}",
        f"DELETE FROM consent WHERE id = {given.id}",
    ):
        with pytest.raises((IntegrityError, DBAPIError)), scene.database.engine.begin() as connection:
            connection.execute(text(sin))
    scene.do(child, lambda work: granting.end_consent(work, given.id))
    alive = "ended_at = NULL, ended_by = NULL, ended_by_person_id = NULL"
    revived = f"UPDATE consent SET {alive} WHERE id = {given.id}"
    with pytest.raises(DBAPIError), scene.database.engine.begin() as connection:
        connection.execute(text(revived))
