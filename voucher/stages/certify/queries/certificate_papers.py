"""What is printed on a certificate an evaluator issued: for its holder and for that evaluator.

Nothing is printed of a certificate that is not valid: not yet verified, or revoked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue, people
from voucher.registry.card_numbers import open_numbers
from voucher.registry.institutions import EvaluatorFiling, Institution
from voucher.registry.phones import read_keys
from voucher.rules.assessment import format_score
from voucher.rules.card_numbers import find_digest
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.privacy import mask_identity
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, CertificateKind
from voucher.stages.certify.models import CERTIFICATE_NAME, Certificate
from voucher.stages.certify.queries.archive import name_ordinal

SOURCE = "豫人社办〔2023〕102号（九） 查询制度; S0-09e; DOMAIN 证书样式"

PAPER_MISSING = reason(
    "certificate_paper_missing",
    "没有找到这本证书",
    "请从证书列表重新选择；培训合格证书由培训机构制发",
    SOURCE,
    Family.MISSING,
)
PAPER_NOT_VALID = reason(
    "certificate_paper_not_valid",
    "这本证书当前为“{state}”，不提供电子证书",
    "还没有核验的，请等登记核验一致；已撤销的，以前打印的一律作废，有疑问的请联系发证机构",
    SOURCE,
    Family.CONFLICT,
)

PAPER_NUMBER_CLOSED = reason(
    "certificate_paper_number_closed",
    "这本证书的编号中含有证件号码，但不是持证人现在或以前的，不提供电子证书",
    "请持证书原件到经办机构核对：变更过证件号码的，办理身份更正；编号登记有误的，由发证机构申请撤销后重新登记",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class CertificatePaper:
    """A certificate as it is printed; the name is the one it was issued in, scores are words."""

    number: str
    name: str
    masked_number: str
    kind_name: str
    trade_name: str
    trade_code: str
    level_name: str
    issued_on: date
    institution_name: str
    filing_number: str | None
    theory: str | None
    skill: str | None
    comprehensive: str | None


def show_certificate_paper(
    session: Session,
    keyring: Keyring,
    certificate_id: int,
    *,
    person_id: int | None = None,
    institution_ids: Collection[int] = (),
) -> CertificatePaper:
    """Return what is printed, for its holder or the evaluator that issued it.

    Raises Refused certificate_paper_missing (also for a foreign one, and for an erased person),
    certificate_paper_not_valid, certificate_paper_number_closed.
    """
    found = session.get(Certificate, certificate_id)
    if (
        found is None
        or found.kind == CertificateKind.TRAINING_COMPLETION
        or not (found.person_id == person_id or found.institution_id in institution_ids)
    ):
        raise PAPER_MISSING.refused()
    if found.state != "valid":
        raise PAPER_NOT_VALID.refused(state=STATE_NAMES[Thing.CERTIFICATE][found.state])
    named = people.read_people(session, keyring, [found.person_id]).get(found.person_id)
    key = read_keys(session, keyring, [found.person_id]).get(found.person_id)
    if named is None or key is None:
        raise PAPER_MISSING.refused()
    number = open_numbers(session, keyring, [(found.person_id, found.number)])[found.person_id, found.number]
    if find_digest(number) is not None:
        raise PAPER_NUMBER_CLOSED.refused()
    trades = catalogue.name_trades(session, [found.trade_code])
    filing = session.get(EvaluatorFiling, found.filing_id) if found.filing_id is not None else None
    return CertificatePaper(
        number=number,
        name=keyring.unseal(key, CERTIFICATE_NAME, found.name_sealed),
        masked_number=mask_identity(named.number) if named.number else "",
        kind_name=CERTIFICATE_KIND_NAMES[CertificateKind(found.kind)],
        trade_name=trades.get(found.trade_code, found.trade_code),
        trade_code=found.trade_code,
        level_name=name_ordinal(found.level),
        issued_on=found.issued_on,
        institution_name=session.get_one(Institution, found.institution_id).name,
        filing_number=filing.filing_number if filing is not None else None,
        theory=_tell(found.theory_hundredths),
        skill=_tell(found.skill_hundredths),
        comprehensive=_tell(found.comprehensive_hundredths),
    )


def _tell(score_hundredths: int | None) -> str | None:
    return format_score(score_hundredths) if score_hundredths is not None else None
