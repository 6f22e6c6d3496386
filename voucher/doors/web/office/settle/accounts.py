"""Payee accounts: proposed by one person with evidence, confirmed or refused by another."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts as registry
from voucher.registry.institutions import Institution, PayeeAccount
from voucher.stages.settle import correct

ROWS_SHOWN = 200


@office.get("/accounts")
def accounts() -> ResponseReturnValue:
    """Show the accounts of this region's institutions, those to be confirmed first."""
    return _show()


@office.post("/accounts")
def propose_account() -> ResponseReturnValue:
    """Propose an account for an institution."""

    def call(work: Work) -> Done:
        registry.propose_account(
            work,
            fields.text("institution", "统一社会信用代码", limit=30),
            fields.text("holder", "户名", limit=120),
            fields.text("bank", "开户行", limit=120),
            fields.text("account", "账号", limit=40),
            fields.text("evidence", "凭证", limit=200),
        )
        return Done("已提出，等待另一人确认", url_for("web.office.accounts"))

    return submit(call, _show)


@office.post("/accounts/<int:account_id>/confirmations")
def confirm_account(account_id: int) -> ResponseReturnValue:
    """Confirm a proposed account; it is the one paid to from now on."""

    def call(work: Work) -> Done:
        confirmed = registry.confirm_account(work, account_id, fields.text("account", "账号", limit=40))
        return Done(
            f"已确认账户 {confirmed.account_masked}，以后拨付到此账户", url_for("web.office.accounts")
        )

    return submit(call, _show)


@office.post("/accounts/<int:account_id>/refusals")
def refuse_account(account_id: int) -> ResponseReturnValue:
    """Refuse a proposed account, with the reason."""

    def call(work: Work) -> Done:
        registry.refuse_account(work, account_id, fields.text("why", "不予更正的理由"))
        return Done("已不予更正", url_for("web.office.accounts"))

    return submit(call, _show)


@office.post("/accounts/corrections")
def correct_bounced() -> ResponseReturnValue:
    """Bring an institution's bounced claims back to be paid, once its account has been replaced."""

    def call(work: Work) -> Done:
        count = correct.correct_bounced(work, fields.text("institution", "统一社会信用代码", limit=30))
        return Done(f"{count:,} 条退票申领已恢复为待拨付，可重新制单", url_for("web.office.accounts"))

    return submit(call, _show)


def _show() -> str:
    regions = current_actor().regions
    with the_door().read() as session:
        rows = session.execute(
            select(PayeeAccount, Institution.name, Institution.code)
            .join(Institution, Institution.id == PayeeAccount.institution_id)
            .where(Institution.region_code.in_(regions))
            .order_by(PayeeAccount.state != "proposed", PayeeAccount.id.desc())
            .limit(ROWS_SHOWN)
        ).all()
        people = [row.PayeeAccount.proposed_by_person_id for row in rows]
        people += [row.PayeeAccount.agreed_by_person_id or 0 for row in rows]
        people += [row.PayeeAccount.confirmed_by_person_id or 0 for row in rows]
        return render_template("office/accounts.html", rows=rows, names=name_people(session, people))
