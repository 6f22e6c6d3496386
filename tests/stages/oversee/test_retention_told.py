"""Nobody is erased untold, one line that fails stops no other, and everybody is in somebody's run."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError

from tests import town_train
from tests.scene import JIYUAN, LI_SI, SUN_BA, XINXIANG, ZHANG_SAN, Scene, on
from tests.stages.oversee.test_erasing import refused
from tests.stages.oversee.test_retention import deliver, lines, own, run_through, sign_in
from tests.stages.oversee.test_retention import unused as unused
from voucher.ledger.audit import AuditRow
from voucher.plumbing.outbox import Letter
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Person
from voucher.registry.subjects import SubjectKey
from voucher.registry.users import CLOCK_LOGIN, PROVINCE, UserAccount, WebSession
from voucher.rules.actor import Role
from voucher.rules.complaints import Topic
from voucher.stages.oversee.complaints.filing import file_complaint, withdraw
from voucher.stages.oversee.complaints.queries import look_at_complaint
from voucher.stages.oversee.privacy.looks import list_looks
from voucher.stages.oversee.privacy.preserving import list_preserved, preserve_by_number
from voucher.stages.oversee.retention import asking, judging, listing, queries, telling
from voucher.stages.oversee.retention.carrying_out import carry_out_piece
from voucher.stages.oversee.retention.failing import Failure, attempt
from voucher.stages.oversee.retention.listing import list_piece
from voucher.stages.oversee.retention.models import RetentionItem, RetentionRun

ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def ask(scene: Scene, login: str = "一审", region: str = JIYUAN) -> int:
    """Have a region listed and return the id of the run."""
    run = scene.do(login, lambda work: asking.ask_run(work, region)).id
    run_through(scene, list_piece, run)
    return run


def carry_out(scene: Scene, run: int, login: str = "二审") -> dict[tuple[str, int], RetentionItem]:
    """Confirm a run, carry it out, and return its lines."""
    scene.do(login, lambda work: asking.confirm_run(work, run))
    run_through(scene, carry_out_piece, run)
    return lines(scene, run)


def poison(scene: Scene, person_id: int) -> None:
    """Have the database refuse, for one person, what erasing does last."""
    said = f"NEW.thing = 'person' AND NEW.object_id = {person_id} AND NEW.act = 'erase'"
    with scene.database.engine.begin() as connection:
        if scene.database.engine.dialect.name == "sqlite":
            connection.execute(
                text(
                    f"CREATE TRIGGER poison BEFORE INSERT ON audit_row WHEN {said} "
                    "BEGIN SELECT RAISE(ABORT, 'poison'); END"
                )
            )
            return
        # as the triggers of the house refuse: P0001, which the driver takes for a slip in the program
        connection.execute(
            text(
                f"CREATE TRIGGER poison BEFORE INSERT ON audit_row FOR EACH ROW WHEN ({said}) "
                "EXECUTE FUNCTION refuse_change('poison')"
            )
        )


def test_one_person_who_cannot_be_erased_stops_nobody_and_stays_open(
    scene: Scene, unused: dict[str, str]
) -> None:
    bad, gone = own(scene, unused[SUN_BA[0]]), own(scene, unused[ZHANG_SAN[0]])
    poison(scene, bad)
    run = ask(scene)
    deliver(scene)
    scene.at += timedelta(days=31)
    after = carry_out(scene, run)
    assert after["person", gone].outcome == "erased"
    line = after["person", bad]
    assert (line.outcome, line.failed_at) == (None, scene.at)
    assert "数据库不接受" in (line.failed_words or "")
    with scene.database.read() as session:
        # nothing of the half-done deed is left
        key = select(SubjectKey.wrapped_key).join(Person, Person.blind_index == SubjectKey.blind_index)
        assert session.scalar(key.where(Person.id == bad)) is not None
        logins = select(UserAccount.login).where(UserAccount.person_id == bad)
        assert session.scalars(logins).all() == [unused[SUN_BA[0]]]
        assert queries.state_of(session.get_one(RetentionRun, run))[0] == "done"
        assert sum(each.failed for each in queries.sum_run(session, run)) == 1
        ((item, found),) = queries.list_failures(session, [JIYUAN], limit=9)
        assert (item.id, found.id) == (line.id, run)
        assert queries.list_failures(session, [XINXIANG], limit=9) == []
        assert queries.list_failures(session, [JIYUAN], before_id=item.id, limit=9) == [], "page by page"
    with pytest.raises(DBAPIError, match="never"), scene.database.engine.begin() as connection:
        connection.execute(text("UPDATE retention_item SET failed_words = 'x' WHERE failed_at IS NOT NULL"))
    # the next run takes the person up again, and the line is open no longer
    with scene.database.engine.begin() as connection:
        on = "" if scene.database.engine.dialect.name == "sqlite" else " ON audit_row"
        connection.execute(text(f"DROP TRIGGER poison{on}"))
    again = ask(scene)
    deliver(scene)
    scene.at += timedelta(days=31)
    assert carry_out(scene, again)["person", bad].outcome == "erased"
    with scene.database.read() as session:
        assert queries.list_failures(session, [JIYUAN], limit=9) == []


@ONE
def test_what_is_not_of_one_line_concerns_the_whole_piece(scene: Scene) -> None:
    class PlanError(Exception):
        sqlstate = "0A000"

    def fail(error: DBAPIError) -> None:
        raise error

    def act(work: Work) -> None:
        locked = OperationalError(None, None, Exception("database is locked"))
        stale = DBAPIError(None, None, PlanError("cached plan must not change result type"))
        for error in (locked, stale):
            with pytest.raises(type(error)):
                attempt(work, partial(fail, error))
        of_this_line = DBAPIError(None, None, Exception("poison"))
        assert isinstance(attempt(work, partial(fail, of_this_line)), Failure)

    scene.do(CLOCK_LOGIN, act)


@ONE
def test_one_person_who_cannot_be_judged_is_kept_and_the_list_goes_on(
    scene: Scene, unused: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, judge = own(scene, unused[SUN_BA[0]]), judging.judge_person

    def fail(*given: Any) -> object:
        if given[2] == bad:
            raise ValueError("unreadable")
        return judge(*given)

    monkeypatch.setattr(listing, "judge_person", fail)
    found = lines(scene, ask(scene))
    assert found["person", bad].code == "retention_unjudged"
    assert "程序出错（ValueError）" in (found["person", bad].words or "")
    assert found["person", own(scene, unused[ZHANG_SAN[0]])].code is None


def test_whom_no_message_reaches_is_not_erased_before_the_office_has_told_them(
    scene: Scene, unused: dict[str, str]
) -> None:
    mute, lost, told = (own(scene, unused[who[0]]) for who in (SUN_BA, ZHANG_SAN, LI_SI))
    with scene.database.engine.begin() as connection:
        connection.execute(update(Person).where(Person.id == mute).values(mobile_sealed=None))
        connection.execute(text("UPDATE preservation SET lifted_at = placed_at, lifted_paper = 'x',"
                                " lifted_by_person_id = placed_by_person_id + 1"))  # fmt: skip
    run = ask(scene)
    with scene.database.read() as session:
        # what is still on its way is not given up yet, before the dated days are over
        assert [each.person_id for each in telling.list_untold(session, run, scene.at)] == [mute]
        late = telling.list_untold(session, run, scene.at + timedelta(days=3))
        assert {each.person_id: each.why for each in late}[told] == "短信还没有送出"
    with scene.database.engine.begin() as connection:
        keys = connection.scalars(select(Letter.key).where(Letter.key.like("retention:%"))).all()
        assert telling.letter_key(run, mute) not in keys
        lost_key = telling.letter_key(run, lost)
        given_up = {"given_up_at": scene.at, "error_code": "sms_refused"}
        connection.execute(update(Letter).where(Letter.key == lost_key).values(**given_up))
        reached = Letter.key.in_(keys) & (Letter.key != lost_key)
        connection.execute(update(Letter).where(reached).values(sent_at=scene.at))
    with scene.database.read() as session:
        whys = {each.person_id: each.why for each in telling.list_untold(session, run, scene.at)}
        assert whys == {mute: "没有登记手机号", lost: "短信没有送达"}
    scene.at += timedelta(days=31)
    # by name to the office alone, every look kept, and told to whom it concerns
    names = partial(telling.hand_out_addressees, run_id=run, limit=1)
    assert refused(scene, unused[SUN_BA[0]], names).refusal.code == "role_missing"
    assert refused(scene, "外审", names).refusal.code == "retention_run_missing"
    named, after_id = scene.do("一审", names)
    others, end = scene.do("一审", partial(names, after_id=after_id))
    assert {each.name for each in named} | {each.name for each in others} == {SUN_BA[0], ZHANG_SAN[0]}
    assert (len(named), len(others), end) == (1, 1, None)
    with scene.database.read() as session:
        assert len(list_looks(session, mute, before_id=None, limit=9)) == 1
        assert list_looks(session, told, before_id=None, limit=9) == []
    tell = partial(telling.record_told, run_id=run)
    assert refused(scene, "一审", partial(tell, words=" ")).refusal.code == "why_missing"
    assert refused(scene, "外审", partial(tell, words="挂号信")).refusal.code == "retention_run_missing"
    line = lines(scene, run)["person", mute].id
    assert scene.do("一审", partial(tell, words="挂号信 XA1", item_id=line)) == 1
    assert refused(scene, "一审", partial(tell, words="又", item_id=line)).refusal.code == (
        "retention_nobody_untold"
    )

    after = carry_out(scene, run)
    assert "还没有告知本人" in (after["person", lost].kept_words or "")
    assert "才告知本人，不满 30 天" in (after["person", mute].kept_words or "")
    assert after["person", told].outcome == "erased"
    # who was told once by letter is told; confirmed or not, the database destroys nobody untold
    again = ask(scene)
    assert lines(scene, again)["person", mute].told_words == "挂号信 XA1"
    scene.at += timedelta(days=31)
    scene.do("二审", lambda work: asking.confirm_run(work, again))
    by_hand = update(RetentionItem).where(RetentionItem.run_id == again, RetentionItem.object_id == lost)
    with pytest.raises(DBAPIError, match="before being told"), scene.database.engine.begin() as connection:
        connection.execute(by_hand.values(outcome="erased", done_at=scene.at))
    run_through(scene, carry_out_piece, again)
    after = lines(scene, again)
    assert after["person", mute].outcome == "erased"
    assert "重新列名单" in (after["person", lost].kept_words or "")
    # on the list anew, the letter first, and whoever wrote it down is not the one who confirms
    scene.hire("省审", Role.OFFICER_PROVINCE, "310101199001010948", PROVINCE)
    third = ask(scene, "二审")
    tell = partial(telling.record_told, run_id=third, words="2027-07 登报公告")
    assert refused(scene, "一审", tell).refusal.code == "retention_nobody_untold"
    scene.at += timedelta(days=3)
    assert scene.do("一审", tell) == 1
    scene.at += timedelta(days=31)
    assert (
        refused(scene, "一审", partial(asking.confirm_run, run_id=third)).refusal.code == "retention_teller"
    )
    # nor by hand: the database keeps the two apart, whichever came first
    by_hand = update(RetentionRun).where(RetentionRun.id == third)
    teller = scene.actor("一审").person_id
    confirmed = {"confirmed_by_person_id": teller, "confirmed_at": scene.at}
    with pytest.raises(DBAPIError, match="does not confirm"), scene.database.engine.begin() as connection:
        connection.execute(by_hand.values(confirmed))
    assert carry_out(scene, third, "省审")["person", lost].outcome == "erased"
    teller = scene.actor("省审").person_id
    told_by = update(RetentionItem).where(RetentionItem.run_id == third, RetentionItem.told_at.is_(None))
    with pytest.raises(DBAPIError, match="tells nobody"), scene.database.engine.begin() as connection:
        connection.execute(told_by.values(told_by_person_id=teller, told_at=scene.at, told_words="x"))


@ONE
def test_a_letter_of_long_ago_does_not_count(scene: Scene, unused: dict[str, str]) -> None:
    mute = own(scene, unused[SUN_BA[0]])
    with scene.database.engine.begin() as connection:
        connection.execute(update(Person).values(mobile_sealed=None))
    run = ask(scene)
    scene.do("一审", lambda work: telling.record_told(work, run, "挂号信 XA1"))
    scene.do("一审", lambda work: asking.drop_run(work, run, "改期"))
    scene.at += timedelta(days=365)
    again = ask(scene)
    assert lines(scene, again)["person", mute].told_words == "挂号信 XA1"
    scene.do("一审", lambda work: asking.drop_run(work, again, "改期"))
    scene.at += timedelta(days=1)
    assert lines(scene, ask(scene))["person", mute].told_at is None


@ONE
def test_everybody_is_in_some_run_and_complaints_taken_back_go_too(
    scene: Scene, unused: dict[str, str]
) -> None:
    scene.hire("省审", Role.OFFICER_PROVINCE, "310101199001010948", PROVINCE)
    scene.hire("省核", Role.OFFICER_PROVINCE, "310101199001010956", PROVINCE)
    nowhere, far = own(scene, unused[SUN_BA[0]]), own(scene, unused[ZHANG_SAN[0]])
    scene.at = on("2024-04-10")
    house = town_train.train_institution(scene, town_train.T2)
    made = scene.do(CLOCK_LOGIN, lambda work: file_complaint(work, house, Topic.NOT_HELD, "没课", ""))
    scene.do(CLOCK_LOGIN, lambda work: withdraw(work, made.number))
    for who, token in ((SUN_BA, "c"), (ZHANG_SAN, "d")):
        sign_in(scene, unused[who[0]], token * 64)
    with scene.database.engine.begin() as connection:
        connection.execute(text("INSERT INTO region (code, name, rank, source)"
                                " VALUES ('140100', '太原市', 'city', '【设】')"))  # fmt: skip
        connection.execute(text(f"UPDATE person SET region_code = NULL WHERE id = {nowhere}"))
        connection.execute(text(f"UPDATE person SET region_code = '140100' WHERE id = {far}"))
    scene.at += timedelta(days=4 * 366)
    county = lines(scene, ask(scene))
    assert {("person", nowhere), ("person", far)} & set(county) == set()
    scene.do("一审", lambda work: asking.drop_run(work, 1, "改由省里办"))
    run = ask(scene, "省审", PROVINCE)
    deliver(scene)
    scene.at += timedelta(days=31)
    after = carry_out(scene, run, "省核")
    assert {after["person", each].outcome for each in (nowhere, far)} == {"erased"}
    assert after["complaint", made.id].outcome == "erased"
    said = scene.do("异议处理员", lambda work: look_at_complaint(work, made.id))[1]
    assert said.words == "（已按规定清除）"
    with scene.database.read() as session:
        assert session.scalars(select(WebSession.token_hash)).all() == []


@ONE
def test_anybody_of_the_region_is_preserved_by_number_and_the_list_is_turned(
    scene: Scene, unused: dict[str, str]
) -> None:
    by_number = partial(preserve_by_number, number=SUN_BA[1], paper="济源市公安局（2024）5号")
    assert refused(scene, unused[SUN_BA[0]], by_number).refusal.code == "role_missing"
    assert refused(scene, "外审", by_number).refusal.code == "person_missing"
    unknown = partial(preserve_by_number, number="410105194912310011", paper="文书")
    assert refused(scene, "一审", unknown).refusal.code in ("person_missing", "identity_check_digit")
    made = scene.do("一审", by_number)
    assert made.person_id == own(scene, unused[SUN_BA[0]])
    assert lines(scene, ask(scene))["person", made.person_id].code == "retention_preserved"
    with scene.database.read() as session:
        newest, older = list_preserved(session, [JIYUAN], limit=9)
        assert newest.row.id == made.id
        turned = list_preserved(session, [JIYUAN], before_id=made.id, limit=9)
        assert [each.row.id for each in turned] == [older.row.id]
        told = session.scalars(select(AuditRow.content).where(AuditRow.thing == "preservation")).all()
        assert all(SUN_BA[1] not in str(each) for each in told)
