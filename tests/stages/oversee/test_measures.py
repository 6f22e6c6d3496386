"""The ladder of measures: two people, grounds, the effect in view, and what a database refuses by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from tests import town_issue, town_train
from tests.scene import JIYUAN, XINXIANG, ZHANG_SAN, Scene, on
from voucher.ledger.states import move
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import machines, users
from voucher.registry.credit import read_points
from voucher.registry.institutions import Institution
from voucher.registry.standards import Parameter
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.actor import Grant, Role
from voucher.rules.complaints import Topic
from voucher.rules.measure_effects import Effect, Touched
from voucher.rules.measures import Ending, Step
from voucher.stages.oversee.complaints.filing import file_complaint
from voucher.stages.oversee.complaints.handling import accept, answer, ask, conclude
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.complaints.queries import list_asked, look_at_complaint
from voucher.stages.oversee.measures import queries
from voucher.stages.oversee.measures.appealing import appeal
from voucher.stages.oversee.measures.confirming import confirm, drop
from voucher.stages.oversee.measures.drafting import decline_exposure, draft_exposure, release_exposure
from voucher.stages.oversee.measures.effects import read_effect
from voucher.stages.oversee.measures.finishing import finish_due_measures
from voucher.stages.oversee.measures.imposing import Imposed
from voucher.stages.oversee.measures.models import ExposureDraft, Measure
from voucher.stages.oversee.measures.proposing import Proposal, propose
from voucher.stages.oversee.measures.reading import lock_measure
from voucher.stages.oversee.measures.stating import prove, state
from voucher.stages.oversee.quality.crediting import score_due_credits
from voucher.stages.train.classes import file_class

ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
BASIS = "豫办〔2021〕29号 第4项"


def seen(scene: Scene, house: int, step: Step) -> str:
    """Return the digest of what a step would touch now: what the page shows."""
    with scene.database.read() as session:
        return read_effect(session, session.get_one(Institution, house), step).digest


def wish(step: Step, **more: Any) -> Proposal:
    """Return a proposal with what every step needs."""
    return Proposal(step, "抽查发现两个班没有开课", BASIS, **more)


def proposed(scene: Scene, who: str, house: int, step: Step, **more: object) -> int:
    """Propose a step with its effect in view and return the measure's id."""
    digest = seen(scene, house, step)
    return scene.do(who, lambda work: propose(work, house, wish(step, **more), seen=digest)).id


def confirmed(scene: Scene, who: str, measure_id: int) -> Imposed:
    """Confirm a measure with its effect in view."""
    with scene.database.read() as session:
        found = session.get_one(Measure, measure_id)
        house, step = found.institution_id, Step(found.step)
    digest = seen(scene, house, step)
    return scene.do(who, partial(confirm, measure_id=measure_id, seen=digest))


def upheld_complaint(scene: Scene, house: int, handler: str) -> str:
    """Have somebody complain of a house and an officer find it true; return the ground's key."""
    words = "三月四日的课没有老师来"
    made = scene.do(CLOCK_LOGIN, lambda work: file_complaint(work, house, Topic.NOT_HELD, words, ""))
    scene.do(handler, partial(accept, complaint_id=made.id))
    scene.do(
        handler,
        partial(conclude, complaint_id=made.id, words="到校核对课表", reply="已查实", is_upheld=True),
    )
    return f"complaint-{made.id}"


def settle_in(scene: Scene) -> tuple[int, int]:
    """Return a house with one voucher in a class of it, and that voucher."""
    scene.at = on("2024-03-06")
    scene.hire_everybody()
    house = town_train.train_institution(scene)
    programme = town_issue.programme(scene, scene.open_budget(50_000))
    town_issue.eligible(scene, ZHANG_SAN)
    class_id = town_train.open_class(scene, house)
    return house, town_train.enrolled(scene, programme, ZHANG_SAN, class_id)


