"""年末结转：年度过完两人办理，占用随同结转或由新年度重新占用；只增不改，谁的补贴也不丢。"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select, text

from tests.loop.telling import approve_batch, person, ready, set_parameter, settle_for, states_of, told
from tests.scene import COOK, JIYUAN, LI_SI, SUN_BA, TURNER, XINXIANG, ZHANG_SAN, Scene, on
from tests.town_issue import open_terms, programme
from voucher.ledger import budget as budgets
from voucher.ledger.budget import Budget
from voucher.ledger.entries import EntrySearch, page_entries
from voucher.ledger.year_ends import YearEnd
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.stages.issue.reading import lock_programme
from voucher.stages.settle import clawback, payment
from voucher.stages.settle.closing_years import ask_year_end, carry_year_end, drop_year_end
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.queries.year_ends import YearEndPreview, list_due_year_ends, preview_year_end
from voucher.stages.settle.reading import lock_claims

DOCUMENT = "济财预〔2025〕1号"
STAFF_ROLE, MAKER_NUMBER = Role.FINANCE_CHECKER, "310101199001010040"


def seen(scene: Scene, budget: int, asked: YearEnd | None = None) -> YearEndPreview:
    with scene.database.read() as session:
        return preview_year_end(session, session.get_one(Budget, budget), scene.at.date(), asked)


def ask(scene: Scene, budget: int) -> YearEnd:
    return scene.do("制单员", lambda work: ask_year_end(work, budget, DOCUMENT))


def carry(scene: Scene, asked: YearEnd) -> YearEnd:
    look = seen(scene, asked.budget_id, asked)
    return scene.do(
        "付款复核员", lambda work: carry_year_end(work, asked.id, look.reserved_fen, look.rest_fen)
    )


def sums(scene: Scene, budget: int) -> tuple[int, int, int, int, int]:
    found = scene.budget(budget)
    return (
        found.granted_fen, found.reserved_fen, found.spent_fen, found.returned_fen, found.available_fen,
    )  # fmt: skip


def take_back(scene: Scene, claim: Claim) -> None:
    """Open a clawback on a paid claim and book the whole repayment."""
    scene.do("初审员", lambda work: clawback.open_clawback(work, claim.id, "证书查实造假"))

    def book(work: Work) -> None:
        mine = lock_claims(work, Claim.id == claim.id, money=True)[0]
        debt = work.session.scalars(select(Clawback).where(Clawback.claim_id == claim.id)).one()
        clawback.meet(work, debt, mine, claim.amount_fen, "银行来款 20250301")

    scene.do("制单员", book)


def test_年末占用随同结转_支出计入付款的年度_追回退回当年付款的预算(scene: Scene) -> None:
    ready(scene, "2024-12-01")
    old = scene.open_budget(1000)
    paid = settle_for(scene, [ZHANG_SAN], old)
    approve_batch(scene, paid.batch_id)
    scene.bank_answers(scene.make_file(old))
    out = settle_for(scene, [LI_SI], old, COOK)
    approve_batch(scene, out.batch_id)
    unanswered = scene.make_file(old)
    settle_for(scene, [SUN_BA], old, TURNER)
    assert states_of(scene) == {"paid": 1, "paying": 1, "submitted": 1}
    scene.at = on("2024-12-31")
    early = told(scene, "制单员", lambda work: ask_year_end(work, old, DOCUMENT))
    assert early.code == "year_not_over"
    assert "2025 年 1 月 1 日" in early.sentence
    scene.at = on("2025-01-02")
    look = seen(scene, old)
    assert (look.claims, look.claim_fen, look.rest_fen, look.files_out) == (2, 400_00, 400_00, 1)
    passed = told(scene, "制单员", lambda work: payment.prepare(work, old))
    assert passed.code == "budget_year_passed"
    assert "年末结转" in passed.sentence
    set_parameter(scene, "year_end_payment_days", "1", "2025-01-01", "日")
    with_grace = told(scene, "制单员", lambda work: payment.prepare(work, old))
    assert "截至 2025-01-01" in with_grace.sentence
    set_parameter(scene, "year_end_payment_days", "2", "2025-01-02", "日")
    assert told(scene, "制单员", lambda work: payment.prepare(work, old)).code == "nothing_to_pay"
    asked = ask(scene, old)
    carried = carry(scene, asked)
    assert carried.into_budget_id is not None
    new = carried.into_budget_id
    assert (carried.moved_count, carried.moved_fen, carried.rest_fen) == (2, 400_00, 400_00)
    assert sums(scene, old) == (200_00, 0, 200_00, 0, 0)
    assert sums(scene, new) == (400_00, 400_00, 0, 0, 0)
    scene.bank_answers(unanswered)
    assert sums(scene, old) == (200_00, 0, 200_00, 0, 0)
    assert sums(scene, new) == (400_00, 200_00, 200_00, 0, 0)
    with scene.database.read() as session:
        every = page_entries(session, [JIYUAN], EntrySearch(), before_id=None)
        claims = session.scalars(select(Claim).order_by(Claim.id)).all()
    assert [each.act for each in every[:7]] == [
        "spend", "hand_back", "carry_in", "carry_in", "carry_out", "carry_out", "reserve",
    ]  # fmt: skip
    take_back(scene, claims[0])
    assert sums(scene, old) == (200_00, 0, 0, 200_00, 0)
    take_back(scene, claims[1])
    assert sums(scene, new) == (400_00, 200_00, 0, 200_00, 0)
    third = next(each for each in claims if each.state == "submitted")
    approve_batch(scene, third.batch_id)
    late = told(scene, "制单员", lambda work: payment.prepare(work, old))
    assert late.code == "budget_year_over"
    assert str(new) in late.sentence
    file = scene.make_file(new)
    scene.bank_answers(file)
    assert file.budget_id == new
    assert sums(scene, new) == (400_00, 0, 200_00, 200_00, 0)
    grant = told(scene, "operator", lambda work: budgets.grant(work, old, 1_00))
    assert grant.code == "budget_year_over"


def test_收回的由新年度重新占用_不够就不办_候补排到新年度(scene: Scene) -> None:
    """AC-H9：余额不为负，候补按先后排到新年度，不够的整笔不办。"""
    ready(scene, "2024-12-01")
    set_parameter(scene, "year_end_carries_reserved", "0", "2024-12-15")
    old = scene.open_budget(300)
    settle_for(scene, [ZHANG_SAN, LI_SI], old)
    assert states_of(scene) == {"submitted": 1, "draft": 1}
    scene.at = on("2025-01-02")
    asked = ask(scene, old)
    assert seen(scene, old, asked).short_fen == 200_00
    poor = told(scene, "付款复核员", lambda work: carry_year_end(work, asked.id, 200_00, 100_00))
    assert poor.code == "budget_exhausted"
    assert sums(scene, old) == (300_00, 200_00, 0, 0, 100_00)
    new = scene.open_budget(500, year=2025)
    stale = told(scene, "付款复核员", lambda work: carry_year_end(work, asked.id, 200_00, 0))
    assert stale.code == "year_end_changed"
    assert "100.00" in stale.sentence
    done = carry(scene, asked)
    assert done.rest_fen == 300_00
    assert sums(scene, old) == (0, 0, 0, 0, 0)
    # whoever waited is served from the new year at once
    assert sums(scene, new) == (500_00, 400_00, 0, 0, 100_00)
    assert states_of(scene) == {"submitted": 2}
    scene.at = on("2026-01-03")
    set_parameter(scene, "year_end_carries_reserved", "1", "2026-01-01")
    again = carry(scene, ask(scene, new))
    assert again.into_budget_id is not None
    assert scene.budget(old).carried_into_id == again.into_budget_id
    assert sums(scene, again.into_budget_id)[1] == 400_00


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_用完的预算还有人候补的_也列为待结转_结转后由新年度接着办(scene: Scene) -> None:
    """AC-H9：一分不剩而有人排队，年度一过仍要结转；没人排队的用完就了。"""
    ready(scene, "2024-12-01")
    old = scene.open_budget(200)
    approve_batch(scene, settle_for(scene, [ZHANG_SAN, LI_SI], old).batch_id)
    scene.bank_answers(scene.make_file(old))
    assert (states_of(scene), sums(scene, old)) == (
        {"paid": 1, "draft": 1}, (200_00, 0, 200_00, 0, 0),
    )  # fmt: skip
    scene.at = on("2025-01-02")
    new = scene.open_budget(300, year=2025)
    with scene.database.read() as session:
        due = list_due_year_ends(session, [JIYUAN], scene.at.date())
    assert [budget.id for budget, _ in due] == [old]
    carry(scene, ask(scene, old))
    assert states_of(scene) == {"paid": 1, "submitted": 1}
    assert sums(scene, new)[1] == 200_00
    with scene.database.read() as session:
        assert list_due_year_ends(session, [JIYUAN], scene.at.date()) == []


def test_两名复核员同时结转同一预算_只结转一次(scene: Scene) -> None:
    ready(scene, "2024-12-01")
    old = scene.open_budget(1000)
    settle_for(scene, [ZHANG_SAN, LI_SI], old)
    scene.hire("付款复核员2", STAFF_ROLE, "310101199001010980")
    scene.at = on("2025-01-02")
    asked = ask(scene, old)
    ready_both, outcomes = threading.Barrier(2), list[str]()

    def carry_once(login: str) -> None:
        ready_both.wait()
        try:
            scene.do(login, lambda work: carry_year_end(work, asked.id, 400_00, 600_00))
        except Refused as refused:
            outcomes.append(refused.refusal.code)
        else:
            outcomes.append("carried")

    threads = [threading.Thread(target=carry_once, args=(each,)) for each in ("付款复核员", "付款复核员2")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["carried", "year_end_over"]
    into = scene.budget(old).carried_into_id
    assert into is not None
    assert sums(scene, old) == (0, 0, 0, 0, 0)
    assert sums(scene, into) == (400_00, 400_00, 0, 0, 0)


def test_跳过的年度仍可结转_直接进入已结转到的年度(scene: Scene) -> None:
    ready(scene, "2023-12-01")
    skipped = scene.open_budget(300, year=2023)
    settle_for(scene, [ZHANG_SAN], skipped)
    middle = scene.open_budget(200, year=2024)
    scene.at = on("2025-01-02")
    newest = carry(scene, ask(scene, middle)).into_budget_id
    assert newest is not None
    asked = ask(scene, skipped)
    into = seen(scene, skipped, asked).into
    assert into is not None
    assert into.id == newest
    assert carry(scene, asked).into_budget_id == newest
    assert scene.budget(skipped).carried_into_id == newest
    assert sums(scene, newest) == (200_00, 200_00, 0, 0, 0)


def test_占用收回而余额结转的_余额先到新年度再占用(scene: Scene) -> None:
    ready(scene, "2024-12-01")
    set_parameter(scene, "year_end_carries_reserved", "0", "2024-12-15")
    set_parameter(scene, "year_end_carries_rest", "1", "2024-12-15")
    old = scene.open_budget(300)
    settle_for(scene, [ZHANG_SAN], old)
    scene.at = on("2025-01-02")
    asked = ask(scene, old)
    assert seen(scene, old, asked).short_fen == 0
    into = carry(scene, asked).into_budget_id
    assert into is not None
    assert sums(scene, into) == (300_00, 200_00, 0, 0, 100_00)
    assert sums(scene, old) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_结转后先锁新年度预算_锁申领资金时也锁当年付款的预算(scene: Scene) -> None:
    ready(scene, "2023-12-01")
    first = scene.open_budget(400, year=2023)
    free = programme(scene, first, **open_terms())
    claim_id = settle_for(scene, [ZHANG_SAN], first).verdicts[0].claim_id
    scene.at = on("2024-01-02")
    second = carry(scene, ask(scene, first)).into_budget_id
    assert second is not None
    scene.at = on("2025-01-02")
    third = carry(scene, ask(scene, second)).into_budget_id
    waits = (
        # whoever serves the queue holds the newest year first, then comes for the programme
        (third, lambda work: lock_programme(work, free)),
        # a claim filed in 2023 may have been paid in 2024, and is given back there
        (second, lambda work: lock_claims(work, Claim.id == claim_id, money=True)),
    )
    for held, act in waits:
        with scene.database.engine.connect() as other:
            other.execute(text("SELECT id FROM budget WHERE id = :id FOR UPDATE"), {"id": held})
            with pytest.raises(Exception, match="lock timeout"):
                scene.do("operator", partial(hurried, act=act))
    with scene.database.engine.connect() as other:
        other.execute(text("SELECT id FROM budget WHERE id = :id FOR UPDATE"), {"id": first})
        scene.do("operator", partial(hurried, act=waits[0][1]))


def hurried(work: Work, act: Callable[[Work], object]) -> None:
    work.session.execute(text("SET LOCAL lock_timeout = '20ms'"))
    act(work)


def test_结转两人办理_外区看不见_可以撤销_数据库也守着(scene: Scene) -> None:
    ready(scene, "2024-12-01")
    old = scene.open_budget(1000)
    settle_for(scene, [person(3)], old)
    scene.at = on("2025-01-02")
    empty = told(scene, "制单员", lambda work: ask_year_end(work, old, " "))
    assert empty.code == "year_end_document_missing"
    assert told(scene, "付款复核员", lambda work: ask_year_end(work, old, DOCUMENT)).code == "role_missing"
    asked = ask(scene, old)
    assert told(scene, "制单员", lambda work: ask_year_end(work, old, DOCUMENT)).code == (
        "year_end_asked_already"
    )
    # the same person with a second account is the same hand
    scene.hire("制单员2", STAFF_ROLE, MAKER_NUMBER)
    alone = told(scene, "制单员2", lambda work: carry_year_end(work, asked.id, 200_00, 800_00))
    assert alone.code == "second_person_needed"
    scene.hire("外区复核", STAFF_ROLE, "310101199001010990", XINXIANG)
    foreign = told(scene, "外区复核", lambda work: carry_year_end(work, asked.id, 200_00, 800_00))
    assert foreign.code == "year_end_missing"
    scene.do("付款复核员", lambda work: drop_year_end(work, asked.id))
    assert told(scene, "付款复核员", lambda work: drop_year_end(work, asked.id)).code == "year_end_over"
    carry(scene, ask(scene, old))
    sins = (
        ("UPDATE budget SET granted_fen = granted_fen + 1 WHERE year = 2024", "is over"),
        ("UPDATE budget SET carried_into_id = NULL WHERE year = 2024", "is over"),
        ("UPDATE year_end SET moved_fen = 0", "what was done stays"),
        ("DELETE FROM year_end", "never deleted"),
    )
    for sql, words in sins:
        with pytest.raises(Exception, match=words):
            scene.do("operator", partial(run, sql=sql))


def run(work: Work, sql: str) -> None:
    work.session.execute(text(sql))
