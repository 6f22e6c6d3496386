"""A voucher on paper: the holder's own, the office's for who stands there; nothing whole of anybody on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doors.loop import Loop
from voucher.doors.web.paper import list_steps
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
