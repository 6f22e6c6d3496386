"""R09 over networks: an exam in the office of who trained is found; a shared gateway is no office."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from tests import town_assess as exams
from tests import town_certified, town_issue
from tests import town_train as training
from tests.doors.web.browser import Browser
from tests.doors.web.test_evaluator_pages import Exam
from tests.doors.world import World
from tests.scene import JIYUAN, LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from voucher.ledger.origins import network_of
from voucher.plumbing.clock import SHANGHAI, day_of
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.actor import Role
from voucher.rules.retention import DataKind
from voucher.rules.risk.exams import find_copied_answers
from voucher.rules.risk.findings import Finding
from voucher.stages.oversee.models_networks import NetworkSeen
from voucher.stages.oversee.networks import count_networks_of, keep_network
from voucher.stages.oversee.privacy.destroying import destroy_person
from voucher.stages.oversee.privacy.holding import read_holding
from voucher.stages.oversee.risk.coverage import read_coverage
from voucher.stages.oversee.risk.facts import Window, read_facts
from voucher.stages.oversee.risk.finding import find_flags
from voucher.stages.oversee.risk.raising import raise_flags
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds

MOST = read_shipped_thresholds(date(2024, 3, 1))
WHOLE_YEAR = Window(date(2024, 1, 1), date(2024, 12, 31))
HERE = "39.144.7.8"


def test_of_an_address_what_is_one_houses_is_taken() -> None:
    assert network_of(HERE) == network_of(f"::ffff:{HERE}") == HERE
    assert network_of("2409:8900:1:2:3:4:5:6") == "2409:8900:1:2::/64"
    for of_nobody in ("unknown", "", "127.0.0.1", "::1", "::", "10.0.0.3", "192.168.1.2", "fe80::1"):
        assert network_of(of_nobody) is None, of_nobody


def redeem_at_the_counter(exam: Exam, address: str) -> None:
    """Use somebody's voucher at the counter of the school, at the page, from an address."""
    scene = exam.scene
    budget_id = scene.open_budget(100_000)
    made = town_certified.certified(scene, budget_id, SUN_BA, until="enrolled")
    counter = exam.at(training.staff(scene, exam.theirs, Role.SCANNER))
    counter.http.environ_base["REMOTE_ADDR"] = address
    counter.go(f"/institution/scan?class_id={made.class_id}")
    scene.at = exam.world.at.astimezone(SHANGHAI)
    counter.press("核对", digits=training.show(scene, SUN_BA, made.voucher_ids[0]))
    assert "已核销" in counter.press("核销", last4=SUN_BA[1][-4:]).text


def read_of_the_flag(exam: Exam, school: int) -> str:
    """Run the night's rules, have what they find raised, and return what the page says of the school."""
    scene = exam.scene
    with scene.database.read() as session:
        flags = find_flags(session, day_of(scene.at), scene.keyring)
    assert [each.finding.subject for each in flags if each.finding.rule == "R09"] == [str(school)]
    scene.do(CLOCK_LOGIN, lambda work: raise_flags(work, flags))
    exam.world.staff("监管", Role.SUPERVISOR, region=JIYUAN)
    watcher = Browser(exam.world.sign_in("监管").http)
    watcher.go("/supervisor/risks?rule=R09")
    (flag,) = [each for each in watcher.page.links if each.split("/")[-1].isdigit()]
    page = watcher.go(flag).text
    return page[page.index("2024-03-13 的考试") : page.index("考试不应在培训机构进行。") + 12]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_exam_in_the_office_of_who_trained_is_found_and_a_shared_gateway_is_not(
    scene: Scene, world: World
) -> None:
    exam = Exam(scene, world)
    school = exam.theirs

    def redeem_at(house: int, day: str, network: str = HERE) -> None:
        scene.at = on(day)
        keep = partial(keep_network, institution_id=house, candidate_id=None, network=network)
        scene.do("operator", keep)

    def found() -> list[Finding]:
        with scene.database.read() as session:
            return list(find_copied_answers(read_facts(session, WHOLE_YEAR, scene.keyring), MOST))

    def offices() -> tuple[int, int] | None:
        with scene.database.read() as session:
            return read_coverage(session, [JIYUAN])["R09"].offices

    path = exam.plan()
    now = scene.at
    exam.examiner.http.environ_base["REMOTE_ADDR"] = HERE
    exam.admit(path, ZHANG_SAN, LI_SI)
    redeem_at_the_counter(exam, HERE)
    with scene.database.read() as session:
        rows = session.scalars(select(NetworkSeen).order_by(NetworkSeen.id)).all()
    assert [(each.place, each.institution_id) for each in rows] == [
        *[("exam", exam.ours)] * 2,
        ("counter", school),
    ]
    assert all(HERE not in each.network_index and len(each.network_index) == 64 for each in rows)
    batch_id = int(path.rsplit("/", 1)[-1])
    exams.enter(scene, batch_id, dict.fromkeys(exam.candidates(path), (7500, 8000)))
    exams.publish(scene, batch_id)

    # the line of the office has another address every day: the day of the exam tells
    redeem_at(school, "2024-03-12", "39.144.9.1")
    redeem_at(school, "2024-03-11", "39.144.9.2")
    scene.at = now
    assert offices() == (0, 1)
    assert read_of_the_flag(exam, school) == (
        "2024-03-13 的考试有 2 人入场或作答的网络，当天只有培训机构 示例丁职业培训评价中心 的柜台用来核销"
        "（它的网络常换，按当天比对）；考试不应在培训机构进行。"
    )
    for day in ("2024-03-01", "2024-03-01", "2024-03-02"):
        redeem_at(school, day)
    scene.at = now
    told = found()
    assert [(each.subject, each.figure, each.unit) for each in told] == [(str(school), 2, "人")]
    assert f"有 2 人是从培训机构 {{institution:{school}}} 的办公网络入场或作答的" in told[0].words
    assert offices() == (1, 0)
    redeem_at(town_issue.institution(scene), "2024-03-03")
    assert offices() == (0, 1), "told on the page of the rules"
    assert found() == [], "two institutions redeem from there: a gateway, nobody's office"

    person = scene.actor(town_issue.worker(scene, ZHANG_SAN)).person_id

    def held() -> tuple[int, int]:
        with scene.database.read() as session:
            (trace,) = (
                each for each in read_holding(session, scene.keyring, person, scene.at.date()).held
                if each.rule.kind == DataKind.TRACE
            )  # fmt: skip
            return count_networks_of(session, person)[0], trace.count

    one, of_all = held()
    assert one == 1, "the door of the exam is told to whoever came through it"
    scene.at = now + timedelta(days=200)
    scene.do(CLOCK_LOGIN, lambda work: destroy_person(work, person, "test"))
    assert held()[0] == 0
    assert held()[1] < of_all
