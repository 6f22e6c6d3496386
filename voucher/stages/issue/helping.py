"""亲情代办: a worker does for another what that one consents to; never a code, a phone or a way back.

Whoever helps without a living consent is told that the voucher is missing. Staff of an institution help
nobody with what concerns their own institution: not with a voucher its roster asked for, not toward its
classes, not with a code good at its counter.
"""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.origins import SeenFrom
from voucher.ledger.vouchers import Voucher, get_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.consents.acting import check_helping, check_no_staff, note_help
from voucher.registry.consents.rows import Consent
from voucher.registry.institutions import Institution
from voucher.registry.letters import SMS_CLOSED
from voucher.registry.listing import check_listed
from voucher.registry.people import get_person
from voucher.registry.sanctions import INSTITUTION_ABSENT
from voucher.rules.errors import Family, reason
from voucher.rules.helping import Scope
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.issue.holding import NOWHERE, SHOWABLE, VOUCHER_NOT_SHOWABLE, take_in_hand
from voucher.stages.issue.models import Issue, IssueLine
from voucher.stages.issue.texting import SOURCE, Texted, send_code

MOBILE_OF_HELPER = reason(
    "voucher_mobile_of_helper",
    "本人登记的手机号就是代办人的，短信码不能发到代办人手机上",
    "请本人带身份证到人社窗口登记自己的手机号；到机构办理时本人须到场并出示身份证",
    SOURCE,
    Family.CONFLICT,
)


def accept_as_helper(work: Work, voucher_id: int, consent_id: int, seen: SeenFrom = NOWHERE) -> Voucher:
    """Accept a voucher for its holder, on the holder's consent, and return it.

    Raises Refused role_missing, voucher_missing (also without a living consent), consent_scope_missing,
    helper_is_staff, redeem_date_passed, event_not_allowed, on_hold.
    """
    voucher, consent = _get_helped(work, voucher_id, consent_id, Scope.ACCEPT)
    rostered = select(Issue.institution_id).join(IssueLine, IssueLine.issue_id == Issue.id)
    houses = work.session.scalars(rostered.where(IssueLine.voucher_id == voucher.id))
    check_no_staff(work, [each for each in houses if each is not None])
    take_in_hand(work, voucher, channel="helper", consent_id=consent.id, seen=seen)
    note_help(work, consent, voucher, "accept")
    return voucher


def print_as_helper(work: Work, voucher_id: int, consent_id: int) -> Voucher:
    """Keep that a helper prints the paper of a voucher, and return the voucher.

    Raises Refused role_missing, voucher_missing (also without a living consent), consent_scope_missing,
    voucher_not_showable.
    """
    voucher, consent = _get_helped(work, voucher_id, consent_id, Scope.PAPER)
    if voucher.state not in SHOWABLE:
        raise VOUCHER_NOT_SHOWABLE.refused(state=STATE_NAMES[Thing.VOUCHER][voucher.state])
    audit.record_one(work, str(Thing.VOUCHER), voucher.id, "print", consent=consent.id)
    note_help(work, consent, voucher, "paper")
    return voucher


def text_code_as_helper(
    work: Work, voucher_id: int, consent_id: int, institution_id: int, *, has_sms: bool
) -> Texted:
    """Have a code for one institution sent to the telephone of a voucher's holder, never to the helper's.

    Raises Refused role_missing, sms_closed, voucher_missing (also without a living consent),
    consent_scope_missing, institution_absent, institution_not_listed, helper_is_staff,
    voucher_mobile_of_helper and what `send_code` refuses.
    """
    if not has_sms:
        raise SMS_CLOSED.refused()
    voucher, consent = _get_helped(work, voucher_id, consent_id, Scope.PAPER)
    institution = work.session.get(Institution, institution_id)
    if institution is None:
        raise INSTITUTION_ABSENT.refused()
    check_listed(work.session, institution_id, work.today)
    check_no_staff(work, [institution_id])
    holder, helper = (
        get_person(work.session, each) for each in (voucher.holder_person_id, work.actor.person_id)
    )
    if holder.mobile_index is not None and holder.mobile_index == helper.mobile_index:
        raise MOBILE_OF_HELPER.refused()
    sent = send_code(work, voucher, institution, consent_id=consent.id)
    note_help(work, consent, voucher, "text")
    return sent


def _get_helped(work: Work, voucher_id: int, consent_id: int, scope: Scope) -> tuple[Voucher, Consent]:
    voucher = get_voucher(work, voucher_id)
    return voucher, check_helping(work, consent_id, voucher.holder_person_id, scope)
