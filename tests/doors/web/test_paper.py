"""A voucher on paper: the holder's own, the office's for who stands there; nothing whole of anybody on it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.doors.loop import Loop
from voucher.doors.web.documents import CERTIFICATE, COMPLETION, SLIPS
from voucher.doors.web.paper import RIBBON, list_steps
from voucher.doors.web.pictures import draw_code
from voucher.doors.web.slip_paper import NOTICE
from voucher.plumbing import documents


def test_a_holder_prints_a_paper_and_nobody_elses(loop: Loop) -> None:
    mine, theirs = (
        f"/my/vouchers/{loop.ids['other_voucher']}/paper",
        f"/my/vouchers/{loop.ids['voucher']}/paper",
    )
    printed = loop["li"].http.get(mine)
    assert printed.status_code == 200
    assert printed.mimetype == "application/pdf"
    assert printed.headers["Cache-Control"] == "no-store"
    assert printed.data.startswith(b"%PDF-1.7")
    # PDF/A says so of itself; the metadata is not packed
    assert b"<pdfaid:part>2</pdfaid:part>" in printed.data
    assert loop["li"].http.get(theirs).status_code == 404


def test_the_paper_says_what_it_is_good_for() -> None:
    usual = list_steps("13800001234", has_sms=True)
    assert any("发到您登记的手机（尾号 1234）" in each for each in usual)
    assert "凭这张凭条暂时不能核销" in list_steps("13800001234", has_sms=False)[0]
    assert "请先带身份证到人社窗口登记" in list_steps(None, has_sms=True)[0]


def test_a_server_without_fonts_says_what_to_do(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "FONTS", tmp_path)
    told = loop["li"].http.get(f"/my/vouchers/{loop.ids['other_voucher']}/paper")
    assert told.status_code == 503
    assert "make frontend" in told.get_data(as_text=True)


def test_however_long_the_names_a_certificate_and_a_slip_are_one_page() -> None:
    name, house = "阿卜杜克热木江·阿卜杜热合曼·麦麦提艾力", "河南省济源示范区" + "职业技能等级评价服务" * 3
    trade = "城市轨道交通列车司机（工业机器人系统操作员方向）"
    code = str(draw_code("https://quan.example.gov.cn/check#number=S000041010001245000001", border=0))
    same: dict[str, object] = {
        "number": "S000041010001245000001", "institution": house, "code": code, "issued_on": "2026-11-22",
        "footer": "咨询电话 12333", "printed_at": "2026-11-22 16:00", "ribbon": RIBBON,
        "check": "扫码打开查验网页，再输入姓名和证件号码后四位：https://quan.example.gov.cn/check。" * 2,
    }  # fmt: skip
    facts = [("姓名", name), ("证件号码", "6501******9981"), ("职业", trade), ("考点", house + trade)]
    slip = {
        "number": "410026112200010001", "spaced": "4100 261122 0001 0001", "issuer": house, "code": code,
        "facts": [*facts, ("考试日期", "2026-11-29"), ("开考时间", "09:00")],
        "seat": "128", "room": "第三实训楼二层数控机床综合实训车间", "kind": "车间",
    }  # fmt: skip
    for template, told in (
        (CERTIFICATE, {"title": "职业技能等级证书", "facts": [*facts, *facts]}),
        (COMPLETION, {"sentence": f"{name}参加“{trade}”培训，考核合格，特发此证。", "facts": facts}),
        (SLIPS, {"slips": [slip], "notice": NOTICE}),
    ):
        pdf = documents.make_pdf(template, same | told, datetime(2026, 11, 22, tzinfo=UTC))
        assert re.findall(rb"/Count (\d+)", pdf) == [b"1"], template.name
