"""The nouns of the money's own desks: month closes, year ends, set-aside lines, statements, delegations."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from tests.doors.world import Client, World
from tests.loop.telling import ready, settle_for
from tests.scene import XINXIANG, ZHANG_SAN, Scene, on
from voucher.rules.actor import Role

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def told(answer: Any) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    return answer.status_code, answer.json["code"]


def stands(scene: Scene, world: World, day: str) -> dict[str, Client]:
    """Have the day come, and the money's people signed in."""
    scene.at = on(day)
    world.at = scene.at.astimezone(UTC)
    return {login: world.sign_in(login) for login in ("制单员", "付款复核员", "外区制单", "外区复核")}


def hired(scene: Scene, world: World) -> None:
    """Hire finance here and in another city, and give them accounts at the door."""
    scene.hire("外区制单", Role.FINANCE_MAKER, "310101199001010770", XINXIANG)
    scene.hire("外区复核", Role.FINANCE_CHECKER, "310101199001010780", XINXIANG)
    for login in ("制单员", "付款复核员", "外区制单", "外区复核"):
        world.enable(login)


def test_a_month_and_a_year_are_closed_by_two_people_and_foreign_ones_are_missing(
    scene: Scene, world: World
) -> None:
    ready(scene, "2024-12-01")
    budget = scene.open_budget(1000)
    settle_for(scene, [ZHANG_SAN], budget)
    hired(scene, world)
    by = stands(scene, world, "2025-01-02")
    month = {"region_code": "419001", "year": 2024, "month": 12}
    assert told(by["外区制单"].post("/month-closes", month)) == (403, "region_foreign")
    made = by["制单员"].post("/month-closes", month)
    assert made.status_code == 201, made.json
    path = f"/month-closes/{made.json['id']}/signatures"
    assert told(by["外区复核"].post(path, {})) == (404, "month_close_missing")
    assert told(by["外区复核"].post("/month-closes/999/signatures", {})) == (404, "month_close_missing")
    closed = by["付款复核员"].post(path, {})
    assert (closed.status_code, closed.json["posting_count"]) == (201, 2)
    assert [each["month"] for each in by["制单员"].get("/month-closes").json["items"]] == [12]
    assert by["外区制单"].get("/month-closes").json["items"] == []

    path = f"/budgets/{budget}/year-ends"
    assert told(by["外区制单"].get(path)) == (404, "budget_missing")
    assert told(by["外区制单"].post(path, {"document": "文"})) == (404, "budget_missing")
    seen = by["制单员"].get(path).json
    assert (seen["claims"], seen["reserved_fen"], seen["rest_fen"]) == (1, 200_00, 800_00)
    assert (seen["over"], seen["carries_reserved"], seen["carries_rest"]) == (True, True, False)
    asked = by["制单员"].post(path, {"document": "济财预〔2025〕1号"})
    assert asked.status_code == 201, asked.json
    sign = f"/year-ends/{asked.json['id']}/signatures"
    sums = {"reserved_fen": 200_00, "rest_fen": 800_00}
    assert told(by["外区复核"].post(sign, sums)) == (404, "year_end_missing")
    assert told(by["付款复核员"].post(sign, {**sums, "rest_fen": 1})) == (409, "year_end_changed")
    done = by["付款复核员"].post(sign, sums)
    assert (done.status_code, done.json["moved_fen"]) == (201, 200_00)
    late = by["付款复核员"].post(f"/year-ends/{asked.json['id']}/withdrawals", {})
    assert told(late) == (409, "year_end_over")
    listed = by["制单员"].get("/budgets?year=2024").json["items"]
    assert listed[0]["carried_into_id"] == done.json["into_budget_id"]
