"""Objections: anyone lodges one against a published line, somebody who has not signed it decides."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.registry import subjects
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import Step, check_not_cleared, check_unsigned
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.settle.ending import end_claims
from voucher.stages.settle.models.claims import Claim, SettlementBatch
from voucher.stages.settle.models.notices import Notice, Objection
from voucher.stages.settle.notice import clear_lines
from voucher.stages.settle.reading import check_apart, check_no_judge, list_clearers, list_hands, lock_claims
from voucher.stages.settle.review import OPINION_MISSING

SOURCE = "豫人社规〔2022〕2号 公示; PAGES 公示 异议渠道"
CONTACT_CONTEXT = "objection.contact"
LONGEST_WORDS = 2000

NOTICE_NOT_OPEN = reason(
    "notice_not_open",
    "该公示不存在或已过公示期",
    "公示期满后如仍有异议，请拨打 12333 或书面向经办机构反映",
    SOURCE,
    Family.MISSING,
)
LINE_NOT_PUBLISHED = reason(
    "line_not_published",
    "公示中没有编号为 {claim} 的申领，或该条已在处理异议",
    "请从公示名单中选择要提出异议的那一条；已提交的异议可凭编号查询进度",
    SOURCE,
    Family.MISSING,
)
WORDS_MISSING = reason(
    "objection_words_missing",
    "请写明异议的事实和理由（不超过 2000 字）",
    "填写后重新提交；不便书写的，可拨打 12333",
    SOURCE,
)
OBJECTION_MISSING = reason(
    "objection_missing",
    "没有找到编号为 {number} 的异议",
    "请核对受理编号；编号在提交异议后的页面上",
    SOURCE,
    Family.MISSING,
)


def lodge(work: Work, notice_id: int, claim_id: int, words: str, contact: str | None) -> Objection:
    """Lodge an objection against one published line and return it with its number.

    The contact is kept sealed under a key of its own. Raises Refused notice_not_open,
    line_not_published, objection_words_missing.
    """
    if not words.strip() or len(words) > LONGEST_WORDS:
        raise WORDS_MISSING.refused()
    notice = work.session.get(Notice, notice_id)
    # the last day is over at midnight, whenever the clock comes round to closing the notice
    if notice is None or notice.state != "posted" or notice.until_on < work.today:
        raise NOTICE_NOT_OPEN.refused()
    claims = lock_claims(work, Claim.id == claim_id, Claim.batch_id == notice.batch_id)
    if not claims or claims[0].state != "noticed":
        raise LINE_NOT_PUBLISHED.refused(claim=claim_id)
    number = f"YY-{work.today:%Y%m%d}-{secrets.randbelow(10**8):08d}"
    index = work.keyring.blind_index("objection", number)
    key = subjects.open_keys(work, [index])[index]
    sealed = work.keyring.seal(key, CONTACT_CONTEXT, contact.strip()) if contact and contact.strip() else None
    objection = Objection(
        number=number,
        notice_id=notice.id,
        claim_id=claims[0].id,
        words=words.strip(),
        subject_index=index,
        contact_sealed=sealed,
        lodged_at=work.at,
        **states.first_state(Thing.OBJECTION, "lodge"),
    )
    work.session.add(objection)
    work.session.flush()
    states.begin(work, Thing.OBJECTION, [objection.id], "lodge")
    states.move(work, Claim, claims, "object", reason=number)
    return objection


def decide(work: Work, objection_id: int, *, uphold: bool, conclusion: str) -> None:
    """Dismiss an objection, and the line goes on; or uphold it, and the line alone is taken out.

    Raises Refused objection_missing, opinion_missing, role_missing, already_signed, involved,
    event_not_allowed.
    """
    if not conclusion.strip():
        raise OPINION_MISSING.refused()
    claim_id = work.session.scalar(select(Objection.claim_id).where(Objection.id == objection_id))
    if claim_id is None:
        raise OBJECTION_MISSING.refused(number=objection_id)
    claim = lock_claims(work, Claim.id == claim_id, money=uphold)[0]
    objection = work.session.scalars(
        select(Objection).where(Objection.id == objection_id).with_for_update()
    ).one()
    if claim.region_code not in work.actor.regions:
        raise OBJECTION_MISSING.refused(number=objection_id)
    check_reach(work.actor, claim.region_code, Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
    for step, person_id in list_hands(work.session, [claim.id])[claim.id]:
        check_unsigned(work.actor.person_id, {Step(step): person_id})
    check_apart(work, [claim], "异议处理")
    check_no_judge(work.session, work.actor.person_id, [claim.id], "异议处理")
    check_not_cleared("异议处理", work.actor.person_id, list_clearers(work.session, [claim.id]))
    event = "uphold" if uphold else "dismiss"
    states.move(work, Objection, [objection], event, reason=conclusion)
    objection.decided_by_person_id = work.actor.person_id
    objection.decided_at = work.at
    objection.conclusion = conclusion
    work.session.flush()
    if uphold:
        end_claims(work, [claim], "uphold", f"异议 {objection.number} 成立：{conclusion}")
    else:
        states.move(work, Claim, [claim], "dismiss", reason=f"异议 {objection.number} 不成立")
    notice = work.session.get_one(Notice, objection.notice_id)
    if notice.state == "closed":
        clear_lines(work, work.session.get_one(SettlementBatch, notice.batch_id))
