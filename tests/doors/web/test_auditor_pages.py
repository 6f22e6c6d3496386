"""审计人员的页面：只读，不脱敏要写明理由，看过什么监管人员看得到，导出包离开本系统也能核验。"""

from __future__ import annotations

import re
import zipfile
from datetime import timedelta
from functools import partial
from io import BytesIO

import pytest
from sqlalchemy import select

from tests import town_certified
from tests.doors.web.browser import Browser
from tests.doors.web.test_supervisor_pages import decent
from tests.doors.world import World
from tests.scene import LIMITS, PROVINCE, ZHANG_SAN, Scene, write_csv
from tests.settings import config_of
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.entries import Entry
from voucher.ledger import sealing
from voucher.ledger.audit import AuditRow
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import day_of
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, JobState, Run
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Role
from voucher.rules.joins import ListKind
from voucher.stages.oversee.handover import verify
from voucher.stages.oversee.handover.asking import pack_as_job
from voucher.stages.oversee.handover.keeping import forget_exports
from voucher.stages.oversee.joins.bringing import bring_list
from voucher.stages.oversee.risk.facts import Window, read_facts

# what an auditor may send: each of it reads, leaves a row that says that somebody looked or asked, or says of
# a hit of an audit join what became of it, which moves no voucher, claim or institution; a list by which
# money is held is withdrawn by a supervisor's word alone
SENT_BY_AUDITORS = {
    "web.supervisor.verify_trail", "web.supervisor.check_invariants",
    "web.supervisor.ask_for_export", "web.supervisor.ask_for_statistics",
    "web.supervisor.look_at_person", "web.supervisor.bring_audit_list",
    "web.supervisor.propose_list_withdrawal", "web.supervisor.decide_list_withdrawal",
    "web.finance.ask_for_ledger", "ledger_exports.ask_export",
    "web.entrance.keep_filter", "web.entrance.lose_filter",
    "web.supervisor.put_join", "web.supervisor.conclude_join_hits", "web.supervisor.decide_join_hits",
    "complaints.look_at_complaint",
    "web.office.search_certificates", "web.office.search_batch",
}  # fmt: skip


def test_whatever_an_auditor_may_send_changes_nothing(world: World) -> None:
    sent = {
        rule.endpoint
        for rule in world.app.url_map.iter_rules()
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
        for who in [MATRIX[rule.endpoint].who]
        if not isinstance(who, Entry) and Role.AUDITOR in who
    }
    assert sent == SENT_BY_AUDITORS


@pytest.fixture
def auditor(scene: Scene, world: World) -> Browser:
    budget = town_certified.settle_down(scene)
    town_certified.certified(scene, budget, ZHANG_SAN)
    sealing.seal_all(scene.database, scene.keyring, scene.actor("clock"), scene.at, scene.folder / "anchors")
    world.at = scene.at
    world.staff("审计", Role.AUDITOR, region=PROVINCE)
    world.staff("监管", Role.SUPERVISOR, region=PROVINCE)
    return Browser(world.sign_in("审计").http)


def test_an_unmasked_look_asks_why_shows_once_and_is_seen_by_the_supervisor(
    scene: Scene, world: World, auditor: Browser
) -> None:
    with scene.database.read() as session:
        holder = session.scalars(select(Voucher.holder_person_id)).first()
    page = auditor.go(f"/supervisor/people/{holder}")
    decent(page)
    page = auditor.press("查看姓名和证件号码", why="  ")
    assert "没有写明理由" in page.text
    page = auditor.press("查看姓名和证件号码", why="省审〔2024〕7 号抽查")
    assert ZHANG_SAN[0] in page.text
    assert ZHANG_SAN[1] in page.text
    watcher = Browser(world.sign_in("监管").http)
    page = watcher.go("/supervisor/looks")
    decent(page)
    assert "不脱敏查看" in page.text
    assert "省审〔2024〕7 号抽查" in page.text
    with scene.database.read() as session:
        looks = session.scalars(select(AuditRow.content).where(AuditRow.act == "look_unmasked")).all()
        today = day_of(scene.at)
        facts = read_facts(session, Window(today, today), scene.keyring).look_ups
    assert [each["why"] for each in looks] == ["省审〔2024〕7 号抽查"]
    # R28 查得到不脱敏查看；打开遮盖的页面是审计人员的本分
    told = {(each.id.partition("-")[0], each.is_on_duty, each.is_masked) for each in facts}
    assert told == {("look", 0, 0), ("opening", 1, 1)}
    assert {(each.person, each.institution) for each in facts} == {(str(holder), "")}


