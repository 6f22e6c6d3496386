"""Whether something may go now: asked when it is listed, and once more when it is destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry.people import get_person
from voucher.registry.subjects import SubjectKey
from voucher.registry.tables import require_parameter_number
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.rules.retention import check_may_erase, check_no_evidence, check_unused
from voucher.stages.oversee.privacy.holding import list_papers, read_holding
from voucher.stages.oversee.privacy.models import OPEN as ERASURE_ASKED
from voucher.stages.oversee.privacy.models import ErasureRequest
from voucher.stages.settle.queries.persons import list_claim_ids

IDLE_MONTHS = "retention_idle_months"
GONE = ("retention_gone", "已清除：信息先前已随注销或另一次到期清除销毁")
NOT_DUE = ("retention_not_due", "名单列出以后情况有变，现在不到清除的时候")
OWN_WAY = ("erasure_open", "本人已申请注销，按申请由两人办理")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something may go; where not, the stable code of the reason and its sentence."""

    code: str | None = None
    words: str | None = None

    @property
    def may_go(self) -> bool:
        """Return whether nothing stands in the way."""
        return self.code is None


def judge_person(session: Session, keyring: Keyring, person_id: int, on: date) -> Verdict:
    """Return whether a person may be erased unasked on a day. Raises Refused person_missing."""
    if is_erased(session, person_id):
        return Verdict(*GONE)
    asked = select(ErasureRequest.id).where(ErasureRequest.person_id == person_id, ERASURE_ASKED)
    if session.scalar(asked) is not None:
        return Verdict(*OWN_WAY)
    holding = read_holding(session, keyring, person_id, on)
    months = require_parameter_number(session, IDLE_MONTHS, on, ())
    last_on = max(each.last_on for each in holding.held if each.last_on is not None)
    try:
        check_no_evidence(list_papers(session, person_id), count_holds(session, person_id))
        check_may_erase(holding.business, holding.kept, on)
        check_unused(last_on, months, on)
    except Refused as refused:
        return Verdict(refused.refusal.code, refused.refusal.title)
    return Verdict()


def is_erased(session: Session, person_id: int) -> bool:
    """Return whether a person's key is gone already. Raises Refused person_missing."""
    return holds_no_key(session, get_person(session, person_id).blind_index)


def holds_no_key(session: Session, blind_index: str) -> bool:
    """Return whether the key of a subject is gone."""
    standing = select(SubjectKey.id).where(
        SubjectKey.blind_index == blind_index, SubjectKey.wrapped_key.is_not(None)
    )
    return session.scalar(standing) is None


def count_holds(session: Session, person_id: int) -> int:
    """Return how many holds are open on vouchers and claims of a person."""
    vouchers = select(Voucher.id).where(Voucher.holder_person_id == person_id)
    claims = list_claim_ids(session, person_id)
    query = select(func.count()).where(
        Hold.closed_at.is_(None),
        or_(
            (Hold.thing == str(Thing.VOUCHER)) & Hold.object_id.in_(vouchers),
            (Hold.thing == str(Thing.CLAIM)) & Hold.object_id.in_(claims),
        ),
    )
    return session.scalar(query) or 0