@ONE
def test_a_leap_needs_grounds_and_a_reason_the_effect_is_seen_and_two_people_act(scene: Scene) -> None:
    """AC-I5：停业整顿由两人办理，先列出牵连的券和金额；恢复也是。"""
    house, voucher = settle_in(scene)
    code = partial(town_train.code, scene)
    month = day_of(scene.at) + timedelta(days=30)
    digest = seen(scene, house, Step.SUSPEND)

    def leap(**more: object) -> Callable[[Work], Measure]:
        made = wish(Step.SUSPEND, deadline_on=month, **more)
        return lambda work: propose(work, house, made, seen=digest)

    assert code("初审员", leap()) == "measure_ground_missing"
    ground = upheld_complaint(scene, house, "初审员")
    # a finding nobody concluded, or about another house, is no ground
    assert code("初审员", leap(grounds=["complaint-99"], skip_why="停课")) == "measure_ground_missing"
    assert code("初审员", leap(grounds=[ground])) == "measure_skip_unexplained"
    no_day = wish(Step.SUSPEND, grounds=[ground], skip_why="两个班同时停课")
    assert code("初审员", lambda work: propose(work, house, no_day, seen=digest)) == "measure_detail_missing"
    act = leap(grounds=[ground], skip_why="两个班同时停课，约谈不足以纠正")
    assert code(town_train.staff(scene, house, Role.INSTITUTION_ADMIN), act) == "role_missing"
    scene.hire("外地审核员", Role.OFFICER_CITY, "310101199001010230", XINXIANG)
    assert code("外地审核员", act) == "institution_absent"
    measure = scene.do("初审员", act)
    assert code("复核员", act) == "measure_open_already"
    shown = {each.touched: each for each in Effect.of_json(measure.shown).lines}
    assert (shown[Touched.IN_CLASS].count, shown[Touched.IN_CLASS].people) == (1, 1)
    assert (shown[Touched.IN_CLASS].amount_fen or 0) > 0
    assert town_train.voucher(scene, voucher).state == "enrolled", "nothing happens before it is confirmed"

    hearing = partial(confirm, measure_id=measure.id, seen=digest)
    assert code("初审员", hearing) == "second_person_needed"
    assert code("复核员", hearing) == "measure_hearing_open"
    head = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    scene.do(head, partial(state, measure_id=measure.id, words="教师生病，已补课"))
    assert code(head, partial(state, measure_id=measure.id, words="再说")) == "measure_said_already"
    assert code("复核员", partial(confirm, measure_id=measure.id, seen="0" * 64)) == "measure_effect_changed"
    done = scene.do("复核员", hearing)
    assert (done.state, done.vouchers_held) == ("suspended", 1)
    assert code("复核员", hearing) == "event_not_allowed"

    # the way back: proven, by two people, with a preview of its own
    back = seen(scene, house, Step.RESTORE)
    restore = wish(Step.RESTORE, ending=Ending.ACCEPTED)
    assert code("初审员", lambda work: propose(work, house, restore, seen=back)) == "measure_not_proven"
    wrong = wish(Step.RESTORE, ending=Ending.UPHELD)
    assert code("初审员", lambda work: propose(work, house, wrong, seen=back)) == "measure_no_appeal_upheld"
    scene.at += timedelta(days=60)
    late = wish(Step.RESTORE, ending=Ending.EXPIRED)
    # the deadline passed and nothing was put right: the suspension goes on
    assert code("初审员", lambda work: propose(work, house, late, seen=back)) == "measure_not_proven"
    scene.do(head, partial(prove, measure_id=measure.id, words="两个班都已补课，附课表"))
    again = scene.do("初审员", lambda work: propose(work, house, restore, seen=back))
    assert code("初审员", partial(confirm, measure_id=again.id, seen=back)) == "second_person_needed"
    freed = scene.do("复核员", partial(confirm, measure_id=again.id, seen=back))
    assert (freed.state, freed.vouchers_released) == ("listed", 1)
    with scene.database.read() as session:
        assert session.get_one(Measure, measure.id).state == "lifted"


