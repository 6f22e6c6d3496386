"""电子档案 as a PDF: made when it is asked for and kept by nobody."""

from __future__ import annotations

from flask import Response, make_response

from voucher.doors.auth.door import the_door
from voucher.doors.web.documents import ARCHIVE
from voucher.doors.web.navigation import DEFAULT_FOOTER
from voucher.doors.web.paper import RIBBON
from voucher.doors.web.showing import moment
from voucher.plumbing.clock import day_of
from voucher.plumbing.documents import make_pdf
from voucher.stages.oversee.archive.entries import Archive

NOTE = (
    "更正、撤销、终止的记录都保留并标明。打印件只供参考；用人单位核对的，请本人在手机上“出示档案”，"
    "或交付经数字签名的档案文件。记录有误的，本人可在电子档案中提出异议。"
)


def answer_archive(archive: Archive) -> Response:
    """Return the record as a PDF. Raises Refused document_fonts_missing."""
    door = the_door()
    told = {
        "name": archive.name,
        "number": archive.masked_number,
        "issuer": DEFAULT_FOOTER["region"],
        "entries": [
            {
                "on": day_of(each.at).isoformat(),
                "title": each.title,
                "facts": each.facts,
                "mark": str(each.mark),
                "mark_name": each.mark_name,
                "why": each.why,
            }
            for each in archive.entries
        ],
        "as_of": moment(door.at),
        "footer": f"咨询电话 {DEFAULT_FOOTER['hotline']}",
        "ribbon": RIBBON if door.config.demo else None,
        "note": NOTE,
    }
    answer = make_response(make_pdf(ARCHIVE, told, door.at))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = 'inline; filename="archive.pdf"'
    return answer