def test_a_package_is_asked_for_made_taken_and_checked_elsewhere(
    scene: Scene, world: World, auditor: Browser
) -> None:
    page = auditor.go("/supervisor/exports")
    decent(page)
    assert "还没有申请过导出" in page.text
    page = auditor.press("提交", since="2024-01-01", until="2023-01-01", mask="masked")
    assert "导出的期间不对" in page.text
    page = auditor.press("提交", since="2024-01-01", until="2024-06-30", mask="unmasked", why="")
    assert "没有写明理由" in page.text
    page = auditor.press(
        "提交", since="2024-01-01", until="2024-06-30", mask="masked", institution="济源一校"
    )
    assert "没有登记过统一社会信用代码为 济源一校 的机构" in page.text
    with scene.database.read() as session:
        assert session.scalars(select(Job)).all() == []
    page = auditor.press("提交", since="2024-01-01", until="2024-06-30", mask="masked", institution="")
    decent(page)
    assert "生成中" in page.text
    with scene.database.read() as session:
        job = session.scalars(select(Job)).one()
        run = Run(job.id, job.kind, 1, job.payload, job.created_by_user_id)
    store = FileStore(config_of(world.folder).exports_folder)
    result = pack_as_job(scene.database, scene.keyring, lambda: scene.at, store)(run)

    def finish(work: Work) -> None:
        found = work.session.get_one(Job, run.job_id)
        found.state, found.result, found.finished_at = JobState.DONE, result, scene.at

    perform(scene.database, scene.keyring, scene.actor("clock"), scene.at, finish)
    page = auditor.go("/supervisor/exports")
    decent(page)
    file = re.search(r"/supervisor/exports/\d+\.zip", " ".join(page.links))
    assert file is not None
    asked = verify.Inquiry()
    with zipfile.ZipFile(BytesIO(auditor.http.get(file.group()).data)) as packed:
        verify.check_package({each: packed.read(each) for each in packed.namelist()}, asked)
    assert asked.faults == []
    watcher = Browser(world.sign_in("监管").http)
    assert watcher.http.get(file.group()).status_code == 404
    told = watcher.go("/supervisor/looks").text
    assert ("审计导出包 第 " in told, "audit_export" in told) == (True, False)
    assert "导出包生成 30 日后自动删除" in page.text
    perform(
        scene.database, scene.keyring, scene.actor("clock"), scene.at + timedelta(days=31),
        partial(forget_exports, store=store),
    )  # fmt: skip
    page = auditor.go("/supervisor/exports")
    decent(page)
    assert "保留期满已删除" in page.text
    assert file.group() not in page.links
    assert "仍然需要的，请按同样的期间重新申请" in auditor.go(file.group()).text


def test_an_unmasked_package_is_asked_for_with_the_code_of_the_moment(
    scene: Scene, world: World, auditor: Browser
) -> None:
    world.let_sign("审计", hours=-1)
    auditor.go("/supervisor/exports")
    span = {"since": "2024-01-01", "until": "2024-06-30"}
    page = auditor.press("提交", **span, mask="unmasked", why="省审〔2024〕7 号")
    assert (auditor.answer.status_code, "签署前验证" in page.text) == (403, True)
    with scene.database.read() as session:
        assert session.scalars(select(Job)).all() == []
    page = auditor.press("验证并签署", signing_code=world.code("审计"))
    assert "省审〔2024〕7 号" in page.text
    with scene.database.read() as session:
        assert session.scalars(select(Job)).one().payload["unmask_why"] == "省审〔2024〕7 号"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_list_brought_along_by_mistake_is_withdrawn_by_two(
    scene: Scene, world: World, auditor: Browser
) -> None:
    path = write_csv(scene.folder / "retired.csv", [{"证件号码": ZHANG_SAN[1], "起始日期": "2024-01-05"}])
    scene.do(
        "审计",
        lambda work: bring_list(
            work, ListKind.PENSION, "市社保中心", work.today, "年度审计", path, limits=LIMITS
        ),
    )
    decent(auditor.go("/supervisor/lists"))
    decent(auditor.go("/supervisor/lists/1"))
    page = auditor.press("提出撤回", why=" ")
    assert "没有写明理由" in page.text
    page = auditor.press("提出撤回", why="发错了文件")
    decent(page)
    assert "是您提出的，要由另一人确认" in page.text
    assert "撤回待确认" in auditor.go("/supervisor/lists").text
    watcher = Browser(world.sign_in("监管").http)
    page = watcher.go("/supervisor/lists/1")
    assert "发错了文件" in page.text
    page = watcher.press("确认撤回", words="")
    decent(page)
    assert "名单已撤回，不再使用；只依据它的比对结果和 0 条风险线索" in page.text
    assert "还没有了结完" not in page.text, "nothing rested on it"
    assert "提出撤回，等另一人确认" not in page.text
    assert re.search(r"另有其他依据的风险线索\s*0 条", page.text)
    assert "逐条看" not in page.text, "nothing of before lists were noted"
    assert "已撤回" in watcher.go("/supervisor/lists").text
    assert "MD-410000-0001" not in watcher.go("/supervisor/joins").text, "no question is put to it any more"
