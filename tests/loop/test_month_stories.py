"""月结与账本：过完的月份由两人月结，不重开；每一笔都查得到。"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.loop.telling import approve_batch, ready, settle_for, told
from tests.plans import plans_of
from tests.scene import JIYUAN, ZHANG_SAN, Scene, on
from voucher.ledger import budget as budgets
from voucher.ledger.entries import EntrySearch, bound, count_entries, page_entries, sum_acts
from voucher.ledger.month_closes import MonthClose, span_of
from voucher.stages.settle.closing_months import ask_close, close_month


def closed(scene: Scene, year: int, month: int) -> MonthClose:
    asked = scene.do("制单员", lambda work: ask_close(work, JIYUAN, year, month))
    return scene.do("付款复核员", lambda work: close_month(work, asked.id))


def test_月结两人办理_月份没过完不能结_结过的不再结(scene: Scene) -> None:
    ready(scene, "2024-01-10")
    scene.open_budget()
    early = told(scene, "制单员", lambda work: ask_close(work, JIYUAN, 2024, 1))
    assert early.code == "month_not_over"
    scene.at = on("2024-02-01")
    wrong = told(scene, "制单员", lambda work: ask_close(work, JIYUAN, 2024, 13))
    assert wrong.code == "month_malformed"
    done = closed(scene, 2024, 1)
    assert (done.posting_count, done.posted_fen) == (1, 10_000_000_00)
    again = told(scene, "制单员", lambda work: ask_close(work, JIYUAN, 2024, 1))
    assert again.code == "month_closed_already"
    late = told(scene, "付款复核员", lambda work: close_month(work, done.id))
    assert late.code == "month_closed_already"
    nobody = told(scene, "付款复核员", lambda work: close_month(work, done.id + 1))
    assert nobody.code == "month_close_missing"


def test_已结月份不再记账_数据库也不收_下月照常(scene: Scene) -> None:
    ready(scene, "2024-01-31")
    budget = scene.open_budget()
    scene.at = on("2024-02-01")
    closed(scene, 2024, 1)
    scene.do("operator", lambda work: budgets.grant(work, budget, 1_00))
    scene.at = on("2024-01-31")
    heard = told(scene, "operator", lambda work: budgets.grant(work, budget, 1_00))
    assert heard.code == "month_closed"
    row = (
        "INSERT INTO transfer (from_account_id, to_account_id, amount_fen, act, actor_person_id, at)"
        " SELECT from_account_id, to_account_id, amount_fen, act, actor_person_id, at FROM transfer"
        " WHERE id = 1"
    )
    with pytest.raises(Exception, match="the month is closed"):
        scene.do("operator", lambda work: work.session.execute(text(row)))
    with pytest.raises(Exception, match="stays closed"):
        scene.do("operator", lambda work: work.session.execute(text("UPDATE month_close SET posted_fen = 0")))
    with pytest.raises(Exception, match="never deleted"):
        scene.do("operator", lambda work: work.session.execute(text("DELETE FROM month_close")))


def test_二月的界限按本地零点() -> None:
    since, until = span_of(2024, 2)
    assert (until - since) == timedelta(days=29)
    assert since.isoformat() == "2024-01-31T16:00:00+00:00"
    assert span_of(2024, 12)[1].isoformat() == "2024-12-31T16:00:00+00:00"


@pytest.mark.new_copy
def test_账本逐页不重不漏_只见本辖区_按申领查得到占用和支出(scene: Scene) -> None:
    ready(scene)
    budget = scene.open_budget()
    settled = settle_for(scene, [ZHANG_SAN], budget)
    approve_batch(scene, settled.batch_id)
    scene.bank_answers(scene.make_file(budget))
    with scene.database.read() as session:
        every = page_entries(session, [JIYUAN], EntrySearch(), before_id=None)
        assert [each.act for each in every] == ["spend", "reserve", "grant"]
        seen = []
        before = None
        while page := page_entries(
            session, [JIYUAN], EntrySearch(budget_id=budget), before_id=before, limit=1
        ):
            seen += page
            before = page[-1].id
        assert seen == every
        claim_id = every[0].claim_id
        assert claim_id is not None
        mine = page_entries(session, [JIYUAN], EntrySearch(claim_ids=(claim_id,)), before_id=None)
        assert [(each.act, each.amount_fen) for each in mine] == [("spend", 200_00), ("reserve", 200_00)]
        assert page_entries(session, ["410700"], EntrySearch(), before_id=None) == []
        assert page_entries(session, ["410700"], EntrySearch(budget_id=budget), before_id=None) == []
        since, until = span_of(2024, 1)
        sums = {each.act: each.amount_fen for each in sum_acts(session, JIYUAN, since, until)}
        assert sums == {"grant": 10_000_000_00, "reserve": 200_00, "spend": 200_00}
        for number in (None, budget):
            month = EntrySearch(number, since=since, before=until)
            assert count_entries(session, [JIYUAN], month, most=2) == 2, "no further than asked"
            assert count_entries(session, [JIYUAN], month, most=9) == 3
            pieces = bound(session, month)
            assert pieces.ids == (every[-1].id, every[0].id)
            assert page_entries(session, [JIYUAN], pieces, before_id=None) == every
            if scene.database.is_sqlite:
                _in_order(scene, pieces, every[0].id)
        empty = bound(session, EntrySearch(since=until, before=span_of(2024, 2)[1]))
        assert page_entries(session, [JIYUAN], empty, before_id=None) == []


def _in_order(scene: Scene, pieces: EntrySearch, before_id: int) -> None:
    """A piece of a month is read by the ids of its lines; the month is not sorted for each of them."""
    with scene.database.read() as session:
        every = plans_of(
            scene.database,
            "transfer",
            lambda: page_entries(session, [JIYUAN], pieces, before_id=before_id, limit=1),
        )
    assert every
    assert [each for each in every if "ix_transfer_at" in each] == []
    assert all("rowid>? AND rowid<?" in each for each in every[:1]), every
