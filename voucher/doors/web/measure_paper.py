"""处置告知书、决定书、移送书 as a PDF: made when it is asked for, from the measure as it stands."""

from __future__ import annotations

from flask import Response, make_response
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web.documents import MEASURE
from voucher.doors.web.navigation import DEFAULT_FOOTER
from voucher.doors.web.paper import RIBBON
from voucher.doors.web.showing import day, moment
from voucher.plumbing.clock import day_of
from voucher.plumbing.documents import make_pdf
from voucher.registry.catalogue import Region
from voucher.registry.institutions import Institution
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.measures import ENDING_NAMES, Ending, Step
from voucher.stages.oversee.measures.grounds import list_attached
from voucher.stages.oversee.measures.models import Measure

# nothing is inflicted by a restoration: its papers say what it gives, until two agree and afterwards
_RESTORING = {
    "proposed": "经核查，拟恢复你单位，另一人核实后生效；生效以后，因此停住的培训券继续办理。",
    "dropped": "恢复你单位的提议已作废，你单位的状态没有变。",
}


def answer_decision(session: Session, found: Measure) -> Response:
    """Return the paper of a measure as a PDF. Raises Refused document_fonts_missing."""
    door = the_door()
    house = session.get_one(Institution, found.institution_id)
    region = session.get(Region, found.region_code)
    grounds = list_attached(session, found.id, house.id)
    told = {
        "title": _title(found),
        "number": found.number,
        "receiver": found.recipient or house.name,
        "issuer": f"{region.name if region else found.region_code}人力资源和社会保障局",
        "sentence": _sentence(found, house),
        "facts": [
            ("机构", house.name),
            ("统一社会信用代码", house.code),
            ("事实", found.facts),
            *((each.kind_name, each.words) for each in grounds),
            ("法律依据", found.legal_basis),
            *_optional(found),
        ],
        "how": _rights(found),
        "dated": day(day_of(found.decided_at or found.proposed_at)),
        "footer": f"咨询电话 {DEFAULT_FOOTER['hotline']}",
        "printed_at": moment(door.at),
        "ribbon": RIBBON if door.config.demo else None,
    }
    answer = make_response(make_pdf(MEASURE, told, door.at))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    return answer


def _title(found: Measure) -> str:
    if found.state == "proposed":
        return "恢复告知书" if found.step == Step.RESTORE else "处置告知书"
    if found.state == "dropped":
        return "恢复作废说明" if found.step == Step.RESTORE else "处置作废说明"
    if found.step == Step.REFER:
        return "案件移送书"
    return "恢复决定书" if found.step == Step.RESTORE else "处置决定书"


def _sentence(found: Measure, house: Institution) -> str:
    if found.step == Step.RESTORE:
        return _RESTORING.get(found.state, "经两人核实，决定恢复你单位，因此停住的培训券继续办理。")
    if found.state == "proposed":
        return f"经核查，拟对你单位作出“{found.step_name}”的处置。现将事实、依据和你单位的权利告知如下。"
    if found.state == "dropped":
        return f"对你单位“{found.step_name}”的处置已作废，你单位的状态没有变。"
    if found.step == Step.REFER:
        return f"我局在监管中发现{house.name}的下列事实，依法移送你单位处理。"
    stands = STATE_NAMES[Thing.MEASURE][found.state]
    return f"经核查，决定对你单位作出“{found.step_name}”的处置（{stands}）。"


def _optional(found: Measure) -> list[tuple[str, str]]:
    lines = (
        ("越级的理由", found.skip_why),
        ("要求", found.demand),
        ("整改期限", day(found.deadline_on) if found.deadline_on else None),
        ("黑名单期限", f"至 {day(found.until_on)}" if found.until_on else None),
        ("恢复的缘由", ENDING_NAMES[Ending(found.ending)] if found.ending else None),
    )
    return [(name, said) for name, said in lines if said]


def _rights(found: Measure) -> str:
    if found.state == "proposed" and found.heard_until is not None:
        return f"你单位可以在 {day(found.heard_until)}（含当天）前，在“处置与整改”页陈述申辩，或要求听证。"
    if found.appeal_until is not None and found.step not in (Step.REFER, Step.RESTORE):
        return (
            f"不服本决定的，可以在 {day(found.appeal_until)}（含当天）前在“处置与整改”页申诉，"
            "也可以依法申请行政复议或提起行政诉讼。申诉期间不停止执行；申诉由没有办理本处置的人处理。"
        )
    return "本件由两人办理，经办和确认的记录留存备查。"
