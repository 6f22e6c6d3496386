"""坏的输入：说得清、有代码、什么都不留一半。"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import func, select

from tests.loop.telling import bad_rows, claims_of, outcomes, ready, refused, told
from tests.plumbing.spreadsheets.planting import sheet_xml, write_parts
from tests.scene import COOK, EV1, EV2, LI_SI, LIMITS, NURSE, XINXIANG, ZHANG_SAN, Scene, write_csv
from voucher.ledger import budget as budgets
from voucher.ledger.budget import Budget
from voucher.plumbing.idempotency import Answer, fingerprint, once
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import Report, import_file
from voucher.registry.people import Person
from voucher.rules.actor import Role
from voucher.rules.vocabulary import FundSource, SubsidyKind
from voucher.stages.certify.extract import RegisterImporter
from voucher.stages.certify.models import Certificate, RegisterEntry
from voucher.stages.certify.upload import CertificatesImporter
from voucher.stages.certify.verify import verify_issued
from voucher.stages.settle.draft import Wish, settle


def take(scene: Scene, path: Path, limits: Limits = LIMITS) -> Report:
    """Import an upload from a file as it lies there."""
    return scene.do("operator", lambda work: import_file(work, CertificatesImporter, path, limits=limits))


def write_xlsx(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    """Write rows as a spreadsheet program does: numbers as numbers, text as text, formulas as formulas."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("证书")
        page.write_row(0, 0, list(rows[0]))
        for line, row in enumerate(rows, start=1):
            for position, value in enumerate(row.values()):
                page.write(line, position, value)
    return path


def count(scene: Scene, model: type[Any]) -> int:
    """Return how many rows there are."""
    with scene.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_坏行逐一列出而一行都不保存(scene: Scene) -> None:
    """行号、列名、遮盖后的值、原因都在；更正后同一文件可以再导。"""
    ready(scene)
    people_before = count(scene, Person)
    good = scene.certificate(ZHANG_SAN)
    bad = {
        "identity_check_digit": {**scene.certificate(LI_SI), "证件号码": "410702198511209926"},
        "occupation_unknown": {**scene.certificate(LI_SI), "职业编码": "9-99-99-99"},
        "certificate_level_disagrees": {**scene.certificate(LI_SI), "等级": "三级"},
        "level_unknown": {**scene.certificate(LI_SI), "等级": "九级"},
        "certificate_kind_unknown": {**scene.certificate(LI_SI), "证书类型": "毕业证"},
        "method_unknown": {**scene.certificate(LI_SI), "取得方式": "托人"},
        "date_malformed": {**scene.certificate(LI_SI), "发证日期": "去年冬天"},
        "cell_missing": {**scene.certificate(LI_SI), "姓名": ""},
        "score_malformed": {**scene.certificate(LI_SI), "理论成绩": "101"},
        "organisation_code_check_digit": {
            **scene.certificate(LI_SI), "评价机构统一社会信用代码": "91410100MATE5T0339",
        },
    }  # fmt: skip
    problems = bad_rows(lambda: scene.import_certificates([good, *bad.values()]))
    by_line: dict[int, list[str]] = {}
    for each in problems:
        by_line.setdefault(each.line, []).append(each.refusal.code)
        assert each.refusal.title
        assert each.refusal.next_step
        assert "410702198511209926" not in repr(each)
    assert [line for line, code in enumerate(bad, start=3) if code not in by_line.get(line, [])] == []
    assert 2 not in by_line
    assert count(scene, Certificate) == 0
    assert count(scene, Person) == people_before
    assert scene.import_certificates([good, *bad.values()], partial=True).rows_added == 1


def test_同一证书编号不能有两本(scene: Scene) -> None:
    ready(scene)
    first = scene.certificate(ZHANG_SAN)
    other = {**scene.certificate(LI_SI), "证书编号": first["证书编号"]}
    problem = bad_rows(lambda: scene.import_certificates([first, other]))[0]
    assert (problem.line, problem.column) == (3, "证书编号")
    assert problem.refusal.code == "certificate_number_taken"
    assert scene.import_certificates([first, first]).rows_unchanged == 1
    assert scene.import_certificates([first]).rows_unchanged == 1
    later = bad_rows(lambda: scene.import_certificates([other]))[0]
    assert later.refusal.code == "certificate_number_taken"


