"""依据写给办事的人看。"""

from __future__ import annotations

import re

import pytest

from voucher.rules.citations import readable_source
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
    ],
)
def test_a_source_reads_as_document_and_item(source: str, read: str) -> None:
    assert readable_source(source).startswith(read)


def test_no_refusal_shows_a_number_of_our_own_papers() -> None:
    for reason in list_reasons():
        shown = readable_source(reason.source)
        assert shown
        assert not re.search(r"DOMAIN|LIFECYCLE|DESIGN|AC-[A-Z]|S[0-4]-", shown), (reason.code, shown)
