"""The draw of the phone checks (电话抽查): the seed is fixed when a class is approved, used at the sign-off.

So nobody who fills the roster knows the seed, and nobody who knows the seed can choose it to a roster.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Select, select

from voucher.ledger import audit
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.rules.draws import DRAW_SOURCE, commitment_of, digest_of, draw, sample_size
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.phone_checks import PhoneDraw, PhoneDrawEntry
from voucher.stages.train.models.places import Enrolment, Redemption
from voucher.stages.train.reading import get_reached_class
from voucher.stages.train.standing import USED

SEED_BYTES = 32
SHARE = "phone_check_share"
OVER = ("signed_off", "closed")

DRAWN_ALREADY = reason(
    "phone_checks_drawn",
    "这个班级的电话抽查名单已经抽取",
    "名单抽取后不再更换，请从抽查名单办理",
    DRAW_SOURCE,
    Family.CONFLICT,
)
DRAW_TOO_EARLY = reason(
    "phone_draw_too_early",
    "班级当前为“{state}”，还不能抽取电话抽查名单",
    "结业签字时自动抽取；请等机构结业签字",
    DRAW_SOURCE,
    Family.CONFLICT,
)
NOBODY_TO_DRAW = reason(
    "nobody_to_draw",
    "班级里没有已核销的学员，或参数规定不抽查，没有可抽取的名单",
    "请核对班级的名册和电话抽查比例",
    DRAW_SOURCE,
    Family.CONFLICT,
)


def commit_seed(work: Work, found: TrainingClass) -> PhoneDraw:
    """Fix the seed of a locked class and return its draw; only the hash is shown until it is used."""
    known = find_draw(work, found.id)
    if known is not None:
        return known
    seed = secrets.token_hex(SEED_BYTES)
    fixed = PhoneDraw(
        class_id=found.id, seed=seed, commitment=commitment_of(seed), committed_at=work.at
    )  # fmt: skip
    work.session.add(fixed)
    work.session.flush()
    audit.record_one(work, str(Thing.CLASS), found.id, "commit_seed", commitment=fixed.commitment)
    return fixed


def draw_at_sign_off(work: Work, found: TrainingClass) -> PhoneDraw | None:
    """Draw from the roster of a locked class that is being signed off; None where there is nobody to draw.

    A class approved before there were draws gets its seed now, and its page says so. Raises Refused
    parameter_missing.
    """
    regions = catalogue.list_ancestry(work.session, found.region_code)
    share_bp = tables.read_parameter_number(work.session, SHARE, found.ends_on, regions) or 0
    fixed = commit_seed(work, found)
    vouchers = {each.number: each for each in work.session.scalars(select_roster(found.id))}
    size = sample_size(len(vouchers), share_bp) if share_bp else 0
    if fixed.drawn_at is not None or not size:
        return None
    ordered = draw(fixed.seed, found.number, vouchers, len(vouchers))
    work.session.add_all(
        PhoneDrawEntry(
            draw_id=fixed.id,
            position=position,
            voucher_id=vouchers[number].id,
            person_id=vouchers[number].holder_person_id,
            voucher_number=number,
            is_drawn=position <= size,
        )
        for position, number in enumerate(ordered, 1)
    )
    fixed.drawn_at, fixed.drawn_by_person_id = work.at, work.actor.person_id
    fixed.share_bp, fixed.people_count = share_bp, len(vouchers)
    fixed.roster_digest = digest_of(vouchers)
    work.session.flush()
    audit.record_one(
        work,
        str(Thing.CLASS),
        found.id,
        "draw_phone_checks",
        share_bp=share_bp,
        people=len(vouchers),
        drawn=size,
        roster=fixed.roster_digest,
    )
    return fixed


def draw_late(work: Work, class_id: int) -> PhoneDraw:
    """Draw for a class signed off without a draw: one of before, or in a time without a share.

    Raises Refused role_missing, class_missing, phone_draw_too_early, phone_checks_drawn, nobody_to_draw.
    """
    found = get_reached_class(work, class_id, lock=True)
    if found.state not in OVER:
        raise DRAW_TOO_EARLY.refused(state=STATE_NAMES[Thing.CLASS][found.state])
    known = find_draw(work, found.id)
    if known is not None and known.drawn_at is not None:
        raise DRAWN_ALREADY.refused()
    drawn = draw_at_sign_off(work, found)
    if drawn is None:
        raise NOBODY_TO_DRAW.refused()
    return drawn


def find_draw(work: Work, class_id: int) -> PhoneDraw | None:
    """Return the draw of a class, seed and all."""
    return work.session.scalars(select(PhoneDraw).where(PhoneDraw.class_id == class_id)).first()


def select_roster(class_id: int) -> Select[Voucher]:
    """Return the query for the vouchers redeemed by people who sit in a class or have finished it."""
    return (
        select(Voucher)
        .join(Enrolment, Enrolment.voucher_id == Voucher.id)
        .join(Redemption, (Redemption.voucher_id == Voucher.id) & Redemption.reversed_at.is_(None))
        .where(
            Enrolment.class_id == class_id,
            Enrolment.ended_at.is_(None),
            Voucher.state.in_((*USED, "completed")),
        )
        .order_by(Voucher.id)
    )
