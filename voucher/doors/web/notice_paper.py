"""公示名单 on paper and as a file: masked as on the page, all of them tied by one fingerprint."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, make_response
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web.documents import NOTICE
from voucher.doors.web.navigation import DEFAULT_FOOTER
from voucher.doors.web.paper import RIBBON
from voucher.doors.web.showing import day
from voucher.plumbing.documents import make_pdf
from voucher.rules.bonuses import SUBSIDIES
from voucher.rules.money import format_yuan
from voucher.stages.oversee.anchoring import tell_anchor
from voucher.stages.settle import queries
from voucher.stages.settle.models.claims import SettlementBatch
from voucher.stages.settle.models.notices import Notice
from voucher.stages.settle.published import (
    NoticeLine,
    check_shown,
    find_list,
    fingerprint,
    list_every_line,
    list_part,
    write_list,
)

LINES_PER_PART = 1000  # a paper of so many lines is set in about a second
UNSEEN = "noindex, noarchive"
WHO = ("序号", "申领编号", "姓名", "证件号码")
CARD_HEADS = (*WHO, "职业（工种）", "等级", "收款机构", "金额（元）")
BONUS_HEADS = (*WHO, "事项", "收款机构", "金额（元）")


def answer_list(session: Session, notice: Notice) -> Response:
    """Return the masked list as the file the fingerprint is of. Raises Refused notice_archived."""
    door = the_door()
    check_shown(session, notice, door.today)
    answer = make_response(write_list(list(list_every_line(session, door.keyring, notice))))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{notice.number}.csv"'
    answer.headers["X-Robots-Tag"] = UNSEEN
    return answer


def answer_paper(session: Session, notice: Notice, part: int) -> Response:
    """Return one part of the list as a PDF; the same list gives the same bytes.

    Only the lines of the part are read. Raises Refused notice_archived, document_fonts_missing.
    """
    door = the_door()
    check_shown(session, notice, door.today)
    count, total_fen = queries.sum_notice(session, notice)
    of_cards = is_of_cards(session, notice)
    parts = count_parts(count)
    part = min(max(part, 1), parts)
    before = (part - 1) * LINES_PER_PART
    shown = list_part(session, door.keyring, notice, before, LINES_PER_PART)
    counted = "首日计入" if notice.first_day_counts else "首日不计"
    total = format_yuan(total_fen)
    told = {
        "title": notice.title,
        "issuer": DEFAULT_FOOTER["region"],
        "number": notice.number,
        "fingerprint": _read_fingerprint(session, notice),
        "anchor": tell_anchor(session, notice.posted_at),
        "facts": [
            ("编号", notice.number),
            (
                "公示期",
                f"{day(notice.from_on)} 至 {day(notice.until_on)}（{notice.workdays} 个工作日，{counted}）",
            ),
            ("公示人次", f"{count:,}"),
            ("拟拨付合计", f"{total} 元"),
        ],
        "words": "对名单中任何一条有疑问的，可在公示期内凭申领编号在公示网页提出异议，"
        f"或拨打 {DEFAULT_FOOTER['hotline']}。姓名、证件号码已脱敏。",
        "heads": CARD_HEADS if of_cards else BONUS_HEADS,
        "lines": [_row(place, each, of_cards) for place, each in enumerate(shown, before + 1)],
        "sum": f"第 {part} 份，共 {parts} 份　本份 {len(shown):,} 条　全部 {count:,} 条，{total} 元",
        "ribbon": RIBBON if door.config.demo else None,
    }
    answer = make_response(make_pdf(NOTICE, told, notice.posted_at))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{notice.number}-{part}.pdf"'
    answer.headers["X-Robots-Tag"] = UNSEEN
    return answer


def count_parts(lines: int) -> int:
    """Return how many papers a list of so many lines is."""
    return max(1, -(-lines // LINES_PER_PART))


def _read_fingerprint(session: Session, notice: Notice) -> str:
    """Return the fingerprint of the list as it was posted; of one posted before lists were kept, as it is."""
    posted = find_list(session, notice.id)
    if posted is not None:
        return posted.fingerprint
    return fingerprint(list(list_every_line(session, the_door().keyring, notice)))


def is_of_cards(session: Session, notice: Notice) -> bool:
    """Return whether a notice is of certificates; the item of a bonus has no level."""
    return session.get_one(SettlementBatch, notice.batch_id).kind in SUBSIDIES


def _row(place: int, line: NoticeLine, of_cards: bool) -> Sequence[str]:
    return (
        str(place),
        line.claim_number,
        line.masked_name,
        line.masked_number,
        line.trade_name,
        *((line.level,) if of_cards else ()),
        line.payee_name,
        format_yuan(line.amount_fen),
    )
