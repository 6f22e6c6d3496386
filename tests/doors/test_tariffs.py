"""Tariffs, dry runs and recalls at the API: proposed by one and entered by another, tried, taken back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from tests.doors.loop import Loop
from tests.doors.world import refused_with
from voucher.ledger.vouchers import Voucher
from voucher.rules.actor import Role

NEW: dict[str, Any] = {
    "subject": "standard",
    "since": "2024-07-01",
    "document": "豫人社〔2024〕12号",
    "kind": "training",
    "form": "level_certificate",
    "occupation_code": "4-10-01-05",
    "level": 2,
    "amount_fen": 150_000,
}
WHY = {"why": "资金调整"}


def test_a_standard_is_proposed_by_one_officer_and_entered_by_another(loop: Loop) -> None:
    for login in ("sheng", "shengting"):
        loop.world.staff(login, Role.OFFICER_PROVINCE)
    county, first, second = loop["shenhe"], loop.world.sign_in("sheng"), loop.world.sign_in("shengting")
    refused_with(county.post("/tariff-proposals", NEW), 403, "role_missing")
    refused_with(first.post("/tariff-proposals", {**NEW, "level": None}), 422, "tariff_incomplete")
    refused_with(first.post("/tariff-proposals", {**NEW, "since": "2024-01-01"}), 422, "tariff_not_ahead")
    made = first.post("/tariff-proposals", NEW).json
    assert (made["amount_display"], made["agreed"], made["region_code"]) == ("1,500.00", None, None)
    assert [each["id"] for each in county.get("/tariff-proposals").json["items"]] == [made["id"]]
    path = f"/tariff-proposals/{made['id']}"
    refused_with(first.post(f"{path}/decisions", {"decision": "agree"}), 403, "second_person_needed")
    refused_with(second.post(f"{path}/decisions", {"decision": "decline"}), 422, "why_missing")
    assert second.post(f"{path}/decisions", {"decision": "agree"}).json["agreed"]
    refused_with(second.post(f"{path}/decisions", {"decision": "agree"}), 404, "tariff_missing")
    assert county.get("/tariff-proposals").json["items"] == []
    assert county.get(path).json["agreed"]
    change = county.get("/tariff-changes").json["items"][0]
    assert (change["on"], change["after"], change["document"]) == ("2024-07-01", 150_000, NEW["document"])


def test_a_standard_that_stands_is_ended_early_by_two(loop: Loop) -> None:
    for login in ("sheng", "shengting"):
        loop.world.staff(login, Role.OFFICER_PROVINCE)
    county, first, second = loop["shenhe"], loop.world.sign_in("sheng"), loop.world.sign_in("shengting")
    rows = county.get("/tariffs?subject=standard").json["items"]
    row = next(each for each in rows if each["kind"] == "training" and each["level"] == 2)
    body = {
        "subject": "standard",
        "row_id": row["row_id"],
        "ends_on": "2024-06-30",
        "document": "豫人社〔2024〕15号",
    }
    refused_with(county.post("/tariff-endings", body), 403, "role_missing")
    refused_with(first.post("/tariff-endings", {**body, "ends_on": "2024-03-01"}), 422, "tariff_end_past")
    made = first.post("/tariff-endings", body).json
    assert (made["ends_row_id"], made["until"], made["since"]) == (row["row_id"], "2024-06-30", row["since"])
    path = f"/tariff-proposals/{made['id']}/decisions"
    refused_with(first.post(path, {"decision": "agree"}), 403, "second_person_needed")
    assert second.post(path, {"decision": "agree"}).json["agreed"]
    change = county.get("/tariff-changes").json["items"][0]
    assert (change["on"], change["after"]) == ("2024-07-01", None)


def test_a_programme_is_tried_on_everybody_and_what_nobody_used_is_taken_back(loop: Loop) -> None:
    path = f"/programmes/{loop.ids['programme']}"
    refused_with(loop["jiban"].get(f"{path}/dry-run"), 404, "dry_run_missing")
    with loop.world.database.read() as session:
        before = session.scalar(select(func.count()).select_from(Voucher))
    tried = loop.done("jiban", f"{path}/dry-runs", {})
    assert (tried["failed"], tried["finished_at"] is None) == (False, False)
    told = tried["result"]
    counted = (
        told["may"] + told["to_promise"] + told["to_decide"] + sum(each["count"] for each in told["refused"])
    )
    assert counted == told["people"] > 0
    assert all(each["next_step"] for each in told["refused"] if each["title"])
    assert loop["shenhe"].get(f"{path}/dry-run").json["result"] == told
    with loop.world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Voucher)) == before
    refused_with(loop["shenhe"].post(f"{path}/recalls", WHY), 409, "programme_still_issuing")
    loop.done("shenhe", f"{path}/stops", WHY)
    answer = loop["shenhe"].post(f"{path}/recalls", WHY)
    assert answer.status_code in (201, 409)
    if answer.status_code == 409:
        refused_with(answer, 409, "nothing_to_recall")
