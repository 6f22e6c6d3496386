"""What a holder does with a voucher: accept it, give it back, show its code."""

from __future__ import annotations

from voucher.ledger import audit
from voucher.ledger.commitments import end_vouchers
from voucher.ledger.credentials import Shown, show_code
from voucher.ledger.holds import check_no_hold
from voucher.ledger.origins import SeenFrom, note_accepted_from
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, advance, get_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.issuing import check_usable_on
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.issue.models import Acceptance
from voucher.stages.issue.reading import SOURCE, reaches
from voucher.stages.issue.signing import sign_for_holder
from voucher.stages.issue.waiting import serve_waiting

# enrolling, redeeming and signing in are what a code is held to an institution's scanner for
SHOWABLE = ("accepted", "enrolled", "training")
# and the door of an exam is another counter, for which no code is texted
AT_EXAM = "trained"
SECONDS = "screen_code_seconds"
NOWHERE = SeenFrom()

CONSENT_MISSING = reason(
    "consent_missing",
    "没有写明本人同意代办的凭据",
    "请写明委托方式和凭据（如书面委托书编号）后再代为领取",
    "DOMAIN V4 亲情代办; 个人信息保护法 第十三条",
)
VOUCHER_NOT_SHOWABLE = reason(
    "voucher_not_showable",
    "这张券当前为“{state}”，没有可出示的码",
    "尚未领取的请先领取；已结束的券不能再使用",
    SOURCE,
    Family.CONFLICT,
)


def accept(work: Work, voucher_id: int, seen: SeenFrom = NOWHERE) -> Voucher:
    """Accept one's own voucher and return it.

    Raises Refused role_missing, voucher_missing (also for somebody else's), redeem_date_passed,
    event_not_allowed, on_hold.
    """
    voucher = get_own_voucher(work, voucher_id)
    take_in_hand(work, voucher, channel="page", seen=seen)
    return voucher


def accept_for(work: Work, voucher_id: int, consent: str) -> Voucher:
    """Accept a voucher for its holder at the counter, naming the holder's consent, and return it.

    Raises Refused role_missing, voucher_missing (also for a foreign one), consent_missing,
    redeem_date_passed, event_not_allowed, on_hold.
    """
    check_role(work.actor, Role.OPERATOR)
    voucher = get_voucher(work, voucher_id)
    if not reaches(work, voucher.region_code, Role.OPERATOR):
        raise VOUCHER_MISSING.refused()
    if not consent.strip():
        raise CONSENT_MISSING.refused()
    take_in_hand(work, voucher, channel="helper", consent=consent.strip())
    return voucher


def take_in_hand(
    work: Work,
    voucher: Voucher,
    *,
    channel: str,
    consent: str | None = None,
    consent_id: int | None = None,
    seen: SeenFrom = NOWHERE,
) -> None:
    """Move a locked voucher to accepted, keep how it came about, and sign it into its holder's phone.

    Where somebody helped, either the paper (`consent`) or the registered consent is named. Of the office's
    own counter nothing is kept of where it was done.
    """
    check_usable_on(voucher.redeem_by, work.today)
    advance(work, [voucher], "accept", consent_id=consent_id)
    work.session.add(
        Acceptance(
            voucher_id=voucher.id,
            person_id=voucher.holder_person_id,
            channel=channel,
            consent=consent,
            consent_id=consent_id,
            accepted_by_person_id=work.actor.person_id,
            accepted_at=work.at,
        )
    )
    work.session.flush()
    note_accepted_from(work, voucher.id, seen)
    sign_for_holder(work, [voucher])


def withdraw(work: Work, voucher_id: int) -> Voucher:
    """Give one's own unused voucher back and return it; its money goes to whoever waits.

    Raises Refused role_missing, voucher_missing (also for somebody else's), event_not_allowed.
    """
    voucher = get_own_voucher(work, voucher_id, money=True)
    end_vouchers(work, [voucher], "withdraw")
    serve_waiting(work, voucher.budget_id)
    return voucher


def show(work: Work, voucher_id: int) -> Shown:
    """Return a fresh code of one's own voucher; the one shown before is good for nothing now.

    Raises Refused role_missing, voucher_missing (also for somebody else's), voucher_not_showable,
    redeem_date_passed, on_hold, parameter_missing.
    """
    voucher = get_own_voucher(work, voucher_id)
    if voucher.state not in (*SHOWABLE, AT_EXAM):
        raise VOUCHER_NOT_SHOWABLE.refused(state=STATE_NAMES[Thing.VOUCHER][voucher.state])
    check_no_hold(work, Thing.VOUCHER, [voucher.id], "redeem")
    if voucher.state not in ("training", AT_EXAM):
        check_usable_on(voucher.redeem_by, work.today)
    regions = catalogue.list_ancestry(work.session, voucher.region_code)
    seconds = require_parameter_number(work.session, SECONDS, work.today, regions)
    shown = show_code(work, voucher, seconds)
    audit.record_one(work, str(Thing.VOUCHER), voucher.id, "show")
    return shown


def get_own_voucher(work: Work, voucher_id: int, *, money: bool = False) -> Voucher:
    """Return a voucher of the actor, locked. Raises Refused role_missing, voucher_missing."""
    check_role(work.actor, Role.WORKER)
    voucher = get_voucher(work, voucher_id, money=money)
    if voucher.holder_person_id != work.actor.person_id:
        raise VOUCHER_MISSING.refused()
    return voucher
