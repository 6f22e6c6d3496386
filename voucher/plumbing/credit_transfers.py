"""ISO 20022 pain.001.001.09: one payment instruction to a bank, checked against the official schema.

The schema is the one ISO publishes, as sepaxml carries it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files

from lxml import etree

from voucher.plumbing.clock import SHANGHAI
from voucher.rules.errors import Family, reason

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
CURRENCY = "CNY"

INSTRUCTION_INVALID = reason(
    "payment_instruction_invalid",
    "付款指令不符合 ISO 20022 pain.001.001.09：{problem}",
    "请按提示更正收款单位的户名、开户行或账号，或改用其他银行模板",
    "ISO 20022 pain.001.001.09",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Party:
    """Who pays or is paid: name, account number and the bank it is kept at."""

    name: str
    account: str
    bank_name: str


@dataclass(frozen=True, slots=True)
class CreditTransfer:
    """One amount in fen to one party, under a reference that comes back with the answer."""

    reference: str
    party: Party
    amount_fen: int
    purpose: str


def write_instruction(
    number: str, payer: Party, transfers: Sequence[CreditTransfer], *, made_at: datetime, pay_on: date
) -> bytes:
    """Return the instruction; the same transfers and moment give the same bytes.

    Raises Refused payment_instruction_invalid.
    """
    document = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})
    initiation = _under(document, "CstmrCdtTrfInitn")
    count, total = str(len(transfers)), _yuan(sum(each.amount_fen for each in transfers))
    header = _under(initiation, "GrpHdr")
    _under(header, "MsgId", number)
    _under(header, "CreDtTm", made_at.astimezone(SHANGHAI).isoformat(timespec="seconds"))
    _under(header, "NbOfTxs", count)
    _under(header, "CtrlSum", total)
    _under(header, "InitgPty", Nm=payer.name)
    payment = _under(initiation, "PmtInf")
    for name, value in (("PmtInfId", number), ("PmtMtd", "TRF"), ("NbOfTxs", count), ("CtrlSum", total)):
        _under(payment, name, value)
    _under(payment, "ReqdExctnDt", Dt=pay_on.isoformat())
    _under(payment, "Dbtr", Nm=payer.name)
    _account(payment, "DbtrAcct", payer)
    _agent(payment, "DbtrAgt", payer)
    for each in transfers:
        one = _under(payment, "CdtTrfTxInf")
        _under(one, "PmtId", EndToEndId=each.reference)
        amount = _under(_under(one, "Amt"), "InstdAmt", _yuan(each.amount_fen))
        amount.set("Ccy", CURRENCY)
        _agent(one, "CdtrAgt", each.party)
        _under(one, "Cdtr", Nm=each.party.name)
        _account(one, "CdtrAcct", each.party)
        _under(one, "RmtInf", Ustrd=each.purpose)
    check_instruction(document)
    return bytes(etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def check_instruction(document: etree._Element) -> None:
    """Check an instruction against the schema. Raises Refused payment_instruction_invalid."""
    schema = _schema()
    if not schema.validate(document):
        first = schema.error_log[0]
        element = str(first.path or "").rpartition("}")[2] or "Document"
        # the library quotes the value it dislikes, which may be somebody's account
        raise INSTRUCTION_INVALID.refused(problem=f"{element}（{first.type_name}）")


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(
        etree.fromstring((files("sepaxml") / "schemas" / "pain.001.001.09.xsd").read_bytes())
    )


def _under(parent: etree._Element, name: str, text: str | None = None, **leaves: str) -> etree._Element:
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    made.text = text
    for leaf, value in leaves.items():
        _under(made, leaf, value)
    return made


def _account(parent: etree._Element, name: str, party: Party) -> None:
    _under(_under(_under(parent, name), "Id"), "Othr", Id=party.account)


def _agent(parent: etree._Element, name: str, party: Party) -> None:
    _under(_under(parent, name), "FinInstnId", Nm=party.bank_name)


def _yuan(amount_fen: int) -> str:
    whole, rest = divmod(amount_fen, 100)
    return f"{whole}.{rest:02d}"
