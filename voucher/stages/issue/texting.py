"""A code by a short message (短信码): for who holds a paper or a phone without a network.

The counter asks for it by the number on the paper; it goes to the telephone the holder has on record, is good
for some minutes, once, and at that institution only. The counter never sees it: the holder reads it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from voucher.ledger import audit
from voucher.ledger.credentials import show_code
from voucher.ledger.credentials.texted import count_texted, keep_for
from voucher.ledger.holds import check_no_hold
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, get_voucher
from voucher.plumbing.clock import end_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.institutions import Institution
from voucher.registry.letters import SMS_CLOSED, TEXTED_CODE, read_mobile, write_to_number
from voucher.registry.listing import check_listed
from voucher.registry.sanctions import INSTITUTION_ABSENT
from voucher.registry.tables import require_parameter_number
from voucher.registry.vouched_numbers import is_vouched
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.issuing import check_usable_on
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.privacy import mask_mobile
from voucher.stages.issue.holding import SHOWABLE, VOUCHER_NOT_SHOWABLE
from voucher.stages.issue.queries.programmes import get_programme, may_be_used_at
from voucher.stages.issue.queries.vouchers import find_voucher

COUNTER = (Role.INSTITUTION_ADMIN, Role.REGISTRAR, Role.SCANNER)
MINUTES = "texted_code_minutes"
OF_VOUCHER, OF_INSTITUTION = "texted_codes_voucher_daily", "texted_codes_institution_daily"
SOURCE = "S2-16c 实名; PAGES 4.1 纸质券; 【设】短信码只能在一家机构使用"

MOBILE_MISSING = reason(
    "voucher_mobile_missing",
    "持券人没有登记手机号，短信码发不出去",
    "请持券人用自己的手机出示二维码，或带身份证到人社窗口登记手机号后再来",
    SOURCE,
    Family.CONFLICT,
)
TEXTED_TOO_OFTEN = reason(
    "texted_codes_used_up",
    "今天的短信码已发满 {most} 条，不再发送",
    "请核对券号；手机能上网的请直接出示二维码，或明天再办",
    SOURCE,
    Family.LIMIT,
)
NOT_USABLE_HERE = reason(
    "voucher_not_for_institution",
    "这张券不能在{institution}使用",
    "请持券人到券面列明的机构办理",
    "DOMAIN W1（可用机构）",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Texted:
    """To whose number a code went (its ends only), and until when it is good."""

    voucher_number: str
    masked_mobile: str
    until: datetime


def text_code(work: Work, number: str, institution_id: int, *, has_sms: bool) -> Texted:
    """Send the holder of a voucher a code for this institution; the code before it ends.

    Without anybody to carry messages nothing is sent, and the code before it goes on. Raises Refused
    role_missing, institution_absent, sms_closed, institution_not_listed, voucher_missing,
    voucher_not_showable, voucher_not_for_institution, redeem_date_passed, on_hold,
    voucher_mobile_missing, texted_codes_used_up, parameter_missing.
    """
    check_role(work.actor, *COUNTER)
    institution = work.session.get(Institution, institution_id)
    if institution is None or not work.actor.serves(institution_id, *COUNTER):
        raise INSTITUTION_ABSENT.refused()
    if not has_sms:
        raise SMS_CLOSED.refused()
    check_listed(work.session, institution_id, work.today)
    found = find_voucher(work.session, number)
    if found is None:
        raise VOUCHER_MISSING.refused()
    return send_code(work, get_voucher(work, found.id), institution)


def send_code(
    work: Work, voucher: Voucher, institution: Institution, *, consent_id: int | None = None
) -> Texted:
    """Send the holder of a locked voucher a code for an institution, as asked there or by a helper.

    Raises Refused voucher_not_showable, voucher_not_for_institution, redeem_date_passed, on_hold,
    voucher_mobile_missing, texted_codes_used_up, parameter_missing.
    """
    _check_usable(work, voucher, institution)
    _check_not_too_often(work, voucher, institution.id)
    mobile = read_mobile(work.session, work.keyring, voucher.holder_person_id)
    # a number only an institution put on record may be the institution's own
    if mobile is None or not is_vouched(work, voucher.holder_person_id):
        raise MOBILE_MISSING.refused()
    minutes = _parameter(work, voucher, MINUTES)
    shown = show_code(work, voucher, 60 * minutes)
    keep_for(work, shown.code, institution.id)
    told = {
        "code": " ".join(shown.digits[start : start + 4] for start in range(0, len(shown.digits), 4)),
        "institution": institution.name,
        "minutes": minutes,
    }
    write_to_number(
        work, mobile, TEXTED_CODE, told, key=f"texted:{shown.code.id}", good_until=shown.expires_at
    )
    asked = {"institution": institution.id} | ({"consent": consent_id} if consent_id is not None else {})
    audit.record_one(work, str(Thing.VOUCHER), voucher.id, "text", **asked)
    return Texted(voucher.number, mask_mobile(mobile), shown.expires_at)


def _check_usable(work: Work, voucher: Voucher, institution: Institution) -> None:
    if voucher.state not in SHOWABLE:
        raise VOUCHER_NOT_SHOWABLE.refused(state=STATE_NAMES[Thing.VOUCHER][voucher.state])
    programme = get_programme(work.session, voucher.programme_id)
    if not may_be_used_at(work.session, programme, institution.id):
        raise NOT_USABLE_HERE.refused(institution=institution.name)
    check_no_hold(work, Thing.VOUCHER, [voucher.id], "redeem")
    if voucher.state != "training":
        check_usable_on(voucher.redeem_by, work.today)


def _check_not_too_often(work: Work, voucher: Voucher, institution_id: int) -> None:
    """Refuse what would make a telephone ring all day, or let a counter try numbers one after another."""
    since = end_of(work.today - timedelta(days=1))
    sent = {
        OF_VOUCHER: count_texted(work.session, since, voucher_id=voucher.id),
        OF_INSTITUTION: count_texted(work.session, since, institution_id=institution_id),
    }
    for name, count in sent.items():
        most = _parameter(work, voucher, name)
        if count >= most:
            raise TEXTED_TOO_OFTEN.refused(most=most)


def _parameter(work: Work, voucher: Voucher, name: str) -> int:
    regions = catalogue.list_ancestry(work.session, voucher.region_code)
    return require_parameter_number(work.session, name, work.today, regions)