def test_证件号码被表格存成数字(scene: Scene) -> None:
    ready(scene)
    row = {**scene.certificate(ZHANG_SAN), "证件号码": 410105199003159936}
    problem = bad_rows(lambda: take(scene, write_xlsx(scene.folder / "数字.xlsx", [row])))[0]
    assert (problem.refusal.code, problem.column) == ("identity_as_number", "证件号码")
    printed = {**scene.certificate(ZHANG_SAN), "证件号码": "4.10105E+17"}
    assert bad_rows(lambda: scene.import_certificates([printed]))[0].refusal.code == "identity_as_number"
    good = [scene.certificate(ZHANG_SAN)]
    assert take(scene, write_xlsx(scene.folder / "文本.xlsx", good)).rows_added == 1


def test_评价机构超出备案范围或有效期(scene: Scene) -> None:
    scene.file_evaluator(EV1, [NURSE], levels=["五级"], since="2023-11-01", until="2023-11-30")
    scene.at = scene.at.replace(year=2024, month=1)
    wrong = {
        "evaluator_out_of_scope": (scene.certificate(ZHANG_SAN, COOK), "职业编码"),
        "evaluator_out_of_date": (scene.certificate(ZHANG_SAN, issued="2023-12-01"), "发证日期"),
        "evaluator_unknown": (scene.certificate(ZHANG_SAN, evaluator=EV2), "评价机构统一社会信用代码"),
    }
    problems = bad_rows(lambda: scene.import_certificates([row for row, _ in wrong.values()]))
    assert [(each.refusal.code, each.column) for each in problems] == [
        (code, column) for code, (_, column) in wrong.items()
    ]
    edges = [scene.certificate(LI_SI, issued=day) for day in ("2023-11-01", "2023-11-30")]
    assert scene.import_certificates(edges).rows_added == 2


def test_文件与其名称不符(scene: Scene) -> None:
    ready(scene)
    book = write_xlsx(scene.folder / "真.xlsx", [scene.certificate(ZHANG_SAN)])
    disguised = book.rename(scene.folder / "假.csv")
    table = write_csv(scene.folder / "真.csv", [scene.certificate(ZHANG_SAN)]).rename(
        scene.folder / "假.xlsx"
    )
    old = scene.folder / "旧.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0")
    empty = scene.folder / "空.csv"
    empty.write_bytes(b"")
    answers = {path.name: refused(partial(take, scene, path)).code for path in (disguised, table, old, empty)}
    assert answers == {
        "假.csv": "file_not_what_it_says",
        "假.xlsx": "file_not_what_it_says",
        "旧.xls": "file_kind_unknown",
        "空.csv": "file_empty",
    }


def test_压缩炸弹在解开之前就停下(scene: Scene) -> None:
    ready(scene)
    bomb = write_parts(scene.folder / "炸弹.xlsx", sheet_xml(" " * (8 << 20)))
    assert refused(lambda: take(scene, bomb)).code == "zip_bomb"


def test_行数超过上限(scene: Scene) -> None:
    ready(scene)
    rows = [scene.certificate(ZHANG_SAN) for _ in range(4)]
    limits = Limits(max_rows=3, max_xlsx_rows=3)
    for path in (write_xlsx(scene.folder / "多.xlsx", rows), write_csv(scene.folder / "多.csv", rows)):
        assert refused(partial(take, scene, path, limits)).code == "too_many_rows"
    assert count(scene, Certificate) == 0


def test_公式单元格不接受(scene: Scene) -> None:
    ready(scene)
    row = scene.certificate(ZHANG_SAN)
    for value in ("=1+1", "@cmd", "+HYPERLINK(1)"):
        problem = bad_rows(partial(scene.import_certificates, [{**row, "姓名": value}]))[0]
        assert (problem.refusal.code, problem.column) == ("formula_cell", "姓名")
    path = write_xlsx(scene.folder / "公式.xlsx", [{**row, "理论成绩": "=30+30"}])
    assert bad_rows(lambda: take(scene, path))[0].refusal.code == "formula_cell"


