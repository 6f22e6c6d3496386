"""Redemption (核销): the one scan that uses a voucher; looking at a code without using anything up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from voucher.ledger.credentials.presented import (
    Behind,
    Presented,
    note_look,
)
from voucher.ledger.credentials.seen import SeenPresentation
from voucher.ledger.credentials.using import use_locked
from voucher.ledger.holds import check_no_hold, check_not_stopped
from voucher.ledger.vouchers import Voucher, advance
from voucher.plumbing.bulk import write_one
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.trips import gather
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.institutions import Institution
from voucher.registry.letters import VOUCHER_REDEEMED, Notice, write_to_people
from voucher.registry.people import read_people
from voucher.registry.tables import require_parameter_number
from voucher.rules.errors import KeptRefused, Refusal, Refused
from voucher.rules.lifecycle import Thing
from voucher.rules.privacy import mask_name
from voucher.stages.issue.queries import Programme, get_programme
from voucher.stages.train.cards import judge_card
from voucher.stages.train.enrol import check_enrolment_priced
from voucher.stages.train.fitting import subject_of, wanted_subject
from voucher.stages.train.foreseeing import AskedAhead, ask_ahead, foresee
from voucher.stages.train.long_way import find_code, go_the_long_way
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment, Redemption
from voucher.stages.train.presenting import house_of, stand_at
from voucher.stages.train.reading import (
    CLASS_MISSING,
    COUNTER,
    get_served_class,
    serves_class,
)
from voucher.stages.train.scan_facts import Redeeming as Redeeming
from voucher.stages.train.scan_facts import ScanFacts
from voucher.stages.train.scans import Scanned, record_scan
from voucher.stages.train.standing import get_redeemable_place, judge_place

ERASED_NAME = "（已注销）"
TOLD_WITHIN = "redeemed_notice_hours"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a code leads to: the voucher, whose (masked), what can be done here now, or why nothing can.

    `fits` says whether the class teaches what the voucher is for.
    """

    voucher: Voucher
    programme: Programme
    masked_name: str
    fits: bool
    possible: tuple[str, ...]
    refusal: Refusal | None


def check(work: Work, digits: str, class_id: int) -> Checked:
    """Say what a code leads to and what is possible in this class; nothing is used up.

    Raises Refused role_missing, class_missing, redeemed_already and what `find_presented` refuses.
    """
    found = get_served_class(work, class_id, *COUNTER)
    shown = find_code(work, digits, stand_at(work, found, "check"))
    note_look(work, shown, house_of(work, found))
    voucher = work.session.get_one(Voucher, shown.voucher_id, populate_existing=True)
    programme = get_programme(work.session, voucher.programme_id)
    wanted, offered = wanted_subject(work.session, programme), subject_of(work.session, found)
    possible, refusal = _look_ahead(work, voucher, programme, found)
    named = read_people(work.session, work.keyring, [voucher.holder_person_id])
    holder = named.get(voucher.holder_person_id)
    return Checked(
        voucher=voucher,
        programme=programme,
        masked_name=mask_name(holder.name) if holder else ERASED_NAME,
        fits=wanted.certificate_kind is offered.certificate_kind
        and wanted.trade_code in (None, offered.trade_code)
        and wanted.level in (None, offered.level),
        possible=possible,
        refusal=refusal,
    )


def _look_ahead(
    work: Work, voucher: Voucher, programme: Programme, found: TrainingClass
) -> tuple[tuple[str, ...], Refusal | None]:
    """Return what could be done with the voucher in this class now, or the refusal it would meet."""
    try:
        if voucher.state == "accepted":
            check_enrolment_priced(work, voucher, programme, found)
            return ("enrol",), None
        get_redeemable_place(work, voucher, found)
        check_no_hold(work, Thing.VOUCHER, [voucher.id], "redeem")
    except Refused as refused:
        return (), refused.refusal
    return ("redeem",), None