@ONE
def test_a_blacklisting_ends_by_its_day_and_a_referral_moves_nothing(scene: Scene) -> None:
    house, _ = settle_in(scene)
    code = partial(town_train.code, scene)
    ground = upheld_complaint(scene, house, "初审员")
    until = day_of(scene.at) + timedelta(days=90)
    leap = {"grounds": [ground], "skip_why": "编造全班名册"}
    listed = proposed(scene, "初审员", house, Step.BLACKLIST, until_on=until, **leap)
    scene.at += timedelta(days=14)
    confirmed(scene, "复核员", listed)
    referred = proposed(scene, "初审员", house, Step.REFER, grounds=[ground], recipient="示例市公安局")
    confirmed(scene, "复核员", referred)
    with scene.database.read() as session:
        assert session.get_one(Institution, house).state == "blacklisted"
    digest = seen(scene, house, Step.RESTORE)
    early = wish(Step.RESTORE, ending=Ending.EXPIRED)
    assert code("初审员", lambda work: propose(work, house, early, seen=digest)) == "measure_not_expired"
    scene.at += timedelta(days=90)
    back = proposed(scene, "初审员", house, Step.RESTORE, ending=Ending.EXPIRED)
    confirmed(scene, "复核员", back)
    with scene.database.read() as session:
        assert session.get_one(Institution, house).state == "delisted", "never straight back to the list"
        assert session.get_one(Measure, referred).state == "confirmed"
    dropped = proposed(
        scene, "初审员", house, Step.REFER, grounds=[ground], recipient="示例市公安局", skip_why="犯罪"
    )
    scene.do("初审员", partial(drop, measure_id=dropped, why="已经移送过"))


@ONE
def test_only_what_is_final_is_exposed_for_its_days(scene: Scene) -> None:
    """AC-I5：查实、确定以后才向社会曝光，写明依据和期限，期满自动撤下。"""
    house, _ = settle_in(scene)
    code = partial(town_train.code, scene)
    ground = upheld_complaint(scene, house, "初审员")
    day = day_of(scene.at)
    measure = proposed(
        scene, "初审员", house, Step.RECTIFY,
        grounds=[ground], skip_why="已有学员投诉", deadline_on=day + timedelta(days=30),
    )  # fmt: skip
    confirmed(scene, "复核员", measure)

    def show(first: date, last: date, words: str = "两个班没有按计划开课") -> Callable[[Work], ExposureDraft]:
        return lambda work: draft_exposure(work, measure, words, first, last)

    assert code("初审员", show(day, day)) == "exposure_before_final"
    head = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    case = scene.do(head, partial(appeal, measure_id=measure, words="已经补课", contact=""))
    assert (
        code(head, partial(appeal, measure_id=measure, words="再申诉", contact=""))
        == "measure_appealed_already"
    )
    scene.at += timedelta(days=70)
    assert scene.do(CLOCK_LOGIN, finish_due_measures) == 0, "an appeal waits"
    for hand in ("初审员", "复核员"):
        for act in (accept, look_at_complaint):
            assert code(hand, partial(act, complaint_id=case.id)) == "complaint_own_institution"
    scene.do("异议处理员", partial(accept, complaint_id=case.id))
    scene.do(
        "异议处理员",
        partial(conclude, complaint_id=case.id, words="核对课表", reply="不成立", is_upheld=False),
    )
    assert scene.do(CLOCK_LOGIN, finish_due_measures) == 1
    today = day_of(scene.at)
    assert code("初审员", show(today, today, f"学员 {ZHANG_SAN[1]} 没有上课")) == "exposure_personal_data"
    assert code("初审员", show(today, today + timedelta(days=2000))) == "exposure_days_wrong"
    # whoever supervises here and is an officer elsewhere shows nothing
    apart = [Grant(Role.SUPERVISOR, JIYUAN), Grant(Role.OFFICER_CITY, XINXIANG)]
    assert code(hired(scene, "监管兼外地", apart), show(today, today)) == "measure_missing"

    def exposed(on_day: date) -> int:
        with scene.database.read() as session:
            return len(queries.list_exposed(session, on_day, limit=10))

    release, back = (
        partial(release_exposure, measure_id=measure),
        partial(decline_exposure, measure_id=measure),
    )
    assert code("复核员", release) == "exposure_draft_missing"
    scene.do("初审员", show(today, today + timedelta(days=9)))
    # one writes, another releases; until then nobody sees it
    assert code("复核员", show(today, today)) == "exposure_draft_open"
    assert code("初审员", release) == "second_person_needed"
    assert exposed(today) == 0
    assert code("复核员", partial(back, why=" ")) == "why_missing"
    scene.do("复核员", partial(back, why="日期写错"))
    scene.do("初审员", show(today, today + timedelta(days=9)))
    with pytest.raises(DBAPIError), scene.database.open_write() as session:
        session.execute(
            text(
                "INSERT INTO exposure (measure_id, words, from_on, until_on, posted_by_person_id, posted_at) "
                "SELECT measure_id, words, from_on, until_on, drafted_by_person_id, drafted_at "
                "FROM exposure_draft"
            )
        )
    scene.do("复核员", release)
    assert code("初审员", show(today, today)) == "exposed_already"

    assert (exposed(today), exposed(today + timedelta(days=9)), exposed(today + timedelta(days=10))) == (
        1,
        1,
        0,
    )


