"""The beginning of the loop at the pages: a programme is drafted, tried out, published, issued, accepted."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.loop_town import WORKER, Loop
from tests.scene import write_csv
from voucher.demo.province.cast import MAIN_WORKER

NAME = "养老护理员五级培训券（点出来的一种）"


def open_the_programme(loop: Loop) -> None:
    """The office drafts a programme and tries it out; another one than the drafter publishes it."""
    office = loop.at("operator-jy")
    office.go("/office/programmes")
    office.follow("起草券种")
    loop.is_fine("operator-jy")
    office.fill(
        name=NAME,
        worth="face_value",
        channel="directed",
        training_kind="project_based",
        certificate_kind="skill_level",
        trade="养老护理员",
        level="2",
        project="TRAIN-GROUPS",
        quantity="5",
        from_on="2024-03-04",
        until_on="2024-12-31",
        document="示例人社〔2024〕33号",
    )
    office.press("保存草稿，等另一人发布")
    office.reads("请另一人核对后发布")
    address = office.page.url
    office.press("试算", office.page.locator("section[aria-labelledby=dry-run]"))
    office.reads("已试算，结果如下；没有发放任何券")
    office.reads("已登记人员")
    loop.is_fine("operator-jy")
    assert office.page.get_by_role("link", name="发布", exact=True).count() == 0, "drafted here"

    officer = loop.at("first-review")
    officer.go("/office/programmes")
    officer.follow(NAME)
    officer.page.locator(".bar").get_by_role("link", name="发布", exact=True).click()
    officer.reads("发布后条件不能再改")
    loop.is_fine("first-review")
    officer.press("确认发布")
    officer.reads(f"已发布：{NAME}")
    assert officer.page.url == address.partition("#")[0]
    loop.is_fine("first-review")


def issue_to_the_worker(loop: Loop) -> None:
    """The office uploads a roster of one, tries it, and issues exactly what the trial said."""
    roster = write_csv(
        loop.town.folder / "roster.csv", [{"姓名": MAIN_WORKER.name, "证件号码": MAIN_WORKER.number}]
    )
    office = loop.at("operator-jy")
    office.go("/office/programmes")
    office.follow(NAME)
    office.follow("试算、发券")
    expect(office.page.locator("select[name=programme] option:checked")).to_contain_text(NAME)
    office.page.locator("input[name=roster]").set_input_files(roster)
    office.press("试算，不发放")
    office.reads("可发 1 人，需占用 1,400.00 元")
    loop.is_fine("operator-jy")
    office.page.get_by_label("名册已经核对").check()
    office.press("发券")
    office.reads("已发放 1 张，候补 0 人，不予发放 0 人")
    assert MAIN_WORKER.number not in office.page.content()
    loop.is_fine("operator-jy")


def accept_what_was_issued(loop: Loop) -> None:
    """The worker finds the voucher on the telephone and takes it."""
    worker = loop.at(WORKER)
    worker.go("/my")
    worker.reads("请先领取这张券")
    loop.is_fine(WORKER)
    worker.follow("领取这张券")
    worker.reads("券值")
    loop.is_fine(WORKER)
    worker.press("领取这张券")
    worker.reads("请选择班级报名")
