"""The nouns of the desks of finance: set-aside lines, statements, delegations, a settlement previewed."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests.doors.test_money_api import told
from tests.doors.world import Client, World
from tests.loop.telling import approve_batch, ready
from tests.scene import EV1, LIMITS, NURSE, XINXIANG, ZHANG_SAN, Scene
from tests.settings import config_of
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, JobState, Run
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.stages.oversee.handover.ledger_asking import write_as_job
from voucher.stages.settle import bank
from voucher.stages.settle.models.claims import SettlementBatch

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
STRAY = "参考号,金额,结果\nHK-000,1.00,成功\n".encode()


def test_a_settlement_is_looked_at_then_paid_and_strays_and_statements_are_by_region(
    scene: Scene, world: World
) -> None:
    ready(scene)
    budget = scene.open_budget(1000)
    scene.certify(scene.certificate(ZHANG_SAN, NURSE))
    world.at = scene.at.astimezone(UTC)
    scene.hire("外区制单", Role.FINANCE_MAKER, "310101199001010770", XINXIANG)
    for login in ("operator", "制单员", "付款复核员", "外区制单"):
        world.enable(login)
    operator, maker, checker, far = (
        world.sign_in(each) for each in ("operator", "制单员", "付款复核员", "外区制单")
    )
    period = {
        "kind": "evaluation", "region_code": "419001", "from_on": "2023-10-01",
        "until_on": "2024-12-31", "budget_id": budget,
    }  # fmt: skip
    seen = operator.post("/batches/previews", period)
    assert seen.status_code == 200, seen.json
    (line,) = seen.json["lines"]
    assert (seen.json["count"], seen.json["total_fen"], line["may_submit"]) == (1, 200_00, True)
    assert line["voucher_id"] is None
    assert "✓" in {each["mark"] for each in line["findings"]}
    assert ZHANG_SAN[0] not in str(seen.json), "masked"
    elsewhere = operator.post("/batches/previews", period | {"until_on": "2023-09-30"})
    assert elsewhere.status_code == 422
    with scene.database.read() as session:
        assert session.scalars(select(SettlementBatch)).all() == [], "nothing is left behind"
    settled = scene.settle(budget, since="2023-10-01", until="2024-12-31")
    approve_batch(scene, settled.batch_id)
    scene.open_accounts()
    file = scene.make_file(budget)
    scene.do("制单员", lambda work: bank.record_results(work, file.id, STRAY, "回盘.csv", LIMITS))
    scene.bank_answers(file)

    (stray,) = maker.get("/bank-quarantine?state=open").json["items"]
    assert (stray["reference"], stray["why"]) == ("HK-000", "本拨付文件中没有这个参考号")
    assert far.get("/bank-quarantine").json["items"] == []
    path = f"/bank-quarantine/{stray['id']}"
    words = {"explanation": "他行汇款，与本文件无关"}
    for address in (path, "/bank-quarantine/999"):
        assert told(far.post(f"{address}/explanations", words))[0] == 404
    assert told(checker.post(f"{path}/signatures", {})) == (409, "quarantine_line_not_explained")
    assert maker.post(f"{path}/explanations", words).json["settled_at"] is None
    assert told(maker.post(f"{path}/signatures", {})) == (403, "second_person_needed")
    assert checker.post(f"{path}/signatures", {}).json["settled_at"] is not None
    assert maker.get("/bank-quarantine?state=open").json["items"] == []
    assert len(maker.get(f"/bank-quarantine?state=settled&payment_file_id={file.id}").json["items"]) == 1

    with scene.database.read() as session:
        payee = session.scalars(select(Institution.id).where(Institution.code == EV1[1])).one()
    path = f"/institutions/{payee}/statements?year={scene.at.year}"
    whole = maker.get(path).json
    assert (whole["arrived_fen"], whole["bounced_fen"], whole["owed_fen"]) == (200_00, 0, 0)
    assert [each["outcome"] for each in whole["lines"]] == ["succeeded"]
    assert maker.get(f"{path}&month={scene.at.month % 12 + 1}").json["lines"] == []
    assert told(far.get(path)) == (404, "institution_missing")
    assert told(maker.get("/institutions/99999/statements?year=2024")) == (404, "institution_missing")
    assert maker.get(f"/institutions/{payee}/statements").status_code == 422
    asks_for_the_ledger(scene, maker, far)


def asks_for_the_ledger(scene: Scene, maker: Client, far: Client) -> None:
    """Ask for a workbook of the ledger, wait, take it; whoever did not ask finds none."""
    assert maker.get("/ledger-exports").json["items"] == []
    assert told(maker.post("/ledger-exports", {"year": 2024})) == (422, "body_invalid")
    assert told(maker.post("/ledger-exports", {"act": "steal"})) == (422, "body_invalid")
    assert told(maker.post("/ledger-exports", {"budget_id": 999})) == (404, "ledger_export_empty")
    nobody = {"voucher_number": "Q-419001-2024-00099999"}
    assert told(maker.post("/ledger-exports", nobody)) == (404, "ledger_export_empty")
    asked = maker.post("/ledger-exports", {"act": "spend", "year": 2024, "month": scene.at.month})
    assert (asked.status_code, asked.json["state_name"], asked.json["sha256"]) == (201, "排队", None)
    assert {"name": "事项", "value": "支出"} in asked.json["conditions"]
    assert told(maker.post("/ledger-exports", {})) == (409, "ledger_export_open")
    path = f"/ledger-exports/{asked.json['id']}"
    assert told(maker.get(f"{path}/content")) == (409, "ledger_export_not_ready")
    for address in (path, f"{path}/content"):
        assert told(far.get(address)) == (404, "ledger_export_missing")
    assert far.get("/ledger-exports").json["items"] == []
    store = FileStore(config_of(scene.folder).exports_folder)
    with scene.database.read() as session:
        job = session.get_one(Job, asked.json["id"])
        run = Run(job.id, job.kind, 1, job.payload, job.created_by_user_id)
    result = write_as_job(scene.database, lambda: scene.at, store)(run)

    def finish(work: Work) -> None:
        found = work.session.get_one(Job, run.job_id)
        found.state, found.result, found.finished_at = JobState.DONE, result, scene.at

    scene.do("clock", finish)
    (done,) = maker.get("/ledger-exports").json["items"]
    assert done == maker.get(path).json
    assert (done["state_name"], done["lines"], done["amount_display"]) == ("已生成", 1, "200.00")
    assert done["kept_until"] > done["finished_at"]
    taken = maker.get(f"{path}/content")
    assert hashlib.sha256(taken.data).hexdigest() == done["sha256"]
    assert taken.headers["Digest"] == f"sha-256={done['sha256']}"
    lines = CalamineWorkbook.from_filelike(io.BytesIO(taken.data)).get_sheet_by_name("账本").to_python()
    assert [row[2] for row in lines[1:]] == ["支出"]


def test_a_role_is_given_to_a_colleague_for_some_days_and_ended_by_either(scene: Scene, world: World) -> None:
    ready(scene)
    world.at = scene.at.astimezone(UTC)
    for login in ("初审员", "复核员", "审批员"):
        world.enable(login)
    giver, deputy, other = (world.sign_in(each) for each in ("初审员", "复核员", "审批员"))
    roles = giver.get("/delegations/roles").json["items"]
    day = scene.at.date().isoformat()
    wish = {
        "grant_id": roles[0]["grant_id"],
        "deputy": "复核员",
        "since": day,
        "until": day,
        "why": "外出培训",
    }
    assert told(other.post("/delegations", wish)) == (404, "delegation_missing"), "not one's own"
    assert told(giver.post("/delegations", wish | {"deputy": "没有此人"}))[1] == "deputy_unfit"
    made = giver.post("/delegations", wish)
    assert (made.status_code, made.json["given"]) == (201, True), made.json
    assert [each["given"] for each in deputy.get("/delegations").json["items"]] == [False]
    assert other.get("/delegations").json["items"] == []
    path = f"/delegations/{made.json['id']}/endings"
    assert told(other.post(path, {})) == (404, "delegation_missing")
    assert deputy.post(path, {}).json["ended_at"] is not None
    assert told(giver.post(path, {})) == (404, "delegation_missing")
