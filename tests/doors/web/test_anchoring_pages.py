"""检查点最多相隔一小时：晚了有人看得见，纸上印着最近的一个。"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.doors.web.browser import Browser
from tests.doors.world import World
from tests.loop.telling import set_parameter
from tests.scene import PROVINCE, Scene
from voucher.ledger.audit import record_one
from voucher.ledger.sealing import seal_all
from voucher.rules.actor import Role
from voucher.stages.oversee.anchoring import UNANCHORED, find_gap, tell_anchor

ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def seal(scene: Scene) -> None:
    seal_all(scene.database, scene.keyring, scene.actor("clock"), scene.at, scene.folder / "a.jsonl")


@ONE
def test_rows_that_wait_longer_than_an_hour_for_a_checkpoint_are_told(scene: Scene, world: World) -> None:
    with scene.database.read() as session:
        assert tell_anchor(session) == UNANCHORED
    seal(scene)
    begun = scene.at
    scene.at += timedelta(days=40)
    with scene.database.read() as session:
        assert find_gap(session, scene.at) is None, "nothing has waited: nothing has happened"
        assert tell_anchor(session).startswith("第 ")
    scene.do("operator", lambda work: record_one(work, "person", 1, "move"))
    with scene.database.read() as session:
        assert find_gap(session, scene.at + timedelta(minutes=59)) is None
        open_gap = find_gap(session, scene.at + timedelta(minutes=61))
        assert open_gap is not None
        assert open_gap.until is None
        assert open_gap.minutes_most == 60
    # how far apart they may be is a dated row: from tomorrow two days, and what waits is in time
    tomorrow = scene.at + timedelta(days=1)
    set_parameter(scene, "checkpoint_apart_minutes", "2880", f"{tomorrow:%Y-%m-%d}", "分钟")
    with scene.database.read() as session:
        assert find_gap(session, scene.at + timedelta(minutes=61)) is not None
        assert find_gap(session, tomorrow) is None
    world.at = scene.at + timedelta(minutes=61)
    world.staff("监管", Role.SUPERVISOR, region=PROVINCE)
    watcher = Browser(world.sign_in("监管").http)
    page = watcher.go("/supervisor/dashboard")
    assert "留痕检查点间隔超过 60 分钟" in page.text
    assert "至今没有签检查点" in page.text
    assert world.visit().http.get("/healthz").json == {"status": "ok", "trail": "late"}
    # sealed in time, signed too late: the gap stays to be seen for thirty days
    seal_all(
        scene.database, scene.keyring, scene.actor("clock"), scene.at, scene.folder / "a.jsonl",
        every=timedelta(days=99),
    )  # fmt: skip
    scene.at += timedelta(hours=50)
    seal(scene)
    with scene.database.read() as session:
        late = find_gap(session, scene.at)
        assert late is not None
        assert late.until == scene.at
        assert "才签检查点" in late.words
        assert find_gap(session, scene.at + timedelta(days=31)) is None
    assert begun < scene.at
