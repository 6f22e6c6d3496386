"""A certificate as a PDF: made when it is asked for and kept by nobody; what counts is the check."""

from __future__ import annotations

from flask import Response, make_response, url_for

from voucher.doors.auth.door import the_door
from voucher.doors.web.documents import CERTIFICATE
from voucher.doors.web.navigation import DEFAULT_FOOTER
from voucher.doors.web.paper import RIBBON
from voucher.doors.web.pictures import draw_code
from voucher.doors.web.showing import day, moment
from voucher.plumbing.documents import make_pdf
from voucher.rules.assessment import COMPREHENSIVE, SKILL, THEORY
from voucher.stages.certify.queries.certificate_papers import CertificatePaper


def answer_certificate(paper: CertificatePaper) -> Response:
    """Return the paper as a PDF. Raises Refused document_fonts_missing."""
    door = the_door()
    address = url_for("web.public.check", _external=True)
    facts = [
        ("姓名", paper.name),
        ("证件号码", paper.masked_number),
        ("职业（工种）", f"{paper.trade_name}（{paper.trade_code}）"),
        ("等级", paper.level_name),
        ("证书编号", paper.number),
        ("发证日期", day(paper.issued_on)),
    ]
    scores = [
        f"{name} {score}"
        for name, score in (
            (THEORY, paper.theory),
            (SKILL, paper.skill),
            (COMPREHENSIVE, paper.comprehensive),
        )
        if score is not None
    ]
    if scores:
        facts.append(("成绩", "　".join(scores)))
    if paper.filing_number is not None:
        facts.append(("机构备案号", paper.filing_number))
    told = {
        "title": paper.kind_name,
        "number": paper.number,
        "institution": paper.institution_name,
        "facts": facts,
        "check": f"扫码打开查验网页，编号已填好，再输入姓名和证件号码后四位：{address}。"
        "以查验结果为准；撤销、更正以后，本文件不再有效。",
        # what follows # is never sent, so the number stands in no log
        "code": str(draw_code(f"{address}#number={paper.number}", border=0)),
        "issued_on": day(paper.issued_on),
        "footer": f"咨询电话 {DEFAULT_FOOTER['hotline']}",
        "printed_at": moment(door.at),
        "ribbon": RIBBON if door.config.demo else None,
    }
    answer = make_response(make_pdf(CERTIFICATE, told, door.at))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{paper.number}.pdf"'
    return answer
