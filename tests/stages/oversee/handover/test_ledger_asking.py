"""The ledger as one workbook: every line, however many sheets, kept so many days, taken by whoever asked."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests.scene import JIYUAN, XINXIANG, Scene, staff_number
from tests.stages.oversee.handover.test_packing import ONE_DATABASE
from voucher.ledger.audit import AuditRow
from voucher.ledger.entries import EntrySearch
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, JobState, Run, add_job
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.stages.oversee.handover import ledger_book
from voucher.stages.oversee.handover.asking import LEDGER_KIND, list_exports
from voucher.stages.oversee.handover.keeping import forget_exports
from voucher.stages.oversee.handover.ledger_asking import (
    ask_ledger,
    list_ledger_exports,
    take_ledger,
    write_as_job,
)
from voucher.stages.oversee.handover.ledger_book import write_ledger

GRANTS = 5


@ONE_DATABASE
def test_every_line_is_written_asked_for_once_at_a_time_and_forgotten(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for yuan in range(1, GRANTS + 1):
        scene.open_budget(yuan)
    scene.hire("maker", Role.FINANCE_MAKER, staff_number("310101199001010910"), JIYUAN)
    scene.hire("elsewhere", Role.FINANCE_MAKER, staff_number("310101199001010920"), XINXIANG)
    store = FileStore(tmp_path / "exports")
    ask = partial(ask_ledger, wanted=EntrySearch(), told=[("事项", "全部")])

    def refused(who: str, act: Callable[[Work], object]) -> str:
        with pytest.raises(Refused) as caught:
            scene.do(who, act)
        return caught.value.refusal.code

    # what finds nothing in one's own regions leaves no file that would look like an answer
    assert refused("elsewhere", ask) == "ledger_export_empty"
    nothing = partial(ask_ledger, wanted=EntrySearch(10**6), told=[])
    assert refused("maker", nothing) == "ledger_export_empty"
    job_id = scene.do("maker", ask)
    take = partial(take_ledger, store=store, job_id=job_id)
    assert refused("maker", ask) == "ledger_export_open"
    # of two askings at once neither sees the other's row: the index does
    key = f"{LEDGER_KIND} {scene.actor('maker').user_id}"
    for kind in (LEDGER_KIND, "audit_export"):
        with pytest.raises(Refused) as raced:
            scene.do("maker", partial(add_job, kind=kind, payload={}, alone_key=key))
        told = raced.value.refusal
        assert (told.code, "账本" in told.title) == ("job_open_already", False), "the key is of any kind"
    assert refused("maker", take) == "ledger_export_not_ready"
    assert refused("elsewhere", take) == "ledger_export_missing"
    assert refused("clock", ask) == "role_missing"
    # what is booked after the asking is not in the file
    scene.open_budget(100)
    with scene.database.read() as session:
        job = session.get_one(Job, job_id)
        run, asker = Run(job.id, job.kind, 1, job.payload, job.created_by_user_id), job.created_by_user_id
    monkeypatch.setattr(ledger_book, "PER_PIECE", 2)
    monkeypatch.setattr(
        "voucher.stages.oversee.handover.ledger_asking.write_ledger", partial(write_ledger, per_sheet=2)
    )
    handle = write_as_job(scene.database, lambda: scene.at, store)
    result = handle(run)
    assert (result["lines"], result["amount_fen"]) == (GRANTS, 15_00)
    assert (run.done, run.total) == (GRANTS, GRANTS + 1), "one more is in the ledger by now"
    assert handle(run)["sha256"] == result["sha256"], "run again, the same bytes"
    assert store.list_making() == [], "nothing is left beside the files"
    in_hand = []

    def taken_again(*asked: Any, **how: Any) -> Any:
        # the machine was silent, so another takes the job while the first one still writes
        if run.attempt == 1:
            run.attempt = 2
            handle(run)
            assert how["to"].parent.is_dir(), "nobody takes the folder away from under it"
        in_hand.append(how["to"].parent.name)
        return write_ledger(*asked, **how)

    with monkeypatch.context() as silent:
        silent.setattr("voucher.stages.oversee.handover.ledger_asking.write_ledger", taken_again)
        handle(run)
    assert in_hand == [f".making-ledger-{job_id}-{attempt}" for attempt in (2, 1)]

    def finish(work: Work) -> None:
        found = work.session.get_one(Job, job_id)
        found.state, found.result, found.finished_at = JobState.DONE, result, scene.at

    scene.do("clock", finish)
    with scene.do("maker", take) as taken:
        book = CalamineWorkbook.from_filelike(io.BytesIO(taken.read()))
    assert book.sheet_names == ["账本", "账本 2", "账本 3", "按事项合计", "筛选条件"]
    sheets = [book.get_sheet_by_name(each).to_python() for each in book.sheet_names]
    assert [len(each) - 1 for each in sheets[:3]] == [2, 2, 1]
    assert all(each[0] == sheets[0][0] for each in sheets[:3]), "every sheet has its headings"
    assert [row[5] for each in sheets[:3] for row in each[1:]] == [5.0, 4.0, 3.0, 2.0, 1.0]
    assert sum(int(str(row[6]).split(".")[0]) for each in sheets[:3] for row in each[1:]) == 15_00
    assert sheets[3][1:] == [["下达", 5.0, 15.0, 1500.0], ["合计（发生额）", 5.0, 15.0, 1500.0]]
    assert ["笔数", "5 笔，分 3 张工作表"] in sheets[4]
    with scene.database.read() as session:
        rows = select(AuditRow.act).where(AuditRow.thing == LEDGER_KIND).order_by(AuditRow.id)
        assert session.scalars(rows).all() == ["ask", "take"]
        assert [each.id for each in list_ledger_exports(session, asker, before_id=None, limit=5)] == [job_id]
        assert list_exports(session, asker, before_id=None, limit=5) == [], "no package of an auditor"
    scene.at += timedelta(days=31)
    assert scene.do("clock", partial(forget_exports, store=store)) == 1
    assert refused("maker", take) == "ledger_export_forgotten"
    assert store.list_digests() == set()


@ONE_DATABASE
def test_of_nothing_found_one_empty_sheet_is_written(scene: Scene, tmp_path: Path) -> None:
    budget = scene.open_budget(1)
    told = write_ledger(
        scene.database, [JIYUAN], EntrySearch(budget, act="spend"), [("事项", "支出")],
        before_id=10**9, to=tmp_path / "ledger.xlsx", made_at=scene.at,
        progress=Run(1, LEDGER_KIND, 1, {}, 1).progress,
    )  # fmt: skip
    assert told.lines == 0
    book = CalamineWorkbook.from_path(tmp_path / "ledger.xlsx")
    assert book.sheet_names == ["账本", "按事项合计", "筛选条件"]
    assert len(book.get_sheet_by_name("账本").to_python()) == 1
