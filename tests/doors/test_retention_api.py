"""What is held too long, asked for through the API: another region's list is as good as missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doors.world import World, refused_with
from tests.scene import XINXIANG
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
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
