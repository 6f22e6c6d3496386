"""A scan read step by step: where it is not foreseen, and where it is to be said why it is refused."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger.credentials import CODE_USED
from voucher.ledger.credentials.presented import Counter, Presented, find_presented, judge_again
from voucher.ledger.credentials.seen import SeenPresentation
from voucher.ledger.credentials.using import lock_shown
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, Refused, reason
from voucher.stages.train.models.places import Redemption
from voucher.stages.train.presenting import come_to_counter
from voucher.stages.train.reading import find_redemption
from voucher.stages.train.scan_facts import Redeeming, ScanSeen, read_scan_facts
from voucher.stages.train.scans import find_shown
from voucher.stages.train.standing import redeemed_already

NONCE_REUSED = reason(
    "nonce_reused",
    "这个核销请求编号已用于另一次核销",
    "请刷新核销页面后重新扫描；每次核销使用新的编号",
    "【设】同一设备同一编号只核销一次（DESIGN 6）",
    Family.CONFLICT,
)


def go_the_long_way(work: Work, asked: Redeeming) -> ScanSeen | Redemption:
    """Return what a scan is judged by, read step by step, or the redemption it has already made.

    Raises what `redeem` refuses before it looks at the place and the card.
    """
    found, counter = come_to_counter(work, asked.class_id, "redeem", asked.scanner)
    try:
        shown = find_code(work, asked.digits, counter)
    except Refused:
        done = _find_done(work, asked)
        if done is None:
            raise
        return done
    voucher = lock_shown(work, shown)
    facts = read_scan_facts(work, asked.device, asked.nonce, shown, voucher)
    # whoever held the lock before may have been this very scan, sent twice
    done = _judge_done(work, asked, facts.done)
    if done is None:
        done = _find_again(work, asked, _look_again(work, shown, facts.seen, counter))
    return done or ScanSeen(found, counter, shown, voucher, facts)


def _find_done(work: Work, asked: Redeeming) -> Redemption | None:
    """Return the redemption this device and nonce already made, of this code in this class.

    Raises Refused nonce_reused.
    """
    done = work.session.scalars(
        select(Redemption).where(Redemption.device == asked.device, Redemption.nonce == asked.nonce)
    ).first()
    return _judge_done(work, asked, done)


def _judge_done(work: Work, asked: Redeeming, done: Redemption | None) -> Redemption | None:
    """Return what was done under this device and nonce where it was this. Raises Refused nonce_reused."""
    if done is None:
        return None
    shown = find_shown(work, asked.digits)
    if shown is None or done.class_id != asked.class_id:
        raise NONCE_REUSED.refused()
    if (shown.screen_code_id, shown.presentation_id) != (done.screen_code_id, done.presentation_id):
        raise NONCE_REUSED.refused()
    return done


def _find_again(work: Work, asked: Redeeming, shown: Presented) -> Redemption | None:
    """Return the redemption this phone's code made a moment ago in this class. Raises Refused code_used."""
    if shown.again is None:
        return None
    done = find_redemption(work.session, shown.voucher_id)
    if done is None or done.presentation_id != shown.again.id or done.class_id != asked.class_id:
        raise CODE_USED.refused()
    return done


def find_code(work: Work, digits: str, counter: Counter) -> Presented:
    """Return a code that is still good; of one that redeemed its voucher, say when and where it did."""
    try:
        return find_presented(work.session, work.keyring, digits, work.at, counter)
    except Refused as refused:
        shown = find_shown(work, digits)
        if refused.refusal.code != CODE_USED.code or shown is None or shown.used_for != "redeem":
            raise
        if find_redemption(work.session, shown.voucher_id) is None:
            raise
        voucher = work.session.get_one(Voucher, shown.voucher_id)
        raise redeemed_already(work.session, work.actor, voucher) from None


def _look_again(work: Work, shown: Presented, seen: SeenPresentation | None, counter: Counter) -> Presented:
    """Return the code as it stands under the voucher's lock; say when and where it redeemed the voucher."""
    try:
        return judge_again(shown, seen, work.at, counter)
    except Refused:
        if find_redemption(work.session, shown.voucher_id) is None:
            raise
        voucher = work.session.get_one(Voucher, shown.voucher_id)
        raise redeemed_already(work.session, work.actor, voucher) from None
