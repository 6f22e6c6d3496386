"""Rating a class (学员评价): its learner says once how it was, and may change it until the limit."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.vouchers import VOUCHER_MISSING, get_voucher
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.phones import read_keys
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.ratings import SOURCE, check_rating, rating_until
from voucher.stages.train.models.ratings import DAYS, RATING_SAID, ClassRating
from voucher.stages.train.queries.facts import completion_of
from voucher.stages.train.reading import load_class

NOT_FINISHED = reason(
    "rating_before_sign_off",
    "这个班级还没有结业签字，不能评价",
    "请在结业以后评价；上课中有问题的，请在“反映问题”中说明",
    SOURCE,
    Family.CONFLICT,
)


def rate(work: Work, voucher_id: int, stars: int, said: str) -> ClassRating:
    """Say how the class was in which one's own voucher was signed off; the last word until the limit counts.

    Raises Refused role_missing, voucher_missing (also for somebody else's), rating_before_sign_off,
    stars_malformed, rating_closed, parameter_missing.
    """
    check_role(work.actor, Role.WORKER)
    voucher = get_voucher(work, voucher_id)
    if voucher.holder_person_id != work.actor.person_id:
        raise VOUCHER_MISSING.refused()
    done = completion_of(work.session, voucher.id)
    if done is None:
        raise NOT_FINISHED.refused()
    regions = catalogue.list_ancestry(work.session, load_class(work.session, done.class_id).region_code)
    signed_on = day_of(done.signed_at)
    days = tables.require_parameter_number(work.session, DAYS, signed_on, regions)
    check_rating(stars, work.today, rating_until(signed_on, days))
    key = read_keys(work.session, work.keyring, [voucher.holder_person_id]).get(voucher.holder_person_id)
    words = said.strip()
    sealed = work.keyring.seal(key, RATING_SAID, words) if words and key is not None else None
    given = work.session.scalars(select(ClassRating).where(ClassRating.voucher_id == voucher.id)).first()
    if given is None:
        given = ClassRating(
            voucher_id=voucher.id,
            person_id=voucher.holder_person_id,
            class_id=done.class_id,
            stars=stars,
            said_sealed=sealed,
            changes=0,
            rated_at=work.at,
        )
        work.session.add(given)
    else:
        given.stars, given.said_sealed, given.rated_at = stars, sealed, work.at
        given.changes += 1
    work.session.flush()
    # neither stars nor words: the trail is read by many, the rating belongs to one
    audit.record_one(work, str(Thing.VOUCHER), voucher.id, "rate_class", changes=given.changes)
    return given
