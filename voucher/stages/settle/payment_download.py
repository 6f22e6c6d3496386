"""A released file leaves once; each time after that is opened by another person, who says why (重导)."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.restoring import check_paid
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_ancestry
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.words import check_why
from voucher.stages.settle.models.banking import PaymentDownload
from voucher.stages.settle.models.payments import PaymentFile
from voucher.stages.settle.payment import get_file, make_again, region_of
from voucher.stages.settle.payment_content import file_name, find_template

SOURCE = "PAGES 4.6 一次性下载、重导; 【设】重导须另一人写明原因"

NOT_RELEASED = reason(
    "payment_file_not_released",
    "拨付文件尚未签发，不能下载",
    "请先完成复核和签发",
    SOURCE,
    Family.CONFLICT,
)
ALREADY_DOWNLOADED = reason(
    "payment_file_downloaded",
    "拨付文件已于 {at} 下载过，只能下载一次",
    "如银行未收到，请联系下载人；确需再交的，由另一人在本页写明原因、准予重导",
    SOURCE,
    Family.CONFLICT,
)
NOTHING_TO_SEND = reason(
    "payment_file_all_offset",
    "本文件全部由抵扣结清，没有要交银行的付款",
    "不必下载；抵扣明细在拨付文件页面",
    "【设】净额为零的不交银行 (AC-I1)",
    Family.CONFLICT,
)
NOT_DOWNLOADED_YET = reason(
    "payment_file_not_downloaded",
    "拨付文件还可以下载，不必准予重导",
    "请先下载",
    SOURCE,
    Family.CONFLICT,
)
ANSWERED_ALREADY = reason(
    "payment_file_answered",
    "银行已经回盘，文件已在银行，不能再下载或重导",
    "请按回盘结果办理；退票的更正账户后重新制单",
    SOURCE,
    Family.CONFLICT,
)


def download(work: Work, payment_file_id: int) -> tuple[str, bytes]:
    """Return the name and bytes of a released file: once, and once more each time that was opened.

    Raises Refused payment_file_missing, role_missing, payment_file_not_released,
    payment_file_all_offset, payment_file_answered, payment_file_downloaded, second_person_needed,
    payment_file_changed, restored_unreconciled, restored_payments_unconfirmed.
    """
    file = get_file(work, payment_file_id)
    region = region_of(work, file)
    check_reach(work.actor, region, Role.FINANCE_MAKER, Role.FINANCE_RELEASER)
    if file.released_at is None:
        raise NOT_RELEASED.refused()
    if not file.total_fen:
        raise NOTHING_TO_SEND.refused()
    if file.state != "released":
        raise ANSWERED_ALREADY.refused()
    # a copy may not know that the bank has had it
    check_paid(work.session, list_ancestry(work.session, region))
    handing = _take_turn(work, file)
    content = make_again(work, file)
    handing.downloaded_at = work.at
    handing.downloaded_by_person_id = work.actor.person_id
    work.session.add(handing)
    if file.downloaded_at is None:
        file.downloaded_at = work.at
        file.downloaded_by_person_id = work.actor.person_id
    work.session.flush()
    audit.record_one(
        work, "payment_file", file.id, "download", sha256=file.sha256, turn=handing.turn, why=handing.why
    )
    return file_name(file, find_template(work, file)), content


def _take_turn(work: Work, file: PaymentFile) -> PaymentDownload:
    if file.downloaded_at is None:
        return PaymentDownload(payment_file_id=file.id, turn=1)
    last = _last(work, file)
    if last.downloaded_at is not None or last.opened_by_person_id is None:
        at = last.downloaded_at or file.downloaded_at
        raise ALREADY_DOWNLOADED.refused(at=at.isoformat(timespec="minutes"))
    check_two_people(last.opened_by_person_id, work.actor.person_id)
    return last


def _last(work: Work, file: PaymentFile) -> PaymentDownload:
    return work.session.scalars(
        select(PaymentDownload)
        .where(PaymentDownload.payment_file_id == file.id)
        .order_by(PaymentDownload.turn.desc())
        .limit(1)
    ).one()


def open_again(work: Work, payment_file_id: int, why: str) -> PaymentDownload:
    """Allow a file that has been handed out to be handed out once more, to somebody else (准予重导).

    The bytes are the same, under the same number, so that a bank that has them already takes them once.
    Raises Refused payment_file_missing, role_missing, why_missing, payment_file_not_downloaded,
    payment_file_answered, restored_unreconciled, restored_payments_unconfirmed.
    """
    file = get_file(work, payment_file_id)
    region = region_of(work, file)
    check_reach(work.actor, region, Role.FINANCE_CHECKER, Role.FINANCE_RELEASER)
    told = check_why(why)
    if file.released_at is not None and file.state != "released":
        raise ANSWERED_ALREADY.refused()
    if file.downloaded_at is None or (last := _last(work, file)).downloaded_at is None:
        raise NOT_DOWNLOADED_YET.refused()
    check_paid(work.session, list_ancestry(work.session, region))
    opened = PaymentDownload(
        payment_file_id=file.id,
        turn=last.turn + 1,
        why=told,
        opened_by_person_id=work.actor.person_id,
        opened_at=work.at,
    )
    work.session.add(opened)
    work.session.flush()
    audit.record_one(work, "payment_file", file.id, "open_again", turn=opened.turn, why=told)
    return opened
