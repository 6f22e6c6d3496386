"""Before money moves: every payee has an account a bank can write, every certificate still stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, select

from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts, tables
from voucher.registry.institutions import Institution, PayeeAccount
from voucher.registry.listing import STOPPED
from voucher.rules.errors import Family, reason
from voucher.rules.names import may_encode
from voucher.stages.certify import queries as certificates
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
    "请先对这些申领办理不予通过，其余申领再制单或签发",
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
LONGEST_LIST = 20


def select_stopped() -> Select[int]:
    """Return the query for the institutions that are not paid for now."""
    return select(Institution.id).where(Institution.state.in_(sorted(STOPPED)))


def check_payable(work: Work, claims: Sequence[Claim]) -> dict[int, PayeeAccount]:
    """Refuse to pay what cannot be paid, and return the confirmed account of each payee.

    Raises Refused payees_stopped, payees_without_account, names_not_encodable,
    certificates_no_longer_valid, register_silent.
    """
    payees = sorted({each.institution_id for each in claims})
    stopped = work.session.scalars(
        select(Institution.name).where(Institution.id.in_(payees), Institution.id.in_(select_stopped()))
    ).all()
    if stopped:
        raise PAYEES_STOPPED.refused(count=len(stopped), names=_shorten(stopped))
    found = accounts.find_accounts_in_use(work.session, payees)
    missing = [each for each in payees if each not in found]
    if missing:
        names = work.session.scalars(select(Institution.name).where(Institution.id.in_(missing))).all()
        raise ACCOUNTS_MISSING.refused(count=len(missing), names=_shorten(names))
    encoding = tables.read_parameter_text(work.session, "bank_file_encoding", work.today, ()) or "gbk"
    unwritable = [
        name
        for account in found.values()
        for name in (account.holder_name, account.bank_name)
        if not may_encode(name, encoding)
    ]
    if unwritable:
        raise NAMES_NOT_ENCODABLE.refused(count=len(unwritable), names=_shorten(unwritable))
    _check_certificates(work, claims)
    return found


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
    behind = {each.certificate_id: each.number for each in claims if each.certificate_id is not None}
    standing = certificates.list_verified_certificates(work.session, list(behind))
    fallen = [number for certificate_id, number in behind.items() if certificate_id not in standing]
    if fallen:
        raise CERTIFICATES_FALLEN.refused(count=len(fallen), claims=_shorten(fallen))
    if certificates.find_register(work.session, work.today) is None:
        return
    since = certificates.read_word_since(work.session, work.at)
    silent = set(certificates.list_unanswered(work.session, list(behind), since))
    if silent:
        waiting = [number for certificate_id, number in behind.items() if certificate_id in silent]
        raise REGISTER_SILENT.refused(count=len(waiting), claims=_shorten(waiting))


def _shorten(words: Sequence[str]) -> str:
    shown = "、".join(words[:LONGEST_LIST])
    return shown if len(words) <= LONGEST_LIST else f"{shown} 等"
