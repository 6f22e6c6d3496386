"""四种回盘格式，八种坏法：错的稳定地说错，账一分不动；对的只入一次。"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
import xlsxwriter
from sqlalchemy import func, select

from tests.loop.telling import states_of, told
from tests.loop.test_bank_file_stories import PAIN_002, STATUS, approved_two
from tests.scene import LIMITS, Scene
from voucher.ledger.budget import Budget
from voucher.ledger.postings import Transfer
from voucher.stages.settle import bank
from voucher.stages.settle.models.payments import BankQuarantine, BankResult, Payment, PaymentFile

# what a bank sends is read the same on both; what the database holds is asked of both elsewhere
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Line = tuple[str, str, bool]  # reference, yuan, paid
CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><Ntfctn>
<TxsSummry><TtlNtries><NbOfNtries>{count}</NbOfNtries></TtlNtries></TxsSummry>{lines}
</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""
ENTRY = """<Ntry><Amt Ccy="CNY">{yuan}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryDtls>
<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs><Amt Ccy="CNY">{yuan}</Amt>{back}</TxDtls></NtryDtls>
</Ntry>"""
BACK = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>户名不符</AddtlInf></RtrInf>"


def as_csv(_number: str, lines: Sequence[Line]) -> bytes:
    rows = [f"{reference},{yuan},{'成功' if paid else '退票'}," for reference, yuan, paid in lines]
    return "\r\n".join(["参考号,金额,结果,原因", *rows]).encode()


def as_xlsx(_number: str, lines: Sequence[Line]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["参考号", "金额", "结果", "原因"])
        for place, (reference, yuan, paid) in enumerate(lines, start=1):
            sheet.write_row(place, 0, [reference, yuan, "成功" if paid else "退票", ""])
    return out.getvalue()


def as_pain(number: str, lines: Sequence[Line]) -> bytes:
    said = "".join(
        STATUS.format(reference=reference, status="ACSC" if paid else "RJCT", yuan=yuan)
        for reference, yuan, paid in lines
    )
    return PAIN_002.format(number=number, count=len(lines), lines=said).encode()


def as_camt(_number: str, lines: Sequence[Line]) -> bytes:
    said = "".join(
        ENTRY.format(
            reference=reference, yuan=yuan, way="DBIT" if paid else "CRDT", back="" if paid else BACK
        )
        for reference, yuan, paid in lines
    )
    return CAMT.format(count=len(lines), lines=said).encode()


def in_gbk(content: bytes) -> bytes:
    return content.decode().replace('encoding="UTF-8"', 'encoding="GBK"').encode("gb18030")


def in_utf16(content: bytes) -> bytes:
    return content.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")


Written = Callable[[str, Sequence[Line]], bytes]
# form → how it is written, its name, other encodings it may come in, what a truncated one is told,
# what its content under the name of another form is told (None: an XML says what it is)
FORMS: dict[str, tuple[Written, str, tuple[Callable[[bytes], bytes], ...], str | None, str | None]] = {
    "csv": (as_csv, "csv", (in_gbk,), None, "file_not_what_it_says"),
    "xlsx": (as_xlsx, "xlsx", (), "file_not_what_it_says", "file_not_what_it_says"),
    "pain.002": (as_pain, "xml", (in_gbk, in_utf16), "bank_message_unreadable", None),
    "camt.054": (as_camt, "xml", (in_gbk, in_utf16), "bank_message_unreadable", None),
}


def ledger(scene: Scene) -> tuple[object, ...]:
    """Return everything that money moving would change, and how much is still set aside."""
    with scene.database.read() as session:
        budget = session.scalars(select(Budget)).one()
        return (
            session.scalar(select(func.count()).select_from(Transfer)),
            (budget.reserved_fen, budget.spent_fen),
            sorted(session.scalars(select(Payment.state))),
            session.scalar(select(func.count()).select_from(BankResult)),
        )


@pytest.mark.parametrize("form", FORMS)
def test_坏回盘一条也不入账_好回盘只入一次(scene: Scene, form: str) -> None:
    write, suffix, encodings, cut_short, misnamed = FORMS[form]
    budget = approved_two(scene)
    file: PaymentFile = scene.make_file(budget)
    one, two = f"{file.number}-00001", f"{file.number}-00002"
    good: list[Line] = [(one, "200.00", True), (two, "200.00", False)]
    content, name = write(file.number, good), f"回盘.{suffix}"

    def answer(given: bytes, as_name: str = name) -> tuple[int, int, int]:
        report = scene.do("制单员", lambda w: bank.record_results(w, file.id, given, as_name, LIMITS))
        return report.matched, report.repeated, report.quarantined

    def refusal(given: bytes, as_name: str = name) -> str:
        return told(scene, "制单员", lambda w: bank.record_results(w, file.id, given, as_name, LIMITS)).code

    untouched = ledger(scene)
    # 差一分、本文件没有的行：逐行隔离，说的是同一句话
    off = write(file.number, [(one, "200.01", True), (two, "199.99", False)])
    assert answer(off) == (0, 0, 2)
    assert answer(off) == (0, 0, 0), "再来一次，不再隔离一遍"
    assert answer(write(file.number, [("BF-000-00001", "200.00", True)])) == (0, 0, 1)
    # 截断：XML 和工作簿整个不收；表格只有完整的行才算
    if cut_short is not None:
        assert refusal(content[: len(content) // 2]) == cut_short
        assert refusal(content[:-9]) == cut_short
    else:
        assert answer(content.splitlines()[0] + b"\r\n" + f"{one},200.0".encode()) == (0, 0, 1)
    # 名称说是另一种格式
    if misnamed is not None:
        assert refusal(content, "回盘.xlsx" if suffix == "csv" else "回盘.csv") == misnamed
    if form == "pain.002":
        assert refusal(write("BF-000", good)) == "bank_message_of_another_file"
    # 编码看不懂，或者说一套写一套
    if suffix == "csv":
        assert refusal(in_utf16(content)) == "file_encoding"
    if suffix == "xml":
        assert refusal(content.decode().encode("gb18030")) == "bank_message_unreadable"
    assert ledger(scene) == untouched
    with scene.database.read() as session:
        aside = session.scalars(select(BankQuarantine.why).order_by(BankQuarantine.id)).all()
    assert aside[:3] == ["金额与拨付文件不一致"] * 2 + ["本拨付文件中没有这个参考号"]

    # 好的入一次；再来、换名、换序、换编码，都一条不多
    assert answer(content) == (2, 0, 0)
    booked = ledger(scene)
    assert states_of(scene) == {"paid": 1, "bounced": 1}
    assert booked != untouched
    assert answer(content) == (0, 2, 0)
    assert answer(content, f"回盘（1）.{suffix}") == (0, 2, 0)
    assert answer(write(file.number, good[::-1])) == (0, 2, 0)
    for other in encodings:
        assert answer(other(content)) == (0, 2, 0)
    # 与已入账的相反：隔离，不改已入账的
    assert answer(write(file.number, [(one, "200.00", False), (two, "200.00", True)])) == (0, 0, 2)
    assert ledger(scene) == booked
