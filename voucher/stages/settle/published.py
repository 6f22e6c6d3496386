"""What a public notice shows: masked lines, the same as a file anybody can hash, and for how long."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people
from voucher.registry.institutions import Institution
from voucher.registry.tables import read_parameter_number
from voucher.rules.errors import Family, reason
from voucher.rules.levels import Level, name_level
from voucher.rules.money import format_yuan
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.settle.lines import NO_LEVEL
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Notice, NoticeList

HEADINGS = ("申领编号", "姓名", "证件号码", "职业（工种）", "等级", "收款机构", "金额（元）")
PORTION = 1000
FORMULA = ("=", "+", "-", "@", "\t", "\r")

NOTICE_ARCHIVED = reason(
    "notice_archived",
    "该公示已于 {until} 结束，名单已归档，不再公开",
    "合计数仍可查看；对已拨付的补贴有疑问，请拨打 12333 举报",
    "个人信息保护法 第十九条（保存期限为实现目的所必要的最短时间）; 【设】公示期满后名单归档",
    Family.MISSING,
)

# what stays on a notice: everything that was published and has not been taken out since
PUBLISHED = (
    "noticed",
    "objected",
    "cleared",
    "approved",
    "paying",
    "paid",
    "bounced",
    "recovering",
    "recovered",
)


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One published line."""

    claim_id: int
    claim_number: str
    masked_name: str
    masked_number: str
    trade_name: str
    level: str
    payee_name: str
    amount_fen: int
    objected: bool


def list_notice_lines(
    session: Session,
    keyring: Keyring,
    notice: Notice,
    *,
    after: int = 0,
    limit: int = 50,
    claim_number: str | None = None,
    institution: str | None = None,
) -> list[NoticeLine]:
    """Return the published lines after a claim id; search by claim number or payee, never by person."""
    query = (
        select(Claim, Institution.name)
        .join(Institution, Institution.id == Claim.institution_id)
        .where(Claim.batch_id == notice.batch_id, Claim.state.in_(PUBLISHED), Claim.id > after)
        .order_by(Claim.id)
        .limit(limit)
    )
    if claim_number is not None:
        tail = claim_number.rsplit("-", 1)[-1]
        # as long as an id can be; a longer one names nothing, and no database takes it
        query = query.where(Claim.id == (int(tail) if tail.isdecimal() and len(tail) <= 18 else -1))
    if institution is not None:
        query = query.where(Institution.name.contains(institution, autoescape=True))
    rows = session.execute(query).all()
    named = people.read_people(session, keyring, [claim.person_id for claim, _ in rows])
    trades = catalogue.name_trades(session, [claim.trade_code for claim, _ in rows])
    lines = []
    for claim, payee in rows:
        who = named.get(claim.person_id)
        lines.append(
            NoticeLine(
                claim_id=claim.id,
                claim_number=claim.number,
                masked_name=mask_name(who.name) if who else "（已注销）",
                masked_number=mask_identity(who.number) if who and who.number else "",
                trade_name=trades.get(claim.trade_code, claim.trade_code),
                level=name_level(Level(claim.level)) if claim.level else NO_LEVEL,
                payee_name=payee,
                amount_fen=claim.amount_fen,
                objected=claim.state == "objected",
            )
        )
    return lines


def list_every_line(session: Session, keyring: Keyring, notice: Notice) -> Iterator[NoticeLine]:
    """Yield every published line of a notice, in portions."""
    after = 0
    while portion := list_notice_lines(session, keyring, notice, after=after, limit=PORTION):
        yield from portion
        after = portion[-1].claim_id


def list_part(
    session: Session, keyring: Keyring, notice: Notice, before: int, limit: int
) -> list[NoticeLine]:
    """Return so many published lines of a notice after the first `before` ones; the others stay sealed."""
    after = 0
    if before:
        last = (
            select(Claim.id)
            .where(Claim.batch_id == notice.batch_id, Claim.state.in_(PUBLISHED))
            .order_by(Claim.id)
            .offset(before - 1)
            .limit(1)
        )
        after = session.scalar(last) or 0
    return list_notice_lines(session, keyring, notice, after=after, limit=limit)


def write_list(lines: Sequence[NoticeLine]) -> bytes:
    """Return the masked list as the file whose SHA-256 is the notice's fingerprint (UTF-8 csv)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADINGS)
    for each in lines:
        row = (each.claim_number, each.masked_name, each.masked_number, each.trade_name, each.level,
               each.payee_name, format_yuan(each.amount_fen))  # fmt: skip
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in row])
    return ("\ufeff" + out.getvalue()).encode()


def fingerprint(lines: Sequence[NoticeLine]) -> str:
    """Return the SHA-256 of the list as a file."""
    return hashlib.sha256(write_list(lines)).hexdigest()


def keep_list(work: Work, notice: Notice) -> None:
    """Keep what is posted at this moment: how many lines, how much, and the fingerprint of the list."""
    lines = list(list_every_line(work.session, work.keyring, notice))
    work.session.add(
        NoticeList(
            notice_id=notice.id,
            line_count=len(lines),
            total_fen=sum(each.amount_fen for each in lines),
            fingerprint=fingerprint(lines),
            made_at=work.at,
        )
    )
    work.session.flush()


def find_list(session: Session, notice_id: int) -> NoticeList | None:
    """Return what was kept when a notice was posted; None for one from before lists were kept."""
    return session.get(NoticeList, notice_id)


def is_archived(session: Session, notice: Notice, today: date) -> bool:
    """Return whether the list of a notice is no longer shown: its period ended so many days ago."""
    if notice.state == "posted":
        return False
    days = read_parameter_number(session, "notice_archive_days", notice.until_on, [])
    return days is not None and today > notice.until_on + timedelta(days=days)


def check_shown(session: Session, notice: Notice, today: date) -> None:
    """Refuse the list of a notice that has been archived. Raises Refused notice_archived."""
    if is_archived(session, notice, today):
        raise NOTICE_ARCHIVED.refused(until=notice.until_on.isoformat())
