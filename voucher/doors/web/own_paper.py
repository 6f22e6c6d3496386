"""关于我的信息 as a PDF: made when it is asked for and kept by nobody."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response

from voucher.doors.auth.door import the_door
from voucher.doors.web.documents import OWN_DATA
from voucher.doors.web.navigation import DEFAULT_FOOTER
from voucher.doors.web.paper import RIBBON
from voucher.plumbing.documents import make_pdf


def answer_own_data(told: dict[str, Any]) -> Response:
    """Return what is held of somebody, for themselves. Raises Refused document_fonts_missing."""
    door = the_door()
    page = {
        "issuer": DEFAULT_FOOTER["region"],
        "footer": f"咨询电话 {DEFAULT_FOOTER['hotline']}",
        "ribbon": RIBBON if door.config.demo else None,
        "as_of": told["生成时间"],
        "person": [(name, told[name]) for name in ("姓名", "证件号码", "手机号")],
        "held": [list(each.values()) for each in told["保存的信息"]],
        "entries": [
            [each["时间"], each["事项"], "　".join(f"{k} {v}" for k, v in each["内容"].items()), each["状态"]]
            for each in told["记录"]
        ],
        "looks": [list(each.values()) for each in told["谁看过"]],
    }
    answer = make_response(make_pdf(OWN_DATA, page, door.at))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = 'inline; filename="my-data.pdf"'
    return answer
