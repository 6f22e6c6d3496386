"""依据写给办事的人看。"""

from __future__ import annotations

import re

import pytest

from voucher.rules.citations import readable_source, readable_words
from voucher.rules.errors import list_reasons


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("S2-04g", "豫办〔2021〕29号 第4项"),
        ("豫办〔2021〕29号 第4项; S2-04o", "豫办〔2021〕29号 第4项"),
        ("豫办〔2021〕29号 第4项 免费参加评价; S2-04g; AC-G8", "豫办〔2021〕29号 第4项 免费参加评价"),
        ("S2-Z3a", "豫办〔2021〕29号 四（三）"),
        ("S3-12d", "中办发〔2022〕58号（十二）"),
        ("豫人社规〔2022〕2号 (DOMAIN H-d)", "豫人社规〔2022〕2号"),
        ("DOMAIN P7", "系统设定"),
        ("【参】申领期限（其他地区：证书核发12个月内，DOMAIN 2.4、N5）；清单内评价机构默认不限", "【参】"),
        ("GB 11643-1999", "GB 11643-1999"),
        ("DOMAIN N4、N5：不同时享受", "人社部 2025-05-22 问答、人社厅发〔2018〕36号：不同时享受"),
        ("人社厅发〔2018〕36号（DOMAIN N5）", "人社厅发〔2018〕36号"),
    ],
)
def test_a_source_reads_as_document_and_item(source: str, read: str) -> None:
    assert readable_source(source).startswith(read)


def test_two_rows_of_one_item_are_said_once() -> None:
    assert readable_source("豫办〔2021〕29号 第7项; S2-07b、S2-07c") == "豫办〔2021〕29号 第7项"
    assert readable_source("豫办〔2021〕29号 第5、7、8、13项") == "豫办〔2021〕29号 第5、7、8、13项"


def test_no_refusal_shows_a_number_of_our_own_papers() -> None:
    for reason in list_reasons():
        shown = readable_source(reason.source)
        assert shown
        assert not re.search(r"DOMAIN|LIFECYCLE|DESIGN|AC-[A-Z]|S[0-4]-", shown), (reason.code, shown)


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (
            "10.00/学时 × 48 学时，【参】每学时 10 元、最多 700 元（DOMAIN H-f）",
            "10.00/学时 × 48 学时，【参】每学时 10 元、最多 700 元（其他地区做法，未见河南文件）",
        ),
        ("240.00 × 50% 直接认定 = 120.00（豫人社规〔2022〕2号）",) * 2,
        (
            "急需紧缺是否上浮（S1-05a; DOMAIN N4），默认不上浮",
            "急需紧缺是否上浮（新办〔2023〕10号 第5项; 人社部 2025-05-22 问答），默认不上浮",
        ),
        ("核查 C1 楼 3 层（AC-H1；LIFECYCLE 待处置）", "核查 C1 楼 3 层"),
        ("证书 S000123456789012345678 有效", "证书 S000123456789012345678 有效"),
    ],
)
def test_a_sentence_names_the_document_and_is_otherwise_left_alone(words: str, read: str) -> None:
    assert readable_words(words) == read
