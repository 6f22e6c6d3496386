"""退回资金通知书 as a PDF: made when it is asked for, from the clawback as it stands."""

from __future__ import annotations

from flask import Response, make_response

from voucher.doors.auth.door import the_door
from voucher.doors.web.documents import CLAWBACK_LETTER
from voucher.doors.web.navigation import DEFAULT_FOOTER
from voucher.doors.web.paper import RIBBON
from voucher.doors.web.showing import day, moment
from voucher.plumbing.documents import make_pdf
from voucher.rules.money import chinese_capitals, format_yuan
from voucher.stages.settle.queries.cases import CaseLetter
from voucher.stages.settle.queries.letters import ClawbackLetter

# printed again after the last repayment, it must not ask for the money a second time
NOTHING_LEFT = "上列款项已全部退回，请勿再汇款。本通知留作凭据。"


def answer_letter(letter: ClawbackLetter) -> Response:
    """Return the letter as a PDF. Raises Refused document_fonts_missing."""
    door, rest_fen = the_door(), letter.asked_fen - letter.recovered_fen
    told: dict[str, object] = {
        "number": letter.number,
        "payee": letter.payee_name,
        "issuer": f"{letter.region_name}人力资源和社会保障局",
        "sentence": f"经核查，你单位收到的{letter.kind_name}（申领编号 {letter.claim_number}）不应拨付，"
        f"原因：{letter.why}。现通知你单位退回下列资金。",
        "facts": [
            ("原拨付文件", letter.file_number),
            ("原拨付金额", f"{format_yuan(letter.paid_fen)} 元"),
            ("应退回金额", f"{format_yuan(letter.asked_fen)} 元"),
            ("已退回金额", f"{format_yuan(letter.recovered_fen)} 元"),
            ("尚应退回", f"{format_yuan(rest_fen)} 元（人民币{chinese_capitals(rest_fen)}）"),
            ("最后期限", f"{day(letter.due_on)}（通知次日起 {letter.days} 日，含当日）"),
        ],
        "how": f"请汇入原拨付账户，汇款附言写明编号 {letter.number}，并把缴款凭证交财务人员登记。"
        "缴清之前，向你单位的后续拨付可先抵扣本款项。本款项不计利息。"
        if rest_fen
        else NOTHING_LEFT,
        "appeal": "对本通知有异议的，可以在期限内书面申诉，并附证据；"
        "申诉成立的，由两人办理恢复，已退回的另行处理。",
        "opened_on": day(letter.opened_on),
        "footer": f"咨询电话 {DEFAULT_FOOTER['hotline']}",
        "printed_at": moment(door.at),
        "ribbon": RIBBON if door.config.demo else None,
    }
    return _print(told)


def answer_case_letter(letter: CaseLetter) -> Response:
    """Return the one letter of a class to a payee as a PDF. Raises Refused document_fonts_missing."""
    door, rest_fen = the_door(), letter.asked_fen - letter.recovered_fen
    told: dict[str, object] = {
        "number": letter.number,
        "payee": letter.payee_name,
        "issuer": f"{letter.region_name}人力资源和社会保障局",
        "sentence": f"经核查，“{letter.class_name}”班的下列补贴共 {len(letter.lines)} 笔不应拨付，"
        f"原因：{letter.why}。现通知你单位一并退回。",
        "facts": [
            ("应退回合计", f"{format_yuan(letter.asked_fen)} 元（{len(letter.lines)} 笔）"),
            ("已退回合计", f"{format_yuan(letter.recovered_fen)} 元"),
            ("尚应退回", f"{format_yuan(rest_fen)} 元（人民币{chinese_capitals(rest_fen)}）"),
            ("最后期限", f"{day(letter.due_on)}（通知次日起 {letter.days} 日，含当日）"),
            *((number, f"申领 {claim}：{format_yuan(asked)} 元") for number, claim, asked, _ in letter.lines),
        ],
        "how": "请按上列编号逐笔汇入原拨付账户，每笔附言写明编号（TH 开头），由财务人员核对入账。"
        "缴清之前，向你单位的后续拨付可先抵扣。本款项不计利息。"
        if rest_fen
        else NOTHING_LEFT,
        "appeal": "对本通知有异议的，可以在期限内书面申诉，并附证据；"
        "申诉成立的，由两人办理恢复，已退回的另行处理。",
        "opened_on": day(letter.opened_on),
        "footer": f"咨询电话 {DEFAULT_FOOTER['hotline']}",
        "printed_at": moment(door.at),
        "ribbon": RIBBON if door.config.demo else None,
    }
    return _print(told)


def _print(told: dict[str, object]) -> Response:
    answer = make_response(make_pdf(CLAWBACK_LETTER, told, the_door().at))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{told["number"]}.pdf"'
    return answer
