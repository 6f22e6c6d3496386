"""Sources as people read them: requirement numbers become document and item, our own papers are left out.

A rule's source is written for two readers. An auditor wants the document and the item; whoever keeps
the rules also wants the row of the requirements, the scenario and the design page it came from.
"""

from __future__ import annotations

import re
from datetime import date

from voucher.rules.register import rule

DOCUMENTS = {
    "S0": "豫人社办〔2023〕102号",
    "S1": "新办〔2023〕10号",
    "S2": "豫办〔2021〕29号",
    "S3": "中办发〔2022〕58号",
    "S4": "苏政办发〔2024〕37号",
}
SECTIONS = {"G": "二、目标任务", "Z1": "四（一）", "Z2": "四（二）", "Z3": "四（三）"}
NUMERALS = "〇一二三四五六七八九十"
OURS = re.compile(
    r"(DOMAIN|LIFECYCLE|DESIGN|PAGES|CODE-FORMAT|RISK)[^;；、，：（(）)]*|AC-[A-Z][0-9]+|\b[WHNCGP][0-9]+\b"
)
# in a sentence a letter and a number may be anybody's, and what follows ours is not
OURS_IN_WORDS = re.compile(
    r"(DOMAIN|LIFECYCLE|DESIGN|CODE-FORMAT|PAGES|RISK) [A-Za-z0-9.§、-]*|AC-[A-Z][0-9]+"
)
ASIDE = re.compile(r"\s*[（(]([^（()）]*)[）)]")
# rows of our notes that stand for one document, or for what no document of the province says
PAPERS = {
    **dict.fromkeys(("H-a", "H-c", "H-d", "H-e"), "豫人社规〔2022〕2号"),
    "H-b": "济源示范区 2024-03-06 公示",
    "H-f": "其他地区做法，未见河南文件",
    "H-h": "豫人社办〔2025〕60号",
    "H-k": "河南省人社厅 2023-08-24 竞赛晋升通知",
    "N1": "人社部发〔2024〕5号",
    "N2": "人社厅发〔2022〕15号",
    "N4": "人社部 2025-05-22 问答",
    "N5": "人社厅发〔2018〕36号",
    "N12": "审计署2022年审计报告",
}
PAPER = re.compile(r"DOMAIN ([A-Z]-?[a-z0-9]+(?:、[A-Z]-?[a-z0-9]+)*)(?![a-z0-9.])")
INTERNAL = re.compile(r"DOMAIN|LIFECYCLE|DESIGN|CODE-FORMAT|PAGES [0-9]|RISK |AC-[A-Z][0-9]|\bS[0-4]-[0-9GZ]")
REQUIREMENT = re.compile(r"\b(S[0-4])-(G[a-z]?|Z[0-9][a-z]?|[0-9]{2}[a-z]*)((?:[,、–-][a-z0-9]+)*)")
# two rows of the requirements may stand for one item of a document
SAID_TWICE = re.compile(r"(?<![^、；])([^、；]+)(?:、\1)+(?![^、；])")
SEPARATORS = re.compile(r"\s*[;；]\s*")


@rule(
    number="CIT-01", stage="通用", source="【设】依据写给办事的人看，内部编号不外露", since=date(2021, 10, 28)
)
def readable_source(source: str) -> str:
    """Return a source with requirement numbers written out and references to our own papers left out."""
    parts: list[str] = []
    for part in SEPARATORS.split(ASIDE.sub(_keep_aside, _name_papers(source))):
        said = OURS.sub("", REQUIREMENT.sub(_write_out, part)).strip(" ,，、;；")
        said = SAID_TWICE.sub(r"\1", said.replace("】：", "】").replace("】，", "】"))
        if ASIDE.fullmatch(said):
            continue
        if said and not any(_document(said) and said in other for other in parts) and said not in parts:
            parts.append(said)
    documents = {each for each in DOCUMENTS.values() if sum(each in part for part in parts) > 1}
    kept = [
        part for part in parts
        if not any(part == each or _is_item_of(part, each, parts) for each in documents)
    ]  # fmt: skip
    return "；".join(kept or parts) or "系统设定"


@rule(
    number="CIT-02", stage="通用", source="【设】依据写给办事的人看，内部编号不外露", since=date(2021, 10, 28)
)
def readable_words(text: str) -> str:
    """Return a sentence with the documents behind our numbers written out, and nothing else of it changed."""
    if not INTERNAL.search(text):
        return text
    told = REQUIREMENT.sub(_write_out, _name_papers(text))
    return OURS_IN_WORDS.sub("", ASIDE.sub(_keep_aside, told)).strip(" ,，、;；")


def _name_papers(text: str) -> str:
    """Return a text with the documents, not named in it, that rows of our notes stand for."""

    def name(found: re.Match[str]) -> str:
        documents = [PAPERS[each] for each in found[1].split("、") if each in PAPERS]
        return "、".join(each for each in documents if each not in text) or found[0]

    return PAPER.sub(name, text)


def _keep_aside(found: re.Match[str]) -> str:
    """Return a parenthesis without references to our own papers; nothing where nothing else was in it."""
    left = OURS.sub("", REQUIREMENT.sub("", found[1])).strip(" ,，、;；")
    return found[0].replace(found[1], left) if left else ""


def _document(said: str) -> bool:
    return any(said.startswith(each) for each in DOCUMENTS.values())


def _is_item_of(part: str, document: str, parts: list[str]) -> bool:
    """Return whether a written-out number only repeats an item another part names with more words."""
    item = part.removeprefix(document).strip()
    return part.startswith(document) and any(
        other != part and document in other and item in other for other in parts
    )


def _write_out(found: re.Match[str]) -> str:
    document, place = DOCUMENTS[found[1]], found[2]
    for key, words in SECTIONS.items():
        if place.startswith(key):
            return f"{document} {words}"
    number = int(place[:2])
    if number == 0:
        return document
    if found[1] in ("S0", "S3", "S4"):
        return f"{document}（{_numeral(number)}）"
    return f"{document} 第{number}项"


def _numeral(number: int) -> str:
    tens, units = divmod(number, 10)
    if tens == 0:
        return NUMERALS[units]
    return ("" if tens == 1 else NUMERALS[tens]) + "十" + (NUMERALS[units] if units else "")