def test_表头和编码不对(scene: Scene) -> None:
    ready(scene)
    row = scene.certificate(ZHANG_SAN)
    short = {name: value for name, value in row.items() if name != "取得方式"}
    heard = refused(lambda: take(scene, write_csv(scene.folder / "少.csv", [short])))
    assert heard.code == "column_missing"
    assert "取得方式" in heard.title
    foreign = scene.folder / "国标.csv"
    foreign.write_bytes(write_csv(scene.folder / "好.csv", [row]).read_text("utf-8-sig").encode("gb18030"))
    assert refused(lambda: take(scene, foreign)).code == "file_encoding"


def test_登记的状态看不懂(scene: Scene) -> None:
    ready(scene)
    row = scene.certificate(ZHANG_SAN)
    path = write_csv(scene.folder / "登记.csv", [scene.registered(row, 状态="待定")])
    problem = bad_rows(
        lambda: scene.do("operator", lambda work: import_file(work, RegisterImporter, path, limits=LIMITS))
    )[0]
    assert (problem.refusal.code, problem.column) == ("register_status_unknown", "状态")
    assert count(scene, RegisterEntry) == 0


@pytest.mark.parametrize("amount", [100.5, 100.0, "100", True])
def test_金额只收整数分(scene: Scene, amount: Any) -> None:
    def act(work: Work) -> Budget:
        return budgets.open_budget(
            work, region_code="419001", year=2024, source=FundSource.FISCAL, amount_fen=amount
        )

    assert told(scene, "operator", act).code == "amount_not_fen"
    assert count(scene, Budget) == 0


def test_零元和负数的预算不收(scene: Scene) -> None:
    for amount in (0, -1):
        heard = refused(partial(scene.open_budget, amount))
        assert heard.code == "amount_not_positive"
    assert count(scene, Budget) == 0


def test_同一办理编号换了内容被拒_同样内容得同样回答(scene: Scene) -> None:
    ready(scene)
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN))
    wish = Wish(SubsidyKind.EVALUATION, "419001", date(2023, 10, 1), date(2023, 12, 31), budget)

    def ask(key: str, asked: str) -> Answer:
        def act(work: Work) -> Answer:

            verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
            settled = settle(work, wish)
            return Answer(201, {"batch": settled.batch_id, "total_fen": settled.total_fen})

        return scene.do("operator", lambda work: once(work, key, fingerprint(asked), act))

    first = ask("K-1", "2023Q4")
    assert first.body["total_fen"] == 200_00
    assert ask("K-1", "2023Q4") == first
    assert refused(lambda: ask("K-1", "2023Q3")).code == "idempotency_key_reused"
    assert refused(lambda: ask("", "2023Q4")).code == "idempotency_key_missing"
    assert len(claims_of(scene)) == 1
    assert ask("K-2", "2023Q4").body["total_fen"] == 0, "a new key is a new settlement, and nothing is due"


def test_结算的条件写错时什么都不发生(scene: Scene) -> None:
    ready(scene)
    scene.hire("新乡经办", Role.OPERATOR, "310101199001010090", region=XINXIANG)
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN))
    training = Wish(SubsidyKind.TRAINING, "419001", date(2023, 10, 1), date(2023, 12, 31), budget)
    answers = [
        refused(lambda: scene.settle(budget, since="2023-12-31", until="2023-10-01")),
        refused(lambda: scene.settle(budget + 99)),
        refused(lambda: scene.settle(budget, region="999999")),
        refused(lambda: scene.settle(budget, login="新乡经办")),
        refused(lambda: scene.settle(budget, login="初审员")),
        told(scene, "operator", lambda work: settle(work, training)),
    ]
    assert [each.code for each in answers] == [
        "period_backwards", "budget_missing", "region_unknown", "region_foreign", "role_missing",
        "kind_not_settled_by_period",
    ]  # fmt: skip
    assert all(each.next_step for each in answers)
    assert claims_of(scene) == []
    assert scene.budget(budget).reserved_fen == 0
    assert outcomes(scene.settle(budget)) == ["payable"]
