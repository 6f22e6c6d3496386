"""准考证 and the list for the door as PDFs: made when they are asked for and kept by nobody."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, make_response

from voucher.doors.auth.door import the_door
from voucher.doors.web.documents import DOOR_LIST, SLIPS
from voucher.doors.web.navigation import DEFAULT_FOOTER
from voucher.doors.web.paper import RIBBON
from voucher.doors.web.pictures import draw_code
from voucher.doors.web.showing import day, moment
from voucher.plumbing.documents import make_pdf
from voucher.stages.assess.queries.slips import Slip

NOTICE = (
    "带本人身份证原件，提前 30 分钟到考场。",
    "入场时出示手机上的二维码；没有手机或不用券的，出示本准考证。工作人员核对身份证后四位，相符才能入场。",
    "对号入座。冒名顶替的不得参考，并按规定处理。",
    "符合补贴条件的，考试不收费；有人收费的，请拨打下方电话反映。",
)


def answer_slips(slips: Sequence[Slip], name: str) -> Response:
    """Return admission slips as one PDF, a page each. Raises Refused document_fonts_missing."""
    door = the_door()
    told = {
        "slips": [
            {
                "number": each.number,
                "spaced": space_out(each.number),
                "issuer": each.evaluator_name,
                "facts": _facts(each),
                "seat": str(each.place.seat) if each.place is not None else None,
                "room": each.place.room_name if each.place is not None else None,
                "kind": each.place.kind_name if each.place is not None else None,
                "code": str(draw_code(each.number, border=0)),
            }
            for each in slips
        ],
        "notice": NOTICE,
        "footer": f"咨询电话 {DEFAULT_FOOTER['hotline']}",
        "printed_at": moment(door.at),
        "ribbon": RIBBON if door.config.demo else None,
    }
    return _answer(make_pdf(SLIPS, told, door.at), name)


def _facts(slip: Slip) -> list[tuple[str, str]]:
    facts = [
        ("姓名", slip.name),
        ("证件号码", slip.masked_number),
        ("职业等级", f"{slip.trade_name} · {slip.level_name}"),
        ("考试科目", "、".join(slip.subjects)),
        ("考试日期", day(slip.exam_on)),
    ]
    if slip.place is None:
        return [*facts, ("考点", slip.address), ("考场", "到考点看座位表")]
    return [
        *facts,
        ("开考时间", moment(slip.place.begins_at)[-5:]),
        ("考点", f"{slip.place.site_name}，{slip.place.address}"),
    ]


def space_out(number: str) -> str:
    """Return a slip's number in groups as people read it aloud."""
    return " ".join((number[:4], number[4:10], number[10:14], number[14:]))


def answer_door_list(slips: Sequence[Slip], title: str) -> Response:
    """Return the list that hangs at the doors, a table per room. Raises Refused document_fonts_missing."""
    door = the_door()
    rooms: dict[str, list[Slip]] = {}
    for each in slips:
        where = f"{each.place.site_name} {each.place.room_name}" if each.place is not None else "还没有排座位"
        rooms.setdefault(where, []).append(each)
    first = slips[0] if slips else None
    told = {
        "title": title,
        "issuer": first.evaluator_name if first else "",
        "what": f"{first.trade_name} · {first.level_name}" if first else "",
        "rooms": [
            {
                "name": where,
                "when": moment(sitters[0].place.begins_at) if sitters[0].place else day(sitters[0].exam_on),
                "rows": [
                    (str(each.place.seat) if each.place else "—", each.name, each.masked_number, each.number)
                    for each in sitters
                ],
            }
            for where, sitters in rooms.items()
        ],
        "footer": "含考生姓名，考试结束后收回销毁",
        "printed_at": moment(door.at),
        "ribbon": RIBBON if door.config.demo else None,
    }
    return _answer(make_pdf(DOOR_LIST, told, door.at), f"{title}-door")


def _answer(pdf: bytes, name: str) -> Response:
    answer = make_response(pdf)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer
