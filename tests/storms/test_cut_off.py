"""A bulk issue killed with −9 again and again, at no chosen moment: issued = asked, and nothing is broken."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select
from stdnum.iso7064 import mod_11_2

from tests.scene import LIMITS, Scene, on
from tests.storms.cut_off import PIECE_ROWS
from tests.town_issue import act, programme
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.files import FileStore
from voucher.stages.issue.carrying_on import carry_on
from voucher.stages.issue.models import IssueLine
from voucher.stages.issue.models_runs import RosterFault
from voucher.stages.issue.running import Desk, find_run, start_run

# every change meets four, SIZE=full ten
KILLS = 10 if os.environ.get("STORM_SIZE") == "full" else 4
PEOPLE, BROKEN_EVERY = 1600, 10


def roster() -> bytes:
    """Return a roster whose every tenth number has a wrong check digit."""
    lines = ["姓名,证件号码"]
    for place in range(PEOPLE):
        stem = f"4101051990{1 + place % 12:02d}{1 + place % 28:02d}{place // 84:03d}"
        digit = mod_11_2.calc_check_digit(stem)
        if place % BROKEN_EVERY == 0:
            digit = "0" if digit != "0" else "1"
        lines.append(f"王伟,{stem}{digit}")
    return "\n".join(lines).encode()


def kill_midway(scene: Scene, issue_id: int, chance: random.Random) -> str:
    """Let a process carry the run on and kill it somewhere within its third or fourth piece."""
    command = [
        *(sys.executable, "-m", "tests.storms.cut_off"),
        scene.database.url.render_as_string(hide_password=False),
        *(str(scene.keyring.folder / "keys.json"), str(scene.folder / "files"), scene.at.isoformat()),
        str(issue_id),
    ]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(chance.randint(2, 4))]
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        return said[-1].strip()


@pytest.mark.long
def test_killed_again_and_again_it_issues_to_everybody_once(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    nurses = programme(scene, scene.open_budget(4_000_000), quantity=PEOPLE)
    desk = Desk(scene.database, scene.keyring, lambda: scene.at, FileStore(scene.folder / "files"), LIMITS)
    run = scene.do("operator", act(start_run, desk, nurses, roster(), "名册.csv"))
    chance = random.Random(7)
    reached = 0
    for _ in range(KILLS):
        kill_midway(scene, run.issue_id, chance)
        with scene.database.read() as session:
            here = find_run(session, run.issue_id)
            lines = session.scalar(select(func.count()).select_from(IssueLine))
            vouchers = session.scalar(select(func.count()).select_from(Voucher))
        assert here.rows_read % PIECE_ROWS == 0, "a piece is there whole or not at all"
        assert here.lines_issued == lines == vouchers
        assert here.rows_read >= reached
        reached = here.rows_read
    assert 0 < reached < PEOPLE, "it was killed in its middle"
    done = carry_on(desk, run.issue_id, lambda _read, _total: None)
    assert (done.phase, done.rows_read, done.rows_unreadable) == ("done", PEOPLE, PEOPLE // BROKEN_EVERY)
    assert done.lines_issued == PEOPLE - PEOPLE // BROKEN_EVERY
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Voucher)) == done.lines_issued
        assert session.scalar(select(func.count()).select_from(RosterFault)) == done.rows_unreadable