def redeem(work: Work, asked: Redeeming, ahead: AskedAhead | None = None) -> Redemption:
    """Use a voucher in the class it is locked to, exactly once; the same device and nonce is the same scan.

    A phone's code is the same scan again for a minute, whatever the nonce. Locks the voucher and its code,
    nothing else: no money moves. A wrong card is written down under the voucher's lock before anybody is
    told, so that guesses sent all at once are no more than those sent one by one.

    Raises KeptRefused identity_differs, card_tries_used_up; Refused role_missing, class_missing,
    nonce_reused, on_hold, counter_device_struck, counter_device_unapproved, parameter_missing and what
    `find_presented` and `get_redeemable_place` refuse.
    """
    ahead = ahead or ask_ahead(work, asked)
    foreseen = foresee(work, ahead, asked.class_id) if ahead is not None else None
    scan = foreseen or go_the_long_way(work, asked)
    if isinstance(scan, Redemption):
        return scan
    voucher, shown, facts = scan.voucher, scan.shown, scan.facts
    enrolment = _check_ready(work, voucher, scan.training_class, facts)
    _hold_card(work, asked, voucher, facts)
    gather(work.session.connection())
    seen = use_locked(work, shown, scan.counter, row_id=facts.seen_id, superseded=facts.superseded)
    house = scan.counter.institution_id
    redemption = write_redemption(work, asked, enrolment, shown, seen, house, row_id=facts.redemption_id)
    advance(work, [voucher], "redeem", before=facts.before)
    scanned = Scanned("redeem", scan.training_class.id, asked.digits, asked.device)
    record_scan(work, scanned, None, code=Behind(voucher.id, "redeem"), found=scan.training_class)
    if facts.holder is not None and facts.holder.has_mobile:
        tell_holder(work, voucher, redemption)
    return redemption


def _hold_card(work: Work, asked: Redeeming, voucher: Voucher, facts: ScanFacts) -> None:
    """Hold the characters typed against the card. Raises KeptRefused what `judge_card` refuses."""
    try:
        judge_card(facts.wrong_tries, facts.tries_most, facts.holder, asked.last4)
    except Refused as refused:
        scanned = Scanned("redeem", asked.class_id, asked.digits, asked.device)
        record_scan(work, scanned, refused.refusal, code=Behind(voucher.id))
        raise KeptRefused(refused.refusal) from None


def tell_holder(work: Work, voucher: Voucher, redemption: Redemption) -> None:
    """Send the holder word of it, where a telephone is on record: who was not there objects at once.

    Word that comes long afterwards only frightens: it is not sent any more. Raises Refused parameter_missing.
    """
    # of a scan that was foreseen no more of it has been read than the scan was judged by
    voucher = work.session.get_one(Voucher, voucher.id)
    told = {
        "programme": get_programme(work.session, voucher.programme_id).name,
        "number": voucher.number,
        "at": f"{work.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        "institution": work.session.get_one(Institution, redemption.institution_id).name,
    }
    regions = catalogue.list_ancestry(work.session, voucher.region_code)
    hours = require_parameter_number(work.session, TOLD_WITHIN, work.today, regions)
    until = work.at + timedelta(hours=hours)
    write_to_people(
        work,
        [Notice(f"redeemed:{redemption.id}", voucher.holder_person_id, VOUCHER_REDEEMED, told, until)],
    )


def _check_ready(work: Work, voucher: Voucher, found: TrainingClass, facts: ScanFacts) -> Enrolment:
    """Return the place of a locked voucher once nothing but the card can keep it from being used there."""
    enrolment = judge_place(work, voucher, found, facts.seat)
    # the class has been read anew with its place
    if not serves_class(work.actor, found, *COUNTER):
        raise CLASS_MISSING.refused()
    check_not_stopped(Thing.VOUCHER, voucher.id, "redeem", facts.stopped_why)
    return enrolment


def write_redemption(
    work: Work,
    asked: Redeeming,
    enrolment: Enrolment,
    shown: Presented,
    seen: SeenPresentation | None,
    institution_id: int,
    *,
    row_id: int | None = None,
) -> Redemption:
    """Write the redemption of a locked voucher at an institution by the code it was shown with; return it."""
    return write_one(
        work.session,
        Redemption,
        {
            "id": row_id,
            "voucher_id": enrolment.voucher_id,
            "person_id": enrolment.person_id,
            "enrolment_id": enrolment.id,
            "class_id": enrolment.class_id,
            "institution_id": institution_id,
            "screen_code_id": shown.screen.id if shown.screen is not None else None,
            "presentation_id": seen.id if seen is not None else None,
            "device": asked.device,
            "nonce": asked.nonce,
            "redeemed_at": work.at,
            "redeemed_by_person_id": work.actor.person_id,
        },
    )
