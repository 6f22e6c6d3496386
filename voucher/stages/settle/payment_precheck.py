"""Before money moves: every payee has an account of its own that a bank can write, every certificate stands.

What the page of the pre-check shows and what the act refuses come from one look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts, tables
from voucher.registry.institutions import Institution, PayeeAccount
from voucher.registry.listing import STOPPED
from voucher.registry.shared_accounts import find_shared
from voucher.rules.bank_files import BankLayout, PayeeFault, find_name_faults
from voucher.rules.errors import Family, reason
from voucher.rules.money import format_yuan
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.entered import check_not_taken_back, name_some
from voucher.stages.settle.holders import check_holders_stand
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import PaymentLine

SOURCE = "DOMAIN 2.4 退票; PAGES 4.6 预检"

ACCOUNTS_MISSING = reason(
    "payees_without_account",
    "有 {count} 家收款单位没有已确认的收款账户：{names}",
    "请先登记收款账户，并由另一人确认后再制单",
    SOURCE,
    Family.CONFLICT,
)
NAMES_NOT_ENCODABLE = reason(
    "names_not_encodable",
    "有 {count} 个名称含银行文件无法书写的字：{names}",
    "请与开户银行确认户名的书写方式，更正收款账户后再制单；其余业务不受影响",
    SOURCE,
    Family.CONFLICT,
)
CERTIFICATES_FALLEN = reason(
    "certificates_no_longer_valid",
    "有 {count} 条申领的证书已不能核验：{claims}",
    "已制单的先作废文件；再对这些申领办理不予通过，其余申领另行制单",
    "豫办〔2021〕29号 第16项 无证无价; S2-16f",
    Family.CONFLICT,
)
REGISTER_SILENT = reason(
    "register_silent",
    "有 {count} 条申领的证书，登记还没有作出新的答复：{claims}",
    "系统会继续查询，请稍后再办；登记长时间不答复的，由两人凭依据人工核验",
    "S2-16f; 【设】支付时再次向登记核验，没有答复的不付",
    Family.UNAVAILABLE,
)
PAYEES_STOPPED = reason(
    "payees_stopped",
    "有 {count} 家收款单位已停业整顿、移出目录或列入黑名单：{names}",
    "请作废本文件后重新制单，其余单位照常拨付；该单位恢复后再拨付，查实有问题的办理不予通过",
    "豫办〔2021〕29号 第4项（退出机制）; S2-04p; 【设】停止期间不拨付",
    Family.CONFLICT,
)
ACCOUNT_CHANGED = reason(
    "payee_account_changed",
    "制单以后，有 {count} 家收款单位更换了收款账户",
    "请作废本文件后重新制单，按新账户拨付",
    SOURCE,
    Family.CONFLICT,
)
NAMES_DANGEROUS = reason(
    "payee_names_not_printable",
    "有 {count} 个名称以算式符号开头或含看不见的字符：{names}",
    "请按开户许可证更正收款账户后再制单",
    SOURCE,
    Family.CONFLICT,
)
NAMES_TOO_LONG = reason(
    "payee_names_too_long",
    "有 {count} 个名称超过银行模板允许的 {most} 字节：{names}",
    "请改用其他银行模板，或与开户银行确认简写方式后更正收款账户",
    SOURCE,
    Family.CONFLICT,
)
ACCOUNTS_SHARED = reason(
    "payee_accounts_shared",
    "有 {count} 家收款单位与其他单位登记了同一个账号：{names}",
    "补贴只付给单位自己的账户：请核对凭证，由两人更正收款账户后再制单；其余单位可先行制单",
    "RISK 一个账户收多家补贴; S2-16d; 【设】参数 shared_account_stops",
    Family.CONFLICT,
)
LINES_TOO_LARGE = reason(
    "payment_lines_too_large",
    "有 {count} 家收款单位的金额超过银行模板单笔上限 {most} 元：{names}",
    "请改用没有单笔上限的银行模板",
    SOURCE,
    Family.CONFLICT,
)
REASONS = {
    PayeeFault.STOPPED: PAYEES_STOPPED,
    PayeeFault.NO_ACCOUNT: ACCOUNTS_MISSING,
    PayeeFault.SHARED: ACCOUNTS_SHARED,
    PayeeFault.NOT_ENCODABLE: NAMES_NOT_ENCODABLE,
    PayeeFault.NOT_PRINTABLE: NAMES_DANGEROUS,
    PayeeFault.TOO_LONG: NAMES_TOO_LONG,
    PayeeFault.TOO_MUCH: LINES_TOO_LARGE,
}


@dataclass(frozen=True, slots=True)
class Due:
    """What one payee is due: how many claims, what the bank is to pay and what receivables meet, in fen."""

    claims: int
    amount_fen: int
    offset_fen: int

    @property
    def computed_fen(self) -> int:
        """Return what the claims come to before any offset."""
        return self.amount_fen + self.offset_fen


@dataclass(frozen=True, slots=True)
class PayeeLook:
    """One payee as the pre-check finds it: what it is due, its account, and what is wrong, in words.

    What only warns stands in `warnings`, as where a shared account may be paid by parameter.
    """

    institution_id: int
    name: str
    due: Due
    account: PayeeAccount | None
    faults: Mapping[PayeeFault, str]
    warnings: Mapping[PayeeFault, str]


def select_stopped() -> Select[int]:
    """Return the query for the institutions that are not paid for now."""
    return select(Institution.id).where(Institution.state.in_(sorted(STOPPED)))


def check_payable(
    work: Work, claims: Sequence[Claim], layout: BankLayout, less: Mapping[int, int]
) -> dict[int, PayeeAccount]:
    """Refuse to pay what cannot be paid, and return the confirmed account of each payee.

    `less` is what each claim meets of its payee's receivables in fen, which no bank pays.

    Raises Refused payees_stopped, payees_without_account, payee_accounts_shared, names_not_encodable,
    payee_names_not_printable, payee_names_too_long, payment_lines_too_large,
    certificates_no_longer_valid, entries_taken_back, entries_contested, holders_died_before,
    holders_ineligible, register_silent.
    """
    looks = look_at_payees(work.session, work.today, add_up_dues(claims, less), layout)
    for fault, told in REASONS.items():
        words = [each.faults[fault] for each in looks if fault in each.faults]
        if words:
            raise told.refused(count=len(words), names=name_some(words), **_limit_of(fault, layout))
    _check_certificates(work, claims)
    return {each.institution_id: each.account for each in looks if each.account is not None}


def _limit_of(fault: PayeeFault, layout: BankLayout) -> dict[str, object]:
    match fault:
        case PayeeFault.TOO_LONG:
            return {"most": layout.name_bytes_most}
        case PayeeFault.TOO_MUCH:
            return {"most": format_yuan(layout.line_amount_most_fen or 0)}
    return {}


def add_up_dues(claims: Sequence[Claim], less: Mapping[int, int]) -> dict[int, Due]:
    """Return what each payee is due for these claims, less what they meet."""
    dues: dict[int, Due] = {}
    for each in claims:
        was, off_fen = dues.get(each.institution_id, Due(0, 0, 0)), less.get(each.id, 0)
        dues[each.institution_id] = Due(
            was.claims + 1, was.amount_fen + each.amount_fen - off_fen, was.offset_fen + off_fen
        )
    return dues


def look_at_payees(
    session: Session, on: date, dues: Mapping[int, Due], layout: BankLayout
) -> list[PayeeLook]:
    """Return how each payee stands that is due something."""
    payees = session.scalars(
        select(Institution).where(Institution.id.in_(sorted(dues))).order_by(Institution.id)
    ).all()
    found = accounts.find_accounts_in_use(session, sorted(dues))
    shared = find_shared(session, found.values())
    stops = tables.read_flag(session, "shared_account_stops", on, ())
    looks = []
    for payee in payees:
        due = dues[payee.id]
        account = found.get(payee.id)
        faults: dict[PayeeFault, str] = {}
        warnings: dict[PayeeFault, str] = {}
        if payee.state in STOPPED:
            faults[PayeeFault.STOPPED] = payee.name
        if account is None:
            faults[PayeeFault.NO_ACCOUNT] = payee.name
        else:
            if others := shared.get(payee.id):
                (faults if stops else warnings)[PayeeFault.SHARED] = (
                    f"{payee.name}（与{'、'.join(others)}相同）"
                )
            faults |= find_name_faults([account.holder_name, account.bank_name], layout)
        if layout.line_amount_most_fen is not None and due.amount_fen > layout.line_amount_most_fen:
            faults[PayeeFault.TOO_MUCH] = f"{payee.name}（{format_yuan(due.amount_fen)} 元）"
        looks.append(PayeeLook(payee.id, payee.name, due, account, faults, warnings))
    return looks


def check_accounts_stand(work: Work, payment_file_id: int, in_use: Mapping[int, PayeeAccount]) -> None:
    """Refuse to pay into an account replaced since the file was made. Raises payee_account_changed."""
    paid_into = work.session.execute(
        select(PaymentLine.institution_id, PaymentLine.payee_account_id).where(
            PaymentLine.payment_file_id == payment_file_id
        )
    )
    changed = sum(in_use[institution_id].id != account_id for institution_id, account_id in paid_into)
    if changed:
        raise ACCOUNT_CHANGED.refused(count=changed)


def _check_certificates(work: Work, claims: Sequence[Claim]) -> None:
    """Ask again: the newest look-up of every certificate must still say that it matches."""
    # a certificate may be behind two claims, for training and for evaluation: each is named
    behind = [(each.certificate_id, each.number) for each in claims if each.certificate_id is not None]
    ids = sorted({certificate_id for certificate_id, _ in behind})
    standing = certificates.list_verified_certificates(work.session, ids)
    fallen = [number for certificate_id, number in behind if certificate_id not in standing]
    if fallen:
        raise CERTIFICATES_FALLEN.refused(count=len(fallen), claims=name_some(fallen))
    check_not_taken_back(work.session, claims, contested=True)
    check_holders_stand(work.session, claims)
    if certificates.find_register(work.session, work.today) is None:
        return
    since = certificates.read_word_since(work.session, work.at)
    silent = set(certificates.list_unanswered(work.session, ids, since))
    if silent:
        waiting = [number for certificate_id, number in behind if certificate_id in silent]
        raise REGISTER_SILENT.refused(count=len(waiting), claims=name_some(waiting))
