"""The statistics as a file: asked for of one's own regions only, taken by whoever asked, all written down."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.scene import JIYUAN, XINXIANG, Scene, staff_number
from tests.stages.oversee.handover.test_packing import ONE_DATABASE
from voucher.ledger import sealing
from voucher.ledger.audit import AuditRow
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, JobState, Run
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.stages.oversee.handover.asking import STATISTICS_KIND, list_exports, take_export
from voucher.stages.oversee.handover.drill_asking import Form, ask_statistics, take_statistics, write_as_job
from voucher.stages.oversee.handover.drill_tables import Depth
from voucher.stages.oversee.statistics.reading import Wish
from voucher.stages.oversee.statistics.refresh import refresh_statistics


@ONE_DATABASE
def test_statistics_are_asked_for_at_home_and_taken_by_whoever_asked(scene: Scene, tmp_path: Path) -> None:
    scene.hire("auditor", Role.AUDITOR, staff_number("310101199001010910"), JIYUAN)
    scene.hire("supervisor", Role.SUPERVISOR, staff_number("310101199001010920"))
    store, code = FileStore(tmp_path / "exports"), JIYUAN
    ask = partial(ask_statistics, region_code=code, wish=Wish(), depth=Depth.REGIONS, told={"等级": "全部"})

    def refused(who: str, act: Callable[[Work], object]) -> str:
        with pytest.raises(Refused) as caught:
            scene.do(who, act)
        return caught.value.refusal.code

    assert refused("auditor", ask) == "statistics_not_counted"
    sealing.seal_all(scene.database, scene.keyring, scene.actor("clock"), scene.at, scene.folder / "anchors")
    scene.do("operator", refresh_statistics)
    assert refused("auditor", partial(ask, region_code=XINXIANG)) == "region_foreign"
    assert refused("operator", ask) == "role_missing"
    job_id = scene.do("auditor", ask)
    take = partial(take_statistics, store=store, job_id=job_id, form=Form.CSV)
    assert refused("auditor", take) == "export_not_ready"
    with scene.database.read() as session:
        job = session.get_one(Job, job_id)
        run = Run(job.id, job.kind, 1, job.payload, job.created_by_user_id)
        asker = job.created_by_user_id
    result = write_as_job(scene.database, lambda: scene.at, store)(run)
    assert result["rows"] == 1

    def finish(work: Work) -> None:
        found = work.session.get_one(Job, job_id)
        found.state, found.result, found.finished_at = JobState.DONE, result, scene.at

    scene.do("clock", finish)
    with scene.do("auditor", take) as taken:
        assert taken.read().decode("utf-8-sig").splitlines()[1].startswith("市,419001")
    assert refused("supervisor", take) == "export_missing"
    assert refused("auditor", lambda work: take_export(work, store, job_id)) == "export_missing"
    with scene.database.read() as session:
        rows = select(AuditRow.act).where(AuditRow.thing == STATISTICS_KIND).order_by(AuditRow.id)
        assert session.scalars(rows).all() == ["ask", "take"]
        assert [each.id for each in list_exports(session, asker, before_id=None, limit=5)] == [job_id]
