"""短信码 where nobody carries messages: said so before anything changes, and not offered on the page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.doors.loop import Loop
from tests.doors.telephone import furnish
from tests.doors.test_access_stages import number_of
from tests.doors.web.browser import Browser

pytestmark = pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
OFFERED = "发送短信码"


def test_without_anybody_to_carry_messages_no_code_is_sent_and_none_is_offered(loop: Loop) -> None:
    counter = loop["t1-scan"]
    shown = {"digits": loop.code("li", "other_voucher"), "class_id": loop.ids["class"], "device": "一号机"}
    body = {"voucher_number": number_of(loop), "institution_id": loop.ids["t1"]}
    refused = counter.post("/texted-codes", body)
    assert (refused.status_code, refused.json["code"]) == (403, "sms_closed")

    page, desk = f"/institution/scan?class_id={loop.ids['class']}", Browser(counter.http)
    assert OFFERED not in desk.go(page).text
    closed = loop.world.app.extensions["voucher"]
    furnish(loop.world)
    assert OFFERED in desk.go(page).text
    # the provider went while the page was open
    loop.world.app.extensions["voucher"] = replace(closed)
    told = desk.press(OFFERED, voucher_number=number_of(loop)).text
    assert desk.answer.status_code == 403
    assert "没有开通短信" in told
    assert "短信码已发出" not in told
    assert counter.post("/checks", shown).json["possible"] == ["redeem"]