def upheld_appeal(scene: Scene, head: str, measure: int) -> None:
    """Have a house appeal against a measure, and somebody who did not decide it find the appeal right."""
    case = scene.do(head, partial(appeal, measure_id=measure, words="事实不清", contact=""))
    scene.do("异议处理员", partial(accept, complaint_id=case.id))
    right = partial(conclude, complaint_id=case.id, words="核对课表", reply="成立", is_upheld=True)
    scene.do("异议处理员", right)


@ONE
def test_an_upheld_appeal_lifts_nothing_but_the_measure_it_is_against(scene: Scene) -> None:
    """申诉成立只撤销被申诉的处置：别的处置照自己的规则，曝光不随之撤下。"""
    house, _ = settle_in(scene)
    code = partial(town_train.code, scene)
    head = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    warned = proposed(scene, "初审员", house, Step.WARN)
    confirmed(scene, "复核员", warned)
    upheld_appeal(scene, head, warned)
    ground = upheld_complaint(scene, house, "初审员")
    month = {"deadline_on": day_of(scene.at) + timedelta(days=30)}
    rectify = proposed(scene, "初审员", house, Step.RECTIFY, grounds=[ground], **month)
    confirmed(scene, "复核员", rectify)
    scene.at += timedelta(days=70)
    assert scene.do(CLOCK_LOGIN, finish_due_measures) == 1
    month = {"deadline_on": day_of(scene.at) + timedelta(days=30)}
    suspended = proposed(scene, "初审员", house, Step.SUSPEND, grounds=[ground], **month)
    scene.do(head, partial(state, measure_id=suspended, words="不属实"))
    confirmed(scene, "复核员", suspended)
    back = seen(scene, house, Step.RESTORE)
    restore = partial(propose, institution_id=house, wish=wish(Step.RESTORE, ending=Ending.UPHELD), seen=back)
    # the appeal against the warning says nothing of the suspension
    assert code("初审员", restore) == "measure_no_appeal_upheld"
    upheld_appeal(scene, head, suspended)
    # nor the one against the suspension of what had to be put right before
    assert code("初审员", restore) == "measure_not_proven"
    scene.do(head, partial(prove, measure_id=rectify, words="已补课"))

    today = day_of(scene.at)
    # an upheld measure is never final by the clock: planted, to see its exposure fall
    scene.do(CLOCK_LOGIN, lambda work: move(work, Measure, [lock_measure(work, suspended)], "finish"))
    for each in (rectify, suspended):
        scene.do(
            "初审员", partial(draft_exposure, measure_id=each, words="停课", from_on=today, until_on=today)
        )
        scene.do("复核员", partial(release_exposure, measure_id=each))
    again = scene.do("初审员", restore)
    assert confirmed(scene, "复核员", again.id).state == "listed"
    with scene.database.read() as session:
        ends = [session.get_one(Measure, each).state for each in (warned, rectify, suspended)]
        assert ends == ["overturned", "lifted", "overturned"]
        assert [each.measure.id for each in queries.list_exposed(session, today, limit=9)] == [rectify]
        fallen = queries.find_exposure(session, suspended)
        assert fallen is not None
        assert (fallen.removed_why or "").startswith(again.number)
    late = partial(appeal, measure_id=again.id, words="不该恢复", contact="")
    assert code(head, late) == "measure_not_appealable"


