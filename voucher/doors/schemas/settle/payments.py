"""Payment files, what the bank answered, and what is recovered."""

from __future__ import annotations

from marshmallow import Schema, fields
from marshmallow.validate import Length

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import (
    WORDS_MAX,
    Body,
    Count,
    Fen,
    Moment,
    Region,
    Whole,
    Word,
    Words,
    Yuan,
)
from voucher.rules.lifecycle import STATE_NAMES, Thing


class NewPaymentFile(Body):
    """The budget whose approved claims are paid, and the bank layout if not the usual one."""

    budget_id = Whole(required=True, least=1)
    bank_template = fields.String(load_default=None, allow_none=True, validate=Length(1, 60))


class PaymentFileState(Schema):
    """A file for the bank: count, total and hash are fixed when it is made."""

    id = fields.Integer()
    number = fields.String()
    state = fields.String()
    budget_id = fields.Integer()
    line_count = fields.Integer()
    total_fen = fields.Integer()
    total_display = Yuan("total_fen")
    offset_fen = fields.Integer(metadata={"description": "抵扣应退款，不在 total_fen 内"})
    sha256 = fields.String(allow_none=True)
    made_at = Moment()
    checked_at = Moment(allow_none=True)
    released_at = Moment(allow_none=True)
    downloaded_at = Moment(allow_none=True)


PaymentFiles = page_of(PaymentFileState(), "PaymentFiles")


class PaymentFileFilter(Paging):
    """Which payment files."""

    region = Region(load_default=None)


class PaymentLineState(Schema):
    """What one payee gets in a file, and what the bank answered; the account is masked."""

    position = fields.Integer()
    reference = fields.String()
    institution_name = fields.String()
    holder_name = fields.String()
    bank_name = fields.String()
    account_masked = fields.String()
    amount_fen = fields.Integer()
    amount_display = Yuan("amount_fen")
    offset_fen = fields.Integer(metadata={"description": "抵扣应退款；amount_fen 为 0 的不交银行"})
    outcome = fields.String(allow_none=True)
    bank_words = fields.String(allow_none=True)
    purpose = fields.String(metadata={"description": "用途，银行文件里写给收款方的话"})


PaymentLines = page_of(PaymentLineState(), "PaymentLines")


class NewFileSignature(Body):
    """Check or release."""

    step = Word(("check", "release"), required=True, metadata={"description": "check 复核，release 签发"})


class NewVoiding(Body):
    """Why a file is voided before its release."""

    why = Words(required=True, most=WORDS_MAX, metadata={"description": "作废原因"})


class BankForm(Body):
    """Which payment file the bank answers; the result file is the part `file`."""

    payment_file_id = Count(required=True)


class BankReportState(Schema):
    """What came of a result file; what matches nothing stands in quarantine."""

    matched = fields.Integer()
    succeeded = fields.Integer()
    failed = fields.Integer()
    repeated = fields.Integer()
    quarantined = fields.Integer()


class NewClawback(Body):
    """Which paid claim is recovered, and why."""

    claim_id = Whole(required=True, least=1)
    why = Words(required=True, most=WORDS_MAX)


class ClawbackState(Schema):
    """A receivable against a payee."""

    id = fields.Integer()
    state = fields.String()
    claim_id = fields.Integer()
    institution_id = fields.Integer(metadata={"description": "收款方"})
    amount_fen = fields.Integer()
    amount_display = Yuan("amount_fen")
    recovered_fen = fields.Integer()
    recovered_display = Yuan("recovered_fen")
    planned_fen = fields.Integer(metadata={"description": "已列入尚未回盘的拨付文件、将要抵扣的部分"})
    why = fields.String()
    opened_at = Moment()


Clawbacks = page_of(ClawbackState(), "Clawbacks")


class ClawbackFilter(Paging):
    """Which receivables."""

    region = Region(load_default=None)
    state = Word(
        STATE_NAMES[Thing.CLAWBACK],
        load_default=None,
        metadata={"description": "；".join(f"{k} {v}" for k, v in STATE_NAMES[Thing.CLAWBACK].items())},
    )
    payee = Words(most=50, load_default=None, metadata={"description": "收款方名称的一部分"})


class NewRepayment(Body):
    """Money that came back by bank."""

    clawback_id = Whole(required=True, least=1)
    amount_fen = Fen()
    document = Words(required=True, metadata={"description": "银行流水号或缴款书编号，一笔一个"})
    why = Words(
        most=200,
        load_default="",
        metadata={"description": "同一追回单已有同样金额入账时必填：为什么是另一笔"},
    )


class NewAccount(Body):
    """A payee's new account; a second person confirms it."""

    holder_name = Words(required=True, metadata={"description": "户名"})
    bank_name = Words(required=True, metadata={"description": "开户行"})
    account = Words(required=True, most=40, metadata={"description": "账号，加密保存"})
    evidence = Words(required=True, most=WORDS_MAX, metadata={"description": "依据"})


class NewConfirmation(Body):
    """Confirm or refuse what another person proposed; to confirm, type the account from the evidence."""

    decision = Word(("confirm", "refuse"), required=True)
    account = Words(load_default="", least=0, most=40, metadata={"description": "按凭证输入的完整账号"})
    why = Words(load_default="", least=0, most=WORDS_MAX, metadata={"description": "退回原因"})


class NewAgreement(Body):
    """Agree within the institution, or not; to agree, type the account from the evidence."""

    decision = Word(("agree", "disagree"), required=True)
    account = Words(load_default="", least=0, most=40, metadata={"description": "按凭证输入的完整账号"})
    why = Words(load_default="", least=0, most=WORDS_MAX, metadata={"description": "不同意的理由"})


class AccountFilter(Paging):
    """Which accounts."""

    region = Region(load_default=None)
    state = Words(most=30, load_default=None)
    institution = Words(most=18, load_default=None, metadata={"description": "统一社会信用代码"})


class AccountState(Schema):
    """An account of a payee; the number is masked."""

    id = fields.Integer()
    institution_id = fields.Integer()
    state = fields.String()
    holder_name = fields.String()
    bank_name = fields.String()
    account_masked = fields.String()
    proposed_at = Moment()
    agreed_at = Moment(allow_none=True, metadata={"description": "机构另一人确认的时间，机构提出的才有"})
    confirmed_at = Moment(allow_none=True)
    replaced_at = Moment(allow_none=True)


Accounts = page_of(AccountState(), "Accounts")


class NewPayingAgain(Body):
    """Pay again what came back; the body is an empty object."""
