"""Being forgotten: asked by oneself, decided by two others; what the law keeps is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from tests import town_issue, town_train
from tests.scene import EV1, LI_SI, NURSE, SUN_BA, ZHANG_SAN, Scene, on
from tests.stages.oversee.test_erasure import seal_and_verify
from voucher.plumbing.db import Database
from voucher.registry import people
from voucher.registry.access import workers
from voucher.registry.consents.rows import Consent
from voucher.registry.users import UserAccount, load_actor
from voucher.rules.actor import Role
from voucher.rules.complaints import Topic
from voucher.rules.errors import Refused
from voucher.rules.retention import DataKind
from voucher.stages.oversee.complaints.filing import file_complaint
from voucher.stages.oversee.complaints.handling import refuse
from voucher.stages.oversee.complaints.queries import Said, look_at_complaint
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.oversee.privacy import erasing
from voucher.stages.oversee.privacy.holding import read_holding
from voucher.stages.oversee.privacy.models import ErasureRequest

FIRST, SECOND = "310101199001010910", "310101199001010929"


def refused(scene: Scene, login: str, act: Callable[..., object], *arguments: object) -> Refused:
    with pytest.raises(Refused) as caught:
        scene.do(login, lambda work: act(work, *arguments))
    return caught.value


def hire_two(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    scene.hire("一审", Role.OFFICER_COUNTY, FIRST)
    scene.hire("二审", Role.OFFICER_COUNTY, SECOND)


def test_two_people_destroy_a_key_and_nothing_names_the_person_any_more(scene: Scene) -> None:
    hire_two(scene)
    login = town_issue.worker(scene, SUN_BA)
    asked = scene.do(login, erasing.ask_erasure)
    assert refused(scene, login, erasing.ask_erasure).refusal.code == "erasure_open"
    # nobody carries out what nobody agreed to, and one person is not two
    assert refused(scene, "二审", erasing.erase_person, asked.id).refusal.code == "erasure_missing"
    assert refused(scene, login, erasing.agree_erasure, asked.id).refusal.code == "role_missing"
    scene.do("一审", lambda work: erasing.agree_erasure(work, asked.id))
    assert refused(scene, "一审", erasing.erase_person, asked.id).refusal.code == "second_person_needed"
    assert refused(scene, "二审", erasing.agree_erasure, asked.id).refusal.code == "erasure_agreed"
    scene.do("二审", lambda work: erasing.erase_person(work, asked.id))

    with scene.database.read() as session:
        assert people.read_people(session, scene.keyring, [asked.person_id]) == {}
        account = session.scalars(select(UserAccount).where(UserAccount.person_id == asked.person_id)).one()
        assert (account.login, account.display_name) == (f"erased-{account.id}", "（已注销）")
        assert account.disabled_at is not None
        left = people.get_person(session, asked.person_id)
        assert (left.number_sealed, left.mobile_sealed, left.mobile_index) == (None, None, None)
        assert find_violations(session) == []
        regions = load_actor(session, "一审", scene.at.date()).regions
        gone = erasing.list_erasures(session, scene.keyring, regions, waiting=False, limit=5)
        assert [(each.masked_name, each.masked_number) for each in gone] == [("（已注销）", "")]
    assert seal_and_verify(scene).faults == []
    # the digest of the number still answers: nobody is opened twice, so nobody is paid twice
    again = refused(scene, "operator", workers.open_worker, SUN_BA[1], SUN_BA[0], "again", None)
    assert again.refusal.code == "subject_erased"


def test_what_is_paid_or_open_is_kept_and_the_page_says_until_when(scene: Scene) -> None:
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    budget = scene.open_budget(1000)
    scene.certify(scene.certificate(ZHANG_SAN, NURSE))
    paid = scene.settle(budget)
    login = town_issue.worker(scene, ZHANG_SAN)
    open_claim = refused(scene, login, erasing.ask_erasure).refusal
    assert open_claim.code == "erasure_business_open"
    assert "补贴申领 SL-" in open_claim.title
    scene.pay(paid, budget)
    kept = refused(scene, login, erasing.ask_erasure).refusal
    assert kept.code == "erasure_still_kept"
    assert kept.title.startswith("补贴的申领、公示、拨付、追回依法须保存到 2054-")
    assert "会计档案管理办法" in kept.next_step


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_one_complained_of_goes_too_once_it_is_concluded(scene: Scene) -> None:
    scene.hire_everybody()
    hire_two(scene)
    house = town_train.train_institution(scene)
    login = town_issue.worker(scene, SUN_BA)
    words = f"我是{SUN_BA[0]}，没有上课"
    made = scene.do(login, lambda work: file_complaint(work, house, Topic.NOT_HELD, words, "13812345678"))
    is_open = refused(scene, login, erasing.ask_erasure).refusal
    assert is_open.code == "erasure_business_open"
    # whoever decides does not learn the number by which it is followed and withdrawn
    assert is_open.title.endswith("：投诉举报")
    scene.do("异议处理员", lambda work: refuse(work, made.id, "请向教育部门反映"))
    with scene.database.read() as session:
        holding = read_holding(session, scene.keyring, made.complainant_person_id or 0, scene.at.date())
        assert [each.count for each in holding.held if each.rule.kind == DataKind.COMPLAINT] == [1]
    asked = scene.do(login, erasing.ask_erasure)
    scene.do("一审", lambda work: erasing.agree_erasure(work, asked.id))
    assert scene.do("异议处理员", lambda work: look_at_complaint(work, made.id))[1].words == words
    scene.do("二审", lambda work: erasing.erase_person(work, asked.id))
    assert scene.do("异议处理员", lambda work: look_at_complaint(work, made.id))[1] == Said(
        "（已按规定清除）", ""
    )


def test_it_is_taken_back_or_turned_down_and_the_account_stays(scene: Scene) -> None:
    hire_two(scene)
    login = town_issue.worker(scene, LI_SI)
    assert refused(scene, login, erasing.withdraw_erasure).refusal.code == "erasure_missing"
    scene.do(login, erasing.ask_erasure)
    assert scene.do(login, erasing.withdraw_erasure).ending == "withdrawn"
    asked = scene.do(login, erasing.ask_erasure)
    why = f"本人电话里说不注销，号码 {LI_SI[1]}"
    declined = scene.do("一审", lambda work: erasing.decline_erasure(work, asked.id, why))
    assert declined.why is not None
    assert LI_SI[1] not in declined.why
    with scene.database.read() as session:
        assert people.read_people(session, scene.keyring, [asked.person_id])[asked.person_id].name == LI_SI[0]
        assert session.scalars(select(Consent.id)).all() == []
    scene.at += timedelta(days=1)
    assert refused(scene, "二审", erasing.agree_erasure, asked.id).refusal.code == "erasure_missing"


@pytest.mark.parametrize(
    "sin",
    [
        {"ending": "erased", "ended_by_person_id": 91},
        {"ending": "erased", "agreed_by_person_id": 91, "ended_by_person_id": 91},
        {"ending": "declined", "ended_by_person_id": 91},
        {"ending": "declined", "ended_by_person_id": 1, "why": "不"},
    ],
)
def test_the_database_itself_wants_two_others_and_a_reason(scene: Scene, sin: dict[str, object]) -> None:
    hire_two(scene)
    login = town_issue.worker(scene, LI_SI)
    asked = scene.do(login, erasing.ask_erasure)
    at = scene.at
    row = {"person_id": asked.person_id, "asked_at": at, "ended_at": at, **sin}
    if sin["ended_by_person_id"] == 1:
        row["ended_by_person_id"] = asked.person_id
    if "agreed_by_person_id" in sin:
        row["agreed_at"] = at
    with pytest.raises(IntegrityError):
        write(scene.database, row)


def write(database: Database, row: dict[str, object]) -> None:
    with database.engine.begin() as connection:
        connection.execute(insert(ErasureRequest).values(**row))
