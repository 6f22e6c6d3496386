"""Money out and back: payment files by three hands, the bank's results, clawbacks and repayments."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import Any

from flask import Response, request, send_file
from sqlalchemy.orm import Session

from voucher.doors.api.payee_reach import own_payees
from voucher.doors.api.reach import told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.register import ask_before_file, ask_before_release
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.schemas.paging import Paging, paged
from voucher.doors.schemas.settle.payments import (
    BankForm,
    BankReportState,
    ClawbackFilter,
    Clawbacks,
    ClawbackState,
    NewClawback,
    NewFileSignature,
    NewPaymentFile,
    NewRepayment,
    NewVoiding,
    PaymentFileFilter,
    PaymentFiles,
    PaymentFileState,
    PaymentLines,
)
from voucher.ledger.budget import Budget
from voucher.plumbing.idempotency import KEY_HEADER, Answer, fingerprint, once
from voucher.plumbing.unit_of_work import Work
from voucher.stages.oversee.soundness import check_sound
from voucher.stages.settle import payment, payment_download, queries
from voucher.stages.settle.bank import BankReport, record_results
from voucher.stages.settle.clawback import open_clawback
from voucher.stages.settle.models.payments import Clawback, PaymentFile
from voucher.stages.settle.repaying import repay

payments = Room("payments", __name__, url_prefix="/api/v1", description="拨付、银行结果和追回")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@payments.look("/payment-files", query=PaymentFileFilter, answer=PaymentFiles)
def list_payment_files(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的拨付文件，新的在前；收款机构只见已签发且付给本机构的文件和本机构的笔数、金额。"""
    regions, payees = within(session, asked["region"]), own_payees(asked["region"])
    page = paged(
        asked,
        lambda before, limit: queries.list_payment_files(
            session, regions, payees=payees, before_id=before, limit=limit
        ),
        lambda row: row.id,
    )
    return page | {"items": _seen(session, page["items"], regions, payees)}


@payments.act(
    "/payment-files",
    body=NewPaymentFile,
    answer=PaymentFileState,
    example={"budget_id": 1},
    ahead=lambda given, _ids: ask_before_file(given["budget_id"]),
)
def prepare_file(work: Work, given: dict[str, Any]) -> PaymentFile:
    """制单：一个预算下已审批的申领汇成一个文件；缺账户、银行无法录入的姓名先行列出。"""
    return payment.prepare(work, given["budget_id"], given["bank_template"])


@payments.look("/payment-files/<int:payment_file_id>", answer=PaymentFileState)
def show_payment_file(session: Session, _asked: dict[str, Any], payment_file_id: int) -> dict[str, Any]:
    """一个拨付文件：笔数、合计、摘要、三个环节的时间；收款机构只见本机构的部分。"""
    regions, payees = current_actor().regions, own_payees()
    found = queries.get_payment_file(session, payment_file_id, regions, payees)
    return _seen(session, [found], regions, payees)[0]


@payments.look("/payment-files/<int:payment_file_id>/lines", query=Paging, answer=PaymentLines)
def list_payment_lines(session: Session, asked: dict[str, Any], payment_file_id: int) -> dict[str, Any]:
    """拨付文件逐户：收款机构、掩码账号、金额、银行结果；收款机构只见本机构一户。"""
    regions, payees = current_actor().regions, own_payees()
    found = queries.get_payment_file(session, payment_file_id, regions, payees)
    only = None if _reaches(session, found, regions) else payees
    return paged(
        asked,
        lambda after, limit: queries.list_payment_lines(
            session, payment_file_id, payees=only, after=after or 0, limit=limit
        ),
        lambda row: row.position,
    )


def _ask_before_release(given: dict[str, Any], ids: dict[str, Any]) -> None:
    if given["step"] != "check":
        ask_before_release(ids["payment_file_id"])


@payments.act(
    "/payment-files/<int:payment_file_id>/signatures",
    body=NewFileSignature,
    answer=PaymentFileState,
    example={"step": "check"},
    ahead=_ask_before_release,
)
def sign_file(work: Work, given: dict[str, Any], payment_file_id: int) -> PaymentFile:
    """复核或签发：制单、复核、签发由三个人办理。"""
    if given["step"] == "check":
        payment.check(work, payment_file_id)
    else:
        payment.release(work, payment_file_id)
        check_sound(work.session)
    return payment.get_file(work, payment_file_id)


