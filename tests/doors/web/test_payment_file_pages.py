"""Money out, as finance sees it: the pre-check, a file in the bank's layout, handed out twice, answered."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update

from tests.doors.web.browser import Browser, Office, Page
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.world import World
from tests.loop.telling import approve_batch
from tests.papers import says
from tests.scene import EV1, EV2, LI_SI, ZHANG_SAN, Scene, on
from tests.settings import config_of
from voucher.doors.web import notice_paper
from voucher.doors.web.finance import banking, comparing, files, ledger, months
from voucher.ledger.restoring import notice_older
from voucher.ledger.sealing import seal_all
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, JobState, Run
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import Parameter
from voucher.stages.oversee.anchoring import tell_anchor
from voucher.stages.oversee.handover.ledger_asking import write_as_job
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import PaymentFile, PaymentLine
from voucher.stages.settle.turn_down import turn_down


def keep(page: Page, name: str) -> None:
    folder = os.environ.get("SHOTS")
    if folder:
        Path(folder, f"{name}.html").write_text(page.html, encoding="utf-8")


def test_a_file_is_prechecked_made_for_a_bank_handed_out_again_by_two_and_answered(
    scene: Scene, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.at = world.at = on("2024-01-10")
    office = Office(scene, world)
    for each in (EV1, EV2):
        scene.file_evaluator(each)
    budget = scene.open_budget()
    people = (ZHANG_SAN, LI_SI)
    scene.certify(*(scene.certificate(each, evaluator=(EV1, EV2)[i]) for i, each in enumerate(people)))
    approve_batch(scene, scene.settle(budget).batch_id)
    world.at = scene.at

    maker = office.at("制单员")
    page = maker.go(f"/budgets/{budget}/pre-check")
    owes_its_reader_nothing(page)
    keep(page, "precheck-no-account")
    assert "2 家收款单位不能制单" in page.text
    assert "没有账户" in page.text
    assert "请先登记收款账户，并由另一人确认后再制单" in page.text
    scene.open_accounts()
    page = maker.go(f"/budgets/{budget}/pre-check?template=batch_csv_gbk")
    keep(page, "precheck-good")
    assert "预检通过，可以制单" in page.text
    assert "人民币肆佰元整" in page.text
    assert "5,000 笔" in page.text

    page = maker.go("/payment-files")
    owes_its_reader_nothing(page)
    keep(page, "files")
    page = maker.press("制单", template="batch_csv_gbk")
    assert "已制单：2 笔，400.00 元，等待复核" in page.text
    with scene.database.read() as session:
        file = session.scalars(select(PaymentFile)).one()
    address = f"/payment-files/{file.id}"
    checker, releaser = office.at("付款复核员"), office.at("签发员")
    assert "制单人不能复核" in maker.go(address).text, "who made it reads whom it waits for"
    checker.go(address)
    page = checker.go(next(each for each in checker.page.links if each.endswith("/lines/2")))
    owes_its_reader_nothing(page)
    assert "SL-419001-2024-00000002" in page.text, "who checks sees which claims a row pays"
    assert "SL-419001-2024-00000001" not in page.text
    assert "李*" in page.text
    assert LI_SI[1] not in page.html
    checker.go(f"{address}/lines/3")
    assert checker.answer.status_code == 404
    checker.go(address)
    checker.press("复核无误")
    releaser.go(address)
    page = releaser.press("签发：2 笔")
    assert "批量转账文本（csv，GBK）" in page.text

    maker.go(address)
    maker.press("下载交银行")
    assert maker.answer.mimetype == "text/csv"
    first = maker.answer.data
    assert "金额" in first.decode("gbk")
    page = releaser.go(address)
    owes_its_reader_nothing(page)
    page = releaser.press("准予重导", why="银行反馈没有收到")
    assert "已准予重导一次" in page.text
    keep(page, "file-opened-again")
    assert "您已准予重导，请由另一人下载" in page.text
    assert "重导一次" not in [each["words"] for form in page.forms for each in form.buttons]
    maker.go(address)
    maker.press("重导一次")
    assert maker.answer.data == first
    # what is printed carries the newest checkpoint, and so is an anchor of its own
    seal_all(scene.database, scene.keyring, scene.actor("clock"), world.at, scene.folder / "a.jsonl")
    with scene.database.read() as session:
        anchor = f"打印时最近的留痕检查点：{tell_anchor(session)}"
    assert "默克尔根" in anchor
    sheet = maker.http.get(f"{address}/sheet")
    assert sheet.data.startswith(b"%PDF")
    assert says(sheet.data, anchor)
    if os.environ.get("SHOTS"):
        Path(os.environ["SHOTS"], "sheet.pdf").write_bytes(sheet.data)
    with monkeypatch.context() as short:
        for room in (notice_paper, banking):
            short.setattr(room, "LINES_PER_PART", 1)
        assert "打印拨付单（PDF 第 2 份）" in maker.go(address).text
        part = maker.http.get(f"{address}/sheet?part=2").data
        assert says(part, "第 2 份，共 2 份；本份第 2 至 2 笔")
        assert says(part, f"{file.number}-00002")
        assert not says(part, f"{file.number}-00001"), "only its own lines are read and set"
        assert says(part, "本份合计 1 笔")

    told = f"参考号,金额,结果\n{file.number}-00001,200.01,成功\n{file.number}-00002,200.00,退票\n".encode(
        "gbk"
    )
    maker.go(address)
    page = maker.press("导入", results=(io.BytesIO(told), "回盘.csv"))
    owes_its_reader_nothing(page)
    assert "退票 1" in page.text
    assert "隔离 1" in page.text
    keep(page, "file-answered")
    # a file of any length is shown page by page, its sums are always those of all of it
    monkeypatch.setattr(files, "LINES_PER_PAGE", 1)
    page = maker.go(address)
    owes_its_reader_nothing(page)
    listed = page.text.split("明细")[-1]
    assert (f"{file.number}-00001" in listed, f"{file.number}-00002" in listed) == (True, False)
    assert ("全部合计 2 笔" in listed, "400.00" in listed, "下一页" in listed) == (True, True, True)
    assert "共 2 笔，本页 1 笔" in listed
    assert "跳至第几笔" in listed
    listed = maker.go(f"{address}?at=1").text.split("明细")[-1]
    assert (EV1[0] in listed, EV2[0] in listed) == (True, False)
    jump, _ = maker.page.form("跳至")
    assert (jump.method, jump.action) == ("get", f"{address}#lines")
    listed = maker.go(f"{address}?at=2").text.split("明细")[-1]
    assert (EV2[0] in listed, EV1[0] in listed, "下一页" in listed) == (True, False, False)
    # a number is typed as the page writes it
    listed = maker.go(f"{address}?at=0,002").text.split("明细")[-1]
    assert (EV2[0] in listed, EV1[0] in listed) == (True, False)
    listed = maker.go(f"{address}?after=1").text.split("明细")[-1]
    assert (EV2[0] in listed, EV1[0] in listed, "下一页" in listed) == (True, False, False)
    monkeypatch.undo()
    monkeypatch.setattr(comparing, "PER_PAGE", 1)
    page = maker.go("/reconciliation")
    owes_its_reader_nothing(page)
    assert "未了差额 2 条" in page.text
    assert "共 2 条，本页 1 条" in page.text
    assert "另有已签发、银行还没有回盘或已退票的 400.00 元，到没到账以银行回盘为准" in page.text, (
        "that three sums agree is not that all is well"
    )
    assert {address, f"{address}/lines/1"} <= set(page.links)
    assert f"{file.number}-00002" in maker.go("/reconciliation?after=1").text
    monkeypatch.undo()
    page = maker.go("/reconciliation")
    assert "隔离的回盘行 1 条" in page.text
    page = maker.press("保存", explanation="银行手续费误计，已电话核实")
    keep(page, "reconciliation")
    page = checker.go("/reconciliation")
    page = checker.press("核实无误")
    assert "已由两人核实" in page.text
    assert "隔离的回盘行" not in page.text

    page = maker.go("/ledger")
    owes_its_reader_nothing(page)
    keep(page, "ledger")
    assert "占用 可用 → 占用" in page.text or "可用 → 占用" in page.text
    exported = maker.http.get("/ledger.csv").get_data(as_text=True)
    assert exported.startswith("\ufeff序号,时间,事项")
    assert exported.count("\r\n") == 4, "head, grant, two reserved"
    monkeypatch.setattr(ledger, "PER_CHUNK", 2)
    assert maker.http.get("/ledger.csv").get_data(as_text=True) == exported, "in chunks the same"
    for month in ("0000-05", "0001-01", "9999-12", "2024-13"):
        assert maker.http.get(f"/ledger?month={month}").status_code == 200, "no month of the house"
        assert maker.http.get(f"/ledger.csv?month={month}").get_data(as_text=True) == exported
    _takes_the_ledger_away(scene, maker)
    assert "没有符合条件的记账" in maker.go("/ledger?month=2100-12").text
    assert "没有符合条件的记账" in maker.go("/ledger?voucher=Q-419001-2024-00000001").text

    page = maker.go("/months?of=2024&month=1")
    owes_its_reader_nothing(page)
    assert "2024 年 1 月还没有过完" in page.text
    world.at = scene.at = on("2024-02-02")
    fresh = Office.__new__(Office)
    fresh.scene, fresh.world, fresh._browsers = scene, world, {}
    maker, checker = fresh.at("制单员"), fresh.at("付款复核员")
    page = maker.go("/months")
    page = maker.press("提出月结 2024 年 1 月")
    assert "已提出 2024 年 1 月 月结" in page.text or "已提出 2024 年 1 月月结" in page.text
    checker.go("/months")
    page = checker.press("月结 2024 年 1 月：3 笔")
    owes_its_reader_nothing(page)
    keep(page, "months")
    assert "此后不再记入该月" in page.text
    assert "未了差额 2 条" in page.text
    assert says(checker.http.get("/months.pdf?of=2024&month=1").data, anchor.replace("：", ""))
    with monkeypatch.context() as short:
        short.setattr(months, "LINES_PER_PART", 1)
        paper = checker.http.get("/months.pdf?of=2024&month=1").data
        assert says(paper, "合计 2 条（印前 1 条，全部见月报工作簿）")
    book = checker.http.get("/months.xlsx?of=2024&month=1")
    unsettled = CalamineWorkbook.from_filelike(io.BytesIO(book.data)).get_sheet_by_name("未了差额")
    assert len(unsettled.to_python()) == 3, "head and two"
    if os.environ.get("SHOTS"):
        Path(os.environ["SHOTS"], "months.pdf").write_bytes(
            checker.http.get("/months.pdf?of=2024&month=1").data
        )

    with scene.database.read() as session:
        bounced = session.scalars(select(PaymentLine.institution_id).where(PaymentLine.position == 2)).one()
    page = checker.go(f"/statements/{bounced}?of=2024&month=1")
    owes_its_reader_nothing(page)
    keep(page, "statement")
    assert "退票200.00 元" in page.text
    assert "本期没有拨付" in checker.go(f"/statements/{bounced}?of=2023").text
    checker.go("/statements/99")
    assert checker.answer.status_code == 404
    paper = checker.http.get(f"/statements/{bounced}.pdf?of=2024").data
    assert paper.startswith(b"%PDF")
    assert says(paper, anchor)
    book = checker.http.get(f"/statements/{bounced}.xlsx?of=2024").data
    heads, *lines = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert heads[4:7] == ["应付（元）", "抵扣（元）", "实付（元）"]
    assert [line[4:7] for line in lines] == [[200.0, 0.0, 200.0]] * 2, "the line and the sum"
    if os.environ.get("SHOTS"):
        Path(os.environ["SHOTS"], "statement.pdf").write_bytes(paper)

    # what bounced and ended is no difference, and nobody says that the bank paid it
    scene.bank_answers(file, failing=[f"{file.number}-00002"])
    with scene.database.read() as session:
        claim = session.scalars(select(Claim.id).where(Claim.state == "bounced")).one()
    scene.do("审批员", lambda work: turn_down(work, claim, "机构已注销"))
    words = "银行退票 1 笔、200.00 元都已重付或已终止"
    for address in ("/reconciliation", "/months?of=2024&month=1"):
        page = maker.go(address)
        keep(page, f"settled-{address[1:5]}")
        assert "没有未了差额" in page.text
        assert words in page.text
        assert "每一笔，银行都已回盘成功" not in page.text
    assert says(maker.http.get("/months.pdf?of=2024&month=1").data, words)
    book = maker.http.get("/months.xlsx?of=2024&month=1")
    owed = CalamineWorkbook.from_filelike(io.BytesIO(book.data)).get_sheet_by_name("未了差额")
    assert any(words in str(cell) for row in owed.to_python() for cell in row)


def _set_to_two(scene: Scene, name: str) -> None:
    two = update(Parameter).where(Parameter.name == name).values(value="2")
    scene.do("operator", lambda work: work.session.execute(two))


def _takes_the_ledger_away(scene: Scene, maker: Browser) -> None:
    """The same lines as a workbook and on paper; what does not fit one workbook is told, not cut."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(maker.http.get("/ledger.xlsx").data))
    assert book.sheet_names == ["账本", "按事项合计", "筛选条件"]
    lines = book.get_sheet_by_name("账本").to_python()
    assert lines[0][:3] == ["序号", "时间", "事项"]
    assert len(lines) == 4, "head, grant, two reserved"
    sums = book.get_sheet_by_name("按事项合计").to_python()[1:]
    assert [row[0] for row in sums] == ["占用", "下达", "合计（发生额）"]
    assert [row[1:] for row in sums][-1] == [3.0, 10_000_400.0, 1_000_040_000.0]
    reserved = CalamineWorkbook.from_filelike(io.BytesIO(maker.http.get("/ledger.xlsx?act=reserve").data))
    assert len(reserved.get_sheet_by_name("账本").to_python()) == 3
    assert ["事项", "占用"] in reserved.get_sheet_by_name("筛选条件").to_python()
    paper = maker.http.get("/ledger.pdf")
    assert paper.data.startswith(b"%PDF")
    for name in ("ledger_workbook_lines_most", "ledger_paper_lines_most"):
        _set_to_two(scene, name)
    assert maker.http.get("/ledger.pdf").data.startswith(b"%PDF"), "the paper holds two and says what is left"
    page = maker.go("/ledger.xlsx")
    assert maker.answer.status_code == 422
    assert "符合条件的记账超过 2 笔，一个工作簿放不下" in page.text
    assert "请选定月份、预算或事项缩小范围后再下载" in page.text
    maker.go("/ledger?act=reserve")
    page = maker.press("生成全部的工作簿")
    owes_its_reader_nothing(page)
    assert "已提交，在后台生成" in page.text
    assert "事项 占用" in page.text
    assert "刷新进度" in page.text
    store = FileStore(config_of(scene.folder).exports_folder)
    with scene.database.read() as session:
        job = session.scalars(select(Job)).one()
        run = Run(job.id, job.kind, 1, job.payload, job.created_by_user_id)
    result = write_as_job(scene.database, lambda: scene.at, store)(run)

    def finish(work: Work) -> None:
        found = work.session.get_one(Job, run.job_id)
        found.state, found.result, found.finished_at = JobState.DONE, result, scene.at

    scene.do("clock", finish)
    page = maker.go("/ledger/exports")
    owes_its_reader_nothing(page)
    keep(page, "ledger-exports")
    assert "2 笔，发生额 400.00 元" in page.text
    assert result["sha256"] in page.text
    taken = maker.http.get(f"/ledger/exports/{run.job_id}.xlsx")
    assert hashlib.sha256(taken.data).hexdigest() == result["sha256"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_after_a_restore_two_vouch_on_the_page_for_what_was_paid_since(scene: Scene, world: World) -> None:
    scene.at = world.at = on("2024-01-10")
    office = Office(scene, world)
    scene.open_budget()
    maker, checker = office.at("制单员"), office.at("付款复核员")
    assert "恢复备份以后的付款核对" not in maker.go("/payment-files").text
    scene.do("clock", lambda work: notice_older(work, 120, "0" * 64))
    page = maker.go("/payment-files")
    owes_its_reader_nothing(page)
    keep(page, "files-restored")
    assert "库外留存到第 120 条" in page.text
    assert "济源" in page.text
    earlier = page
    page = maker.press("我已核对", paid_region="", paid_words="明细 1 月 1 日至今")
    assert "已记下" not in page.text
    page = maker.press("我已核对", paid_region="419001", paid_words="明细 1 月 1 日至今，已导入 2 份回盘")
    assert "已记下您的核对，等待另一名财务人员" in page.text
    assert "已导入 2 份回盘" in page.text
    # what one has said is not asked of one again, and a page left open in another window says it for nobody
    assert "您已写明，不用再写；等另一名财务人员核对" in page.text
    assert "我已核对，备份以后付的款都已登记" not in page.text
    maker.page = earlier
    assert "须由两人办理" in maker.press("我已核对", paid_region="419001", paid_words="再说一遍").text
    checker.go("/payment-files")
    page = checker.press("我已核对", paid_region="410000", paid_words="全省明细已核对")
    assert "已记下您的核对" in page.text
    # the word of the province counts below it
    assert "恢复备份以后的付款核对" not in page.text
