"""The middle of the loop at the pages: exam, scores, certificate, register."""

from __future__ import annotations

from typing import Any

from tests.browser.loop_town import WORKER, Loop, code_of
from tests.scene import staff_number, write_csv
from voucher.demo.province.cast import MAIN_WORKER, NURSE, filing_number
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import import_file
from voucher.stages.certify.extract import RegisterImporter

EXAM_DAY, ISSUED_ON = "2024-04-08", "2024-04-08"
EXAMINERS = [staff_number(f"31010119800101{serial:03d}") for serial in (1, 2, 3)]
NUMBER = f"{filing_number(0)}245000001"


def examine(loop: Loop) -> None:
    """The evaluator plans an exam, lets the worker in, another hand enters scores, they are published."""
    loop.turn_to("2024-04-01")
    evaluator = loop.at("evaluator")
    evaluator.reads("可安排考试")
    evaluator.go("/evaluator/batches/new")
    evaluator.follow("选考生")
    evaluator.fill(exam_on=EXAM_DAY, place="实训楼二层")
    loop.is_fine("evaluator")
    evaluator.press("安排这场考试")
    evaluator.reads("考试当天在这里核对证件入场")
    path = evaluator.page.url
    for serial, number in enumerate(EXAMINERS, 1):
        evaluator.go("/evaluator/examiners")
        evaluator.fill(name="王考评", number=number, card_number=f"KP41{serial}", since="2024-01-01")
        loop.is_fine("evaluator")
        evaluator.press("登记")
    evaluator.go(path)
    for each in evaluator.page.locator("input[name=examiner]").all():
        each.check()
    evaluator.press("指派所选考评员")
    evaluator.reads("已指派 3 名")

    loop.turn_to(EXAM_DAY)
    evaluator = loop.at("evaluator")
    evaluator.go("/evaluator/batches")
    evaluator.page.locator("#results a.cell-link").first.click()
    path = evaluator.page.url
    evaluator.page.get_by_label("证件号码").first.fill(MAIN_WORKER.number)
    loop.is_fine("evaluator")
    evaluator.press("核对")
    evaluator.reads("已入场 1")

    clerk = loop.at("scores")
    clerk.go(path)
    clerk.page.get_by_label("理论").first.fill("85.5")
    clerk.page.get_by_label("技能").first.fill("90")
    loop.is_fine("scores")
    clerk.press("保存成绩")
    clerk.reads("请另一人录技能成绩第二遍")
    reader = loop.at("examiner")
    reader.go(path)
    reader.page.get_by_label("第二遍").first.fill("90")
    loop.is_fine("examiner")
    reader.press("保存第二遍")
    reader.reads("两遍一致")

    evaluator.go(path)
    evaluator.press("去公布成绩")
    evaluator.reads("公布后成绩锁定")
    loop.is_fine("evaluator")
    evaluator.press("确认公布")
    evaluator.reads("合格 1 人，不合格 0 人，缺考 0 人")
    worker = loop.at(WORKER)
    worker.go("/my")
    worker.reads("考试合格，等待证书登记核验")


def certify(loop: Loop) -> None:
    """The evaluator uploads the certificate; the register knows it; the voucher turns into it."""
    loop.turn_to("2024-04-09")
    row = _certificate()
    path = write_csv(loop.town.folder / "certificates.csv", [row])
    evaluator = loop.at("evaluator")
    evaluator.go("/evaluator/certificates")
    evaluator.page.locator("input[name=file]").set_input_files(path)
    evaluator.press("上传")
    evaluator.reads("新登记 1")
    evaluator.reads("登记中查不到证书")
    loop.is_fine("evaluator")

    kept = ("姓名", "证件号码", "职业编码", "等级", "证书编号", "发证日期", "评价机构统一社会信用代码")
    extract = write_csv(
        loop.town.folder / "register.csv", [{**{name: row[name] for name in kept}, "状态": "有效"}]
    )

    def arrive(work: Work) -> None:
        import_file(work, RegisterImporter, extract, limits=Limits())

    loop.town.do("operator-jy", arrive)
    loop.town.run_clock()
    evaluator.go("/evaluator/certificates")
    evaluator.reads("与登记一致")
    evaluator.reads("已换券")

    worker = loop.at(WORKER)
    worker.go("/my/profile")
    worker.reads(NUMBER)
    loop.is_fine(WORKER)


def _certificate() -> dict[str, Any]:
    return {
        "姓名": MAIN_WORKER.name,
        "证件号码": MAIN_WORKER.number,
        "证书类型": "职业技能等级证书",
        "职业编码": NURSE,
        "等级": "五级",
        "证书编号": NUMBER,
        "发证日期": ISSUED_ON,
        "评价机构统一社会信用代码": code_of("yuquan"),
        "取得方式": "考试",
        "理论成绩": "85.5",
        "技能成绩": "90",
        "收费": "0",
    }
