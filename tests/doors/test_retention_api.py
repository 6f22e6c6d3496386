"""What is held too long, asked for through the API: another region's list is as good as missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.doors.world import World, refused_with
from tests.scene import SUN_BA, XINXIANG
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.registry.people import Person
from voucher.registry.users import UserAccount
from voucher.rules.actor import Role

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def world(database: Database, keyring: Keyring, tmp_path: Path) -> World:
    """Return a world behind the doors."""
    return World(database, keyring, tmp_path)


def test_a_list_of_another_region_is_neither_seen_nor_asked_for_nor_carried_out(world: World) -> None:
    world.staff("jiyuan", Role.OFFICER_COUNTY)
    world.staff("xinxiang", Role.OFFICER_COUNTY, region=XINXIANG)
    world.staff("zhidan", Role.FINANCE_MAKER)
    own, far, maker = (world.sign_in(each) for each in ("jiyuan", "xinxiang", "zhidan"))
    refused_with(far.post("/retention-runs", {"region": "419001"}), 403, "region_foreign")
    refused_with(maker.post("/retention-runs", {"region": "419001"}), 403, "role_missing")
    asked = own.post("/retention-runs", {"region": "419001"})
    assert asked.status_code == 201, asked.json
    run = f"/retention-runs/{asked.json['id']}"
    assert far.get("/retention-runs").json["items"] == []
    for path in (run, f"{run}/lines", "/retention-runs/999999"):
        refused_with(far.get(path), 404, "retention_run_missing")
    for path, body in ((f"{run}/confirmations", {}), (f"{run}/dismissals", {"why": "选错了"})):
        refused_with(far.post(path, body), 404, "retention_run_missing")
        refused_with(maker.post(path, body), 403, "role_missing")
    refused_with(own.post(f"{run}/dismissals", {"why": " "}), 422, "why_missing")
    assert own.get(run).json["state"] == "listing"
    assert own.post(f"{run}/dismissals", {"why": "选错了"}).json["state"] == "dropped"
    (told,) = own.get("/retention-runs").json["items"]
    assert (told["id"], told["state"]) == (asked.json["id"], "dropped")


def test_preserving_by_number_is_for_the_office_of_the_region_and_lifted_by_another(world: World) -> None:
    for login, role in (("jiyuan", Role.OFFICER_COUNTY), ("other", Role.OFFICER_COUNTY)):
        world.staff(login, role)
    world.staff("xinxiang", Role.OFFICER_COUNTY, region=XINXIANG)
    world.worker("sun", *SUN_BA)
    with world.database.engine.begin() as connection:
        mine = select(UserAccount.person_id).where(UserAccount.login == "sun").scalar_subquery()
        connection.execute(update(Person).where(Person.id == mine).values(region_code="419001"))
    own, other, far, sun = (world.sign_in(each) for each in ("jiyuan", "other", "xinxiang", "sun"))
    body = {"number": SUN_BA[1], "paper": "济源市人民法院（2024）1号"}
    refused_with(sun.post("/preservations", body), 403, "role_missing")
    refused_with(far.post("/preservations", body), 404, "person_missing")
    refused_with(own.post("/preservations", {**body, "paper": " "}), 422, "why_missing")
    made = own.post("/preservations", body).json
    refused_with(own.post("/preservations", body), 409, "retention_preserved_already")
    (told,) = own.get("/preservations").json["items"]
    assert (told["id"], told["person_id"], told["paper"]) == (made["id"], made["person_id"], body["paper"])
    assert far.get("/preservations").json["items"] == []
    end, paper = f"/preservations/{made['id']}/ends", {"paper": "（2024）9号"}
    refused_with(far.post(end, paper), 404, "preservation_missing")
    refused_with(own.post(end, paper), 403, "second_person_needed")
    assert other.post(end, paper).json["lifted_paper"] == "（2024）9号"
    assert own.get("/preservations").json["items"] == []
    run = own.post("/retention-runs", {"region": "419001"}).json["id"]
    refused_with(far.post(f"/retention-runs/{run}/tellings", {"words": "信"}), 404, "retention_run_missing")
    refused_with(
        own.post(f"/retention-runs/{run}/tellings", {"words": "信"}), 409, "retention_run_not_listed"
    )