SINS = {
    "UPDATE measure SET facts = '别的'": "never changes",
    "UPDATE measure SET shown = '{}'": "never changes",
    "UPDATE measure SET appeal_until = '2024-05-01', decided_at = proposed_at,"
    " decided_by_person_id = proposed_by_person_id": "two_people",
    "UPDATE measure SET appeal_until = '2024-05-01', decided_at = proposed_at,"
    " decided_by_person_id = STAFF": "never confirmed by",
    "UPDATE measure SET state = 'confirmed'": "decided|FOREIGN KEY|last_event",
    "DELETE FROM measure": "never deleted|FOREIGN KEY|violates foreign",
    "DELETE FROM measure_ground": "never deleted",
    "UPDATE measure_ground SET object_id = 99": "append only",
    "INSERT INTO exposure (measure_id, words, from_on, until_on, posted_by_person_id, posted_at) "
    "SELECT id, 'x', '2024-03-06', '2024-03-07', 1, proposed_at FROM measure": "final measure|than wrote it",
    "INSERT INTO measure SELECT * FROM measure": "uq_measure_proposed|UNIQUE|duplicate key",
    "UPDATE complaint SET concluded_by_person_id = STAFF": "never concluded by|written once",
    "UPDATE complaint SET institution_id = institution_id + 1": "never changes",
}


def test_what_python_refuses_the_database_refuses_too(scene: Scene) -> None:
    house, _ = settle_in(scene)
    ground = upheld_complaint(scene, house, "初审员")
    proposed(
        scene, "初审员", house, Step.RECTIFY,
        grounds=[ground], skip_why="已有学员投诉", deadline_on=day_of(scene.at) + timedelta(days=30),
    )  # fmt: skip
    head = scene.actor(town_train.staff(scene, house, Role.INSTITUTION_ADMIN)).person_id
    for sin, told in SINS.items():
        with pytest.raises(DBAPIError, match=told), scene.database.engine.begin() as connection:
            connection.execute(text(sin.replace("STAFF", str(head))))


