"""Money out and back: payment files by three hands, the bank's results, clawbacks and repayments."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from flask import Response, request, send_file
from sqlalchemy.orm import Session

from voucher.doors.api.room import KEY_HEADER, Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.schemas.payments import (
    BankForm,
    BankReportState,
    Clawbacks,
    ClawbackState,
    NewClawback,
    NewFileSignature,
    NewPaymentFile,
    NewRepayment,
    NewVoiding,
    PaymentFiles,
    PaymentFileState,
)
from voucher.plumbing.idempotency import Answer, fingerprint, once
from voucher.plumbing.unit_of_work import Work
from voucher.stages.oversee.soundness import check_sound
from voucher.stages.settle import payment, queries
from voucher.stages.settle.bank import BankReport, record_results
from voucher.stages.settle.clawback import open_clawback, repay
from voucher.stages.settle.models.payments import Clawback, PaymentFile

payments = Room("payments", __name__, url_prefix="/api/v1", description="拨付、银行结果和追回")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@payments.look("/payment-files", answer=PaymentFiles)
def list_payment_files(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的拨付文件。"""
    return {"items": queries.list_payment_files(session, current_actor().regions)}


@payments.act("/payment-files", body=NewPaymentFile, answer=PaymentFileState, example={"budget_id": 1})
def prepare_file(work: Work, given: dict[str, Any]) -> PaymentFile:
    """制单：一个预算下已审批的申领汇成一个文件；缺账户、银行无法录入的姓名先行列出。"""
    return payment.prepare(work, given["budget_id"])


@payments.look("/payment-files/<int:payment_file_id>", answer=PaymentFileState)
def show_payment_file(session: Session, _asked: dict[str, Any], payment_file_id: int) -> PaymentFile:
    """一个拨付文件：笔数、合计、摘要、三个环节的时间。"""
    return queries.get_payment_file(session, payment_file_id, current_actor().regions)


@payments.act(
    "/payment-files/<int:payment_file_id>/signatures",
    body=NewFileSignature,
    answer=PaymentFileState,
    example={"step": "check"},
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
        name, content = payment.download(work, payment_file_id)
        held.append(content)
        return Answer(200, {"name": name, "sha256": hashlib.sha256(content).hexdigest()})

    def act(work: Work) -> Answer:
        asked = fingerprint(request.method, request.path)
        given = once(work, request.headers.get(KEY_HEADER, ""), asked, first)
        if not held:
            held.append(payment.make_again(work, payment.get_file(work, payment_file_id)))
        return given

    given = perform(act)
    answer = send_file(
        io.BytesIO(held[0]), mimetype=XLSX, as_attachment=True, download_name=given.body["name"]
    )
    answer.headers["Digest"] = f"sha-256={given.body['sha256']}"
    return answer


@payments.act_on_file("/bank-results", form=BankForm, answer=BankReportState)
def book_results(work: Work, given: dict[str, Any], file: tuple[str, bytes]) -> BankReport:
    """银行结果：逐笔对账；对不上的进入隔离，同一文件重复导入不重复记账。"""
    name, content = file
    return record_results(work, given["payment_file_id"], content, name, the_door().table_limits)


@payments.look("/clawbacks", answer=Clawbacks)
def list_clawbacks(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的追回。"""
    found = queries.list_clawbacks(session, current_actor().regions)
    return {"items": [clawback for clawback, _, _ in found]}


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
    """登记退回的款项；收齐后申领为已追回。"""
    return repay(work, given["clawback_id"], given["amount_fen"], given["document"])
