"""年末结转: what would move, who asked, who carried it out."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.finance.blueprint import finance
from voucher.doors.web.timelines import name_people
from voucher.ledger.year_ends import list_year_ends
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import get_region
from voucher.rules.money import format_yuan
from voucher.stages.settle import closing_years, queries
from voucher.stages.settle.queries.year_ends import preview_year_end


@finance.get("/budgets/<int:budget_id>/year-end")
def year_end(budget_id: int) -> ResponseReturnValue:
    """Show what carrying a budget into its next year would move, and what was asked and done."""
    return _show(budget_id)


@finance.post("/budgets/<int:budget_id>/year-end")
def ask_year_end(budget_id: int) -> ResponseReturnValue:
    """Ask for it, with the document that allows it."""

    def call(work: Work) -> Done:
        closing_years.ask_year_end(work, budget_id, fields.text("document", "批准文号", limit=120))
        return Done("已提出年末结转，等待付款复核人员办理", _address(budget_id))

    return submit(call, lambda: _show(budget_id))


@finance.post("/budgets/<int:budget_id>/year-end/<int:year_end_id>/carrying")
def carry_year_end(budget_id: int, year_end_id: int) -> ResponseReturnValue:
    """Carry it out, as another person, with the sums this person has seen."""

    def call(work: Work) -> Done:
        done = closing_years.carry_year_end(
            work, year_end_id, fields.whole("reserved_fen", "占用"), fields.whole("rest_fen", "余额")
        )
        moved = format_yuan(done.moved_fen or 0)
        words = f"已办理年末结转：{done.moved_count or 0:,} 条占用 {moved} 元转入新年度"
        return Done(words, _address(budget_id))

    return submit(call, lambda: _show(budget_id))


@finance.post("/budgets/<int:budget_id>/year-end/<int:year_end_id>/dropping")
def drop_year_end(budget_id: int, year_end_id: int) -> ResponseReturnValue:
    """Drop what was asked and not carried out."""

    def call(work: Work) -> Done:
        closing_years.drop_year_end(work, year_end_id)
        return Done("已撤销，预算没有变动", _address(budget_id))

    return submit(call, lambda: _show(budget_id))


def _address(budget_id: int) -> str:
    return url_for("web.finance.year_end", budget_id=budget_id)


def _show(budget_id: int) -> str:
    door = the_door()
    with door.read() as session:
        budget = queries.get_budget(session, budget_id, current_actor().regions)
        asked = list_year_ends(session, budget_id)
        standing = next((each for each in asked if each.done_at is None and each.dropped_at is None), None)
        people = [each.asked_by_person_id for each in asked]
        people += [each.done_by_person_id for each in asked if each.done_by_person_id is not None]
        return render_template(
            "finance/year_end.html",
            budget=budget,
            region=get_region(session, budget.region_code),
            seen=preview_year_end(session, budget, door.today, standing),
            standing=standing,
            asked=asked,
            names=name_people(session, people),
            me=current_actor().person_id,
        )
