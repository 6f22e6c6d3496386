"""打开记录: who opened which page, once a day; R28 and R23 find by it, and wrong nobody who had a duty."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from tests import town_issue
from tests.doors.web.browser import Browser
from tests.doors.web.test_supervisor_pages import decent
from tests.doors.world import World
from tests.scene import EV1, JIYUAN, LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from tests.town_attending import PEOPLE, class_room
from voucher.doors.auth import opened
from voucher.ledger.holds import open_hold
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.complaints import Topic
from voucher.rules.lifecycle import Thing
from voucher.rules.risk.findings import Finding
from voucher.rules.risk.offices import find_close_officers, find_insiders
from voucher.stages.oversee.complaints.filing import file_complaint
from voucher.stages.oversee.models_openings import PageOpening
from voucher.stages.oversee.openings import note_opening
from voucher.stages.oversee.privacy.looks import list_masked_looks
from voucher.stages.oversee.risk.facts import Window, read_facts
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds
from voucher.stages.settle import review
from voucher.stages.settle.models.claims import Claim, SettlementLine
from voucher.stages.train.models.inspections import Inspection

MOST = dict(read_shipped_thresholds(date(2024, 3, 1)))
WHOLE_YEAR = Window(date(2024, 1, 1), date(2024, 12, 31))


def browser_of(world: World, login: str) -> Browser:
    return Browser(world.sign_in(login).http)


def test_who_looks_first_and_sends_on_is_found_and_whoever_had_something_to_do_is_not(
    scene: Scene, world: World
) -> None:
    room = class_room(scene)
    for login in ("窥探", "经手", "核实"):
        world.staff(login, Role.OPERATOR)
    world.staff("监管", Role.SUPERVISOR)
    before, vouchers = scene.at - timedelta(days=3), list(room.vouchers.values())
    for login in ("窥探", "经手", "核实"):
        world.at = before
        seen = browser_of(world, login)
        for each in vouchers:
            for _ in range(2):
                assert "****" in seen.go(f"/office/vouchers/{each}").text, "masked all the time"
        if login == "经手":
            for each in vouchers:
                world.do(login, partial(open_hold, thing=Thing.VOUCHER, object_id=each, why="来电核实"))
    with scene.database.read() as session:
        rows = session.scalars(select(PageOpening).order_by(PageOpening.id)).all()
        facts = read_facts(session, WHOLE_YEAR, scene.keyring)
    assert [each.matter for each in rows] == [None] * 8 + ["hold"] * 4, (
        "once a day each, whatever waited there"
    )
    duties = [each.is_on_duty for each in facts.look_ups if each.id.startswith("opening-")]
    assert duties == [0] * 4 + [1] * 8
    few = MOST | {"risk_insider_opened_people": len(PEOPLE)}
    spy = str(rows[0].opened_by_person_id)

    def suspects(most: dict[str, int], elsewhere: str) -> list[Finding]:
        """Return what is found where twenty others of the county redeem there."""
        others = [facts.vouchers[0]._replace(id=f"o{n}", person=f"o{n}", institution=elsewhere)
                  for n in range(20)]  # fmt: skip
        schools = (*facts.institutions, facts.institutions[0]._replace(id="elsewhere", region=JIYUAN))
        return list(
            find_insiders(replace(facts, vouchers=(*facts.vouchers, *others), institutions=schools), most)
        )

    found = suspects(few, "elsewhere")
    assert [(each.subject, each.figure, each.rows) for each in found] == [
        (f"{spy}/{room.house}", 10_000, tuple(("look_ups", f"opening-{each.id}") for each in rows[:4]))
    ]
    assert (
        f"{{officer:{spy}}} 在办理的事项之外打开过 4 人的页面（姓名、号码遮盖），其中 100%" in found[0].words
    )
    assert suspects(few, str(room.house)) == [], "everybody of the county trains there"
    assert suspects(few | {"risk_insider_opened_people": 5}, "elsewhere") == []
    assert suspects(MOST | {"risk_insider_people": 1}, "elsewhere") == [], (
        "masked pages are no looks at names"
    )
    with scene.database.read() as session:
        today = read_facts(session, Window(day_of(scene.at), day_of(scene.at)), scene.keyring)
    assert [each.is_taken_earlier for each in today.vouchers] == [1] * len(PEOPLE), "used today, taken before"
    assert len([each for each in today.look_ups if each.id.startswith("opening-")]) == 12, "opened before too"
    page = browser_of(world, "监管").go("/supervisor/looks/masked")
    decent(page)
    assert "窥探的人" in page.text
    assert "没有在办事项" in page.text
    assert "有待处置事项" in page.text
    with scene.database.read() as session:
        told = list_masked_looks(session, rows[0].holder_person_id or 0, limit=9)
    assert [each.what for each in told] == ["培训券页面（姓名、号码遮盖）"] * 3
    assert [each.why for each in told] == ["有待处置事项", "没有写明", "没有写明"]
    login = town_issue.worker(scene, PEOPLE[0])
    world.enable(login)
    page = browser_of(world, login).go("/my/data")
    assert "工作人员打开过您的办理页面 3 次" in page.text


def test_who_visits_a_class_or_hears_a_complaint_opens_pages_as_a_duty(scene: Scene, world: World) -> None:
    room = class_room(scene)
    world.staff("接访", Role.OPERATOR)
    people = [scene.actor(town_issue.worker(scene, each)).person_id for each in PEOPLE[:2]]

    def matter() -> list[str | None]:
        for each in people:
            scene.do("接访", partial(note_opening, thing="person", object_id=each, holder_person_id=each))
        with scene.database.read() as session:
            query = select(PageOpening).order_by(PageOpening.id.desc()).limit(len(people))
            return [each.matter for each in reversed(session.scalars(query).all())]

    assert matter() == [None, None]
    complain = partial(
        file_complaint,
        institution_id=room.house,
        topic=Topic.FEES,
        words="多收了 200 元",
        contact="13812345678",
    )
    scene.do(town_issue.worker(scene, PEOPLE[0]), complain)
    scene.at += timedelta(days=1)
    assert matter() == ["complaint", None], "of who complained, not of everybody who trains there"
    visit = Inspection(
        class_id=room.class_id, why="群众反映", announced=False, planned_on=day_of(scene.at),
        opened_at=scene.at, opened_by_person_id=people[0],
    )  # fmt: skip
    scene.do("operator", lambda work: work.session.add(visit))
    scene.at += timedelta(days=1)
    assert matter() == ["complaint", "inspection"]


def test_an_opening_that_cannot_be_written_takes_no_page_away(
    scene: Scene, world: World, batch: tuple[int, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.at = scene.at
    world.enable("初审员")
    desk = browser_of(world, "初审员")

    def fail(*_: object) -> None:
        raise OperationalError("INSERT 13812345678", None, sqlite3.OperationalError("disk is full"))

    monkeypatch.setattr(opened, "note_opening", fail)
    with capture_logs() as logs:
        page = desk.go(f"/claims/{batch[1][0]}")
    assert desk.answer.status_code == 200
    assert "申领" in page.text
    told = [each for each in logs if each["event"] == "trace_failed"]
    assert [(each["trace"], each["error"]) for each in told] == [("opening", "OperationalError")]
    assert "13812345678" not in str(told)


@pytest.fixture
def batch(scene: Scene) -> tuple[int, list[int]]:
    """Return a batch of three claims waiting for the first review, and the claims."""
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    budget = scene.open_budget()
    scene.certify(*(scene.certificate(each) for each in (ZHANG_SAN, LI_SI, SUN_BA)))
    batch_id = scene.settle(budget).batch_id
    with scene.database.read() as session:
        query = select(Claim.id).where(Claim.batch_id == batch_id).order_by(Claim.id)
        return batch_id, list(session.scalars(query))


def doubt(work: Work, claim_id: int) -> None:
    """Let a rule leave a claim to a hand."""
    line = work.session.query(SettlementLine).where(SettlementLine.claim_id == claim_id).one()
    line.findings = [*line.findings, {"mark": "!", "text": "同一天另有一次考试", "source": "S2-16c"}]


def test_who_signs_what_was_just_opened_is_found_and_who_signs_a_batch_at_once_is_not(
    scene: Scene, world: World, batch: tuple[int, list[int]]
) -> None:
    batch_id, claims = batch
    few = MOST | {"risk_officer_claims": len(claims)}
    world.at = scene.at = on("2024-01-11") + timedelta(hours=2)
    for login in ("初审员", "复核员"):
        world.enable(login)
    quick = browser_of(world, "初审员")
    for each in claims:
        quick.go(f"/claims/{each}")
        opened_at = world.at
        world.later(seconds=5)
        sign = partial(
            review.sign, batch_id=batch_id, step=Step.FIRST_REVIEW, claim_ids=[each], opinion="同意"
        )
        world.do("初审员", sign)
        world.later(minutes=3)
        quick.go(f"/claims/{each}")
    scene.do("operator", partial(doubt, claim_id=claims[1]))
    lawful = browser_of(world, "复核员")
    unread = partial(
        review.sign, batch_id=batch_id, step=Step.SECOND_REVIEW, claim_ids=[claims[1]], opinion="同意"
    )
    world.do("复核员", unread)
    world.later(seconds=60)
    lawful.go(f"/batches/{batch_id}")
    world.later(seconds=5)
    world.do(
        "复核员",
        partial(review.sign, batch_id=batch_id, step=Step.SECOND_REVIEW, claim_ids=None, opinion="同意"),
    )
    with scene.database.read() as session:
        facts = read_facts(session, WHOLE_YEAR, scene.keyring)
    taken = [each.signed_at - each.opened_at if each.opened_at else None for each in facts.approvals]
    assert taken == [5, 5, 5, None, 5, None], "the page of a batch is one look at all of its lines"
    assert [each.is_unopened for each in facts.approvals] == [None, 0, None, 1, None, None], (
        "what the rules passed may be signed from the page of its batch"
    )
    assert facts.approvals[2].opened_at == int(opened_at.timestamp())
    found = list(find_close_officers(facts, few))
    assert [(each.figure, each.unit, each.threshold) for each in found] == [(5, "秒", 20)]
    assert "看一件多用 5 秒，少于 20 秒的界限" in found[0].words
    assert {row for each in found for row in each.rows} == {
        ("approvals", each.id) for each in facts.approvals[:3]
    }
    blind = list(find_close_officers(facts, few | {"risk_unopened_claims": 1}))
    (unread_one,) = (each for each in blind if each not in found)
    assert (unread_one.figure, unread_one.unit, unread_one.threshold) == (10_000, "万分比", 5000)
    assert "其中要人判断的 1 件，100% 没有打开申领和批次的页面就签了，超过 50% 的界限" in unread_one.words
    assert day_of(scene.at) == date(2024, 1, 11)
