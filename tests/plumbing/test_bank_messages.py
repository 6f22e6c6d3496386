"""ISO 20022 both ways: what is written keeps to the schema, what is read is never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from voucher.plumbing.bank_messages import read_message
from voucher.plumbing.credit_transfers import CreditTransfer, Party, write_instruction
from voucher.rules.errors import Refused

NOTIFICATION = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.04"><BkToCstmrDbtCdtNtfctn>
<Ntfctn><Ntry><Amt Ccy="USD">2.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>{status}</Sts><NtryDtls><TxDtls><Refs>
<EndToEndId>a</EndToEndId></Refs><Amt Ccy="{currency}">2.00</Amt></TxDtls></NtryDtls></Ntry></Ntfctn>
</BkToCstmrDbtCdtNtfctn></Document>"""


@pytest.mark.parametrize(
    ("currency", "status", "amount_fen", "word"),
    [("CNY", "BOOK", 200, "成功"), ("USD", "BOOK", None, "成功"), ("CNY", "PDNG", 200, "PDNG")],
)
def test_another_currency_is_no_amount_and_what_is_on_its_way_no_result(
    currency: str, status: str, amount_fen: int | None, word: str
) -> None:
    content = NOTIFICATION.format(currency=currency, status=status).encode()
    told = read_message(content).transfers
    assert [(each.amount_fen, each.word) for each in told] == [(amount_fen, word)]


def write(name: str) -> bytes:
    payer = Party("济源示范区财政局", "41001522010059000001", "中国银行济源分行")
    paid = CreditTransfer("BF-1-00001", Party(name, "257712345678", "中国银行"), 200_05, "补贴")
    made_at = datetime(2024, 3, 12, 1, tzinfo=UTC)
    return write_instruction("BF-1", payer, [paid], made_at=made_at, pay_on=date(2024, 3, 12))


def test_an_instruction_says_yuan_with_two_decimals_and_the_hour_of_here() -> None:
    content = write("示例评价中心").decode()
    assert '<InstdAmt Ccy="CNY">200.05</InstdAmt>' in content
    assert "<CreDtTm>2024-03-12T09:00:00+08:00</CreDtTm>" in content
    assert write("示例评价中心") == write("示例评价中心")


def test_an_instruction_the_schema_does_not_allow_is_refused_without_its_values() -> None:
    with pytest.raises(Refused) as caught:
        write("长" * 141)
    assert caught.value.refusal.code == "payment_instruction_invalid"
    assert "长" not in caught.value.refusal.title
