"""What a bank answers in ISO 20022: pain.002 (status of each instruction) and camt.054 (what was booked).

Versions differ in what they add, not in what is read here, so elements are found by name in any namespace.
Nothing outside the file is ever fetched, and entities are not resolved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from voucher.rules.errors import Refused, reason
from voucher.rules.money import parse_yuan

SOURCE = "ISO 20022 pain.002、camt.054; PAGES 4.6 回单"

MESSAGE_UNREADABLE = reason(
    "bank_message_unreadable",
    "银行回盘 XML 不完整或无法读取：{problem}",
    "请向银行重新下载完整的回盘文件，不要用其他程序另存；没有任何一行入账",
    SOURCE,
)
COUNT_DIFFERS = reason(
    "bank_message_count_differs",
    "回盘文件写明 {told} 笔，实有 {found} 笔，文件不完整",
    "请向银行重新下载完整的回盘文件；没有任何一行入账",
    SOURCE,
)
UTF_16 = ("\ufeff<".encode("utf-16-le"), "\ufeff<".encode("utf-16-be"))
PAID, RETURNED = "成功", "退票"
# a bank that has done some of what was sent says one of these of the whole
PARTLY = frozenset({"PART", "PDNG"})
# what is on its way is no result yet
STATUS_WORDS = {"ACSC": PAID, "ACCC": PAID, "RJCT": RETURNED, "CANC": RETURNED}


@dataclass(frozen=True, slots=True)
class Answered:
    """One transfer as the bank tells it: its line in the file, reference, amount in fen, word, reason.

    A status report need not say the amount again; `amount_told` is whether it did.
    """

    line: int
    reference: str
    amount_fen: int | None
    amount_told: bool
    word: str
    why: str


@dataclass(frozen=True, slots=True)
class BankMessage:
    """A whole answer: the number of the instruction it names, if any, and its transfers in order."""

    instruction: str
    transfers: list[Answered]


@dataclass(frozen=True, slots=True)
class Credited:
    """One credit as the bank tells it: its line, the bank's own reference, payer, words, amount in fen."""

    line: int
    bank_reference: str
    payer_name: str
    remark: str
    amount_fen: int | None


def looks_like_message(content: bytes) -> bool:
    """Return whether a file begins as XML does, in UTF-16 as well."""
    if content.startswith(UTF_16):
        return True
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def read_message(content: bytes) -> BankMessage:
    """Return what a message answers.

    Raises Refused bank_message_unreadable, bank_message_count_differs.
    """
    root = _parse(content)
    if _find(root, "CstmrPmtStsRpt") is not None:
        found = [_status(each) for each in _all(root, "TxInfAndSts")]
        told = _text(root, "OrgnlNbOfTxs")
        if not _tells_a_part(root, told, len(found)):
            _check_count(told, len(found))
        return BankMessage(_text(root, "OrgnlMsgId"), found)
    if _find(root, "BkToCstmrDbtCdtNtfctn") is not None:
        found = list(_bookings(root))
        _check_count(_text(_find(root, "TxsSummry"), "NbOfNtries"), len(list(_all(root, "Ntry"))))
        return BankMessage("", found)
    raise MESSAGE_UNREADABLE.refused(problem="不是 pain.002 或 camt.054")


def read_credits(content: bytes) -> list[Credited]:
    """Return what a camt.054 says has come in and is booked; debits and what is pending are passed over.

    Raises Refused bank_message_unreadable, bank_message_count_differs.
    """
    root = _parse(content)
    if _find(root, "BkToCstmrDbtCdtNtfctn") is None:
        raise MESSAGE_UNREADABLE.refused(problem="不是 camt.054")
    _check_count(_text(_find(root, "TxsSummry"), "NbOfNtries"), len(list(_all(root, "Ntry"))))
    found: list[Credited] = []
    for entry in _all(root, "Ntry"):
        booked = _text(_find(entry, "Sts"), "Cd") or _text(entry, "Sts")
        for number, one in enumerate(_all(entry, "TxDtls")):
            came_in = (_own(one, "CdtDbtInd") or _own(entry, "CdtDbtInd")) == "CRDT"
            if booked != "BOOK" or not came_in or _text(entry, "RvslInd") == "true":
                continue
            reference = _text(one, "AcctSvcrRef")
            if not reference and (whole := _own(entry, "AcctSvcrRef")):
                reference = f"{whole}/{number + 1}"
            remark = " ".join(filter(None, ((each.text or "").strip() for each in _all(one, "Ustrd"))))
            payer, amount = _text(_find(one, "Dbtr"), "Nm"), _find(one, "Amt")
            found.append(Credited(len(found) + 1, reference, payer, remark, _fen(amount)))
    return found


def _parse(content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise MESSAGE_UNREADABLE.refused(problem="文件被截断或格式有误") from None
    if root.getroottree().docinfo.doctype:
        raise MESSAGE_UNREADABLE.refused(problem="含有文档类型定义")
    return root


def _status(one: etree._Element) -> Answered:
    code = _text(one, "TxSts")
    information = _find(one, "StsRsnInf")
    why = " ".join(filter(None, (_text(information, "Cd"), _text(information, "AddtlInf"))))
    amount = _find(one, "InstdAmt")
    return Answered(
        int(one.sourceline or 0), _text(one, "OrgnlEndToEndId"), _fen(amount), amount is not None,
        STATUS_WORDS.get(code, code), why,
    )  # fmt: skip


def _bookings(root: etree._Element) -> Iterator[Answered]:
    for entry in _all(root, "Ntry"):
        booked = _text(_find(entry, "Sts"), "Cd") or _text(entry, "Sts")
        for one in _all(entry, "TxDtls"):
            returned = _find(one, "RtrInf") is not None or _text(entry, "RvslInd") == "true"
            paid_out = (_own(one, "CdtDbtInd") or _own(entry, "CdtDbtInd")) == "DBIT"
            word = (RETURNED if returned else PAID if paid_out else "") if booked == "BOOK" else booked
            why = " ".join(
                filter(None, (_text(_find(one, "RtrInf"), "Cd"), _text(_find(one, "RtrInf"), "AddtlInf")))
            )
            amount = _find(one, "Amt")
            line = int(one.sourceline or 0)
            yield Answered(line, _text(one, "EndToEndId"), _fen(amount), True, word, why)


def _tells_a_part(root: etree._Element, sent: str, found: int) -> bool:
    """Return whether a bank that has done a part of what was sent says so, and tells that part."""
    return _text(root, "GrpSts") in PARTLY and sent.isdecimal() and 0 < found < int(sent)


def _check_count(told: str, found: int) -> None:
    if told and told != str(found):
        raise COUNT_DIFFERS.refused(told=told, found=str(found))


def _fen(amount: etree._Element | None) -> int | None:
    """Return yuan as fen; another currency, or none, is no amount."""
    if amount is None or amount.get("Ccy") != "CNY":
        return None
    try:
        return parse_yuan((amount.text or "").strip())
    except Refused:
        return None


def _all(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    yield from parent.iter(f"{{*}}{name}")


def _find(parent: etree._Element | None, name: str) -> etree._Element | None:
    return None if parent is None else next(_all(parent, name), None)


def _text(parent: etree._Element | None, name: str) -> str:
    found = _find(parent, name)
    return (found.text or "").strip() if found is not None else ""


def _own(parent: etree._Element, name: str) -> str:
    """Return the text of a child, not of anything deeper."""
    found = parent.find(f"{{*}}{name}")
    return (found.text or "").strip() if found is not None else ""
