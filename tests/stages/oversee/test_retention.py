"""Retention carried out: listed with reasons, told, confirmed by another person, done in pieces."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from tests import town_assess, town_filing, town_issue, town_train
from tests.scene import EV1, JIYUAN, LI_SI, NURSE, SUN_BA, XINXIANG, ZHANG_SAN, Scene, on
from tests.stages.oversee.test_erasing import FIRST, SECOND, refused
from tests.stages.oversee.test_erasure import seal_and_verify
from voucher.ledger.audit import AuditRow
from voucher.plumbing.jobs import Job
from voucher.plumbing.outbox import Letter
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.employments import Employment
from voucher.registry.filing.models import FilingTeacher
from voucher.registry.people import Newcomer, Person
from voucher.registry.standards import Parameter
from voucher.registry.users import CLOCK_LOGIN, PROVINCE, UserAccount, WebSession
from voucher.rules.actor import Role
from voucher.rules.complaints import Topic
from voucher.rules.entries import Entry, EntryWay
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.models_examiners import Examiner
from voucher.stages.oversee.complaints.filing import file_complaint
from voucher.stages.oversee.complaints.handling import refuse
from voucher.stages.oversee.complaints.queries import look_at_complaint
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.oversee.privacy.destroying import destroy_person
from voucher.stages.oversee.privacy.preserving import lift, preserve
from voucher.stages.oversee.retention import asking, queries
from voucher.stages.oversee.retention.carrying_out import carry_out_piece
from voucher.stages.oversee.retention.judging import judge_person
from voucher.stages.oversee.retention.listing import COMPLAINT_MONTHS, list_piece
from voucher.stages.oversee.retention.models import RetentionItem, RetentionRun


def run_through(scene: Scene, piece: Callable[..., int], run_id: int) -> int:
    """Do pieces until none is left and return how many transactions that took."""
    count = 0
    while scene.do(CLOCK_LOGIN, partial(piece, run_id=run_id)):
        count += 1
    return count


def lines(scene: Scene, run_id: int) -> dict[tuple[str, int], RetentionItem]:
    with scene.database.read() as session:
        found = queries.list_items(session, run_id, limit=99)
        return {(each.kind, each.object_id): each for each in found}


def own(scene: Scene, login: str) -> int:
    with scene.database.read() as session:
        return session.scalars(select(UserAccount.person_id).where(UserAccount.login == login)).one()


def sign_in(scene: Scene, login: str, token: str) -> None:
    with scene.database.read() as session:
        account = session.scalars(select(UserAccount.id).where(UserAccount.login == login)).one()

    def act(work: Work) -> None:
        row = WebSession(
            token_hash=token, user_id=account, created_at=scene.at, seen_at=scene.at, expires_at=scene.at
        )
        work.session.add(row)

    scene.do(CLOCK_LOGIN, act)


def deliver(scene: Scene) -> None:
    """Have every message sent at this moment."""
    with scene.database.engine.begin() as connection:
        connection.execute(update(Letter).where(Letter.sent_at.is_(None)).values(sent_at=scene.at))


@pytest.fixture
def unused(scene: Scene) -> dict[str, str]:
    """A town three years on: who never came again, who has a voucher open, who is evidence; two officers."""
    scene.at = on("2024-03-06")
    scene.hire_everybody()
    scene.hire("一审", Role.OFFICER_COUNTY, FIRST, JIYUAN)
    scene.hire("二审", Role.OFFICER_COUNTY, SECOND, JIYUAN)
    scene.hire("外审", Role.OFFICER_COUNTY, "310101199001010945", XINXIANG)
    logins = {who[0]: town_issue.worker(scene, who) for who in (SUN_BA, LI_SI, ZHANG_SAN)}
    with scene.database.engine.begin() as connection:
        piece = Parameter.name.in_(("retention_list_piece", "retention_erase_piece"))
        connection.execute(update(Parameter).where(piece).values(value="2"))
        connection.execute(text(f"UPDATE person SET region_code = '{JIYUAN}'"))
        connection.execute(update(Person).values(mobile_sealed=b"x"))
    sign_in(scene, logins[SUN_BA[0]], "a" * 64)
    house = town_train.train_institution(scene)
    told = file_complaint
    made = scene.do(CLOCK_LOGIN, lambda work: told(work, house, Topic.NOT_HELD, "没有上课", "13812345678"))
    scene.do("异议处理员", lambda work: refuse(work, made.id, "请向教育部门反映"))
    logins["投诉"] = str(made.id)
    scene.at = on("2024-04-10")
    scene.do("一审", lambda work: preserve(work, own(scene, logins[LI_SI[0]]), "济源市人民法院（2024）1号"))
    scene.at = on("2027-04-12")
    return logins


def test_what_is_due_is_listed_told_confirmed_by_another_and_destroyed_in_pieces(
    scene: Scene, unused: dict[str, str]
) -> None:
    gone, kept, back = (own(scene, unused[who[0]]) for who in (SUN_BA, LI_SI, ZHANG_SAN))
    scene.do("一审", lambda work: preserve(work, own(scene, "复核员"), "济源市检察院（2027）2号"))
    assert refused(scene, "一审", asking.ask_run, XINXIANG).refusal.code == "region_foreign"
    assert refused(scene, unused[SUN_BA[0]], asking.ask_run, JIYUAN).refusal.code == "role_missing"
    run = scene.do("一审", lambda work: asking.ask_run(work, JIYUAN)).id
    assert refused(scene, "二审", asking.ask_run, JIYUAN).refusal.code == "retention_run_open"
    assert refused(scene, "二审", asking.confirm_run, run).refusal.code == "retention_run_not_listed"
    # cut off after one piece, it goes on; run again when the list stands, nothing more happens
    scene.do(CLOCK_LOGIN, partial(list_piece, run_id=run))
    assert run_through(scene, list_piece, run) > 3
    assert run_through(scene, list_piece, run) == 0
    deliver(scene)
    listed = lines(scene, run)
    assert listed["person", gone].code is None
    assert listed["person", kept].code == "retention_preserved"
    assert "（2024）1号" in (listed["person", kept].words or "")
    officer = own(scene, "一审")
    assert listed["person", officer].code == "erasure_business_open"
    assert [listed[each].code for each in listed if each[0] != "person"] == [None, None]
    with scene.database.read() as session:
        letters = session.scalars(select(Letter.payload).where(Letter.topic == "sms")).all()
        told = [each for each in letters if each.get("template") == "retention_soon"]
        assert gone in {each["person_id"] for each in told}
        assert kept not in {each["person_id"] for each in told}
        assert people.read_people(session, scene.keyring, [gone]) != {}, "a list destroys nothing"

    confirm = partial(asking.confirm_run, run_id=run)
    assert refused(scene, "一审", confirm).refusal.code == "second_person_needed"
    early = refused(scene, "二审", confirm).refusal
    assert (early.code, early.facts["from_on"]) == ("retention_too_early", "2027-05-12")
    # not before somebody else has confirmed, not even by hand
    by_hand = update(RetentionItem).where(RetentionItem.code.is_(None))
    with pytest.raises(DBAPIError, match="another person"), scene.database.engine.begin() as connection:
        connection.execute(by_hand.values(outcome="erased", done_at=scene.at))
    sign_in(scene, unused[ZHANG_SAN[0]], "b" * 64)
    scene.at += timedelta(days=30)
    assert refused(scene, "外审", confirm).refusal.code == "retention_run_missing"
    scene.do("二审", confirm)
    assert refused(scene, "二审", asking.drop_run, run, "错了").refusal.code == "retention_run_confirmed"
    scene.do(CLOCK_LOGIN, partial(carry_out_piece, run_id=run))
    assert run_through(scene, carry_out_piece, run) > 0
    assert run_through(scene, carry_out_piece, run) == 0

    after = lines(scene, run)
    assert after["person", gone].outcome == "erased"
    assert (after["person", back].outcome, "2027-04-12" in (after["person", back].kept_words or "")) == (
        "kept",
        True,
    )
    with scene.database.read() as session:
        assert set(people.read_people(session, scene.keyring, [gone, kept, back])) == {kept, back}
        assert session.scalars(select(WebSession.token_hash)).all() == ["b" * 64]
        assert find_violations(session) == []
        done = session.get_one(RetentionRun, run)
        assert queries.state_of(done) == ("done", "已办结")
        sums = queries.sum_run(session, run)
        assert sum(each.erased for each in sums) + sum(each.kept for each in sums) == sum(
            each.due for each in sums
        )
        whys = {each.code: each for each in queries.list_whys(session, run)}
        several = whys["retention_preserved"]
        assert (several.count, several.words) == (2, "依法保全中（……），不能删除"), (
            "not the paper of one of them"
        )
        assert "工作人员的账号和职责" in whys["erasure_business_open"].words, "what all of them say is said"
        assert session.scalar(select(func.count()).select_from(Job).where(Job.kind == "retention")) == 2
    complaint = int(unused["投诉"])
    said = scene.do("异议处理员", lambda work: look_at_complaint(work, complaint))[1]
    assert said.words == "（已按规定清除）"
    assert seal_and_verify(scene).faults == []
    for sin in ("UPDATE retention_item SET words = 'x'", "DELETE FROM retention_run"):
        with pytest.raises(DBAPIError, match="never"), scene.database.engine.begin() as connection:
            connection.execute(text(sin))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_list_is_dropped_and_a_preservation_lifted_by_another_person(
    scene: Scene, unused: dict[str, str]
) -> None:
    run = scene.do("一审", lambda work: asking.ask_run(work, JIYUAN)).id
    run_through(scene, list_piece, run)
    assert refused(scene, "一审", asking.drop_run, run, " ").refusal.code == "why_missing"
    scene.do("一审", lambda work: asking.drop_run(work, run, "地区选错了"))
    scene.at += timedelta(days=31)
    assert refused(scene, "二审", asking.confirm_run, run).refusal.code == "retention_run_missing"
    assert run_through(scene, carry_out_piece, run) == 0
    kept = own(scene, unused[LI_SI[0]])
    assert refused(scene, "二审", preserve, kept, "另一文书").refusal.code == "retention_preserved_already"
    assert refused(scene, "一审", lift, 1, "（2027）2号").refusal.code == "second_person_needed"
    assert refused(scene, unused[SUN_BA[0]], lift, 1, "（2027）2号").refusal.code == "role_missing"
    scene.do("二审", lambda work: lift(work, 1, "（2027）2号"))
    assert refused(scene, "二审", lift, 1, "（2027）2号").refusal.code == "preservation_missing"
    again = scene.do("一审", lambda work: asking.ask_run(work, JIYUAN)).id
    run_through(scene, list_piece, again)
    assert lines(scene, again)["person", kept].code is None


def sweep(scene: Scene) -> dict[tuple[str, int], RetentionItem]:
    """Ask, list, wait, confirm and carry out one run of the county; return its lines."""
    run = scene.do("一审", lambda work: asking.ask_run(work, JIYUAN)).id
    run_through(scene, list_piece, run)
    deliver(scene)
    scene.at += timedelta(days=31)
    scene.do("二审", lambda work: asking.confirm_run(work, run))
    run_through(scene, carry_out_piece, run)
    return lines(scene, run)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_forgetting_the_sign_ins_of_ten_months_ago_does_not_make_anybody_unused(
    scene: Scene, unused: dict[str, str]
) -> None:
    back = own(scene, unused[ZHANG_SAN[0]])
    scene.at = on("2026-06-12")
    sign_in(scene, unused[ZHANG_SAN[0]], "b" * 64)
    scene.at = on("2027-04-12")
    assert sweep(scene)["person", back].code == "retention_still_used"
    with scene.database.read() as session:
        assert "b" * 64 not in session.scalars(select(WebSession.token_hash)).all(), "the record itself goes"
    second = sweep(scene)["person", back]
    assert second.code == "retention_still_used"
    assert "2026-06-12" in (second.words or "")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whoever_others_still_have_filed_is_not_erased(scene: Scene, unused: dict[str, str]) -> None:
    scene.at = on("2024-05-06")
    _, filing = town_filing.accepted(scene)
    house = filing.institution_id or 0
    evaluator = town_assess.evaluator(scene)
    town_assess.examiners(scene, evaluator)
    back = own(scene, unused[ZHANG_SAN[0]])

    def employ(work: Work) -> None:
        made = {"person_id": back, "institution_id": house, "since": on("2024-05-06").date()}
        evidence = {"evidence_kind": "contract", "evidence": "2024-1"}
        hand = {"recorded_at": work.at, "recorded_by_person_id": work.actor.person_id}
        work.session.add(Employment(**made, **evidence, **hand))

    scene.do(CLOCK_LOGIN, employ)
    worked = Entry(EntryWay.WORK, "社保缴费记录 2018—2023", years=6)
    stranger = Direct(Newcomer(SUN_BA[1], SUN_BA[0]), worked)
    town_assess.planned(scene, evaluator, [], people=[stranger])
    sat = own(scene, unused[SUN_BA[0]])
    with scene.database.read() as session:
        teacher = session.scalars(select(FilingTeacher)).one()
        examiner = session.scalars(select(Examiner)).first()
        assert examiner is not None
        for who, words in (
            (teacher.person_id, "培训机构备案的教师"),
            (examiner.person_id, "在备案的考评员"),
            (back, "用人单位登记的在职人员"),
            (sat, "评价考试 PJ-"),
        ):
            verdict = judge_person(session, scene.keyring, who, on("2025-01-10").date())
            assert (verdict.code, words in (verdict.words or "")) == ("erasure_business_open", True), words
    # once nobody has them filed any more (the teacher: once the certificate lapsed) they may go
    with scene.database.engine.begin() as connection:
        for table in ("examiner", "employment"):
            connection.execute(text(f"UPDATE {table} SET until = '2024-06-30'"))
    with scene.database.read() as session:
        for who in (teacher.person_id, examiner.person_id, back):
            assert judge_person(session, scene.keyring, who, on("2028-01-10").date()).may_go


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whoever_had_a_hand_in_money_is_named_as_long_as_the_voucher_for_it(scene: Scene) -> None:
    scene.hire_everybody()
    scene.hire("没经手的", Role.OFFICER_COUNTY, FIRST)
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    budget = scene.open_budget(1000)
    scene.certify(scene.certificate(ZHANG_SAN, NURSE))
    scene.pay(scene.settle(budget), budget)
    with scene.database.engine.begin() as connection:
        connection.execute(text("UPDATE role_grant SET until = '2024-12-31'"))
    with scene.database.read() as session:
        judge = partial(judge_person, session, scene.keyring, on=on("2028-01-10").date())
        for login in ("初审员", "复核员", "制单员", "付款复核员", "签发员"):
            verdict = judge(person_id=own(scene, login))
            assert verdict.code == "erasure_still_kept", login
            assert (verdict.words or "").startswith("经办签字"), login
            assert "2054-0" in (verdict.words or ""), login
        assert judge(person_id=own(scene, "没经手的")).may_go


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_changed_between_list_and_deed_is_judged_again(scene: Scene, unused: dict[str, str]) -> None:
    """A person erased meanwhile is not erased twice; a complaint kept longer since is not destroyed."""
    scene.hire("省审", Role.OFFICER_PROVINCE, "310101199001010948", PROVINCE)
    gone, complaint = own(scene, unused[SUN_BA[0]]), int(unused["投诉"])
    run = scene.do("一审", lambda work: asking.ask_run(work, JIYUAN)).id
    assert refused(scene, "省审", asking.ask_run, PROVINCE).refusal.code == "retention_run_open"
    run_through(scene, list_piece, run)
    deliver(scene)
    scene.at += timedelta(days=31)
    scene.do("二审", lambda work: asking.confirm_run(work, run))
    scene.do(CLOCK_LOGIN, lambda work: destroy_person(work, gone, "test"))
    with scene.database.engine.begin() as connection:
        longer = update(Parameter).where(Parameter.name == COMPLAINT_MONTHS)
        connection.execute(longer.values(value="600"))
    run_through(scene, carry_out_piece, run)
    after = lines(scene, run)
    for thing, words in ((("person", gone), "已清除"), (("complaint", complaint), "情况有变")):
        assert after[thing].outcome == "kept"
        assert words in (after[thing].kept_words or "")
    with scene.database.read() as session:
        erased = select(func.count()).where(AuditRow.thing == "person", AuditRow.act == "erase")
        assert session.scalar(erased.where(AuditRow.object_id == gone)) == 1
    said = scene.do("异议处理员", lambda work: look_at_complaint(work, complaint))[1]
    assert said.words == "没有上课"
    wide = scene.do("省审", lambda work: asking.ask_run(work, PROVINCE)).id
    assert refused(scene, "一审", asking.ask_run, JIYUAN).refusal.code == "retention_run_open"
    assert wide > run
