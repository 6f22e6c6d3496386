"""What is printed on a 培训合格证书: the fields the ministry names, for its holder and who issued it.

Source: 人社厅发〔2022〕15号（DOMAIN N2）序列号、姓名、身份信息、培训项目、起止日期、机构、发证日期。
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue, people
from voucher.registry.institutions import Institution
from voucher.registry.phones import read_keys
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.privacy import mask_identity
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.certify.models import CERTIFICATE_NAME, Certificate, VoucherProof
from voucher.stages.train.queries import classes_of, completion_of

SOURCE = "人社厅发〔2022〕15号（DOMAIN N2）; 【参】培训合格证书（DOMAIN H-f、H11）"

PAPER_MISSING = reason(
    "completion_paper_missing",
    "没有找到这份培训合格证书",
    "请从证书列表重新选择；其他证书由发证机构制发",
    SOURCE,
    Family.MISSING,
)
PAPER_NOT_VALID = reason(
    "completion_paper_not_valid",
    "这份培训合格证书当前为“{state}”，不能打印",
    "有疑问的，请联系培训机构或拨打 12333",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class CompletionPaper:
    """A certificate of a completed training as it is printed; the name is the one it was issued in."""

    number: str
    name: str
    masked_number: str
    training_name: str
    trade_name: str
    hours_attended: int
    hours_planned: int
    starts_on: date
    ends_on: date
    issued_on: date
    institution_name: str


def show_completion_paper(
    session: Session,
    keyring: Keyring,
    certificate_id: int,
    *,
    person_id: int | None = None,
    institution_ids: tuple[int, ...] = (),
) -> CompletionPaper:
    """Return what is printed, for its holder or an institution that issued it.

    Raises Refused completion_paper_missing (also for a foreign one, and for an erased person),
    completion_paper_not_valid.
    """
    found = session.get(Certificate, certificate_id)
    if (
        found is None
        or found.kind != CertificateKind.TRAINING_COMPLETION
        or not (found.person_id == person_id or found.institution_id in institution_ids)
    ):
        raise PAPER_MISSING.refused()
    if found.state != "valid":
        raise PAPER_NOT_VALID.refused(state=STATE_NAMES[Thing.CERTIFICATE][found.state])
    voucher_id = session.scalar(
        select(VoucherProof.voucher_id).where(VoucherProof.certificate_id == found.id)
    )
    named = people.read_people(session, keyring, [found.person_id]).get(found.person_id)
    key = read_keys(session, keyring, [found.person_id]).get(found.person_id)
    done = completion_of(session, voucher_id) if voucher_id is not None else None
    if voucher_id is None or named is None or key is None or done is None:
        raise PAPER_MISSING.refused()
    taught = classes_of(session, [voucher_id])[voucher_id]
    trades = catalogue.name_trades(session, [found.trade_code])
    return CompletionPaper(
        number=found.number,
        name=keyring.unseal(key, CERTIFICATE_NAME, found.name_sealed),
        masked_number=mask_identity(named.number) if named.number else "",
        training_name=taught.name,
        trade_name=trades.get(found.trade_code, found.trade_code),
        hours_attended=done.hours_attended,
        hours_planned=done.hours_planned,
        starts_on=taught.starts_on,
        ends_on=taught.ends_on,
        issued_on=found.issued_on,
        institution_name=session.get_one(Institution, found.institution_id).name,
    )
