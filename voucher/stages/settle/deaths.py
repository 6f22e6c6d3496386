"""Whether a death that became known since bars a claim: asked before approval and before payment."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from voucher.registry.outside.reading import read_deaths
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


def check_none_died_before(session: Session, claims: Sequence[Claim]) -> None:
    """Refuse claims of a certificate dated after its holder's death, as far as it is known by now.

    Raises Refused holders_died_before.
    """
    certified = {each.certificate_id: each.person_id for each in claims if each.certificate_id is not None}
    deaths = read_deaths(session, certified.values())
    dead = [certificate_id for certificate_id, person_id in certified.items() if person_id in deaths]
    barred = {
        certificate_id
        for certificate_id, found in certificates.find_candidates(session, dead).items()
        if judge_life(deaths[certified[certificate_id]], found.certificate.issued_on)[0] is Outcome.REFUSED
    }
    gone = [each.number for each in claims if each.certificate_id in barred]
    if gone:
        raise HOLDERS_DIED_BEFORE.refused(count=len(gone), claims=name_some(gone))
