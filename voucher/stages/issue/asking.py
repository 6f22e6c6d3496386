"""Asking for somebody else whether a subsidy may still be had: the office's question leaves its trace."""

from __future__ import annotations

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import PERSON_MISSING, find_by_indexes, index_of
from voucher.rules.actor import Role, check_reach
from voucher.rules.identity import normalise_identity
from voucher.stages.issue.queries.standing import About, Answer, may_still_claim
from voucher.stages.issue.reading import OFFICERS


def ask_for(work: Work, number: str, about: About) -> tuple[int, Answer]:
    """Return the person behind an identity number and the answer about a trade and level.

    That it was asked, by whom and about what, stays in the trail of the person. Raises Refused role_missing,
    region_foreign, person_missing, and what an unreadable number is refused for.
    """
    check_reach(work.actor, about.region_code, Role.OPERATOR, *OFFICERS)
    index = index_of(work.keyring, normalise_identity(number, work.today))
    person = find_by_indexes(work.session, [index]).get(index)
    if person is None:
        raise PERSON_MISSING.refused()
    answer = may_still_claim(work.session, work.keyring, person.id, about, work.today)
    audit.record_one(
        work, "person", person.id, "ask_standing",
        trade=about.trade_code, level=about.level, region=about.region_code, outcome=answer.outcome,
    )  # fmt: skip
    return person.id, answer
