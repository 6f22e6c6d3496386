"""审计比对的页面：导入名单、比对、看结果、导出，都脱敏、都留痕；坏行逐行说明。"""

from __future__ import annotations

import io
import re
from pathlib import Path

from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests import town_certified
from tests.doors.web.browser import Browser
from tests.doors.web.test_report_pages import _look as leave
from tests.doors.web.test_supervisor_pages import decent
from tests.doors.world import World
from tests.scene import PROVINCE, SUN_BA, XINXIANG, ZHANG_SAN, Scene, on, write_csv
from voucher.ledger.audit import AuditRow
from voucher.rules.actor import Role
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims

LIST = {"kind": "pension", "source": "济源市社会保险中心", "as_of": "2024-12-31", "why": "省审〔2024〕7 号"}


def given(folder: Path, *people: tuple[str, str, str]) -> tuple[io.BytesIO, str]:
    """Return a list as a browser sends it."""
    rows = [{"姓名": name, "身份证号": number, "退休日期": since} for name, number, since in people]
    return io.BytesIO(write_csv(folder / "list.csv", rows).read_bytes()), "名单.csv"


def test_an_auditor_brings_a_list_puts_a_question_and_takes_the_answer_along(
    scene: Scene, world: World
) -> None:
    budget = town_certified.settle_down(scene)
    done = town_certified.certified(scene, budget, ZHANG_SAN, SUN_BA)
    scene.do(
        town_certified.REGISTRAR,
        lambda work: file_claims(work, SubsidyKind.TRAINING, done.voucher_ids, PLEDGED),
    )
    world.at = scene.at = on("2025-01-15")
    world.staff("审计", Role.AUDITOR, region=PROVINCE)
    auditor = Browser(world.sign_in("审计").http)
    page = auditor.go("/supervisor/joins")
    decent(page)
    assert "还没有做过比对" in page.text
    page = auditor.go("/supervisor/lists")
    decent(page)
    assert "还没有导入过名单" in page.text
    assert "规则 R16 补贴回流" in page.text
    assert "统计漏斗的就业" in page.text
    leave("lists.html", page.html.encode())
    page = auditor.press("导入", **LIST, file=given(scene.folder, ("张三", "4101051990", "2023-09-01")))
    decent(page)
    assert "4101051990" not in page.text
    assert "没有保存任何内容" in page.text
    page = auditor.press(
        "导入", **LIST,
        file=given(scene.folder, (*ZHANG_SAN, "2023-09-01"), (*SUN_BA, "2024-06-01")),
    )  # fmt: skip
    decent(page)
    assert "已导入 MD-410000-0001：领取养老金名单（退休），2 行" in page.text
    page = auditor.go("/supervisor/joins")
    span = {"since": "2024-01-01", "until": "2024-12-31", "why": "省审〔2024〕7 号"}
    page = auditor.press("开始比对", kind="deceased", list_id="1", **span)
    assert "请选死亡名单，或者不选名单" in page.text
    page = auditor.press("开始比对", kind="pension", list_id="1", **span)
    decent(page)
    leave("join.html", page.html.encode())
    assert "BD-410000-0001 比对完：1 条，涉及 1 人" in page.text
    assert "领取养老金名单（退休）第 2 行：2023-09-01 至 名单日仍在册" in page.text
    assert "张*" in page.text
    assert "Q-419001-2024-" in page.text
    assert any(re.fullmatch(r"/supervisor/people/\d+", each) for each in page.links)
    _two_auditors_conclude(auditor, world)
    file = auditor.http.get("/supervisor/joins/1.xlsx").data
    leave("join.xlsx", file)
    book = CalamineWorkbook.from_filelike(io.BytesIO(file))
    assert book.sheet_names == ["比对结果", "怎样比对的"]
    row = book.get_sheet_by_name("比对结果").to_python()[1]
    assert (row[1], isinstance(row[5], float), row[6]) == ("张*", True, round(float(str(row[5])) * 100))
    assert ZHANG_SAN[1] not in str(row)
    with scene.database.read() as session:
        looks = session.scalars(
            select(AuditRow.content).where(AuditRow.thing == "audit_join", AuditRow.act == "look")
        ).all()
    assert {each["way"] for each in looks} == {"page", "xlsx", "api"}
    assert row[9:12] == ["属实", "追回补贴", "社保局复函〔2025〕3 号"]
    page = auditor.go("/supervisor/joins/99")
    assert "没有找到这次比对" in page.text
    decent(auditor.go("/supervisor/looks"))


def _two_auditors_conclude(auditor: Browser, world: World) -> None:
    """One concludes, another confirms; a chosen hit without words comes back with its box still ticked."""
    said = {"seen": "1:0", "outcome": "upheld", "follow_up": "clawback"}
    page = auditor.press("下结论", **said, words="")
    decent(page)
    assert ("input", "checked") in {(tag, name) for tag, given in page.tags for name in given}
    page = auditor.press("下结论", **said, words="社保局复函〔2025〕3 号")
    assert "已给 1 条下结论，由另一人确认后算数" in page.text
    assert "待确认" in page.text
    page = auditor.go("/supervisor/joins/1?state=waiting")
    leave("join-waiting.html", page.html.encode())
    page = auditor.press("确认", seen="1:0")
    assert "第 1 条在页面打开之后有了新的结论或办理" in page.text
    assert "含有不是编号的内容" in auditor.press("确认", seen="1").text
    page = auditor.press("确认", seen="1:1")
    assert "第 1 条的结论是您自己下的" in page.text
    assert "确认或退回选中的各条" in page.text
    world.staff("审计二", Role.AUDITOR, region=PROVINCE)
    second = Browser(world.sign_in("审计二").http)
    second.go("/supervisor/joins/1?state=waiting")
    page = second.press("确认", seen="1:1")
    decent(page)
    assert "已确认 1 条" in page.text
    leave("join-concluded.html", page.html.encode())
    assert "最近谁看过" in page.text
    page = second.go("/supervisor/joins/1?state=open")
    decent(page)
    assert "没有这样的结果" in page.text
    page = second.go("/supervisor/joins")
    decent(page)
    leave("joins.html", page.html.encode())
    assert "都已办结" in page.text
    listed = second.http.get("/api/v1/audit-joins").get_json()["items"]
    assert [(each["number"], each["standing"]["upheld"]) for each in listed] == [("BD-410000-0001", 1)]
    (hit,) = second.http.get("/api/v1/audit-joins/1/hits?state=upheld").get_json()["items"]
    assert (hit["masked_name"], hit["conclusion"]["agreed"]) == ("张*", True)
    assert second.http.get("/api/v1/audit-joins/1/hits?state=open").get_json()["items"] == []
    assert second.http.get("/api/v1/audit-joins/99/hits").status_code == 404
    world.staff("外地审计", Role.AUDITOR, region=XINXIANG)
    foreign = Browser(world.sign_in("外地审计").http)
    assert foreign.http.get("/api/v1/audit-joins").get_json()["items"] == []
    codes = [foreign.http.get(f"/api/v1/audit-joins/{each}/hits").get_json()["code"] for each in (1, 99)]
    assert codes == ["audit_join_missing"] * 2
    assert "没有找到这次比对" in foreign.go("/supervisor/joins/1").text