@payments.act(
    "/payment-files/<int:payment_file_id>/voidings",
    body=NewVoiding,
    answer=PaymentFileState,
    example={"why": "户名有误，重新制单"},
)
def void_file(work: Work, given: dict[str, Any], payment_file_id: int) -> PaymentFile:
    """签发前作废；所含申领仍为已审批。"""
    payment.void(work, payment_file_id, given["why"])
    return payment.get_file(work, payment_file_id)


@payments.route("/payment-files/<int:payment_file_id>/content", methods=["POST"])
@payments.describe_act("download_file")
@payments.response(200, content_type=XLSX, schema={"type": "string", "format": "binary"})
def download_file(payment_file_id: int) -> Response:
    """下载交银行的文件：签发后一次，留痕；网络中断时用同一个 Idempotency-Key 重取。"""
    held: list[bytes] = []

    def first(work: Work) -> Answer:
        held.clear()  # the whole act may be tried again
        name, content = payment_download.download(work, payment_file_id)
        held.append(content)
        return Answer(200, {"name": name, "sha256": hashlib.sha256(content).hexdigest()})

    def act(work: Work) -> Answer:
        asked = fingerprint(request.method, request.path)
        given = once(work, request.headers.get(KEY_HEADER, ""), asked, first)
        if not held:
            held.append(payment.make_again(work, payment.get_file(work, payment_file_id)))
        return given

    given = perform(act)
    answer = send_file(io.BytesIO(held[0]), as_attachment=True, download_name=given.body["name"])
    answer.headers["Digest"] = f"sha-256={given.body['sha256']}"
    return answer


@payments.act_on_file("/bank-results", form=BankForm, answer=BankReportState)
def book_results(work: Work, given: dict[str, Any], file: tuple[str, bytes]) -> BankReport:
    """银行结果：逐笔对账；对不上的进入隔离，同一文件重复导入不重复记账。"""
    name, content = file
    return record_results(work, given["payment_file_id"], content, name, the_door().table_limits)


@payments.look("/clawbacks", query=ClawbackFilter, answer=Clawbacks)
def list_clawbacks(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的追回和本机构应退的款项，新的在前。"""
    regions, payees = within(session, asked["region"]), own_payees(asked["region"])
    page = paged(
        asked,
        lambda before, limit: queries.list_clawbacks(
            session,
            regions,
            payees=payees,
            state=asked["state"],
            payee_name=asked["payee"],
            before_id=before,
            limit=limit,
        ),
        lambda row: row[0].id,
    )
    return page | {"items": [clawback for clawback, _, _ in page["items"]]}


@payments.act(
    "/clawbacks", body=NewClawback, answer=ClawbackState, example={"claim_id": 17, "why": "证书已撤销"}
)
def claw_back(work: Work, given: dict[str, Any]) -> Clawback:
    """追回一条已拨付的申领，不计利息。"""
    return open_clawback(work, given["claim_id"], given["why"])


@payments.act(
    "/repayments",
    body=NewRepayment,
    answer=ClawbackState,
    example={"clawback_id": 1, "amount_fen": 24_000, "document": "缴款书 2024-0031"},
)
def book_repayment(work: Work, given: dict[str, Any]) -> Clawback:
    """登记退回的款项：一人登记，另一人以相同的追回单、金额、凭证再报一次才入账；收齐后申领为已追回。"""
    repay(work, given["clawback_id"], given["amount_fen"], given["document"], given["why"])
    return work.session.get_one(Clawback, given["clawback_id"])


def _reaches(session: Session, file: PaymentFile, regions: frozenset[str]) -> bool:
    return session.get_one(Budget, file.budget_id).region_code in regions


def _seen(
    session: Session, files: Sequence[PaymentFile], regions: frozenset[str], payees: frozenset[int]
) -> list[dict[str, Any]]:
    """Return files as lists show them; a payee is told its own part, and no digest of the whole."""
    own = {each.id for each in files if not _reaches(session, each, regions)}
    sums = queries.sum_paid(session, own, payees)
    seen = []
    for each in files:
        plain = told(each, PaymentFileState)
        if each.id in own:
            count, total_fen, offset_fen = sums.get(each.id, (0, 0, 0))
            plain |= {"line_count": count, "total_fen": total_fen, "sha256": None}
            plain["offset_fen"] = offset_fen
        seen.append(plain)
    return seen
