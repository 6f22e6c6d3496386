"""纸质凭条: a voucher on paper for who has no smartphone; the paper alone does nothing, a texted code."""

from __future__ import annotations

from flask import Response, make_response
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web.documents import PAPER_VOUCHER
from voucher.doors.web.navigation import DEFAULT_FOOTER
from voucher.doors.web.pictures import draw_code
from voucher.doors.web.showing import day, level_name, moment
from voucher.plumbing.documents import make_pdf
from voucher.plumbing.secrets import Keyring
from voucher.registry.letters import read_mobile
from voucher.registry.people import read_people
from voucher.registry.vouched_numbers import find_unvouched
from voucher.rules.privacy import mask_name
from voucher.stages.issue.queries import Card, show_card

RIBBON = "演示环境：人员、机构和账户均为虚构，不得据此办理真实业务"
WARNING = (
    "凭条不是券，丢了不影响您的权益，重新打印就行。不要把短信码告诉不在场的人。"
    "没有登记手机号或手机号已换的，请带身份证到人社窗口办理。"
)


def answer_paper(session: Session, person_id: int, voucher_id: int) -> Response:
    """Return the paper of a person's voucher as a PDF nobody keeps.

    Raises Refused voucher_missing, document_fonts_missing.
    """
    door = the_door()
    card = show_card(session, person_id, voucher_id)
    pdf = make_pdf(PAPER_VOUCHER, _told(session, door.keyring, card, person_id), door.at)
    answer = make_response(pdf)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{card.number}.pdf"'
    return answer


def _told(session: Session, keyring: Keyring, card: Card, person_id: int) -> dict[str, object]:
    door = the_door()
    named = read_people(session, keyring, [person_id]).get(person_id)
    mobile = read_mobile(session, keyring, person_id)
    hotline = DEFAULT_FOOTER["hotline"]
    facts = [
        ("券号", card.number),
        ("持券人", mask_name(named.name) if named else "（已注销）"),
        ("券值", card.worth_words + (" 元" if card.worth_words.startswith("面值 ") else "")),
        ("使用地区", card.region_name),
        ("使用期限", f"{day(card.redeem_by)}（含当天）之前到机构核销"),
    ]
    if card.trade_name:
        level = f" · {level_name(card.level)}" if card.level else ""
        facts.insert(3, ("用途", card.trade_name + level))
    believed = mobile if mobile and not find_unvouched(session, [person_id]) else None
    return {
        "number": card.number,
        "issuer": card.region_name,
        "programme": card.programme_name,
        "facts": facts,
        "steps": list_steps(believed, has_sms=door.config.has_sms),
        "warning": WARNING,
        "footer": f"咨询电话 {hotline}",
        "printed_at": moment(door.at),
        "ribbon": RIBBON if door.config.demo else None,
        "code": str(draw_code(card.number, border=0)),
    }


def list_steps(mobile: str | None, *, has_sms: bool) -> list[str]:
    """Return how the paper is used, or what has to be done first: it is good for nothing without a message.

    `mobile` is the holder's number if the office can believe it.
    """
    if not has_sms:
        return [
            "本系统还没有接通短信，发不出短信码，凭这张凭条暂时不能核销；请留着它，上面有您的券号。",
            "请用手机登录后出示二维码；没有智能手机的，可以用亲友的手机登录您自己的账号，用完退出。",
            "到机构核销时，请带本人身份证。",
        ]
    if mobile is None:
        return [
            "您还没有登记本人的手机号，短信码发不出去：请先带身份证到人社窗口登记。",
            "登记以后，带上这张凭条和本人身份证，到可以使用这张券的培训机构。",
            "工作人员输入券号，系统把一次性短信码发到登记的手机；您念给工作人员，并出示身份证。",
        ]
    return [
        "带上这张凭条和本人身份证，到可以使用这张券的培训机构。",
        f"工作人员输入券号，系统把一次性短信码发到您登记的手机（尾号 {mobile[-4:]}）。",
        "您把短信码念给工作人员，并出示身份证。短信码几分钟就失效（几分钟写在短信里），只能在这一家机构用一次。",
        "核销以后，您会收到一条短信，写明时间和机构。",
    ]
