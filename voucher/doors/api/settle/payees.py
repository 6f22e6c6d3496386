"""What two people change of a payee: the account."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.payee_reach import own_payees
from voucher.doors.api.room import Room, within
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.settle.payments import (
    AccountFilter,
    Accounts,
    AccountState,
    NewAccount,
    NewAgreement,
    NewConfirmation,
    NewPayingAgain,
)
from voucher.doors.schemas.steps import CountDone
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts
from voucher.registry.accounts import confirm_account, propose_account, refuse_account
from voucher.registry.institutions import PayeeAccount
from voucher.stages.settle.correct import correct_bounced

payees = Room("payees", __name__, url_prefix="/api/v1", description="收款账户")


@payees.look("/payee-accounts", query=AccountFilter, answer=Accounts)
def list_accounts(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区机构的收款账户和本机构的账户，新提出的在前；账号已掩码。"""
    regions, payees = within(session, asked["region"]), own_payees(asked["region"])
    return paged(
        asked,
        lambda before, limit: accounts.list_accounts(
            session,
            regions,
            payees,
            state=asked["state"],
            code=asked["institution"],
            before_id=before,
            limit=limit,
        ),
        lambda row: row.id,
    )


@payees.look("/payee-accounts/<int:payee_account_id>", answer=AccountState)
def show_account(session: Session, _asked: dict[str, Any], payee_account_id: int) -> PayeeAccount:
    """一个收款账户，账号已掩码。"""
    return accounts.get_account(session, payee_account_id, current_actor().regions, own_payees())


@payees.act(
    "/payee-accounts/<string:code>/corrections",
    body=NewAccount,
    answer=AccountState,
    example={
        "holder_name": "济源职业技术学院",
        "bank_name": "中国银行济源分行",
        "account": "260000000000000000",
        "evidence": "开户许可证",
    },
)
def correct_account(work: Work, given: dict[str, Any], code: str) -> PayeeAccount:
    """提出新的收款账户；另一人确认后启用，机构自己提出的先由本机构另一人确认。"""
    return propose_account(work, code, **given)


@payees.act(
    "/payee-accounts/<int:payee_account_id>/confirmations",
    body=NewConfirmation,
    answer=AccountState,
    example={"decision": "confirm", "account": "260000000000000000"},
)
def confirm_correction(work: Work, given: dict[str, Any], payee_account_id: int) -> PayeeAccount:
    """确认或退回另一人提出的账户。"""
    if given["decision"] == "confirm":
        return confirm_account(work, payee_account_id, given["account"])
    refuse_account(work, payee_account_id, given["why"])
    return work.session.get_one(PayeeAccount, payee_account_id)


@payees.act(
    "/payee-accounts/<int:payee_account_id>/agreements",
    body=NewAgreement,
    answer=AccountState,
    example={"decision": "agree", "account": "260000000000000000"},
)
def agree_account(work: Work, given: dict[str, Any], payee_account_id: int) -> PayeeAccount:
    """本机构另一人确认或不同意同事提出的账户；确认后由人社或财务人员核准，核准前仍付到原账户。"""
    if given["decision"] == "agree":
        return accounts.agree_account(work, payee_account_id, given["account"])
    return accounts.disagree_account(work, payee_account_id, given["why"])


@payees.act("/payee-accounts/<string:code>/reinstatements", body=NewPayingAgain, answer=CountDone)
def reinstate_bounced(work: Work, _given: dict[str, Any], code: str) -> dict[str, Any]:
    """账户更正后，把该机构退票的申领重新转入待拨付。"""
    return {"count": correct_bounced(work, code)}
