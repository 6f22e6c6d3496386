"""The end of the loop at the pages: both claims, the signatures, the notice, the bank, the money's end."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import expect
from sqlalchemy import select

from tests.browser.loop_town import WORKER, Loop
from voucher.demo.play import answer_of_bank
from voucher.stages.settle.models.claims import SettlementBatch
from voucher.stages.settle.models.payments import PaymentFile

TRAINING, EVALUATION, BOTH = "1,200.00", "200.00", "1,400.00"


def claim(loop: Loop) -> None:
    """The institution claims the training, the evaluator the evaluation subsidy."""
    loop.turn_to("2024-04-10")
    institution = loop.at("institution")
    institution.go("/institution/claims")
    institution.reads(TRAINING)
    loop.is_fine("institution")
    institution.press("申领勾选的券")
    institution.reads("每人的核对结果")
    institution.page.get_by_label("本机构承诺").check()
    loop.is_fine("institution")
    institution.press("申领 1 人")
    institution.reads("已申领")

    evaluator = loop.at("evaluator")
    evaluator.go("/evaluator/claims")
    evaluator.press("核对所选")
    evaluator.page.get_by_label("本机构承诺").check()
    loop.is_fine("evaluator")
    evaluator.press("申领 1 人")
    evaluator.reads("已申领 1 张券")


def review(loop: Loop) -> None:
    """Two reviewers sign both batches; the second posts the notices, and anybody reads them masked."""
    loop.turn_to("2024-04-11")
    for login, step in (("first-review", "初审"), ("second-review", "复核")):
        for path in _batches(loop):
            _sign(loop, login, path, step)
    second = loop.at("second-review")
    for path in _batches(loop):
        second.go(path)
        second.press("张贴公示")
        second.reads("公示期 2024-04-11 至")

    anybody = loop.anybody()
    anybody.go("/notices")
    assert anybody.page.locator("a.notice-link").count() == 2
    for place in range(2):
        anybody.go("/notices")
        anybody.page.locator("a.notice-link").nth(place).click()
        anybody.reads("名单（已脱敏）")
        anybody.reads("赵**")
        assert "赵小愚" not in anybody.page.content()
        loop.is_fine("")
    worker = loop.at(WORKER)
    _open_voucher(loop)
    worker.reads("补贴到哪一步了")
    worker.reads("公示中")
    loop.is_fine(WORKER)


def approve(loop: Loop) -> None:
    """The notice period ends, finance approves."""
    loop.turn_to("2024-04-25")
    loop.town.run_clock()
    for path in _batches(loop):
        _sign(loop, "approver", path, "审批")


def pay(loop: Loop) -> Path:
    """One makes the payment file, one checks it, one releases and downloads it; return the bank's answer."""
    maker = loop.at("maker")
    maker.go("/payment-files")
    maker.reads(BOTH)
    loop.is_fine("maker")
    maker.press("制单")
    maker.reads("人民币壹仟肆佰元整")
    path = maker.page.url
    assert maker.page.get_by_role("button", name="复核无误").count() == 0
    checker = loop.at("checker")
    checker.go(path)
    loop.is_fine("checker")
    checker.press("复核无误")
    releaser = loop.at("releaser")
    releaser.go(path)
    loop.is_fine("releaser")
    releaser.press("签发：")
    with releaser.page.expect_download() as caught:
        releaser.press("下载交银行")
    assert caught.value.suggested_filename.endswith(".xlsx")
    with loop.town.database.read() as session:
        file = session.scalars(select(PaymentFile)).one()
    content = answer_of_bank(loop.town.stage.house, file)
    assert len(list(csv.reader(content.decode().splitlines()))) == 3
    answer = loop.town.folder / "回盘.csv"
    answer.write_bytes(content)
    return answer


def book(loop: Loop, answer: Path) -> None:
    """The bank's answer is uploaded; everybody sees the money's end, the worker too."""
    loop.turn_to("2024-04-29")
    maker = loop.at("maker")
    maker.go("/payment-files")
    maker.page.locator("a.cell-link").first.click()
    maker.page.locator("input[name=results]").set_input_files(answer)
    maker.page.get_by_label("六位动态口令").fill("000000")  # proven already, as town.let_sign says
    maker.press("导入")
    maker.reads("已入账 2 笔：成功 2，退票 0；重复 0，隔离 0")
    loop.is_fine("maker")
    maker.go("/reconciliation")
    maker.reads("三方一致")
    loop.town.run_clock()
    for login, path, money in (
        ("institution", "/institution/payments", TRAINING),
        ("evaluator", "/evaluator/claims", EVALUATION),
    ):
        payee = loop.at(login)
        payee.go(path)
        payee.reads(money)
        payee.page.locator("td").get_by_text("已到账" if login == "institution" else "已拨付").wait_for()
        loop.is_fine(login)
    worker = loop.at(WORKER)
    _open_voucher(loop)
    worker.reads("已兑现")
    paid = worker.page.locator("section[aria-labelledby=money]")
    expect(paid).to_contain_text(TRAINING)
    expect(paid).to_contain_text(EVALUATION)
    loop.is_fine(WORKER)


def _open_voucher(loop: Loop) -> None:
    worker = loop.at(WORKER)
    worker.go("/my/vouchers/1")


def _batches(loop: Loop) -> list[str]:
    with loop.town.database.read() as session:
        return [f"/batches/{each}" for each in session.scalars(select(SettlementBatch.id))]


def _sign(loop: Loop, login: str, path: str, step: str) -> None:
    person = loop.at(login)
    person.go(path)
    loop.is_fine(login)
    person.press(f"{step}通过")
    person.reads(f"确认{step}通过")
    loop.is_fine(login)
    person.press(f"确认{step}通过")
    person.reads(f"{step}通过：1 条")
