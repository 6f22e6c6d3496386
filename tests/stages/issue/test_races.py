"""Two at the same moment: one person gets one voucher of one programme, one code is used once."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text

from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from tests.town_issue import act, eligible, issue_to, newcomer, open_terms, person_id, programme, worker
from tests.town_phone import Phone
from voucher.ledger.credentials import Shown, find_code, use_code
from voucher.ledger.races import RACES
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import FundSource
from voucher.stages.issue import holding, issuing, judging
from voucher.stages.issue.devices import bind_device
from voucher.stages.issue.models import IssueLine
from voucher.stages.issue.subject_keys import find_alike


def together(scene: Scene, *doings: tuple[str, Callable[[Work], Any]]) -> Counter[str]:
    """Run acts at the same moment and return how often each answer was given."""
    gate = threading.Barrier(len(doings))
    answers: list[str] = []

    def run(login: str, done: Callable[[Work], Any]) -> None:
        actor = scene.actor(login)
        gate.wait()
        try:
            perform(scene.database, scene.keyring, actor, scene.at, done, retry_on=RACES)
            answers.append("done")
        except Refused as refused:
            answers.append(refused.refusal.code)

    threads = [threading.Thread(target=run, args=each) for each in doings]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return Counter(answers)


def count_vouchers(scene: Scene) -> int:
    with scene.database.read() as session:
        return session.scalar(select(func.count()).select_from(Voucher)) or 0


def test_two_issues_to_one_person_make_one_voucher(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    budget = scene.open_budget(100_000)
    free = programme(scene, budget, **open_terms())
    mine = worker(scene, ZHANG_SAN)
    take = act(issuing.take_voucher, free, True)
    assert together(scene, *[(mine, take)] * 4) == {"done": 1, "voucher_held_already": 3}
    assert count_vouchers(scene) == 1
    assert scene.budget(budget).reserved_fen == 1840_00
    # an unknown person named by two rosters at the same moment is opened once
    nurses = programme(scene, budget)
    roster = act(issuing.issue_at_once, nurses, [newcomer(LI_SI)])
    assert together(scene, *[("operator", roster)] * 3) == {"done": 3}
    assert count_vouchers(scene) == 2


def test_two_programmes_of_one_subject_make_one_voucher(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race is run where it is decided: who asks what a person holds waits for the other to ask too."""
    scene.at = on("2024-01-10")
    # two budgets: of one they would wait for each other anyway
    sources = (FundSource.EMPLOYMENT_SUBSIDY, FundSource.FISCAL)
    money = [scene.open_budget(100_000, source=each) for each in sources]
    eligible(scene, ZHANG_SAN)
    two = [programme(scene, budget, name=f"养老护理员五级培训券{budget}") for budget in money]
    asked = threading.Barrier(2)

    def ask_together(*question: Any) -> dict[int, str]:
        found = find_alike(*question)
        with contextlib.suppress(threading.BrokenBarrierError):
            asked.wait(0.5)
        return found

    monkeypatch.setattr(judging, "find_alike", ask_together)
    both = [("operator", act(issuing.issue_at_once, each, [newcomer(ZHANG_SAN)])) for each in two]
    assert together(scene, *both) == {"done": 2}
    with scene.database.read() as session:
        lines = session.scalars(select(IssueLine)).all()
    assert Counter(each.outcome for each in lines) == {"issued": 1, "refused": 1}
    assert [each.refusal["code"] for each in lines if each.refusal] == ["voucher_of_subject_held"]


def test_the_last_voucher_and_the_last_money_go_to_one(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    budget = scene.open_budget(1840)
    last = programme(scene, budget, quantity=1, **open_terms())
    takers = [worker(scene, each) for each in (ZHANG_SAN, LI_SI, SUN_BA)]
    take = act(issuing.take_voucher, last, True)
    assert together(scene, *[(each, take) for each in takers]) == {"done": 1, "quantity_used_up": 2}
    other = programme(scene, budget, **open_terms(name="另一种"))
    take = act(issuing.take_voucher, other, True)
    assert together(scene, *[(each, take) for each in takers]) == {"done": 3}, "they wait, nobody overdraws"
    assert count_vouchers(scene) == 1
    assert scene.budget(budget).available_fen == 0


def test_one_code_is_used_once_by_four_workers(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    nurses = programme(scene, scene.open_budget(100_000))
    eligible(scene, ZHANG_SAN)
    (held,) = issue_to(scene, nurses, ZHANG_SAN)
    mine = worker(scene, ZHANG_SAN)
    scene.do(mine, act(holding.accept, held))
    shown: Shown = scene.do(mine, act(holding.show, held))

    def use(work: Work) -> None:
        use_code(work, find_code(work.session, work.keyring, shown.digits, work.at), "redeem")

    assert together(scene, *[("operator", use)] * 4) == {"done": 1, "code_used": 3}


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_binding_a_phone_does_not_wait_for_a_scan_that_names_the_same_person(scene: Scene) -> None:
    """Redemption holds the voucher, then names its holder; binding holds the holder, then the vouchers."""
    scene.at = on("2024-01-10")
    eligible(scene, ZHANG_SAN)
    mine = Phone(scene, person=ZHANG_SAN)
    wanted, holder = mine.wanted(), person_id(scene, ZHANG_SAN)

    def bind(work: Work) -> int:
        work.session.execute(text("SET LOCAL lock_timeout = '300ms'"))
        return bind_device(work, wanted).id

    with scene.database.engine.connect() as scan:
        scan.execute(text("SELECT id FROM person WHERE id = :id FOR KEY SHARE"), {"id": holder})
        assert scene.do(mine.login, bind)
