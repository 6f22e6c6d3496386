"""One batch of thirty from the claim to the money's end, each hand at a browser of its own.

Three come back and are filed again, one is objected to and falls, the bank sends all of it back once.
The first reviewer uses nothing but the keyboard. What is printed on the way is opened and read.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from tests.browser.looking import SHOTS
from tests.browser.loop_town import Loop
from tests.browser.town import make_app, open_town, serve
from tests.browser.typing import press_by_keys, tab_to, tick_by_keys, write_by_keys
from voucher.demo.play import answer_of_bank
from voucher.demo.province.cast import NURSE
from voucher.demo.province.cohorts import Cohort, Reached
from voucher.demo.province.proving import Proving
from voucher.demo.province.training import Training
from voucher.registry.institutions import Institution
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.settle.models.claims import Claim, SettlementBatch
from voucher.stages.settle.models.payments import PaymentFile, PaymentLine

pytestmark = pytest.mark.tour

TODAY = date(2024, 12, 2)
BEGUN = TODAY - timedelta(days=120)
THIRTY = Cohort("thirty", "nurse", "hope", "yuquan", NURSE, 2, 30, 60, Reached.CERTIFIED)
COME_BACK = (4, 11, 29)
PAYABLE, PAID = "36,000.00", "34,800.00"  # 30 and 29 times 1,200.00


@contextmanager
def _open(folder: Path, browser: Browser) -> Iterator[Loop]:
    """Serve a town in which thirty people have their certificate and nobody has claimed anything."""
    town = open_town(folder, TODAY, BEGUN)
    training = Training(town.stage, THIRTY)
    training.note()
    Proving(training, folder / "thirty").note()
    town.stage.play()
    with serve(town, make_app(town, demo=False)):
        loop = Loop(town, browser)
        loop.turn_to(TODAY.isoformat())
        yield loop
        for person in loop.people.values():
            person.close()


def test_thirty_are_claimed_three_come_back_one_falls_and_the_bank_pays_at_the_second_go(
    tmp_path: Path, chromium: Browser
) -> None:
    with _open(tmp_path, chromium) as loop:
        _claim_by_two(loop)
        first = _newest(loop)
        _return_three_by_keys(loop, first)
        again = _bring_three_back(loop)
        _review_and_post(loop, first, again)
        _object(loop)
        _approve(loop, first, again)
        loop.town.run_clock()
        old = _pay(loop)
        _bounce(loop, old)
        _correct_the_account(loop)
        new = _pay(loop)
        _arrive(loop, new)
        _print_everything(loop, first, old, new)
        _print_pages(loop, first, new)
        _search_by_slash(loop)
        with loop.town.database.read() as session:
            states = dict(session.execute(select(Claim.state, func.count()).group_by(Claim.state)).all())
            assert states == {"paid": 29, "rejected": 1}
            assert find_violations(session) == []
        assert [each for person in loop.people.values() for each in person.complaints] == []


def _claim_by_two(loop: Loop) -> None:
    """One puts thirty aside, a colleague takes them up, sees each judged, promises and claims."""
    one, other = loop.at("registrar"), loop.at("institution")
    one.go("/institution/claims")
    one.press("存为草稿")
    one.reads("已存为草稿：30 张")
    loop.is_fine("registrar")
    one.shoot("batch-draft-1440")
    other.go("/institution/claims")
    other.follow("核对并申领")
    other.reads("按今天重新核对")
    loop.is_fine("institution")
    other.shoot("batch-draft-taken-up-1440")
    other.page.get_by_label("本机构承诺").check()
    other.press("申领 30 人")
    other.reads("已申领 30 条")
    assert other.page.get_by_text("申领草稿").count() == 0


def _return_three_by_keys(loop: Loop, path: str) -> None:
    """27 of 30 go on and 3 come back, with no hand on the mouse."""
    officer = loop.at("first-review")
    officer.go(path)
    officer.page.keyboard.press("Tab")
    for position in COME_BACK:
        tick_by_keys(officer, f"选第 {position} 条")
    tab_to(officer, "初审通过")
    press_by_keys(officer, "退回补正")
    officer.reads("确认初审退回补正")
    loop.is_fine("first-review")
    write_by_keys(officer, "需要补正的全部问题", "缺考勤原件，请到县人社局一楼补交")
    press_by_keys(officer, "确认初审退回补正 3 条")
    officer.reads("退回补正：3 条")
    press_by_keys(officer, "初审通过")
    officer.reads("确认初审通过")
    press_by_keys(officer, "确认初审通过 27 条")
    officer.reads("初审通过：27 条")
    officer.shoot("batch-returned-1440")
    with loop.town.database.read() as session:
        states = dict(session.execute(select(Claim.state, func.count()).group_by(Claim.state)).all())
    assert states == {"first_reviewed": 27, "returned": 3}


def _bring_three_back(loop: Loop) -> str:
    """The institution reads why, and files the three again as revisions of the same claims; by keys too."""
    payee = loop.at("institution")
    payee.go("/institution/claims?state=returned")
    payee.reads("缺考勤原件，请到县人社局一楼补交")
    loop.is_fine("institution")
    payee.shoot("batch-come-back-1440")
    tick_by_keys(payee, "选本页全部")
    press_by_keys(payee, "补正后重报所选")
    payee.reads("已补正重报，转入批次")
    with loop.town.database.read() as session:
        revised = session.scalars(select(Claim).where(Claim.revision == 2)).all()
        assert len(revised) == 3
        assert session.scalar(select(func.count()).select_from(Claim)) == 30, "the same claims"
    return _newest(loop)


def _review_and_post(loop: Loop, first: str, again: str) -> None:
    _sign(loop, "first-review", again, "初审", 3)
    for path, count in ((first, 27), (again, 3)):
        _sign(loop, "second-review", path, "复核", count)
        second = loop.at("second-review")
        second.press("张贴公示")
        second.reads("公示期")


def _object(loop: Loop) -> None:
    """Anybody objects to one line and follows it by its number; somebody who signed nothing decides."""
    anybody = loop.anybody()
    anybody.go("/notices")
    anybody.page.locator("a.notice-link").last.click()
    anybody.page.get_by_role("link", name="对此条提异议").first.click()
    anybody.fill(words="此人没有参加培训", contact="13800000000")
    anybody.press("提交异议")
    anybody.reads("异议已受理")
    loop.is_fine("")
    officer = loop.at("objections")
    officer.go("/desk/objections")
    officer.page.locator("main a.cell-link").first.click()
    officer.page.get_by_label("异议成立，不予通过").check()
    officer.fill(conclusion="经核实，该学员考勤系代签，不予通过")
    loop.is_fine("objections")
    officer.press("作出处理")
    officer.reads("经核实，该学员考勤系代签")
    anybody.page.reload()
    anybody.reads("经核实，该学员考勤系代签")


def _approve(loop: Loop, first: str, again: str) -> None:
    loop.turn_to("2024-12-16")
    loop.town.run_clock()
    with loop.town.database.read() as session:
        left = {
            f"/batches/{batch_id}": count
            for batch_id, count in session.execute(
                select(Claim.batch_id, func.count()).where(Claim.state == "cleared").group_by(Claim.batch_id)
            )
        }
    assert sum(left.values()) == 29
    for path in (first, again):
        _sign(loop, "approver", path, "审批", left[path])


def _pay(loop: Loop) -> int:
    """One makes the file, one checks it, one releases it and takes it to the bank."""
    maker = loop.at("maker")
    maker.go("/payment-files")
    loop.is_fine("maker")
    maker.press("制单")
    maker.reads("人民币")
    path = maker.page.url
    maker.shoot("batch-file-1440")
    checker, releaser = loop.at("checker"), loop.at("releaser")
    checker.go(path)
    checker.press("复核无误")
    checker.reads("已复核")
    releaser.go(path)
    releaser.press("签发：")
    with releaser.page.expect_download() as caught:
        releaser.press("下载交银行")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(Path(caught.value.path()).read_bytes()))
    rows = sheet.get_sheet_by_index(0).to_python()
    assert any(PAID.replace(",", "") in str(cell).replace(",", "") for row in rows for cell in row)
    return int(path.rstrip("/").rpartition("/")[2])


def _bring_answer(loop: Loop, file_id: int, *, fails: bool) -> None:
    with loop.town.database.read() as session:
        file = session.get_one(PaymentFile, file_id)
        payees = set(
            session.scalars(select(PaymentLine.institution_id).where(PaymentLine.payment_file_id == file_id))
        )
    answer = loop.town.folder / f"回盘{file_id}.csv"
    answer.write_bytes(answer_of_bank(loop.town.stage.house, file, payees if fails else ()))
    maker = loop.at("maker")
    maker.go(f"/payment-files/{file_id}")
    maker.page.locator("input[name=results]").set_input_files(answer)
    maker.page.get_by_label("六位动态口令").fill("000000")  # proven already, as town.let_sign says
    maker.press("导入")


def _bounce(loop: Loop, file_id: int) -> None:
    _bring_answer(loop, file_id, fails=True)
    loop.at("maker").reads("退票 1")
    loop.at("maker").reads("退票 34,800.00 元还没有重付")
    loop.is_fine("maker")
    loop.at("maker").shoot("batch-bounced-1440")
    payee = loop.at("institution")
    payee.go("/institution/payments")
    payee.reads("户名与账号不符")
    payee.reads("请核对并更正收款账户")
    loop.is_fine("institution")


def _correct_the_account(loop: Loop) -> None:
    """One proposes the new account, another types it from the paper, then the money may go again."""
    with loop.town.database.read() as session:
        house = session.get_one(Institution, loop.town.stage.institution("hope"))
    maker, checker = loop.at("maker"), loop.at("checker")
    account = "4340612345678901230"
    maker.go("/accounts")
    maker.fill(
        institution=house.code,
        holder=house.name,
        bank="济源农商行营业部",
        account=account,
        evidence="开户许可证 2024-9",
    )
    maker.press("提出，等待另一人确认")
    maker.reads("待另一人确认")
    checker.go("/accounts")
    checker.page.locator("input[name=account]").first.fill(account)
    checker.press("确认")
    checker.reads("已确认")
    maker.go("/accounts")
    maker.page.locator("#bounced-code").fill(house.code)
    maker.press("恢复为待拨付")
    maker.reads("待拨付")
    loop.is_fine("maker")


def _arrive(loop: Loop, file_id: int) -> None:
    _bring_answer(loop, file_id, fails=False)
    loop.at("maker").reads("成功 1")
    loop.town.run_clock()
    loop.at("maker").go("/reconciliation")
    loop.at("maker").reads("三方一致")
    payee = loop.at("institution")
    payee.go("/institution/payments")
    payee.page.locator("td").get_by_text("已到账").wait_for()
    payee.reads("已另行办理，不再待付")
    loop.is_fine("institution")
    payee.shoot("batch-paid-1440")


def _print_everything(loop: Loop, batch: str, old: int, new: int) -> None:
    """Every paper and workbook of this money opens; what is a table holds what the page says."""
    house = loop.town.stage.institution("hope")
    for login, path in (
        ("first-review", f"{batch}/sheet.pdf"),
        ("first-review", f"{batch}/summary.pdf"),
        ("", "/notices/1/list.pdf"),
        *(("maker", f"/payment-files/{each}/sheet") for each in (old, new)),
        *(("maker", path) for path in ("/ledger.pdf", "/months.pdf?of=2024&month=12")),
        ("maker", f"/statements/{house}.pdf?of=2024"),
    ):
        content = _take(loop, login, path)
        assert content.startswith(b"%PDF"), path
    for login, path, said in (
        ("first-review", f"{batch}/summary.xlsx", PAYABLE),
        ("maker", "/ledger.xlsx?act=spend", PAID),
        ("maker", "/months.xlsx?of=2024&month=12", PAID),
        ("maker", f"/statements/{house}.xlsx?of=2024", PAID),
    ):
        book = CalamineWorkbook.from_filelike(io.BytesIO(_take(loop, login, path)))
        rows = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
        told = [f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for row in rows for cell in row]
        assert any(said in each for each in told), (path, rows)


def _print_pages(loop: Loop, batch: str, file_id: int) -> None:
    """What the browser itself prints holds what was found and nothing to press, and no blank sheet."""
    for login, path, sheets in (
        ("maker", f"/payment-files/{file_id}", 1),
        ("maker", f"/statements/{loop.town.stage.institution('hope')}?of=2024", 1),
        # each line names its voucher, on a line of its own where the sheet is narrow
        ("maker", "/ledger", 5),
        ("first-review", batch, 5),
    ):
        page = loop.at(login).page
        page.goto(path)
        page.emulate_media(media="print")
        for away in (".menu", ".topbar", ".bar", ".pick", ".buttons", ".pager"):
            assert page.locator(away).filter(visible=True).count() == 0, (path, away)
        assert page.locator("main table").first.is_visible()
        printed = page.pdf(
            format="A4", margin={"top": "12mm", "bottom": "12mm", "left": "12mm", "right": "12mm"}
        )
        (SHOTS / f"batch-printed{path.partition('?')[0].replace('/', '-')}.pdf").write_bytes(printed)
        assert len(re.findall(rb"/Type /Page\b", printed)) <= sheets, path
        page.emulate_media(media="screen")


def _search_by_slash(loop: Loop) -> None:
    """A key leads to the search of a page, and where there is none to the first field of its query row."""
    page = loop.at("maker").page
    for path, field in (("/ledger", "#q-voucher"), ("/payment-files", "#f-state")):
        page.goto(path)
        page.keyboard.press("/")
        expect(page.locator(field)).to_be_focused()


def _take(loop: Loop, login: str, path: str) -> bytes:
    """Download a file as somebody, and keep it for people to look at."""
    person = loop.at(login) if login else loop.anybody()
    answer = person.page.context.request.get(path)
    assert answer.status == 200, (path, answer.status)
    SHOTS.mkdir(parents=True, exist_ok=True)
    name = path.partition("?")[0].strip("/").replace("/", "-")
    (SHOTS / f"batch-{name}{'' if '.' in name else '.pdf'}").write_bytes(answer.body())
    return answer.body()


def _newest(loop: Loop) -> str:
    with loop.town.database.read() as session:
        return f"/batches/{session.scalars(select(func.max(SettlementBatch.id))).one()}"


def _sign(loop: Loop, login: str, path: str, step: str, count: int) -> None:
    person = loop.at(login)
    person.go(path)
    person.press(f"{step}通过")
    person.reads(f"确认{step}通过")
    person.press(f"确认{step}通过 {count} 条")
    person.reads(f"{step}通过：{count} 条")
