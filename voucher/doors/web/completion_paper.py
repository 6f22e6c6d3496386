"""培训合格证书 as a PDF: made when it is asked for and kept by nobody; what counts is the check."""

from __future__ import annotations

from flask import Response, make_response, url_for

from voucher.doors.auth.door import the_door
from voucher.doors.web.documents import COMPLETION
from voucher.doors.web.navigation import DEFAULT_FOOTER
from voucher.doors.web.paper import RIBBON
from voucher.doors.web.pictures import draw_code
from voucher.doors.web.showing import day, moment
from voucher.plumbing.documents import make_pdf
from voucher.stages.certify.queries.papers import CompletionPaper


def answer_completion(paper: CompletionPaper) -> Response:
    """Return the paper as a PDF. Raises Refused document_fonts_missing."""
    door = the_door()
    # the address names no certificate: number and name are typed there, and stand in no log
    address = url_for("web.public.check", _external=True)
    told = {
        "number": paper.number,
        "institution": paper.institution_name,
        "sentence": f"{paper.name}（{paper.masked_number}）"
        f"参加“{paper.training_name}”培训，考核合格，特发此证。",
        "facts": [
            ("培训项目", paper.trade_name),
            ("培训时间", f"{day(paper.starts_on)} 至 {day(paper.ends_on)}"),
            ("学时", f"到课 {paper.hours_attended} / 计划 {paper.hours_planned} 学时"),
        ],
        "check": f"扫码打开查验网页，输入证书编号、姓名和证件号码后四位核对真伪：{address}。以查验结果为准。",
        "code": str(draw_code(address, border=0)),
        "issued_on": day(paper.issued_on),
        "footer": f"咨询电话 {DEFAULT_FOOTER['hotline']}",
        "printed_at": moment(door.at),
        "ribbon": RIBBON if door.config.demo else None,
    }
    answer = make_response(make_pdf(COMPLETION, told, door.at))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{paper.number}.pdf"'
    return answer
