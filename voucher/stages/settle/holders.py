"""Whether what became known since of a claim's holder bars it: asked before approval and before payment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy.orm import Session

from voucher.registry.catalogue import list_ancestry
from voucher.registry.facts import read_facts
from voucher.registry.outside.reading import read_deaths
from voucher.registry.tables import read_age_limits
from voucher.rules import eligibility
from voucher.rules.eligibility import DRAWING_PENSION, ON_PUBLIC_PAYROLL, PersonFacts, Tag, judge_eligibility
from voucher.rules.errors import Family, reason
from voucher.rules.outside import DIED_BEFORE, judge_life
from voucher.rules.vocabulary import Outcome
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.entered import name_some
from voucher.stages.settle.models.claims import Claim

HOLDERS_DIED_BEFORE = reason(
    "holders_died_before",
    "有 {count} 条申领的证书发证日期在本人死亡以后：{claims}",
    "已制单的先作废文件；再对这些申领办理不予通过，其余申领另行办理；登记有误的，凭公安机关证明更正后照常办理",
    DIED_BEFORE.source,
    Family.CONFLICT,
)
HOLDERS_INELIGIBLE = reason(
    "holders_ineligible",
    "有 {count} 条申领，申报以后才登记本人在发证当日不能享受（{why}）：{claims}",
    "已制单的先作废文件；再对这些申领办理不予通过，其余申领另行办理；人员类别登记有误的，凭依据更正后照常办理",
    f"{eligibility.SOURCE}; AC-B7",
    Family.CONFLICT,
)
BARRING = frozenset({ON_PUBLIC_PAYROLL, DRAWING_PENSION})


def check_holders_stand(session: Session, claims: Sequence[Claim]) -> None:
    """Refuse claims whose holder is known by now to have been dead, or paid for otherwise, when certified.

    Raises Refused holders_died_before, holders_ineligible, parameter_missing.
    """
    holders = {each.certificate_id: each.person_id for each in claims if each.certificate_id is not None}
    deaths = read_deaths(session, holders.values())
    tags = {
        person_id: told
        for person_id, told in read_facts(session, sorted(set(holders.values()))).tags.items()
        if any(each.value in BARRING for each in told)
    }
    asked = [each for each, person_id in holders.items() if person_id in deaths or person_id in tags]
    found = certificates.find_candidates(session, asked)
    issued = {certificate_id: each.certificate.issued_on for certificate_id, each in found.items()}
    gone = [
        each.number
        for each in claims
        if each.certificate_id in issued
        and each.person_id in deaths
        and judge_life(deaths[each.person_id], issued[each.certificate_id])[0] is Outcome.REFUSED
    ]
    if gone:
        raise HOLDERS_DIED_BEFORE.refused(count=len(gone), claims=name_some(gone))
    barred = _list_barred(session, [each for each in claims if each.person_id in tags], tags, issued)
    if barred:
        why = "、".join(sorted(set(barred.values())))
        raise HOLDERS_INELIGIBLE.refused(count=len(barred), why=why, claims=name_some(list(barred)))


def _list_barred(
    session: Session,
    claims: Sequence[Claim],
    tags: Mapping[int, Sequence[Tag]],
    issued: Mapping[int, date],
) -> dict[str, str]:
    """Return the claims, by number, whose holder's category or pension bars them, with the words for it."""
    found = {}
    for each in claims:
        on = issued.get(each.certificate_id or 0)
        if on is None:
            continue
        limits = read_age_limits(session, on, list_ancestry(session, each.region_code))
        facts = PersonFacts(None, None, tuple(tags[each.person_id]), None)
        told = judge_eligibility(facts, on, limits, strict=False).refusal
        if told is not None:
            found[each.number] = told.title
    return found