@ONE
def test_the_institution_answers_and_never_concludes_nor_learns_who_complained(scene: Scene) -> None:
    house, _ = settle_in(scene)
    code = partial(town_train.code, scene)
    worker = town_issue.worker(scene, ZHANG_SAN)
    words = "我是张三，三月四日老师没有来"
    made = scene.do(worker, lambda work: file_complaint(work, house, Topic.NOT_HELD, words, "13800000000"))
    assert made.complainant_person_id == scene.actor(worker).person_id
    head = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    act = partial(conclude, complaint_id=made.id, words="没有的事", reply="没有", is_upheld=False)
    assert code(head, act) == "role_missing"
    assert code(head, partial(answer, complaint_id=made.id, words="没有")) == "complaint_missing"
    scene.do("初审员", partial(accept, complaint_id=made.id))
    assert code("复核员", partial(ask, complaint_id=made.id, question="课表")) == "complaint_not_yours"
    scene.do("初审员", partial(ask, complaint_id=made.id, question="三月四日的课由谁上？"))
    assert code("初审员", act) == "complaint_answer_awaited"
    with scene.database.read() as session:
        (mine,) = list_asked(session, [house], limit=5)
        kept = session.execute(text("SELECT * FROM complaint")).one()
        assert mine.question == "三月四日的课由谁上？"
        assert words.encode() not in b"".join(each for each in kept if isinstance(each, bytes))
    scene.do(head, partial(answer, complaint_id=made.id, words="李老师代课"))
    assert code(head, partial(answer, complaint_id=made.id, words="再说")) == "event_not_allowed"
    # an officer who once worked there is of the house under any account
    both = two_hats(scene, house)
    assert code(both, act) == "complaint_own_institution"
    assert code(both, partial(look_at_complaint, complaint_id=made.id)) == "complaint_own_institution"
    _, said = scene.do("复核员", partial(look_at_complaint, complaint_id=made.id))
    assert (said.words, said.contact) == (words, "13800000000")
    scene.do("初审员", act)
    with scene.database.read() as session:
        assert session.get_one(Complaint, made.id).state == "dismissed"


def two_hats(scene: Scene, house: int) -> str:
    """Hire an officer who teaches at the house; return the login."""
    grants = [Grant(Role.OFFICER_CITY, JIYUAN), Grant(Role.TEACHER, institution_id=house)]
    return hired(scene, "两头任职", grants)


def hired(scene: Scene, login: str, grants: list[Grant]) -> str:
    """Hire a person with several roles; return the login."""

    def act(work: Work) -> str:
        person = machines.open_system_person(work, login, login)
        made = users.open_account(
            work, login=login, display_name=login, person_id=person, grants=grants,
            since=date(2021, 1, 1),
        )  # fmt: skip
        return made.login

    return scene.do("operator", act)


@ONE
def test_credit_falls_with_what_was_found_stops_new_classes_and_comes_back_with_time(scene: Scene) -> None:
    house, _ = settle_in(scene)
    code = partial(town_train.code, scene)
    with scene.database.read() as session:
        assert read_points(session, house) == 100
    ground = upheld_complaint(scene, house, "初审员")
    month = day_of(scene.at) + timedelta(days=30)
    leap = {"grounds": [ground], "skip_why": "两个班同时停课"}
    measure = proposed(scene, "初审员", house, Step.RECTIFY, deadline_on=month, **leap)
    confirmed(scene, "复核员", measure)
    assert scene.do(CLOCK_LOGIN, score_due_credits) == 1
    with scene.database.read() as session:
        assert read_points(session, house) == 87, "three for the complaint, ten for the rectification"
    assert scene.do(CLOCK_LOGIN, score_due_credits) == 0
    head = town_train.staff(scene, house, Role.INSTITUTION_ADMIN)
    scene.do(head, partial(prove, measure_id=measure, words="已补课，附课表"))
    back = proposed(scene, "初审员", house, Step.RESTORE, ending=Ending.ACCEPTED)
    confirmed(scene, "复核员", back)

    def limit(points: int) -> None:
        with scene.database.engine.begin() as connection:
            connection.execute(
                update(Parameter)
                .where(Parameter.name == "credit_least_for_classes")
                .values(value=str(points))
            )

    planned = town_train.draft(scene, house, teacher="李老师", place="二号楼")
    file = town_issue.act(file_class, planned, True)
    registrar = town_train.staff(scene, house, Role.REGISTRAR)
    limit(88)
    refused = town_train.refusal(scene, registrar, file)
    assert (refused.code, refused.facts["points"]) == ("credit_too_low", 87)
    limit(60)
    scene.do(registrar, file)
    scene.at += timedelta(days=400)
    assert scene.do(CLOCK_LOGIN, score_due_credits) == 1
    with scene.database.read() as session:
        assert read_points(session, house) == 100
    with pytest.raises(DBAPIError, match="never deleted"), scene.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM credit_score"))
    assert code(registrar, file) == "event_not_allowed"
