"""票据号: a payee writes the receipt it gave for money that arrived; finance reads it in the statement."""

from __future__ import annotations

import io
from datetime import UTC

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from tests.doors.web.browser import Office
from tests.doors.web.test_clawback_letter import owed as owed
from tests.doors.web.test_office_pages import refusal
from tests.doors.world import World
from tests.scene import Scene
from voucher.ledger.audit import AuditRow
from voucher.stages.settle import receipting

NUMBER, MENDED = "24412000000123456789", "24412000000123456790"


def test_a_receipt_is_written_mended_and_read_in_the_statement(owed: Scene, world: World) -> None:
    world.at = owed.at.astimezone(UTC)
    for login in ("制单员", "丙教务", "丁教务"):
        world.enable(login)
    desk = Office.__new__(Office)
    desk.scene, desk.world, desk._browsers = owed, world, {}
    mine = desk.at("丙教务")
    assert "未登记" in mine.go("/institution/payments").text
    assert "不像票据号" in refusal(mine.press("登记票据号", line="1", number="作废"))
    told = mine.press("登记票据号", line="1", number=" 2441 2000 0001 2345 6789")
    assert f"已登记票据号 {NUMBER}：1 笔" in told.text
    assert "未登记" not in told.text
    assert "没有变" in refusal(mine.press("登记票据号", line="1", number=NUMBER))
    mine.go("/institution/payments")
    assert f"{MENDED}：1 笔" in mine.press("登记票据号", line="1", number=MENDED).text
    assert "更正" in mine.page.text

    other = desk.at("丁教务")
    other.go("/institution/payments")
    token = next(value for form in other.page.forms for name, value in form.values if name == "csrf_token")
    answer = other.http.post(
        "/institution/payments/receipts",
        data={"line": "1", "number": NUMBER, "csrf_token": token, "idempotency_key": "r-1"},
    )
    assert answer.status_code == 404
    assert "不在本机构已到账的付款里" in answer.text

    finance = desk.at("制单员")
    assert MENDED in finance.go("/statements/1?of=2024").text
    sheet = io.BytesIO(finance.http.get("/statements/1.xlsx?of=2024").data)
    rows = CalamineWorkbook.from_filelike(sheet).get_sheet_by_name("对账单").to_python()
    assert [row[-1] for row in rows][-3:] == ["票据号", MENDED, ""]
    with owed.database.read() as session:
        kept = session.scalars(select(AuditRow.content).where(AuditRow.act == "write_receipt")).all()
    assert kept == [{"number": NUMBER, "before": None}, {"number": MENDED, "before": NUMBER}]


@pytest.mark.parametrize(
    "deed", ["UPDATE payment_receipt SET number = '12345678'", "DELETE FROM payment_receipt"]
)
def test_a_receipt_once_written_stays(owed: Scene, deed: str) -> None:
    owed.do("丙教务", lambda work: receipting.write_receipt(work, [1], NUMBER))
    with pytest.raises(DatabaseError, match="payment_receipt"):
        owed.do("丙教务", lambda work: work.session.execute(text(deed)))
