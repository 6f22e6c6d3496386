"""The accounts money is paid to: proposed with evidence by one person, confirmed by another."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.ledger import states
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import subjects
from voucher.registry.institutions import (
    INSTITUTION_MISSING,
    Institution,
    PayeeAccount,
    get_institution,
)
from voucher.registry.second_hands import check_second_hand
from voucher.registry.subjects import ORGANISATION
from voucher.rules.actor import Role, check_reach, check_role
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.identity import AccountKind, normalise_bank_account
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.names import same_name
from voucher.rules.privacy import mask_account
from voucher.rules.words import check_why

SOURCE = "LIFECYCLE 收款账户变更须两人; DOMAIN 2.4 退票"
ACCOUNT_CONTEXT = "payee_account.account"
OWN_STAFF = (Role.EVALUATOR_ADMIN, Role.INSTITUTION_ADMIN)
# who may be the second person within an institution
AGREEING = (*OWN_STAFF, Role.REGISTRAR, Role.SCORE_CLERK)

ACCOUNT_MISSING = reason(
    "payee_account_missing",
    "没有找到这条收款账户登记",
    "请从收款账户列表重新选择",
    SOURCE,
    Family.MISSING,
)
ACCOUNT_INCOMPLETE = reason(
    "payee_account_incomplete",
    "收款账户的户名、开户行或凭证没有填写",
    "请按开户许可证或银行证明填写完整后重新提交",
    SOURCE,
)
ACCOUNT_DIFFERS = reason(
    "payee_account_differs",
    "您按凭证输入的账号与提出的账号不一致",
    "请对照凭证重新输入；提出的账号有误的，请办理不予更正，由提出人重新登记",
    SOURCE,
    Family.CONFLICT,
)
HOLDER_DIFFERS = reason(
    "payee_account_holder_differs",
    "户名与机构登记的名称不一致",
    "补贴只付给机构自己的对公账户，请按机构名称“{institution}”填写；机构已更名的，请先变更备案",
    SOURCE,
    Family.CONFLICT,
)
ACCOUNT_WAITING = reason(
    "payee_account_waiting",
    "{institution}已有一份收款账户更正在等确认：{account}，{proposed} 提出",
    "请另一人先把它办结：对照凭证确认，或写明理由不同意、不予更正（人社、财务人员也可以），再重新提出",
    SOURCE,
    Family.CONFLICT,
)
WAITING = ("suggested", "proposed")
translate("uq_payee_account_in_use", "payee_account.institution_id", CHANGED_MEANWHILE)
translate("uq_payee_account_waiting", "payee_account.institution_id", CHANGED_MEANWHILE)


def propose_account(
    work: Work, institution_code: str, holder_name: str, bank_name: str, account: str, evidence: str
) -> PayeeAccount:
    """Propose an account for an institution; it is used only once another person has confirmed it.

    What the institution's own people propose waits for a second one of them before the office is asked; one
    waits at a time. Raises Refused institution_missing (also for a foreign one), role_missing,
    region_foreign, payee_account_incomplete, payee_account_holder_differs, payee_account_waiting,
    account_malformed.
    """
    institution = get_institution(work.session, institution_code)
    own = work.actor.serves(institution.id, *OWN_STAFF)
    if institution.region_code not in work.actor.regions and not own:
        raise INSTITUTION_MISSING.refused(code=institution_code)
    check_reach(
        work.actor,
        institution.region_code,
        *(Role.OPERATOR, Role.FINANCE_MAKER, *OWN_STAFF),
        institution_id=institution.id,
    )
    if not (holder_name.strip() and bank_name.strip() and evidence.strip()):
        raise ACCOUNT_INCOMPLETE.refused()
    if own and not same_name(holder_name, institution.name):
        raise HOLDER_DIFFERS.refused(institution=institution.name)
    _check_none_waits(work.session, institution)
    event = "suggest" if own else "propose"
    number = normalise_bank_account(account, AccountKind.CORPORATE)
    index = work.keyring.blind_index(ORGANISATION, institution.code)
    key = subjects.open_keys(work, [index])[index]
    proposed = PayeeAccount(
        institution_id=institution.id,
        holder_name=holder_name.strip(),
        bank_name=bank_name.strip(),
        account_sealed=work.keyring.seal(key, ACCOUNT_CONTEXT, number),
        account_index=work.keyring.blind_index("account", number),
        account_masked=mask_account(number),
        evidence=evidence.strip(),
        proposed_by_person_id=work.actor.person_id,
        proposed_at=work.at,
        **states.first_state(Thing.ACCOUNT_CORRECTION, event),
    )
    work.session.add(proposed)
    work.session.flush()
    states.begin(work, Thing.ACCOUNT_CORRECTION, [proposed.id], event)
    return proposed


def _check_none_waits(session: Session, institution: Institution) -> None:
    """Refuse a second proposal beside one that waits: whoever confirms could take the wrong one for it."""
    mine = PayeeAccount.institution_id == institution.id
    waiting = session.scalars(select(PayeeAccount).where(mine, PayeeAccount.state.in_(WAITING))).first()
    if waiting is not None:
        since = waiting.proposed_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        said = {"institution": institution.name, "account": waiting.account_masked, "proposed": since}
        raise ACCOUNT_WAITING.refused(**said)


def agree_account(work: Work, payee_account_id: int, account: str) -> PayeeAccount:
    """Agree, as a second person of the institution, to what the first one proposed; the office is next.

    The second person types the whole number from the evidence. Raises Refused role_missing,
    payee_account_missing (also for a foreign one), payee_account_differs, account_malformed,
    event_not_allowed and what `check_second_hand` refuses.
    """
    suggested = _take_up_within(work, payee_account_id)
    check_second_hand(work, suggested.proposed_by_person_id)
    number = normalise_bank_account(account, AccountKind.CORPORATE)
    if work.keyring.blind_index("account", number) != suggested.account_index:
        raise ACCOUNT_DIFFERS.refused()
    suggested.agreed_by_person_id, suggested.agreed_at = work.actor.person_id, work.at
    work.session.flush()
    states.move(work, PayeeAccount, [suggested], "agree")
    return suggested


def disagree_account(work: Work, payee_account_id: int, why: str) -> PayeeAccount:
    """Turn down, as a second person of the institution, what the first one proposed.

    Raises Refused role_missing, payee_account_missing, second_person_needed, event_not_allowed, why_missing.
    """
    suggested = _take_up_within(work, payee_account_id)
    states.move(work, PayeeAccount, [suggested], "disagree", reason=check_why(why))
    return suggested


def _take_up_within(work: Work, payee_account_id: int) -> PayeeAccount:
    check_role(work.actor, *AGREEING)
    found = _lock(work, payee_account_id)
    if not work.actor.serves(found.institution_id, *AGREEING):
        raise ACCOUNT_MISSING.refused()
    check_event(Thing.ACCOUNT_CORRECTION, found.state, "agree")
    check_two_people(found.proposed_by_person_id, work.actor.person_id)
    return found


def _lock(work: Work, payee_account_id: int) -> PayeeAccount:
    found = work.session.scalars(
        select(PayeeAccount).where(PayeeAccount.id == payee_account_id).with_for_update()
    ).first()
    if found is None:
        raise ACCOUNT_MISSING.refused()
    return found


def _take_up(work: Work, payee_account_id: int) -> PayeeAccount:
    found = _lock(work, payee_account_id)
    region = _region_of(work.session, found)
    if region not in work.actor.regions:
        raise ACCOUNT_MISSING.refused()
    check_reach(work.actor, region, Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.FINANCE_CHECKER)
    check_two_people(found.proposed_by_person_id, work.actor.person_id)
    if found.agreed_by_person_id is not None:
        check_two_people(found.agreed_by_person_id, work.actor.person_id)
    return found


def _region_of(session: Session, account: PayeeAccount) -> str:
    return session.get_one(Institution, account.institution_id).region_code


def confirm_account(work: Work, payee_account_id: int, account: str) -> PayeeAccount:
    """Confirm a proposed account; the one used before is kept as replaced.

    Pages show four digits of it, so the second person types the whole number from the evidence.
    Raises Refused payee_account_missing, role_missing, second_person_needed, payee_account_differs,
    account_malformed, event_not_allowed.
    """
    proposed = _take_up(work, payee_account_id)
    number = normalise_bank_account(account, AccountKind.CORPORATE)
    if work.keyring.blind_index("account", number) != proposed.account_index:
        raise ACCOUNT_DIFFERS.refused()
    for used in work.session.scalars(
        select(PayeeAccount).where(
            PayeeAccount.institution_id == proposed.institution_id,
            PayeeAccount.state == "confirmed",
            PayeeAccount.replaced_at.is_(None),
        )
    ):
        used.replaced_at = work.at
    proposed.confirmed_by_person_id = work.actor.person_id
    proposed.confirmed_at = work.at
    work.session.flush()
    states.move(work, PayeeAccount, [proposed], "confirm")
    return proposed


def refuse_account(work: Work, payee_account_id: int, why: str) -> None:
    """Refuse an account proposed or only suggested. Raises why_missing and as `confirm_account` does."""
    proposed = _take_up(work, payee_account_id)
    states.move(work, PayeeAccount, [proposed], "refuse", reason=check_why(why))


def _within(regions: Collection[str], institution_ids: Collection[int]) -> ColumnElement[bool]:
    here = select(Institution.id).where(Institution.region_code.in_(sorted(regions)))
    return PayeeAccount.institution_id.in_(here) | PayeeAccount.institution_id.in_(sorted(institution_ids))


def list_accounts(
    session: Session,
    regions: Collection[str],
    institution_ids: Collection[int],
    *,
    state: str | None = None,
    code: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[PayeeAccount]:
    """Return the newest accounts of the institutions of these regions and of these institutions."""
    query = select(PayeeAccount).where(_within(regions, institution_ids))
    if state is not None:
        query = query.where(PayeeAccount.state == state)
    if code is not None:
        query = query.where(
            PayeeAccount.institution_id.in_(select(Institution.id).where(Institution.code == code))
        )
    if before_id is not None:
        query = query.where(PayeeAccount.id < before_id)
    return list(session.scalars(query.order_by(PayeeAccount.id.desc()).limit(limit)))


def count_suggested(session: Session, institution_ids: Collection[int], person_id: int) -> int:
    """Return how many accounts somebody else of these institutions proposed and nobody there answered yet."""
    waiting = select(func.count()).where(
        PayeeAccount.institution_id.in_(sorted(institution_ids)),
        PayeeAccount.state == "suggested",
        PayeeAccount.proposed_by_person_id != person_id,
    )
    return session.scalar(waiting) or 0


def get_account(
    session: Session, payee_account_id: int, regions: Collection[str], institution_ids: Collection[int]
) -> PayeeAccount:
    """Return an account. Raises Refused payee_account_missing, the same for a foreign one."""
    found = session.scalars(
        select(PayeeAccount).where(PayeeAccount.id == payee_account_id, _within(regions, institution_ids))
    ).first()
    if found is None:
        raise ACCOUNT_MISSING.refused()
    return found


def find_accounts_in_use(session: Session, institution_ids: Sequence[int]) -> dict[int, PayeeAccount]:
    """Return the confirmed account of each institution that has one."""
    rows = session.scalars(
        select(PayeeAccount).where(
            PayeeAccount.institution_id.in_(sorted(set(institution_ids))),
            PayeeAccount.state == "confirmed",
            PayeeAccount.replaced_at.is_(None),
        )
    )
    return {row.institution_id: row for row in rows}


def read_account_number(session: Session, keyring: Keyring, code: str, account: PayeeAccount) -> str:
    """Return the full account number of an institution by its 统一社会信用代码, for the payment file only."""
    index = keyring.blind_index(ORGANISATION, code)
    key = subjects.find_keys(session, keyring, [index]).get(index)
    if key is None:
        raise subjects.SUBJECT_ERASED.refused()
    return keyring.unseal(key, ACCOUNT_CONTEXT, account.account_sealed)
